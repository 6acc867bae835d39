"""The page about a decision for the person concerned, by its link."""

import time

import pytest
import sqlalchemy as sa

from portreeve.model import Evidence
from portreeve.schemas.access import Scope
from portreeve.schemas.appeals import DecideAppeal
from portreeve.schemas.base import Paging
from portreeve.schemas.concerned import WordsOfAppeal
from portreeve.schemas.enforcement import UndoRequest
from portreeve.schemas.privacy import ErasureReason
from portreeve.service.actor import Actor
from portreeve.service.concerned import Concerned
from portreeve.service.decision_links import DecisionLinks
from portreeve.service.errors import ServiceError
from portreeve.service.notices import Notices
from portreeve.service.privacy import Privacy
from portreeve.service.undo import Undo
from portreeve.store import new_id
from portreeve.store.tables import core, enforcement
from portreeve.store.vault import Content, Vault
from service.desk import ANN, BEN, CAM, Desk
from service.factories import Shipped, account, decision, published

POST = Content(
    text="自家烤的蛋糕 89元 加微信 abc12345",
    evidence=[Evidence(field="text", start=7, end=10, what="price CNY 89")],
)
WORDS = WordsOfAppeal(words="canary-words: it was for my daughter's birthday")


@pytest.fixture
def desk(context):
    return Desk(context)


@pytest.fixture
def concerned(context, desk):
    return Concerned(context, Shipped(), desk.appeals)


@pytest.fixture
def links(context):
    return DecisionLinks(context.vault)


@pytest.fixture
def removed(desk):
    """A decision that took a cake down, with a comment under it, and its account told."""
    account(desk.database, language="en")
    published(desk.database, "cake")
    published(desk.database, "nice", parent="cake", account="friend")
    id = decision(
        desk.database, "cake", "remove", stage="after", context=desk.context, content=POST
    )
    desk.open()
    return id


def refused(call):
    with pytest.raises(ServiceError) as caught:
        call()
    return caught.value.code, caught.value.detail


NO_PAGE = ("not-found", "There is no page here, or it is open no longer.")


def test_the_page_says_what_why_and_how_to_appeal(concerned, links, removed):
    page = concerned.page(links.token(removed))
    assert (page.title, page.language) == ("Your post was taken down.", "en")
    assert (page.text, page.evidence, page.withheld) == (POST.text, POST.evidence, None)
    assert [ground.clause for ground in page.grounds] == ["3.1"]
    assert page.grounds[0].way_out == "Enterprise account"
    assert page.consequences == [
        "It counts as 1 strike on your record until 2014-11-28 08:00 UTC+8.",
        "You are warned.",
    ]
    assert page.appeal_until.isoformat() == "2014-12-01T08:00:00+08:00"
    assert (page.automatic, page.appeal, page.reversed, page.later) == (True, None, None, None)
    assert concerned.page(links.token(removed), "zh").title == "您的动态已被撤下。"


def test_that_it_was_read_is_noted_once_and_is_no_reading_by_staff(
    desk, concerned, links, removed, clock
):
    concerned.page(links.token(removed))
    clock.advance(days=1)
    concerned.page(links.token(removed))
    n = enforcement.notices.c
    with desk.database.read() as connection:
        [(id, read)] = connection.execute(sa.select(n.id, n.read)).all()
    assert read.isoformat() == "2014-06-01T00:00:00+00:00"
    assert desk.audit("notice.read", "evidence.read") == [
        ("link-holder", "notice.read", id, {"decision": removed})
    ]


def test_an_appeal_by_the_link_and_its_progress_without_who_works_on_it(
    desk, concerned, links, removed, clock
):
    token = links.token(removed)
    concerned.appeal(token, WORDS)
    page = concerned.page(token)
    assert (page.appeal.state, page.appeal.looked_at, page.appeal.words) == (
        "open", False, WORDS.words,
    )  # fmt: skip
    assert page.appeal_until is None
    assert refused(lambda: concerned.appeal(token, WORDS))[0] == "conflict"
    [appeal] = [one[2] for one in desk.audit("appeal.file")]
    desk.appeals.claim(BEN, appeal)
    assert concerned.page(token).appeal.looked_at
    clock.advance(minutes=20)
    assert not concerned.page(token).appeal.looked_at
    desk.appeals.claim(CAM, appeal)
    desk.appeals.decide(CAM, appeal, DecideAppeal(outcome="overturned", reply="A cake is no ware."))
    page = concerned.page(token)
    assert (page.appeal.state, page.appeal.reply) == ("overturned", "A cake is no ware.")
    assert page.put_right == [
        "It appears again, with its comments.",
        "Taken off your record: 1 strike.",
        "The warning is withdrawn.",
    ]
    assert page.consequences == ["This was reversed on 2014-06-01 08:20 UTC+8."]
    for name in ("ben", "cam", appeal):
        assert name not in repr(page)


def test_an_undo_without_an_appeal_is_told_and_ends_the_appeal(desk, concerned, links, removed):
    Undo(desk.context, Shipped()).reverse(ANN, removed, UndoRequest(reason="My mistake."))
    page = concerned.page(links.token(removed))
    assert page.reversed.isoformat() == "2014-06-01T08:00:00+08:00"
    assert (page.appeal_until, page.appeal) == (None, None)
    assert "My mistake." not in repr(page)
    assert refused(lambda: concerned.appeal(links.token(removed), WORDS))[0] == "conflict"


def test_a_persons_decision_that_takes_its_place_is_named(desk, concerned, links, clock):
    account(desk.database)
    held = decision(desk.database, "tea", "hold", context=desk.context, content=POST)
    [case] = desk.open()
    assert concerned.page(links.token(held)).appeal_until is None
    desk.decide(ANN, case, "refuse", "moments.no-product-promotion")
    desk.open()
    later = concerned.page(concerned.page(links.token(held)).later)
    assert (later.automatic, later.text, later.title) == (False, POST.text, "您的动态没有发布。")
    assert "ann" not in repr(later)


def test_black_goods_private_messages_and_deleted_content_are_not_shown(desk, concerned, links):
    account(desk.database)
    sealed = decision(
        desk.database, "a", rules=("law.drugs",), goods_tier="black", context=desk.context
    )
    bare = decision(desk.database, "b")
    with desk.database.write() as tx:
        tx.execute(
            sa.update(core.decisions)
            .where(core.decisions.c.id == bare)
            .values(surface="private_chat")
        )
    gone = decision(desk.database, "c")
    assert [(page.withheld, page.text) for page in (
        concerned.page(links.token(id)) for id in (sealed, bare, gone)
    )] == [("sealed", None), ("private", None), ("deleted", None)]  # fmt: skip


def test_unknown_forged_closed_and_erased_links_are_one_and_the_same(
    desk, concerned, links, removed, clock
):
    token = links.token(removed)
    flipped = ("b" if token[0] == "a" else "a") + token[1:]
    spare = token[:-1] + {"a": "b", "q": "r"}[token[-1]]
    other = DecisionLinks(Vault(bytes(32))).token(removed)
    unknown = links.token(new_id("dec"))
    for wrong in (flipped, spare, other, unknown, removed, "", "a" * 52, token.upper()):
        assert refused(lambda wrong=wrong: concerned.page(wrong)) == NO_PAGE
        assert refused(lambda wrong=wrong: concerned.appeal(wrong, WORDS)) == NO_PAGE
    clock.advance(days=183, seconds=1)
    assert concerned.page(token).appeal_over
    assert refused(lambda: concerned.appeal(token, WORDS))[0] == "gone"
    clock.advance(days=30)
    assert refused(lambda: concerned.page(token)) == NO_PAGE
    clock.advance(days=-200)
    Privacy(desk.context).erase(ANN, "baker", ErasureReason.person)
    assert refused(lambda: concerned.page(token)) == NO_PAGE


def test_a_wrong_link_takes_as_long_as_a_closed_one(concerned, links, removed, clock):
    clock.advance(days=300)

    def took(token):
        begun = time.perf_counter()
        refused(lambda: concerned.page(token))
        return time.perf_counter() - begun

    closed, forged = links.token(removed), "a" * 52
    took(closed), took(forged)
    times = [(took(closed), took(forged)) for _ in range(60)]
    medians = [sorted(column)[30] for column in zip(*times, strict=True)]
    assert abs(medians[0] - medians[1]) < 0.001


def test_an_open_appeal_keeps_its_page_open(desk, concerned, links, removed, clock):
    clock.advance(days=180)
    concerned.appeal(links.token(removed), WORDS)
    clock.advance(days=300)
    assert concerned.page(links.token(removed)).appeal.state == "open"
    [appeal] = [one[2] for one in desk.audit("appeal.file")]
    desk.appeals.claim(BEN, appeal)
    desk.appeals.decide(BEN, appeal, DecideAppeal(outcome="upheld", reply="It sells."))
    assert concerned.page(links.token(removed)).appeal.reply == "It sells."
    clock.advance(days=31)
    assert refused(lambda: concerned.page(links.token(removed))) == NO_PAGE


def test_no_table_and_no_event_holds_a_link(desk, concerned, links, removed):
    token = links.token(removed)
    concerned.page(token)
    concerned.appeal(token, WORDS)
    Notices(desk.context, Shipped()).list(ANN, "baker", Paging())
    with desk.database.read() as connection:
        for table in core.events.metadata.sorted_tables:
            rows = connection.execute(sa.select(table)).all()
            assert token not in repr(rows), table.name


def test_staff_give_the_link_on_and_that_they_asked_is_noted(concerned, desk, links, removed):
    asks = Actor("ann", frozenset({Scope.accounts}))
    assert concerned.link(asks, removed) == f"/d/{links.token(removed)}"
    [noted] = desk.audit("evidence.read")
    assert noted[::2] == ("ann", "baker")
    assert noted[3] == {"use": "link", "decisions": [removed]}
    with pytest.raises(ServiceError, match="`accounts`"):
        concerned.link(Actor("ben", frozenset({Scope.cases})), removed)
    with pytest.raises(ServiceError) as error:
        concerned.link(asks, "dec_" + "0" * 32)
    assert error.value.code == "not-found"

"""Notices: what accounts are told, in their language."""

import pytest
import sqlalchemy as sa

from portreeve.model import Evidence
from portreeve.schemas.base import Paging
from portreeve.schemas.enforcement import Imposition, Lift, UndoRequest
from portreeve.service.decision_links import DecisionLinks
from portreeve.service.enforcement import Enforcement
from portreeve.service.errors import ServiceError
from portreeve.service.notices import Notices
from portreeve.service.sanctions import Sanctions
from portreeve.service.undo import Undo
from portreeve.store.tables import core
from portreeve.store.vault import Content
from service.factories import ANN, SELLING, NoCases, Shipped, account, decision, events
from service.support import make_context

POST = Content(
    text="面膜89元一盒 加微信 abc12345 下单",
    links=["https://shop.example/mask"],
    evidence=[
        Evidence(field="text", start=2, end=5, what="price CNY 89"),
        Evidence(field="text", start=12, end=20, what="contact wechat:abc12345"),
        Evidence(field="links.0", start=8, end=20, what="link shop.example"),
    ],
)


@pytest.fixture
def notices(context):
    return Notices(context, Shipped())


def follow(context):
    Enforcement(context, Shipped(), NoCases()).follow()


def listed(notices, account="baker"):
    return notices.list(ANN, account, Paging()).items


def test_a_notice_says_everything_in_english(database, context, notices):
    account(database, language="en")
    id = decision(database, context=context, content=POST)
    follow(context)
    [notice] = listed(notices)
    assert notice.text.splitlines() == [
        "Your post was not published.",
        "Rule 3.1: This post sells to friends. Moments is for sharing life, so what sells with a "
        "contact, a price or a way to order does not appear here.",
        "What it rests on: “89元”, “abc12345”, “shop.example”",
        "How to put it right: Leave out the contact, the price and the invitation to order; or, if "
        "you live by selling, publish it where people choose to follow you.",
        "Where it has its place: Enterprise account. Register with a business licence and a "
        "contact. Customers who agree to it may be brought along; messages go to them, never into "
        "Moments.",
        "It counts as 1 strike on your record until 2014-11-28 00:00 UTC.",
        "You are warned.",
        "You can appeal free of charge until 2014-12-01 00:00 UTC: a person who did not decide "
        f"this will look at it. Name decision {id}.",
    ]
    assert (notice.kind, notice.item, notice.appeal.url) == ("decision", "post-1", None)
    assert notice.grounds[0].rule == SELLING
    assert [quote.what for quote in notice.evidence] == [
        "price CNY 89", "contact wechat:abc12345", "link shop.example",
    ]  # fmt: skip


def test_a_rule_that_only_holds_is_not_named_beside_one_that_settles_it(database, context, notices):
    account(database, language="en")
    waits = "moments.likely-selling-waits"
    decision(database, "p-1", rules=(SELLING, waits))
    decision(database, "p-2", "hold", rules=(waits,))
    follow(context)
    held, refused = listed(notices)
    assert [ground.rule for ground in refused.grounds] == [SELLING]
    assert [ground.rule for ground in held.grounds] == [waits]


def test_a_sanction_that_decided_is_named_as_the_reason(database, context, notices):
    account(database, language="en")
    decision(database, rules=("account.mute",))
    follow(context)
    [notice] = listed(notices)
    assert notice.text.splitlines()[1] == (
        "The account is muted: it cannot publish until the time is over."
    )
    assert notice.consequences == []


def test_a_notice_in_chinese_with_a_link_to_appeal(database, tmp_path):
    context = make_context(database, tmp_path, public_url="https://portreeve.example/")
    account(database)
    id = decision(database, context=context, content=POST, verdict="remove", stage="after")
    follow(context)
    [notice] = listed(Notices(context, Shipped()))
    assert notice.link == f"https://portreeve.example/d/{DecisionLinks(context.vault).token(id)}"
    lines = notice.text.splitlines()
    assert lines[0] == "您的动态已被撤下。"
    assert lines[2] == "所凭内容：“89元”、“abc12345”、“shop.example”"
    assert lines[5:] == [
        "记1次违规，2014年11月28日 00:00（UTC）之后不再计算。",
        "特此警告。",
        "您可以在2014年12月1日 00:00（UTC）之前免费申诉，由未参与此决定的人重新查看。"
        f"请注明决定编号 {id}。",
        f"申诉入口：{notice.link}",
    ]


def test_an_undone_decision_is_corrected(database, context, notices, clock):
    account(database, language="en")
    decision(database, "post-0", verdict="remove", stage="after")
    id = decision(database, verdict="remove", stage="after")
    follow(context)
    Undo(context, Shipped()).reverse(ANN, id, UndoRequest(reason="A cake."))
    corrected, first, _ = listed(notices)
    assert corrected.text.splitlines() == [
        "We were wrong: what was decided on your post is reversed.",
        "It appears again, with its comments.",
        "Taken off your record: 1 strike.",
        "You may publish again.",
    ]
    assert (corrected.kind, corrected.appeal) == ("correction", None)
    assert first.text.splitlines()[-1] == "This was reversed on 2014-06-01 00:00 UTC."
    assert first.appeal is None


def test_notices_of_sanctions_by_hand_say_why(database, context, notices):
    account(database, language="en")
    sanctions = Sanctions(context)
    one = sanctions.impose(
        ANN, Imposition(account="baker", kind="suspend", days=3, reason="A flood of posts.")
    )
    sanctions.lift(ANN, one.id, Lift(reason="It was a holiday."))
    assert [notice.text for notice in listed(notices)] == [
        "Your account is open again.\nWhy: It was a holiday.",
        "Your account is closed until 2014-06-04 00:00 UTC.\nWhy: A flood of posts.",
    ]


def test_quoting_evidence_is_audited_and_black_goods_are_not_quoted(database, context, notices):
    account(database)
    quoted = decision(database, context=context, content=POST)
    decision(database, "post-2", context=context, content=POST, goods_tier="black")
    follow(context)
    black, plain = listed(notices)
    assert (black.evidence, len(plain.evidence)) == ([], 3)
    with database.read() as connection:
        entry = connection.execute(
            sa.select(core.audit).where(core.audit.c.action == "evidence.read")
        ).one()
    assert (entry.actor, entry.subject, entry.detail) == (
        "ann", "baker", {"decisions": [quoted], "use": "notice"},
    )  # fmt: skip


def test_an_erased_persons_notice_quotes_nothing(database, context, notices):
    account(database)
    decision(database, context=context, content=POST)
    follow(context)
    with database.write() as tx:
        context.vault.destroy(tx, "baker")
    assert listed(notices)[0].evidence == []


def test_no_content_stands_in_events_and_audit(database, context, notices):
    account(database)
    id = decision(database, context=context, content=POST)
    follow(context)
    Undo(context, Shipped()).reverse(ANN, id, UndoRequest(reason="CANARY"))
    listed(notices)
    with database.read() as connection:
        audit = str(connection.execute(sa.select(core.audit.c.detail)).all())
    for word in ("abc12345", "shop.example", "CANARY"):
        assert word not in str(events(database)) + audit


def test_pages_and_reading(database, context, notices, clock):
    account(database)
    for number in range(3):
        decision(database, f"post-{number}")
    follow(context)
    page = notices.list(ANN, "baker", Paging(limit=2))
    rest = notices.list(ANN, "baker", Paging(limit=2, cursor=page.next))
    assert [n.item for n in page.items + rest.items] == ["post-2", "post-1", "post-0"]
    assert rest.next is None
    clock.advance(hours=1)
    read = notices.mark_read(ANN, page.items[0].id)
    clock.advance(hours=1)
    assert read.read.isoformat() == "2014-06-01T01:00:00+00:00"
    assert notices.mark_read(ANN, page.items[0].id).read == read.read
    assert notices.of_decision(ANN, read.decision, "en").title == "Your post was not published."


def test_whose_notices_must_be_known(notices):
    with pytest.raises(ServiceError) as error:
        notices.list(ANN, "nobody", Paging())
    assert error.value.detail == "There is no account 'nobody'."
    with pytest.raises(ServiceError) as error:
        notices.list(ANN, "nobody", Paging(cursor="x"))
    assert error.value.detail == "`cursor` is not one. Give `next` of the page before."

"""Appeals: filed by the person, answered by another reviewer, with what an overturn restores."""

import pytest
import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.appeals import AppealQuery, DecideAppeal, FileAppeal, NextAppeal
from portreeve.service.actor import Actor
from portreeve.store.tables import core, enforcement
from portreeve.store.vault import Content
from service.desk import ANN, BEN, CAM, Desk, race, refusal
from service.factories import SELLING, decision, events, published

PUBLIC = Actor("host", frozenset({Scope.appeals}))
WORDS = "canary-words: I baked it for my daughter's birthday."
YES = DecideAppeal(outcome="overturned", reply="You are right: a cake is no merchandise.")
NO = DecideAppeal(outcome="upheld", reply="It names a price and a shop.")


@pytest.fixture
def desk(context):
    return Desk(context)


@pytest.fixture
def removed(desk):
    """The decision that took a cake down, with a comment under it."""
    published(desk.database, "cake")
    published(desk.database, "nice", parent="cake", account="friend")
    content = Content(text="自家烤的蛋糕 89元")
    id = decision(
        desk.database, "cake", "remove", stage="after", context=desk.context, content=content
    )
    desk.open()
    assert hidden(desk, "nice") == id
    return id


def hidden(desk, item):
    with desk.database.read() as connection:
        wanted = sa.select(core.items.c.hidden_by).where(core.items.c.id == item)
        return connection.execute(wanted).scalar()


def standing_strikes(desk):
    with desk.database.read() as connection:
        wanted = sa.select(enforcement.strikes.c.decision)
        return connection.execute(
            wanted.where(enforcement.strikes.c.withdrawn.is_(None))
        ).scalars().all()  # fmt: skip


def file(desk, id):
    return desk.appeals.file(PUBLIC, FileAppeal(decision=id, words=WORDS))


def test_an_overturn_restores_everything_and_corrects_the_precision(desk, removed, clock):
    assert standing_strikes(desk) == [removed]
    appeal = file(desk, removed)
    assert (appeal.state, (appeal.due - clock()).days) == ("open", 7)
    held = desk.appeals.claim(BEN, appeal.id)
    assert (held.words, held.verdict, held.rules) == (WORDS, "remove", [SELLING])
    assert desk.evidence.read_for_appeal(BEN, appeal.id).text == "自家烤的蛋糕 89元"
    clock.advance(minutes=10)
    decided = desk.appeals.decide(BEN, appeal.id, YES)
    assert (decided.state, decided.decided_by) == ("overturned", "ben")
    assert (desk.state("cake"), hidden(desk, "nice"), standing_strikes(desk)) == (
        "published",
        None,
        [],
    )
    assert desk.precision() == {SELLING: (0, 1)}
    # the person reads how it went without a login
    assert desk.appeals.progress(appeal.id).reply == "You are right: a cake is no merchandise."
    assert events(desk.database, "appeal.filed", "appeal.decided") == [
        ("appeal.filed", appeal.id, {"decision": removed, "account": "baker"}),
        ("appeal.decided", appeal.id,
         {"account": "baker", "decision": removed, "outcome": "overturned"}),
    ]  # fmt: skip


def test_upheld_confirms_the_rule_and_changes_nothing(desk, removed):
    appeal = file(desk, removed)
    desk.appeals.claim(BEN, appeal.id)
    desk.appeals.decide(BEN, appeal.id, NO)
    assert (desk.state("cake"), standing_strikes(desk)) == ("removed", [removed])
    assert desk.precision() == {SELLING: (1, 0)}
    assert desk.appeals.progress(appeal.id).state == "upheld"


def test_a_decision_is_appealed_once(desk, removed):
    appeal = file(desk, removed)
    again = (
        "conflict",
        f"The decision {removed} was appealed on 2014-06-01; the appeal {appeal.id} is being "
        "looked into. A decision can be appealed once; follow it under that name.",
    )
    assert refusal(lambda: file(desk, removed)) == again
    desk.appeals.claim(BEN, appeal.id)
    desk.appeals.decide(BEN, appeal.id, NO)
    assert refusal(lambda: file(desk, removed))[1].endswith(
        f"the appeal {appeal.id} was upheld. A decision can be appealed once; follow it under "
        "that name."
    )


def test_of_two_appeals_at_once_one_is_taken(desk, removed):
    got = race(lambda: file(desk, removed).state, lambda: file(desk, removed).state)
    assert sorted(got) == ["conflict", "open"]


def test_the_last_moment_of_half_a_year(desk, removed, clock):
    clock.advance(days=183, seconds=1)
    assert refusal(lambda: file(desk, removed)) == (
        "gone",
        "A decision can be appealed for 183 days; this time is over.",
    )
    clock.advance(seconds=-1)
    assert file(desk, removed).state == "open"


def test_there_must_be_something_to_appeal(desk):
    assert refusal(lambda: file(desk, "dec_none")) == (
        "not-found",
        "There is no decision 'dec_none'.",
    )
    allowed = published(desk.database, "p-1")
    assert refusal(lambda: file(desk, allowed)) == (
        "conflict",
        f"The decision {allowed} allows the item. There is nothing to appeal.",
    )
    held = decision(desk.database, "p-2", "hold")
    assert refusal(lambda: file(desk, held)) == (
        "conflict",
        f"The decision {held} only holds the item until a person decides. Appeal that person's "
        "decision, if need be.",
    )


def test_who_decided_first_cannot_answer(desk):
    decision(desk.database, "cake", "hold", context=desk.context)
    [case] = desk.open()
    desk.decide(BEN, case, "refuse", SELLING)
    with desk.database.read() as connection:
        made = connection.execute(sa.select(core.items.c.decision)).scalar_one()
    appeal = file(desk, made)
    assert refusal(lambda: desk.appeals.claim(BEN, appeal.id)) == (
        "same-person",
        f"'ben' made or confirmed the decision {made}. Another reviewer must answer its appeal.",
    )
    desk.appeals.claim(CAM, appeal.id)
    desk.appeals.decide(CAM, appeal.id, YES)
    # below the person's decision the machine's would still hold the item
    assert desk.state("cake") == "published"
    assert desk.precision() == {SELLING: (0, 1)}
    desk.open()
    assert standing_strikes(desk) == []


def test_who_confirmed_first_cannot_answer(desk):
    made = decision(desk.database, "p-1", "refuse", goods_tier="black")
    [case] = desk.open()
    desk.decide(BEN, case, "refuse", SELLING)
    appeal = file(desk, made)
    assert refusal(lambda: desk.appeals.claim(BEN, appeal.id))[0] == "same-person"
    assert desk.precision() == {SELLING: (1, 0)}
    desk.appeals.claim(CAM, appeal.id)
    desk.appeals.decide(CAM, appeal.id, YES)
    assert desk.precision() == {SELLING: (0, 1)}


def test_only_who_holds_it_answers(desk, removed, clock):
    appeal = file(desk, removed)
    assert refusal(lambda: desk.appeals.decide(BEN, appeal.id, NO)) == (
        "conflict",
        f"You do not hold the appeal {appeal.id}. Claim it first.",
    )
    got = race(
        lambda: desk.appeals.claim(BEN, appeal.id).claimed_by,
        lambda: desk.appeals.claim(CAM, appeal.id).claimed_by,
    )
    assert sorted(got) in (["ben", "claimed"], ["cam", "claimed"])
    clock.advance(minutes=15)
    desk.appeals.claim(ANN, appeal.id)
    desk.appeals.decide(ANN, appeal.id, NO)
    assert refusal(lambda: desk.appeals.claim(CAM, appeal.id)) == (
        "conflict",
        f"The appeal {appeal.id} was decided already.",
    )


def test_an_appeal_settles_an_open_case_s_item(desk):
    made = decision(desk.database, "p-1", "refuse", goods_tier="black")
    [case] = desk.open()
    appeal = file(desk, made)
    desk.appeals.claim(BEN, appeal.id)
    desk.appeals.decide(BEN, appeal.id, YES)
    desk.decide(CAM, case, "refuse", SELLING)
    assert desk.state("p-1") == "published"
    assert desk.precision() == {SELLING: (0, 1)}


def test_the_queue_is_by_due_date(desk, clock):
    filed = []
    for number in range(5):
        id = decision(desk.database, f"p-{number}", "remove", stage="after")
        filed.append(file(desk, id).id)
        clock.advance(hours=1)
    first = desk.appeals.list(BEN, AppealQuery(limit=3))
    rest = desk.appeals.list(BEN, AppealQuery(limit=3, cursor=first.next))
    assert [one.id for one in first.items + rest.items] == filed
    assert rest.next is None
    assert desk.appeals.list(BEN, AppealQuery(network="stranger")).items == []


def test_the_person_s_words_are_sealed_and_erased_with_them(desk, removed):
    appeal = file(desk, removed)
    desk.appeals.claim(BEN, appeal.id)
    desk.appeals.decide(BEN, appeal.id, NO)
    with desk.database.read() as connection:
        for table in ("appeals", "audit", "events"):
            rows = str(connection.execute(sa.text(f"SELECT * FROM {table}")).all())
            assert "canary-words" not in rows
            assert "names a price" not in rows
    with desk.database.write() as tx:
        desk.context.vault.destroy(tx, "baker")
    assert desk.appeals.progress(appeal.id).reply is None


def test_filing_needs_its_scope_and_reading_on_needs_none(desk, removed):
    nobody = Actor("nobody")
    request = FileAppeal(decision=removed, words=WORDS)
    assert refusal(lambda: desk.appeals.file(nobody, request))[0] == "forbidden"
    assert refusal(lambda: desk.appeals.progress("apl_none")) == (
        "not-found",
        "There is no appeal 'apl_none'.",
    )


def test_the_dossier_shows_words_to_whoever_holds_it_only(desk):
    decision(desk.database, "p-1", "hold", context=desk.context)
    [case] = desk.open()
    desk.decide(BEN, case, "refuse", SELLING)
    with desk.database.read() as connection:
        i = core.items.c
        made = connection.execute(sa.select(i.decision).where(i.id == "p-1")).scalar_one()
    appeal = file(desk, made).id
    seen = desk.appeals.dossier(CAM, appeal)
    assert (seen.words, seen.first_reason, seen.own, seen.first_by) == (None, None, False, "ben")
    assert (seen.item_state, seen.clauses, seen.language) == ("refused", ["3.1"], "zh")
    assert desk.audit("appeal.read") == []
    assert desk.appeals.dossier(BEN, appeal).own
    assert desk.appeals.own(BEN, [appeal, "apl_other"]) == {appeal}
    assert desk.appeals.own(CAM, [appeal]) == set()
    desk.appeals.claim(CAM, appeal)
    seen = desk.appeals.dossier(CAM, appeal)
    assert (seen.words, seen.first_reason, seen.reply) == (WORDS, "I looked.", None)
    assert desk.audit("appeal.read") == [("cam", "appeal.read", appeal, {"decision": made})]
    desk.appeals.decide(CAM, appeal, NO)
    assert desk.appeals.dossier(CAM, appeal).reply == NO.reply
    assert desk.appeals.dossier(ANN, appeal).reply is None


def test_the_next_appeal_is_the_first_due_that_one_may_answer(desk, clock):
    for at, actor in enumerate((BEN, CAM)):
        decision(desk.database, f"p-{at}", "hold", context=desk.context, content=Content(text="a"))
        [case] = desk.open()
        desk.decide(actor, case, "refuse", SELLING)
    with desk.database.read() as connection:
        i = core.items.c
        made = connection.execute(sa.select(i.decision).order_by(i.id)).scalars().all()
    first, second = (file(desk, id).id for id in made)
    assert desk.appeals.next(BEN, NextAppeal()) == second
    assert desk.appeals.next(BEN, NextAppeal()) is None
    assert desk.appeals.next(CAM, NextAppeal()) == first
    desk.appeals.release(CAM, first)
    assert desk.appeals.next(ANN, NextAppeal(network="stranger")) is None
    assert desk.appeals.next(ANN, NextAppeal(network="acquaintance")) == first
    assert refusal(lambda: desk.appeals.release(CAM, first))[0] == "claimed"

"""Taking the decision of a case back: as if it had not been made."""

import pytest
import sqlalchemy as sa

from portreeve.schemas.accounts import Account
from portreeve.schemas.appeals import DecideAppeal, FileAppeal
from portreeve.schemas.reports import ReportItem
from portreeve.schemas.review import TakeBack
from portreeve.service.accounts import Accounts
from portreeve.service.actor import Actor
from portreeve.service.likeness import Likeness
from portreeve.store.tables import core
from portreeve.store.tables.cases import second_readings
from portreeve.store.vault import Content
from service.desk import ALL, ANN, BEN, CAM, Desk, refusal
from service.factories import SELLING, account, decision, events, published
from service.support import make_context

MASK = "面膜89元一盒 加微信 abc12345 下单"
REVIEWER = Actor("rob", ALL - {"sanctions", "admin"})
WHY = TakeBack(reason="The wrong key.")


@pytest.fixture
def desk(context):
    account(context.database, "baker")
    return Desk(context)


def held(desk, item="p-1", text=MASK, **facts):
    return decision(
        desk.database, item, "hold", context=desk.context, content=Content(text=text), **facts
    )


def strikes(desk) -> dict[str, int]:
    found: Account = Accounts(desk.context).get(ANN, "baker")
    return found.counts.strikes


def tick(clock):
    """No two things happen at one moment."""
    clock.advance(seconds=3)


def test_a_refusal_is_taken_back_with_its_strike_and_judgement(desk, clock):
    held(desk)
    [case] = desk.open()
    desk.decide(BEN, case, "refuse", SELLING)
    desk.open()
    assert (desk.state("p-1"), strikes(desk)) == ("refused", {"acquaintance/promotion": 1})
    tick(clock)
    again = desk.cases.take_back(BEN, case, WHY)
    assert desk.open() == [case]
    assert (desk.state("p-1"), strikes(desk), desk.precision()) == ("held", {}, {})
    assert (again.state, again.verdict, again.decided_by, again.claimed_by) == (
        "open",
        None,
        None,
        "ben",
    )
    step = desk.cases.history(ANN, case).items[-1]
    assert (step.actor, step.action, step.note) == ("ben", "taken-back", "The wrong key.")
    assert step.detail == {"by": "ben", "verdict": "refuse", "reports": 0}
    assert events(desk.database, "case.reopened") == [
        ("case.reopened", case, {"queue": "default", "network": "acquaintance"})
    ]
    # and it can be decided otherwise at once
    tick(clock)
    desk.decide(BEN, case, "allow")
    assert (desk.state("p-1"), desk.precision()) == ("published", {SELLING: (0, 1)})


def test_what_was_allowed_wrongly_is_down_again_with_its_strike(desk, clock):
    decision(
        desk.database, "p-1", "refuse", context=desk.context,
        goods_tier="black", goods_category="narcotics",
    )  # fmt: skip
    [case] = desk.open()
    assert strikes(desk) == {"acquaintance/promotion": 1}
    tick(clock)
    desk.decide(BEN, case, "allow")
    desk.open()
    assert (desk.state("p-1"), strikes(desk)) == ("published", {})
    tick(clock)
    desk.cases.take_back(BEN, case, WHY)
    assert (desk.state("p-1"), strikes(desk)) == ("refused", {"acquaintance/promotion": 1})
    # following the decision up again opens no second case and costs no second strike
    assert desk.open() == [case]
    assert strikes(desk) == {"acquaintance/promotion": 1}
    assert [type for type, _, _ in events(desk.database, "item.restored", "item.refused")] == [
        "item.restored",
        "item.refused",
    ]
    assert desk.audit("decision.reinstate")[0][0] == "ben"
    # and the same undo can be done again
    tick(clock)
    desk.decide(BEN, case, "allow")
    assert desk.state("p-1") == "published"


def test_what_a_lifted_sanction_had_freed_is_as_it_was(desk, clock):
    for at in range(2):
        decision(
            desk.database, f"p-{at}", "refuse", context=desk.context,
            content=Content(text="加我吧"), goods_tier="black", goods_category="narcotics",
        )  # fmt: skip
        tick(clock)
    cases = desk.open()
    muted = decision(desk.database, "p-muted", "refuse", ("account.mute",))
    desk.open()
    tick(clock)
    desk.decide(BEN, cases[0], "allow")
    assert desk.state("p-muted") == "published"
    tick(clock)
    desk.cases.take_back(BEN, cases[0], WHY)
    desk.open()
    assert (desk.state("p-muted"), strikes(desk)) == ("refused", {"acquaintance/promotion": 2})
    with desk.database.read() as connection:
        d = core.decisions.c
        undone = connection.execute(sa.select(d.undone).where(d.id == muted)).scalar_one()
    assert undone is None
    kinds = [one.kind for one in Accounts(desk.context).get(ANN, "baker").sanctions]
    assert kinds == ["mute"]


def test_a_confirmation_and_the_reports_wait_again(desk, clock):
    published(desk.database, "p-1", context=desk.context)
    desk.reports.report_item(ANN, ReportItem(item="p-1", reporter="zoe", words="It sells."))
    [case] = desk.open()
    desk.decide(BEN, case, "allow")
    assert [data["outcome"] for _, _, data in events(desk.database, "report.resolved")] == [
        "not-acted"
    ]
    tick(clock)
    desk.cases.take_back(BEN, case, WHY)
    assert desk.state("p-1") == "published"
    desk.decide(BEN, case, "remove", SELLING)
    assert [data["outcome"] for _, _, data in events(desk.database, "report.resolved")] == [
        "not-acted",
        "acted",
    ]


def test_what_had_been_found_of_the_rules_before_counts_again(desk, clock):
    decision(
        desk.database, "p-1", "limit", context=desk.context,
        goods_tier="black", goods_category="narcotics",
    )  # fmt: skip
    [case] = desk.open()
    [member] = desk.cases.get(ANN, case).contents
    appeal = desk.appeals.file(ANN, FileAppeal(decision=member.decision, words="A novel."))
    desk.appeals.claim(CAM, appeal.id)
    desk.appeals.decide(CAM, appeal.id, DecideAppeal(outcome="upheld", reply="It sells."))
    assert desk.precision() == {SELLING: (1, 0)}
    tick(clock)
    desk.decide(BEN, case, "allow")
    assert desk.precision() == {SELLING: (0, 1)}
    tick(clock)
    desk.cases.take_back(BEN, case, WHY)
    assert desk.precision() == {SELLING: (1, 0)}


def test_an_appeal_that_was_won_meanwhile_stays_won(desk, clock):
    held(desk)
    [case] = desk.open()
    desk.decide(BEN, case, "refuse", SELLING)
    desk.open()
    with desk.database.read() as connection:
        i = core.items.c
        made = connection.execute(sa.select(i.decision).where(i.id == "p-1")).scalar_one()
    appeal = desk.appeals.file(ANN, FileAppeal(decision=made, words="A novel."))
    tick(clock)
    desk.appeals.claim(CAM, appeal.id)
    desk.appeals.decide(CAM, appeal.id, DecideAppeal(outcome="overturned", reply="You are right."))
    tick(clock)
    desk.cases.take_back(BEN, case, WHY)
    assert desk.state("p-1") == "published"


def test_the_case_gathers_near_copies_again(desk, clock):
    held(desk)
    [case] = desk.open()
    desk.decide(BEN, case, "refuse", SELLING)
    tick(clock)
    desk.cases.take_back(BEN, case, WHY)
    desk.cases.release(BEN, case)
    held(desk, "p-2", "面膜 88 元一盒，加微信 abc12345 下单！", account="agent")
    assert desk.open() == [case]
    assert desk.cases.get(ANN, case).items == 2
    assert Likeness(desk.context).similar(ANN, case).items == []


def test_who_may_take_back_and_when(desk, clock):
    held(desk)
    [case] = desk.open()
    assert refusal(lambda: desk.cases.take_back(BEN, case, WHY)) == (
        "conflict",
        f"The case {case} is open. There is no decision to take back.",
    )
    desk.decide(BEN, case, "refuse", SELLING)
    assert refusal(lambda: desk.cases.take_back(REVIEWER, case, WHY)) == (
        "forbidden",
        f"'ben' decided the case {case}. They take it back themselves, or somebody who may undo "
        "decisions.",
    )
    assert refusal(lambda: desk.cases.take_back(Actor("rob"), case, WHY))[0] == "forbidden"
    tick(clock)
    assert desk.cases.take_back(CAM, case, WHY).claimed_by == "cam"


def test_nobody_reads_again_what_was_taken_back(database, tmp_path, clock):
    desk = Desk(make_context(database, tmp_path, second_reading_rate=1.0))
    held(desk)
    [case] = desk.open()
    desk.decide(BEN, case, "refuse", SELLING)
    tick(clock)
    desk.cases.take_back(BEN, case, WHY)
    assert refusal(lambda: desk.readings.next(CAM))[0] == "not-found"
    desk.decide(BEN, case, "allow")
    with database.read() as connection:
        first = connection.execute(sa.select(second_readings.c.first_verdict)).scalar_one()
    assert first == "allow"
    desk.readings.next(CAM)
    assert refusal(lambda: desk.cases.take_back(BEN, case, WHY)) == (
        "conflict",
        f"Somebody reads the case {case} a second time at the moment. Try again in 15 minutes.",
    )

"""Cases: opened, grouped, claimed, decided."""

import time

import pytest
import sqlalchemy as sa

from portreeve.schemas.cases import AddNote, CaseQuery, DecideCase, Handover
from portreeve.schemas.reports import ReportItem
from portreeve.service import case_steps
from portreeve.service.actor import Actor
from portreeve.service.case_opening import decision_row
from portreeve.service.case_steps import Step
from portreeve.store import micros
from portreeve.store.tables import enforcement
from portreeve.store.tables.cases import case_prints, cases, judgements
from portreeve.store.vault import Content
from service.desk import ANN, BEN, CAM, Desk, race, refusal
from service.factories import SELLING, account, decision, events, named

MASK = "面膜89元一盒 加微信 abc12345 下单"
COPIES = (
    "面膜 88 元一盒，加微信 abc12345 下单！",
    "【面膜】89元一盒 加微信 abc12345 下单哦",
    "面膜八十九元一盒 加微信 abc12345 下单",
)
SOFA = "出一张旧沙发 自提 三百块 有意的朋友在下面留言就好"


@pytest.fixture
def desk(context):
    return Desk(context)


def held(desk, item, text=MASK, **facts):
    """An item that waits for a person."""
    return decision(
        desk.database, item, "hold", context=desk.context, content=Content(text=text), **facts
    )


def test_near_copies_come_into_one_case(desk):
    held(desk, "p-0", MASK)
    [first] = desk.open()
    held(desk, "p-sofa", SOFA, account="ordinary")
    [second] = set(desk.open()) - {first}
    for number, text in enumerate(COPIES, start=1):
        held(desk, f"p-{number}", text, account=f"agent-{number}")
    assert set(desk.open()) == {first, second}
    grouped = desk.cases.get(ANN, first)
    assert [one.item for one in grouped.contents] == ["p-0", "p-1", "p-2", "p-3"]
    assert (grouped.items, grouped.revision) == (4, 2)
    assert [one.item for one in desk.cases.get(ANN, second).contents] == ["p-sofa"]


def test_near_copies_of_one_batch_come_into_one_case(desk):
    for number, text in enumerate((MASK, *COPIES, SOFA)):
        held(desk, f"p-{number}", text, account=f"agent-{number}")
    assert sorted(desk.cases.get(ANN, case).items for case in desk.open()) == [1, 4]


def test_short_texts_are_never_copies_of_each_other(desk):
    held(desk, "p-1", "加我吧")
    held(desk, "p-2", "加我吧")
    assert len(desk.open()) == 2


def test_a_case_that_somebody_reads_does_not_grow(desk, clock):
    held(desk, "p-1")
    [first] = desk.open()
    desk.cases.claim(BEN, first)
    held(desk, "p-2")
    assert len(desk.open()) == 2
    clock.advance(minutes=15)
    held(desk, "p-3")
    assert sorted(desk.cases.get(ANN, case).items for case in desk.open()) == [1, 2]


def test_opening_again_opens_nothing_again(desk):
    id = held(desk, "p-1")
    [case] = desk.open()
    with desk.database.write() as tx:
        row = decision_row(tx, id)
        desk.cases.open_for(tx, [row], named("acquaintance"))
    assert desk.open() == [case]
    assert desk.cases.get(ANN, case).revision == 1


def test_an_edit_joins_the_item_s_case_and_a_stale_verdict_is_refused(desk):
    held(desk, "p-1")
    [case] = desk.open()
    seen = desk.cases.claim(BEN, case).revision
    held(desk, "p-1", SOFA, edit=True)
    assert desk.open() == [case]
    stale = DecideCase(verdict="allow", reason="Fine.", revision=seen)
    assert refusal(lambda: desk.cases.decide(BEN, case, stale)) == (
        "conflict",
        f"The case {case} is at revision 2, and you saw 1: items joined it or were edited. "
        "Read it again, then decide.",
    )


def test_black_goods_have_a_queue_of_their_own_and_come_first(desk):
    held(desk, "p-mask", goods_category="facial_masks", goods_tier="grey")
    held(desk, "p-clinic", SOFA, goods_category="hospitals", goods_tier="grey-strict")
    decision(desk.database, "p-drugs", "refuse", goods_category="narcotics", goods_tier="black")
    found = [desk.cases.get(ANN, case) for case in desk.open()]
    assert [(one.queue, one.severity, one.sealed) for one in found] == [
        ("black-goods", 16.0, True),
        ("medical", 4.0, False),
        ("default", 2.0, False),
    ]
    assert [(one.due - one.opened).total_seconds() / 3600 for one in found] == [4, 24, 48]
    only = desk.cases.list(ANN, CaseQuery(queue="medical")).items
    assert [one.id for one in only] == [found[1].id]


def test_age_overtakes_and_the_stored_order_is_never_rewritten(desk, clock):
    held(desk, "p-old")
    [old] = desk.open()
    clock.advance(hours=11)
    held(desk, "p-grey", SOFA, goods_tier="grey-strict")
    ranks = desk.ranks()
    [grey, _] = desk.open()
    assert desk.cases.get(ANN, grey).priority == 4.0
    # four times the severity is worth two doublings: 12 hours of age
    clock.advance(hours=2)
    held(desk, "p-late", "祖传秘方 包治百病 三天见效 无效退款", goods_tier="grey-strict")
    assert desk.open()[:2] == [grey, old]
    assert {id: rank for id, rank in desk.ranks().items() if id in ranks} == ranks


def test_reach_is_of_all_accounts(desk):
    account(desk.database, "small", friends=3)
    account(desk.database, "large", friends=100, followers=900)
    held(desk, "p-1", account="small")
    held(desk, "p-2", COPIES[0], account="large")
    [case] = desk.open()
    found = desk.cases.get(ANN, case)
    assert (found.reach, found.priority) == (1003, 1004.0)


def test_counts_that_were_taken_before_they_had_a_bound_open_a_case_all_the_same(desk):
    account(desk.database, "huge", friends=2**63 - 1, followers=2**63 - 1)
    account(desk.database, "huger", friends=2**63 - 1)
    held(desk, "p-1", account="huge")
    held(desk, "p-2", COPIES[0], account="huger")
    [case] = desk.open()
    assert desk.cases.get(ANN, case).reach == 1_000_000_000_000_000
    desk.reports.report_item(ANN, ReportItem(item="p-1", reporter="reader"))
    assert desk.cases.get(ANN, case).reports == 1


def test_two_reviewers_cannot_hold_one_case(desk, clock):
    held(desk, "p-1")
    [case] = desk.open()
    assert desk.cases.claim(BEN, case).claimed_by == "ben"
    assert refusal(lambda: desk.cases.claim(CAM, case)) == (
        "claimed",
        f"'ben' holds the case {case} until 2014-06-01T00:15:00+00:00. "
        "Take another, or ask for it to be handed over.",
    )
    clock.advance(minutes=15)
    assert desk.cases.get(ANN, case).claimed_by is None
    assert desk.cases.claim(CAM, case).claimed_by == "cam"
    assert refusal(lambda: desk.cases.release(BEN, case))[0] == "claimed"
    assert desk.cases.release(CAM, case).claimed_by is None
    assert refusal(lambda: desk.cases.release(CAM, case)) == (
        "conflict",
        f"You do not hold the case {case}. Claim it first.",
    )


def test_of_two_who_claim_at_once_one_wins(desk):
    for number in range(5):
        held(desk, f"p-{number}", "加我吧")
    for case in desk.open():
        got = race(
            lambda c=case: desk.cases.claim(BEN, c).claimed_by,
            lambda c=case: desk.cases.claim(CAM, c).claimed_by,
        )
        assert sorted(got) in (["ben", "claimed"], ["cam", "claimed"])


def test_reviewers_reporters_and_the_follow_up_never_wait_in_a_circle(desk):
    for number in range(12):
        held(desk, f"p-{number}", "加我吧")
    waiting = desk.open()

    def decide():
        for case in waiting:
            desk.decide(BEN, case, "remove", SELLING)

    def report():
        for number in range(11, -1, -1):
            desk.reports.report_item(CAM, ReportItem(item=f"p-{number}", reporter="rob"))

    def follow():
        for number in range(12):
            held(desk, f"q-{number}", MASK)
            desk.enforcement.follow()

    assert race(decide, report, follow) == [None, None, None]
    assert len(desk.open()) == desk.cases.open_count() == 1  # what the race left is followed first
    assert {desk.state(f"p-{number}") for number in range(12)} == {"refused"}


def test_hand_over_and_notes(desk):
    held(desk, "p-1")
    [case] = desk.open()
    desk.cases.claim(BEN, case)
    handed = desk.cases.hand_over(BEN, case, Handover(to="Cam", note="You know this seller."))
    assert handed.claimed_by == "cam"
    desk.cases.note(CAM, case, AddNote(note="She sells masks."))
    steps = desk.cases.history(ANN, case).items
    assert [(step.actor, step.action, step.note) for step in steps] == [
        ("portreeve", "opened", None),
        ("ben", "claimed", None),
        ("ben", "handed-over", "You know this seller."),
        ("cam", "noted", "She sells masks."),
    ]
    with desk.database.write() as tx:
        desk.context.vault.destroy(tx, "baker")
    assert [step.note for step in desk.cases.history(ANN, case).items] == [None] * 4


def test_refusing_what_was_held(desk):
    held(desk, "p-1")
    held(desk, "p-2", COPIES[0], account="agent")
    [case] = desk.open()
    decided = desk.decide(BEN, case, "remove", SELLING)
    assert (decided.state, decided.verdict, decided.decided_by) == ("decided", "remove", "ben")
    # never published, so refused
    assert [one.state for one in decided.contents] == ["refused", "refused"]
    assert desk.open() == []
    with desk.database.read() as connection:
        strikes = connection.execute(
            sa.select(enforcement.strikes.c.account).order_by(enforcement.strikes.c.account)
        ).scalars()
        assert list(strikes) == ["agent", "baker"]
        assert connection.execute(sa.select(case_prints)).first() is None
    assert desk.precision() == {SELLING: (2, 0)}
    assert events(desk.database, "case.decided") == [
        ("case.decided", case, {"verdict": "remove", "network": "acquaintance"})
    ]


def test_allowing_what_was_held(desk):
    held(desk, "p-1")
    [case] = desk.open()
    desk.decide(BEN, case, "allow")
    assert desk.state("p-1") == "published"
    assert desk.precision() == {SELLING: (0, 1)}


def test_allowing_what_was_refused_undoes_all_of_it(desk):
    decision(desk.database, "p-1", "refuse", goods_tier="black")
    [case] = desk.open()
    desk.decide(BEN, case, "allow")
    desk.open()
    assert desk.state("p-1") == "published"
    with desk.database.read() as connection:
        withdrawn = connection.execute(sa.select(enforcement.strikes.c.withdrawn)).scalars().all()
    assert withdrawn == [desk.context.now()]


def test_confirming_writes_no_second_decision(desk):
    id = decision(desk.database, "p-1", "refuse", goods_tier="black")
    [case] = desk.open()
    desk.decide(BEN, case, "refuse", SELLING)
    desk.open()
    assert [subject for _, subject, _ in events(desk.database, "decision.made")] == [id]
    assert desk.precision() == {SELLING: (1, 0)}


def test_upholding_one_of_two_rules_judges_both(desk):
    rules = [rule.id for rule in named("acquaintance").rules if rule.verdict == "refuse"][:2]
    decision(desk.database, "p-1", "hold", tuple(rules))
    [case] = desk.open()
    desk.decide(BEN, case, "limit", rules[1])
    assert desk.precision() == {rules[0]: (0, 1), rules[1]: (1, 0)}


def test_a_sanction_of_the_account_is_no_rule_to_be_judged(desk):
    held(desk, "p-1", rules=(SELLING,))
    with desk.database.write() as tx:
        tx.execute(
            sa.text("UPDATE decisions SET rules = :rules, clauses = :clauses"),
            {"rules": f'["account.mute","{SELLING}"]', "clauses": '["","3.1"]'},
        )
    [case] = desk.open()
    desk.decide(BEN, case, "allow")
    assert desk.precision() == {SELLING: (0, 1)}


def test_rules_and_verdict_must_fit(desk):
    held(desk, "p-1")
    [case] = desk.open()
    assert refusal(lambda: desk.decide(BEN, case, "allow", SELLING)) == (
        "invalid",
        "`rules` names rules that hold, but `verdict` is allow. Leave `rules` empty, or give "
        "another verdict.",
    )
    assert refusal(lambda: desk.decide(BEN, case, "remove")) == (
        "invalid",
        "`rules` is empty. Name at least one rule that the verdict rests on.",
    )
    assert refusal(lambda: desk.decide(BEN, case, "remove", "no.such-rule")) == (
        "invalid",
        "`rules` names 'no.such-rule', which neither held here nor is in the policy in force. "
        "Name a rule of the case, or of that policy.",
    )
    unclaimed = DecideCase(verdict="allow", reason="Fine.", revision=1)
    assert refusal(lambda: desk.cases.decide(CAM, case, unclaimed))[0] == "claimed"


def test_what_the_host_deleted_is_left_alone(desk):
    held(desk, "p-1")
    [case] = desk.open()
    with desk.database.write() as tx:
        tx.execute(sa.text("UPDATE items SET state = 'deleted'"))
    desk.decide(BEN, case, "remove", SELLING)
    assert desk.state("p-1") == "deleted"
    assert desk.precision() == {}


def test_scopes_are_asked(desk):
    nobody = Actor("nobody")
    assert refusal(lambda: desk.cases.list(nobody, CaseQuery())) == (
        "forbidden",
        "'nobody' lacks the scope `cases` (work on cases). "
        "Ask an administrator for a key that has it.",
    )
    assert refusal(lambda: desk.cases.get(ANN, "cas_none")) == (
        "not-found",
        "There is no case 'cas_none'.",
    )


def test_no_words_stand_in_audit_log_and_events(desk):
    held(desk, "p-1")
    [case] = desk.open()
    desk.cases.note(BEN, case, AddNote(note="canary-note"))
    desk.decide(BEN, case, "remove", SELLING)
    with desk.database.read() as connection:
        for table in ("audit", "events", "case_actions", "cases", "decisions"):
            rows = connection.execute(sa.text(f"SELECT * FROM {table}")).all()
            assert "canary-note" not in str(rows)
            assert "I looked." not in str(rows)
            assert "abc12345" not in str(rows)


def test_ten_thousand_open_cases_are_listed_in_pages_at_once(desk, clock):
    with desk.database.write() as tx:
        row = {
            "network": "acquaintance", "origin": "decision", "queue": "default", "state": "open",
            "sealed": False, "account": None, "severity": 1.0, "reach": 0, "reports": 0,
            "revision": 1, "opened": tx.time, "due": tx.time,
        }  # fmt: skip
        tx.execute(
            sa.insert(cases),
            [
                row | {"id": f"cas_{number:05}", "rank": micros(clock()) - number * 7919 % 9973}
                for number in range(10_000)
            ],
        )
        tx.execute(sa.text("ANALYZE"))
    seen, cursor, slowest = [], None, 0.0
    for query in ({}, {"queue": "default"}):
        began = time.perf_counter()
        desk.cases.list(ANN, CaseQuery(limit=100, **query))
        slowest = max(slowest, time.perf_counter() - began)
    assert slowest < 0.1  # 20 ms on a quiet machine
    while True:
        page = desk.cases.list(ANN, CaseQuery(limit=500, cursor=cursor))
        seen += [case.id for case in page.items]
        cursor = page.next
        if cursor is None:
            break
    ranks = desk.ranks()
    assert len(set(seen)) == 10_000
    assert seen == sorted(seen, key=lambda id: (ranks[id], id))
    assert refusal(lambda: desk.cases.list(ANN, CaseQuery(cursor="--1.x")))[0] == "invalid"
    assert refusal(lambda: desk.cases.list(ANN, CaseQuery(cursor="page 2"))) == (
        "invalid",
        "`cursor` is none that was given out. Give `next` of the page before, unchanged.",
    )


def test_precision_has_an_interval_and_can_begin_later(desk, clock):
    for number in range(4):
        held(desk, f"p-{number}", "加我吧")
    for number, case in enumerate(desk.open()):
        desk.decide(BEN, case, *(("remove", SELLING) if number else ("allow",)))
    [found] = desk.judgements.precision(ANN, "acquaintance").items
    assert (found.rule, found.confirmed, found.overturned) == (SELLING, 3, 1)
    assert (found.precision, round(found.low, 3), round(found.high, 3)) == (0.75, 0.301, 0.954)
    clock.advance(days=1)
    assert desk.judgements.precision(ANN, since=clock()).items == []
    with desk.database.read() as connection:
        sources = connection.execute(sa.select(judgements.c.source).distinct()).scalars().all()
    assert sources == ["case"]


def test_a_verdict_is_on_the_revision_that_was_read(desk):
    account(desk.database, "baker")
    held(desk, "p-1")
    [case] = desk.open()
    decision(
        desk.database, "p-1", "allow", (), context=desk.context, content=Content(text=SOFA),
        edit=True,
    )  # fmt: skip
    desk.open()
    desk.decide(BEN, case, "refuse", SELLING)
    desk.open()
    assert desk.state("p-1") == "published"
    with desk.database.read() as connection:
        [strike] = connection.execute(sa.select(enforcement.strikes)).all()
    assert (strike.revision, strike.withdrawn) == (1, None)


def test_whoever_notes_something_is_told_their_own_note(desk, monkeypatch):
    held(desk, "p-1")
    [case] = desk.open()
    write_noted = case_steps.write_noted

    def somebody_else_writes_too(tx, context, step, *rest):
        id = write_noted(tx, context, step, *rest)
        case_steps.write(tx, [Step(case, "cam", "claimed", {})])
        return id

    monkeypatch.setattr(case_steps, "write_noted", somebody_else_writes_too)
    told = desk.cases.note(BEN, case, AddNote(note="She sells masks."))
    assert (told.actor, told.action, told.note) == ("ben", "noted", "She sells masks.")

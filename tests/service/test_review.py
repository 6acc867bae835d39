"""Reviewing case after case: counts of queues, the next case, what is like it, who reads it."""

import pytest
import sqlalchemy as sa

from portreeve.schemas.cases import CaseQuery
from portreeve.schemas.privacy import ErasureReason
from portreeve.schemas.readings import SubmitReading
from portreeve.schemas.review import NextCase
from portreeve.schemas.screening import Text
from portreeve.service.happenings import Happenings
from portreeve.service.likeness import Likeness
from portreeve.service.privacy import Privacy
from portreeve.service.readers import Readers
from portreeve.service.review import Review
from portreeve.store.tables.people import people
from portreeve.store.vault import Content
from service.desk import ANN, BEN, CAM, DEE, Desk, race
from service.factories import SELLING, Shipped, account, decision, events, named
from service.support import make_context

MASK = "面膜89元一盒 加微信 abc12345 下单"
COPY = "面膜 88 元一盒，加微信 abc12345 下单！"
SOFA = "出一张旧沙发 自提 三百块 有意的朋友在下面留言就好"
CAKE = "自家烤的蛋糕 周末可以来取 一个六十 想要的私信我"


@pytest.fixture
def desk(context):
    return Desk(context)


@pytest.fixture
def review(desk):
    return Review(desk.context, Shipped(), desk.cases)


def held(desk, item, text=MASK, **facts):
    return decision(
        desk.database, item, "hold", context=desk.context, content=Content(text=text), **facts
    )


def black(desk, item, text="冰毒现货 当面交易", **facts):
    facts = {"goods_category": "narcotics", "goods_tier": "black"} | facts
    return decision(
        desk.database, item, "refuse", context=desk.context, content=Content(text=text), **facts
    )


def given(review, actor, **request):
    found = review.next(actor, NextCase(**request)).case
    return None if found is None else found.contents[0].item


def test_every_queue_is_counted(desk, review, clock):
    held(desk, "p-1")
    desk.open()
    clock.advance(hours=49)
    held(desk, "p-2", SOFA)
    black(desk, "p-3")
    cases = desk.open()
    desk.cases.claim(BEN, desk.cases.list(ANN, CaseQuery(queue="default")).items[0].id)
    assert len(cases) == 3
    found = {one.queue: one for one in review.queues(BEN)}
    assert list(found) == ["black-goods", "medical", "reports", "default", "senior"]
    shown = ("open", "free", "mine", "overdue")
    assert {name: tuple(getattr(one, field) for field in shown) for name, one in found.items()} == {
        "black-goods": (1, 1, 0, 0),
        "medical": (0, 0, 0, 0),
        "reports": (0, 0, 0, 0),
        "default": (2, 1, 1, 1),
        "senior": (0, 0, 0, 0),
    }
    assert found["default"].oldest.isoformat() == "2014-06-01T00:00:00+00:00"
    assert found["default"].due.isoformat() == "2014-06-03T00:00:00+00:00"
    assert found["medical"].oldest is None
    clock.advance(minutes=15)
    assert {one.queue: one.free for one in review.queues(BEN)}["default"] == 2
    assert sum(one.open for one in review.queues(BEN, "stranger")) == 0


def test_the_list_says_what_is_suspected_and_nothing_that_was_written(desk, review):
    held(desk, "p-1", goods_category="facial_masks", goods_tier="grey")
    desk.open()
    [case] = review.waiting(BEN, CaseQuery()).items
    assert (case.surface, case.goods_category, case.goods_tier, case.machine) == (
        "moments",
        "facial_masks",
        "grey",
        "hold",
    )
    because = named("acquaintance").rule(SELLING).because
    [suspected] = case.suspected
    assert (suspected.rule, suspected.clause) == (SELLING, "3.1")
    assert suspected.because == Text(en=because.en, zh=because.zh)
    assert "abc12345" not in str(case)


def test_next_is_the_most_urgent_that_nobody_holds(desk, review):
    held(desk, "p-1", goods_tier="grey-strict")
    held(desk, "p-2", SOFA, goods_tier="grey")
    held(desk, "p-3", CAKE)
    desk.open()
    assert [given(review, actor) for actor in (BEN, CAM, DEE, ANN)] == ["p-1", "p-2", "p-3", None]
    assert desk.audit("case.claimed")[0][0] == "ben"


def test_next_keeps_to_queue_and_network(desk, review):
    held(desk, "p-1", goods_tier="grey-strict")
    held(desk, "p-2", SOFA, network="stranger", rules=())
    held(desk, "p-3", CAKE, goods_category="hospitals")
    desk.open()
    assert given(review, BEN, network="stranger") == "p-2"
    assert given(review, BEN, queue="medical") == "p-3"
    assert given(review, BEN, queue="medical") is None
    assert given(review, BEN, queue="default") == "p-1"


def test_two_who_ask_at_once_get_two_cases(desk, review):
    for at in range(6):
        held(desk, f"p-{at}", "加我吧")
    desk.open()
    actors = (BEN, CAM, DEE) * 2
    got = race(*(lambda actor=actor: given(review, actor) for actor in actors))
    assert sorted(got) == ["p-0", "p-1", "p-2", "p-3", "p-4", "p-5"]


def test_what_one_gave_back_is_not_given_again_that_day(desk, review, clock):
    held(desk, "p-1")
    [case] = desk.open()
    assert given(review, BEN) == "p-1"
    desk.cases.release(BEN, case)
    none = review.next(BEN, NextCase())
    assert (none.case, none.skipped, none.rest) == (None, 1, False)
    assert given(review, CAM) == "p-1"
    desk.cases.release(CAM, case)
    clock.advance(hours=8, seconds=1)
    assert given(review, BEN) == "p-1"


def test_a_senior_case_goes_to_somebody_who_has_not_judged_it(database, tmp_path):
    desk = Desk(make_context(database, tmp_path, second_reading_rate=1.0))
    review = Review(desk.context, Shipped(), desk.cases)
    held(desk, "p-1")
    [case] = desk.open()
    desk.decide(BEN, case, "refuse", SELLING)
    reading = desk.readings.next(CAM)
    desk.readings.submit(
        CAM, SubmitReading(reading=reading.id, verdict="allow", reason="A friend's tip.")
    )
    assert [given(review, actor) for actor in (BEN, CAM, DEE)] == [None, None, "p-1"]


def test_black_goods_in_a_row_are_limited(desk, review, clock):
    for at in range(3):
        black(desk, f"p-{at}", "加我吧")
    held(desk, "p-mask")
    desk.open()
    for at in range(2):
        case = review.next(BEN, NextCase(black_in_a_row=2)).case
        assert case.queue == "black-goods"
        desk.decide(BEN, case.id, "refuse", SELLING)
        clock.advance(minutes=1)
        assert review.pace(BEN).black_in_a_row == at + 1
    assert given(review, BEN, black_in_a_row=2) == "p-mask"
    none = review.next(BEN, NextCase(black_in_a_row=2))
    assert (none.case, none.rest) == (None, True)
    asked = review.next(BEN, NextCase(queue="black-goods", black_in_a_row=2))
    assert (asked.case, asked.rest) == (None, True)
    # ten minutes without a decision are a break
    clock.advance(minutes=10, seconds=1)
    assert review.pace(BEN).black_in_a_row == 0
    assert review.next(BEN, NextCase(black_in_a_row=2)).case.queue == "black-goods"


def test_pace_and_own_decisions(desk, review, clock):
    began = []
    for at, pause in enumerate((11, 9, 0)):
        held(desk, f"p-{at}", "加我吧")
        [case] = desk.open()
        desk.decide(BEN, case, "allow")
        began.append((case, clock.time))
        clock.advance(minutes=pause)
    pace = review.pace(BEN)
    assert (pace.since, pace.decided, pace.black_in_a_row) == (began[1][1], 2, 0)
    own = review.own(BEN)
    assert [(one.case, one.decided, one.verdict) for one in own] == [
        (case, time, "allow") for case, time in reversed(began)
    ]
    assert review.own(CAM) == []
    assert review.pace(CAM).since is None


def test_near_copies_are_found_among_decided_and_held_cases(desk):
    likeness = Likeness(desk.context)
    held(desk, "p-1", MASK, account="one")
    [first] = desk.open()
    desk.decide(BEN, first, "refuse", SELLING)
    held(desk, "p-2", COPY, account="two")
    [second] = desk.open()
    desk.cases.claim(BEN, second)
    held(desk, "p-3", MASK, account="one")
    held(desk, "p-sofa", SOFA, account="one")
    others = [case for case in desk.open() if case != second]
    third = next(c for c in others if desk.cases.get(ANN, c).contents[0].item == "p-3")
    sofa = next(c for c in others if c != third)
    found = likeness.similar(ANN, third).items
    assert [(one.id, one.state, one.verdict, one.same_account) for one in found] == [
        (first, "decided", "refuse", True),
        (second, "open", None, False),
        (sofa, "open", None, True),
    ]
    assert found[0].likeness == 1.0
    assert 0.55 < found[1].likeness < 1.0
    assert found[2].likeness is None


def test_prints_of_a_person_who_is_erased_are_gone(desk):
    account(desk.database, "one")
    held(desk, "p-1", MASK, account="one")
    [first] = desk.open()
    desk.decide(BEN, first, "refuse", SELLING)
    Privacy(desk.context).erase(ANN, "one", ErasureReason.person)
    held(desk, "p-2", COPY, account="two")
    [second] = desk.open()
    assert Likeness(desk.context).similar(ANN, second).items == []


def test_the_last_decisions_on_an_account(desk, clock):
    held(desk, "p-1", account="one")
    clock.advance(hours=1)
    held(desk, "p-2", SOFA, account="one")
    case = desk.open()[0]
    recent = Likeness(desk.context).recent(ANN, case)
    assert [(one.item, one.verdict, one.by) for one in recent] == [
        ("p-2", "hold", "screen"),
        ("p-1", "hold", "screen"),
    ]


def test_who_reads_a_case_is_known_for_a_minute(desk, clock):
    held(desk, "p-1")
    [case] = desk.open()
    readers = Readers(desk.context)
    readers.enter(CAM, case)
    readers.enter(BEN, case)
    assert readers.of(ANN, [case, "cas_other"]) == {case: ["ben", "cam"]}
    readers.leave(CAM, case)
    assert readers.of(ANN, [case]) == {case: ["ben"]}
    clock.advance(seconds=60)
    assert readers.of(ANN, [case]) == {}


def test_claims_are_announced_without_names_and_once(desk):
    held(desk, "p-1")
    [case] = desk.open()
    happenings = Happenings(desk.context)
    seen = happenings.last()
    desk.cases.claim(BEN, case)
    desk.cases.claim(BEN, case)
    desk.cases.release(BEN, case)
    facts = {"queue": "default", "network": "acquaintance"}
    assert events(desk.database, "case.claimed", "case.released") == [
        ("case.claimed", case, facts),
        ("case.released", case, facts),
    ]
    found, seen = happenings.after(seen, {"case.released"})
    assert [(one.type, one.subject, one.data) for one in found] == [("case.released", case, facts)]
    assert happenings.after(seen, {"case.released"}) == ([], seen)


def test_colleagues_are_those_who_may_work_on_cases(desk, review):
    row = {
        "shown": "-", "recovery": [], "roles_from": "portreeve", "preferences": {},
        "created_by": "ann",
    }  # fmt: skip
    with desk.database.write() as tx:
        for name, role in (("ben", "reviewer"), ("ana", "analyst"), ("sun", "senior")):
            tx.execute(sa.insert(people), row | {"name": name, "roles": [role], "created": tx.time})
    assert review.colleagues(BEN) == ["sun"]
    assert review.colleagues(ANN) == ["ben", "sun"]

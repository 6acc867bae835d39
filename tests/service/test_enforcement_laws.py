"""The laws of strikes, ladders and windows, without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portreeve.enforcement.consequences import Decided, costs, counting, in_force, shown, told
from portreeve.enforcement.ladder import Key, Strike, count_at, replay, step_at
from portreeve.enforcement.reach import reach
from portreeve.enforcement.windows import Window, difference, union
from portreeve.policy import load
from portreeve.policy.parts import Ladder, Step

DAY = timedelta(days=1)
JUNE = datetime(2014, 6, 1, tzinfo=UTC)
PROMOTION = load("acquaintance").ladders["promotion"]
LADDERS = {("p@1", "promotion"): PROMOTION}
END = JUNE + 3000 * DAY


def strike(number, day=None, *, count=1, item=None, expires=180, shown=None):
    given = JUNE + (number if day is None else day) * DAY
    return Strike(
        f"s{number}", item or f"post-{number}", "promotion", "p@1", count, given,
        None if expires is None else given + expires * DAY, number, shown,
    )  # fmt: skip


def brought(strikes, now=END, **more):
    return [
        (one.kind, (one.begins - JUNE).days, one.ends and (one.ends - JUNE).days)
        for one in replay(strikes, LADDERS, now, **more)
    ]


def test_the_shipped_ladder_strike_by_strike():
    assert brought(strike(number, number * 10) for number in range(7)) == [
        ("warn", 0, None),
        ("mute", 10, 17),
        ("mute", 20, 27),
        ("suspend", 30, 60),
        ("suspend", 40, 70),
        ("ban", 50, None),
    ]


def test_a_heavy_strike_brings_the_highest_step_it_reaches_alone():
    assert brought([strike(0, count=4)]) == [("suspend", 0, 30)]


def test_a_strike_forgotten_at_the_moment_of_the_next_counts_no_more():
    assert brought([strike(0), strike(1, 180)]) == [("warn", 0, None), ("warn", 180, None)]
    assert brought([strike(0), strike(1, 179)]) == [("warn", 0, None), ("mute", 179, 186)]


def test_what_was_earned_runs_its_time_when_strikes_expire_meanwhile():
    six = [strike(number, number, expires=10) for number in range(6)]
    assert brought(six)[-1] == ("ban", 5, None)
    [ban] = [one for one in replay(six, LADDERS, END) if one.kind == "ban"]
    assert (ban.runs_at(JUNE + 4 * DAY), ban.runs_at(END)) == (False, True)


def test_an_item_strikes_once_by_its_heaviest_strike():
    again = [strike(0), strike(1, item="post-0"), strike(2, item="post-0", count=2)]
    assert brought(again) == [("warn", 0, None), ("mute", 2, 9)]
    assert count_at(again, JUNE + 2 * DAY) == 2


def test_what_is_lifted_by_hand_may_come_again():
    seven = [strike(number, number) for number in range(7)]
    assert [one for one in brought(seven) if one[0] == "ban"] == [("ban", 5, None)]
    lifted = {Key("s5", 6, "ban"): JUNE + 5.5 * DAY}
    assert [one for one in brought(seven, lifted=lifted) if one[0] == "ban"] == [
        ("ban", 5, None), ("ban", 6, None),
    ]  # fmt: skip


def test_a_disgorge_takes_what_all_counting_items_won():
    steps = (Step(2, ("disgorge",), None),)
    ladders = {("p@1", "promotion"): Ladder("promotion", None, steps)}
    windows = [Window(JUNE, JUNE + 3 * DAY), Window(JUNE + 2 * DAY, JUNE + 5 * DAY)]
    three = [
        strike(0, 3, shown=windows[0]),
        strike(1, 5, shown=windows[1]),
        strike(2, 9, shown=Window(JUNE + 8 * DAY, JUNE + 9 * DAY)),
    ]
    taken = [one.windows for one in replay(three, ladders, END)]
    both = Window(JUNE, JUNE + 5 * DAY)
    assert taken == [(both,), (both, Window(JUNE + 8 * DAY, JUNE + 9 * DAY))]
    [less] = [one.windows for one in replay(three[1:], ladders, END)]
    assert less == (windows[1], Window(JUNE + 8 * DAY, JUNE + 9 * DAY))


strikes = st.lists(
    st.builds(
        strike,
        st.integers(0, 10**6),
        st.integers(0, 400),
        count=st.integers(1, 3),
        item=st.sampled_from(["a", "b", "c", None]),
        expires=st.sampled_from([None, 10, 180]),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)


@given(strikes, st.randoms())
def test_the_order_in_which_strikes_are_told_is_nothing(some, random):
    shuffled = list(some)
    random.shuffle(shuffled)
    assert replay(shuffled, LADDERS, END) == replay(some, LADDERS, END)


@given(strikes, st.integers(0, 400))
def test_what_was_brought_until_a_time_does_not_depend_on_what_comes_later(some, day):
    now = JUNE + day * DAY
    assert replay(some, LADDERS, now) == [
        one for one in replay(some, LADDERS, END) if one.begins <= now
    ]


@given(strikes, st.data())
def test_one_strike_more_never_lowers_the_step_at_any_time(some, data):
    if not some:
        return
    fewer = [one for one in some if one is not data.draw(st.sampled_from(some))]
    for time in {one.given for one in some}:
        low = step_at(PROMOTION, count_at(fewer, time))
        high = step_at(PROMOTION, count_at(some, time))
        assert (low.at if low else 0) <= (high.at if high else 0)


@given(strikes)
def test_every_sanction_has_a_strike_and_stands_on_the_step_of_its_count(some):
    for one in replay(some, LADDERS, END):
        [cause] = [s for s in some if s.id == one.key.strike]
        earlier = [s for s in some if (s.given, s.seq, s.id) <= (cause.given, cause.seq, cause.id)]
        step = step_at(PROMOTION, count_at(earlier, cause.given))
        assert (one.begins, one.key.step) == (cause.given, step.at)
        assert one.kind in step.sanctions


moments = st.integers(0, 30)
windows = st.lists(st.builds(Window, moments, moments), max_size=5)


def inside(some):
    return {moment for begins, ends in some for moment in range(begins, ends)}


@given(windows, windows)
def test_windows_are_sets_of_moments(some, others):
    assert inside(union(some)) == inside(some)
    assert inside(difference(some, others)) == inside(some) - inside(others)
    for found in (union(some), difference(some, others)):
        assert list(found) == sorted(found)
        assert all(begins < ends for begins, ends in found)


def decided(seq, verdict="refuse", *, revision=1, stage="before", undone=False,
            grade="attested_public"):  # fmt: skip
    return Decided(
        seq, f"d{seq}", revision, JUNE + seq * DAY, stage, verdict, grade, undone
    )  # fmt: skip


def test_in_force_is_the_latest_that_stands_on_the_current_revision():
    all_ = [
        decided(1), decided(2, "allow", stage="person"), decided(3, revision=2),
        decided(4, undone=True), decided(5, "remove", grade="reporters_claim"),
    ]  # fmt: skip
    assert in_force(all_, 1).id == "d2"
    assert in_force(all_, 2).id == "d3"
    assert in_force(all_, 3) is None


def test_a_persons_decision_takes_the_strikes_of_those_before_it_on_the_same_revision():
    person = decided(3, "allow", stage="person")
    all_ = [decided(1), decided(2, revision=2), person, decided(4, stage="retroactive")]
    assert counting(all_) == {"d2", "d3", "d4"}
    assert counting([replace(one, undone=one is person) for one in all_]) == {"d1", "d2", "d4"}


def test_a_persons_belief_makes_a_claim_count():
    claim = decided(1, grade="reporters_claim")
    assert counting([claim]) == set()
    assert counting([claim, decided(2, stage="person", grade="reporters_claim")]) == {"d2"}


RULES = {rule.id: rule for rule in load("acquaintance").rules}
SELLING = RULES["moments.no-product-promotion"]


def test_a_decision_costs_its_heaviest_rule_on_each_ladder():
    heavy = replace(SELLING, id="heavy", strike=3)
    held = replace(SELLING, id="held", strike=9, verdict=RULES["links.payment-in-the-feed"].verdict)
    rules = [SELLING, heavy, held, RULES["links.hidden-target"]]
    assert [(c.ladder, c.count, c.rule.id) for c in costs("refuse", rules, by_person=False)] == [
        ("promotion", 3, "heavy")
    ]
    assert [c.rule.id for c in costs("refuse", rules, by_person=True)] == ["held"]
    assert costs("hold", rules, by_person=False) == costs("allow", rules, by_person=True) == []


def test_what_was_removed_had_been_shown_since_its_revision_came():
    allowed, removed = decided(1, "allow"), decided(3, "remove", stage="retroactive")
    assert shown([allowed, removed], "d3", JUNE) == (JUNE, JUNE + 3 * DAY)
    edit, again = decided(4, "allow", revision=2), decided(6, "remove", revision=2)
    assert shown([allowed, removed, edit, again], "d6", JUNE) == (JUNE + 4 * DAY, JUNE + 6 * DAY)
    assert shown([removed], "d3", JUNE + 3 * DAY) is None
    assert shown([decided(3, "refuse")], "d3", JUNE) is None


@pytest.mark.parametrize("verdict", ["hold", "refuse", "remove"])
def test_what_was_down_already_was_not_shown(verdict):
    first, removed = decided(1, verdict), decided(3, "remove", stage="person")
    assert shown([first, removed], "d3", JUNE) is None
    assert shown([replace(first, undone=True), removed], "d3", JUNE) == (JUNE, JUNE + 3 * DAY)


def test_who_is_told():
    assert [told(v, "before", strikes=False) for v in ("label", "limit", "hold", "refuse")] == [
        False, True, True, True,
    ]  # fmt: skip
    assert told("label", "before", strikes=True)
    assert told("allow", "person", strikes=False)


def test_reach_is_the_smallest_share_that_applies():
    few, fewer = RULES["elsewhere.coupons-reach-fewer"], RULES["links.hidden-target-of-selling"]
    assert reach([SELLING]) is None
    assert reach([few, fewer, SELLING]) == 0.1
    assert reach([few]) == 0.2
    assert reach([few], account_limited=True) == 0.1

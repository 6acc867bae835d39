"""Trajectories: the same whatever the batches, and an alarm before the black goods."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portreeve.memory.traces import RECRUITS, SELLS, TRACE, Traces
from portreeve.memory.trajectories import Trajectories, TrajectorySettings

DAY = 86_400 * 1_000_000
WHITE, GREY, STRICT, BLACK = 1, 2, 3, 4
SMALL = TrajectorySettings(
    periods=4, sellers=16, least_before=2, least_since=2, evidence=1.0, items=64
)

posts = st.lists(
    st.tuples(
        st.integers(1, 40), st.integers(0, 3), st.integers(0, 40), st.integers(0, 4),
        st.sampled_from([SELLS, SELLS, SELLS | RECRUITS, 0]),
    ),
    max_size=60,
)  # fmt: skip


def traces(rows):
    """Rows of item, account, day, tier and flags; an item is always the same."""
    made = np.zeros(len(rows), dtype=TRACE)
    first = {}
    for at, (item, *rest) in enumerate(rows):
        account, day, tier, flags = first.setdefault(item, rest)
        made[at]["item"], made[at]["account"], made[at]["time"] = item, account, day * DAY
        made[at]["tier"], made[at]["flags"] = tier, flags
    return Traces(made, np.zeros(0))


def part(whole, start, end):
    return Traces(whole.rows[start:end], np.zeros(0))


def seller(*tiers, account=7, a_day=1.0, first=1):
    made = np.zeros(len(tiers), dtype=TRACE)
    made["item"] = np.arange(first, first + len(tiers))
    made["account"], made["flags"], made["tier"] = account, SELLS, tiers
    made["time"] = (np.arange(len(tiers)) / a_day * DAY).astype(np.int64)
    return Traces(made, np.zeros(0))


def same(one, other):
    assert all(np.array_equal(one.arrays()[name], other.arrays()[name]) for name in one.arrays())


@settings(max_examples=60, deadline=None)
@given(posts, st.integers(0, 60))
def test_batches_snapshots_and_one_batch_are_the_same(rows, cut):
    whole = traces(rows)
    at_once, cut_up = Trajectories(SMALL), Trajectories(SMALL)
    facts = at_once.see(whole)
    first = cut_up.see(part(whole, 0, cut))
    kept = {name: array.copy() for name, array in cut_up.arrays().items()}
    later = Trajectories.of(kept, SMALL)
    second = later.see(part(whole, cut, len(rows)))
    assert np.array_equal(np.concatenate([first, second]), facts)
    same(at_once, later)


@settings(max_examples=60, deadline=None)
@given(posts, st.randoms(use_true_random=False))
def test_counts_do_not_depend_on_the_order_nor_on_repetition(rows, random):
    shuffled = rows + rows[: len(rows) // 2]
    random.shuffle(shuffled)
    named = traces(rows).rows
    by_item = {int(row["item"]): row for row in named}
    again = np.array([by_item[item] for item, *_ in shuffled], dtype=TRACE)
    one, other = Trajectories(SMALL), Trajectories(SMALL)
    one.see(Traces(named, np.zeros(0)))
    other.see(Traces(again, np.zeros(0)))
    for account in np.unique(named["account"]):
        for ours, theirs in zip(one.history(account), other.history(account), strict=True):
            assert np.array_equal(ours, theirs)


@settings(max_examples=40, deadline=None)
@given(posts)
def test_what_is_forgotten_was_never_there(rows):
    whole = traces(rows)
    forgetful, without = Trajectories(SMALL), Trajectories(SMALL)
    forgetful.see(whole)
    forgetful.forget(np.array([2, 99], dtype=np.uint64))
    rest = Traces(whole.rows[whole.rows["account"] != 2], np.zeros(0))
    without.see(rest)
    for account in (1, 3):
        for ours, theirs in zip(
            forgetful.history(np.uint64(account)), without.history(np.uint64(account)), strict=True
        ):
            assert np.array_equal(ours, theirs)
    assert len(forgetful.history(np.uint64(2))[0]) == 0


def test_the_alarm_comes_before_the_black_goods_and_once():
    slide = [GREY] * 20 + [STRICT] * 10 + [BLACK] * 10
    facts = Trajectories().see(seller(*slide))
    assert np.flatnonzero(facts["raised"]).tolist() == [23]
    assert not facts["slid"][:23].any()
    assert facts["slid"][23:].all()
    last = facts[-1]
    assert (last["since"] // DAY, last["alarmed"] // DAY, last["black"] // DAY) == (21, 23, 30)
    assert facts["black"][:30].tolist() == [0] * 30


@pytest.mark.parametrize(
    "tiers",
    [
        [GREY] * 60, [STRICT] * 60, [BLACK] * 60, [WHITE] * 30 + [GREY] * 30,
        [GREY, GREY, STRICT] * 20, [GREY] + [STRICT] * 40, [STRICT] * 20 + [GREY] * 40,
    ],
)  # fmt: skip
def test_the_steady_are_quiet(tiers):
    facts = Trajectories().see(seller(*tiers))
    assert not facts["slid"].any()
    assert facts["posts"].tolist() == list(range(1, len(tiers) + 1))


def test_one_evening_is_no_slide():
    known = Trajectories()
    known.see(seller(*[GREY] * 30))
    evening = seller(*[STRICT] * 8, a_day=1000, first=100)
    evening.rows["time"] += 30 * DAY
    assert not known.see(evening)["slid"].any()


def test_another_tier_can_be_watched():
    watched = TrajectorySettings(tier="grey")
    facts = Trajectories(watched).see(seller(*[WHITE] * 20 + [GREY] * 10))
    assert facts["slid"][-1]


def test_an_alarm_lapses():
    known = Trajectories(TrajectorySettings(stands=10 * 86_400))
    known.see(seller(*[GREY] * 20 + [STRICT] * 6))
    later = seller(GREY, first=100)
    later.rows["time"] = 40 * DAY
    fact = known.see(later)[0]
    assert (fact["slid"], fact["alarmed"] // DAY) == (False, 23)


def test_who_sells_nothing_is_not_remembered():
    rows = seller(GREY, GREY)
    rows.rows["flags"] = 0
    known = Trajectories()
    assert known.see(rows)["posts"].tolist() == [0, 0]
    assert not known.arrays()["accounts"].any()


def test_a_flood_of_sellers_is_bounded_and_counted():
    known = Trajectories(TrajectorySettings(sellers=16))
    many = seller(*[GREY] * 100)
    many.rows["account"] = np.arange(1, 101)
    known.see(many)
    assert (known.evicted, np.count_nonzero(known.arrays()["accounts"])) == (84, 16)
    # those who sold last are there
    assert sorted(known.arrays()["accounts"].tolist()) == list(range(85, 101))


def test_a_snapshot_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"accounts has shape \(16,\), the settings ask for \(32,"):
        Trajectories.of(Trajectories(SMALL).arrays(), TrajectorySettings(sellers=32, periods=4))

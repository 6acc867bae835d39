"""The pure parts of policies in force: timeline, roll-out, hit rates."""

import math
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portreeve.enforcement.hit_rate import Thresholds, dispersion, jump, upper_tail
from portreeve.enforcement.rollout import bucket, takes_in
from portreeve.enforcement.timeline import (
    Change,
    Standing,
    standing_at,
    standings,
    withdrawals,
)

START = datetime(2014, 6, 1, tzinfo=UTC)

# --- timeline -----------------------------------------------------------------------------------

kinds = st.sampled_from(["activation", "rollback", "rollout", "shadow"])
made = st.tuples(kinds, st.integers(0, 20), st.sampled_from("abc"), st.integers(0, 10_000))


def changes_of(rows):
    return [
        Change(seq, f"chg_{seq}", kind, START + timedelta(seconds=at), f"p@{version}", share)
        for seq, (kind, at, version, share) in enumerate(rows)
    ]


@given(st.lists(made), st.randoms())
def test_standings_do_not_depend_on_the_order_in_which_changes_are_read(rows, random):
    changes = changes_of(rows)
    shuffled = random.sample(changes, len(changes))
    assert standings(shuffled) == standings(changes)


@given(st.lists(made))
def test_there_is_one_standing_for_each_moment(rows):
    moments = [standing.since for standing in standings(changes_of(rows))]
    assert moments == sorted(set(moments))


@given(st.lists(made), st.integers(0, 21))
def test_the_version_in_force_is_the_last_that_was_put_in_force(rows, at):
    changes = changes_of(rows)
    time = START + timedelta(seconds=at)
    forcing = [c for c in changes if c.kind in ("activation", "rollback") and c.effective <= time]
    last = max(forcing, key=lambda c: (c.effective, c.seq), default=None)
    found = standing_at(standings(changes), time)
    assert (found and found.policy) == (last and last.policy)


@given(st.lists(made, max_size=8), made)
def test_what_comes_later_changes_nothing_earlier(rows, later):
    changes = changes_of(rows)
    kind, _, version, share = later
    change = Change(99, "chg_99", kind, START + timedelta(seconds=30), f"p@{version}", share)
    before = [s for s in standings([*changes, change]) if s.since < change.effective]
    assert before == standings(changes)


def test_a_version_put_in_force_ends_roll_out_and_its_own_shadow():
    changes = changes_of(
        [("activation", 0, "a", 0), ("rollout", 1, "b", 500), ("shadow", 2, "c", 0),
         ("activation", 3, "c", 0)]
    )  # fmt: skip
    assert standings(changes)[2:] == [
        Standing(START + timedelta(seconds=2), "p@a", "chg_0", "p@b", 500, "p@c"),
        Standing(START + timedelta(seconds=3), "p@c", "chg_3"),
    ]


def test_only_what_has_not_come_yet_can_be_withdrawn():
    changes = changes_of([("activation", 0, "a", 0), ("activation", 10, "b", 0)])
    early = Change(8, "chg_8", "withdrawal", START + timedelta(seconds=5), withdraws="chg_1")
    late = Change(9, "chg_9", "withdrawal", START + timedelta(seconds=5), withdraws="chg_0")
    assert withdrawals([*changes, early, late]) == {"chg_1"}
    assert [s.policy for s in standings([*changes, early, late])] == ["p@a"]


# --- roll-out -----------------------------------------------------------------------------------


@given(st.text(), st.integers(0, 10_000), st.integers(0, 10_000))
def test_whoever_is_in_a_roll_out_stays_in_when_it_grows(account, one, another):
    less, more = sorted((one, another))
    assert takes_in(account, "p@1", less) <= takes_in(account, "p@1", more)


@given(st.text())
def test_nobody_at_nothing_and_everybody_at_the_whole(account):
    assert not takes_in(account, "p@1", 0)
    assert takes_in(account, "p@1", 10_000)


def test_buckets_are_even_and_differ_between_versions():
    one, two = (
        np.array([bucket(f"account-{n}", policy) for n in range(20_000)])
        for policy in ("p@1", "p@2")
    )
    counts = np.bincount(one // 1000, minlength=10)
    assert ((counts - 2000) ** 2 / 2000).sum() < 27.9, "chi-squared, 9 degrees, 0.1 %"
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.03


# --- hit rates ------------------------------------------------------------------------------------


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 99))
def test_the_tail_is_exact(k, n, percent):
    p = Fraction(percent, 100)
    exact = sum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))
    assert upper_tail(k, n, percent / 100) == pytest.approx(float(exact), rel=1e-9)


def alarms(counts, totals, thresholds):
    """The share of rows of counts for which the last bucket is called a jump."""
    return float(np.mean([jump(row, totals, 1, thresholds) is not None for row in counts]))


STEADY = Thresholds(hits=1, ratio=1.0, chance=0.01)
"""Chance alone: neither a least number of hits nor a ratio."""

TRIALS, BUCKETS = 1500, 145


@pytest.mark.parametrize("mean", [2, 20, 200])
def test_steady_traffic_raises_no_more_alarms_than_chance_says(mean):
    random = np.random.default_rng(1)
    counts = random.poisson(mean, (TRIALS, BUCKETS))
    assert alarms(counts, [10_000] * BUCKETS, STEADY) < 0.015


@pytest.mark.parametrize("mean", [2, 20, 200])
def test_clumped_traffic_raises_no_more_alarms_than_chance_says(mean):
    """Hits that come in clumps: the rate of each bucket is gamma with variance mean / 4."""
    random = np.random.default_rng(2)
    rates = mean * random.gamma(4, 1 / 4, (TRIALS, BUCKETS))
    assert alarms(random.poisson(rates), [10_000] * BUCKETS, STEADY) < 0.02


def test_a_plain_poisson_test_would_call_every_third_clump_a_jump():
    random = np.random.default_rng(2)
    counts = random.poisson(200 * random.gamma(4, 1 / 4, (TRIALS, BUCKETS)))
    before = counts[:, :-1].sum(axis=1)
    plain = [
        upper_tail(int(k), int(k + n), 1 / BUCKETS) <= 0.01
        for k, n in zip(counts[:, -1], before, strict=True)
    ]
    assert np.mean(plain) > 0.3


def test_a_day_that_rises_and_falls_raises_no_alarm():
    """Five-minute buckets of three days; traffic and rate both swing by half."""
    random = np.random.default_rng(3)
    swing = 1 + 0.5 * np.sin(np.arange(864) / 288 * 2 * np.pi)
    totals = random.poisson(20_000 * swing)
    counts = random.binomial(totals, 0.005 * swing)
    found = [
        end
        for end in range(300, 864)
        if jump(counts[end - 289 : end], totals[end - 289 : end], 1, Thresholds())
    ]
    assert found == []


@pytest.mark.parametrize("times", [4, 8])
def test_a_jump_is_found(times):
    random = np.random.default_rng(4)
    counts = random.poisson(30, (200, 289))
    counts[:, -1] = random.poisson(30 * times, 200)
    assert alarms(counts, [10_000] * 289, Thresholds()) > 0.98


def test_what_an_alarm_needs():
    steady, totals = [10] * 30, [1000] * 31
    assert jump([*steady, 40], totals, 1, Thresholds()) is not None
    assert jump([*steady, 40], totals, 1, Thresholds(hits=41)) is None
    assert jump([*steady, 40], totals, 1, Thresholds(ratio=4.1)) is None
    assert jump([*steady, 40], totals, 1, Thresholds(chance=1e-12)) is None
    assert jump([*steady[:11], 40], totals[:12], 1, Thresholds()) is None, "too little before"
    assert jump([*steady, 40], [*totals[:30], 0], 1, Thresholds()) is None, "nothing was asked"


def test_a_rule_that_never_held_before():
    found = jump([0] * 30 + [25], [1000] * 31, 1, Thresholds())
    assert found is not None
    assert (found.ratio, found.baseline_hits, found.dispersion) == (None, 0, 1.0)


def test_a_busier_hour_is_no_jump():
    assert jump([10] * 30 + [100], [1000] * 30 + [10_000], 1, Thresholds()) is None


def test_an_hour_finds_what_five_minutes_are_too_short_for():
    hits = [1] * 288 + [6] * 12
    assert jump(hits[-289:], [1000] * 289, 1, Thresholds()) is None
    found = jump(hits, [1000] * 300, 12, Thresholds())
    assert found is not None
    assert (found.hits, found.ratio) == (72, 6.0)


def test_dispersion():
    random = np.random.default_rng(5)
    totals = np.full(289, 10_000)
    assert dispersion(random.poisson(50, 289), totals) < 1.5
    clumps = random.poisson(50 * random.gamma(2, 1 / 2, 289))
    assert 15 < dispersion(clumps, totals) < 45

"""What cases are ordered, routed, grouped and compared by, without a database."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portreeve.enforcement.agreement import kappa, wilson
from portreeve.enforcement.copies import ALIKE, LEAST, alike, bands, print_of
from portreeve.enforcement.priority import DOUBLING, priority, rank, severity, weight
from portreeve.enforcement.queues import QUEUES, ROUTES, due, route
from portreeve.model import TIERS
from portreeve.schemas.cases import CaseQueue
from portreeve.signals.goods_table import goods_table
from portreeve.store import micros

NOW = datetime(2014, 7, 1, tzinfo=UTC)
SEED = b"secret"
MASK = "面膜89元一盒 加微信 abc12345 下单，三天美白，亲测有效，一盒包邮"

severities = st.sampled_from([1.0, 2.0, 4.0, 8.0, 16.0])
counts = st.integers(0, 10_000_000)
ages = st.integers(0, 60 * 24 * 3600).map(lambda seconds: timedelta(seconds=seconds))
made = st.tuples(severities, counts, counts, ages)
answers = st.sampled_from(["allow", "label", "remove"])
pairs = st.lists(st.tuples(answers, answers), min_size=1, max_size=60)


def now(case, later=timedelta()):
    kind, reach, reports, age = case
    return priority(kind, reach, reports, opened=NOW - age, now=NOW + later)


def place(case):
    kind, reach, reports, age = case
    return rank(micros(NOW - age), kind, reach, reports)


@given(made, made)
def test_priority_rises_with_each_of_its_parts(one, other):
    most = tuple(max(a, b) for a, b in zip(one, other, strict=True))
    assert now(most) >= max(now(one), now(other))
    for at in range(4):
        alone = (*one[:at], most[at], *one[at + 1 :])
        assert now(alone) >= now(one)
        assert place(alone) <= place(one)


@given(made, made, ages)
def test_the_stored_rank_orders_as_the_priority_does_at_every_later_time(one, other, later):
    a, b = now(one, later), now(other, later)
    assume(not math.isclose(a, b, rel_tol=1e-6))
    assert (a > b) == (place(one) < place(other))


@given(made, made)
def test_nothing_waits_for_ever(old, new):
    """A case is overtaken only by what was opened within the doublings between their weights."""
    doublings = math.log2(weight(*new[:3]) / weight(*old[:3]))
    ahead = old[3] - new[3]
    assume(abs(ahead / DOUBLING - doublings) > 1e-6)
    assert (place(new) < place(old)) == (ahead / DOUBLING < doublings)


@pytest.mark.parametrize("tier", [None, *TIERS])
def test_severity_is_the_largest_of_what_applies(tier):
    assert severity(tier=tier, lawful=False) >= severity(tier=tier)
    assert severity(tier=tier, franked=True) >= severity(tier=tier)
    assert severity(tier="black", lawful=False, franked=True) == 16.0


def test_every_route_leads_to_a_queue_of_the_table_and_names_known_goods():
    assert {r.queue for r in ROUTES} == {"black-goods", "medical", "reports", "default"}
    assert {c for r in ROUTES for c in r.categories} <= set(goods_table())
    assert set(CaseQueue.__args__) == set(QUEUES) - {"appeals"}
    assert due("black-goods", NOW) == NOW + timedelta(hours=4)


@pytest.mark.parametrize(
    ("tier", "category", "origin", "queue"),
    [
        ("black", "prescription_drugs", "report", "black-goods"),
        ("grey-strict", "medicines", "report", "medical"),
        ("grey", "facial_masks", "report", "reports"),
        (None, None, "franked", "reports"),
        ("grey", "facial_masks", "decision", "default"),
    ],
)
def test_routes(tier, category, origin, queue):
    assert route(tier, category, origin).name == queue


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_within_bounds(counted):
    right, trials = counted
    found = wilson(right, trials)
    assert 0 <= found.low <= found.value <= found.high <= 1
    mirrored = wilson(trials - right, trials)
    assert math.isclose(found.low, 1 - mirrored.high, abs_tol=1e-9)


def test_wilson_as_published():
    # Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20
    for counted, low, high in [((81, 263), 0.2553, 0.3662), ((15, 148), 0.0624, 0.1605),
                               ((0, 20), 0.0, 0.1611)]:  # fmt: skip
        found = wilson(*counted)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_kappa_as_published():
    # Fleiss, Statistical Methods for Rates and Proportions (1981), table 13.1: two psychologists,
    # 200 patients; kappa 0.43, standard error 0.054
    table = [[106, 10, 4], [22, 28, 10], [2, 12, 6]]
    found = kappa(
        [(str(i), str(j)) for i in range(3) for j in range(3) for _ in range(table[i][j])]
    )
    assert round(found.value, 3) == 0.429
    assert round((found.high - found.value) / 1.959964, 3) == 0.054


@given(pairs)
def test_kappa_is_bounded_symmetric_and_one_for_full_agreement(read):
    found = kappa(read)
    if found is None:
        assert len(set(read)) == 1
        return
    assert -1 <= found.low <= found.value + 1e-12
    assert found.value <= found.high + 1e-12 <= 1 + 2e-12
    swapped = kappa([(b, a) for a, b in read])
    assert math.isclose(found.value, swapped.value, abs_tol=1e-9)
    assert math.isclose(found.low, swapped.low, abs_tol=1e-9)
    if all(a == b for a, b in read):
        assert math.isclose(found.value, 1.0)


def test_kappa_without_readings_is_none():
    assert kappa([]) is None


@given(st.integers(0, len(MASK) - 1), st.sampled_from("，。！ 🌸✨哦呀"))
def test_small_changes_leave_a_copy_alike(at, inserted):
    changed = print_of(MASK[:at] + inserted + MASK[at:], SEED)
    whole = print_of(MASK, SEED)
    assert alike(whole, changed) >= ALIKE
    assert set(bands(whole)) & set(bands(changed))


def test_disguises_fold_away_before_texts_are_compared():
    plain = print_of(MASK, SEED)
    wide = print_of(MASK.replace("89", "８９").replace("abc", "ＡＢＣ"), SEED)
    assert np.array_equal(plain, wide)


def test_different_texts_are_not_alike_and_short_ones_have_no_print():
    other = print_of("今天带孩子去了动物园，看了熊猫和长颈鹿，回来路上下了一场雨", SEED)
    assert alike(print_of(MASK, SEED), other) < 0.1
    assert print_of("好" * (LEAST - 1), SEED) is None
    assert print_of("！" * 100, SEED) is None
    assert print_of("好" * LEAST, SEED) is not None


def test_prints_under_another_seed_tell_nothing():
    assert alike(print_of(MASK, SEED), print_of(MASK, b"another")) < 0.1
    assert all(0 <= band < 2**63 for band in bands(print_of(MASK, SEED)))


def test_what_was_forgotten_for_years_has_a_priority_still():
    forgotten = now((16.0, 10_000_000, 100, timedelta(days=3650)))
    assert math.isfinite(forgotten)
    assert forgotten > now((16.0, 10_000_000, 100, timedelta(days=200)))

"""Counters: what is counted, in which window, and the laws that hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portreeve.memory.counters import Batch, Counters, Seen
from portreeve.memory.traces import CONTACT_KEY, KEY, LINK_KEY, TRACE, Traces
from portreeve.policy import Counter, Words

HOUR = 3_600_000_000
DAY = 24 * HOUR
BEGIN = 16_000 * DAY
GROUP = np.uint64(9)


def counter(count: str, by: str, over: str = "1d", against: str | None = None) -> Counter:
    """A counter of every item."""
    spans = [None if s is None else timedelta(days=int(s[:-1])) for s in (over, against)]
    words = Words("counted", "计数")
    return Counter("it", words, count, by, spans[0], spans[1], None, "house", "", 1, None)  # type: ignore[arg-type]


def posts(*rows: tuple[Any, ...]) -> Traces:
    """Traces of rows (item, account, hours since the beginning, handles)."""
    traces = np.zeros(len(rows), dtype=TRACE)
    keys: list[tuple[int, int, int]] = []
    for at, (item, account, hours, *shown) in enumerate(rows):
        traces[at]["item"], traces[at]["account"] = item, account
        traces[at]["time"] = BEGIN + int(hours * HOUR)
        keys += [(key, at, CONTACT_KEY) for key in (shown[0] if shown else [])]
    return Traces(traces, np.array(keys, dtype=KEY))


def counted(declared: Counter, traces: Traces, held: list[bool] | None = None) -> list[float]:
    """What one counter tells of each item; -1 without a key."""
    return told(Counters([declared], keys=64), Seen(64), traces, held)


def told(
    counters: Counters, seen: Seen, traces: Traces, held: list[bool] | None = None
) -> list[float]:
    groups = np.where(traces.rows["account"] == 99, np.uint64(0), GROUP)
    batch = Batch(traces, groups, seen.fresh(traces))
    flags = np.array([held or [True] * len(traces)] * len(counters.identities), dtype=bool)
    (values,) = counters.see(batch, flags).values()
    return np.nan_to_num(values, nan=-1).tolist()


@pytest.mark.parametrize(
    ("declared", "rows", "expected"),
    [
        (counter("posts", "account"), [(1, 7, 0), (2, 7, 1), (3, 8, 2), (4, 0, 2)], [1, 2, 1, -1]),
        (counter("posts", "account"), [(1, 7, 0), (2, 7, 22.9), (3, 7, 25)], [1, 2, 2]),
        (counter("posts", "account"), [(1, 7, 5), (2, 7, 0), (3, 7, 6)], [1, 1, 3]),
        (counter("posts", "contact"), [(1, 7, 0, [5]), (2, 8, 1, [5, 6])], [1, 2]),
        (counter("posts", "contact"), [(1, 7, 0)], [-1]),
        (counter("posts", "copy"), [(1, 7, 0), (2, 8, 1), (3, 99, 2)], [1, 2, -1]),
        (counter("contacts", "account"), [(1, 7, 0, [5]), (2, 7, 1, [5, 6])], [1, 2]),
        (counter("accounts", "contact"), [(1, 7, 0, [5]), (2, 8, 1, [5]), (3, 7, 2, [5])],
         [1, 2, 2]),
        (counter("accounts", "copy"), [(1, 7, 0), (2, 8, 1), (3, 8, 2)], [1, 2, 2]),
        (counter("hours", "account", "90d"), [(1, 7, 0), (2, 7, 36), (3, 8, 36)], [0, 36, 0]),
        (counter("hours", "account", "90d"), [(1, 7, 36), (2, 7, 0), (3, 7, 48)], [0, 0, 48]),
        (counter("posts", "account", "1d", "7d"),
         [(1, 7, 0), (2, 7, 24), (3, 7, 48), (4, 7, 72), (5, 7, 72.1), (6, 7, 72.2)],
         [-1, 1, 1, 1, 2, 3]),
    ],
    ids=[
        "posts of an account", "a day is over after less than 24 hours", "an item that comes late",
        "of several handles, the largest", "no handle, nothing to count", "posts of near copies",
        "different handles", "accounts behind a handle", "accounts behind a text",
        "hours since it was first seen", "first seen by the item's own time",
        "three times as many as on days before",
    ],
)  # fmt: skip
def test_what_a_counter_tells(
    declared: Counter, rows: list[tuple[Any, ...]], expected: list[float]
) -> None:
    assert counted(declared, posts(*rows)) == expected


def test_an_item_for_which_the_condition_does_not_hold_is_told_and_not_counted() -> None:
    rows = posts((1, 7, 0), (2, 7, 1), (3, 7, 2))
    assert counted(counter("posts", "account"), rows, [True, False, True]) == [1, 1, 2]


def test_a_repeated_delivery_is_told_and_not_counted_again() -> None:
    assert counted(counter("posts", "account"), posts((1, 7, 0), (1, 7, 0), (2, 7, 1))) == [1, 1, 2]


def test_many_different_handles_are_estimated_from_a_sample() -> None:
    rng = np.random.default_rng(1)
    rows = posts(*((n + 1, 7, 0, [int(h)]) for n, h in enumerate(rng.integers(1, 2**60, 5_000))))
    values = counted(counter("contacts", "account"), rows)
    assert values[:64] == list(range(1, 65))
    assert 5_000 * 0.64 <= values[-1] <= 5_000 * 1.36


def test_what_comes_too_late_is_counted_apart() -> None:
    counters, seen = Counters([counter("posts", "account")], keys=64), Seen(64)
    assert told(counters, seen, posts((1, 7, 100), (2, 7, 99 - 31), (3, 7, 100))) == [1, 0, 2]
    assert counters.late == 1


def test_a_flood_of_accounts_stays_in_bounds_and_is_counted() -> None:
    counters, seen = Counters([counter("posts", "account")], keys=64), Seen(1_024)
    rng = np.random.default_rng(1)
    accounts = rng.integers(1, 2**63, 1_000, dtype=np.uint64)
    told(counters, seen, posts(*((n + 1, account, n / 100) for n, account in enumerate(accounts))))
    assert counters.evicted == 1_000 - 64
    assert sum(array.nbytes for array in counters.arrays().values()) < 20_000


def test_erasure_takes_an_account_and_leaves_the_others() -> None:
    declared = [counter("posts", "account"), counter("accounts", "contact")]
    counters, seen = Counters(declared, keys=64), Seen(64)
    rows = posts((1, 7, 0, [5]), (2, 8, 0, [5]))
    batch = Batch(rows, np.zeros(2, np.uint64), seen.fresh(rows))
    counters.see(batch, np.ones((2, 2), dtype=bool))
    counters.forget(np.array([7], dtype=np.uint64))
    assert not any((array == 7).any() for array in counters.arrays().values())
    rows = posts((3, 7, 1, [5]), (4, 8, 1, [5]))
    batch = Batch(rows, np.zeros(2, np.uint64), seen.fresh(rows))
    values = counters.see(batch, np.ones((2, 2), dtype=bool))
    assert [v.tolist() for v in values.values()] == [[1, 2], [2, 2]]


def test_a_counter_that_counts_the_same_goes_on_in_another_version() -> None:
    day, week = counter("posts", "account"), counter("posts", "account", "7d")
    counters, seen = Counters([day], keys=64), Seen(64)
    assert told(counters, seen, posts((1, 7, 0))) == [1]
    counters.declare([day, week])
    rows = posts((2, 7, 1))
    batch = Batch(rows, np.zeros(1, np.uint64), seen.fresh(rows))
    values = counters.see(batch, np.ones((2, 1), dtype=bool))
    assert values[day.identity].tolist() == [2]
    assert values[week.identity].tolist() == [1]


DECLARED = [
    counter("posts", "account"), counter("accounts", "contact"), counter("contacts", "account"),
    counter("hours", "account", "90d"), counter("posts", "account", "1d", "7d"),
]  # fmt: skip
EVENTS = st.lists(
    st.tuples(st.integers(1, 40), st.integers(0, 4), st.floats(0, 200),
              st.lists(st.integers(1, 5), max_size=2, unique=True)),
    max_size=40,
)  # fmt: skip


def seen_in(sizes: list[int], rows: list[tuple[Any, ...]], kept: bool = False) -> list[list[float]]:
    """What the counters tell of rows, cut into batches; ``kept``: with a snapshot between them."""
    counters, seen, found = Counters(DECLARED, keys=64), Seen(64), []
    at = 0
    for size in [*sizes, len(rows)]:
        part = posts(*rows[at : at + size])
        at += size
        if not len(part):
            continue
        batch = Batch(part, np.zeros(len(part), np.uint64), seen.fresh(part))
        values = counters.see(batch, np.ones((len(DECLARED), len(part)), dtype=bool))
        found += np.nan_to_num(np.array(list(values.values())).T, nan=-1).tolist()
        if kept:
            counters = Counters.of(counters.arrays(), DECLARED, keys=64)
            seen = Seen.of(seen.arrays())
    return found


@given(EVENTS, st.lists(st.integers(1, 9), max_size=5))
@settings(max_examples=60, deadline=None)
def test_batches_and_snapshots_change_nothing(
    rows: list[tuple[Any, ...]], sizes: list[int]
) -> None:
    whole = seen_in([], rows)
    assert seen_in(sizes, rows) == whole
    assert seen_in(sizes, rows, kept=True) == whole


@given(EVENTS.filter(lambda rows: all(row[2] < 30 for row in rows)), st.randoms())
@settings(max_examples=60, deadline=None)
def test_a_log_gives_the_same_counts_in_any_order(rows: list[tuple[Any, ...]], random: Any) -> None:
    rows = list({row[0]: row for row in rows}.values())
    last = [(100 + account, account, 31, [1, 2, 3, 4, 5]) for account in range(1, 5)]
    shuffled = random.sample(rows, len(rows))
    assert seen_in([], [*rows, *last])[len(rows) :] == seen_in([], [*shuffled, *last])[len(rows) :]


def test_links_and_codes_are_keys_too() -> None:
    traces = posts((1, 7, 0), (2, 8, 1))
    keys = np.array([(5, 0, LINK_KEY), (5, 1, LINK_KEY)], dtype=KEY)
    assert counted(counter("accounts", "link"), Traces(traces.rows, keys)) == [1, 2]

"""Near copies: groups, their laws, bounds, erasure."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from portreeve.memory.copies import FACTS, Copies, CopySettings, group
from portreeve.memory.copy_index import BAND, HASHES
from portreeve.memory.hashing import key_of
from portreeve.memory.prints import prints
from portreeve.memory.traces import KEY, TRACE, Traces

DAY = 86_400_000_000
SMALL = CopySettings(capacity=64)
SALE = "祛斑面膜89元一盒，七天见效不反弹，孕妇可用，加微信 abc12345 下单"
CHANGED = "祛斑面膜99元一盒！七天见效不反弹，孕妇也可用，加薇信 qwe998877 下单哦"
OTHER = "今天和妈妈去公园看樱花，人真多，回家一起吃了火锅，开心"
SHORT = "生日快乐"


def traces(rows: list[tuple[int, int, int, str]]) -> Traces:
    """Traces of (item, account, day, text)."""
    found = np.zeros(len(rows), TRACE)
    for name, at in (("item", 0), ("account", 1), ("time", 2)):
        found[name] = [row[at] for row in rows]
    found["time"] *= DAY
    found["print"] = prints(pl.Series([row[3] for row in rows], dtype=pl.String), key_of(b"s", "t"))
    return Traces(found, np.zeros(0, KEY))


def told(facts: NDArray[np.void], *names: str) -> list[tuple[object, ...]]:
    return [tuple(fact[name].item() for name in names) for fact in facts]


def test_a_copy_is_told_its_group_how_many_and_how_old() -> None:
    facts = Copies(SMALL).see(
        traces(
            [
                (11, 1, 1, SALE),
                (12, 2, 3, CHANGED),
                (13, 3, 4, OTHER),
                (14, 2, 6, SALE),
                (15, 4, 7, SHORT),
            ]
        )
    )
    assert told(facts, "group", "copies", "accounts", "age", "first") == [
        (11, 0, 0, 0, True),
        (11, 1, 1, 2 * DAY, False),
        (13, 0, 0, 0, True),
        (11, 2, 1, 5 * DAY, False),
        (0, 0, 0, 0, False),
    ]


def test_the_original_may_come_late() -> None:
    facts = Copies(SMALL).see(traces([(12, 2, 3, CHANGED), (11, 1, 1, SALE), (14, 3, 4, SALE)]))
    assert told(facts, "group", "age", "first") == [
        (12, 0, True),
        (12, 0, True),
        (12, 3 * DAY, False),
    ]


def test_an_item_counts_once() -> None:
    copies = Copies(SMALL)
    once = [(11, 1, 1, SALE), (12, 2, 3, SALE)]
    copies.see(traces([*once, *once]))
    assert told(copies.see(traces(once)), "copies", "accounts", "first") == [
        (1, 1, True),
        (1, 1, False),
    ]
    assert copies.items == 2


def test_an_erased_account_is_gone_and_the_rest_stands() -> None:
    copies = Copies(SMALL)
    copies.see(traces([(11, 1, 1, SALE), (12, 2, 3, SALE), (13, 1, 4, OTHER), (14, 3, 5, SALE)]))
    copies.forget(np.array([1], np.uint64))
    facts = copies.see(traces([(15, 4, 6, CHANGED), (16, 4, 6, OTHER)]))
    assert told(facts, "copies", "accounts", "age", "first") == [
        (2, 2, 3 * DAY, False),
        (0, 0, 0, True),
    ]
    state = copies.arrays()
    assert not (state["rows"]["account"] == 1).any()
    assert not (state["shares"]["account"] == 1).any()
    assert not np.isin(state["rows"]["item"], [11, 13]).any()
    assert state["groups"]["name"][state["groups"]["rows"] > 0].tolist() == [11, 16]
    copies.forget(np.array([0], np.uint64))
    assert copies.items == 4


def test_what_is_too_old_no_longer_counts() -> None:
    copies = Copies(CopySettings(capacity=64, keep=2 * 86_400))
    facts = copies.see(traces([(11, 1, 1, SALE), (12, 2, 2, SALE), (13, 3, 5, SALE)]))
    assert told(facts, "copies", "first") == [(0, True), (1, False), (0, True)]
    assert (copies.items, copies.evicted) == (1, 0)


def test_when_full_the_oldest_go_and_are_counted() -> None:
    copies = Copies(CopySettings(capacity=3))
    facts = copies.see(traces([(n, n, n, SALE) for n in range(1, 8)]))
    assert told(facts, "group", "copies") == [
        (1, 0),
        (1, 1),
        (1, 2),
        (1, 2),
        (1, 2),
        (1, 2),
        (1, 2),
    ]
    assert (copies.items, copies.evicted) == (3, 4)


def test_a_text_may_change_on_its_way() -> None:
    """Each copy changes a few words of the one before; the last has little of the first."""
    words = [f"{a}{b}" for a in "春夏秋冬风花雪月" for b in "山水云雨"]
    texts = ["".join(words[at : at + 24]) for at in (0, 4, 8)]
    facts = Copies(SMALL).see(traces([(n + 1, n + 1, n, text) for n, text in enumerate(texts)]))
    assert told(facts, "group") == [(1,), (1,), (1,)]
    assert 0.55 <= facts["alike"][2] < 0.9


def test_a_flood_of_different_texts_is_bounded() -> None:
    copies = Copies(SMALL)
    signs = np.random.default_rng(1).integers(0x4E00, 0x9FA5, (2_000, 20))
    texts = ["".join(map(chr, row)) for row in signs]
    facts = copies.see(traces([(n + 1, 1, 1, text) for n, text in enumerate(texts)]))
    assert (facts["copies"] == 0).all()
    assert (copies.items, copies.evicted) == (64, 1_936)
    assert {name: array.nbytes for name, array in Copies(SMALL).arrays().items()} == {
        name: array.nbytes for name, array in copies.arrays().items()
    }


def test_settings_and_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="shares rise"):
        CopySettings(alike=0.8, short_alike=0.6)
    with pytest.raises(ValueError, match="capacity"):
        CopySettings(capacity=0)
    with pytest.raises(ValueError, match="64 items, the settings of 32"):
        Copies.of(Copies(SMALL).arrays(), CopySettings(capacity=32))


# Prints of a family have some bytes of their own, so that all degrees of likeness occur.
_ITEMS = st.lists(
    st.tuples(
        st.integers(1, 30),
        st.integers(0, 4),
        st.integers(0, 40),
        st.integers(0, 3),
        st.integers(0, 24),
    ),
    min_size=1,
    max_size=40,
)


def invented(rows: list[tuple[int, int, int, int, int]]) -> Traces:
    """Traces of (item, account, day, family, bytes changed); a family 0 has no print."""
    found = np.zeros(len(rows), TRACE)
    for at, (item, account, day, family, changed) in enumerate(rows):
        found[at]["item"], found[at]["account"], found[at]["time"] = item, account, day * DAY
        if family:
            own = np.random.default_rng(family).integers(0, 256, HASHES)
            noise = np.random.default_rng([item, family])
            own[noise.permutation(HASHES)[:changed]] = noise.integers(0, 256, changed)
            found[at]["print"]["hashes"], found[at]["print"]["words"] = own, 10 + 10 * (item % 2)
    return Traces(found, np.zeros(0, KEY))


@settings(max_examples=60, deadline=None)
@given(_ITEMS, st.integers(1, 12), st.sampled_from([4, 16, 64]))
def test_batches_of_any_size_and_a_state_put_away_give_the_same(
    rows: list[tuple[int, int, int, int, int]], size: int, capacity: int
) -> None:
    chosen = CopySettings(capacity=capacity, keep=20 * 86_400)
    seen = invented(rows)
    whole = Copies(chosen)
    expected = whole.see(seen)
    pieces = Copies(chosen)
    facts = []
    for at in range(0, len(seen), size):
        facts.append(pieces.see(Traces(seen.rows[at : at + size], seen.keys)))
        kept = {name: array.copy() for name, array in pieces.arrays().items()}
        pieces = Copies.of(kept, chosen)
    assert (np.concatenate(facts) == expected).all()
    for name, array in whole.arrays().items():
        assert (pieces.arrays()[name] == array).all(), name


@settings(max_examples=60, deadline=None)
@given(_ITEMS, st.sets(st.integers(1, 4)), st.sampled_from([4, 16, 64]))
def test_the_counts_are_those_of_the_rows_kept(
    rows: list[tuple[int, int, int, int, int]], erased: set[int], capacity: int
) -> None:
    copies = Copies(CopySettings(capacity=capacity, keep=20 * 86_400))
    seen = invented(rows)
    half = len(seen) // 2
    copies.see(Traces(seen.rows[:half], seen.keys))
    copies.forget(np.array(sorted(erased), np.uint64))
    facts = copies.see(Traces(seen.rows[half:], seen.keys))
    state = copies.arrays()
    held = state["rows"][state["rows"]["used"]]
    assert copies.items == len(held) == len(np.unique(held["item"]))
    assert (state["places"] > 0).sum() == len(held)
    for place in np.unique(held["group"]):
        of_group = held[held["group"] == place]
        known = state["groups"][place]
        assert known["rows"] == len(of_group)
        assert known["accounts"] == len(set(of_group["account"].tolist()) - {0})
        assert known["examples"] == of_group["example"].sum() >= 1
        assert known["oldest"] <= of_group["time"].min()
    assert state["shares"]["rows"].sum() == (held["account"] != 0).sum()
    assert facts.dtype == FACTS


@settings(max_examples=60, deadline=None)
@given(_ITEMS)
def test_a_dump_has_the_groups_of_the_stream_and_of_a_plain_account_of_the_rule(
    rows: list[tuple[int, int, int, int, int]],
) -> None:
    different = {row[0]: row for row in rows}
    seen = invented(list(different.values()))
    order = np.argsort(seen.rows["time"], kind="stable")
    labels = group(seen.rows["print"], seen.rows["time"])
    online = Copies(SMALL).see(Traces(seen.rows[order], seen.keys))["group"]
    names = np.where(labels >= 0, seen.rows["item"][labels], 0)[order]
    assert online.tolist() == names.tolist() == _plainly(seen.rows[order])


def _plainly(rows: NDArray[np.void]) -> list[int]:
    limits = CopySettings()
    examples: list[tuple[int, NDArray[np.uint8]]] = []
    names = []
    for row in rows:
        own, words = row["print"]["hashes"], row["print"]["words"]
        if words == 0:
            names.append(0)
            continue
        need = limits.short_alike if words < limits.short else limits.alike
        best, name = 0.0, int(row["item"])
        for of_group, other in _in_order_found(examples, own):
            share = float((own == other).mean())
            if share >= need and share > best:
                best, name = share, of_group
        known = sum(of_group == name for of_group, _ in examples)
        if best == 0 or (best < limits.example and known < limits.examples):
            examples.append((name, own))
        names.append(name)
    return names


def _in_order_found(
    examples: list[tuple[int, NDArray[np.uint8]]], own: NDArray[np.uint8]
) -> list[tuple[int, NDArray[np.uint8]]]:
    """Band by band the newest first, as the buckets have them."""
    return [
        (name, other)
        for at in range(0, HASHES, BAND)
        for name, other in reversed(examples)
        if (other[at : at + BAND] == own[at : at + BAND]).all()
    ]

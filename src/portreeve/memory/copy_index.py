"""The state of :mod:`portreeve.memory.copies`, and the kernels that work on it.

Rows of items stand in a ring. Groups have places of their own, taken from a list of free ones; the
rows of a group are linked, the newest last. Items, and the accounts of each group, are found in
hash tables with linear probing; examples in buckets of :data:`WAYS` slots by their bands, of which
the oldest gives way.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from portreeve.memory.prints import HASHES
from portreeve.signals.compiled import inlined, kernel

BAND = 3
"""Bytes of a band: two prints with a share ``s`` of equal bytes have one in common with probability
``1 - (1 - s**3)**12``: 0.80 at 0.5, 0.94 at 0.6, 0.99 at 0.7."""
BANDS = HASHES // BAND
WAYS = 8
_SLOTS_PER_ROW = 16
_NONE = -1

ROW = np.dtype(
    [
        ("item", np.uint64),
        ("account", np.uint64),
        ("time", np.int64),
        ("group", np.int32),
        ("before", np.int32),
        ("after", np.int32),
        ("used", np.bool_),
        ("example", np.bool_),
    ],
    align=True,
)
GROUP = np.dtype(
    [
        ("name", np.uint64),
        ("oldest", np.int64),
        ("rows", np.uint32),
        ("accounts", np.uint32),
        ("newest", np.int32),
        ("examples", np.int32),
    ],
    align=True,
)
SHARE = np.dtype([("group", np.int64), ("account", np.uint64), ("rows", np.int64)])
"""How many items of a group an account has; ``rows`` is 0 where nothing stands."""

LIMITS = np.dtype(
    [
        ("keep", np.int64),
        ("alike", np.int32),
        ("short_alike", np.int32),
        ("example", np.int32),
        ("short", np.int32),
        ("examples", np.int32),
    ]
)
"""The settings as the kernels take them: microseconds, and counts of equal bytes."""

NEXT, FILLED, HELD, LATEST, EVICTED, GROUPS, FREE, DISPLACED = range(8)
"""Numbers of the tally: the next row of the ring; rows between it and the oldest; items kept; the
latest time; items gone for want of room; places of groups ever taken; free places; examples that
lost a band to newer ones."""


class State(NamedTuple):
    """All there is; see the dtypes. ``hashes``: the prints of the rows; ``slots``: the buckets,
    0 where nothing stands, else a row from 1 with a few bits of the band above it; ``places``: the
    table of items, rows from 1; ``shares``: the table of accounts in groups; ``free``: places of
    groups that can be taken."""

    rows: NDArray[np.void]
    hashes: NDArray[np.uint8]
    groups: NDArray[np.void]
    slots: NDArray[np.uint32]
    places: NDArray[np.uint32]
    shares: NDArray[np.void]
    free: NDArray[np.int32]
    tally: NDArray[np.int64]


def empty(capacity: int) -> State:
    """A state without items."""
    size = _power_of_two(2 * capacity)
    tally = np.zeros(8, np.int64)
    tally[LATEST] = np.iinfo(np.int64).min
    return State(
        rows=np.zeros(capacity, ROW),
        hashes=np.zeros((capacity, HASHES), np.uint8),
        groups=np.zeros(capacity, GROUP),
        slots=slots_for(capacity),
        places=np.zeros(size, np.uint32),
        shares=np.zeros(size, SHARE),
        free=np.zeros(capacity, np.int32),
        tally=tally,
    )


def slots_for(rows: int) -> NDArray[np.uint32]:
    """Buckets for so many examples."""
    return np.zeros(_SLOTS_PER_ROW * _power_of_two(max(rows, 1)), np.uint32)


def _power_of_two(least: int) -> int:
    return 1 << (least - 1).bit_length()


@inlined
def _mixed(value):
    value = np.uint64(value)
    value ^= value >> np.uint64(32)
    value *= np.uint64(0x9E3779B97F4A7C15)
    value ^= value >> np.uint64(29)
    value *= np.uint64(0xBF58476D1CE4E5B9)
    return value ^ (value >> np.uint64(32))


# ---- examples by their bands


@inlined
def _band(print_, band):
    """A number made of a band's bytes and place."""
    at = band * BAND
    key = (
        np.uint64(print_[at])
        | np.uint64(print_[at + 1]) << np.uint64(8)
        | np.uint64(print_[at + 2]) << np.uint64(16)
        | np.uint64(band + 1) << np.uint64(24)
    )
    return _mixed(key)


@inlined
def _place(key, slots):
    """Where the bucket of a band begins."""
    buckets = np.uint64(slots.size // WAYS)
    return np.int64(key & (buckets - np.uint64(1))) * WAYS


@inlined
def _tag(key, row_bits):
    """Bits of a band's number that stand above a row in a slot."""
    return np.uint32((key >> np.uint64(32)) & np.uint64(0xFFFFFFFF)) & ~np.uint32(
        (np.int64(1) << row_bits) - 1
    )


@inlined
def _row_bits(rows):
    bits = 1
    while (np.int64(1) << bits) <= rows:
        bits += 1
    return bits


@inlined
def _needed(words, settings):
    return settings["short_alike"] if words < settings["short"] else settings["alike"]


@inlined
def _extends(equal, examples, settings):
    """Whether a copy becomes another example of its group."""
    return equal < settings["example"] and examples < settings["examples"]


@kernel
def _nearest(print_, hashes, slots, row_bits, need):
    """The example with most equal bytes, at least ``need``, and how many; the newest of equals.
    ``hashes[row]`` is the print of an example."""
    best, most = np.int64(_NONE), np.int64(need - 1)
    mask = np.uint32((np.int64(1) << row_bits) - 1)
    for band in range(BANDS):
        key = _band(print_, band)
        tag = _tag(key, row_bits)
        begin = _place(key, slots)
        at = band * BAND
        for slot in range(begin, begin + WAYS):
            value = slots[slot]
            if value == 0:
                break
            if (value & ~mask) != tag:
                continue
            row = np.int64(value & mask) - 1
            if row == best:
                continue
            other = hashes[row]
            if (
                other[at] != print_[at]
                or other[at + 1] != print_[at + 1]
                or other[at + 2] != print_[at + 2]
            ):
                continue
            equal = 0
            for place in range(HASHES):
                equal += print_[place] == other[place]
            if equal > most:
                best, most = row, equal
        if most == HASHES:
            break
    return best, most


@kernel
def _enter(print_, row, slots, row_bits):
    """Put an example into its buckets; returns how many others lost a place."""
    displaced = 0
    for band in range(BANDS):
        key = _band(print_, band)
        value = np.uint32(row + 1) | _tag(key, row_bits)
        begin = _place(key, slots)
        displaced += slots[begin + WAYS - 1] != 0
        for slot in range(begin + WAYS - 1, begin, -1):
            slots[slot] = slots[slot - 1]
        slots[begin] = value
    return displaced


@kernel
def _leave(print_, row, slots, row_bits):
    """Take an example out of its buckets."""
    for band in range(BANDS):
        key = _band(print_, band)
        value = np.uint32(row + 1) | _tag(key, row_bits)
        begin = _place(key, slots)
        end = begin + WAYS
        for slot in range(begin, end):
            if slots[slot] == value:
                for later in range(slot, end - 1):
                    slots[later] = slots[later + 1]
                slots[end - 1] = 0
                break


# ---- items by their numbers, accounts by their groups


@kernel
def _find_item(item, rows, places):
    """The row of an item, or -1; and its place in the table, or the free one for it."""
    mask = places.size - 1
    at = np.int64(_mixed(item) & np.uint64(mask))
    while places[at] != 0:
        row = np.int64(places[at]) - 1
        if rows[row]["item"] == item:
            return row, at
        at = (at + 1) & mask
    return np.int64(_NONE), at


@kernel
def _drop_item(item, rows, places):
    row, hole = _find_item(item, rows, places)
    if row < 0:
        return
    mask = places.size - 1
    at = (hole + 1) & mask
    while places[at] != 0:
        home = np.int64(_mixed(rows[np.int64(places[at]) - 1]["item"]) & np.uint64(mask))
        if ((at - home) & mask) >= ((at - hole) & mask):
            places[hole] = places[at]
            hole = at
        at = (at + 1) & mask
    places[hole] = 0


@inlined
def _home(group, account, mask):
    return np.int64(_mixed(account ^ _mixed(np.uint64(group + 1))) & np.uint64(mask))


@kernel
def _find_share(group, account, shares):
    """Where the share of an account in a group stands, or could."""
    mask = shares.size - 1
    at = _home(group, account, mask)
    while shares[at]["rows"] != 0:
        if shares[at]["group"] == group and shares[at]["account"] == account:
            break
        at = (at + 1) & mask
    return at


@kernel
def _drop_share(hole, shares):
    mask = shares.size - 1
    at = (hole + 1) & mask
    while shares[at]["rows"] != 0:
        home = _home(shares[at]["group"], shares[at]["account"], mask)
        if ((at - home) & mask) >= ((at - hole) & mask):
            shares[hole] = shares[at]
            hole = at
        at = (at + 1) & mask
    shares[hole]["group"] = 0
    shares[hole]["account"] = 0
    shares[hole]["rows"] = 0


# ---- seeing and removing


@kernel
def see_all(
    traces, rows, hashes, groups, slots, places, shares, free, tally, settings, facts
):  # fmt: skip
    """Learn the items of traces in their order, and fill in what is known of each."""
    row_bits = _row_bits(rows.size)
    for at in range(traces.size):
        trace = traces[at]
        if trace["print"]["words"] == 0:
            continue
        row, place = _find_item(trace["item"], rows, places)
        equal = np.int64(HASHES)
        if row < 0:
            tally[LATEST] = max(tally[LATEST], trace["time"])
            _make_room(
                rows, hashes, groups, slots, places, shares, free, tally, settings["keep"]
            )  # fmt: skip
            need = _needed(trace["print"]["words"], settings)
            example, equal = _nearest(trace["print"]["hashes"], hashes, slots, row_bits, need)
            row, place = _find_item(trace["item"], rows, places)
            row = tally[NEXT]
            places[place] = row + 1
            group = (
                rows[example]["group"] if example >= 0 else _new_group(trace, groups, free, tally)
            )
            equal = equal if example >= 0 else np.int64(HASHES)
            _add(
                trace, row, group, equal,
                rows, hashes, groups, slots, shares, tally, settings, row_bits,
            )  # fmt: skip
        _tell(rows[row], groups[rows[row]["group"]], equal, facts[at])


@kernel
def _new_group(trace, groups, free, tally):
    if tally[FREE]:
        tally[FREE] -= 1
        place = np.int64(free[tally[FREE]])
    else:
        place = tally[GROUPS]
        tally[GROUPS] += 1
    group = groups[place]
    group["name"] = trace["item"]
    group["oldest"] = trace["time"]
    group["rows"] = 0
    group["accounts"] = 0
    group["newest"] = _NONE
    group["examples"] = 0
    return place


@kernel
def _add(
    trace, row, place, equal, rows, hashes, groups, slots, shares, tally, settings, row_bits
):  # fmt: skip
    """Put an item into the ring and into its group."""
    record, group = rows[row], groups[place]
    record["item"] = trace["item"]
    record["account"] = trace["account"]
    record["time"] = trace["time"]
    record["group"] = place
    record["before"] = group["newest"]
    record["after"] = _NONE
    record["used"] = True
    for at in range(HASHES):
        hashes[row, at] = trace["print"]["hashes"][at]
    if group["newest"] >= 0:
        rows[group["newest"]]["after"] = row
    group["newest"] = row
    group["rows"] += 1
    group["oldest"] = min(group["oldest"], trace["time"])
    if trace["account"] != 0:
        at = _find_share(place, trace["account"], shares)
        share = shares[at]
        group["accounts"] += share["rows"] == 0
        share["group"] = place
        share["account"] = trace["account"]
        share["rows"] += 1
    record["example"] = group["examples"] == 0 or _extends(equal, group["examples"], settings)
    if record["example"]:
        group["examples"] += 1
        tally[DISPLACED] += _enter(hashes[row], row, slots, row_bits)
    tally[NEXT] = (row + 1) % rows.size
    tally[FILLED] += 1
    tally[HELD] += 1


@kernel
def _make_room(
    rows, hashes, groups, slots, places, shares, free, tally, keep
):  # fmt: skip
    """Let the oldest rows go that are past their time, and one more when the ring is full."""
    while tally[FILLED]:
        oldest = (tally[NEXT] - tally[FILLED]) % rows.size
        if rows[oldest]["used"]:
            expired = rows[oldest]["time"] < tally[LATEST] - keep
            if not expired and tally[FILLED] < rows.size:
                return
            tally[EVICTED] += not expired
            _remove(oldest, rows, hashes, groups, slots, places, shares, free, tally)
        tally[FILLED] -= 1


@kernel
def remove_all(gone, rows, hashes, groups, slots, places, shares, free, tally):
    """Forget rows wherever they stand; their places in the ring stay empty until they pass."""
    for at in range(gone.size):
        row = gone[at]
        if rows[row]["used"]:
            place, time = rows[row]["group"], rows[row]["time"]
            _remove(row, rows, hashes, groups, slots, places, shares, free, tally)
            if groups[place]["rows"] and groups[place]["oldest"] == time:
                _find_oldest(groups[place], rows)


@kernel
def _find_oldest(group, rows):
    row = np.int64(group["newest"])
    group["oldest"] = rows[row]["time"]
    while row >= 0:
        group["oldest"] = min(group["oldest"], rows[row]["time"])
        row = np.int64(rows[row]["before"])


@kernel
def _remove(row, rows, hashes, groups, slots, places, shares, free, tally):
    record = rows[row]
    place = np.int64(record["group"])
    group = groups[place]
    row_bits = _row_bits(rows.size)
    _drop_item(record["item"], rows, places)
    if record["account"] != 0:
        at = _find_share(place, record["account"], shares)
        shares[at]["rows"] -= 1
        if shares[at]["rows"] == 0:
            group["accounts"] -= 1
            _drop_share(at, shares)
    if record["before"] >= 0:
        rows[record["before"]]["after"] = record["after"]
    if record["after"] >= 0:
        rows[record["after"]]["before"] = record["before"]
    else:
        group["newest"] = record["before"]
    group["rows"] -= 1
    if record["example"]:
        _leave(hashes[row], row, slots, row_bits)
        group["examples"] -= 1
        if group["examples"] == 0 and group["rows"]:
            heir = np.int64(group["newest"])
            rows[heir]["example"] = True
            group["examples"] = 1
            tally[DISPLACED] += _enter(hashes[heir], heir, slots, row_bits)
    if group["rows"] == 0:
        group["name"] = 0
        free[tally[FREE]] = place
        tally[FREE] += 1
    record["item"] = 0
    record["account"] = 0
    record["used"] = False
    record["example"] = False
    hashes[row, :] = 0
    tally[HELD] -= 1


@kernel
def _tell(record, group, equal, fact):
    fact["group"] = group["name"]
    fact["copies"] = group["rows"] - 1
    fact["accounts"] = group["accounts"] - (record["account"] != 0)
    fact["age"] = max(record["time"] - group["oldest"], 0)
    fact["alike"] = equal / HASHES
    fact["first"] = record["time"] <= group["oldest"]


@kernel
def group_all(prints, order, slots, settings, examples, labels):
    """Fill in for each print the row that began its group.

    ``order``: the rows in order of time; ``examples``: room to count the examples of the groups.
    """
    hashes = prints["hashes"]
    row_bits = _row_bits(prints.size)
    for at in range(order.size):
        row = order[at]
        if prints[row]["words"] == 0:
            continue
        need = _needed(prints[row]["words"], settings)
        example, equal = _nearest(hashes[row], hashes, slots, row_bits, need)
        label = labels[example] if example >= 0 else row
        labels[row] = label
        if example < 0 or _extends(equal, examples[label], settings):
            examples[label] += 1
            _enter(hashes[row], row, slots, row_bits)

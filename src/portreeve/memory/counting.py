"""The kernels of :mod:`portreeve.memory.counters`.

A counter's keys live in slots (:mod:`portreeve.memory.slots`). Time is cut into buckets; a slot has
one number for each of the newest buckets, or the members seen and the bucket in which each was
seen last.
"""

from __future__ import annotations

import numpy as np

from portreeve.memory.slots import find, mixed, room
from portreeve.signals.compiled import kernel

_SALT = 0x636F756E


@kernel
def count(
    pair_row, pair_key, added, times, names, newest, rings, begun, back, bucket, told, missed
):
    """Add to the rings of the keys of items, and tell what stands in each one's window.

    ``pair_row``, ``pair_key``: whose keys, in the order of items; ``added``: which items count;
    ``rings``: uint32[slots, buckets]; ``back``: buckets before the item's own that its window has;
    ``begun``: the first bucket of each; ``told``: float32[rows], the largest of an item's keys;
    ``missed``: [late, evicted].
    """
    for at in range(pair_row.size):
        row = pair_row[at]
        now = times[row] // bucket
        slot = _put(pair_key[at], now, added[row], names, newest, rings, begun, missed)
        found = window(rings[slot], newest[slot], now - back, now) if slot >= 0 else 0
        told[row] = max(told[row], np.float32(found))


@kernel
def rate(
    pair_row, pair_key, added, times, names, newest, rings, begun, back, bucket, told, missed,
    past_names, past_newest, past, past_begun, period, periods,
):  # fmt: skip
    """Count as :func:`count` does, and divide by each key's own average in the periods before.

    The last arrays are the past, in buckets of one ``period``; ``told``: NaN stays for keys without
    a whole period of a past. A past in which nothing was counted is taken for one with a single
    count.
    """
    for at in range(pair_row.size):
        row, key = pair_row[at], pair_key[at]
        here, now = times[row] // bucket, times[row] // period
        slot = _put(key, here, added[row], names, newest, rings, begun, missed)
        behind = _put(key, now, added[row], past_names, past_newest, past, past_begun, missed)
        if slot < 0 or behind < 0:
            continue
        known = min(now - past_begun[behind], periods)
        if known < 1:
            continue
        before = window(past[behind], past_newest[behind], now - known, now - 1)
        counted = window(rings[slot], newest[slot], here - back, here)
        ratio = np.float32(counted) * np.float32(known) / np.float32(max(before, 1))
        if np.isnan(told[row]) or ratio > told[row]:
            told[row] = ratio


@kernel
def _put(key, now, added, names, newest, rings, begun, missed):
    """The slot of a key, one more in its bucket if the item counts; -1 for a key without one."""
    slot = find(names, key)
    if not added:
        return slot
    kept = rings.shape[1]
    if slot < 0:
        slot = room(names, newest, key)
        missed[1] += names[slot] != np.uint64(0)
        names[slot] = key
        rings[slot, :] = 0
        newest[slot] = now
        begun[slot] = now
    if now - newest[slot] >= kept:
        rings[slot, :] = 0
        newest[slot] = now
    while newest[slot] < now:
        newest[slot] += 1
        rings[slot, newest[slot] % kept] = 0
    if now <= newest[slot] - kept:
        missed[0] += 1
    else:
        rings[slot, now % kept] += 1
        begun[slot] = min(begun[slot], now)
    return slot


@kernel
def window(ring, newest, first, last):
    """The sum over the buckets from ``first`` to ``last`` that are kept."""
    total = np.int64(0)
    for at in range(max(first, newest - ring.size + 1), min(last, newest) + 1):
        total += ring[at % ring.size]
    return total


@kernel
def collect(
    pair_row, pair_key, added, times, member_from, members,
    names, newest, seen, last, level, back, bucket, told, missed,
):  # fmt: skip
    """Note the members of the keys of items, and tell how many different ones each window has.

    ``member_from``, ``members``: the members of each row; ``seen``, ``last``: uint64 and
    int64[slots, places]. When a key's places are full, half of all possible members are left out
    from then on, and each that stays stands for twice as many (adaptive sampling, Flajolet 1990).
    """
    places = seen.shape[1]
    for at in range(pair_row.size):
        row, key = pair_row[at], pair_key[at]
        now = times[row] // bucket
        first, end = member_from[row], member_from[row + 1]
        # a key gets its places when there is somebody to note: most items show nothing
        noting = added[row] and first < end
        slot = find(names, key)
        if slot < 0 and noting:
            slot = room(names, newest, key)
            missed[1] += names[slot] != np.uint64(0)
            names[slot] = key
            newest[slot] = now
            seen[slot, :] = 0
            level[slot] = 0
        if slot < 0:
            told[row] = max(told[row], np.float32(0))
            continue
        if noting:
            newest[slot] = max(newest[slot], now)
            for place in range(first, end):
                _note(members[place], now, newest[slot] - back, seen[slot], last[slot], level, slot)
        live = 0
        for place in range(places):
            live += seen[slot, place] != np.uint64(0) and last[slot, place] >= now - back
        told[row] = max(told[row], np.float32(live * (1 << level[slot])))


@kernel
def _note(member, now, oldest, seen, last, level, slot):
    if not _kept(member, level[slot]):
        return
    while True:
        free = -1
        for place in range(seen.size):
            if seen[place] == member:
                last[place] = max(last[place], now)
                return
            if free < 0 and (seen[place] == np.uint64(0) or last[place] < oldest):
                free = place
        if free >= 0:
            seen[free] = member
            last[free] = now
            return
        level[slot] += 1
        for place in range(seen.size):
            if not _kept(seen[place], level[slot]):
                seen[place] = np.uint64(0)
        if not _kept(member, level[slot]):
            return


@kernel
def _kept(member, level):
    return mixed(member, _SALT) & np.uint64((1 << level) - 1) == np.uint64(0)


@kernel
def first_time(pair_row, pair_key, added, times, names, newest, begun, told, missed):
    """Note when keys were first seen, and tell how many hours ago that is."""
    for at in range(pair_row.size):
        row, key = pair_row[at], pair_key[at]
        slot = find(names, key)
        if slot < 0 and added[row]:
            slot = room(names, newest, key)
            missed[1] += names[slot] != np.uint64(0)
            names[slot] = key
            newest[slot] = times[row]
            begun[slot] = times[row]
        if slot < 0:
            told[row] = max(told[row], np.float32(0))
            continue
        if added[row]:
            newest[slot] = max(newest[slot], times[row])
            begun[slot] = min(begun[slot], times[row])
        hours = np.float32(max(times[row] - begun[slot], 0) / 3_600_000_000)
        told[row] = max(told[row], hours)


@kernel
def leave_out(gone, names, newest):
    """Free the slots of keys."""
    for at in range(gone.size):
        slot = find(names, gone[at])
        if slot >= 0:
            names[slot] = np.uint64(0)
            newest[slot] = 0


@kernel
def leave_out_members(gone, seen):
    """Free the places of members, whosever they are."""
    for slot in range(seen.shape[0]):
        for place in range(seen.shape[1]):
            for at in range(gone.size):
                if seen[slot, place] == gone[at]:
                    seen[slot, place] = np.uint64(0)


@kernel
def unseen(items, names, newest, clock, fresh):
    """Which items were not seen before, of those that are remembered; all are from now on."""
    for row in range(items.size):
        if find(names, items[row]) >= 0:
            fresh[row] = False
            continue
        fresh[row] = True
        slot = room(names, newest, items[row])
        names[slot] = items[row]
        clock[0] += 1
        newest[slot] = clock[0]

"""Crowds: who owns groups, who opened a room, and how many of those groups' members arrived.

Members of all groups of one owner stand in one sketch of registers, arrivals of a room in another.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from portreeve.memory.registers import at_least, doubt, many, put, strangers
from portreeve.memory.slots import capacity, find, room
from portreeve.signals.compiled import kernel

_EARLY = 60 * 1_000_000
_A_DAY = 86_400 * 1_000_000
_MOST_GROUPS = 1_023
_SALES = 4
_BY_GROUPS = 1 << 52
_Z95 = 1.959964


_TOLD = ("groups", "arrivals", "mobilised", "mobilised_low", "mobilised_high")
CROWD = np.dtype(
    [
        ("room", np.uint64),
        ("owner", np.uint64),
        ("opened", np.int64),
        *((name, np.uint32) for name in _TOLD),
        ("mobilisation", np.bool_),
    ],
    align=True,
)
"""A live room, who opened it and when, and what is known of its first minutes: see
:data:`portreeve.memory.relations.RELATIONS`."""


class Limits(NamedTuple):
    """The settings of relations as the kernels take them, durations in microseconds."""

    least_people: int
    kept: int
    window: int
    funnel_follows: int
    funnel_added: int
    funnel_times: float
    funnel_flood: int
    crowd_groups: int
    crowd_arrivals: int
    crowd_mobilised: int
    crowd_share: float
    crowd_sales: int
    crowd_sold: int
    standing: int


class Groups(NamedTuple):
    """The owner of each group since when; ``worth``: when something was last heard of it."""

    names: NDArray[np.uint64]
    worth: NDArray[np.int64]
    owner: NDArray[np.uint64]
    since: NDArray[np.int64]

    @classmethod
    def empty(cls, groups: int) -> Groups:
        """Room for so many groups."""
        size = capacity(groups)
        return cls(
            np.zeros(size, np.uint64), np.zeros(size, np.int64), np.zeros(size, np.uint64),
            np.zeros(size, np.int64),
        )  # fmt: skip


class Owners(NamedTuple):
    """Owners of groups: how many, the members of all of them, the latest sales and room."""

    names: NDArray[np.uint64]
    worth: NDArray[np.int64]
    latest: NDArray[np.int64]
    groups: NDArray[np.uint32]
    sold: NDArray[np.int64]
    room: NDArray[np.uint64]
    opened: NDArray[np.int64]
    registers: NDArray[np.uint8]

    @classmethod
    def empty(cls, owners: int, registers: int) -> Owners:
        """Room for so many owners, with so many registers each."""
        size = capacity(owners)
        return cls(
            np.zeros(size, np.uint64), np.zeros(size, np.int64), np.zeros(size, np.int64),
            np.zeros(size, np.uint32), np.zeros((size, _SALES), np.int64),
            np.zeros(size, np.uint64), np.zeros(size, np.int64),
            np.zeros((size, registers), np.uint8),
        )  # fmt: skip


class Rooms(NamedTuple):
    """Live rooms: who opened them and when, and who arrived in the first minutes."""

    names: NDArray[np.uint64]
    opened: NDArray[np.int64]
    owner: NDArray[np.uint64]
    raised: NDArray[np.int64]
    registers: NDArray[np.uint8]

    @classmethod
    def empty(cls, rooms: int, registers: int) -> Rooms:
        """Room for so many rooms, with so many registers each."""
        size = capacity(rooms)
        return cls(
            np.zeros(size, np.uint64), np.zeros(size, np.int64), np.zeros(size, np.uint64),
            np.zeros(size, np.int64), np.zeros((size, registers), np.uint8),
        )  # fmt: skip


@kernel
def own(
    groups: Groups, owners: Owners, group: np.uint64, owner: np.uint64, member: np.uint64, time: int
) -> int:
    """A group has an owner, or a member joined it (the other is 0); how many had to go.

    Of a group without a known owner nobody is counted.
    """
    slot, gone = find(groups.names, group), 0
    if slot < 0 and owner == np.uint64(0):
        return 0
    if slot < 0:
        slot = room(groups.names, groups.worth, group)
        if groups.names[slot] != np.uint64(0):
            gone += 1
            _has_groups(owners, groups.owner[slot], -1, groups.since[slot])
        groups.names[slot], groups.worth[slot] = group, time
        groups.owner[slot], groups.since[slot] = owner, time
        gone += _owner(owners, owner, time)
        _has_groups(owners, owner, 1, time)
    elif owner != np.uint64(0) and time >= groups.since[slot] and owner != groups.owner[slot]:
        _has_groups(owners, groups.owner[slot], -1, time)
        groups.owner[slot], groups.since[slot] = owner, time
        gone += _owner(owners, owner, time)
        _has_groups(owners, owner, 1, time)
    groups.worth[slot] = max(groups.worth[slot], time)
    if member != np.uint64(0):
        at = find(owners.names, groups.owner[slot])
        if at >= 0:
            put(owners.registers[at], member)
            owners.latest[at] = max(owners.latest[at], time)
    return gone


@kernel
def _owner(owners, owner, time):
    """See that an owner is known; how many had to go."""
    if find(owners.names, owner) >= 0:
        return 0
    slot = room(owners.names, owners.worth, owner)
    gone = int(owners.names[slot] != np.uint64(0))
    owners.names[slot], owners.latest[slot] = owner, time
    owners.worth[slot] = owners.opened[slot] = 0
    owners.sold[slot] = 0
    owners.groups[slot] = np.uint32(0)
    owners.room[slot] = np.uint64(0)
    owners.registers[slot] = np.uint8(0)
    return gone


@kernel
def _has_groups(owners, owner, more, time):
    slot = find(owners.names, owner)
    if slot >= 0:
        owners.groups[slot] = np.uint32(max(0, int(owners.groups[slot]) + more))
        owners.latest[slot] = max(owners.latest[slot], time)
        counted = min(int(owners.groups[slot]), _MOST_GROUPS)
        owners.worth[slot] = counted * _BY_GROUPS + owners.latest[slot]


@kernel
def sold(owners: Owners, account: np.uint64, time: int) -> None:
    """An owner of groups sells; the same post again has the same time, and counts once."""
    slot = find(owners.names, account)
    if slot < 0:
        return
    sales, oldest = owners.sold[slot], 0
    for at in range(_SALES):
        if sales[at] == time:
            return
        if sales[at] < sales[oldest]:
            oldest = at
    sales[oldest] = max(sales[oldest], time)


@kernel
def open_room(
    rooms: Rooms, owners: Owners, place: np.uint64, account: np.uint64, time: int, limits: Limits
) -> int:
    """A room opens, for the first time or again; how many had to go.

    Arrivals that were told before it stay if they fit to it.
    """
    slot, gone = find(rooms.names, place), 0
    if slot < 0:
        slot, gone = _room(rooms, place, time)
    elif abs(time - rooms.opened[slot]) > limits.window:
        if time < rooms.opened[slot]:
            return 0
        rooms.registers[slot] = np.uint8(0)
        rooms.raised[slot] = 0
    rooms.opened[slot], rooms.owner[slot] = time, account
    at = find(owners.names, account)
    if at >= 0 and time >= owners.opened[at]:
        owners.room[at], owners.opened[at] = place, time
    return gone


@kernel
def _room(rooms, place, time):
    slot = room(rooms.names, rooms.opened, place)
    gone = int(rooms.names[slot] != np.uint64(0))
    rooms.names[slot], rooms.opened[slot] = place, time
    rooms.owner[slot] = np.uint64(0)
    rooms.raised[slot] = 0
    rooms.registers[slot] = np.uint8(0)
    return slot, gone


@kernel
def arrive(rooms: Rooms, place: np.uint64, person: np.uint64, time: int, limits: Limits) -> int:
    """Somebody enters a room, whose opening may be told later; how many had to go."""
    slot, gone = find(rooms.names, place), 0
    if slot < 0:
        slot, gone = _room(rooms, place, time)
    if -_EARLY <= time - rooms.opened[slot] < limits.window:
        put(rooms.registers[slot], person)
    return gone


@kernel
def tell_room(fact, rooms, owners, place, time, ranks, found, limits):
    """What is known of a room's first minutes; whether it raised the mobilisation."""
    slot = find(rooms.names, place)
    if slot < 0:
        return False
    fact.mobilisation = rooms.raised[slot] != 0
    crowd = rooms.registers[slot]
    if at_least(crowd) < limits.least_people:
        return False
    arrivals = many(crowd, ranks[: ranks.size // 2])
    fact.arrivals = np.uint32(round(arrivals))
    at = find(owners.names, rooms.owner[slot])
    if at < 0:
        return False
    fact.groups = owners.groups[at]
    members = owners.registers[at]
    if fact.groups < limits.crowd_groups or at_least(members) < limits.least_people:
        return False
    strangers(crowd, members, ranks, found)
    mobilised = max(0.0, arrivals - found[0])
    error = _Z95 * doubt(arrivals, crowd.size)
    low = mobilised - np.sqrt(error**2 + (found[2] - found[0]) ** 2)
    high = mobilised + np.sqrt(error**2 + (found[0] - found[1]) ** 2)
    if mobilised < limits.least_people:
        return False
    fact.mobilised = np.uint32(round(mobilised))
    fact.mobilised_low = np.uint32(max(0.0, low))
    fact.mobilised_high = np.uint32(min(arrivals + error, high))
    sales = 0
    for sale in owners.sold[at]:
        early = sale <= rooms.opened[slot] - limits.crowd_sold
        sales += sale != 0 and not early and sale <= rooms.opened[slot] + _A_DAY
    fresh = (
        rooms.raised[slot] == 0
        and arrivals >= limits.crowd_arrivals
        and low >= limits.crowd_mobilised
        and mobilised >= limits.crowd_share * arrivals
        and sales >= limits.crowd_sales
    )
    if fresh:
        rooms.raised[slot] = time
        fact.mobilisation = True
    return fresh


def told(
    facts: NDArray[np.void],
    rooms: Rooms,
    owners: Owners,
    ranks: NDArray[np.int64],
    found: NDArray[np.float64],
    limits: Limits,
) -> NDArray[np.void]:
    """The rooms whose arrivals may be told, by their opening: records of :data:`CROWD`.

    ``facts``: a row for each room, to be written to.
    """
    # whoever looks raises nothing: what is told of items and events must not depend on it
    rooms = rooms._replace(raised=rooms.raised.copy())
    for slot in np.flatnonzero(rooms.owner).tolist():
        tell_room(facts[slot], rooms, owners, rooms.names[slot], 0, ranks, found, limits)
    chosen = np.flatnonzero(facts["arrivals"])
    crowds = np.zeros(len(chosen), dtype=CROWD)
    crowds["room"], crowds["owner"] = rooms.names[chosen], rooms.owner[chosen]
    crowds["opened"] = rooms.opened[chosen]
    for name in (*_TOLD, "mobilisation"):
        crowds[name] = facts[name][chosen]
    return crowds[np.lexsort((crowds["room"], crowds["opened"]))]

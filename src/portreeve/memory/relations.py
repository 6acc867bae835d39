"""Relations: strangers made into friends, and crowds called into a live room, from metadata only.

Known here are counts and registers, never who is whose friend: a friend who was added is one more,
a person who joined or arrived is a rank in a register (:mod:`portreeve.memory.registers`).

*The funnel*: an account shows a coupon or a gift together with a handle on a governed surface, and
a burst of new friends follows, against the account's own past. *Mobilisation*: an account that
sells opens a live room, and within minutes people pour in who are members of the groups that it
owns. Nothing is told of fewer than ``least_people`` people; windows and bursts are kept for
``kept`` seconds. ``on=False`` turns all of it off: nothing is learned, nothing is told.

Events may come late and twice: counts go to the hour and the window of their own time, and what is
older than ``kept`` is only counted in ``late``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from portreeve.memory.crowds import Groups, Limits, Owners, Rooms, arrive, own, tell_room, told
from portreeve.memory.crowds import open_room as opens
from portreeve.memory.crowds import sold as sells
from portreeve.memory.funnels import HOUR, Funnels, age, befriend, show_coupon, tell_funnel
from portreeve.memory.hashing import numbers
from portreeve.memory.pages import copy_pages
from portreeve.memory.registers import RANKS
from portreeve.memory.slots import capacity, find, mixed, room
from portreeve.memory.traces import INVITES, REWARDS, SELLS, Secret, Traces
from portreeve.model import RELATION_KINDS, RelationEvent
from portreeve.signals.compiled import kernel

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_WINDOW_BITS = 512

REQUESTED, FRIEND, FOLLOWER, JOINED, ENTERED, OWNED, OPENED = range(len(RELATION_KINDS))
"""Kinds of events by their numbers: places in :data:`~portreeve.model.RELATION_KINDS`."""

EVENT = np.dtype(
    [
        ("event", np.uint64),
        ("account", np.uint64),
        ("other", np.uint64),
        ("time", np.int64),
        ("kind", np.uint8),
    ],
    align=True,
)
"""A relation event in numbers; ``other`` is the number of the group or room, 0 for none."""

RELATIONS = np.dtype(
    [
        ("people", np.uint32),
        ("coupon", np.int64),
        ("added", np.uint32),
        ("expected", np.float32),
        ("groups", np.uint32),
        ("arrivals", np.uint32),
        ("mobilised", np.uint32),
        ("mobilised_low", np.uint32),
        ("mobilised_high", np.uint32),
        ("funnel", np.bool_),
        ("mobilisation", np.bool_),
        ("raised", np.bool_),
    ],
    align=True,
)
"""What is known at an item or event. ``people`` in the event's ten minutes of that kind at that
account, group or room; ``coupon``: when the account showed one, 0 for never; ``added``: friends
since, ``expected``: as many as its past promises; ``groups`` that the account owns; ``arrivals`` in
the first minutes of the room, of which ``mobilised`` are members of those groups, with a 95 %
interval. Every count of people is 0 below ``least_people``. ``raised``: it is this row that raised
the funnel or the mobilisation."""

WINDOW = np.dtype(
    [
        ("subject", np.uint64),
        ("owner", np.uint64),
        ("start", np.int64),
        ("people", np.uint32),
        ("kind", np.uint8),
    ],
    align=True,
)
"""A window of ten minutes: the account, group or room, whose that is (0 where it is not known), its
beginning and how many people."""


@dataclass(frozen=True)
class RelationSettings:
    """What is remembered of relations, and when it is told."""

    on: bool = True
    """False: nothing is learned and nothing told."""
    least_people: int = 20
    """No count of fewer people is ever told."""
    kept: int = 14 * 86_400
    """Seconds that windows, bursts and rooms are kept."""
    window: int = 600
    """Seconds of a window, and of the first rush into a room."""
    funnel_follows: int = 3 * 86_400
    """Seconds after the coupon in which new friends are laid to it."""
    funnel_added: int = 30
    """New friends that a funnel has at least."""
    funnel_times: float = 5.0
    """How many times more new friends than the account's past promises."""
    funnel_flood: int = 120
    """So many new friends after a coupon are a funnel whatever the past: forty a day."""
    crowd_groups: int = 5
    """Groups that who mobilises owns at least."""
    crowd_arrivals: int = 50
    """Arrivals in the first minutes at least."""
    crowd_mobilised: int = 30
    """Members of the groups among the arrivals at least: the interval's lower end."""
    crowd_share: float = 0.3
    """The share of the arrivals that they are at least."""
    crowd_sales: int = 2
    """Selling posts of the account, 4 at most: who sells once is no seller."""
    crowd_sold: int = 7 * 86_400
    """Seconds before the room opens in which those count; until a day after it they do too."""
    standing: int = 400 * 86_400
    """Seconds that a group and its owner are remembered without any event."""
    windows: int = 32_768
    """Windows that are kept; the emptiest of a shelf go first. So with all that follow."""
    accounts: int = 32_768
    """Accounts whose new friends are counted by the hour; those with coupons stay."""
    groups: int = 131_072
    """Groups whose owner is known; the longest silent go first."""
    owners: int = 8_192
    """Owners whose members are counted; those of fewest groups go first."""
    rooms: int = 2_048
    """Rooms whose arrivals are counted; the oldest go first."""
    registers: int = 2_048
    """Registers of a sketch, a power of two: counts are within 2.3 % (one standard error)."""
    events: int = 262_144
    """Latest events among which one that comes again is known."""


class _Windows(NamedTuple):
    names: NDArray[np.uint64]
    worth: NDArray[np.int64]
    subject: NDArray[np.uint64]
    start: NDArray[np.int64]
    kind: NDArray[np.uint8]
    bits: NDArray[np.uint64]


class _Clock(NamedTuple):
    latest: NDArray[np.int64]
    swept: NDArray[np.int64]
    late: NDArray[np.int64]
    evicted: NDArray[np.int64]
    events: NDArray[np.uint64]
    times: NDArray[np.int64]


class Relations:
    """What is known of relations: in counts and registers.

    >>> known = Relations(RelationSettings(accounts=64, owners=16, rooms=16, events=64))
    >>> events = np.zeros(25, dtype=EVENT)
    >>> events["event"], events["account"], events["kind"] = np.arange(1, 26), 7, FRIEND
    >>> known.hear(events)["people"].tolist()[-7:]
    [0, 20, 21, 22, 24, 25, 26]
    """

    def __init__(self, settings: RelationSettings | None = None) -> None:
        self.settings = of = settings or RelationSettings()
        self._windows = _Windows(
            *_named(of.windows), np.zeros(capacity(of.windows), np.uint64),
            np.zeros(capacity(of.windows), np.int64), np.zeros(capacity(of.windows), np.uint8),
            np.zeros((capacity(of.windows), _WINDOW_BITS // 64), np.uint64),
        )  # fmt: skip
        self._funnels = Funnels.empty(of.accounts, of.kept // HOUR)
        self._groups = Groups.empty(of.groups)
        self._owners = Owners.empty(of.owners, of.registers)
        self._rooms = Rooms.empty(of.rooms, of.registers)
        one, (names, times) = (1, np.int64), _named(of.events)
        self._clock = _Clock(
            np.zeros(*one), np.zeros(*one), np.zeros(*one), np.zeros(*one), names, times
        )
        self._ranks = np.zeros(2 * RANKS, np.int64)
        self._found = np.zeros(3)
        self._limits = _limits(of)

    @property
    def evicted(self) -> int:
        """Windows, accounts, groups, owners and rooms that went because there was no room."""
        return int(self._clock.evicted[0])

    @property
    def late(self) -> int:
        """Events that were older than what is kept when they came."""
        return int(self._clock.late[0])

    def see(self, traces: Traces) -> NDArray[np.void]:
        """Learn who shows coupons and who sells; tell of each row's account: :data:`RELATIONS`."""
        facts = np.zeros(len(traces), dtype=RELATIONS)
        if self.settings.on:
            rows = traces.rows
            # copies: views of one row or of a journal's bytes are other types to the kernel
            columns = (np.array(rows[name]) for name in ("account", "time", "flags"))
            _see(*columns, facts, *self._parts())
        return facts

    def hear(self, events: NDArray[np.void]) -> NDArray[np.void]:
        """Learn relation events, and tell of each one's account and room: :data:`RELATIONS`."""
        facts = np.zeros(len(events), dtype=RELATIONS)
        if self.settings.on:
            _hear(events.astype(EVENT, copy=True), facts, *self._parts())
        return facts

    def windows(self) -> NDArray[np.void]:
        """The windows that may be told, those of at least ``least_people``, by time."""
        bits = self._windows.bits
        used = np.bitwise_count(bits).sum(axis=1).astype(np.int64)
        chosen = np.flatnonzero(
            (used >= self.settings.least_people)
            & (self._windows.start > self._clock.latest[0] - self.settings.kept * _SECOND)
        )
        found = np.zeros(len(chosen), dtype=WINDOW)
        found["subject"] = self._windows.subject[chosen]
        found["start"] = self._windows.start[chosen]
        found["kind"] = self._windows.kind[chosen]
        found["owner"] = [self._owner(one["subject"], int(one["kind"])) for one in found]
        found["people"] = [_in_bits(int(one)) for one in used[chosen]]
        return found[np.lexsort((found["subject"], found["kind"], found["start"]))]

    def _owner(self, subject: np.uint64, kind: int) -> np.uint64:
        """Whose a window is: an account's own, or that of who owns the group or opened the room."""
        if kind not in (JOINED, ENTERED):
            return subject
        part = self._groups if kind == JOINED else self._rooms
        slot = find(part.names, subject)
        return part.owner[slot] if slot >= 0 else np.uint64(0)

    def crowds(self) -> NDArray[np.void]:
        """Rooms whose arrivals may be told, by their opening: records of
        :data:`~portreeve.memory.crowds.CROWD`."""
        facts = np.zeros(len(self._rooms.names), dtype=RELATIONS)
        return told(facts, self._rooms, self._owners, self._ranks, self._found, self._limits)

    def forget(self, accounts: NDArray[np.uint64]) -> None:
        """Forget accounts: their windows, bursts, groups and rooms. What they added to registers
        of others names nobody, and stays."""
        gone = accounts.astype(np.uint64)
        _clear(self._windows, np.isin(self._windows.subject, gone))
        _clear(self._funnels, np.isin(self._funnels.names, gone))
        _clear(self._groups, np.isin(self._groups.owner, gone))
        _clear(self._owners, np.isin(self._owners.names, gone))
        _clear(self._rooms, np.isin(self._rooms.owner, gone))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The whole state, for a snapshot; not a copy."""
        return {
            f"{type(part).__name__.strip('_').lower()}.{name}": array
            for part in self._parts()[:-3]
            for name, array in part._asdict().items()
        }

    @classmethod
    def of(
        cls, arrays: dict[str, NDArray[Any]], settings: RelationSettings | None = None
    ) -> Relations:
        """Go on from a snapshot; the settings of its sizes must be the same. Turned off, nothing
        of it is taken.

        Raises:
            ValueError: they are not.
        """
        made = cls(settings)
        if not made.settings.on:
            return made
        for name, array in made.arrays().items():
            if arrays[name].shape != array.shape:
                raise ValueError(
                    f"snapshot of relations: {name} has shape {arrays[name].shape}, "
                    f"the settings ask for {array.shape}"
                )
            copy_pages(arrays[name], array)
        return made

    def _parts(self) -> tuple[Any, ...]:
        return (
            self._clock, self._windows, self._funnels, self._groups, self._owners, self._rooms,
            self._ranks, self._found, self._limits,
        )  # fmt: skip


def relation_events(
    events: Iterable[RelationEvent], secret: Secret, now: datetime
) -> NDArray[np.void]:
    """Events in numbers. ``now``: the latest time that is believed.

    An event without an ``id`` is known again by what it says, and by how many before it in the same
    batch say the same.
    """
    listed = list(events)
    made = np.zeros(len(listed), dtype=EVENT)
    latest = int(now.timestamp() * _SECOND)
    made["time"] = [min(latest, int(event.time.timestamp() * _SECOND)) for event in listed]
    made["kind"] = [RELATION_KINDS.index(event.kind) for event in listed]
    made["account"] = numbers([event.account for event in listed], secret.account)
    made["other"] = numbers([event.other for event in listed], secret.audience)
    made["event"] = numbers(_event_names(listed), secret.item)
    return made


def _event_names(events: list[RelationEvent]) -> list[str]:
    names, said = [], dict[tuple[Any, ...], int]()
    for event in events:
        id = getattr(event, "id", None)
        if id is None:
            words = (event.kind, event.account, event.other, event.time.isoformat())
            said[words] = said.get(words, 0) + 1
            id = repr((*words, said[words]))
        names.append(f"relation:{id}")
    return names


def _named(wanted: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    return np.zeros(capacity(wanted), np.uint64), np.zeros(capacity(wanted), np.int64)


def _limits(settings: RelationSettings) -> Limits:
    values = dataclasses.asdict(settings)
    for name in ("kept", "window", "funnel_follows", "crowd_sold", "standing"):
        values[name] *= _SECOND
    for name in ("funnel_times", "crowd_share"):
        values[name] = float(values[name])
    return Limits(**{name: values[name] for name in Limits._fields})


def _clear(part: Any, chosen: NDArray[np.bool_]) -> None:
    for array in part:
        array[chosen] = 0


def _in_bits(used: int) -> int:
    """How many people set so many bits of a window (linear counting, Whang 1990)."""
    free = max(1, _WINDOW_BITS - used)
    return round(_WINDOW_BITS * float(np.log(_WINDOW_BITS / free)))


@kernel
def _see(account, time, flags, facts, clock, windows, funnels, groups, owners, rooms, ranks, found,
         limits):  # fmt: skip
    for row in range(account.size):
        if account[row] == np.uint64(0):
            continue
        _tick(time[row], clock, windows, funnels, groups, owners, rooms, limits)
        if time[row] > clock.latest[0] - limits.kept:
            if flags[row] & REWARDS and flags[row] & INVITES:
                clock.evicted[0] += show_coupon(funnels, account[row], time[row], limits)
            if flags[row] & SELLS:
                sells(owners, account[row], time[row])
        _tell(facts[row], account[row], np.uint64(0), time[row], funnels, owners, rooms,
              ranks, found, limits)  # fmt: skip


@kernel
def _hear(events, facts, clock, windows, funnels, groups, owners, rooms, ranks, found, limits):
    for row in range(events.size):
        event = events[row]
        account, other, time, kind = event.account, event.other, event.time, event.kind
        if account == np.uint64(0):
            continue
        _tick(time, clock, windows, funnels, groups, owners, rooms, limits)
        place = other if kind in (ENTERED, OPENED) else np.uint64(0)
        standing = kind in (OWNED, JOINED)
        old = time <= clock.latest[0] - limits.kept
        if find(clock.events, event.event) >= 0:
            pass
        elif old and not standing:
            clock.late[0] += 1
        else:
            slot = room(clock.events, clock.times, event.event)
            clock.events[slot], clock.times[slot] = event.event, time
            if kind == FRIEND:
                clock.evicted[0] += befriend(funnels, account, time)
            elif kind == JOINED and other != np.uint64(0):
                own(groups, owners, other, np.uint64(0), account, time)
            elif kind == OWNED and other != np.uint64(0):
                clock.evicted[0] += own(groups, owners, other, account, np.uint64(0), time)
            elif kind == OPENED and other != np.uint64(0):
                clock.evicted[0] += opens(rooms, owners, other, account, time, limits)
            elif kind == ENTERED and other != np.uint64(0):
                clock.evicted[0] += arrive(rooms, other, account, time, limits)
            if not old and kind < OWNED:
                clock.evicted[0] += _count(windows, event, limits)
        if kind < OWNED:
            _tell_window(facts[row], windows, event, limits)
        _tell(facts[row], account, place, time, funnels, owners, rooms, ranks, found, limits)


@kernel
def _tell(fact, account, place, time, funnels, owners, rooms, ranks, found, limits):
    if place == np.uint64(0):
        raised = tell_funnel(fact, funnels, account, time, limits)
        slot = find(owners.names, account)
        if slot >= 0:
            fact.groups = owners.groups[slot]
            place = owners.room[slot]
    else:
        raised = False
    if place != np.uint64(0):
        raised |= tell_room(fact, rooms, owners, place, time, ranks, found, limits)
    fact.raised = raised


@kernel
def _window(event, limits):
    """Of whom a window is, when it began, and its name."""
    about = event.other if event.kind in (JOINED, ENTERED) else event.account
    start = event.time // limits.window
    return about, start, mixed(mixed(about, int(event.kind) + 1), start)


@kernel
def _count(windows, event, limits):
    about, start, name = _window(event, limits)
    if about == np.uint64(0):
        return 0
    slot, gone = find(windows.names, name), 0
    if slot < 0:
        slot = room(windows.names, windows.worth, name)
        gone = windows.names[slot] != np.uint64(0)
        windows.names[slot], windows.subject[slot] = name, about
        windows.start[slot], windows.kind[slot] = start * limits.window, event.kind
        windows.worth[slot] = 0
        windows.bits[slot] = np.uint64(0)
    # people who join or enter count once each; who was added as a friend is told by the event alone
    placed = event.kind in (JOINED, ENTERED)
    number = mixed(event.account if placed else event.event, 2)
    bit = np.uint64(1) << (number & np.uint64(63))
    at = (number >> np.uint64(6)) % np.uint64(windows.bits.shape[1])
    if windows.bits[slot, at] & bit == np.uint64(0):
        windows.bits[slot, at] |= bit
        windows.worth[slot] += 1
    return int(gone)


@kernel
def _tell_window(fact, windows, event, limits):
    _, _, name = _window(event, limits)
    slot = find(windows.names, name)
    # bits in use are surely not more than people
    if slot >= 0 and windows.worth[slot] >= limits.least_people:
        free = max(1, _WINDOW_BITS - windows.worth[slot])
        fact.people = np.uint32(round(_WINDOW_BITS * np.log(_WINDOW_BITS / free)))


@kernel
def _tick(time, clock, windows, funnels, groups, owners, rooms, limits):
    """Once a day of the events' own time, what is older than is kept goes."""
    clock.latest[0] = max(clock.latest[0], time)
    day = clock.latest[0] // _DAY
    if day == clock.swept[0]:
        return
    clock.swept[0] = day
    oldest = clock.latest[0] - limits.kept
    for slot in range(windows.names.size):
        if windows.names[slot] != np.uint64(0) and windows.start[slot] <= oldest:
            windows.names[slot] = windows.subject[slot] = np.uint64(0)
            windows.worth[slot] = windows.start[slot] = 0
            windows.bits[slot] = np.uint64(0)
    age(funnels, clock.latest[0], oldest)
    for slot in range(rooms.names.size):
        if rooms.names[slot] != np.uint64(0) and rooms.opened[slot] <= oldest:
            rooms.names[slot] = rooms.owner[slot] = np.uint64(0)
            rooms.registers[slot] = np.uint8(0)
    oldest = clock.latest[0] - limits.standing
    for slot in range(groups.names.size):
        if groups.names[slot] != np.uint64(0) and groups.worth[slot] <= oldest:
            groups.names[slot] = groups.owner[slot] = np.uint64(0)
    for slot in range(owners.names.size):
        if owners.names[slot] != np.uint64(0) and owners.latest[slot] <= oldest:
            owners.names[slot] = np.uint64(0)
            owners.registers[slot] = np.uint8(0)

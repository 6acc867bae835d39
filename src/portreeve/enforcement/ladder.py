"""From strikes to sanctions: the law of the ladder, as a pure replay.

What an account's strikes bring is computed from nothing but the strikes that count, in the order in
which they were given. So a strike that is withdrawn leaves no trace, whatever else happened since.

The law:

1. Strikes count per network and ladder. An item strikes a ladder once: of several decisions on one
   item (edited and refused again, say) the heaviest strike counts.
2. A strike is forgotten when it expires, by the ladder's ``strikes_expire``.
3. A strike that makes the count rise brings the sanctions of the highest step whose ``at`` the
   count has reached. So a third strike brings the step at 2 again if the next is at 4, and no
   strike beyond the last step is free.
4. What a step brings begins with the strike and runs its time, also when strikes expire meanwhile:
   expiry keeps an account from climbing further, it does not shorten what was earned.
5. A sanction that would end no later than one of its kind and ladder already running is not brought
   again. ``warn`` and ``disgorge`` are acts: they are done each time and last for no time.
6. A strike is judged by the ladder as the policy version has it that gave the strike.
7. What a person lifted by hand is over from then on; the next strike may bring it again.

``disgorge`` takes back what was won while the items of all strikes that count then were shown.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from portreeve.enforcement.windows import Window, union
from portreeve.policy.parts import Ladder, Sanction, Step

ACTS: frozenset[str] = frozenset({"warn", "disgorge"})
"""Sanctions that are done at once; the others last."""

UNTIMED: frozenset[str] = ACTS | {"ban"}
"""Sanctions that have no length, whatever else their step says."""


@dataclass(frozen=True, slots=True)
class Strike:
    """A strike that counts: ``count`` of them on ``ladder``, by the ladders of ``policy``.

    ``seq`` orders those given at one time. ``shown``: when people could see the item; None when it
    never appeared.
    """

    id: str
    item: str
    ladder: str
    policy: str
    count: int
    given: datetime
    expires: datetime | None
    seq: int = 0
    shown: Window | None = None

    def counts_at(self, time: datetime) -> bool:
        """Whether it is given and not forgotten at a time."""
        return self.given <= time and (self.expires is None or time < self.expires)


@dataclass(frozen=True, slots=True)
class Key:
    """What makes a sanction the same when strikes are replayed: its strike, its step, its kind."""

    strike: str
    step: int
    kind: Sanction


@dataclass(frozen=True, slots=True)
class Imposed:
    """A sanction that strikes bring. ``ends`` is None for an act, and for what has no end."""

    key: Key
    ladder: str
    begins: datetime
    ends: datetime | None
    windows: tuple[Window, ...] = ()

    @property
    def kind(self) -> Sanction:
        """What it is."""
        return self.key.kind

    @property
    def lasts(self) -> bool:
        """Whether it restricts for a time, or without end; an act does not."""
        return self.kind not in ACTS

    def runs_at(self, time: datetime) -> bool:
        """Whether it restricts at a time."""
        return self.lasts and self.begins <= time and (self.ends is None or time < self.ends)


Ladders = Mapping[tuple[str, str], Ladder]
"""Ladders by policy label and name."""


def replay(
    strikes: Iterable[Strike],
    ladders: Ladders,
    now: datetime,
    lifted: Mapping[Key, datetime] | None = None,
) -> list[Imposed]:
    """The sanctions that an account's strikes in one network bring until now, the oldest first.

    ``strikes``: those not withdrawn, in any order. ``ladders``: for every strike; one whose ladder
    is missing brings nothing. ``lifted``: what a person ended by hand, and when.

    >>> from datetime import timedelta
    >>> day = timedelta(days=1)
    >>> steps = (Step(1, ("warn",), None), Step(2, ("mute",), 7 * day))
    >>> ladders = {("p@1", "selling"): Ladder("selling", None, steps)}
    >>> june = datetime(2014, 6, 1)
    >>> strikes = [
    ...     Strike(f"s{n}", f"post-{n}", "selling", "p@1", 1, june + n * day, None) for n in (0, 3)
    ... ]
    >>> brought = replay(strikes, ladders, june + 9 * day)
    >>> [(s.kind, s.begins.day, s.ends and s.ends.day) for s in brought]
    [('warn', 1, None), ('mute', 4, 11)]
    """
    given = sorted((strike for strike in strikes if strike.given <= now), key=_order)
    place = {strike.id: number for number, strike in enumerate(given)}
    by_ladder: dict[str, list[Strike]] = defaultdict(list)
    for strike in given:
        by_ladder[strike.ladder].append(strike)
    imposed = itertools.chain.from_iterable(
        _climb(on, ladders, lifted or {}) for on in by_ladder.values()
    )
    return sorted(imposed, key=lambda one: place[one.key.strike])


def count_at(strikes: Iterable[Strike], time: datetime) -> int:
    """How many strikes of one ladder count at a time, each item once."""
    heaviest: dict[str, int] = {}
    for strike in strikes:
        if strike.counts_at(time):
            heaviest[strike.item] = max(heaviest.get(strike.item, 0), strike.count)
    return sum(heaviest.values())


def step_at(ladder: Ladder, count: int) -> Step | None:
    """The highest step that so many strikes reach."""
    return max((s for s in ladder.steps if s.at <= count), key=lambda s: s.at, default=None)


def _order(strike: Strike) -> tuple[datetime, int, str]:
    return strike.given, strike.seq, strike.id


def _climb(
    strikes: list[Strike], ladders: Ladders, lifted: Mapping[Key, datetime]
) -> Iterator[Imposed]:
    """What the strikes of one ladder bring, in their order."""
    counting = _Counting()
    running: dict[Sanction, datetime | None] = {}
    for strike in strikes:
        rose = counting.add(strike)
        ladder = ladders.get((strike.policy, strike.ladder))
        step = step_at(ladder, counting.count) if ladder and rose else None
        if step is None:
            continue
        for kind in step.sanctions:
            key = Key(strike.id, step.at, kind)
            ends = strike.given + step.lasts if step.lasts and kind not in UNTIMED else None
            if kind not in ACTS:
                if kind in running and _no_longer_than(ends, running[kind], strike.given):
                    continue
                running[kind] = _earlier(ends, lifted.get(key))
            windows = counting.windows() if kind == "disgorge" else ()
            yield Imposed(key, strike.ladder, strike.given, ends, windows)


@dataclass
class _Counting:
    """The strikes that count while time passes, each item once."""

    count: int = 0
    _items: dict[str, list[Strike]] = field(default_factory=dict)
    _expiring: list[tuple[datetime, str, Strike]] = field(default_factory=list)

    def add(self, strike: Strike) -> bool:
        """Forget what has expired by now, then count the strike; whether the count rose by it."""
        while self._expiring and self._expiring[0][0] <= strike.given:
            gone = heapq.heappop(self._expiring)[2]
            self._change(gone.item, [s for s in self._items[gone.item] if s is not gone])
        before = self.count
        self._change(strike.item, [*self._items.get(strike.item, ()), strike])
        if strike.expires is not None:
            heapq.heappush(self._expiring, (strike.expires, strike.id, strike))
        return self.count > before

    def windows(self) -> tuple[Window, ...]:
        """When people could see the items whose strikes count."""
        return union(s.shown for on in self._items.values() for s in on if s.shown is not None)

    def _change(self, item: str, strikes: list[Strike]) -> None:
        old = self._items.pop(item, [])
        self.count -= max((s.count for s in old), default=0)
        if strikes:
            self._items[item] = strikes
            self.count += max(s.count for s in strikes)


def _no_longer_than(ends: datetime | None, running: datetime | None, now: datetime) -> bool:
    """Whether a sanction until ``ends`` adds nothing to one running until ``running``."""
    if running is None:
        return True
    return running > now and ends is not None and ends <= running


def _earlier(ends: datetime | None, lifted: datetime | None) -> datetime | None:
    return lifted if ends is None or (lifted is not None and lifted < ends) else ends

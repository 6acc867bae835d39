"""Trajectories: how the goods of a seller change, and the alarm on a slide towards black goods.

Remembered of each seller: how many selling posts of each tier, in periods of a few days over some
weeks, and all that was before in one sum. A slide is a moment after which posts at or above
``tier`` have become more frequent than before it. All moments are tried; the evidence is the log
likelihood ratio of two shares against one (the binomial G statistic, halved), in nats. A seller who
has always sold at that tier is steady, whatever the tier.

The counts are the same in whatever order posts come: a late post counts in the period of its own
time. An alarm stands as it was raised; a late post does not take it back.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from portreeve.memory.pages import copy_pages
from portreeve.memory.slots import capacity, find, room
from portreeve.memory.traces import SELLS, Traces
from portreeve.model import TIERS
from portreeve.signals.compiled import inlined, kernel

_SECOND = 1_000_000
_TIERS = len(TIERS)
_MOST = np.uint16(65_535)
_BLACK = TIERS.index("black") + 1

SLIDE = np.dtype(
    [
        ("posts", np.uint32),
        ("before", np.float32),
        ("now", np.float32),
        ("evidence", np.float32),
        ("since", np.int64),
        ("alarmed", np.int64),
        ("black", np.int64),
        ("slid", np.bool_),
        ("raised", np.bool_),
    ],
    align=True,
)
"""What is known of an item's seller. ``posts``: selling posts of a known tier; ``before``, ``now``:
the share of them at or above ``tier``, before the likeliest moment of a slide and since; 0 without
such a moment; ``evidence`` for it in nats; ``since``: that moment, by the period; ``alarmed``: when
the alarm was raised; ``black``: when the first black goods were offered; 0 for never. ``slid``: the
alarm stands; ``raised``: it is this item that raised it."""


@dataclass(frozen=True)
class TrajectorySettings:
    """When a change of goods is a slide."""

    tier: str = "grey-strict"
    """The tier whose rise is watched, with all above it."""
    period: int = 3 * 86_400
    """Seconds of a period."""
    periods: int = 24
    """Periods that are told apart; what is older counts as before."""
    least_before: int = 6
    """Posts that must be known from before the slide: whoever begins so does not slide."""
    least_since: int = 3
    """Posts at or above the tier that must have come since."""
    least_periods: int = 2
    """Periods that those must have come in: one evening's worth is no slide."""
    least_rise: float = 0.3
    """How much the share must have risen."""
    evidence: float = 6.0
    """Nats of evidence that raise the alarm."""
    stands: int = 90 * 86_400
    """Seconds that an alarm stands."""
    sellers: int = 65_536
    """Sellers that are remembered; then the one of the shelf who sold longest ago goes."""
    items: int = 32
    """Latest selling posts of each seller among which one that comes again is known."""


class Trajectories:
    """What sellers sold, and who slides.

    >>> from portreeve.memory.traces import TRACE
    >>> rows = np.zeros(30, dtype=TRACE)
    >>> rows["item"], rows["account"], rows["flags"] = np.arange(1, 31), 7, SELLS
    >>> rows["time"] = np.arange(30) * 86_400 * 1_000_000
    >>> rows["tier"] = [2] * 20 + [3] * 10
    >>> facts = Trajectories().see(Traces(rows, np.zeros(0)))
    >>> np.flatnonzero(facts["raised"]).tolist()
    [23]
    """

    def __init__(self, settings: TrajectorySettings | None = None) -> None:
        self.settings = settings or TrajectorySettings()
        many, of = capacity(self.settings.sellers), self.settings
        self._state: dict[str, NDArray[Any]] = {
            "accounts": np.zeros(many, np.uint64),
            "latest": np.zeros(many, np.int64),
            "head": np.zeros(many, np.int64),
            "counts": np.zeros((many, of.periods, _TIERS), np.uint16),
            "older": np.zeros((many, _TIERS), np.uint32),
            "items": np.zeros((many, of.items), np.uint64),
            "next": np.zeros(many, np.int64),
            "alarmed": np.zeros(many, np.int64),
            "since": np.zeros(many, np.int64),
            "black": np.zeros(many, np.int64),
            "evicted": np.zeros(1, np.int64),
        }

    @property
    def evicted(self) -> int:
        """Sellers who were forgotten because there was no room."""
        return int(self._state["evicted"][0])

    def see(self, traces: Traces) -> NDArray[np.void]:
        """Learn the selling posts of a batch, and tell of each row's account: :data:`SLIDE`."""
        rows = traces.rows
        # copies: views of one row or of a journal's bytes are other types to the kernel
        facts = np.zeros(len(rows), dtype=SLIDE)
        _see(
            *(np.array(rows[name]) for name in _READ),
            facts, *self._state.values(), *_numbers(self.settings),
        )  # fmt: skip
        return facts

    def forget(self, accounts: NDArray[np.uint64]) -> None:
        """Forget sellers wholly."""
        for account in accounts:
            slot = find(self._state["accounts"], np.uint64(account))
            if slot >= 0:
                for name, array in self._state.items():
                    if name != "evicted":
                        array[slot] = 0

    def history(self, account: np.uint64) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The beginning of each period that is remembered of a seller, in microseconds, and how
        many selling posts of each tier it had; what is older stands first. Both empty for one who
        is not known."""
        slot = find(self._state["accounts"], account)
        if slot < 0:
            return np.zeros(0, np.int64), np.zeros((0, _TIERS), np.int64)
        of = self.settings
        ends = self._state["head"][slot] + np.arange(-of.periods, 1)
        counts = self._state["counts"][slot][ends[1:] % of.periods]
        counted = np.concatenate([self._state["older"][slot][np.newaxis], counts])
        return ends * of.period * _SECOND, counted.astype(np.int64)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The whole state, for a snapshot; not a copy."""
        return dict(self._state)

    @classmethod
    def of(
        cls, arrays: dict[str, NDArray[Any]], settings: TrajectorySettings | None = None
    ) -> Trajectories:
        """Go on from a snapshot; the settings of its sizes must be the same.

        Raises:
            ValueError: they are not.
        """
        made = cls(settings)
        for name, array in made._state.items():
            if arrays[name].shape != array.shape:
                raise ValueError(
                    f"snapshot of trajectories: {name} has shape {arrays[name].shape}, "
                    f"the settings ask for {array.shape}"
                )
            copy_pages(arrays[name], array)
        return made


_READ = ("item", "account", "time", "tier", "flags")


@functools.cache
def _numbers(settings: TrajectorySettings) -> tuple[int | float, ...]:
    """The settings as the kernel takes them: all but the sizes of arrays."""
    values = dataclasses.asdict(settings)
    values["tier"] = TIERS.index(settings.tier)
    values["period"] *= _SECOND
    values["stands"] *= _SECOND
    values["evidence"] = float(settings.evidence)
    values["least_rise"] = float(settings.least_rise)
    return tuple(value for name, value in values.items() if name not in {"sellers", "items"})


@kernel
def _see(
    item, account, time, tier, flags, facts,
    accounts, latest, head, counts, older, items, next_item, alarmed, since, black, evicted,
    from_tier, period, periods, least_before, least_since, least_periods, least_rise,
    least_evidence, stands,
):  # fmt: skip
    for row in range(account.size):
        if account[row] == np.uint64(0):
            continue
        slot = find(accounts, account[row])
        sells = tier[row] > 0 and flags[row] & SELLS != 0
        fresh = sells
        if sells and slot < 0:
            slot = room(accounts, latest, account[row])
            if accounts[slot] != np.uint64(0):
                evicted[0] += 1
            accounts[slot] = account[row]
            counts[slot] = 0
            older[slot] = 0
            items[slot] = 0
            next_item[slot] = 0
            alarmed[slot] = 0
            since[slot] = 0
            black[slot] = 0
            latest[slot] = time[row]
            head[slot] = time[row] // period
        elif sells:
            for at in range(items.shape[1]):
                fresh &= items[slot, at] != item[row]
        if slot < 0:
            continue
        if fresh:
            items[slot, next_item[slot]] = item[row]
            next_item[slot] = (next_item[slot] + 1) % items.shape[1]
            latest[slot] = max(latest[slot], time[row])
            _count(counts[slot], older[slot], head, slot, time[row] // period, tier[row] - 1)
            if tier[row] == _BLACK and (black[slot] == 0 or time[row] < black[slot]):
                black[slot] = time[row]
        _tell(
            facts[row], counts[slot], older[slot], head[slot], from_tier, periods,
            least_before, least_since, least_periods, least_rise,
        )  # fmt: skip
        fact = facts[row]
        fact.since *= period
        if fresh and fact.evidence >= least_evidence and fact.since > since[slot]:
            # a slide is told once: the next one begins after the alarm on this one
            alarmed[slot] = time[row]
            since[slot] = max(latest[slot], fact.since)
            fact.raised = True
        fact.alarmed = alarmed[slot]
        fact.black = black[slot]
        fact.slid = alarmed[slot] != 0 and time[row] - alarmed[slot] < stands


@kernel
def _count(counts, older, head, slot, at, tier):
    """Count a post in its period; periods that leave the window go to what is older."""
    periods = counts.shape[0]
    ahead = at - head[slot]
    if ahead > 0:
        for leaving in range(1, min(ahead, periods) + 1):
            old = counts[(head[slot] + leaving) % periods]
            for one in range(_TIERS):
                older[one] += old[one]
                old[one] = 0
        head[slot] = at
    if head[slot] - at >= periods:
        older[tier] += 1
    elif counts[at % periods, tier] < _MOST:
        counts[at % periods, tier] += 1


@inlined
def _likelihood(hits, many):
    """The log likelihood of a share at its best, without what falls out of ratios."""
    misses = many - hits
    value = 0.0
    if hits > 0:
        value += hits * math.log(hits / many)
    if misses > 0:
        value += misses * math.log(misses / many)
    return value


@kernel
def _tell(
    fact, counts, older, head, from_tier, periods,
    least_before, least_since, least_periods, least_rise,
):  # fmt: skip
    """The likeliest slide of a seller."""
    many, hits, hot = 0, 0, 0
    for at in range(periods):
        high = 0
        for tier in range(_TIERS):
            many += counts[at, tier]
            if tier >= from_tier:
                high += counts[at, tier]
        hits += high
        hot += high > 0
    early, early_hits = 0, 0
    for tier in range(_TIERS):
        early += older[tier]
        if tier >= from_tier:
            early_hits += older[tier]
    fact.posts = many + early
    whole = _likelihood(float(hits + early_hits), float(max(1, many + early)))
    for at in range(head - periods + 1, head + 1):
        if hits < least_since or hot < least_periods:
            break
        if early >= least_before:
            before, now = early_hits / early, hits / many
            if now - before >= least_rise:
                found = (
                    _likelihood(float(early_hits), float(early))
                    + _likelihood(float(hits), float(many))
                    - whole
                )
                if found > fact.evidence:
                    fact.evidence = found
                    fact.before = before
                    fact.now = now
                    fact.since = at
        high = 0
        for tier in range(_TIERS):
            gone = counts[at % periods, tier]
            early += gone
            many -= gone
            if tier >= from_tier:
                high += gone
        early_hits += high
        hits -= high
        hot -= high > 0

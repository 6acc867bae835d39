"""Counters: how often, how many different ones, since when; declared in the policy.

A counter belongs to a *key*: an account, a handle, a link, or a group of near copies. Its window
reaches back from each item's own time, the item included. It has :data:`BUCKETS` buckets, of which
the item's own is not over yet: a window of a day reaches back 23 to 24 hours, and never further, so
that nobody is said to have done more in a day than they did.

Exact or not: counts are exact. Different members are counted exactly up to :data:`EXACT` a key in
a window; beyond, they are estimated from a sample of 32 to 64 of them, with a standard error of at
most 18 %. Late items count in the bucket of their own time while it is kept (:data:`SPARE` buckets
longer than the window); later ones count no more, and are counted in ``late``. So the state after
a log does not depend on the order of its items, as long as none is later than that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from portreeve.memory import counting, slots
from portreeve.memory.hashing import Numbers
from portreeve.memory.pages import copy_pages
from portreeve.memory.traces import CODE_KEY, CONTACT_KEY, KEY_KINDS, LINK_KEY, QR_KEY, Traces

if TYPE_CHECKING:
    from portreeve.policy import Counter

BUCKETS = 24
"""Buckets of a window, the one that the item stands in included."""
SPARE = 8
"""Buckets kept beyond a window, for items that come late."""
EXACT = 64
"""Different members of a key that are counted exactly."""
MOST_PERIODS = 64
"""Periods kept of a key's own past."""
KEYS = 1 << 17
"""Keys that a counter remembers; when there are more, what was seen least lately goes."""

_BACK = BUCKETS - 1
_MICROSECONDS = 1_000_000
_OF_KEYS = {
    by: np.isin(np.arange(len(KEY_KINDS)), kinds)
    for by, kinds in {"contact": (CONTACT_KEY, QR_KEY), "link": (LINK_KEY, CODE_KEY)}.items()
}
"""Which kinds of keys are meant, by their numbers."""


@dataclass(frozen=True)
class Batch:
    """Traces, and what else is known of them.

    ``groups``: the near-copy group of each, 0 without one; ``fresh``: False for an item that was
    counted before.
    """

    traces: Traces
    groups: Numbers
    fresh: NDArray[np.bool_]
    _pairs: dict[str, tuple[NDArray[np.int64], Numbers]] = field(default_factory=dict)

    def pairs(self, by: str) -> tuple[NDArray[np.int64], Numbers]:
        """Rows and their keys of a kind, in the order of rows."""
        if by not in self._pairs:
            self._pairs[by] = self._found(by)
        return self._pairs[by]

    def _found(self, by: str) -> tuple[NDArray[np.int64], Numbers]:
        match by:
            case "account":
                whole = self.traces.rows["account"]
            case "audience":
                whole = self.traces.rows["audience"]
            case "copy":
                whole = self.groups
            case _:
                found = self.traces.keys[_OF_KEYS[by][self.traces.keys["kind"]]]
                # a copy: of one record the view would do, unaligned, another type to the kernels
                return found["row"].astype(np.int64), found["key"].copy()
        rows = np.flatnonzero(whole)
        return rows, np.ascontiguousarray(whole[rows])


@dataclass
class _Table:
    """The keys of one counter, with what it remembers of each.

    ``missed``: items too late to count, and keys that had to go.
    """

    counter: Counter
    names: Numbers
    newest: NDArray[np.int64]
    parts: dict[str, NDArray[Any]]
    missed: NDArray[np.int64] = field(default_factory=lambda: np.zeros(2, np.int64))

    @classmethod
    def empty(cls, counter: Counter, keys: int) -> _Table:
        size = slots.capacity(keys)
        return cls(counter, np.zeros(size, np.uint64), np.zeros(size, np.int64),
                   _parts(counter, size))  # fmt: skip

    @property
    def over(self) -> int:
        return int(self.counter.over.total_seconds()) * _MICROSECONDS

    @property
    def bucket(self) -> int:
        return self.over // BUCKETS

    @property
    def periods(self) -> int:
        """How many windows its past has."""
        return int(self.counter.against / self.counter.over) if self.counter.against else 0

    def see(self, batch: Batch, counted: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Count the items of a batch that are fresh and ``counted``; the value for each."""
        rows, keys = batch.pairs(self.counter.by)
        told = np.full(len(batch.traces), np.nan, np.float32)
        told[rows] = 0
        if not len(rows):
            return told
        added = batch.fresh & counted
        times = np.ascontiguousarray(batch.traces.rows["time"])
        state = (self.names, self.newest)
        p = self.parts
        match self.counter.count:
            case "posts":
                window = (*state, p["rings"], p["begun"], _BACK, self.bucket, told, self.missed)
                if self.counter.against is None:
                    counting.count(rows, keys, added, times, *window)
                else:
                    told[:] = np.nan
                    counting.rate(
                        rows, keys, added, times, *window, p["past_names"], p["past_newest"],
                        p["past"], p["past_begun"], self.over, self.periods,
                    )  # fmt: skip
            case "hours":
                counting.first_time(rows, keys, added, times, *state, p["begun"], told, self.missed)
            case members:
                who, names = batch.pairs(members.removesuffix("s"))
                first = np.searchsorted(who, np.arange(len(batch.traces) + 1))
                counting.collect(rows, keys, added, times, first, names, *state, p["seen"],
                                 p["last"], p["level"], _BACK, self.bucket, told,
                                 self.missed)  # fmt: skip
        return told

    def forget(self, accounts: Numbers) -> None:
        if self.counter.by == "account":
            counting.leave_out(accounts, self.names, self.newest)
            if "past_names" in self.parts:
                counting.leave_out(accounts, self.parts["past_names"], self.parts["past_newest"])
        if self.counter.count == "accounts":
            counting.leave_out_members(accounts, self.parts["seen"])

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"names": self.names, "newest": self.newest, "missed": self.missed, **self.parts}


def _parts(counter: Counter, size: int) -> dict[str, NDArray[Any]]:
    """What is remembered of each key, by the kind of counter."""
    match counter.count:
        case "hours":
            return {"begun": np.zeros(size, np.int64)}
        case "posts":
            kept = BUCKETS + SPARE
            parts: dict[str, NDArray[Any]] = {
                "rings": np.zeros((size, kept), np.uint32),
                "begun": np.zeros(size, np.int64),
            }
            if counter.against is not None:
                periods = int(counter.against / counter.over)
                parts |= {
                    "past_names": np.zeros(size, np.uint64),
                    "past_newest": np.zeros(size, np.int64),
                    "past": np.zeros((size, min(periods, MOST_PERIODS) + 2), np.uint32),
                    "past_begun": np.zeros(size, np.int64),
                }
            return parts
        case _:
            return {
                "seen": np.zeros((size, EXACT), np.uint64),
                "last": np.zeros((size, EXACT), np.int64),
                "level": np.zeros(size, np.int64),
            }


class Counters:
    """The counters that policies declare, by their identity.

    A counter begins at nothing when it is first declared, and is forgotten when no policy declares
    it any more. ``keys``: how many keys each remembers.
    """

    def __init__(self, declared: Iterable[Counter] = (), keys: int = KEYS) -> None:
        self._keys = keys
        self._tables: dict[str, _Table] = {}
        self.declare(declared)

    def declare(self, declared: Iterable[Counter]) -> None:
        """Count these from now on, and no others; those that were counted go on."""
        wanted = {counter.identity: counter for counter in declared}
        self.declared = tuple(wanted.values())
        self._tables = {
            identity: self._tables.get(identity) or _Table.empty(counter, self._keys)
            for identity, counter in wanted.items()
        }

    @property
    def identities(self) -> tuple[str, ...]:
        """What is counted, in the order of the rows of ``counted``."""
        return tuple(self._tables)

    @property
    def late(self) -> int:
        """Items that came too late to be counted."""
        return sum(int(table.missed[0]) for table in self._tables.values())

    @property
    def evicted(self) -> int:
        """Keys that had to go for others."""
        return sum(int(table.missed[1]) for table in self._tables.values())

    def see(self, batch: Batch, counted: NDArray[np.bool_]) -> dict[str, NDArray[np.float32]]:
        """Count a batch, and give each counter's value for each item, NaN without a key.

        ``counted``: bool[counters, rows], whose condition holds for which item, in the order of
        :attr:`identities`.
        """
        return {
            identity: table.see(batch, held)
            for (identity, table), held in zip(self._tables.items(), counted, strict=True)
        }

    def forget(self, accounts: Numbers) -> None:
        """Erase accounts: what was counted of them, and they among what was counted of others."""
        for table in self._tables.values():
            table.forget(accounts)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The whole state, as ``identity/part``."""
        return {
            f"{identity}/{name}": array
            for identity, table in self._tables.items()
            for name, array in table.arrays().items()
        }

    @classmethod
    def of(
        cls, arrays: Mapping[str, NDArray[Any]], declared: Sequence[Counter], keys: int = KEYS
    ) -> Counters:
        """Go on where ``arrays`` were taken; what is no longer declared is left out."""
        counters = cls(declared, keys)
        for identity, table in counters._tables.items():
            for name, array in table.arrays().items():
                kept = arrays.get(f"{identity}/{name}")
                if kept is not None and kept.shape == array.shape:
                    copy_pages(kept, array)
        return counters


class Seen:
    """Which items were seen before: a delivery that is repeated is not counted again.

    ``items``: how many are remembered, the latest.
    """

    def __init__(self, items: int = 1 << 20) -> None:
        size = slots.capacity(items)
        self._names, self._newest = np.zeros(size, np.uint64), np.zeros(size, np.int64)
        self._clock = np.zeros(1, np.int64)

    def fresh(self, traces: Traces) -> NDArray[np.bool_]:
        """Which of these were not seen before; from now on all are."""
        fresh = np.ones(len(traces), dtype=np.bool_)
        items = np.ascontiguousarray(traces.rows["item"])
        counting.unseen(items, self._names, self._newest, self._clock, fresh)
        return fresh

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The whole state."""
        return {"names": self._names, "newest": self._newest, "clock": self._clock}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Seen:
        """Go on where ``arrays`` were taken."""
        seen = cls(len(arrays["names"]))
        seen._names, seen._newest, seen._clock = (
            arrays[name].copy() for name in ("names", "newest", "clock")
        )
        return seen

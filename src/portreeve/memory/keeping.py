"""A memory with its journal: it survives the end of the process, and others' events come to it."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

import polars as pl

from portreeve.memory.events import Event, EventError, decode, encode
from portreeve.memory.journals import Journal, JournalAwayError, Snapshot
from portreeve.memory.memory import Memory, MemorySettings

if TYPE_CHECKING:
    from portreeve.policy import Counter

MOST_WAITING = 10_000
"""Events kept for a journal that is away; beyond, the oldest are counted in ``lost``."""


class Keeper:
    """Feeds a memory from a journal, in the journal's order.

    While the journal is away, memory goes on with what this process sees, and :attr:`trouble` says
    so. When it is back, what waited is kept first; what others kept meanwhile is taken in then.
    What memory saw already it does not count again, so nothing counts twice.
    """

    def __init__(
        self,
        journal: Journal,
        settings: MemorySettings | None = None,
        counters: Iterable[Counter] = (),
    ) -> None:
        """Go on where the journal stands.

        Raises:
            JournalAwayError: it does not answer.
        """
        self._journal = journal
        self._settings = settings or MemorySettings()
        self._name = hashlib.sha256(repr(self._settings).encode()).hexdigest()
        self._waiting: deque[bytes] = deque()
        self.trouble: str | None = None
        """What is wrong with the journal; None when all is well."""
        self.lost = 0
        """Events that no other process will hear of: too many waited for the journal."""
        self.unread = 0
        """Events of the journal that another version wrote."""
        kept = journal.kept()
        if kept is not None and kept.settings == self._name:
            self.memory = Memory.of(kept.arrays, self._settings, counters)
            self._position = kept.position
        else:
            # under other settings of sizes a snapshot has no use; the events since still have
            self.memory = Memory(self._settings, counters)
            self._position = kept.position if kept is not None else 0
        self._catch_up()

    def remember(self, event: Event) -> pl.DataFrame | None:
        """Keep an event and take it in; what :meth:`Memory.apply` tells of it."""
        data = encode(event)
        try:
            self._keep_waiting()
            position = self._journal.append(data)
            self._catch_up(position - 1)
            self._position = position
            self.trouble = None
        except JournalAwayError as error:
            self.trouble = str(error)
            if len(self._waiting) >= MOST_WAITING:
                self._waiting.popleft()
                self.lost += 1
            self._waiting.append(data)
        return self.memory.apply(event)

    def hear(self) -> None:
        """Take in what other processes kept, when this one had nothing to say for a while."""
        try:
            self._keep_waiting()
            self._catch_up()
            self.trouble = None
        except JournalAwayError as error:
            self.trouble = str(error)

    def snapshot(self) -> Snapshot:
        """The state, for :meth:`Journal.keep`; memory must hold still until that is done."""
        return Snapshot(self._position, self._name, self.memory.arrays())

    def _keep_waiting(self) -> None:
        while self._waiting:
            self._journal.append(self._waiting[0])
            self._waiting.popleft()

    def _catch_up(self, until: int | None = None) -> None:
        """Take in what is kept after what was taken in, up to a position."""
        for position, data in self._journal.after(self._position):
            if until is not None and position > until:
                return
            try:
                self.memory.apply(decode(data))
            except EventError:
                self.unread += 1
            self._position = position

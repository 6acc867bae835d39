"""What is remembered between items: the memory of each network, fed by what the service does.

Screening asks it before it judges, so that rules may name what memory tells; relation events and
erasure come to it from their own calls. Memory is kept in a journal of its own, in the data folder
or in Redis, and holds numbers only (:mod:`portreeve.memory`).
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from portreeve.engine import Assessed
from portreeve.memory.campaigns import CampaignSettings, Graph, Step
from portreeve.memory.copies import CopySettings
from portreeve.memory.events import Event, Forgotten, Heard, Items
from portreeve.memory.hashing import numbers
from portreeve.memory.journals import EmbeddedJournal, Journal, JournalAwayError
from portreeve.memory.keeping import Keeper
from portreeve.memory.memory import Memory, MemorySettings, counted_by
from portreeve.memory.relations import RelationSettings, relation_events
from portreeve.memory.traces import Secret, trace
from portreeve.memory.trajectories import TrajectorySettings
from portreeve.memory.trees import Forest
from portreeve.model import RelationEvent
from portreeve.policy import Counter, Policy
from portreeve.schemas.screening import Submission
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.remembering_names import memory_secret

FOLDER = "memory"
"""The folder of the journals, in the data folder."""
SNAPSHOT_EVERY = 100_000
"""Events of a journal after which memory's state is kept in place of them; also at the end."""
FLOOD = 1_000
"""So much of a part going for want of room between two looks, ten seconds, is logged."""
SIZES = MemorySettings(
    copies=CopySettings(capacity=1 << 17),
    campaigns=CampaignSettings(accounts=1 << 17, keys=1 << 18, edges=1 << 19, items=1 << 18),
    items=1 << 18,
)
"""How much a service remembers: about 200 MiB when all of it is full."""
_TINY = MemorySettings(
    copies=CopySettings(capacity=16),
    campaigns=CampaignSettings(accounts=16, keys=16, edges=16, items=16),
    trajectories=TrajectorySettings(sellers=16),
    relations=RelationSettings(windows=16, accounts=16, groups=16, owners=16, rooms=16, events=16),
    keys=16,
    items=16,
)
_log = logging.getLogger("portreeve.memory")


class MemoryState(NamedTuple):
    """How a network's memory is. ``evicted``: what had to go for want of room, by part; ``late``:
    items that came too late to be counted; ``trouble`` with its journal."""

    evicted: dict[str, int]
    late: int
    lost: int
    unread: int
    trouble: str | None


class _Network:
    """One network's memory; ``lock`` is held by whoever works with it."""

    def __init__(self, keeper: Keeper, journal: Journal) -> None:
        self.keeper, self.journal = keeper, journal
        self.lock = threading.Lock()
        self.events = 0
        self.grown = (0, 0)
        self.forest = keeper.memory.growing().grow()
        self.forest_number = secrets.randbits(62)
        self.counters: tuple[Counter, ...] = ()
        keeper.memory.planted(self.forest)

    def plant(self, forest: Forest) -> None:
        """These are its trees now."""
        self.keeper.memory.planted(forest)
        self.forest = forest
        self.forest_number += 1


class Remembering:
    """The memory of every network.

    Turned off by the setting ``memory``, it tells nothing: signals of memory and counters are NULL.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._networks: dict[str, _Network] = {}
        self._opening = threading.Lock()
        self._secret: Secret | None = None
        self._trouble: dict[str, str] = {}
        self._evicted: dict[tuple[str, str], int] = {}

    @property
    def on(self) -> bool:
        """Whether anything is remembered."""
        return self._context.settings.memory

    @property
    def trouble(self) -> str | None:
        """What is wrong with a journal; None when all is well."""
        found = [one.keeper.trouble for one in list(self._networks.values()) if one.keeper.trouble]
        return next(iter([*self._trouble.values(), *found]), None)

    @property
    def networks(self) -> list[str]:
        """The networks whose memory is open, which is all of which items came."""
        return sorted(self._networks)

    def evicted(self) -> dict[tuple[str, str], int]:
        """What had to go for want of room, by network and part."""
        return {
            (name, part): count
            for name, memory in list(self._networks.items())
            for part, count in memory.keeper.memory.evicted.items()
        }

    # --- screening --------------------------------------------------------------------------------

    def remember(
        self,
        network: str,
        submissions: Sequence[Submission],
        assessed: Assessed,
        policies: Sequence[Policy],
        now: datetime,
        alike: Sequence[Sequence[str]] = (),
    ) -> pl.DataFrame | None:
        """Take in submissions, and tell what is remembered of them, these included: signals of
        memory by their names, counters by their identities. None when nothing is.

        An item that is sent again unchanged counts once; an edit is another item. ``policies``: all
        whose counters are asked for, first the one that decides; ``alike``: for each submission the
        names of its pictures that others share which look like them.
        """
        memory = self._of(network)
        if memory is None:
            return None
        wanted = {c.identity: c for policy in policies for c in policy.counters.values()}
        counted: dict[str, NDArray[np.bool_]] = {}
        for policy in policies:
            counted |= counted_by(policy, assessed.facts)
        ids = pl.Series("id", [f"{s.id}\0{s.text}" for s in submissions], dtype=pl.String)
        items = assessed.items.clone()
        items.replace_column(items.get_column_index("id"), ids)
        traces = trace(
            items, assessed.facts, assessed.places, policies[0], self._secrets(), now, alike
        )
        with memory.lock:
            self._declare(memory, wanted)
            return self._apply(memory, Items(traces, counted))

    def _declare(self, memory: _Network, wanted: Mapping[str, Counter]) -> None:
        """Count what policies ask for. What none asks for any more is counted on until the end of
        the process: two versions may take turns."""
        known = memory.keeper.memory.counters
        if not wanted.keys() <= set(known.identities):
            known.declare([*known.declared, *wanted.values()])

    def _apply(self, memory: _Network, event: Event) -> pl.DataFrame | None:
        told = memory.keeper.remember(event)
        memory.events += 1
        return told

    # --- what others tell -------------------------------------------------------------------------

    def hear(self, events: Iterable[RelationEvent], now: datetime) -> None:
        """Take in relation events; every network's memory hears of them."""
        if not self.on:
            return
        heard = Heard(relation_events(events, self._secrets(), now))
        if not len(heard.events):
            return
        for memory in self._all():
            with memory.lock:
                self._apply(memory, heard)

    def forget(self, account: str) -> None:
        """Forget an account whose person is erased."""
        if not self.on:
            return
        gone = Forgotten(self.numbers([account]))
        for memory in self._all():
            with memory.lock:
                self._apply(memory, gone)
                self._keep(memory)
                memory.plant(memory.keeper.memory.growing().grow())

    # --- asking -----------------------------------------------------------------------------------

    def numbers(self, accounts: Iterable[str]) -> NDArray[np.uint64]:
        """The numbers of accounts."""
        return numbers(list(accounts), self._secrets().account)

    def graph(self, network: str) -> Graph:
        """All accounts, what their posts show, and the campaigns that this makes of them: a copy.

        Raises:
            ServiceError: ``not-found``: nothing is remembered.
        """
        memory = self._need(network)
        with memory.lock:
            return memory.keeper.memory.campaigns.graph()

    def forest(self, network: str) -> Forest:
        """The trees of agents, as they were grown last."""
        return self._need(network).forest

    def grown_forest(self, network: str, known: int) -> tuple[int, Forest | None]:
        """The trees as they were grown last, under a number that no others have, in whatever
        process; None when they are those of the number ``known``."""
        memory = self._need(network)
        with memory.lock:
            number = memory.forest_number
            return number, None if number == known else memory.forest

    def why(self, network: str, one: int, other: int) -> list[Step]:
        """How two accounts are joined; empty when they are not."""
        memory = self._need(network)
        with memory.lock:
            return memory.keeper.memory.campaigns.why(one, other)

    def history(self, network: str, account: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """A seller's goods by tier over time, see
        :meth:`portreeve.memory.trajectories.Trajectories.history`."""
        memory = self._need(network)
        with memory.lock:
            return memory.keeper.memory.trajectories.history(np.uint64(account))

    def alarms(self, network: str, account: int) -> tuple[int, int]:
        """When the alarm of a seller's slide was raised, and when it offered black goods first, in
        microseconds; 0 for never."""
        memory = self._need(network)
        with memory.lock:
            known = memory.keeper.memory.trajectories.arrays()
            at = np.flatnonzero(known["accounts"] == np.uint64(account))
            return (int(known["alarmed"][at[0]]), int(known["black"][at[0]])) if len(at) else (0, 0)

    def windows(self, network: str) -> NDArray[np.void]:
        """Windows of relation events that may be told: records of
        :data:`portreeve.memory.relations.WINDOW`."""
        memory = self._need(network)
        with memory.lock:
            return memory.keeper.memory.relations.windows()

    def crowds(self, network: str) -> NDArray[np.void]:
        """Live rooms whose arrivals may be told: records of
        :data:`portreeve.memory.crowds.CROWD`."""
        memory = self._need(network)
        with memory.lock:
            return memory.keeper.memory.relations.crowds()

    def state(self, network: str) -> MemoryState:
        """How a network's memory is."""
        memory = self._need(network)
        keeper = memory.keeper
        with memory.lock:
            return MemoryState(
                keeper.memory.evicted, keeper.memory.counters.late, keeper.lost, keeper.unread,
                keeper.trouble,
            )  # fmt: skip

    # --- running ----------------------------------------------------------------------------------

    def open(self) -> None:
        """Open the memory of the network that items have when they name none."""
        self._of(self._context.settings.network)

    def warm(self, assessed: Assessed, policy: Policy) -> None:
        """Compile what the first items need, in a memory that is thrown away."""
        if self.on:
            traces = trace(
                assessed.items, assessed.facts, assessed.places, policy, self._secrets(),
                self._context.now(),
            )  # fmt: skip
            scratch = Memory(_TINY, policy.counters.values())
            scratch.apply(Items(traces, {}))
            scratch.apply(Heard(relation_events([], self._secrets(), self._context.now())))

    def grow(self, network: str) -> Forest:
        """Grow the trees of agents from what is remembered now."""
        memory = self._need(network)
        with memory.lock:
            growing = memory.keeper.memory.growing()
            memory.grown = (len(growing.graph.accounts), len(growing.graph.edges))
        forest = growing.grow()
        with memory.lock:
            memory.plant(forest)
        return forest

    def advance(self) -> bool:
        """Grow trees where campaigns grew, hear other processes, keep what has become long."""
        for name, memory in list(self._networks.items()):
            with memory.lock:
                if self._context.settings.memory_redis is not None:
                    memory.keeper.hear()
                if memory.events >= SNAPSHOT_EVERY:
                    self._keep(memory)
                accounts, _, edges = memory.keeper.memory.campaigns.sizes
            if (accounts, edges) != memory.grown:
                self.grow(name)
        self._warn_of_floods()
        return False

    def _warn_of_floods(self) -> None:
        """Say in the log where much had to go since the last look: somebody may flood memory."""
        now = self.evicted()
        for (network, part), count in now.items():
            gone = count - self._evicted.get((network, part), 0)
            if gone >= FLOOD:
                _log.warning("memory floods", extra={"facts": {
                    "network": network, "part": part, "evicted": gone,
                }})  # fmt: skip
        self._evicted = now

    def close(self) -> None:
        """Keep what is remembered, and let go of the journals."""
        for memory in self._networks.values():
            with memory.lock:
                self._keep(memory)
                memory.journal.close()
        self._networks.clear()

    # --- opening ----------------------------------------------------------------------------------

    def _keep(self, memory: _Network) -> None:
        try:
            memory.journal.keep(memory.keeper.snapshot())
            memory.events = 0
        except JournalAwayError as error:
            _log.warning("memory not kept", extra={"facts": {"error": str(error)}})

    def _all(self) -> list[_Network]:
        self.open()
        return list(self._networks.values())

    def _need(self, network: str) -> _Network:
        memory = self._of(network)
        if memory is None:
            raise ServiceError(
                "not-found",
                f"Nothing is remembered of the network {network!r}: memory is turned off, or its "
                "journal does not answer.",
            )
        return memory

    def _of(self, network: str) -> _Network | None:
        found = self._networks.get(network)
        if found is not None or not self.on:
            return found
        with self._opening:
            if network not in self._networks:
                try:
                    self._networks[network] = self._opened(network)
                    self._trouble.pop(network, None)
                except JournalAwayError as error:
                    if network not in self._trouble:
                        _log.warning("memory away", extra={"facts": {"error": str(error)}})
                    self._trouble[network] = str(error)
            return self._networks.get(network)

    def _opened(self, network: str) -> _Network:
        settings = self._context.settings
        journal: Journal
        if settings.memory_redis is not None:
            # a client that only those need who share a memory
            from portreeve.memory.redis_journal import RedisJournal

            journal = RedisJournal(settings.memory_redis, f"portreeve:memory:{network}")
        else:
            folder = self._context.folder / FOLDER
            folder.mkdir(mode=0o700, exist_ok=True)
            journal = EmbeddedJournal(folder / f"{_file_name(network)}.db")
        return _Network(Keeper(journal, SIZES), journal)

    def _secrets(self) -> Secret:
        if self._secret is None:
            self._secret = memory_secret(self._context)
        return self._secret


def _file_name(network: str) -> str:
    """A network's name is that of a policy, which may be the name of a file."""
    return Path(network).name

"""Memory that is kept in the screening process, asked from here."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from portreeve.memory.campaigns import Graph, Step
from portreeve.memory.trees import Forest
from portreeve.model import RelationEvent
from portreeve.service.apart.process import ScreeningProcess
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.remembering import MemoryState, Remembering
from portreeve.store import StoreUnavailableError

_log = logging.getLogger("portreeve.memory")


class RemoteRemembering(Remembering):
    """As :class:`~portreeve.service.remembering.Remembering`, but that items are taken in where
    they are judged, and journals opened and kept there.

    Every question raises ``unavailable`` while the process does not run; what it is told meanwhile
    it is told when it runs again.
    """

    def __init__(self, context: Context, process: ScreeningProcess) -> None:
        super().__init__(context)
        self._process = process
        self._forests: dict[str, tuple[int, Forest]] = {}
        self._untold: deque[tuple[str, tuple[Any, ...]]] = deque()
        self._telling = threading.Lock()

    @property
    def trouble(self) -> str | None:
        """What is wrong with a journal, or with the process."""
        try:
            told: str | None = self._process.ask("trouble")
        except ServiceError as error:
            return error.detail
        return told

    @property
    def networks(self) -> list[str]:
        """The networks whose memory is open; none while the process does not run."""
        try:
            told: list[str] = self._process.ask("networks")
        except ServiceError:
            return []
        return told

    def evicted(self) -> dict[tuple[str, str], int]:
        """What had to go for want of room, by network and part."""
        try:
            told: dict[tuple[str, str], int] = self._process.ask("evicted")
        except ServiceError:
            return {}
        return told

    def hear(self, events: Iterable[RelationEvent], now: datetime) -> None:
        """Take in relation events."""
        if self.on:
            self._tell("hear", list(events), now)

    def forget(self, account: str) -> None:
        """Forget an account whose person is erased."""
        if self.on:
            self._tell("forget", account)

    def graph(self, network: str) -> Graph:
        """All accounts, what their posts show, and the campaigns that this makes of them."""
        told: Graph = self._process.ask("graph", network)
        return told

    def forest(self, network: str) -> Forest:
        """The trees of agents, as they were grown last: the same object until they grow again."""
        known = self._forests.get(network)
        told: tuple[int, Forest | None]
        told = self._process.ask("grown_forest", network, known[0] if known else -1)
        number, forest = told
        if forest is not None:
            known = self._forests[network] = (number, forest)
        assert known is not None
        return known[1]

    def why(self, network: str, one: int, other: int) -> list[Step]:
        """How two accounts are joined; empty when they are not."""
        told: list[Step] = self._process.ask("why", network, one, other)
        return told

    def history(self, network: str, account: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """A seller's goods by tier over time."""
        told: tuple[NDArray[np.int64], NDArray[np.int64]]
        told = self._process.ask("history", network, account)
        return told

    def alarms(self, network: str, account: int) -> tuple[int, int]:
        """When the alarm of a seller's slide was raised, and when it offered black goods first."""
        told: tuple[int, int] = self._process.ask("alarms", network, account)
        return told

    def windows(self, network: str) -> NDArray[np.void]:
        """Windows of relation events that may be told."""
        told: NDArray[np.void] = self._process.ask("windows", network)
        return told

    def crowds(self, network: str) -> NDArray[np.void]:
        """Live rooms whose arrivals may be told."""
        told: NDArray[np.void] = self._process.ask("crowds", network)
        return told

    def state(self, network: str) -> MemoryState:
        """How a network's memory is."""
        told: MemoryState = self._process.ask("state", network)
        return told

    def grow(self, network: str) -> Forest:
        """Grow the trees of agents from what is remembered now."""
        told: Forest = self._process.ask("grow", network)
        return told

    def open(self) -> None:
        """Nothing: the process opens it."""

    def advance(self) -> bool:
        """Tell what could not be told; everything else the process does itself."""
        with suppress(ServiceError):
            self._catch_up()
        return False

    def close(self) -> None:
        """Let the process keep what is remembered, and end."""
        try:
            with suppress(ServiceError, StoreUnavailableError, RuntimeError):
                self._catch_up()
                self._process.ask("close")
        finally:
            self._process.close()

    def _tell(self, what: str, *given: Any) -> None:
        """Tell the process something, after all that it was to be told before."""
        self._untold.append((what, given))
        try:
            self._catch_up()
        except ServiceError as error:
            if error.code != "unavailable":
                raise
            _log.warning("memory is told later", extra={"facts": {"waiting": len(self._untold)}})

    def _catch_up(self) -> None:
        with self._telling:
            while self._untold:
                what, given = self._untold[0]
                try:
                    self._process.ask(what, *given)
                except ServiceError as error:
                    if error.code == "unavailable":
                        raise
                    self._untold.popleft()
                    raise
                self._untold.popleft()

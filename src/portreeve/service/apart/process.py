"""The screening process as the service sees it: started, spoken with, started again."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from portreeve.service.apart import wire
from portreeve.service.errors import ServiceError
from portreeve.service.settings import Settings
from portreeve.store import StoreUnavailableError

_START_SECONDS = 120.0
"""It may have to compile what is not kept yet."""
_END_SECONDS = 10.0
_LONGEST_PAUSE = 30.0
"""Between two starts that fail; the first pause is a second."""
_DOWN = "the screening process does not run; it is started again"
_log = logging.getLogger("portreeve.screening")


class ProcessEndedError(Exception):
    """The process has ended, or could not be started."""


class ScreeningProcess:
    """A second process of this program that decides lots and remembers items.

    ``lots`` is for the one thread that screens; :meth:`ask` for all others.
    """

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lots: Connection[bytes, bytes] | None = None
        self._memory: Connection[Any, Any] | None = None
        self._starting = threading.Lock()
        self._asking = threading.Lock()
        self._ready = self._closed = False
        self._pause, self._not_before = 1.0, 0.0

    @property
    def trouble(self) -> str | None:
        """What is wrong with it; None when all is well."""
        return None if self._ready else _DOWN

    @property
    def closed(self) -> bool:
        """Whether it is let go."""
        return self._closed

    @property
    def pid(self) -> int | None:
        """Its number while it runs."""
        return None if self._process is None else self._process.pid

    def begin(self) -> None:
        """Start the process, which loads what it needs and waits for :meth:`need`."""
        lots, its_lots = Pipe()
        memory, its_memory = Pipe()
        given = (its_lots.fileno(), its_memory.fileno())
        # what ends this process by a signal from the terminal ends that one by its pipes
        self._process = subprocess.Popen(
            [sys.executable, "-m", "portreeve.service.apart.screener", *map(str, given)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=given, process_group=0,
        )  # fmt: skip
        its_lots.close()
        its_memory.close()
        self._lots, self._memory = lots, memory

    def serve(self, settings: Settings) -> None:
        """These are the settings from now on."""
        self._settings = settings

    def need(self) -> Connection[bytes, bytes]:
        """The pipe for lots of a process that is ready; it is started when none is.

        Raises:
            StoreUnavailableError: the database does not answer it.
            ProcessEndedError: it does not start.
        """
        with self._starting:
            if not self._ready:
                self._start()
        assert self._lots is not None
        return self._lots

    def lost(self) -> None:
        """It has ended: whoever speaks with it found out."""
        with self._starting:
            if self._ready and not self._closed:
                _log.error("the screening process has ended", extra={"facts": {"pid": self.pid}})
            self._clear()

    def ask(self, what: str, *given: Any) -> Any:
        """Let its memory do or tell something: a method of
        :class:`portreeve.service.remembering.Remembering`.

        Raises:
            ServiceError: as that method; ``unavailable``: the process does not run.
            StoreUnavailableError: as that method.
        """
        with self._asking:
            memory = self._memory
            if not self._ready or memory is None:
                raise ServiceError("unavailable", f"{_DOWN[0].upper()}{_DOWN[1:]}. Try again.")
            try:
                memory.send((what, given))
                kind, *told = memory.recv()
            except (EOFError, OSError):
                raise ServiceError(
                    "unavailable", "The screening process has ended meanwhile. Try again."
                ) from None
        if kind == "refused":
            raise ServiceError(told[0], told[1], field=told[2])
        if kind == "away":
            raise StoreUnavailableError(told[0])
        if kind == "fault":
            raise RuntimeError(f"{what}: {told[0]} at {told[1]}")
        return told[0]

    def close(self) -> None:
        """Let it end, and wait for that; not for ever."""
        self._closed = True
        with self._starting:
            self._clear()

    def abandon(self) -> None:
        """End it at once: it waits for a database that does not answer."""
        self._closed = True
        if self._process is not None:
            self._process.kill()

    def _start(self) -> None:
        if self._closed:
            raise ProcessEndedError("the service stops")
        if time.monotonic() < self._not_before:
            raise ProcessEndedError(_DOWN)
        wrong = self._started()
        if wrong is None:
            self._ready, self._pause = True, 1.0
            return
        self._clear()
        self._not_before = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        if wrong.error == "away":
            raise StoreUnavailableError(wrong.words)
        facts = {"error": wrong.words, "place": wrong.where}
        _log.error("the screening process does not start", extra={"facts": facts})
        raise ProcessEndedError(f"the screening process does not start: {wrong.words}")

    def _started(self) -> wire.Wrong | None:
        """Start it and wait until it is ready; what is wrong, when that fails."""
        if self._process is None:
            self.begin()
        lots = self._lots
        assert lots is not None
        try:
            lots.send_bytes(wire.GO + msgspec.json.encode(self._settings))
            if not lots.poll(_START_SECONDS):
                return wire.Wrong("fault", "it does not get ready")
            said = lots.recv_bytes()
        except (EOFError, OSError):
            return wire.Wrong("fault", "it ended")
        return None if said[:1] == wire.READY else wire.decode_wrong(said[1:])

    def _clear(self) -> None:
        self._ready = False
        for pipe in (self._lots, self._memory):
            if pipe is not None:
                pipe.close()
        if self._process is not None:
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = self._lots = self._memory = None

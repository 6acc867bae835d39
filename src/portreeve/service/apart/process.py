"""The screening process as the service sees it: started, spoken with, started again."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
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
_ANSWER_SECONDS = 10.0
"""How long memory may take for an answer."""
_LOT_SECONDS = 60.0
"""How long a lot may take: longer than a database that hangs keeps it, before that is an error."""
_SLOW_SECONDS = 5.0
"""From when on a lot that is not answered is said to be trouble."""
_LONGEST_PAUSE = 30.0
"""Between two starts that fail; the first pause is a second."""
_DOWN = "the screening process does not run; it is started again"
_HANGS = "the screening process does not answer"
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
    " from portreeve.service.apart.screener import run; run(*map(int, sys.argv[2:]))"
)
"""It imports from where this process does, which need not be where it would look itself."""
_log = logging.getLogger("portreeve.screening")


class ProcessEndedError(Exception):
    """The process has ended, or could not be started."""


class ScreeningProcess:
    """A second process of this program that decides lots and remembers items.

    :meth:`decide` is for the one thread that screens; :meth:`ask` for all others. :meth:`watch`
    is called again and again, and starts it anew when it has ended.
    """

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lots: Connection[bytes, bytes] | None = None
        self._memory: Connection[Any, Any] | None = None
        self._starting = threading.Lock()
        # each is held by whoever speaks through that pipe: none is closed under anybody
        self._deciding, self._asking = threading.Lock(), threading.Lock()
        self._ready = self._closed = False
        self._lot_began: float | None = None
        self._pause, self._not_before = 1.0, 0.0

    @property
    def trouble(self) -> str | None:
        """What is wrong with it; None when all is well."""
        process, began = self._process, self._lot_began
        if not self._ready or process is None or process.poll() is not None:
            return _DOWN
        if began is not None and time.monotonic() - began > _SLOW_SECONDS:
            return _HANGS
        return None

    @property
    def closed(self) -> bool:
        """Whether it is let go."""
        return self._closed

    @property
    def pid(self) -> int | None:
        """Its number while it runs."""
        process = self._process
        return None if process is None else process.pid

    def begin(self) -> None:
        """Start the process, which loads what it needs and waits for :meth:`need`."""
        lots, its_lots = Pipe()
        memory, its_memory = Pipe()
        given = (its_lots.fileno(), its_memory.fileno())
        try:
            # in a group of its own: what a terminal sends to this one is not for it
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _BOOT, json.dumps(sys.path), *map(str, given)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=given,
                process_group=0,
            )  # fmt: skip
        except OSError:
            lots.close()
            memory.close()
            raise
        finally:
            its_lots.close()
            its_memory.close()
        self._lots, self._memory = lots, memory

    def serve(self, settings: Settings) -> None:
        """These are the settings from now on."""
        self._settings = settings

    def need(self) -> None:
        """See that it runs and is ready.

        Raises:
            StoreUnavailableError: the database does not answer it.
            ProcessEndedError: it does not start.
        """
        with self._starting:
            if not self._ready:
                self._start()

    def watch(self) -> bool:
        """Start it anew when it has ended, end it when it hangs; there is never more to do.

        Raises:
            ServiceError: it does not answer.
            StoreUnavailableError: the database does not answer it.
            ProcessEndedError: it does not start.
        """
        process = self._process
        if self._ready and process is not None and process.poll() is not None:
            self._lost(process)
        if not self._closed:
            self.need()
            self.ask("trouble")
        return False

    def decide(self, lot: bytes, may_commit: Callable[[], bool]) -> bytes:
        """Let it decide a lot; what it says of it.

        Raises:
            StoreUnavailableError: the database does not answer it.
            ProcessEndedError: it does not start.
            EOFError: it has ended, and nobody knows whether the lot is decided.
        """
        self.need()
        with self._deciding:
            lots, process = self._lots, self._process
            if lots is None or process is None:
                raise ProcessEndedError(_DOWN)
            self._lot_began = time.monotonic()
            try:
                return self._said(lots, lot, may_commit)
            except (EOFError, OSError):
                pass
            finally:
                self._lot_began = None
        self._lost(process)
        raise EOFError(_DOWN)

    def _said(
        self, lots: Connection[bytes, bytes], lot: bytes, may_commit: Callable[[], bool]
    ) -> bytes:
        lots.send_bytes(wire.LOT + lot)
        while True:
            if not lots.poll(_LOT_SECONDS):
                self._kill()
            said = lots.recv_bytes()
            if said[:1] != wire.MAY_COMMIT:
                return said
            lots.send_bytes(wire.YES if may_commit() else wire.NO)

    def ask(self, what: str, *given: Any) -> Any:
        """Let its memory do or tell something: a method of
        :class:`portreeve.service.remembering.Remembering`.

        Raises:
            ServiceError: as that method; ``unavailable``: the process does not run or answer.
            StoreUnavailableError: as that method.
        """
        if not self._asking.acquire(timeout=2 * _ANSWER_SECONDS):
            # whoever asks now does not even get rid of the question
            self._kill()
            raise _unavailable(_HANGS)
        try:
            memory = self._memory
            if not self._ready or memory is None:
                raise _unavailable(_DOWN)
            memory.send((what, given))
            if not memory.poll(_ANSWER_SECONDS):
                # an answer that came later would be taken for that to the next question
                self._kill()
                raise _unavailable(_HANGS)
            kind, *told = memory.recv()
        except (EOFError, OSError):
            raise _unavailable(_DOWN) from None
        finally:
            self._asking.release()
        if kind == "refused":
            raise ServiceError(told[0], told[1], field=told[2])
        if kind == "away":
            raise StoreUnavailableError(told[0])
        if kind == "fault":
            raise RuntimeError(f"{what}: {told[0]} at {told[1]}")
        return told[0]

    def close(self) -> None:
        """Wait until it has ended, which its memory was told to do; not for ever."""
        self._closed = True
        with self._starting:
            if self._ready and self._process is not None:
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(_END_SECONDS)
            self._clear()

    def abandon(self) -> None:
        """End it at once: it waits for a database that does not answer."""
        self._closed = True
        self._kill()

    def _kill(self) -> None:
        process = self._process
        if process is not None:
            process.kill()

    def _lost(self, process: subprocess.Popen[bytes]) -> None:
        """This one has ended; perhaps another one runs by now."""
        with self._starting:
            if self._process is process:
                if not self._closed:
                    _log.error("the screening process ended", extra={"facts": {"pid": process.pid}})
                self._clear()

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
        try:
            if self._process is None:
                self.begin()
            if self._closed:
                return wire.Wrong("fault", "the service stops")
            lots = self._lots
            assert lots is not None
            lots.send_bytes(wire.GO + msgspec.json.encode(self._settings))
            if not lots.poll(_START_SECONDS):
                return wire.Wrong("fault", "it does not get ready")
            said = lots.recv_bytes()
        except EOFError:
            return wire.Wrong("fault", "it ended")
        except OSError as error:
            gone = isinstance(error, BrokenPipeError | ConnectionResetError)
            return wire.Wrong("fault", "it ended" if gone else str(error.strerror))
        return None if said[:1] == wire.READY else wire.decode_wrong(said[1:])

    def _clear(self) -> None:
        """End a process, and let go of its pipes as soon as nobody speaks through them."""
        self._ready = False
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        with self._deciding, self._asking:
            for pipe in (self._lots, self._memory):
                if pipe is not None:
                    pipe.close()
            self._process = self._lots = self._memory = None


def _unavailable(reason: str) -> ServiceError:
    return ServiceError("unavailable", f"{reason[0].upper()}{reason[1:]}. Try again.")

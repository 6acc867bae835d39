"""A thread that does a piece of work again and again, and survives what goes wrong in it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from portreeve.store import StoreUnavailableError

_log = logging.getLogger("portreeve.worker")
_LONGEST_PAUSE = 30.0
_LONGEST_PAUSE_AWAY = 2.0
"""While the database is away: asking again costs little, and the work waits for it."""


class Worker:
    """Calls ``work`` until it is stopped.

    ``work`` says whether there is more to do at once; otherwise it is called again after ``every``
    seconds, or ``gather`` seconds after :meth:`wake` is called, so that what comes in short order
    is done together. After an error the pauses grow, to 30 seconds; the log names the error's kind
    once, never its words, which may hold content.

    >>> worker = Worker("example", lambda: False, every=0.01)
    >>> worker.start(); worker.stop()
    """

    def __init__(
        self, name: str, work: Callable[[], bool], *, every: float, gather: float = 0.0
    ) -> None:
        self.name = name
        self._work = work
        self._every = every
        self._gather = gather
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._errors = 0
        self._longest = _LONGEST_PAUSE

    @property
    def healthy(self) -> bool:
        """Whether it runs, and its last piece of work went well."""
        return self._thread is not None and self._thread.is_alive() and self._errors == 0

    def start(self) -> None:
        """Start the thread; nothing if it runs."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(
                target=self._run, name=f"portreeve-{self.name}", daemon=True
            )
            self._thread.start()

    def wake(self) -> None:
        """There is something to do now."""
        self._wake.set()

    def finish(self) -> None:
        """Do what there is to do, in the caller's thread, until nothing is left or it fails."""
        while self._done():
            pass

    def stop(self, timeout: float = 20.0) -> None:
        """Finish the piece of work at hand and end the thread; wait so many seconds for it."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout)
            self._thread = None

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            more = self._done()
            if not more and not self._stopping.is_set() and self._wake.wait(self._pause()):
                self._stopping.wait(self._gather)

    def _done(self) -> bool:
        try:
            more = self._work()
        except Exception as error:
            self._errors += 1
            away = isinstance(error, StoreUnavailableError)
            self._longest = _LONGEST_PAUSE_AWAY if away else _LONGEST_PAUSE
            if self._errors == 1:
                level = logging.WARNING if away else logging.ERROR
                _log.log(level, "worker fails", extra={"facts": {
                    "worker": self.name, "error": type(error).__name__, "place": place(error),
                }})  # fmt: skip
            return False
        if self._errors:
            _log.info("worker recovered", extra={"facts": {"worker": self.name}})
        self._errors = 0
        return more

    def _pause(self) -> float:
        if self._errors == 0:
            return self._every
        return min(self._every * 2.0 ** min(self._errors, 10), self._longest)


def place(error: BaseException) -> str:
    """Where in the code an error was raised: ``file.py:line``; nothing of its message."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"

"""Whether the database answers, asked so that nobody waits long for it."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

from portreeve.store import Database, StoreUnavailableError

SECONDS = 1.0
"""How long an answer may take; a frozen server gives none and breaks no connection."""


class Probe:
    """Asks the database for a sign of life, in a thread of its own.

    >>> probe = Probe(Database("sqlite://"))
    >>> probe.state()
    'ok'
    >>> probe.close()
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="portreeve-probe")
        self._lock = threading.Lock()
        self._asked: Future[str] | None = None

    def state(self) -> str:
        """``ok``, or what is wrong; within a second."""
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = self._thread.submit(self._ask)
            asked = self._asked
        try:
            return asked.result(SECONDS)
        except TimeoutError:
            return f"the database does not answer within {SECONDS:g} s"

    def need(self) -> None:
        """Go on only if the database answers.

        Raises:
            StoreUnavailableError: it does not.
        """
        state = self.state()
        if state != "ok":
            raise StoreUnavailableError(state)

    def close(self) -> None:
        """Ask no more."""
        self._thread.shutdown(wait=False)

    def _ask(self) -> str:
        try:
            with self._database.read() as connection:
                connection.exec_driver_sql("SELECT 1")
        except StoreUnavailableError:
            # anybody may ask; why is for whoever runs the service, and `portreeve doctor` says it
            return "the database does not answer"
        return "ok"

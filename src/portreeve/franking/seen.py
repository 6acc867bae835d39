"""What was reported before."""

from __future__ import annotations

import threading
from typing import Protocol


class Seen(Protocol):
    """Remembers the ids of messages that were reported.

    A lasting one may forget an id once the message is too old to be reported, and not before.
    """

    def add(self, message_id: str) -> bool:
        """Remember an id; whether it is new.

        One step, also between processes: of two reports of one message at the same time exactly one
        is told that it is new.
        """
        ...


class InMemorySeen:
    """Remembers as long as the process lives; for tests, and where nothing needs to last.

    >>> seen = InMemorySeen()
    >>> seen.add("m1"), seen.add("m1")
    (True, False)
    """

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._lock = threading.Lock()

    def add(self, message_id: str) -> bool:
        with self._lock:
            new = message_id not in self._ids
            self._ids.add(message_id)
            return new

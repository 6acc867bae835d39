"""What links led to, kept for a while, and how often each domain was asked: one SQLite file.

Several processes may share it. It holds addresses that people wrote: it is readable by its owner
only, and everything in it expires.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Self

_TABLES = """
CREATE TABLE IF NOT EXISTS answers (
  url TEXT PRIMARY KEY, answer BLOB NOT NULL, expires REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_by_expiry ON answers (expires);
CREATE TABLE IF NOT EXISTS asked (
  domain TEXT NOT NULL, hour INTEGER NOT NULL, times INTEGER NOT NULL,
  PRIMARY KEY (domain, hour)
) WITHOUT ROWID;
"""
_MOST_ANSWERS = 200_000
_HOUR = 3_600


class Memo:
    """The cache and the quota. ``path`` None keeps them in memory."""

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        self._database = sqlite3.connect(
            ":memory:" if path is None else path, timeout=10, isolation_level=None
        )
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def get(self, url: str) -> bytes | None:
        """What is kept of an address, unless it has expired."""
        found = self._rows(
            "SELECT answer FROM answers WHERE url = ? AND expires > ?", url, self._clock()
        )
        return bytes(found[0][0]) if found else None

    def put(self, url: str, answer: bytes, seconds: float) -> None:
        """Keep an answer; what has expired goes, and what expires first when there is too much."""
        now = self._clock()
        self._rows("DELETE FROM answers WHERE expires <= ?", now)
        self._rows("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", url, answer, now + seconds)
        if int(self._rows("SELECT count(*) FROM answers")[0][0]) > _MOST_ANSWERS:
            self._rows(
                "DELETE FROM answers WHERE url IN"
                " (SELECT url FROM answers ORDER BY expires LIMIT ?)",
                _MOST_ANSWERS // 10,
            )

    def may_ask(self, domain: str, most: int) -> bool:
        """Count one request to a domain; whether it is within ``most`` of this hour."""
        hour = int(self._clock() // _HOUR)
        self._rows("DELETE FROM asked WHERE hour < ?", hour)
        counted = self._rows(
            "INSERT INTO asked VALUES (?, ?, 1)"
            " ON CONFLICT (domain, hour) DO UPDATE SET times = times + 1 WHERE times < ?"
            " RETURNING times",
            domain,
            hour,
            most,
        )
        return bool(counted)

    def _rows(self, statement: str, *values: object) -> list[tuple[bytes | int, ...]]:
        with closing(self._database.execute(statement, values)) as cursor:
            return cursor.fetchall()

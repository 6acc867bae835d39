"""Square's database: one SQLite file, one connection a thread, plain SQL."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

Row = sqlite3.Row


class Database:
    """A database in a folder.

    >>> import tempfile
    >>> database = Database(Path(tempfile.mkdtemp()))
    >>> with database.write() as tx:
    ...     _ = tx.execute("INSERT INTO kept VALUES ('colour', 'red')")
    >>> database.one("SELECT value FROM kept WHERE name = ?", "colour")["value"]
    'red'
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "square.db"
        self._threads = threading.local()
        self._writing = threading.Lock()
        schemas = sorted(
            (part for part in files("square").iterdir() if part.name.startswith("schema")),
            key=lambda part: part.name,
        )
        with self._writing:
            for schema in schemas:
                self._connection().executescript(schema.read_text("utf-8"))

    def all(self, sql: str, *values: object) -> list[Row]:
        """All rows of a question."""
        return self._connection().execute(sql, values).fetchall()

    def one(self, sql: str, *values: object) -> Row | None:
        """The first row of a question, or None."""
        row: Row | None = self._connection().execute(sql, values).fetchone()
        return row

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: it happens wholly or not at all."""
        connection = self._connection()
        with self._writing:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def kept(self, name: str) -> str | None:
        """A value that was kept."""
        row = self.one("SELECT value FROM kept WHERE name = ?", name)
        return None if row is None else str(row["value"])

    def keep(self, name: str, value: str) -> None:
        """Keep a value, instead of the one before."""
        with self.write() as tx:
            tx.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, value))

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if found is None:
            found = sqlite3.connect(self._path, isolation_level=None, timeout=10)
            found.row_factory = sqlite3.Row
            found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = NORMAL")
            found.execute("PRAGMA foreign_keys = ON")
            self._threads.connection = found
        return found


def new_id(kind: str) -> str:
    """An id that tells the order: the time, then chance.

    >>> new_id("p")[:2], len(new_id("p"))
    ('p-', 22)
    """
    return f"{kind}-{int(datetime.now(UTC).timestamp() * 1000):012x}{secrets.token_hex(4)}"


def now(moment: datetime | None = None) -> str:
    """The time, as the database keeps it; or another moment."""
    return (moment or datetime.now(UTC)).isoformat(timespec="milliseconds")


def marks(values: Sequence[object]) -> str:
    """Question marks for a list of values."""
    return ", ".join("?" for _ in values)

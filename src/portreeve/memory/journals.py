"""Journals: where the events that make up memory are kept, and snapshots of what came of them.

Two do the same: :class:`EmbeddedJournal`, a SQLite file, for one process; and
:class:`~portreeve.memory.redis_journal.RedisJournal`, a stream of Redis, for several that shall
remember the same. Events are bytes here (:mod:`portreeve.memory.events`), states are arrays.
"""

from __future__ import annotations

import io
import math
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from portreeve.memory.pages import copy_pages

Arrays = Mapping[str, NDArray[Any]]
_PAGE = 1_000


class JournalAwayError(Exception):
    """The journal does not answer."""


class Snapshot(NamedTuple):
    """What came of all events up to a position, and the name of the settings it was made under."""

    position: int
    settings: str
    arrays: dict[str, NDArray[Any]]


class Journal(Protocol):
    """Keeps events in one order. Positions rise; 0 is before the first.

    Every method may raise :class:`JournalAwayError`.
    """

    def append(self, event: bytes) -> int:
        """Keep an event; its position."""

    def after(self, position: int) -> Iterator[tuple[int, bytes]]:
        """The events after a position, each with its own."""

    def keep(self, snapshot: Snapshot) -> None:
        """Keep a snapshot, in place of the one before and of the events that it holds."""

    def kept(self) -> Snapshot | None:
        """The snapshot that was kept last."""

    def close(self) -> None:
        """Let go of what it holds."""


class EmbeddedJournal:
    """A journal in a SQLite file, for one process.

    An event is safe against the end of the process as soon as it is kept; the latest ones may be
    lost when the machine fails: they were counted, and count no more. What a snapshot takes the
    place of is overwritten.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            JournalAwayError: it is no journal, or another process is opening it at this moment.
        """
        try:
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(
                "CREATE TABLE IF NOT EXISTS journal"
                " (position INTEGER PRIMARY KEY AUTOINCREMENT, event BLOB NOT NULL);"
                "CREATE TABLE IF NOT EXISTS snapshot"
                " (name TEXT PRIMARY KEY, position INTEGER NOT NULL, array BLOB NOT NULL);"
            )
        except sqlite3.Error as error:
            raise JournalAwayError(f"the journal of memory cannot be opened: {error}") from None

    def append(self, event: bytes) -> int:
        """See :class:`Journal`."""
        found = self._run("INSERT INTO journal (event) VALUES (?)", (event,)).lastrowid
        assert found is not None
        return found

    def after(self, position: int) -> Iterator[tuple[int, bytes]]:
        """See :class:`Journal`."""
        wanted = "SELECT position, event FROM journal WHERE position > ? ORDER BY position LIMIT ?"
        while page := self._run(wanted, (position, _PAGE)).fetchall():
            yield from page
            position = page[-1][0]

    def keep(self, snapshot: Snapshot) -> None:
        """See :class:`Journal`."""
        rows = [(name, snapshot.position, packed(array)) for name, array in snapshot.arrays.items()]
        rows.append(("", snapshot.position, snapshot.settings.encode()))
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("DELETE FROM snapshot")
            self._connection.executemany("INSERT INTO snapshot VALUES (?, ?, ?)", rows)
            self._connection.execute(
                "DELETE FROM journal WHERE position <= ?", (snapshot.position,)
            )
            self._connection.execute("COMMIT")
            # what was deleted shall be nowhere in the files: an erased account was among it
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise JournalAwayError(f"the journal of memory cannot be written: {error}") from None

    def kept(self) -> Snapshot | None:
        """See :class:`Journal`."""
        rows = self._run("SELECT name, position, array FROM snapshot", ()).fetchall()
        if not rows:
            return None
        settings = next(data for name, _, data in rows if not name)
        return restored(rows[0][1], bytes(settings), {name: data for name, _, data in rows if name})

    def close(self) -> None:
        """See :class:`Journal`."""
        self._connection.close()

    def _run(self, statement: str, values: tuple[Any, ...]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise JournalAwayError(f"the journal of memory does not answer: {error}") from None


def restored(position: int, settings: bytes, arrays: Mapping[str, bytes]) -> Snapshot:
    """A snapshot from packed arrays. One in the form of another version is told without settings
    or arrays: memory begins anew, with the events kept since."""
    try:
        found = {name: unpacked(data) for name, data in arrays.items()}
    except (ValueError, OSError):
        return Snapshot(position, "", {})
    return Snapshot(position, settings.decode(), found)


def packed(array: NDArray[Any]) -> bytes:
    """An array as bytes, compressed."""
    whole = np.ascontiguousarray(array)
    head = io.BytesIO()
    np.lib.format.write_array_header_2_0(head, np.lib.format.header_data_from_array_1_0(whole))
    data: bytes = pa.compress(whole.view(np.uint8).reshape(-1), codec="lz4", asbytes=True)
    return head.tell().to_bytes(4, "little") + head.getvalue() + data


def unpacked(data: bytes) -> NDArray[Any]:
    """The array that :func:`packed` wrote."""
    begin = 4 + int.from_bytes(data[:4], "little")
    head = io.BytesIO(data[4:begin])
    np.lib.format.read_magic(head)
    shape, _, kind = np.lib.format.read_array_header_2_0(head)
    size = kind.itemsize * math.prod(shape)
    plain = pa.decompress(memoryview(data)[begin:], size, codec="lz4")
    array = np.zeros(shape, _aligned(kind))
    copy_pages(np.frombuffer(plain, array.dtype), array)
    return array


def _aligned(kind: np.dtype[Any]) -> np.dtype[Any]:
    """The same records, known to be aligned, if they are: kernels are compiled for such ones."""
    if kind.names is None or kind.fields is None:
        return kind
    parts = [kind.fields[name] for name in kind.names]
    layout = {
        "names": list(kind.names),
        "formats": [_aligned(part[0]) for part in parts],
        "offsets": [part[1] for part in parts],
        "itemsize": kind.itemsize,
    }
    try:
        return np.dtype(layout, align=True)  # type: ignore[call-overload, no-any-return]
    except ValueError:
        return kind

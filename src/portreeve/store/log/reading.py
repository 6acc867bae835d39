"""Reading the log with DuckDB: the files, what is not in a file yet, and what happened since.

What is cheap is done first: what happened to decisions since is looked up for the rows that are
shown, unless the question itself is about that; and of the newest decisions only the newest files
are read, as many as it takes.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from portreeve.policy.sqltext import quoted
from portreeve.store.columns import micros
from portreeve.store.database import Database
from portreeve.store.log.columns import STORED
from portreeve.store.log.engine import (
    Engine,
    LogLimitError,
    LogRangeError,
    OverdueError,
    bounded,
)
from portreeve.store.log.files import LogFile, LogFiles, in_rounds
from portreeve.store.log.tail import Marks, Tail, marks_of
from portreeve.store.tables.core import batches, decisions
from portreeve.store.tables.log import log_files

__all__ = ["NEWEST_FIRST", "LogLimitError", "LogRangeError", "LogReader", "Query"]

NEWEST_FIRST = "seq DESC"

_FIRST_ROUND, _TIMES = 20_000, 4
"""The newest rows are looked for among about so many, then among more and more."""


_MOST_LISTED = 10_001
"""Rows for which it is looked up one by one what happened to them since."""


@dataclass(frozen=True)
class Query:
    """Something to ask the log. ``where`` must come from :func:`condition.checked`.

    ``since`` counts, ``until`` does not. ``order`` and ``cut`` are SQL over the columns; they are
    written by us, never by whoever asks.
    """

    select: tuple[str, ...]
    """What comes back, as SQL."""
    where: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    group: bool = False
    """Whether rows alike in all of ``select`` but the last, a count, become one."""
    each: str | None = None
    """A list column of which every element becomes a row."""
    order: str = NEWEST_FIRST
    limit: int = 100
    skip: int = 0
    """How many rows of a grouped answer to leave out before those."""

    @property
    def lists_rows(self) -> bool:
        """Whether every row that comes back is one of the log, and there are not many of them."""
        plain = not self.group and self.each is None and "(" not in "".join(self.select)
        return plain and self.limit <= _MOST_LISTED


class LogReader:
    """Reads the log in ``folder``; several threads may ask at once."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        memory_mb: int = 256,
        seconds: float = 10.0,
        threads: int = 2,
    ) -> None:
        self._database = database
        self._engine = Engine(folder, memory_mb=memory_mb, threads=threads)
        self._files = LogFiles(folder)
        self._tail = Tail()
        self._marks = Marks()
        self._seconds = seconds

    def ask(self, query: Query, *, seconds: float | None = None) -> pa.Table:
        """The rows that answer a query, within ``seconds`` if they are given.

        Raises:
            LogLimitError: it takes more time or memory than it may.
            LogRangeError: a number in it becomes too large.
            StoreUnavailableError: the database does not answer.
        """
        allowed = self._seconds if seconds is None else seconds
        until = time.monotonic() + allowed
        try:
            with self._database.snapshot() as connection, self._engine.asked() as engine:
                files = self._files.listed(connection, query.since, query.until)
                question = _Question(query, engine, connection, self._marks, until)
                now = self._database.clock()
                return question.answer(
                    files, self._tail.rows(connection, now, query.since, question.stored)
                )
        except OverdueError:
            raise LogLimitError(f"it takes more than {allowed:g} seconds") from None

    def size(self, since: datetime | None, until: datetime | None) -> int:
        """About how many decisions there are of a time range, known without reading one.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        with self._database.read() as connection:
            return sum(file.rows for file in self._files.listed(connection, since, until))

    def begins(self) -> datetime | None:
        """A moment before which there is no decision; None where there is none at all.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        in_files = sa.select(sa.func.min(log_files.c.day)).where(log_files.c.replaced.is_(None))
        with self._database.read() as connection:
            day = connection.execute(in_files).scalar()
            waiting = connection.execute(sa.select(sa.func.min(batches.c.decided))).scalar()
            by_persons = sa.select(sa.func.min(decisions.c.decided))
            persons = connection.execute(by_persons.where(decisions.c.batch.is_(None))).scalar()
        days = [] if day is None else [datetime.fromisoformat(day).replace(tzinfo=UTC)]
        return min([*days, *(one for one in (waiting, persons) if one is not None)], default=None)


class _Question:
    """One query, answered at one moment of the database."""

    def __init__(
        self,
        query: Query,
        engine: duckdb.DuckDBPyConnection,
        connection: sa.Connection,
        marks: Marks,
        until: float,
    ) -> None:
        self.query = query
        self._names = _names([*query.select, *query.where, query.order, query.each or ""])
        self._engine = engine
        self._connection = connection
        self._marks = marks
        self._until = until

    @property
    def stored(self) -> list[str]:
        """The columns of the files that matter."""
        return _stored(self._names)

    def answer(self, files: list[LogFile], tail: pa.Table) -> pa.Table:
        query = self.query
        if not query.lists_rows:
            marked = self._mark(self._names)
            self._see(files, tail, self.stored, marked=marked)
            return self._run(_sql(query, query.select))
        found = self._found(files, tail)
        if marked := bool(_MARKS & _names(query.select)):
            marks = marks_of(self._connection, found["decision"].to_pylist())
            self._engine.register("marks", marks.to_arrow())
        self._see([], found, found.column_names, marked=marked)
        return self._run(f"SELECT {', '.join(query.select)} FROM log ORDER BY {query.order}")

    def _found(self, files: list[LogFile], tail: pa.Table) -> pa.Table:
        """The stored columns that are needed, of the rows that are shown."""
        query = self.query
        marked = self._mark(_names([*query.where, query.order]))
        needed = _stored(_names([*query.select, query.order]))
        sql = _sql(query, [f'"{name}"' for name in needed])
        if query.order != NEWEST_FIRST:
            self._see(files, tail, self.stored, marked=marked)
            return self._run(sql)
        rounds = in_rounds(files, _FIRST_ROUND, _TIMES) or [[]]
        found: pa.Table | None = None
        for number, some in enumerate(rounds):
            self._see(some, tail.slice(0, 0) if number else tail, self.stored, marked=marked)
            more = self._run(sql)
            found = more if found is None else _newest(pa.concat_tables([found, more]), query.limit)
            left = max((files[0].last_seq for files in rounds[number + 1 :]), default=0)
            if len(found) == query.limit and found["seq"][-1].as_py() > left:
                break
        return found

    def _mark(self, names: set[str]) -> bool:
        """Have all that happened to decisions at hand, where one of the names asks for it."""
        if not _MARKS & names:
            return False
        marks = self._marks.rows(self._connection, self.query.since)
        self._engine.register("marks", marks.to_arrow())
        return True

    def _see(
        self, files: Sequence[LogFile], tail: pa.Table, names: Sequence[str], *, marked: bool
    ) -> None:
        """Let the view ``log`` be these rows, with these of their columns."""
        self._engine.register("tail", tail.select(names))
        columns = ", ".join(f'"{name}"' for name in names)
        rows = f"SELECT {columns} FROM tail"
        current = ", ".join(quoted(str(file.path)) for file in files if file.current)
        if current:
            rows += f" UNION ALL SELECT {columns} FROM read_parquet([{current}])"
        older = ", ".join(quoted(str(file.path)) for file in files if not file.current)
        if older:
            # a file of an older version lacks some columns: there they are NULL
            older_rows = f"read_parquet([{older}], union_by_name = true)"
            rows += f" UNION ALL BY NAME SELECT * FROM {older_rows}"
        stored = ", ".join(f'stored."{name}"' for name in names)
        self._engine.execute(
            f"CREATE OR REPLACE TEMP VIEW log AS SELECT {stored}, {_DAY}"
            f"{_MARKED if marked else ''} FROM ({rows}) AS stored{_JOINED if marked else ''}"
        )

    def _run(self, sql: str) -> pa.Table:
        return bounded(self._engine, self._until - time.monotonic(), sql)


_MARKS = frozenset({"undone", "undone_by", "superseded_by", "in_force"})
_ALWAYS = ("seq", "decision", "decided")
_DAY = "strftime(make_timestamp(epoch_us(stored.decided)), '%Y-%m-%d') AS day"
_MARKED = (
    ", marks.undone, marks.undone_by, marks.superseded_by,"
    " marks.undone IS NULL AND marks.superseded_by IS NULL AS in_force"
)
_JOINED = " LEFT JOIN marks ON marks.decision = stored.decision"


def _newest(rows: pa.Table, count: int) -> pa.Table:
    return rows.sort_by([("seq", "descending")]).slice(0, count)


def _names(sql: Sequence[str]) -> set[str]:
    """Names that may stand in some SQL; what stands in quotes is taken for names too."""
    return set(_NAME.findall(" ".join(sql)))


def _stored(names: set[str]) -> list[str]:
    """The columns of a file that are needed where these names are asked for."""
    return [name for name in STORED if name in names or name in _ALWAYS]


_NAME = re.compile(r"\w+")


def _sql(query: Query, select: Sequence[str]) -> str:
    conditions = [f"({condition})" for condition in query.where]
    if query.since is not None:
        conditions.append(f"decided >= make_timestamptz({micros(query.since)})")
    if query.until is not None:
        conditions.append(f"decided < make_timestamptz({micros(query.until)})")
    rows = "log" + (f" WHERE {' AND '.join(conditions)}" if conditions else "")
    if query.each is not None:
        name = f'"{query.each}"'
        rows = f"(SELECT * REPLACE (unnest({name}) AS {name}) FROM {rows})"
    grouped = " GROUP BY ALL" if query.group else ""
    columns = ", ".join(select)
    limits = f"LIMIT {query.limit} OFFSET {query.skip}"
    return f"SELECT {columns} FROM {rows}{grouped} ORDER BY {query.order} {limits}"

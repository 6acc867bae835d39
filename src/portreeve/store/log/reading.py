"""Reading the log with DuckDB: the files, what is not in a file yet, and what happened since.

DuckDB may open the listed files and nothing else, in bounded memory and time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import sqlalchemy as sa

from portreeve.policy.sqltext import quoted
from portreeve.store.columns import micros
from portreeve.store.database import Database
from portreeve.store.log.columns import LOG, STORED
from portreeve.store.log.rows import conformed, decided, of_batches
from portreeve.store.tables.core import batches, decisions
from portreeve.store.tables.log import log_files


class LogLimitError(Exception):
    """A query needs more time or memory than it may have. The message says which."""


class LogRangeError(Exception):
    """A query reckons with numbers that become larger than any column holds."""


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
    order: str = "seq DESC"
    limit: int = 100


class LogReader:
    """Reads the log in ``folder``."""

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
        self._folder = folder
        self._memory_mb = memory_mb
        self._seconds = seconds
        self._threads = threads

    def ask(self, query: Query) -> pa.Table:
        """The rows that answer a query.

        Raises:
            LogLimitError: it takes more time or memory than it may.
            LogRangeError: a number in it becomes too large.
            StoreUnavailableError: the database does not answer.
        """
        with self._opened(query.since, query.until) as connection:
            return _bounded(connection, self._seconds, _sql(query))

    @contextmanager
    def _opened(
        self, since: datetime | None, until: datetime | None
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """DuckDB with the view ``log``, of which rows in the time range matter."""
        with self._database.snapshot() as connection:
            files = self._files(connection, since, until)
            tail = _tail(connection, since)
            marks = _marks(connection, since)
        with duckdb.connect(":memory:", config=self._limits()) as engine:
            paths = ", ".join(quoted(str(path)) for path in files)
            engine.execute("SET python_enable_replacements = false")
            engine.execute(f"SET allowed_paths = [{paths}]")
            engine.execute("SET enable_external_access = false")
            engine.execute("SET lock_configuration = true")
            engine.register("tail", tail.to_arrow())
            engine.register("marks", marks.to_arrow())
            rows = "SELECT * FROM tail"
            if files:
                # a file of an older version lacks some columns: there they are NULL
                rows += f" UNION ALL BY NAME SELECT * FROM read_parquet([{paths}], {_BY_NAME})"
            engine.execute(_VIEW.format(rows=rows, stored=_STORED))
            yield engine

    def _limits(self) -> dict[str, Any]:
        return {
            "memory_limit": f"{self._memory_mb}MB",
            "threads": self._threads,
            "temp_directory": "",
        }

    def _files(
        self, connection: sa.Connection, since: datetime | None, until: datetime | None
    ) -> list[Path]:
        wanted = sa.select(log_files.c.path).where(log_files.c.replaced.is_(None))
        if since is not None:
            wanted = wanted.where(log_files.c.day >= _day(since))
        if until is not None:
            wanted = wanted.where(log_files.c.day <= _day(until))
        paths = connection.execute(wanted.order_by(log_files.c.path)).scalars()
        return [(self._folder / path).resolve() for path in paths]


_BY_NAME = "union_by_name = true"
_STORED = ", ".join(f'stored."{name}"' for name in STORED)
_VIEW = """
CREATE VIEW log AS
SELECT {stored},
       strftime(make_timestamp(epoch_us(stored.decided)), '%Y-%m-%d') AS day,
       marks.undone, marks.undone_by, marks.superseded_by,
       marks.undone IS NULL AND marks.superseded_by IS NULL AS in_force
FROM ({rows}) AS stored LEFT JOIN marks ON marks.decision = stored.decision
"""


def _sql(query: Query) -> str:
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
    columns = ", ".join(query.select)
    return f"SELECT {columns} FROM {rows}{grouped} ORDER BY {query.order} LIMIT {query.limit}"


def _bounded(engine: duckdb.DuckDBPyConnection, seconds: float, sql: str) -> pa.Table:
    """Run a query that is interrupted when its time is over."""
    timer = threading.Timer(seconds, engine.interrupt)
    timer.start()
    try:
        return engine.sql(sql).to_arrow_table()
    except duckdb.InterruptException:
        raise LogLimitError(f"it takes more than {seconds:g} seconds") from None
    except duckdb.OutOfMemoryException:
        raise LogLimitError("it takes more memory than one search may have") from None
    except duckdb.OutOfRangeException:
        raise LogRangeError from None
    finally:
        timer.cancel()


def _tail(connection: sa.Connection, since: datetime | None) -> pl.DataFrame:
    """What is in no file: the last batches, and what people decided."""
    wanted = sa.select(batches.c.seq, batches.c.columns)
    persons: list[sa.ColumnElement[bool]] = [decisions.c.batch.is_(None)]
    if since is not None:
        wanted = wanted.where(batches.c.decided >= since)
        persons.append(decisions.c.decided >= since)
    waiting = connection.execute(wanted.order_by(batches.c.seq)).all()
    parts = [conformed(decided(connection, *persons))]
    if waiting:
        parts.append(of_batches(connection, waiting))
    return pl.concat(parts)


def _marks(connection: sa.Connection, since: datetime | None) -> pl.DataFrame:
    """What happened to decisions after they were made: one row per decision it happened to."""
    undone = sa.select(decisions.c.id, decisions.c.undone, decisions.c.undone_by).where(
        decisions.c.undone.is_not(None)
    )
    superseding = sa.select(decisions.c.supersedes, decisions.c.id).where(
        decisions.c.supersedes.is_not(None), decisions.c.undone.is_(None)
    )
    if since is not None:
        # what happens to a decision happens after it, so this leaves out nothing that is asked for
        undone = undone.where(decisions.c.undone >= since)
        superseding = superseding.where(decisions.c.decided >= since)
    text, moment = pl.String(), LOG["undone"].column_type
    first = pl.DataFrame(
        [tuple(row) for row in connection.execute(undone)],
        schema={"decision": text, "undone": moment, "undone_by": text},
        orient="row",
    )
    second = pl.DataFrame(
        [tuple(row) for row in connection.execute(superseding.order_by(decisions.c.seq))],
        schema={"decision": text, "superseded_by": text},
        orient="row",
    ).unique("decision", keep="last")
    return first.join(second, on="decision", how="full", coalesce=True)


def _day(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d")

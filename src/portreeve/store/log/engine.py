"""The DuckDB that reads the log: one for a reader, kept, with nothing in it and nothing to reach.

It may open files in the log's folder and nothing else, in bounded memory. Its settings cannot be
changed any more once it is open.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from portreeve.policy.sqltext import quoted


class LogLimitError(Exception):
    """A query needs more time or memory than it may have. The message says which."""


class LogRangeError(Exception):
    """A query reckons with numbers that become larger than any column holds."""


class OverdueError(Exception):
    """The time of a question is over."""


class Engine:
    """A DuckDB for the log in ``folder``. What is asked at the same time shares its memory."""

    def __init__(self, folder: Path, *, memory_mb: int, threads: int) -> None:
        self._folder = folder.resolve()
        self._limits: dict[str, Any] = {
            "memory_limit": f"{memory_mb}MB",
            "threads": threads,
            "temp_directory": "",
        }
        self._opening = threading.Lock()
        self._root: duckdb.DuckDBPyConnection | None = None

    @contextmanager
    def asked(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for one question; what is registered in it is known to it alone."""
        connection = self._opened().cursor()
        try:
            yield connection
        finally:
            connection.close()

    def _opened(self) -> duckdb.DuckDBPyConnection:
        with self._opening:
            if self._root is None:
                self._root = self._guarded()
            return self._root

    def _guarded(self) -> duckdb.DuckDBPyConnection:
        root = duckdb.connect(":memory:", config=self._limits)
        for setting in (
            "python_enable_replacements = false",
            # what stands at the end of a file is read once, not with every question
            "parquet_metadata_cache = true",
            f"allowed_directories = [{quoted(str(self._folder))}]",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            root.execute(f"SET {setting}")
        return root


def bounded(connection: duckdb.DuckDBPyConnection, seconds: float, sql: str) -> pa.Table:
    """Run a query that is interrupted when its time is over.

    Raises:
        OverdueError: it takes longer than ``seconds``.
        LogLimitError: it takes more memory than it may.
        LogRangeError: a number in it becomes too large.
    """
    if seconds <= 0:
        raise OverdueError
    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        return connection.sql(sql).to_arrow_table()
    except duckdb.InterruptException:
        raise OverdueError from None
    except duckdb.OutOfMemoryException:
        raise LogLimitError("it takes more memory than one search may have") from None
    except duckdb.OutOfRangeException:
        raise LogRangeError from None
    finally:
        timer.cancel()

"""Moving decisions from the database into the files of the log, whatever happens meanwhile.

A file belongs to the log from the moment the database lists it, and in that same transaction its
rows leave the table ``batches``. So a row is always in exactly one of the two, wherever a process
dies; a file that was written and never listed is removed later.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from portreeve.store.database import Database
from portreeve.store.ids import new_id
from portreeve.store.log.rows import of_batches
from portreeve.store.tables.core import batches
from portreeve.store.tables.log import log_files

FOLDER = "log"
"""The log's folder, in the data folder."""

_GRACE = timedelta(minutes=10)
"""How long a replaced file stays: a reader may have begun with it."""
_STRAY_SECONDS = 3600.0
"""How old an unlisted file must be before it counts as left behind."""
_ROW_GROUP = 40_960
_AT_ONCE = 10_000


class _DoneByAnotherError(Exception):
    """Another process moved or merged some of the same: what we wrote is no part of the log."""


class LogExporter:
    """Writes, compacts and tidies the files of the log in ``folder``.

    Several processes may do so at once with one database and one folder: what two try, one does.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        rows: int = 10_000,
        small: int = 1_000_000,
        many: int = 16,
    ) -> None:
        """``rows``: about how many go into one file at first. A day's files of fewer than
        ``small`` rows are made one when there are ``many``, or when the day is over."""
        self._database = database
        self._folder = folder
        self._rows = rows
        self._small = small
        self._many = many

    def work(self) -> bool:
        """Move what there is to move, compact one day, tidy; whether there is more to do."""
        moved = self.export()
        compacted = self.compact()
        self.tidy()
        return moved >= self._rows or compacted

    def export(self) -> int:
        """Move the oldest batches into files, one per UTC day; how many decisions were moved."""
        moved = 0
        for _step, rows in self.exporting():
            moved = rows
        return moved

    def exporting(self) -> Iterator[tuple[str, int]]:
        """The steps of an export, each named when it is done, with the rows moved so far."""
        with self._database.snapshot() as connection:
            taken = self._oldest(connection)
            if not taken:
                return
            rows = of_batches(connection, taken)
        yield "read", 0
        written = []
        for (day,), part in rows.group_by(
            pl.col("decided").dt.strftime("%Y-%m-%d"), maintain_order=True
        ):
            draft = self._draft(str(day))
            table = part.to_arrow()
            _write(draft, table.schema, [table])
            yield "written", 0
            written.append(self._placed(draft, str(day), len(part)))
            yield "placed", 0
        try:
            self._list([batch.seq for batch in taken], written)
        except _DoneByAnotherError:
            return
        yield "listed", len(rows)

    def compact(self) -> bool:
        """Make one file of a day's small ones, for one day; whether there was one to do."""
        done = False
        for step in self.compacting():
            done = step == "listed"
        return done

    def compacting(self) -> Iterator[str]:
        """The steps of compacting one day, each named when it is done."""
        today = self._database.clock().strftime("%Y-%m-%d")
        with self._database.read() as connection:
            small = connection.execute(
                sa.select(log_files)
                .where(log_files.c.replaced.is_(None), log_files.c.rows < self._small)
                .order_by(log_files.c.day, log_files.c.path)
            ).all()
        by_day: dict[str, list[Any]] = {}
        for file in small:
            by_day.setdefault(file.day, []).append(file)
        for day, files in by_day.items():
            if len(files) >= (2 if day < today else self._many):
                yield from self._merging(day, self._enough(files))
                return

    def _enough(self, files: list[Any]) -> list[Any]:
        """The first of the files that make one which is small no longer; all, when none do."""
        total = 0
        for count, file in enumerate(files, 1):
            total += file.rows
            if total >= self._small:
                return files[:count]
        return files

    def tidy(self) -> int:
        """Remove files that were replaced a while ago or never listed; how many."""
        with self._database.read() as connection:
            listed = {row.path: row.replaced for row in connection.execute(sa.select(log_files))}
        old = self._database.clock() - _GRACE
        replaced = [path for path, when in listed.items() if when is not None and when < old]
        strays = [path for path in self._found() if path not in listed and self._is_old(path)]
        for path in replaced + strays:
            (self._folder / path).unlink(missing_ok=True)
        if replaced:
            with self._database.write() as tx:
                tx.execute(sa.delete(log_files).where(log_files.c.path.in_(replaced)))
        return len(replaced) + len(strays)

    def drop_before(self, day: str) -> int:
        """Let every day before this one (YYYY-MM-DD) be no part of the log; how many files."""
        with self._database.write() as tx:
            dropped = tx.execute(
                sa.update(log_files)
                .where(log_files.c.day < day, log_files.c.replaced.is_(None))
                .values(replaced=tx.time)
            )
        return dropped.rowcount

    def _oldest(self, connection: sa.Connection) -> list[Any]:
        """The oldest batches, up to about as many decisions as a file takes at first."""
        sizes = connection.execute(
            sa.select(batches.c.seq, batches.c.rows).order_by(batches.c.seq).limit(self._rows)
        )
        last, total = None, 0
        for seq, rows in sizes:
            if last is not None and total + rows > self._rows:
                break
            last, total = seq, total + rows
        if last is None:
            return []
        chosen = sa.select(batches.c.seq, batches.c.columns).where(batches.c.seq <= last)
        return list(connection.execute(chosen.order_by(batches.c.seq)))

    def _merging(self, day: str, files: list[Any]) -> Iterator[str]:
        draft = self._draft(day)
        paths = [self._folder / file.path for file in files]
        schema = pa.unify_schemas([pq.read_schema(path) for path in paths])
        _write(draft, schema, _row_groups(paths))
        yield "written"
        merged = self._placed(draft, day, sum(file.rows for file in files))
        yield "placed"
        try:
            self._replace([file.path for file in files], merged)
        except _DoneByAnotherError:
            return
        yield "listed"

    def _list(self, numbers: list[int], written: list[dict[str, Any]]) -> None:
        """Let the batches be gone and the files be part of the log."""
        with self._database.write() as tx:
            gone = 0
            for start in range(0, len(numbers), _AT_ONCE):
                chosen = batches.c.seq.in_(numbers[start : start + _AT_ONCE])
                gone += tx.execute(sa.delete(batches).where(chosen)).rowcount
            if gone != len(numbers):
                raise _DoneByAnotherError
            if written:
                tx.execute(sa.insert(log_files), [{**file, "made": tx.time} for file in written])

    def _replace(self, paths: list[str], merged: dict[str, Any]) -> None:
        """Let one file take the place of others."""
        still = log_files.c.path.in_(paths) & log_files.c.replaced.is_(None)
        with self._database.write() as tx:
            gone = tx.execute(sa.update(log_files).where(still).values(replaced=tx.time)).rowcount
            if gone != len(paths):
                raise _DoneByAnotherError
            tx.execute(sa.insert(log_files).values(**merged, made=tx.time))

    def _draft(self, day: str) -> Path:
        folder = self._folder / day
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(exist_ok=True)
        return folder / f".{new_id('log')}.draft"

    def _placed(self, draft: Path, day: str, rows: int) -> dict[str, Any]:
        """Give a finished file its name, in one step; its row for ``log_files``."""
        final = draft.with_name(draft.name.strip(".").replace(".draft", ".parquet"))
        draft.rename(final)
        _sync(final.parent)
        path = final.relative_to(self._folder).as_posix()
        return {"path": path, "day": day, "rows": rows, "bytes": final.stat().st_size}

    def _found(self) -> list[str]:
        return [
            path.relative_to(self._folder).as_posix()
            for path in self._folder.glob("*/*")
            if path.name.endswith((".parquet", ".draft"))
        ]

    def _is_old(self, path: str) -> bool:
        try:
            return time.time() - (self._folder / path).stat().st_mtime > _STRAY_SECONDS
        except FileNotFoundError:
            return False


def _row_groups(paths: list[Path]) -> Iterator[pa.Table]:
    """The rows of files, in tables large enough for one row group each."""
    waiting: list[pa.Table] = []
    count = 0
    for path in paths:
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                table = file.read_row_group(number)
                waiting.append(table)
                count += len(table)
                if count >= _ROW_GROUP:
                    yield pa.concat_tables(waiting, promote_options="default")
                    waiting, count = [], 0
    if waiting:
        yield pa.concat_tables(waiting, promote_options="default")


def _write(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """A Parquet file of these tables, on the disk for good when this returns.

    Columns that a table lacks, because an older version wrote it, are NULL.
    """
    empty = schema.empty_table()
    with path.open("wb") as file:
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for table in tables:
                whole = pa.concat_tables([empty, table], promote_options="default")
                writer.write_table(whole.select(schema.names), row_group_size=_ROW_GROUP)
        file.flush()
        os.fsync(file.fileno())
    pa.default_memory_pool().release_unused()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

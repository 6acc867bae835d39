"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as at

from portreeve.files import items
from portreeve.files.batch import Batch
from portreeve.files.errors import RAW_CHARACTERS, InputError, Reject
from portreeve.files.lines import unreadable
from portreeve.files.options import Options

BATCH_BYTES = 64 << 20

_WANTED = {
    "id": "text or whole numbers",
    "account": "text or whole numbers",
    "time": "points in time, or text in RFC 3339",
    "links": "lists of text",
    "codes": "lists of text",
    "disclosed": "booleans",
}


class ParquetFile:
    """Reads batches from a Parquet file, of it only the columns that are item fields."""

    def __init__(self, path: Path, options: Options, first_id: int) -> None:

        self.name = str(path)
        self.options = options
        self.ended_early: str | None = None
        self.rows_read = 0
        self._first_id = first_id
        try:
            # a buffer per column, else whole column chunks are held
            # what is read ahead is kept to the end, so that memory would grow with the file
            self._file = pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False)
        except pa.ArrowInvalid:
            raise InputError(
                self.name,
                "this is not a Parquet file, or it was cut off.",
                "Write it again, or say by --format what it is.",
            ) from None
        except OSError as error:
            raise unreadable(self.name, error) from None
        self._columns = self._checked_columns()

    def __enter__(self) -> ParquetFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def batches(self) -> Iterator[Batch]:
        """The batches in order; the rejects of a stretch come with its batch."""
        batches = self._file.iter_batches(
            batch_size=self._batch_rows(), columns=[*self._columns.values()], use_threads=False
        )
        while True:
            try:
                batch = next(batches)
            except StopIteration:
                return
            except OSError as error:  # a damaged page: what came before it is good
                self.ended_early = f"the file is damaged after row {self.rows_read:,} ({error})"
                return
            yield self._batch(batch)

    def _checked_columns(self) -> dict[str, str]:
        schema = self._file.schema_arrow
        items.check_columns(self.name, schema.names, self.options)
        columns = {
            field: self.options.column_of(field)
            for field in items.FIELDS
            if self.options.column_of(field) in schema.names
        }
        for field, column in columns.items():
            found = schema.field(column).type
            if not _fits(field, found):
                raise InputError(
                    self.name,
                    f"the column {column!r} holds {found}, not {_WANTED.get(field, 'text')}.",
                    "Cast it, or rename it so that it is not read.",
                )
        return columns

    def _batch_rows(self) -> int:
        """Rows in a batch of at most some :data:`BATCH_BYTES` of values."""
        meta = self._file.metadata
        groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
        heaviest = max((g.total_byte_size / g.num_rows for g in groups if g.num_rows), default=1.0)
        return max(1, min(self.options.batch_rows, int(BATCH_BYTES / max(heaviest, 1.0))))

    def _batch(self, batch: Any) -> Batch:

        rows = range(self.rows_read + 1, self.rows_read + 1 + batch.num_rows)
        self.rows_read += batch.num_rows
        rejects = []
        if broken := _not_utf_8(batch):
            # broken text must not reach polars
            rejects = [
                Reject(self.name, rows[i], None, reason, "Write the text as UTF-8.")
                for i, reason in sorted(broken.items())
            ]
            batch = batch.filter(pa.array([i not in broken for i in range(len(rows))]))
        numbers = [row for i, row in enumerate(rows) if i not in broken] if broken else rows

        faults: dict[int, tuple[str, str]] = {}
        frame = pl.DataFrame(
            [
                _converted(pl.Series(field, pl.from_arrow(batch.column(column))), faults)
                for field, column in self._columns.items()
            ]
        )
        if "surface" not in frame.columns:
            frame = frame.with_columns(surface=pl.lit(self.options.surface))
        frame = frame.with_columns(pl.col("surface").fill_null(self.options.surface))
        if "id" in frame.columns:
            for position in frame["id"].is_null().arg_true():
                faults.setdefault(position, (items.NO_ID, items.ID_REMEDY))
        else:
            ids = [self._first_id - 1 + row for row in numbers]
            frame = frame.with_columns(pl.Series("id", ids, dtype=pl.Int64))
        if faults:
            rejects += [self._reject(frame, i, numbers[i], faults[i]) for i in sorted(faults)]
            kept = [i for i in range(len(frame)) if i not in faults]
            frame, numbers = frame[kept], [numbers[i] for i in kept]
        return Batch(
            file=self.name,
            frame=frame,
            rows=numbers,
            lines=None,
            raw=None,
            rejects=rejects,
            done=self.rows_read / max(self._file.metadata.num_rows, 1),
        )

    def _reject(
        self, frame: pl.DataFrame, position: int, row: int, fault: tuple[str, str]
    ) -> Reject:
        raw = None
        if self.options.may_quote(frame["surface"][position]):
            text = frame["text"][position]
            raw = None if text is None else text[:RAW_CHARACTERS]
        return Reject(self.name, row, None, *fault, raw)


def _fits(field: str, found: Any) -> bool:

    if at.is_null(found):
        return True
    if field in ("id", "account") and at.is_integer(found):
        return True
    if field == "time" and at.is_timestamp(found):
        return True
    if field == "disclosed":
        return bool(at.is_boolean(found))
    if field in ("links", "codes"):
        return bool(at.is_list(found) or at.is_large_list(found)) and _is_text(found.value_type)
    return _is_text(found)


def _is_text(found: Any) -> bool:

    if at.is_dictionary(found):
        found = found.value_type
    return bool(at.is_string(found) or at.is_large_string(found) or at.is_string_view(found))


def _not_utf_8(batch: Any) -> dict[int, str]:
    """Rows with broken text, and what is wrong: Parquet itself promises no UTF-8."""
    broken: dict[int, str] = {}
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        try:
            array.validate(full=True)
        except pa.ArrowInvalid:
            for position, value in enumerate(array):
                if not _readable(value):
                    broken.setdefault(position, f"{name} holds bytes that are not UTF-8")
    return broken


def _readable(value: Any) -> bool:
    try:
        value.as_py()
    except UnicodeDecodeError:
        return False
    return True


def _converted(column: pl.Series, faults: dict[int, tuple[str, str]]) -> pl.Series:
    """The column in the type of its item field; an ``id`` of whole numbers stays as it is."""
    if column.name == "time":
        return _instants(column, faults)
    if column.name in ("links", "codes"):
        return column.cast(pl.List(pl.String))
    if column.name == "disclosed":
        return column.cast(pl.Boolean)
    if column.name == "id" and column.dtype.is_integer():
        numbers = column.cast(pl.Int64, strict=False)
        for position in (numbers.is_null() & column.is_not_null()).arg_true():
            faults[position] = (items.OUT_OF_RANGE_ID, "Write it as text.")
        return numbers
    return column.cast(pl.String)


def _instants(column: pl.Series, faults: dict[int, tuple[str, str]]) -> pl.Series:

    utc = pl.Datetime("us", "UTC")
    if isinstance(column.dtype, pl.Datetime):
        if column.dtype.time_zone is None:
            column = column.dt.replace_time_zone("UTC")
        return column.dt.convert_time_zone("UTC").cast(utc)
    if column.dtype == pl.Null:
        return column.cast(utc)
    times = []
    for position, text in enumerate(column.cast(pl.String)):
        try:
            times.append(None if text is None else items.parse_time(text))
        except ValueError as error:
            times.append(None)
            faults[position] = (str(error), items.remedy_of("time"))
    return items.instants("time", times)

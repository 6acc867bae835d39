"""Writing decisions and rejects: whole files, or none."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, Protocol, Self

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from portreeve.files.errors import InputError, Reject
from portreeve.model import Decision, columns

ROW_GROUP = 100_000
_JSONL = (".jsonl", ".ndjson", ".json")
_PARQUET = (".parquet", ".pq")


class DecisionWriter(Protocol):
    """An output that takes decisions batch by batch.

    A file appears under its name when the ``with`` block ends without an error, and not before;
    otherwise it does not appear at all.
    """

    def write(self, decisions: pl.DataFrame, numeric_ids: Sequence[bool] | None = None) -> None:
        """Add decisions. ``numeric_ids`` marks the ids that are numbers among ids as text."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None: ...


def open_output(path: Path | None, note: Callable[[str], None]) -> DecisionWriter:
    """Open the output for decisions: Parquet or JSON lines by its name, standard output for None.

    Raises:
        InputError: the name tells no format, or its folder is not there.
    """
    if path is None:
        return JsonLinesWriter(None)
    if path.suffix in _PARQUET:
        return ParquetWriter(path, note)
    if path.suffix in _JSONL:
        return JsonLinesWriter(path)
    raise InputError(
        str(path), "the name does not tell the format.", "End it in .parquet or .jsonl."
    )


class _WholeFile:
    """A file written beside its place and moved there when it is whole."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        if not self.path.parent.is_dir():
            raise InputError(str(path), "its folder is not there.", "Make it, or name another.")
        if self.path.is_dir():
            raise InputError(str(path), "this is a folder.", "Name a file in it.")
        # a device or a pipe, such as /dev/null, is written to and never replaced
        self._in_place = self.path.exists() and not self.path.is_file()
        part = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        self.part = self.path if self._in_place else part
        try:
            self.file: IO[bytes] = self.part.open("wb")
        except OSError as error:
            raise InputError(
                str(path), f"cannot be written: {error.strerror}.", "Name another file."
            ) from None

    def restart(self, copy: Callable[[Path], None]) -> None:
        """Begin anew; ``copy`` reads what was written so far and writes to ``file`` again."""
        self.file.close()
        old = self.part.rename(self.part.with_suffix(".old"))
        try:
            self.file = self.part.open("wb")
            copy(old)
        finally:
            old.unlink()

    def keep(self) -> None:
        """Move the file to its place."""
        self.file.flush()
        if not self._in_place:
            os.fsync(self.file.fileno())
        self.file.close()
        if not self._in_place:
            self.part.replace(self.path)

    def drop(self) -> None:
        """Remove what was written."""
        self.file.close()
        if not self._in_place:
            self.part.unlink(missing_ok=True)


class JsonLinesWriter:
    """Decisions as JSON lines, to a file or to standard output."""

    def __init__(self, path: Path | None) -> None:
        self._whole = None if path is None else _WholeFile(path)
        self._file = sys.stdout.buffer if self._whole is None else self._whole.file

    def write(self, decisions: pl.DataFrame, numeric_ids: Sequence[bool] | None = None) -> None:
        """Add decisions, one JSON object per line."""
        lines = io.BytesIO()
        decisions.write_ndjson(lines)
        data = lines.getvalue()
        self._file.write(data if numeric_ids is None else _unquoted_ids(data, numeric_ids))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._whole is None:
            if kind is None:
                self._file.flush()
        elif kind is None:
            self._whole.keep()
        else:
            self._whole.drop()


def _unquoted_ids(data: bytes, numeric: Sequence[bool]) -> bytes:
    """Lines whose ids are text, with those that were numbers turned back into numbers.

    >>> _unquoted_ids(b'{"id":"7","a":1}\\\\n{"id":"x","a":1}\\\\n', [True, False])
    b'{"id":7,"a":1}\\\\n{"id":"x","a":1}\\\\n'
    """
    start = b'{"id":"'
    lines = data.splitlines(keepends=True)
    for position, line in enumerate(lines):
        if numeric[position]:
            number, _, rest = line.removeprefix(start).partition(b'"')
            lines[position] = b'{"id":' + number + rest
    return b"".join(lines)


class ParquetWriter:
    """Decisions as Parquet: zstd, row groups of some 100,000 rows."""

    def __init__(self, path: Path, note: Callable[[str], None]) -> None:
        if path.exists() and not path.is_file():
            raise InputError(str(path), "Parquet is not written to a device.", "Name a file.")
        self._whole = _WholeFile(path)
        self._note = note
        self._waiting: list[pl.DataFrame] = []
        self._writer: Any = None

    def write(self, decisions: pl.DataFrame, numeric_ids: Sequence[bool] | None = None) -> None:
        """Add decisions. The ids of a file are of one type: numbers become text beside text."""
        del numeric_ids
        self._waiting.append(decisions)
        if sum(map(len, self._waiting)) >= ROW_GROUP:
            self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            if self._writer is not None:
                self._writer.close()
            self._whole.drop()
            return
        self._flush()
        if self._writer is None:
            self._open(pl.DataFrame(schema=columns(Decision)).to_arrow().schema)
        self._writer.close()
        self._whole.keep()

    def _flush(self) -> None:
        if not self._waiting:
            return
        types = {frame.schema["id"] for frame in self._waiting}
        if len(types) > 1:
            self._waiting = [frame.cast({"id": pl.String}) for frame in self._waiting]
        table = pl.concat(self._waiting).to_arrow()
        self._waiting = []
        if self._writer is None:
            self._open(table.schema)
        elif table.schema != self._writer.schema:
            types.add(pl.String())
            table = self._widened(table)
        if len(types) > 1:
            self._note("ids are numbers in one place and text in another: all are written as text")
            self._note = _said
        self._writer.write_table(table, row_group_size=ROW_GROUP)

    def _open(self, schema: Any) -> None:

        self._writer = pq.ParquetWriter(self._whole.file, schema, compression="zstd")

    def _widened(self, table: pa.Table) -> pa.Table:
        """Make the ids text, in this table and in the file so far."""
        position = table.schema.get_field_index("id")
        text = table.schema.set(position, pa.field("id", pa.large_string()))
        if self._writer.schema != text:
            self._writer.close()
            self._whole.restart(lambda part: self._copy(part, text))
        return table.cast(text)

    def _copy(self, part: Path, schema: pa.Schema) -> None:
        self._open(schema)
        with pq.ParquetFile(part) as narrow:
            for group in range(narrow.num_row_groups):
                self._writer.write_table(narrow.read_row_group(group).cast(schema))


def _said(_: str) -> None:
    return None


class RejectWriter:
    """Rejects as JSON lines.

    Without ``always`` a file appears only when there is a reject; without one, a file of that name
    which an earlier run left is removed, so that it is not taken for this run's.
    """

    def __init__(self, path: Path, *, always: bool) -> None:
        self.path = path
        self._whole = _WholeFile(path) if always else None
        self._encoder = msgspec.json.Encoder()

    @property
    def written(self) -> bool:
        """Whether there is a file."""
        return self._whole is not None

    def write(self, rejects: Sequence[Reject]) -> None:
        """Add rejects, one JSON object per line."""
        if not rejects:
            return
        if self._whole is None:
            self._whole = _WholeFile(self.path)
        self._whole.file.writelines(self._encoder.encode(reject) + b"\n" for reject in rejects)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._whole is None:
            if kind is None:
                self.path.unlink(missing_ok=True)
        elif kind is None:
            self._whole.keep()
        else:
            self._whole.drop()

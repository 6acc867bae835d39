"""Comma- and tab-separated values, with quotes and line breaks inside quotes (RFC 4180)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from portreeve.files import items
from portreeve.files.batch import Batch, excerpt
from portreeve.files.errors import InputError, Reject
from portreeve.files.lines import Lines
from portreeve.files.options import Options

LONGEST_RECORD = 32 << 20

_PARSERS: dict[str, Callable[[str], Any]] = {
    "time": items.parse_time,
    "disclosed": items.parse_boolean,
    "links": items.parse_links,
    "codes": items.parse_codes,
}
_UNCLOSED = "unexpected end of data"
_UTF_8 = "Save the file as UTF-8, such as by `iconv -f gb18030 -t utf-8`."
_NOT_UTF_8 = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Fault:
    reason: str
    remedy: str


class _Records(NamedTuple):
    """Records of a stretch of lines."""

    cells: list[Any]
    """Of each record its cells, or a :class:`_Fault`."""
    lines: Sequence[int]
    """Number of the line where each begins."""
    raw: Sequence[str]
    """That line."""

    def part(self, part: slice) -> _Records:
        return _Records(self.cells[part], self.lines[part], self.raw[part])


class Delimited:
    """Reads batches from comma- or tab-separated values with a header.

    A record with a fault (bytes that are not UTF-8, a quote that is never closed, too many cells)
    is set aside by its first line, and reading goes on at the line after it.
    """

    def __init__(self, source: Lines, options: Options, first_id: int, delimiter: str) -> None:
        self.source = source
        self.options = options
        self._first_id = first_id
        self._delimiter = delimiter
        self.name = source.name
        self.rows_read = 0
        self._columns: list[str] = []
        self._clean = True
        # the module's limit of 128 KiB a cell is below what a post may have
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_RECORD))

    @property
    def ended_early(self) -> str | None:
        """Why the input stopped before its end; None when it did not."""
        return self.source.ended_early

    def __enter__(self) -> Delimited:
        self.source.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.source.__exit__()

    def batches(self) -> Iterator[Batch]:
        """The batches in order; the rejects of a stretch come with its batch."""
        for records in self._stretches():
            start = 0
            if records.cells and not self._columns:
                self._read_header(records.cells[0])
                start = 1
            for first in range(start, len(records.cells), self.options.batch_rows):
                part = slice(first, first + self.options.batch_rows)
                yield self._batch(records.part(part))
        if not self._columns:
            raise InputError(
                self.name,
                "there is no header line.",
                f"The first line names the columns: id{self._delimiter}text",
            )

    def _read_header(self, cells: list[str] | _Fault) -> None:
        if isinstance(cells, _Fault):
            raise InputError(self.name, f"the header line: {cells.reason}.", cells.remedy)
        if _NOT_UTF_8.search("".join(cells)):
            raise InputError(self.name, "the header line is not UTF-8.", _UTF_8)
        items.check_columns(self.name, cells, self.options)
        self._columns = [self.options.field_of(name) for name in cells]

    def _stretches(self) -> Iterator[_Records]:
        pending: list[str] = []
        first = 1
        for block in self.source.blocks():
            if block.too_long:
                yield self._split(pending, first, final=True)[0]
                reason = f"the line is longer than {self.source.longest:,} bytes"
                yield _Records([_Fault(reason, "Shorten its text.")], [block.first], [""])
                pending, first = [], block.first + 1
                continue
            pending += self._decoded(block.data)
            records, used = self._split(pending, first, final=False)
            pending, first = pending[used:], first + used
            yield records
        yield self._split(pending, first, final=True)[0]

    def _decoded(self, data: bytes) -> list[str]:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            # broken bytes are carried along as lone surrogates and looked for in each record
            text = data.decode(errors="surrogateescape")
            self._clean = False
        return list(io.StringIO(text, newline="\n"))

    def _split(self, lines: list[str], first: int, *, final: bool) -> tuple[_Records, int]:
        """The records in these lines, and how many of the lines they take up.

        The last lines stay over when a quote is still open there and more lines may come.
        """
        try:
            cells = list(csv.reader(lines, delimiter=self._delimiter, strict=True))
        except csv.Error:
            cells = []
        if len(cells) == len(lines) and all(cells):  # as most often: each line is a record
            return _Records(cells, range(first, first + len(lines)), lines), len(lines)
        found: list[Any] = []
        at: list[int] = []
        scan = _scan(lines, self._delimiter, final=final)
        while True:
            try:
                position, record = next(scan)
            except StopIteration as end:
                raw = [lines[i] for i in at]
                return _Records(found, [first + i for i in at], raw), end.value
            if record:  # a blank line has no cells
                found.append(record)
                at.append(position)

    def _batch(self, records: _Records) -> Batch:
        count = len(records.cells)
        rows = range(self.rows_read + 1, self.rows_read + 1 + count)
        self.rows_read += count
        faults = self._misshapen(records.cells)
        shaped = [i for i in range(count) if i not in faults] if faults else range(count)
        columns = self._parse([records.cells[i] for i in shaped], shaped, faults)
        kept: Sequence[int] = shaped
        if faults:
            kept = [i for i in shaped if i not in faults]
            columns = {
                name: [value for i, value in zip(shaped, column, strict=True) if i not in faults]
                for name, column in columns.items()
            }
        if "id" not in columns:
            columns["id"] = [self._first_id - 1 + rows[i] for i in kept]
        return Batch(
            file=self.name,
            frame=items.frame(columns, self.options.surface),
            rows=[rows[i] for i in kept],
            lines=[records.lines[i] for i in kept],
            raw=lambda i: _bytes(records.raw[kept[i]]),
            rejects=[self._reject(records, i, rows[i], faults[i]) for i in sorted(faults)],
            done=self.source.done(),
        )

    def _misshapen(self, cells: list[Any]) -> dict[int, _Fault]:
        """Records that are no rows of the header's columns, by position."""
        if self._clean and _Fault not in set(map(type, cells)):
            lengths = set(map(len, cells))
            if lengths <= {len(self._columns)}:
                return {}
        found = ((i, self._shape_fault(one)) for i, one in enumerate(cells))
        return {i: fault for i, fault in found if fault is not None}

    def _shape_fault(self, cells: list[str] | _Fault) -> _Fault | None:
        if isinstance(cells, _Fault):
            return cells
        if len(cells) != len(self._columns):
            separator = "a tab" if self._delimiter == "\t" else "a comma"
            return _Fault(
                f"the row has {len(cells)} cells, the header has {len(self._columns)}",
                f"Put quotes around a cell that holds {separator} or a line break.",
            )
        for name, cell in zip(self._columns, cells, strict=True):
            if not self._clean and (found := _NOT_UTF_8.search(cell)):
                byte = ord(found.group()) & 0xFF
                return _Fault(f"{name} holds a byte (0x{byte:02x}) that is not UTF-8", _UTF_8)
        return None

    def _parse(
        self, cells: list[list[str]], positions: Sequence[int], faults: dict[int, _Fault]
    ) -> dict[str, Sequence[Any]]:
        """The columns of items; a value that cannot be read is None and a fault of its row."""
        columns: dict[str, Sequence[Any]] = {}
        by_column = zip(*cells, strict=True) if cells else [()] * len(self._columns)
        for name, column in zip(self._columns, by_column, strict=True):
            if name == "text":
                columns[name] = column
            elif name in _PARSERS:
                columns[name] = _parsed(name, column, positions, faults)
            elif name in items.FIELDS:
                columns[name] = [cell or None for cell in column]
        ids = columns.get("id", ())
        if None in ids:
            for position, value in zip(positions, ids, strict=True):
                if value is None:
                    faults.setdefault(position, _Fault(items.NO_ID, items.ID_REMEDY))
        return columns

    def _reject(self, records: _Records, position: int, row: int, fault: _Fault) -> Reject:
        raw: str | None = None
        if self.options.may_quote(self._surface(records.cells[position])):
            raw = excerpt(_bytes(records.raw[position]))
        line = records.lines[position]
        return Reject(self.name, row, line, fault.reason, fault.remedy, raw)

    def _surface(self, cells: list[str] | _Fault) -> str | None:
        """The surface of a row; one that cannot be told gives a name that no surface has."""
        if "surface" not in self._columns:
            return None
        if isinstance(cells, _Fault) or len(cells) != len(self._columns):
            return ""
        return cells[self._columns.index("surface")] or None


def _bytes(line: str) -> bytes:
    return line.encode(errors="surrogateescape")


def _parsed(
    name: str, column: Sequence[str], positions: Sequence[int], faults: dict[int, _Fault]
) -> list[Any]:
    values: list[Any] = []
    for position, cell in zip(positions, column, strict=True):
        try:
            values.append(_PARSERS[name](cell))
        except ValueError as error:
            values.append(None)
            faults.setdefault(position, _Fault(str(error), items.remedy_of(name)))
    return values


def _scan(
    lines: list[str], delimiter: str, *, final: bool
) -> Generator[tuple[int, list[str] | _Fault], None, int]:
    """Each record, or fault, with the position of the line where it begins; returns lines used."""
    start = 0
    while start < len(lines):
        rest = (lines[position] for position in range(start, len(lines)))
        reader = csv.reader(rest, delimiter=delimiter, strict=True)
        begin = start
        try:
            for cells in reader:
                yield begin, cells
                begin = start + reader.line_num
        except csv.Error as error:
            unclosed = str(error) == _UNCLOSED
            if unclosed and not final and sum(map(len, lines[begin:])) < LONGEST_RECORD:
                return begin
            if unclosed or "expected after" in str(error):
                fault = _Fault(
                    "a quoted cell that begins here does not end where it should",
                    'Close the quote; double a quote that is part of the text ("").',
                )
            else:
                fault = _Fault(f"not valid CSV: {error}", "Save the file as CSV in UTF-8 again.")
            yield begin, fault
            start = begin + 1
        else:
            start = len(lines)
    return start

"""Comma- and tab-separated values, with quotes and line breaks inside quotes (RFC 4180)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Generator, Iterator, Sequence
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
}
_UNCLOSED = "unexpected end of data"
_UTF_8 = "Save the file as UTF-8, such as by `iconv -f gb18030 -t utf-8`."
_NOT_UTF_8 = re.compile("[\ud800-\udfff]")


class _Fault(NamedTuple):
    reason: str
    remedy: str


class _Record(NamedTuple):
    line: int
    raw: str
    """The line where the record begins."""
    cells: list[str] | _Fault


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
        for records in self._records_by_block():
            if not self._columns:
                if not records:
                    continue
                self._read_header(records.pop(0))
            yield from self._batches(records)
        if not self._columns:
            raise InputError(
                self.name,
                "there is no header line.",
                f"The first line names the columns: id{self._delimiter}text",
            )

    def _read_header(self, record: _Record) -> None:
        if isinstance(record.cells, _Fault):
            raise InputError(
                self.name, f"the header line: {record.cells.reason}.", record.cells.remedy
            )
        if _NOT_UTF_8.search("".join(record.cells)):
            raise InputError(self.name, "the header line is not UTF-8.", _UTF_8)
        items.check_columns(self.name, record.cells, self.options)
        self._columns = [self.options.field_of(name) for name in record.cells]

    def _records_by_block(self) -> Iterator[list[_Record]]:
        pending: list[str] = []
        first = 1
        for block in self.source.blocks():
            if block.too_long:
                records, _ = self._split(pending, first, final=True)
                fault = _Fault(
                    f"the line is longer than {self.source.longest:,} bytes", "Shorten its text."
                )
                yield [*records, _Record(block.first, "", fault)]
                pending, first = [], block.first + 1
                continue
            pending += self._decoded(block.data)
            records, used = self._split(pending, first, final=False)
            pending, first = pending[used:], first + used
            yield records
        if pending:
            yield self._split(pending, first, final=True)[0]

    def _decoded(self, data: bytes) -> list[str]:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            # broken bytes are carried along as lone surrogates and looked for in each record
            text = data.decode(errors="surrogateescape")
            self._clean = False
        return list(io.StringIO(text, newline="\n"))

    def _split(self, lines: list[str], first: int, *, final: bool) -> tuple[list[_Record], int]:
        """The records in these lines, and how many of the lines they take up.

        The last lines stay over when a quote is still open there and more lines may come.
        """
        records: list[_Record] = []
        scan = _scan(lines, self._delimiter, final=final)
        while True:
            try:
                at, cells = next(scan)
            except StopIteration as end:
                return records, end.value
            if cells:  # a blank line has no cells
                records.append(_Record(first + at, lines[at], cells))

    def _batches(self, records: list[_Record]) -> Iterator[Batch]:
        size = self.options.batch_rows
        for start in range(0, len(records), size):
            yield self._batch(records[start : start + size])

    def _batch(self, records: list[_Record]) -> Batch:
        rows = range(self.rows_read + 1, self.rows_read + 1 + len(records))
        self.rows_read += len(records)
        faults = {i: fault for i, r in enumerate(records) if (fault := self._misshapen(r.cells))}
        shaped = [i for i in range(len(records)) if i not in faults]
        columns = self._parse([records[i].cells for i in shaped], shaped, faults)
        if faults:
            columns = {
                name: [value for i, value in zip(shaped, column, strict=True) if i not in faults]
                for name, column in columns.items()
            }
        kept = [i for i in shaped if i not in faults]
        if "id" not in columns:
            columns["id"] = [self._first_id - 1 + rows[i] for i in kept]
        columns["surface"] = [
            name or self.options.surface for name in columns.get("surface", [None] * len(kept))
        ]
        return Batch(
            file=self.name,
            frame=items.frame(columns),
            rows=[rows[i] for i in kept],
            lines=[records[i].line for i in kept],
            raw=[records[i].raw.encode(errors="surrogateescape") for i in kept],
            rejects=[self._reject(rows[i], records[i], faults[i]) for i in sorted(faults)],
            done=self.source.done(),
        )

    def _misshapen(self, cells: list[str] | _Fault) -> _Fault | None:
        if isinstance(cells, _Fault):
            return cells
        if len(cells) != len(self._columns):
            separator = "a tab" if self._delimiter == "\t" else "a comma"
            return _Fault(
                f"the row has {len(cells)} cells, the header has {len(self._columns)}",
                f"Put quotes around a cell that holds {separator} or a line break.",
            )
        if self._clean:
            return None
        for name, cell in zip(self._columns, cells, strict=True):
            if found := _NOT_UTF_8.search(cell):
                byte = ord(found.group()) & 0xFF
                return _Fault(f"{name} holds a byte (0x{byte:02x}) that is not UTF-8", _UTF_8)
        return None

    def _parse(
        self, cells: list[Any], positions: list[int], faults: dict[int, _Fault]
    ) -> dict[str, Sequence[Any]]:
        """The columns of items; a value that cannot be read is None and a fault of its row."""
        columns: dict[str, Sequence[Any]] = {}
        by_column = list(zip(*cells, strict=True)) or [()] * len(self._columns)
        for name, column in zip(self._columns, by_column, strict=True):
            if name == "text":
                columns[name] = column
            elif name in _PARSERS:
                columns[name] = _parsed(name, column, positions, faults)
            elif name in items.FIELDS:
                columns[name] = [cell or None for cell in column]
        for position, value in zip(positions, columns.get("id", ()), strict=False):
            if value is None:
                faults.setdefault(position, _Fault(items.NO_ID, items.ID_REMEDY))
        return columns

    def _reject(self, row: int, record: _Record, fault: _Fault) -> Reject:
        raw: str | None = None
        if self.options.may_quote(self._surface(record.cells)):
            raw = excerpt(record.raw.encode(errors="surrogateescape"))
        return Reject(self.name, row, record.line, fault.reason, fault.remedy, raw)

    def _surface(self, cells: list[str] | _Fault) -> str | None:
        """The surface of a row; one that cannot be told gives a name that no surface has."""
        if "surface" not in self._columns:
            return None
        if isinstance(cells, _Fault) or len(cells) != len(self._columns):
            return ""
        return cells[self._columns.index("surface")] or None


def _parsed(
    name: str, column: Sequence[str], positions: list[int], faults: dict[int, _Fault]
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

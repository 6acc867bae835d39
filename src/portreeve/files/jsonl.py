"""JSON lines: one JSON object per line."""

from __future__ import annotations

import functools
import itertools
import json
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET

from portreeve.files import items
from portreeve.files.batch import Batch, excerpt
from portreeve.files.errors import InputError, Reject
from portreeve.files.lines import Block, Lines
from portreeve.files.options import Options

_TYPES: dict[str, Any] = {
    "id": str | int | None,
    "account": str | int | None,
    "time": datetime | None,
    "links": list[str] | None,
    "codes": list[str] | None,
    "disclosed": bool | None,
}
_DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_SAMPLE = 200
_FIELDS = {name: operator.attrgetter(name) for name in items.FIELDS}


class JsonLines:
    """Reads batches from JSON lines.

    Most blocks are decoded at one stroke; only a block with a bad line is taken line by line, so
    that the bad lines alone are set aside.
    """

    def __init__(self, source: Lines, options: Options, first_id: int) -> None:
        self.source = source
        self.options = options
        self._first_id = first_id
        self._decoder = msgspec.json.Decoder(_row_type(options))
        self.name = source.name
        self.rows_read = 0
        self._has_ids: bool | None = None

    @property
    def ended_early(self) -> str | None:
        """Why the input stopped before its end; None when it did not."""
        return self.source.ended_early

    def __enter__(self) -> JsonLines:
        self.source.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.source.__exit__()

    def batches(self) -> Iterator[Batch]:
        """The batches in order; the rejects of a stretch come with its batch."""
        for block in self.source.blocks():
            if block.too_long:
                reason = f"the line is longer than {self.source.longest:,} bytes"
                self.rows_read += 1
                reject = self._reject(self.rows_read, block.first, reason, "Shorten its text.")
                yield Batch(
                    self.name, items.frame({}, self.options.surface), (), (), None, [reject]
                )
                continue
            if self._has_ids is None:
                self._look_at(block)
            yield from self._decode(block)

    def _look_at(self, block: Block) -> None:
        """Learn from the first rows which fields there are."""
        lines = [line for line in block.data.split(b"\n") if line.strip()]
        if not self.rows_read and lines and lines[0].lstrip().startswith(b"["):
            raise InputError(
                self.name,
                "this is a JSON list, not one JSON object per line.",
                "Turn it into lines, such as by `jq -c '.[]' posts.json > posts.jsonl`.",
            )
        readable = (value for value in map(_object, lines) if value is not None)
        objects = list(itertools.islice(readable, _SAMPLE))
        if not objects:
            return
        found = list(dict.fromkeys(name for value in objects for name in value))
        sealed_only = all(value.get("surface") in self.options.sealed for value in objects)
        if self.options.text_column not in found and not sealed_only:
            raise items.missing_column(self.name, self.options.text_column, found, "--text-column")
        items.note_ignored(self.name, found, self.options)
        self._has_ids = self.options.id_column in found

    def _decode(self, block: Block) -> Iterator[Batch]:
        # wanted only for rows with a fault
        raw: Callable[[], list[bytes]] = functools.cache(lambda: block.data.split(b"\n"))
        count = block.data.count(b"\n") + (not block.data.endswith(b"\n"))
        values: list[Any]
        try:
            values = self._decoder.decode_lines(block.data)
        except _DECODE_ERRORS:
            values = []
        at: Sequence[int] = range(count)  # which lines of the block the rows are
        if len(values) != count:  # a bad line, or a blank one
            at = [i for i, line in enumerate(raw()) if line.strip()]
            values = [self._one(raw()[i]) for i in at]
        rows: Sequence[int] = range(self.rows_read + 1, self.rows_read + 1 + len(at))
        self.rows_read += len(at)

        rejects: list[Reject] = []
        if not self._sound(values):
            good = []
            for i, value in enumerate(values):
                if fault := self._fault(value):
                    quoted = raw()[at[i]] if self._may_quote(value) else None
                    rejects.append(self._reject(rows[i], block.first + at[i], *fault, quoted))
                else:
                    good.append(i)
            values, rows = [values[i] for i in good], [rows[i] for i in good]
            at = [at[i] for i in good]

        size = self.options.batch_rows
        for start in range(0, max(len(values), 1), size):
            part = slice(start, start + size)
            lines = [block.first + i for i in at[part]]
            here = functools.partial(_raw, raw, at[part])
            yield self._batch(values[part], rows[part], lines, here, rejects)
            rejects = []

    def _sound(self, values: list[Any]) -> bool:
        """Whether no row has a fault; asked of all at once, since most often none has."""
        if tuple in set(map(type, values)) or UNSET in map(_FIELDS["text"], values):
            return False
        ids = list(map(_FIELDS["id"], values))
        if not self._has_ids:
            return ids.count(None) == len(ids)
        if None in ids:
            return False
        numbers = [id_ for id_ in ids if type(id_) is int]
        return not numbers or (min(numbers) >= -(1 << 63) and max(numbers) < 1 << 63)

    def _one(self, line: bytes) -> Any:
        """The row of one line, or what is wrong with it: reason and remedy."""
        try:
            return self._decoder.decode(line)
        except _DECODE_ERRORS as error:
            return _diagnose(line, error)

    def _fault(self, value: Any) -> tuple[str, str] | None:
        if type(value) is tuple:
            return value
        if value.text is UNSET and (value.surface or self.options.surface) not in (
            self.options.sealed
        ):
            return (
                f"there is no field {self.options.text_column!r}",
                "Add it; null or empty text is fine.",
            )
        if value.id is None:
            return (items.NO_ID, items.ID_REMEDY) if self._has_ids else None
        if not self._has_ids:
            return items.LATE_ID, items.ID_REMEDY
        if type(value.id) is int and not -(1 << 63) <= value.id < 1 << 63:
            return items.OUT_OF_RANGE_ID, "Write it as text."
        return None

    def _may_quote(self, value: Any) -> bool:
        # a line that cannot be read may be of a sealed surface: it is never quoted
        return type(value) is not tuple and self.options.may_quote(value.surface)

    def _reject(
        self, row: int, line: int, reason: str, remedy: str, raw: bytes | None = None
    ) -> Reject:
        quoted = None if raw is None else excerpt(raw)
        return Reject(self.name, row, line, reason, remedy, quoted)

    def _batch(
        self,
        values: list[Any],
        rows: Sequence[int],
        lines: Sequence[int],
        raw: Callable[[int], bytes],
        rejects: list[Reject],
    ) -> Batch:
        columns: dict[str, Sequence[Any]] = {
            name: list(map(field, values)) for name, field in _FIELDS.items()
        }
        if not self._has_ids:
            columns["id"] = [self._first_id - 1 + row for row in rows]
        if UNSET in columns["text"]:
            columns["text"] = [None if text is UNSET else text for text in columns["text"]]
        if int in set(map(type, columns["account"])):
            columns["account"] = [
                str(name) if type(name) is int else name for name in columns["account"]
            ]
        mixed = len(set(map(type, columns["id"]))) > 1
        return Batch(
            file=self.name,
            frame=items.frame(columns, self.options.surface),
            rows=rows,
            lines=lines,
            raw=raw,
            rejects=rejects,
            numeric_ids=[type(value) is int for value in columns["id"]] if mixed else None,
            done=self.source.done(),
        )


def _raw(split: Callable[[], list[bytes]], at: Sequence[int], position: int) -> bytes:
    return split()[at[position]]


def _row_type(options: Options) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any, Any]] = [
        (name, _TYPES.get(name, str | None), None) for name in items.FIELDS if name != "text"
    ]
    fields.append(("text", str | None | msgspec.UnsetType, UNSET))
    names = {name: options.column_of(name) for name in items.FIELDS}
    return msgspec.defstruct("Row", fields, rename=names, gc=False)


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(line)
    except _DECODE_ERRORS:
        return None
    return value if isinstance(value, dict) else None


_MISMATCH = re.compile(
    r"Expected `(?P<wanted>[^`]*)`, got `(?P<got>[^`]*)`(?: - at `\$(?P<at>.*)`)?"
)
_FIELD = re.compile(r" - at `\$\.(?P<field>\w+)")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN_NAMES = {
    "str": "text",
    "int": "a whole number",
    "float": "a number with a fraction",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def _diagnose(line: bytes, error: Exception) -> tuple[str, str]:
    """What is wrong with a line, and what to do; never with content of the line in it.

    >>> decoder = msgspec.json.Decoder(_row_type(Options()))
    >>> try:
    ...     decoder.decode(b'{"text": 5}')
    ... except msgspec.ValidationError as error:
    ...     _diagnose(b'{"text": 5}', error)
    ('text is a whole number, not text or null', 'Write it as text, or leave it out.')
    """
    try:
        line.decode()
    except UnicodeDecodeError as broken:
        reason = f"byte {broken.start + 1} of the line (0x{line[broken.start]:02x}) is not UTF-8"
        return reason, "Save the file as UTF-8, such as by `iconv -f gb18030 -t utf-8`."
    if isinstance(error, msgspec.ValidationError):
        return _mismatch(str(error))
    if _has_lone_surrogate(line):
        return (
            "a lone surrogate (\\ud800 to \\udfff): half of a character",
            "Write both halves of the character, or the character itself.",
        )
    detail = "too deeply nested" if isinstance(error, RecursionError) else str(error)
    detail = {"Input data was truncated": "the line ends too early"}.get(detail, detail)
    detail = detail.removeprefix("JSON is malformed: ")
    return f"not valid JSON: {detail}", "Write one JSON object per line."


def _mismatch(message: str) -> tuple[str, str]:
    field = match["field"] if (match := _FIELD.search(message)) else None
    if field is None:
        return "the line is not a JSON object", "Write one JSON object per line."
    if match := _MISMATCH.match(message):
        wanted = " or ".join(_PLAIN_NAMES.get(name, name) for name in match["wanted"].split(" | "))
        got = _PLAIN_NAMES.get(match["got"], match["got"])
        where = "an element of links" if "[" in (match["at"] or "") else field
        return f"{where} is {got}, not {wanted}", items.remedy_of(field)
    return f"{field} is not a date and time in RFC 3339", items.remedy_of(field)


def _has_lone_surrogate(line: bytes) -> bool:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return _LONE_SURROGATE.search(json.dumps(value, ensure_ascii=False)) is not None

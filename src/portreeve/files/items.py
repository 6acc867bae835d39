"""From the values of rows to a frame of items."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import polars as pl

from portreeve.files.errors import InputError
from portreeve.files.options import Options
from portreeve.model import Item
from portreeve.model import columns as columns_of

FIELDS: tuple[str, ...] = Item.__struct_fields__
"""The item fields that a column of an input may hold."""

OUT_OF_RANGE_ID = "id is a number beyond 64 bits"
NO_ID = "id is missing, though the first rows of the input have one"
LATE_ID = "id is given, though the first rows of the input have none"
ID_REMEDY = "Give every row an id, or none; without ids the row number is the id."

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TRUE = {"true", "1", "yes", "t", "y"}
_FALSE = {"false", "0", "no", "f", "n"}


def frame(values: dict[str, Sequence[Any]], surface: str) -> pl.DataFrame:
    """A frame of items from Python values, a list per field.

    ``id`` is a column of Int64 when every id is a number, else of String. A field with no value in
    any row is left out; a row without a surface is on ``surface``.

    >>> frame({"id": [7, 8], "text": ["a", None], "time": [None, None]}, "moments").schema
    Schema([('id', Int64), ('text', String), ('surface', String)])
    """
    types = columns_of(Item)
    columns = []
    for name, column in values.items():
        if name == "id":
            numbers = set(map(type, column)) <= {int}
            ids = column if numbers else [str(value) for value in column]
            columns.append(pl.Series(name, ids, dtype=pl.Int64 if numbers else pl.String))
        elif name == "text" or column.count(None) < len(column):
            if name == "time":
                columns.append(instants(name, column))
            else:
                columns.append(pl.Series(name, column, dtype=types[name]))
    items = pl.DataFrame(columns)
    if "surface" not in items.columns:
        return items.with_columns(surface=pl.lit(surface))
    return items.with_columns(pl.col("surface").fill_null(surface))


def instants(name: str, times: Iterable[datetime | None]) -> pl.Series:
    """A column of points in time, in microseconds UTC; a time without offset is UTC."""
    elapsed = [None if time is None else (_aware(time) - _EPOCH) // _MICROSECOND for time in times]
    return pl.Series(name, elapsed, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))


def _aware(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def parse_time(text: str) -> datetime | None:
    """A point in time from text; None for empty text.

    >>> parse_time("2014-06-01T00:00:00+08:00").isoformat()
    '2014-06-01T00:00:00+08:00'
    >>> parse_time("1 June")
    Traceback (most recent call last):
    ValueError: time is not a date and time in RFC 3339
    """
    if not text.strip():
        return None
    try:
        return msgspec.convert(text.strip(), datetime)
    except msgspec.ValidationError:
        raise ValueError("time is not a date and time in RFC 3339") from None


def parse_boolean(text: str) -> bool | None:
    """Yes or no from text; None for empty text.

    >>> parse_boolean("Yes"), parse_boolean("0"), parse_boolean("")
    (True, False, None)
    """
    word = text.strip().lower()
    if not word:
        return None
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError("disclosed is neither true nor false")


def parse_links(text: str) -> list[str] | None:
    """Addresses from text: a JSON list, or addresses with white space between; None for empty text.

    >>> parse_links("https://a.example https://b.example")
    ['https://a.example', 'https://b.example']
    >>> parse_links('["https://a.example"]')
    ['https://a.example']
    """
    if not text.strip():
        return None
    if not text.lstrip().startswith("["):
        return text.split()
    try:
        return msgspec.json.decode(text, type=list[str])
    except msgspec.MsgspecError:
        raise ValueError(
            "links is neither a JSON list of texts nor addresses with spaces"
        ) from None


def parse_codes(text: str) -> list[str] | None:
    """What codes say, from text: a JSON list, or one code; None for empty text.

    >>> parse_codes("weixin://dl/chat"), parse_codes('["tel:1", "tel:2"]')
    (['weixin://dl/chat'], ['tel:1', 'tel:2'])
    """
    if not text.strip():
        return None
    if not text.lstrip().startswith("["):
        return [text]
    try:
        return msgspec.json.decode(text, type=list[str])
    except msgspec.MsgspecError:
        raise ValueError("codes is neither a JSON list of texts nor one code") from None


REMEDIES = {
    "time": "Write it like 2014-06-01T08:00:00+08:00.",
    "disclosed": "Write true or false, or leave it empty.",
    "links": 'Write ["https://one.example", "https://two.example"], or leave it empty.',
    "codes": 'Write ["https://one.example", "tel:110"], or leave it empty.',
    "id": "Write it as text or as a whole number.",
}


def remedy_of(field: str) -> str:
    """What to do about a value of the wrong type in this field."""
    return REMEDIES.get(field, "Write it as text, or leave it out.")


def check_columns(where: str, found: Sequence[str], options: Options) -> None:
    """Check the names of an input's columns, and note those that are ignored.

    Raises:
        InputError: the column with the text, or a column named by an option, is not there, or a
            name stands there twice.
    """
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        raise InputError(where, f"the column {twice[0]!r} is there twice.", "Rename one of them.")
    if options.text_column not in found:
        raise missing_column(where, options.text_column, found, "--text-column")
    if options.id_column not in found and options.id_column != "id":
        raise missing_column(where, options.id_column, found, "--id-column")
    note_ignored(where, found, options)


def missing_column(where: str, name: str, found: Sequence[str], flag: str) -> InputError:
    """The error for a column that is not there, with a guess at the one that was meant."""
    what = f"there is no column {name!r}. Columns found: {', '.join(found) or 'none'}."
    near = _nearest(name, found) or "NAME"
    return InputError(where, what, f"Name the right one with {flag} {near}.")


def note_ignored(where: str, found: Sequence[str], options: Options) -> None:
    """Say once which columns are ignored, and which of them look like a misspelt field."""
    known = {options.column_of(field) for field in FIELDS}
    ignored = [name for name in found if name not in known]
    if not ignored:
        return
    hints = [
        f"{name} (did you mean {meant}?)" if meant and meant not in found else name
        for name, meant in ((name, _nearest(name, sorted(known))) for name in ignored)
    ]
    options.note(f"{where}: columns not used: {', '.join(hints)}")


def _nearest(name: str, names: Sequence[str]) -> str | None:
    by_lower = {other.lower().strip(): other for other in names}
    near = difflib.get_close_matches(name.lower().strip(), list(by_lower), n=1, cutoff=0.85)
    return by_lower[near[0]] if near else None

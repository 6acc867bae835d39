"""Admission: which rows of a table can be decided, and what is wrong with the others."""

from __future__ import annotations

import typing
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from portreeve.model import (
    CONTENT_FIELDS,
    Item,
    Licence,
    SealedSurfaceError,
    Standing,
    Surface,
    SurfaceState,
    columns,
)
from portreeve.policy import Policy


class ItemError(ValueError):
    """An item cannot be decided. The message names the row, the field and the remedy."""


@dataclass(frozen=True)
class Admitted:
    """Which rows can be decided.

    ``items``: the good rows, with every field of :class:`~portreeve.model.Item` as a column of its
    type (``id`` as it came); ``rejected``: ``row`` (position, from 0), ``reason``, ``remedy``.
    """

    items: pl.DataFrame
    rejected: pl.DataFrame


def as_frame(table: Any) -> pl.DataFrame:
    """A table with the Arrow PyCapsule interface as a polars frame."""
    if isinstance(table, pl.DataFrame):
        return table
    if isinstance(table, pl.LazyFrame):
        return table.collect()
    if hasattr(table, "__arrow_c_stream__") or hasattr(table, "__arrow_c_array__"):
        return pl.DataFrame(table)
    raise ItemError(
        f"a {type(table).__name__} is not a table. "
        "Give a polars, pandas or pyarrow table, or anything with __arrow_c_stream__."
    )


def admit(frame: pl.DataFrame, policy: Policy) -> Admitted:
    """Sort rows into those that can be decided and those that cannot."""
    items, wrong = _typed(frame)
    for bad, reason, remedy in _checks(items, policy):
        wrong.append((bad, reason, remedy))
    rejected = _first_reasons(wrong, len(items))
    good = np.ones(len(items), dtype=bool)
    good[rejected["row"].to_numpy()] = False
    return Admitted(items.filter(pl.Series(good)) if not good.all() else items, rejected)


_Wrong = tuple[pl.Series, pl.Series | str, str]


def _typed(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[_Wrong]]:
    """Every field of an item as a column of its type; rows whose value does not fit are named."""
    if "text" not in frame.columns:
        raise ItemError(
            f"there is no column 'text' among {', '.join(map(repr, frame.columns)) or 'none'}. "
            "Rename the column that holds the words of the post."
        )
    wrong: list[_Wrong] = []
    typed: list[pl.Series] = []
    for name, kind in columns(Item).items():
        if name not in frame.columns:
            typed.append(_missing(name, kind, len(frame)))
            continue
        given = frame[name]
        converted = given if name == "id" else _convert(given, kind)
        sound = _sound(converted)
        typed.append(sound)
        broken = converted.is_not_null() & sound.is_null()
        if broken.any():
            wrong.append((broken, f"{name} is not UTF-8", f"Write the column {name!r} as UTF-8."))
        if name == "id":
            wrong.append((given.is_null(), "id is missing", "Give every row an id, or none."))
        lost = given.is_not_null() & converted.is_null()
        if lost.any():
            wrong.append(
                (
                    lost,
                    f"{name} is not {_TYPE_WORDS[str(kind.base_type())]}",
                    f"The column {name!r} is {given.dtype}; give {kind}.",
                )
            )
    items = pl.DataFrame(typed)
    return items.with_columns(pl.col("surface").fill_null(Surface.moments.value)), wrong


_TYPE_WORDS = {
    "String": "text",
    "Boolean": "true or false",
    "Datetime": "a time",
    "List": "a list of text",
}


def _missing(name: str, kind: pl.DataType, rows: int) -> pl.Series:
    if name == "id":
        return pl.Series("id", range(1, rows + 1), dtype=pl.Int64)
    if isinstance(kind, pl.List):
        return pl.Series(name, [[]], dtype=kind).new_from_index(0, rows)
    return pl.Series(name, [None], dtype=kind).new_from_index(0, rows)


def _convert(given: pl.Series, kind: pl.DataType) -> pl.Series:
    """The column as the field's type, NULL where a value does not fit; bytes are left for later."""
    if given.dtype == kind:
        return given
    if given.dtype == pl.Null:
        return given.cast(kind)
    if kind == pl.String:
        if given.dtype == pl.Binary:
            return given
        if given.dtype.is_nested() or given.dtype == pl.Boolean:
            return pl.Series(given.name, [None], dtype=kind).new_from_index(0, len(given))
        if given.name == "text" and not isinstance(given.dtype, (pl.Categorical, pl.Enum)):
            return pl.Series(given.name, [None], dtype=kind).new_from_index(0, len(given))
        return given.cast(kind, strict=False)
    if isinstance(kind, pl.List):
        if isinstance(given.dtype, pl.List) and given.dtype.inner in (pl.String, pl.Null):
            return given.cast(kind)
        if given.dtype == pl.String:
            return given.str.extract_all(r"\S+")
        return pl.Series(given.name, [None], dtype=kind).new_from_index(0, len(given))
    if isinstance(kind, pl.Datetime):
        if given.dtype == pl.String:
            return given.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
        if isinstance(given.dtype, pl.Datetime):
            if given.dtype.time_zone is None:
                return given.dt.replace_time_zone("UTC").cast(kind)
            return given.dt.convert_time_zone("UTC").cast(kind)
        if given.dtype == pl.Date:
            return given.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        return pl.Series(given.name, [None], dtype=kind).new_from_index(0, len(given))
    if kind == pl.Boolean and given.dtype == pl.String:
        lowered = given.str.to_lowercase()
        return lowered.replace_strict(
            {"true": True, "false": False, "1": True, "0": False}, default=None,
            return_dtype=pl.Boolean,
        ).alias(given.name)  # fmt: skip
    if kind == pl.Boolean and given.dtype.is_integer():
        return given.replace_strict({0: False, 1: True}, default=None, return_dtype=pl.Boolean)
    return pl.Series(given.name, [None], dtype=kind).new_from_index(0, len(given))


def _sound(column: pl.Series) -> pl.Series:
    """The column with bytes as text, and NULL for those that are not UTF-8.

    What comes as text may hold such bytes too: Arrow does not check them, polars takes them on
    trust, and both hand them on.
    """
    if column.dtype == pl.Binary:
        return _utf8(column)
    if column.dtype not in (pl.String, pl.List(pl.String)):
        return column
    try:
        column.to_arrow(compat_level=pl.CompatLevel.newest()).validate(full=True)
    except pa.ArrowInvalid:
        if column.dtype == pl.String:
            return _utf8(column.cast(pl.Binary))
        whole = pl.Series([_all_sound(value) for value in column.cast(pl.List(pl.Binary))])
        return column.zip_with(whole, column.clear(len(column)))
    return column


def _all_sound(values: Iterable[bytes | None] | None) -> bool:
    return values is None or all(v is None or _decoded(v) is not None for v in values)


def _utf8(given: pl.Series) -> pl.Series:
    """Bytes as text; NULL where they are not valid UTF-8."""
    try:
        return given.cast(pl.String)
    except pl.exceptions.PolarsError:
        return pl.Series(given.name, [_decoded(value) for value in given], dtype=pl.String)


def _decoded(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def _checks(items: pl.DataFrame, policy: Policy) -> list[_Wrong]:
    """Rows whose values are typed rightly but mean nothing, or must not be here."""
    surface = items["surface"]
    names = [s.value for s in Surface]
    states = {s.value: policy.surfaces.get(s, SurfaceState.governed) for s in Surface}
    sealed = [name for name, state in states.items() if state is SurfaceState.sealed]
    off = [name for name, state in states.items() if state is SurfaceState.off]
    content = items.select(
        pl.any_horizontal(
            pl.col(name).list.len() > 0 if items[name].dtype == pl.List else pl.col(name) != ""
            for name in CONTENT_FIELDS
        )
    ).to_series()
    checks: list[_Wrong] = [
        (
            ~surface.is_in(names),
            "surface " + surface.map_elements(repr, return_dtype=pl.String) + " is not known"
            if not surface.is_in(names).all()
            else "",
            f"Use one of {', '.join(names)}.",
        )
    ]
    for name in sealed:
        reason, remedy = str(SealedSurfaceError(name)).split(". ", 1)
        checks.append(((surface == name) & content, reason, remedy))
    for name in off:
        checks.append(
            (
                surface == name,
                f"surface {name!r} is off in policy {policy.label}",
                "Leave these items out until the policy's entry conditions hold.",
            )
        )
    for name, options in (("standing", Standing), ("licence", Licence)):
        known = list(typing.get_args(options))
        checks.append(
            (
                items[name].is_not_null() & ~items[name].is_in(known),
                f"{name} is not one of the known names",
                f"Use one of {', '.join(known)}, or leave it out.",
            )
        )
    return checks


def _first_reasons(wrong: list[_Wrong], rows: int) -> pl.DataFrame:
    """One reason a row: the first found."""
    taken = np.zeros(rows, dtype=bool)
    parts = []
    for bad, reason, remedy in wrong:
        mask = bad.fill_null(False).to_numpy() & ~taken
        if mask.any():
            taken |= mask
            at = np.flatnonzero(mask)
            reasons = (
                reason.gather(at)
                if isinstance(reason, pl.Series)
                else pl.repeat(reason, len(at), eager=True)
            )
            parts.append(pl.DataFrame({"row": at, "reason": reasons, "remedy": remedy}))
    schema = pl.Schema({"row": pl.Int64, "reason": pl.String, "remedy": pl.String})
    if not parts:
        return pl.DataFrame(schema=schema)
    return pl.concat([part.cast(schema) for part in parts]).sort("row")

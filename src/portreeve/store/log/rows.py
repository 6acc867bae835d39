"""From rows of the database to rows of the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import sqlalchemy as sa

from portreeve.store.log.batches import unpack
from portreeve.store.log.columns import SOURCES, STORED
from portreeve.store.tables.core import decisions

_AT_ONCE = 10_000
_READ_AT_ONCE = 4_096
"""Rows that are Python's objects at one time: each takes a kilobyte so."""
_RAW: dict[str, Any] = {"rules": sa.Text, "clauses": sa.Text, "decided": sa.BigInteger}
"""Columns that polars decodes quicker than Python does, row by row."""


def decided(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> pl.DataFrame:
    """Rows of the table ``decisions`` as columns of the log, without signals, in any order.

    Were they asked for in order, SQLite would go through the whole table to find them in it.
    """
    wanted = [_raw(name, source).label(name) for name, source in SOURCES.items()]
    found = connection.execute(sa.select(*wanted).where(*conditions))
    parts = [_columns(rows) for rows in found.partitions(_READ_AT_ONCE)] or [_columns([])]
    return pl.concat(parts).with_columns(
        pl.col("rules", "clauses").str.json_decode(pl.List(pl.String)),
        pl.col("decided").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
    )


def _columns(rows: Sequence[Any]) -> pl.DataFrame:
    """Rows as columns; column by column polars takes them more quickly."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(SOURCES)
    return pl.DataFrame(
        [
            pl.Series(name, values, dtype=_raw_type(name))
            for name, values in zip(SOURCES, columns, strict=True)
        ]
    )


def of_batches(connection: sa.Connection, batches: Sequence[Any]) -> pl.DataFrame:
    """Whole rows of the log: the batches (``seq``, ``columns``) joined with their decisions.

    A decision that is no longer in the database is left out.
    """
    numbers = [batch.seq for batch in batches]
    parts = [
        decided(connection, decisions.c.batch.in_(numbers[start : start + _AT_ONCE]))
        for start in range(0, len(numbers), _AT_ONCE)
    ]
    signals = pl.concat([unpack(batch.columns) for batch in batches], how="diagonal_relaxed")
    rows = pl.concat(parts).join(signals, on="decision", how="inner", suffix=":measured")
    if "promotion:measured" in rows.columns:
        # as measured, in 32 bits: a condition then means here what it means in a policy
        rows = rows.with_columns(promotion=pl.coalesce("promotion:measured", "promotion"))
    return conformed(rows)


def conformed(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with exactly the columns of a file; what is missing is NULL."""
    return rows.select(
        (pl.col(name) if name in rows.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in STORED.items()
    ).sort("seq")


def _raw(name: str, source: str) -> sa.ColumnElement[Any]:
    kind = _RAW.get(name)
    column = decisions.c[source]
    return column if kind is None else sa.type_coerce(column, kind)


def _raw_type(name: str) -> pl.DataType:
    if name in ("rules", "clauses"):
        return pl.String()
    if name == "decided":
        return pl.Int64()
    return pl.Float64() if name == "promotion" else STORED[name]

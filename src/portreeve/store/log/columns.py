"""The columns of the decision log, each defined once: name, type, meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl
import pyarrow as pa

from portreeve.signals.catalog import CATALOG
from portreeve.store.tables.core import decisions

LogType = Literal["text", "number", "count", "boolean", "time", "list"]

_KINDS: dict[LogType, pl.DataType] = {
    "text": pl.String(),
    "number": pl.Float32(),
    "count": pl.Int64(),
    "boolean": pl.Boolean(),
    "time": pl.Datetime("us", "UTC"),
    "list": pl.List(pl.String()),
}


@dataclass(frozen=True)
class LogColumn:
    """One column of the log. ``stored``: it stands in the files; the others are reckoned."""

    name: str
    type: LogType
    meaning: str
    stored: bool = True

    @property
    def column_type(self) -> pl.DataType:
        """Its polars type."""
        return _KINDS[self.type]


_DECISION: dict[str, tuple[str, LogType]] = {
    "seq": ("seq", "count"),
    "decision": ("id", "text"),
    "item": ("item", "text"),
    "revision": ("revision", "count"),
    "account": ("account", "text"),
    "network": ("network", "text"),
    "surface": ("surface", "text"),
    "stage": ("stage", "text"),
    "decided": ("decided", "time"),
    "verdict": ("verdict", "text"),
    "lawful": ("lawful", "boolean"),
    "permitted": ("permitted", "boolean"),
    "rules": ("rules", "list"),
    "clauses": ("clauses", "list"),
    "promotion": ("promotion", "number"),
    "goods_category": ("goods_category", "text"),
    "goods_tier": ("goods_tier", "text"),
    "policy": ("policy", "text"),
    "supersedes": ("supersedes", "text"),
    "decided_by": ("by", "text"),
}
"""Columns of the log that come from the table of decisions: name here -> name there, type."""

SOURCES: dict[str, str] = {name: source for name, (source, _) in _DECISION.items()}
"""Name in the log -> column of the table ``decisions``."""


def _columns() -> list[LogColumn]:
    listed = [
        LogColumn(name, kind, str(decisions.c[source].comment))
        for name, (source, kind) in _DECISION.items()
    ]
    listed += [
        LogColumn(signal.name, signal.type, signal.meaning)
        for signal in CATALOG.values()
        if signal.name not in _DECISION
    ]
    reckoned: list[tuple[str, LogType, str]] = [
        ("day", "text", "the UTC day of the decision, YYYY-MM-DD"),
        ("undone", "time", str(decisions.c.undone.comment)),
        ("undone_by", "text", str(decisions.c.undone_by.comment)),
        ("superseded_by", "text", "the decision that took its place and was not undone"),
        ("in_force", "boolean", "neither undone nor superseded: what holds for the item now"),
    ]
    return listed + [LogColumn(*column, stored=False) for column in reckoned]


LOG: dict[str, LogColumn] = {column.name: column for column in _columns()}
"""Every column of the log, in order."""

STORED: dict[str, pl.DataType] = {c.name: c.column_type for c in LOG.values() if c.stored}
"""The columns of a file, in order, with their types."""

EMPTY: pa.Table = pl.DataFrame(schema=STORED).to_arrow()
"""A file without rows."""

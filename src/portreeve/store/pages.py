"""The parts of the store's pages that derive from the code: tables, and columns of the log."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from portreeve.store.columns import Json, Time
from portreeve.store.log.columns import LOG
from portreeve.store.tables import metadata

_KINDS: dict[type[object], str] = {
    Time: "time",
    Json: "JSON",
    sa.Text: "text",
    sa.Boolean: "boolean",
    sa.Float: "number",
    sa.Integer: "count",
    sa.LargeBinary: "bytes",
}


def store_rows() -> Iterator[tuple[str, str, list[tuple[str, str, str]]]]:
    """Every table: name, meaning, and its columns as name, type, meaning."""
    for table in metadata.sorted_tables:
        yield (
            table.name,
            str(table.comment),
            [(f"`{column.name}`", _kind(column), str(column.comment)) for column in table.columns],
        )


def log_rows() -> list[tuple[str, str, str]]:
    """Every column of the decision log: name, type, meaning."""
    return [(f"`{column.name}`", column.type, column.meaning) for column in LOG.values()]


def _kind(column: sa.Column[object]) -> str:
    kind = next(name for of, name in _KINDS.items() if isinstance(column.type, of))
    key = ", key" if column.primary_key else ""
    return f"{kind}{', may be null' if column.nullable else ''}{key}"

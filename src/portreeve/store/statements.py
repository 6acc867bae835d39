"""Statements that SQLite and PostgreSQL write alike, but SQLAlchemy in two dialects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from portreeve.store.rows import insert_together

if TYPE_CHECKING:
    from portreeve.store.database import Transaction


def insert_missing(
    tx: Transaction, table: sa.Table, rows: Sequence[dict[str, Any]], *keys: str
) -> None:
    """Insert the rows whose key is not there yet; the others are left as they stand.

    ``keys``: the columns that must be unique together; the primary key when none is given. Rows
    go in in the order given: give them sorted, so that two processes never wait for each other.
    """
    if not rows:
        return
    if tx.connection.dialect.name == "sqlite":
        columns = ", ".join(f'"{name}"' for name in rows[0])
        unique = ", ".join(f'"{name}"' for name in _unique(table, keys))
        insert_together(
            tx,
            f'INSERT INTO "{table.name}" ({columns}) VALUES ',
            _raw(tx, table, rows),
            f" ON CONFLICT ({unique}) DO NOTHING",
        )
        return
    statement = _insert(tx, table)
    tx.execute(statement.on_conflict_do_nothing(index_elements=_unique(table, keys)), list(rows))


def upsert(tx: Transaction, table: sa.Table, rows: Sequence[dict[str, Any]], *keys: str) -> None:
    """Insert rows; where a row with the same key is there, its other columns are replaced.

    ``keys`` and the order of the rows: as for :func:`insert_missing`. Every row names the same
    columns; those not named are left as they stand.
    """
    if not rows:
        return
    unique = _unique(table, keys)
    statement = _insert(tx, table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in unique}
    if changed:
        statement = statement.on_conflict_do_update(index_elements=unique, set_=changed)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=unique)
    tx.execute(statement, list(rows))


def _raw(tx: Transaction, table: sa.Table, rows: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Rows as the database keeps their values."""
    dialect = tx.connection.dialect
    convert = [table.c[n].type.dialect_impl(dialect).bind_processor(dialect) for n in rows[0]]
    return [
        tuple(
            value if to is None else to(value)
            for to, value in zip(convert, row.values(), strict=True)
        )
        for row in rows
    ]


def _unique(table: sa.Table, keys: Sequence[str]) -> list[str]:
    return list(keys) or [column.name for column in table.primary_key]


def _insert(tx: Transaction, table: sa.Table) -> Any:
    """The dialect's own INSERT, which knows ON CONFLICT."""
    dialect = tx.connection.dialect.name
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)

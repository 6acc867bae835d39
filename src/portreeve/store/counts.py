"""Counters in a table: what is counted is added to the row of its key."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from portreeve.store.database import Transaction


def add_counts(
    tx: Transaction, table: sa.Table, counted: str, rows: Sequence[dict[str, Any]]
) -> None:
    """Add each row's column ``counted`` to the row of the same primary key, or insert the row.

    Rows go in in the order given: give them sorted, so that two processes never wait for each
    other.
    """
    if rows:
        tx.execute(_statement(tx.connection.dialect.name, table, counted), list(rows))


@functools.cache
def _statement(dialect: str, table: sa.Table, counted: str) -> sa.Executable:
    """Made once: it is part of every transaction that writes decisions."""
    insert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = insert(table)
    made: sa.Executable = statement.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key],
        set_={counted: table.c[counted] + statement.excluded[counted]},
    )
    return made

"""Many rows at once, past SQLAlchemy's handling of each value: what the screening path needs.

Values go in as the database keeps them: moments as microseconds, JSON as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from portreeve.store.database import Transaction


_MOST_TOGETHER = 64
"""Rows in one statement of SQLite."""


def insert_rows(
    tx: Transaction, table: sa.Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows of raw values: many a statement in SQLite, COPY in PostgreSQL."""
    if not rows:
        return
    columns = ", ".join(f'"{name}"' for name in names)
    if tx.connection.dialect.name == "sqlite":
        insert_together(tx, f'INSERT INTO "{table.name}" ({columns}) VALUES ', rows)
        return
    import psycopg

    driver: Any = tx.connection.connection.driver_connection
    statement = f'COPY "{table.name}" ({columns}) FROM STDIN'
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        # as SQLAlchemy says it of every other statement; without the rows
        raise sa.exc.DBAPIError.instance(
            statement, None, error, psycopg.Error, dialect=tx.connection.dialect
        ) from error


def insert_together(
    tx: Transaction, start: str, rows: Sequence[tuple[Any, ...]], end: str = ""
) -> None:
    """Run ``start``, rows of values, ``end`` in SQLite, with as many rows together as can be.

    With each row of an ``executemany`` the driver lets go of Python's lock and takes it again,
    which in a process with busy threads costs more than the row does. Numbers of rows are powers
    of two, so that few different statements are prepared.
    """
    one = f"({', '.join('?' * len(rows[0]))})"
    at = 0
    while at < len(rows):
        count = min(_MOST_TOGETHER, 1 << (len(rows) - at).bit_length() - 1)
        values = tuple(chain.from_iterable(rows[at : at + count]))
        tx.connection.exec_driver_sql(f"{start}{', '.join([one] * count)}{end}", values)
        at += count


def rows_by_key(
    connection: sa.Connection,
    table: sa.Table,
    names: Sequence[str],
    keys: Iterable[str],
    *,
    where: str | None = None,
    lock: bool = False,
) -> list[sa.Row[Any]]:
    """Raw values of the named columns, of the rows whose first named column is one of ``keys``.

    ``where``: a Boolean column that must be true besides. ``lock``: no other transaction changes
    these rows until this one ends.
    """
    columns = ", ".join(f'"{name}"' for name in names)
    is_sqlite = connection.dialect.name == "sqlite"
    # as SQLAlchemy writes it: SQLite takes a partial index only for the very same words
    besides = "" if where is None else f'"{where}"{" = 1" if is_sqlite else ""} AND '
    start = f'SELECT {columns} FROM "{table.name}" WHERE {besides}"{names[0]}"'
    if is_sqlite:
        given = json.dumps(list(keys))
        found = connection.exec_driver_sql(f"{start} IN (SELECT value FROM json_each(?))", (given,))
    else:
        # in order, so that two processes never wait for each other
        end = f' ORDER BY "{names[0]}" FOR UPDATE' if lock else ""
        found = connection.exec_driver_sql(f"{start} = ANY(%s){end}", (list(keys),))
    return list(found.all())

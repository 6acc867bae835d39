"""Many rows at once, past SQLAlchemy's handling of each value: what the screening path needs.

Values go in as the database keeps them: moments as microseconds, JSON as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from portreeve.store.database import Transaction


def insert_rows(
    tx: Transaction, table: sa.Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows of raw values: executemany in SQLite, COPY in PostgreSQL."""
    if not rows:
        return
    columns = ", ".join(f'"{name}"' for name in names)
    if tx.connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(names))
        statement = f'INSERT INTO "{table.name}" ({columns}) VALUES ({places})'
        tx.connection.exec_driver_sql(statement, list(rows))
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

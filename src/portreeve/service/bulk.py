"""Many rows in few statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from portreeve.store import Transaction

AT_ONCE = 5_000
"""Values in one IN list; both databases allow more."""

Event = tuple[str, str, dict[str, Any]]
"""Type, subject, and facts without content."""


def fetch_in(
    connection: sa.Connection,
    statement: sa.Select[Any],
    column: sa.ColumnElement[Any],
    values: Iterable[Any],
) -> Iterator[sa.RowMapping]:
    """The rows of a query whose ``column`` is one of ``values``, however many these are."""
    listed = list(dict.fromkeys(values))
    for start in range(0, len(listed), AT_ONCE):
        found = connection.execute(statement.where(column.in_(listed[start : start + AT_ONCE])))
        yield from found.mappings()


def announce_all(tx: Transaction, events: Iterable[Event]) -> None:
    """As :meth:`Transaction.announce`, for many events, in their order."""
    for type, subject, data in events:
        tx.announce(type, subject, **data)

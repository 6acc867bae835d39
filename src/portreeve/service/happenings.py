"""What happens, as it happens: the events by their running numbers, for pages that are open."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import sqlalchemy as sa

from portreeve.service.context import Context
from portreeve.store.tables.core import events

_AT_ONCE = 500


class Happening(NamedTuple):
    """One event; ``data`` holds facts, never content."""

    seq: int
    type: str
    subject: str
    data: dict[str, Any]


class Happenings:
    """Reads events in the order of their commits; nobody who reads by number misses one."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def last(self) -> int:
        """The number of the latest event; 0 before the first."""
        with self._context.database.read() as connection:
            return connection.execute(sa.select(sa.func.max(events.c.seq))).scalar() or 0

    def after(self, seq: int, types: Collection[str]) -> tuple[list[Happening], int]:
        """Events of some types with a higher number, and the number to go on from."""
        e = events.c
        with self._context.database.read() as connection:
            rows = connection.execute(
                sa.select(e.seq, e.type, e.subject, e.data)
                .where(e.seq > seq)
                .order_by(e.seq)
                .limit(_AT_ONCE)
            ).all()
        found = [Happening(*row) for row in rows if row.type in types]
        return found, rows[-1].seq if rows else seq

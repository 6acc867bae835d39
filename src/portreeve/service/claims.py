"""Claims: one reviewer at a time works on a record, and only for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portreeve.service.errors import ServiceError
from portreeve.store import Transaction

CLAIM = timedelta(minutes=15)
"""How long a claim lasts; claiming again before its end makes it last longer."""

Row = sa.Row[Any]


def free(table: sa.Table, time: datetime) -> sa.ColumnElement[bool]:
    """The records of a table that nobody holds."""
    return sa.or_(table.c.claimed_by.is_(None), table.c.claimed_until <= time)


def is_held(row: Row, name: str, time: datetime) -> bool:
    """Whether a reviewer holds an open record now."""
    return bool(row.state == "open" and row.claimed_by == name and row.claimed_until > time)


def take(tx: Transaction, table: sa.Table, id: str, name: str, what: str) -> None:
    """Claim an open record for a reviewer, in one step between threads and processes.

    ``table`` has the columns ``id``, ``state``, ``claimed_by`` and ``claimed_until``.

    Raises:
        ServiceError: ``claimed``, saying by whom and until when.
    """
    taken = tx.execute(
        sa.update(table)
        .where(
            table.c.id == id,
            table.c.state == "open",
            sa.or_(free(table, tx.time), table.c.claimed_by == name),
        )
        .values(claimed_by=name, claimed_until=tx.time + CLAIM)
    )
    if taken.rowcount == 0:
        row = tx.execute(sa.select(table).where(table.c.id == id)).one()
        need_open(row, what)
        raise _taken(row, what)


def give_back(tx: Transaction, table: sa.Table, id: str) -> None:
    """End a claim."""
    tx.execute(sa.update(table).where(table.c.id == id).values(claimed_by=None, claimed_until=None))


def need_open(row: Row, what: str) -> None:
    """Raise unless a record waits for a decision.

    Raises:
        ServiceError: ``conflict``.
    """
    if row.state != "open":
        raise ServiceError(
            "conflict",
            f"The {what} {row.id} was decided already.",
            zh="已有人处理完毕。",
        )


def need_held(row: Row, name: str, time: datetime, what: str) -> None:
    """Raise unless a reviewer holds an open record now.

    Raises:
        ServiceError: ``conflict`` when it is not open or nobody holds it, ``claimed`` when
            somebody else does.
    """
    need_open(row, what)
    if row.claimed_by is None or row.claimed_until <= time:
        raise ServiceError(
            "conflict",
            f"You do not hold the {what} {row.id}. Claim it first.",
            zh="您的领取已过期，请重新领取。",
        )
    if row.claimed_by != name:
        raise _taken(row, what)


def _taken(row: Row, what: str) -> ServiceError:
    until = row.claimed_until.isoformat(timespec="seconds")
    return ServiceError(
        "claimed",
        f"{row.claimed_by!r} holds the {what} {row.id} until {until}. "
        "Take another, or ask for it to be handed over.",
        zh=f"{row.claimed_by} 正在处理，领取有效期至 {until}。请处理其他案件，或请对方转交。",
        by=row.claimed_by,
        until=until,
    )

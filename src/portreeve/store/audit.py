"""The audit log: append-only, each entry holding the hash of the one before it.

The hash of an entry is SHA-256 over the canonical JSON of ``[seq, time, actor, action, subject,
detail, previous]``: time in microseconds since 1970, no spaces, keys of ``detail`` sorted. Whoever
changes, removes or reorders an entry breaks every hash after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.store.columns import micros
from portreeve.store.tables import core

GENESIS = "0" * 64
"""What stands as the hash before the first entry."""

through: ContextVar[str | None] = ContextVar("through", default=None)
"""The API key by which somebody acts in a person's name, while what they ask for is done."""


@dataclass(frozen=True)
class Entry:
    """One thing somebody did. ``detail`` holds facts, never content."""

    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


def chain(
    entries: Iterable[Entry], time: datetime, seq: int, previous: str
) -> Iterator[dict[str, Any]]:
    """Rows of the audit table for entries that follow entry ``seq`` with hash ``previous``."""
    for entry in entries:
        seq += 1
        row = {
            "seq": seq,
            "time": time,
            "actor": entry.actor,
            "action": entry.action,
            "subject": entry.subject,
            "detail": entry.detail,
            "previous": previous,
        }
        previous = row["hash"] = entry_hash(row)
        yield row


def entry_hash(row: dict[str, Any]) -> str:
    """The hash that a row of the audit table must have.

    >>> from datetime import UTC
    >>> entry = Entry("ann", "case.claim", "cas_1", {})
    >>> row = next(chain([entry], datetime(2014, 6, 1, tzinfo=UTC), 0, GENESIS))
    >>> row["hash"][:16], entry_hash(row) == row["hash"]
    ('f837e2f133333f29', True)
    """
    fields = [row[k] for k in ("seq", "actor", "action", "subject", "detail", "previous")]
    fields.insert(1, micros(row["time"]))
    return hashlib.sha256(msgspec.json.encode(fields, order="sorted")).hexdigest()


def lock(connection: sa.Connection) -> Any:
    """Hold the end of the log (``seq``, ``hash``) until the caller's transaction ends."""
    return connection.execute(_HEAD).one()


def append(connection: sa.Connection, entries: list[Entry], time: datetime) -> None:
    """Add entries at the end of the log, inside the caller's transaction."""
    head = lock(connection)
    rows = list(chain(entries, time, head.seq, head.hash))
    connection.execute(_ADD, rows)
    connection.execute(_MOVE, {"last": rows[-1]["seq"], "sum": rows[-1]["hash"]})


# made once: they are part of every transaction
_HEAD = sa.select(core.audit_head.c.seq, core.audit_head.c.hash).with_for_update()
_ADD = sa.insert(core.audit)
_MOVE = sa.update(core.audit_head).values(seq=sa.bindparam("last"), hash=sa.bindparam("sum"))

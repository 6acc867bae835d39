"""From events to deliveries: each webhook reads the events by their number, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portreeve.service.context import Context
from portreeve.service.webhooks import records
from portreeve.store import Transaction, new_id
from portreeve.store.statements import insert_missing
from portreeve.store.tables.core import events
from portreeve.store.tables.doors import attempts, deliveries, webhooks

KEPT = timedelta(days=30)
"""How long deliveries that arrived or were given up are listed."""

_AT_ONCE = 500


class Fanout:
    """Makes deliveries of events. Several processes may: each webhook is one's at a time."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def step(self) -> bool:
        """Consider the next events for each webhook; whether more wait."""
        with self._context.database.read() as connection:
            last = records.head(connection)
            behind = connection.execute(
                sa.select(webhooks.c.id).where(webhooks.c.enabled, webhooks.c.cursor < last)
            ).all()
        return any([self._advance(row.id) for row in behind])  # noqa: C419 - each one advances

    def clean(self) -> int:
        """Forget deliveries that were done with long ago; how many."""
        with self._context.database.write() as tx:
            old = sa.select(deliveries.c.id).where(
                deliveries.c.state != "pending", deliveries.c.updated < tx.time - KEPT
            )
            tx.execute(sa.delete(attempts).where(attempts.c.delivery.in_(old)))
            return tx.execute(sa.delete(deliveries).where(deliveries.c.id.in_(old))).rowcount

    def _advance(self, id: str) -> bool:
        with self._context.database.write() as tx:
            row = tx.execute(
                sa.select(webhooks)
                .where(webhooks.c.id == id, webhooks.c.enabled)
                .with_for_update(skip_locked=True)
            ).one_or_none()
            if row is None:
                return False
            found = tx.execute(
                sa.select(events)
                .where(events.c.seq > row.cursor)
                .order_by(events.c.seq)
                .limit(_AT_ONCE)
            ).all()
            if not found:
                return False
            wanted = [e for e in found if records.wants(row.types, id, e.type, e.subject)]
            make_due(tx, id, wanted)
            tx.execute(sa.update(webhooks).where(webhooks.c.id == id).values(cursor=found[-1].seq))
        return len(found) == _AT_ONCE


def make_due(tx: Transaction, webhook: str, found: Sequence[Any]) -> None:
    """Deliveries of events for a webhook, where there are none yet, due now."""
    rows = [
        {
            "id": new_id("dlv"), "webhook": webhook, "event": event.seq, "message": event.id,
            "type": event.type, "state": "pending", "attempts": 0, "next": tx.time,
            "last_status": None, "last_error": None, "created": tx.time, "updated": tx.time,
        }
        for event in found
    ]  # fmt: skip
    insert_missing(tx, deliveries, rows, "webhook", "event")

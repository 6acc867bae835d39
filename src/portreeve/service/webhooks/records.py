"""What the parts of the webhooks share: secrets, messages, rows as answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.policy.errors import suggest
from portreeve.schemas.events import EVENTS
from portreeve.schemas.webhooks import Delivery, Message, Webhook
from portreeve.service.errors import ServiceError, not_found
from portreeve.store.tables.core import events
from portreeve.store.tables.doors import deliveries, webhooks
from portreeve.store.vault import Vault

TEST_EVENT = "webhook.test"
"""The type of the event that only the webhook hears which it is about."""


def signing_key(vault: Vault, webhook: str, generation: int) -> bytes:
    """The key that signs for a webhook: made of the master key each time, and stored nowhere."""
    return vault.derived(f"webhook {webhook} {generation}")


def signing_keys(vault: Vault, row: Any, now: datetime) -> list[bytes]:
    """The keys that sign now: the newest, and while they overlap the one before it."""
    generations = [row.generation]
    if row.overlap_until is not None and now < row.overlap_until:
        generations.append(row.generation - 1)
    return [signing_key(vault, row.id, generation) for generation in generations]


def wants(types: Sequence[str], webhook: str, event_type: str, subject: str) -> bool:
    """Whether a webhook is told of an event.

    >>> wants(["case.*"], "whk_1", "case.opened", "cas_1")
    True
    >>> wants(["case.*"], "whk_1", "casework.done", "cas_1")
    False
    """
    if event_type == TEST_EVENT:
        return subject == webhook
    return any(_fits(pattern, event_type) for pattern in types)


def check_types(types: Sequence[str]) -> None:
    """See that each pattern is of an event that there is.

    Raises:
        ServiceError: ``invalid``, naming those there are.
    """
    for at, pattern in enumerate(types):
        if not any(_fits(pattern, event_type) for event_type in EVENTS):
            areas = sorted({f"{event_type.split('.')[0]}.*" for event_type in EVENTS})
            near = suggest(pattern, [*EVENTS, *areas])
            hint = near or f"There are {', '.join(areas)}; docs/webhooks.md lists them all."
            raise ServiceError(
                "invalid", f"`types[{at}]` is of no event that there is. {hint}",
                field=f"types[{at}]",
            )  # fmt: skip


def _fits(pattern: str, event_type: str) -> bool:
    return pattern in ("*", event_type) or (
        pattern.endswith(".*") and event_type.startswith(pattern[:-1])
    )


def message_body(event: Any) -> bytes:
    """What is sent for a row of the table of events."""
    message = Message(
        type=event.type, timestamp=event.time, data={"subject": event.subject, **event.data}
    )
    return msgspec.json.encode(message)


def head(connection: sa.Connection) -> int:
    """The number of the last event."""
    return connection.execute(sa.select(sa.func.max(events.c.seq))).scalar() or 0


def webhook_row(connection: sa.Connection, id: str) -> Any:
    """The row of a webhook.

    Raises:
        ServiceError: ``not-found``.
    """
    row = connection.execute(sa.select(webhooks).where(webhooks.c.id == id)).one_or_none()
    if row is None:
        raise not_found("webhook", id)
    return row


def as_webhooks(connection: sa.Connection, rows: Sequence[Any]) -> list[Webhook]:
    """Rows as answers, with what waits and what was given up."""
    counted = connection.execute(
        sa.select(deliveries.c.webhook, deliveries.c.state, sa.func.count())
        .where(
            deliveries.c.webhook.in_([row.id for row in rows]), deliveries.c.state != "delivered"
        )
        .group_by(deliveries.c.webhook, deliveries.c.state)
    )
    counts = {(webhook, state): number for webhook, state, number in counted}
    own = [name for name in Webhook.__struct_fields__ if name not in ("pending", "dead")]
    return [
        Webhook(
            **{name: getattr(row, name) for name in own},
            pending=counts.get((row.id, "pending"), 0),
            dead=counts.get((row.id, "dead"), 0),
        )
        for row in rows
    ]


def as_delivery(row: Any) -> Delivery:
    """A row as an answer."""
    return Delivery(
        **{name: getattr(row, name) for name in Delivery.__struct_fields__ if name != "event"},
        event=row.message,
    )

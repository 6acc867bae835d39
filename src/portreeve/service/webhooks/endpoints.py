"""Webhooks made, changed, looked into, replayed."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.signature import secret_text
from portreeve.schemas.webhooks import (
    Attempt,
    Delivery,
    DeliveryFilter,
    DeliveryLog,
    MadeWebhook,
    NewWebhook,
    Replay,
    Replayed,
    Rotation,
    Webhook,
    WebhookChange,
)
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.webhooks import records
from portreeve.service.webhooks.address import check_url
from portreeve.service.webhooks.fanout import make_due
from portreeve.service.webhooks.sending import Sender
from portreeve.store import Transaction, new_id
from portreeve.store.tables.core import events
from portreeve.store.tables.doors import attempts, deliveries, webhooks

MOST_WEBHOOKS = 200
"""How many webhooks a service may have: every event is considered for each."""

_SHOWN_ATTEMPTS = 50


class Webhooks:
    """The webhooks of the service; :meth:`start` begins to deliver."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._sender = Sender(context)

    def create(self, actor: Actor, new: NewWebhook) -> MadeWebhook:
        """Add a webhook. It is told of what happens from now on."""
        actor.need(Scope.webhooks)
        url = check_url(new.url, private=self._context.settings.webhook_private)
        records.check_types(new.types)
        with self._context.database.write() as tx:
            count = tx.execute(sa.select(sa.func.count()).select_from(webhooks)).scalar_one()
            if count >= MOST_WEBHOOKS:
                raise ServiceError(
                    "conflict", f"There are {MOST_WEBHOOKS} webhooks. Delete one that nobody needs."
                )
            id = new_id("whk")
            row: dict[str, Any] = {
                "id": id, "url": url, "types": new.types,
                "description": new.description, "enabled": True, "disabled_because": None,
                "generation": 1, "overlap_until": None, "cursor": records.head(tx.connection),
                "created": tx.time, "created_by": actor.name, "last_success": None,
            }  # fmt: skip
            tx.execute(sa.insert(webhooks), row)
            tx.audit(actor.name, "webhook.create", id, types=new.types)
            return self._with_secret(tx.connection, id)

    def list(self, actor: Actor, paging: Paging) -> Page[Webhook]:
        """All webhooks, the newest first."""
        actor.need(Scope.webhooks)
        wanted = sa.select(webhooks).order_by(webhooks.c.id.desc()).limit(paging.limit + 1)
        if paging.cursor is not None:
            wanted = wanted.where(webhooks.c.id < paging.cursor)
        with self._context.database.read() as connection:
            rows = connection.execute(wanted).all()
            shown = records.as_webhooks(connection, rows[: paging.limit])
        return Page(items=shown, next=shown[-1].id if len(rows) > paging.limit else None)

    def get(self, actor: Actor, id: str) -> Webhook:
        """One webhook."""
        actor.need(Scope.webhooks)
        with self._context.database.read() as connection:
            return self._webhook(connection, id)

    def change(self, actor: Actor, id: str, change: WebhookChange) -> Webhook:
        """Change a webhook. One that is enabled again is told of what happens from now on."""
        actor.need(Scope.webhooks)
        values = {
            name: getattr(change, name)
            for name in change.__struct_fields__
            if getattr(change, name) is not msgspec.UNSET
        }
        if "url" in values:
            values["url"] = check_url(values["url"], private=self._context.settings.webhook_private)
        if "types" in values:
            records.check_types(values["types"])
        with self._context.database.write() as tx:
            row = records.webhook_row(tx.connection, id)
            changed = sorted(name for name, value in values.items() if value != getattr(row, name))
            if "enabled" in changed:
                values["disabled_because"] = None
                values["cursor"] = records.head(tx.connection)
            if changed:
                tx.execute(sa.update(webhooks).where(webhooks.c.id == id).values(**values))
                tx.audit(actor.name, "webhook.change", id, changed=changed)
            webhook = self._webhook(tx.connection, id)
        self._sender.wake()
        return webhook

    def delete(self, actor: Actor, id: str) -> None:
        """Delete a webhook with its deliveries, those under way too."""
        actor.need(Scope.webhooks)
        with self._context.database.write() as tx:
            records.webhook_row(tx.connection, id)
            own = sa.select(deliveries.c.id).where(deliveries.c.webhook == id)
            tx.execute(sa.delete(attempts).where(attempts.c.delivery.in_(own)))
            tx.execute(sa.delete(deliveries).where(deliveries.c.webhook == id))
            tx.execute(sa.delete(webhooks).where(webhooks.c.id == id))
            tx.audit(actor.name, "webhook.delete", id)

    def rotate(self, actor: Actor, id: str, rotation: Rotation) -> MadeWebhook:
        """Give a webhook a new secret. For a while both sign, so that no message is missed."""
        actor.need(Scope.webhooks)
        with self._context.database.write() as tx:
            row = records.webhook_row(tx.connection, id)
            until = tx.time + datetime.timedelta(hours=rotation.overlap_hours)
            tx.execute(
                sa.update(webhooks)
                .where(webhooks.c.id == id)
                .values(generation=row.generation + 1, overlap_until=until)
            )
            tx.audit(actor.name, "webhook.rotate", id, overlap_until=until)
            return self._with_secret(tx.connection, id)

    def test(self, actor: Actor, id: str) -> None:
        """Send a webhook an event ``webhook.test``, which no other hears."""
        actor.need(Scope.webhooks)
        with self._context.database.write() as tx:
            if not records.webhook_row(tx.connection, id).enabled:
                raise ServiceError(
                    "conflict", f"Webhook {id!r} is disabled. Enable it first.", field="id"
                )
            tx.announce(records.TEST_EVENT, id)
            tx.audit(actor.name, "webhook.test", id)
        self._sender.wake()

    def deliveries(self, actor: Actor, id: str, filter: DeliveryFilter) -> Page[Delivery]:
        """The deliveries of a webhook, the newest first; ``state`` dead is what was given up."""
        actor.need(Scope.webhooks)
        wanted = sa.select(deliveries).where(deliveries.c.webhook == id)
        if filter.state is not None:
            wanted = wanted.where(deliveries.c.state == filter.state)
        if filter.cursor is not None:
            wanted = wanted.where(deliveries.c.id < filter.cursor)
        wanted = wanted.order_by(deliveries.c.id.desc()).limit(filter.limit + 1)
        with self._context.database.read() as connection:
            records.webhook_row(connection, id)
            rows = connection.execute(wanted).all()
        shown = [records.as_delivery(row) for row in rows[: filter.limit]]
        return Page(items=shown, next=shown[-1].id if len(rows) > filter.limit else None)

    def delivery(self, actor: Actor, id: str, delivery: str) -> DeliveryLog:
        """One delivery with its attempts and its message."""
        actor.need(Scope.webhooks)
        with self._context.database.read() as connection:
            row = connection.execute(
                sa.select(deliveries).where(deliveries.c.id == delivery, deliveries.c.webhook == id)
            ).one_or_none()
            if row is None:
                raise not_found("delivery", delivery)
            event = connection.execute(
                sa.select(events).where(events.c.seq == row.event)
            ).one_or_none()
            tries = connection.execute(
                sa.select(attempts)
                .where(attempts.c.delivery == delivery)
                .order_by(attempts.c.seq.desc())
                .limit(_SHOWN_ATTEMPTS)
            ).all()
        return DeliveryLog(
            **msgspec.structs.asdict(records.as_delivery(row)),
            body=None if event is None else msgspec.json.decode(records.message_body(event)),
            log=[msgspec.convert(one, Attempt, from_attributes=True) for one in tries],
        )

    def replay(self, actor: Actor, id: str, replay: Replay) -> Replayed:
        """Deliver again: some deliveries, or every event since a time, delivered or not."""
        actor.need(Scope.webhooks)
        if bool(replay.deliveries) == (replay.since is not None):
            raise ServiceError(
                "invalid", "Give either `deliveries` or `since`.", field="deliveries"
            )
        with self._context.database.write() as tx:
            row = records.webhook_row(tx.connection, id)
            if replay.since is None:
                count = self._again(tx, id, deliveries.c.id.in_(replay.deliveries))
            else:
                count = self._all_since(tx, row, replay.since)
            tx.audit(actor.name, "webhook.replay", id, deliveries=count, since=replay.since)
        self._sender.wake()
        return Replayed(deliveries=count)

    def backlog(self) -> dict[str, int]:
        """How many deliveries there are that have not arrived, by state: pending, dead."""
        counted = (
            sa.select(deliveries.c.state, sa.func.count().label("number"))
            .where(deliveries.c.state != "delivered")
            .group_by(deliveries.c.state)
        )
        with self._context.database.read() as connection:
            found = {row.state: row.number for row in connection.execute(counted)}
        return {state: found.get(state, 0) for state in ("pending", "dead")}

    @property
    def healthy(self) -> bool:
        """Whether deliveries are being made."""
        return self._sender.healthy

    def start(self) -> None:
        """Begin to deliver, in threads of its own."""
        self._sender.start()

    def stop(self) -> None:
        """Finish what is under way; the rest is delivered after the next start."""
        self._sender.stop()

    def _webhook(self, connection: sa.Connection, id: str) -> Webhook:
        return records.as_webhooks(connection, [records.webhook_row(connection, id)])[0]

    def _with_secret(self, connection: sa.Connection, id: str) -> MadeWebhook:
        row = records.webhook_row(connection, id)
        key = records.signing_key(self._context.vault, id, row.generation)
        webhook = records.as_webhooks(connection, [row])[0]
        return MadeWebhook(**msgspec.structs.asdict(webhook), secret=secret_text(key))

    def _again(self, tx: Transaction, webhook: str, which: Any) -> int:
        done = tx.execute(
            sa.update(deliveries)
            .where(deliveries.c.webhook == webhook, which)
            .values(state="pending", attempts=0, next=tx.time, updated=tx.time)
        )
        return done.rowcount

    def _all_since(self, tx: Transaction, row: Any, since: datetime.datetime) -> int:
        wanted = sa.select(events).where(events.c.time >= since, events.c.seq <= row.cursor)
        found = [
            event
            for event in tx.execute(wanted.order_by(events.c.seq)).all()
            if records.wants(row.types, row.id, event.type, event.subject)
        ]
        make_due(tx, row.id, found)
        mine = sa.select(events.c.seq).where(events.c.time >= since)
        return self._again(tx, row.id, deliveries.c.event.in_(mine))

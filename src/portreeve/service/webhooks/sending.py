"""Deliveries are made here: claimed, signed, sent, noted.

One thread runs an event loop, so that a slow receiver costs nothing while it is waited for; each
webhook has its own few places, so that it delays no other. A claim is a lease in the database:
another process takes a delivery over when its lease has ended.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portreeve.schemas.signature import sign
from portreeve.service.context import Context
from portreeve.service.webhooks import records
from portreeve.service.webhooks.fanout import Fanout
from portreeve.service.webhooks.outbox import Answered, Outbox
from portreeve.service.webhooks.schedule import pause_after
from portreeve.service.worker import Worker, place
from portreeve.store import StoreUnavailableError, Transaction
from portreeve.store.columns import micros
from portreeve.store.tables.core import events
from portreeve.store.tables.doors import attempts, deliveries, webhooks

PLACES = 8
"""How many deliveries to one webhook are under way at once, in one process."""

LEASE = timedelta(seconds=90)
"""How long a process has for a delivery before another may make it."""

_POLL_SECONDS = 0.25
_PAUSE_AFTER_ERROR = 2.0
_CLEAN_EVERY_SECONDS = 600.0

_log = logging.getLogger("portreeve.webhooks")


@dataclass(frozen=True)
class _Claim:
    """A delivery to be made by this process."""

    id: str
    webhook: str
    url: str
    keys: list[bytes] = field(repr=False)
    message: str
    attempts: int
    body: bytes | None


class Sender:
    """Delivers what is due."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._fanout = Fanout(context)
        self._fanning = Worker("webhook-events", self._fan_out, every=_POLL_SECONDS)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._due = asyncio.Event()
        self._stopping = False
        self._under_way: Counter[str] = Counter()
        self._cleaned = time.monotonic()

    @property
    def healthy(self) -> bool:
        """Whether the threads run and the last work went well."""
        return self._fanning.healthy and self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Start the two threads; nothing if they run."""
        if self._thread is None:
            self._stopping = False
            self._thread = threading.Thread(
                target=lambda: asyncio.run(self._run()), name="portreeve-webhooks", daemon=True
            )
            self._thread.start()
            self._fanning.start()

    def stop(self, timeout: float = 20.0) -> None:
        """Finish what is under way, within so many seconds."""
        self._fanning.stop(timeout)
        self._stopping = True
        self._wake_loop()
        if self._thread is not None:
            self._thread.join(timeout)
            self._thread = None

    def wake(self) -> None:
        """Something happened that a webhook may want to know at once."""
        self._fanning.wake()

    def _wake_loop(self) -> None:
        if self._loop is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._due.set)

    def _fan_out(self) -> bool:
        more = self._fanout.step()
        self._wake_loop()
        if time.monotonic() - self._cleaned > _CLEAN_EVERY_SECONDS:
            self._cleaned = time.monotonic()
            self._fanout.clean()
        return more

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._due = asyncio.Event()
        tasks: set[asyncio.Task[None]] = set()
        async with Outbox(private=self._context.settings.webhook_private) as outbox:
            while not self._stopping:
                self._due.clear()
                pause = _POLL_SECONDS
                try:
                    claims = await asyncio.to_thread(self._claim)
                except Exception as error:
                    self._say("webhook deliveries cannot be read", error)
                    claims, pause = [], _PAUSE_AFTER_ERROR
                for claim in claims:
                    self._under_way[claim.webhook] += 1
                    task = asyncio.create_task(self._deliver(outbox, claim))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                if not self._stopping:
                    await self._wait(pause)
            if tasks:
                await asyncio.wait(tasks)

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._due.wait(), seconds)
        except TimeoutError:
            return

    async def _deliver(self, outbox: Outbox, claim: _Claim) -> None:
        started = time.monotonic()
        try:
            answered = await self._tried(outbox, claim)
            took = round(1000 * (time.monotonic() - started))
            await asyncio.to_thread(self._note, claim, answered, took)
        except Exception as error:
            self._say("a webhook delivery cannot be noted", error)
        finally:
            self._under_way[claim.webhook] -= 1
            self._due.set()

    async def _tried(self, outbox: Outbox, claim: _Claim) -> Answered:
        """Make an attempt. Whatever goes wrong ends it: else it would be made for ever."""
        if claim.body is None:
            return Answered(error="no-event")
        try:
            now = int(self._context.now().timestamp())
            signatures = [sign(key, claim.message, now, claim.body) for key in claim.keys]
            return await outbox.post(
                claim.url, claim.body, claim.message, now, " ".join(signatures)
            )
        except Exception as error:
            self._say("a webhook delivery fails", error)
            return Answered(error="protocol")

    def _say(self, what: str, error: Exception) -> None:
        known = isinstance(error, StoreUnavailableError)
        facts = {"error": type(error).__name__, "place": place(error)}
        _log.log(logging.WARNING if known else logging.ERROR, what, extra={"facts": facts})

    def _claim(self) -> list[_Claim]:
        """Take what is due and has a free place."""
        with self._context.database.read() as connection:
            now = self._context.now()
            found = connection.execute(sa.select(webhooks).where(webhooks.c.enabled)).all()
            free = {row.id: PLACES - self._under_way[row.id] for row in found}
            ready = [
                row
                for row in found
                if free[row.id] > 0 and connection.execute(_due(row.id, now, 1)).first()
            ]
        if not ready:
            return []
        with self._context.database.write() as tx:
            return [claim for row in ready for claim in self._lease(tx, row, free[row.id])]

    def _lease(self, tx: Transaction, webhook: Any, places: int) -> Sequence[_Claim]:
        rows = tx.execute(
            _due(webhook.id, tx.time, places).with_for_update(skip_locked=True, of=deliveries)
        ).all()
        if not rows:
            return []
        tx.execute(
            sa.update(deliveries)
            .where(deliveries.c.id.in_([row.id for row in rows]))
            .values(next=tx.time + LEASE)
        )
        bodies = {
            event.seq: records.message_body(event)
            for event in tx.execute(
                sa.select(events).where(events.c.seq.in_([row.event for row in rows]))
            )
        }
        keys = records.signing_keys(self._context.vault, webhook, tx.time)
        return [
            _Claim(
                id=row.id,
                webhook=webhook.id,
                url=webhook.url,
                keys=keys,
                message=row.message,
                attempts=row.attempts,
                body=bodies.get(row.event),
            )
            for row in rows
        ]

    def _note(self, claim: _Claim, answered: Answered, took: int) -> None:
        """Write down what became of an attempt."""
        count = claim.attempts + 1
        pause = None if claim.body is None else pause_after(count, answered.retry_after)
        with self._context.database.write() as tx:
            values: dict[str, Any] = {
                "attempts": count, "last_status": answered.status, "last_error": answered.error,
                "updated": tx.time, "next": None,
            }  # fmt: skip
            if answered.arrived:
                values["state"] = "delivered"
            elif pause is None:
                values["state"] = "dead"
            else:
                values |= {"state": "pending", "next": tx.time + pause}
            done = tx.execute(
                sa.update(deliveries).where(deliveries.c.id == claim.id).values(**values)
            )
            if not done.rowcount:
                return
            tx.execute(
                sa.insert(attempts),
                {
                    "delivery": claim.id, "time": tx.time, "status": answered.status,
                    "error": answered.error, "milliseconds": took,
                },
            )  # fmt: skip
            if answered.arrived:
                tx.execute(
                    sa.update(webhooks)
                    .where(webhooks.c.id == claim.webhook)
                    .values(last_success=tx.time)
                )
            elif answered.status == 410:
                self._disable(tx, claim, "gone")
            elif values["state"] == "dead":
                self._disable_if_dead(tx, claim)

    def _disable_if_dead(self, tx: Transaction, claim: _Claim) -> None:
        """A webhook is dead when nothing arrived since what is given up now fell due."""
        row = records.webhook_row(tx.connection, claim.webhook)
        due = tx.execute(
            sa.select(deliveries.c.created).where(deliveries.c.id == claim.id)
        ).scalar_one()
        if row.last_success is None or micros(row.last_success) < micros(due):
            self._disable(tx, claim, "dead")

    def _disable(self, tx: Transaction, claim: _Claim, reason: str) -> None:
        done = tx.execute(
            sa.update(webhooks)
            .where(webhooks.c.id == claim.webhook, webhooks.c.enabled)
            .values(enabled=False, disabled_because=reason)
        )
        if done.rowcount:
            tx.audit("portreeve", "webhook.disable", claim.webhook, reason=reason)
            tx.announce("webhook.disabled", claim.webhook, reason=reason)


def _due(webhook: str, now: Any, limit: int) -> sa.Select[Any]:
    return (
        sa.select(deliveries)
        .where(
            deliveries.c.webhook == webhook,
            deliveries.c.state == "pending",
            deliveries.c.next <= now,
        )
        .order_by(deliveries.c.next)
        .limit(limit)
    )

"""Reading and verifying the audit log."""

from __future__ import annotations

import io
import itertools
from datetime import datetime

import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.audit import AuditEntry, AuditPart, AuditVerification
from portreeve.schemas.base import Page
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.store.chain import Chain, stored, verify_database, write
from portreeve.store.tables.core import audit, audit_head

EXPORTED = 100_000
"""Entries in one file that a browser takes; more come in parts."""


class AuditLog:
    """Who did what, oldest first."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def entries(
        self,
        actor: Actor,
        *,
        subject: str | None = None,
        action: str | None = None,
        by: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: str | None = None,
        limit: int = 100,
        newest: bool = False,
    ) -> Page[AuditEntry]:
        """Entries about a subject, of an action, by somebody, in a time range; oldest first, or
        ``newest`` first.

        ``action`` may end in ``.*``: all actions of an area. ``until`` does not count.

        Raises:
            ServiceError: ``invalid``, when the cursor is none of ours.
        """
        actor.need(Scope.audit)
        wanted = sa.select(audit)
        if cursor is not None:
            place = _place(cursor)
            wanted = wanted.where(audit.c.seq < place if newest else audit.c.seq > place)
        for column, value in ((audit.c.subject, subject), (audit.c.actor, by)):
            if value is not None:
                wanted = wanted.where(column == value)
        if action is not None and action.endswith(".*"):
            wanted = wanted.where(audit.c.action.startswith(action[:-1], autoescape=True))
        elif action is not None:
            wanted = wanted.where(audit.c.action == action)
        if since is not None:
            wanted = wanted.where(audit.c.time >= since)
        if until is not None:
            wanted = wanted.where(audit.c.time < until)
        with self._context.database.read() as connection:
            order = audit.c.seq.desc() if newest else audit.c.seq
            rows = connection.execute(wanted.order_by(order).limit(limit + 1)).mappings()
            found = [AuditEntry(**row) for row in rows]
        more = len(found) > limit
        return Page(items=found[:limit], next=str(found[limit - 1].seq) if more else None)

    def verify(self, actor: Actor) -> AuditVerification:
        """Whether every entry is as it was written, from the first to the last."""
        actor.need(Scope.audit)
        with self._context.database.snapshot() as connection:
            chain = verify_database(connection)
        return as_verification(chain)

    def export(self, actor: Actor, after: int = 0) -> AuditPart:
        """The entries after one of them, at most ``EXPORTED``, as lines of a file. It is noted.

        Raises:
            ServiceError: ``conflict``, when an entry is no entry any more.
        """
        actor.need(Scope.audit)
        file = io.BytesIO()
        with self._context.database.snapshot() as connection:
            total = connection.execute(sa.select(audit_head.c.seq)).scalar() or 0
            chosen = itertools.islice(stored(connection, after), EXPORTED)
            try:
                count = write(chosen, file)
            except ValueError as error:
                raise ServiceError(
                    "conflict", f"The log is broken: {error}. Verify it.",
                    zh="日志已损坏，请先校验。",
                ) from None  # fmt: skip
        first, last = after + 1 if count else 0, after + count if count else 0
        with self._context.database.write() as tx:
            tx.audit(actor.name, "audit.export", "audit", first=first, last=last)
        return AuditPart(
            lines=file.getvalue(), first=first, last=last, more=bool(count) and last < total
        )


def as_verification(chain: Chain) -> AuditVerification:
    """What came of verifying, as an answer."""
    return AuditVerification(
        intact=chain.intact,
        entries=chain.entries,
        head=chain.head,
        broken=chain.broken,
        what=chain.what,
    )


def _place(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdecimal()) or len(cursor) > 18:
        raise ServiceError(
            "invalid", "`cursor` is not from a page. Give `next` of the page before.",
            field="cursor",
        )  # fmt: skip
    return int(cursor)

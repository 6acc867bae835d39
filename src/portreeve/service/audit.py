"""Reading and verifying the audit log."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.audit import AuditEntry, AuditVerification
from portreeve.schemas.base import Page
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.store.chain import verify_database
from portreeve.store.tables.core import audit


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
    ) -> Page[AuditEntry]:
        """Entries about a subject, of an action, by somebody, in a time range.

        ``action`` may end in ``.*``: all actions of an area. ``until`` does not count.

        Raises:
            ServiceError: ``invalid``, when the cursor is none of ours.
        """
        actor.need(Scope.audit)
        wanted = sa.select(audit).where(audit.c.seq > _place(cursor))
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
            rows = connection.execute(wanted.order_by(audit.c.seq).limit(limit + 1)).mappings()
            found = [AuditEntry(**row) for row in rows]
        more = len(found) > limit
        return Page(items=found[:limit], next=str(found[limit - 1].seq) if more else None)

    def verify(self, actor: Actor) -> AuditVerification:
        """Whether every entry is as it was written, from the first to the last."""
        actor.need(Scope.audit)
        with self._context.database.snapshot() as connection:
            chain = verify_database(connection)
        return AuditVerification(
            intact=chain.intact,
            entries=chain.entries,
            head=chain.head,
            broken=chain.broken,
            what=chain.what,
        )


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdecimal()) or len(cursor) > 18:
        raise ServiceError(
            "invalid", "`cursor` is not from a page. Give `next` of the page before.",
            field="cursor",
        )  # fmt: skip
    return int(cursor)

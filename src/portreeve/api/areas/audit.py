"""The audit log: who did what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.audit import AuditEntry, AuditVerification
from portreeve.schemas.base import Page
from portreeve.schemas.queries import AuditQuery

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("audit", "The audit log: who did what.")


@routes.get("/v1/audit", Scope.audit)
def list_audit_entries(service: Service, actor: Actor, query: AuditQuery) -> Page[AuditEntry]:
    """Entries of the audit log, the oldest first."""
    return service.audit_log.entries(
        actor,
        subject=query.subject,
        action=query.action,
        by=query.by,
        since=query.since,
        until=query.until,
        cursor=query.cursor,
        limit=query.limit,
    )


@routes.get("/v1/audit/verify", Scope.audit)
def verify_audit_log(service: Service, actor: Actor) -> AuditVerification:
    """Whether every entry is as it was written, from the first to the last.

    `portreeve audit verify` does the same offline.
    """
    return service.audit_log.verify(actor)

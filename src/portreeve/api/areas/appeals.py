"""Appeals: free, decided by another person than the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.appeals import (
    Appeal,
    AppealProgress,
    AppealQuery,
    AppealRecord,
    DecideAppeal,
    FileAppeal,
)
from portreeve.schemas.base import Page
from portreeve.schemas.cases import ItemEvidence

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("appeals", "Appeals: free, decided by another person than the first.")


@routes.post("/v1/appeals", Scope.appeals)
def file_appeal(service: Service, actor: Actor, body: FileAppeal) -> AppealProgress:
    """Contest a decision, once."""
    return service.appeals.file(actor, body)


@routes.get("/v1/appeals", Scope.cases)
def list_appeals(service: Service, actor: Actor, query: AppealQuery) -> Page[Appeal]:
    """Appeals in a state, the first due first."""
    return service.appeals.list(actor, query)


@routes.get("/v1/appeals/{id}", Scope.appeals)
def get_appeal(service: Service, actor: Actor, id: str) -> AppealProgress:  # noqa: ARG001
    """How an appeal stands, and the reply."""
    return service.appeals.progress(id)


@routes.post("/v1/appeals/{id}/claim", Scope.cases)
def claim_appeal(service: Service, actor: Actor, id: str) -> AppealRecord:
    """Hold an appeal for 15 minutes and read what the person says."""
    return service.appeals.claim(actor, id)


@routes.get("/v1/appeals/{id}/evidence", Scope.evidence)
def read_appeal_evidence(service: Service, actor: Actor, id: str) -> ItemEvidence:
    """What the item of an appealed decision said.

    Every reading is in the audit log.
    """
    return service.evidence.read_for_appeal(actor, id)


@routes.post("/v1/appeals/{id}/decide", Scope.cases)
def decide_appeal(service: Service, actor: Actor, id: str, body: DecideAppeal) -> Appeal:
    """Answer an appeal one holds; an overturn restores what was taken."""
    return service.appeals.decide(actor, id, body)

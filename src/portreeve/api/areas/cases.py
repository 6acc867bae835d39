"""Cases: what people decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.cases import (
    AddNote,
    Case,
    CaseEvidence,
    CaseQuery,
    CaseRecord,
    CaseStep,
    DecideCase,
    Handover,
    Release,
    RequestRelease,
)

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("cases", "Cases: what people decide.")


@routes.get("/v1/cases", Scope.cases)
def list_cases(service: Service, actor: Actor, query: CaseQuery) -> Page[Case]:
    """Cases of a queue, or of all, the most urgent first."""
    return service.cases.list(actor, query)


@routes.get("/v1/cases/{id}", Scope.cases)
def get_case(service: Service, actor: Actor, id: str) -> CaseRecord:
    """A case with its items, without content."""
    return service.cases.get(actor, id)


@routes.get("/v1/cases/{id}/history", Scope.cases)
def get_case_history(service: Service, actor: Actor, id: str) -> Page[CaseStep]:
    """What happened to a case, the oldest first, with the reviewers' notes."""
    return service.cases.history(actor, id)


@routes.post("/v1/cases/{id}/claim", Scope.cases)
def claim_case(service: Service, actor: Actor, id: str) -> CaseRecord:
    """Hold a case for 15 minutes; again, to hold it longer."""
    return service.cases.claim(actor, id)


@routes.post("/v1/cases/{id}/release", Scope.cases)
def release_case(service: Service, actor: Actor, id: str) -> CaseRecord:
    """Give a case one holds back to its queue."""
    return service.cases.release(actor, id)


@routes.post("/v1/cases/{id}/handover", Scope.cases)
def hand_over_case(service: Service, actor: Actor, id: str, body: Handover) -> CaseRecord:
    """Give a case one holds to another reviewer."""
    return service.cases.hand_over(actor, id, body)


@routes.post("/v1/cases/{id}/notes", Scope.cases)
def note_on_case(service: Service, actor: Actor, id: str, body: AddNote) -> CaseStep:
    """Write something down for other reviewers."""
    return service.cases.note(actor, id, body)


@routes.post("/v1/cases/{id}/decide", Scope.cases)
def decide_case(service: Service, actor: Actor, id: str, body: DecideCase) -> CaseRecord:
    """Decide all items of a case one holds."""
    return service.cases.decide(actor, id, body)


@routes.get("/v1/cases/{id}/evidence", Scope.evidence)
def read_evidence(service: Service, actor: Actor, id: str, query: Paging) -> CaseEvidence:
    """What the items of a case said, and what its reports say.

    Every reading is in the audit log. A sealed case needs a release.
    """
    return service.evidence.read(actor, id, query)


@routes.get("/v1/cases/{id}/evidence/releases", Scope.cases)
def list_releases(service: Service, actor: Actor, id: str) -> Page[Release]:
    """The releases of a sealed case, the latest first."""
    return service.evidence.releases(actor, id)


@routes.post("/v1/cases/{id}/evidence/release", Scope.evidence)
def request_release(service: Service, actor: Actor, id: str, body: RequestRelease) -> Release:
    """Ask for leave to read a sealed case; somebody else must grant it."""
    return service.evidence.request_release(actor, id, body)


@routes.post("/v1/cases/{id}/evidence/releases/{release}/grant", Scope.evidence)
def grant_release(service: Service, actor: Actor, id: str, release: str) -> Release:
    """Grant what another person asked for; its time begins now."""
    return service.evidence.grant_release(actor, id, release)

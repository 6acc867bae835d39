"""Sanctions: timed, reversible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.enforcement import Imposition, Lift, Sanction
from portreeve.schemas.queries import SanctionQuery

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("sanctions", "Sanctions: timed, reversible.")


@routes.get("/v1/sanctions", Scope.sanctions)
def list_sanctions(service: Service, actor: Actor, query: SanctionQuery) -> Page[Sanction]:
    """Sanctions, the newest first."""
    return service.sanctions.list(actor, query, account=query.account, in_force=query.in_force)


@routes.post("/v1/sanctions", Scope.sanctions)
def impose_sanction(service: Service, actor: Actor, body: Imposition) -> Sanction:
    """Impose a sanction by hand."""
    return service.sanctions.impose(actor, body)


@routes.get("/v1/sanctions/{id}", Scope.sanctions)
def get_sanction(service: Service, actor: Actor, id: str) -> Sanction:
    """One sanction."""
    return service.sanctions.get(actor, id)


@routes.post("/v1/sanctions/{id}/lift", Scope.sanctions)
def lift_sanction(service: Service, actor: Actor, id: str, body: Lift) -> Sanction:
    """End a sanction before its time."""
    return service.sanctions.lift(actor, id, body)

"""Reports, graded by how far they can be relied on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.queries import NetworkQuery
from portreeve.schemas.reports import (
    AddFrankingKey,
    FrankingKey,
    Report,
    ReportClaim,
    ReportFranked,
    ReportItem,
)

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("reports", "Reports, graded by how far they can be relied on.")


@routes.post("/v1/reports", Scope.reports)
def report_item(service: Service, actor: Actor, body: ReportItem) -> Report:
    """Report something that was published."""
    return service.reports.report_item(actor, body)


@routes.post("/v1/reports/claims", Scope.reports)
def report_claim(service: Service, actor: Actor, body: ReportClaim) -> Report:
    """Claim something against an account.

    Nothing automatic follows from a claim.
    """
    return service.reports.report_claim(actor, body)


@routes.post("/v1/reports/franked", Scope.reports)
def report_franked(service: Service, actor: Actor, body: ReportFranked) -> Report:
    """Open exactly one message of a private chat, with proof."""
    return service.reports.report_franked(actor, body)


@routes.get("/v1/reports/{id}", Scope.reports)
def get_report(service: Service, actor: Actor, id: str) -> Report:
    """How a report stands."""
    return service.reports.read(actor, id)


@routes.get("/v1/franking/keys", Scope.reports)
def list_franking_keys(service: Service, actor: Actor, query: NetworkQuery) -> Page[FrankingKey]:
    """The keys with which platforms sign stamps."""
    return service.franking_keys.list(actor, query.network)


@routes.post("/v1/franking/keys", Scope.admin)
def add_franking_key(service: Service, actor: Actor, body: AddFrankingKey) -> FrankingKey:
    """Register a key of a platform, or set the end of its use."""
    return service.franking_keys.add(actor, body)

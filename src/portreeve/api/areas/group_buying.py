"""Group buying: checkers, proofs of enrolment, deals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.commerce.group_buying import (
    DealAccount,
    DealAdmission,
    DealFacts,
    DealJoined,
    DealMember,
    DealQuery,
    EnrolmentChecker,
    EnrolmentFound,
    EnrolmentProof,
    GroupDeal,
    JoinDeal,
    NewChecker,
)

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("group buying", "Group buying on a campus: proofs of enrolment, and deals.")


@routes.post("/v1/enrolment-checkers", Scope.admin)
def trust_checker(service: Service, actor: Actor, body: NewChecker) -> EnrolmentChecker:
    """Trust a school's checker: proofs that it signs count for its campus."""
    return service.enrolments.trust(actor, body)


@routes.get("/v1/enrolment-checkers", Scope.group_buying)
def list_checkers(service: Service, actor: Actor, query: Paging) -> Page[EnrolmentChecker]:
    """Checkers, the newest first, those that are trusted no more too."""
    return service.enrolments.checkers(actor, query)


@routes.post("/v1/enrolment-checkers/{id}/revoke", Scope.admin)
def revoke_checker(service: Service, actor: Actor, id: str) -> EnrolmentChecker:
    """Trust a checker no more."""
    return service.enrolments.distrust(actor, id)


@routes.put("/v1/accounts/{id}/enrolment", Scope.group_buying)
def show_enrolment(service: Service, actor: Actor, id: str, body: EnrolmentProof) -> EnrolmentFound:
    """Show the proof of enrolment that a school's checker gave a person.

    Result, campus and expiry are kept; the proof is forgotten.
    """
    return service.enrolments.show(actor, id, body)


@routes.get("/v1/accounts/{id}/enrolment", Scope.group_buying)
def get_enrolment(service: Service, actor: Actor, id: str) -> EnrolmentFound:
    """What is known of an account's enrolment."""
    return service.enrolments.get(actor, id)


@routes.put("/v1/deals/{id}", Scope.group_buying)
def open_deal(service: Service, actor: Actor, id: str, body: DealFacts) -> GroupDeal:
    """Open a deal for an item that is published on the surface `group_buy`; the item has its id."""
    return service.deals.open(actor, id, body)


@routes.get("/v1/deals/{id}", Scope.group_buying)
def get_deal(service: Service, actor: Actor, id: str) -> GroupDeal:
    """A deal and how it stands."""
    return service.deals.get(actor, id)


@routes.get("/v1/deals", Scope.group_buying)
def list_deals(service: Service, actor: Actor, query: DealQuery) -> Page[GroupDeal]:
    """Deals by their id."""
    return service.deals.list(actor, query)


@routes.get("/v1/deals/{id}/admission", Scope.group_buying)
def check_deal(service: Service, actor: Actor, id: str, query: DealAccount) -> DealAdmission:
    """Whether somebody may join now, and why not; ask it before you take money."""
    return service.deals.admits(actor, id, query.account)


@routes.get("/v1/deals/{id}/members", Scope.group_buying)
def list_deal_members(service: Service, actor: Actor, id: str, query: Paging) -> Page[DealMember]:
    """Who joined a deal, and whose money went back."""
    return service.deals.members(actor, id, query)


@routes.post("/v1/deals/{id}/members", Scope.group_buying)
def join_deal(service: Service, actor: Actor, id: str, body: JoinDeal) -> DealJoined:
    """Let somebody join, or learn why not.

    Whoever reaches the threshold completes the deal. A deal that misses it at the deadline refunds
    everybody, by events `deal.refunded`.
    """
    return service.deals.join(actor, id, body)

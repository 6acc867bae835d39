"""Partners: apps, criteria, tokens, the register of interests, parity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.commerce.partners import (
    CheckPartnerToken,
    EndInterest,
    EndPartner,
    Interest,
    InterestQuery,
    MadePartnerToken,
    NewInterest,
    NewPartnerToken,
    Parity,
    ParityFigures,
    ParityRequest,
    Partner,
    PartnerApplication,
    PartnerOutcome,
    PartnerQuery,
    PartnerToken,
    PartnerTokenChecked,
    PublishedCriteria,
)

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("partners", "Partners: apps that ask for scopes of the open platform.")


@routes.get("/v1/partner-criteria", Scope.partners)
def get_partner_criteria(service: Service, actor: Actor) -> PublishedCriteria:
    """The scopes there are, and every criterion; publish them as they are."""
    return service.partners.criteria(actor)


@routes.put("/v1/partners/{id}", Scope.partners)
def apply_for_scopes(service: Service, actor: Actor, id: str, body: PartnerApplication) -> Partner:
    """Apply for scopes; the answer takes the place of the app's earlier one.

    Nothing but `facts` decides. What is refused names every criterion that is not met.
    """
    return service.partners.apply(actor, id, body)


@routes.get("/v1/partners/{id}", Scope.partners)
def get_partner(service: Service, actor: Actor, id: str) -> Partner:
    """An app and what it may do."""
    return service.partners.get(actor, id)


@routes.get("/v1/partners", Scope.partners)
def list_partners(service: Service, actor: Actor, query: PartnerQuery) -> Page[Partner]:
    """Apps by their id."""
    return service.partners.list(actor, query)


@routes.get("/v1/partners/{id}/outcome", Scope.partners)
def get_partner_outcome(service: Service, actor: Actor, id: str) -> PartnerOutcome:
    """An app held against the criteria as they are now, one by one."""
    return service.partners.outcome(actor, id)


@routes.post("/v1/partners/{id}/end", Scope.partners)
def end_partner(service: Service, actor: Actor, id: str, body: EndPartner) -> Partner:
    """Take all scopes from an app: its tokens allow nothing from then on. It may apply again."""
    return service.partners.end(actor, id, body)


@routes.get("/v1/partners/{id}/tokens", Scope.partners)
def list_partner_tokens(
    service: Service, actor: Actor, id: str, query: Paging
) -> Page[PartnerToken]:
    """The tokens of an app, the newest first, without their texts."""
    return service.partner_tokens.list(actor, id, query)


@routes.post("/v1/partners/{id}/tokens", Scope.partners)
def make_partner_token(
    service: Service, actor: Actor, id: str, body: NewPartnerToken
) -> MadePartnerToken:
    """Make a token for the scopes that an app has; it is said once."""
    return service.partner_tokens.make(actor, id, body)


@routes.post("/v1/partner-tokens/{id}/revoke", Scope.partners)
def revoke_partner_token(service: Service, actor: Actor, id: str) -> None:
    """Let a token allow nothing any more, at once."""
    service.partner_tokens.revoke(actor, id)


@routes.post("/v1/partner-tokens/check", Scope.partners, reads=True)
def check_partner_token(
    service: Service, actor: Actor, body: CheckPartnerToken
) -> PartnerTokenChecked:
    """Whether a token allows what a route needs. Where not, answer 403 with the reason."""
    return service.partner_tokens.check(actor, body)


@routes.post("/v1/partner-parity", Scope.partners, reads=True)
def compare_partners(service: Service, actor: Actor, body: ParityRequest) -> Parity:
    """Decide two apps anew, each as itself and under the other's name and party."""
    return service.partners.compare(actor, body)


@routes.get("/v1/partner-parity", Scope.partners)
def get_parity_figures(service: Service, actor: Actor) -> ParityFigures:
    """Scopes asked for and granted, by whether the company has a stake in the party."""
    return service.partners.figures(actor)


@routes.post("/v1/interests", Scope.interests)
def register_interest(service: Service, actor: Actor, body: NewInterest) -> Interest:
    """Write down that the company has a stake in a party."""
    return service.interests.register(actor, body)


@routes.post("/v1/interests/{id}/end", Scope.interests)
def end_interest(service: Service, actor: Actor, id: str, body: EndInterest) -> Interest:
    """Note that a stake ended; the entry stays."""
    return service.interests.end(actor, id, body)


@routes.get("/v1/interests", Scope.partners)
def list_interests(service: Service, actor: Actor, query: InterestQuery) -> Page[Interest]:
    """The register of conflicts of interest, the newest entry first."""
    return service.interests.list(actor, query)

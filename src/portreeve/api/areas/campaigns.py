"""Campaigns: who acts together, and who is above whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.campaigns import (
    Campaign,
    CampaignDecision,
    CampaignQuery,
    CampaignRecord,
    CampaignUndone,
    DecideCampaign,
    Hub,
    InNetwork,
    JoinStep,
    ReferCampaign,
    Referral,
    Trajectory,
    UndoCampaign,
    WhyQuery,
)
from portreeve.schemas.crowds import Crowds

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("campaigns", "Campaigns: who acts together, and who is above whom.")


@routes.get("/v1/campaigns", Scope.cases)
def list_campaigns(service: Service, actor: Actor, query: CampaignQuery) -> Page[Campaign]:
    """Campaigns of a network, the largest first."""
    return service.campaigns.list(actor, query)


@routes.get("/v1/campaigns/{id}", Scope.cases)
def get_campaign(service: Service, actor: Actor, id: str, query: InNetwork) -> CampaignRecord:
    """A campaign: its accounts with their roles, what joins them, its trees, posts and timeline.

    Handles and links are told by memory's keyed numbers: what they are stands in the posts, which
    only evidence shows. A campaign that merged into an older one is found by its old name too.
    """
    return service.campaigns.get(actor, id, query)


@routes.get("/v1/campaigns/{id}/why", Scope.cases)
def explain_campaign(service: Service, actor: Actor, id: str, query: WhyQuery) -> Page[JoinStep]:
    """How two accounts of a campaign are joined: the shortest way, key by key."""
    return service.campaigns.why(actor, id, query)


@routes.post("/v1/campaigns/{id}/decide", Scope.sanctions)
def decide_campaign(
    service: Service, actor: Actor, id: str, body: DecideCampaign
) -> CampaignDecision:
    """Decide on all accounts and posts of a campaign at once; needs the scope `cases` too.

    All of it is done, or nothing. Without any act it is left alone. Either way its case is decided.
    """
    return service.campaigns.decide(actor, id, body)


@routes.get("/v1/campaigns/decisions/{id}", Scope.cases)
def get_campaign_decision(service: Service, actor: Actor, id: str) -> CampaignDecision:
    """What was decided of a campaign."""
    return service.campaigns.decision(actor, id)


@routes.post("/v1/campaigns/decisions/{id}/undo", Scope.sanctions)
def undo_campaign_decision(
    service: Service, actor: Actor, id: str, body: UndoCampaign
) -> CampaignUndone:
    """Undo all that a decision on a campaign did, in one step; needs the scope `cases` too.

    What others undid or decided since stays as it is.
    """
    return service.campaigns.undo(actor, id, body)


@routes.post("/v1/campaigns/{id}/referral", Scope.cases)
def refer_campaign(service: Service, actor: Actor, id: str, body: ReferCampaign) -> Referral:
    """The file on a campaign's trees for an authority, with what speaks for each edge; no content.

    Only for trees of 3 levels and 30 people or more. That it was made is in the audit log.
    """
    return service.campaigns.refer(actor, id, body)


@routes.get("/v1/hubs", Scope.cases)
def list_hubs(service: Service, actor: Actor, query: InNetwork) -> Page[Hub]:
    """What too many accounts show to join them, such as a hotline; the 500 most shown."""
    return service.campaigns.hubs(actor, query)


@routes.get("/v1/accounts/{id}/trajectory", Scope.accounts)
def get_trajectory(service: Service, actor: Actor, id: str, query: InNetwork) -> Trajectory:
    """What an account sold over time, by tier of goods, and the alarm of a slide."""
    return service.trajectories.get(actor, id, query)


@routes.get("/v1/crowds", Scope.accounts)
def list_crowds(service: Service, actor: Actor, query: InNetwork) -> Crowds:
    """Crowds called into live rooms, each with how many were mobilised and its 95 % interval, and
    windows of twenty people and more; the newest first. Who they are is kept nowhere.
    """
    return service.crowds.read(actor, query.network)

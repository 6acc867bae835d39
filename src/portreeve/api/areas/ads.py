"""Search ads: whether they are admitted. What is bid for them is told elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.commerce.ads import AdDecision, AdQuery, AdSummary, NewAd

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("ads", "Search ads: whether they are admitted, by law and by house.")


@routes.post("/v1/ads", Scope.ads)
def submit_ad(service: Service, actor: Actor, body: NewAd) -> AdDecision:
    """Submit an ad for pages of search results.

    It is decided like everything else, on the surface `search_ad`, with the licences that its
    advertiser holds here. `lawful` and `permitted` are two answers, each with its clauses. The same
    ad again has the same decision, unless a licence was verified or has lapsed since.
    """
    return service.ads.submit(actor, body)


@routes.get("/v1/ads", Scope.ads)
def list_ads(service: Service, actor: Actor, query: AdQuery) -> Page[AdSummary]:
    """Ads as they stand now, the last submitted first; or only some, by answer, goods or state."""
    return service.ads.list(actor, query)


@routes.get("/v1/ads/{id}", Scope.ads)
def get_ad(service: Service, actor: Actor, id: str) -> AdDecision:
    """How an ad stands, after appeals and whatever else was decided since."""
    return service.ads.get(actor, id)

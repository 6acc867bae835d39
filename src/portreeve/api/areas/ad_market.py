"""What is bid for search ads. Nothing that decides can see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.ad_market import (
    AdBid,
    CompareMarket,
    ForgoneQuery,
    ForgoneReport,
    MarketComparison,
    PutBid,
)
from portreeve.schemas.commerce.ads import ComposedPage, ComposePage

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("ad-market", "What is bid for search ads. Nothing that decides can see it.")


@routes.put("/v1/ad-market/bids/{ad}", Scope.ads)
def put_ad_bid(service: Service, actor: Actor, ad: str, body: PutBid) -> AdBid:
    """Tell what is offered for a click on an ad, admitted or not.

    It changes nothing of the decision on the ad: it orders admitted ads on a page, and says what
    refusing others costs.
    """
    return service.ad_market.bid(actor, ad, body)


@routes.post("/v1/ad-market/page", Scope.ads, reads=True)
def compose_ad_page(service: Service, actor: Actor, body: ComposePage) -> ComposedPage:
    """Compose a page of results and ads.

    Only admitted ads are on it, the highest bid first, each with its label. However far somebody
    reads from the top, no more of it is paid for than the rules allow.
    """
    return service.ad_market.page(actor, body)


@routes.get("/v1/ad-market/forgone", Scope.ads)
def get_forgone_revenue(service: Service, actor: Actor, query: ForgoneQuery) -> ForgoneReport:
    """Revenue forgone: what refused ads would have paid, by category.

    The bid for a click times the clicks that the advertiser expects, both as told.
    """
    return service.ad_market.forgone(actor, query)


@routes.post("/v1/ad-market/comparison", Scope.ads, reads=True)
def compare_market(service: Service, actor: Actor, body: CompareMarket) -> MarketComparison:
    """Compare two search engines: shares by device, and revenue, from figures that are given."""
    return service.ad_market.compare(actor, body)

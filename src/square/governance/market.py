"""Where Square's trade meets Portreeve: merchants, ads, links, deals, apps, live sales."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from portreeve.client import Client, PortreeveError
from portreeve.schemas.commerce.ad_market import PutBid
from portreeve.schemas.commerce.ads import AdDecision, ComposedPage, ComposePage, NewAd, PageSlot
from portreeve.schemas.commerce.links import LinkCheck, LinkChecked
from portreeve.schemas.commerce.merchants import Merchant, MerchantFacts
from portreeve.schemas.webhooks import Message
from square.database import Database, Row

CURRENCY = "CNY"
T = TypeVar("T")


class Market:
    """Asks Portreeve about all that is traded on Square.

    What it is asked raises PortreeveError with the reason when Portreeve refuses, and
    UnreachableError while it does not answer.
    """

    def __init__(self, database: Database, client: Client, network: str) -> None:
        self._database = database
        self._client = client
        self._network = network
        self.hears: dict[str, Callable[[Message], object]] = {}
        self.beside: dict[str, Callable[[Row], dict[str, Any]]] = {}

    # merchants and ads

    def merchant(self, person: str) -> Merchant | None:
        """The business that a person registered, if they did."""
        return _if_known(lambda: self._client.get_merchant(person))

    def register(self, person: str, facts: MerchantFacts) -> Merchant:
        """Register somebody's business; a person at Portreeve looks at its licences."""
        return self._client.register_merchant(person, facts)

    def advertise(self, ad: Row, bid: int, clicks: int) -> AdDecision:
        """Submit an ad, and tell apart from it what is offered for a click."""
        found = self._client.submit_ad(
            NewAd(
                id=ad["id"], account=ad["account"], title=ad["title"], text=ad["text"],
                landing=ad["landing"], network=self._network,
            )
        )  # fmt: skip
        self._client.put_ad_bid(ad["id"], PutBid(amount=bid, currency=CURRENCY, clicks=clicks))
        return found

    def ad(self, id: str) -> AdDecision | None:
        """How an ad stands now; None while it is not known there."""
        return _if_known(lambda: self._client.get_ad(id))

    def compose(self, results: list[str], ads: list[str]) -> ComposedPage:
        """A page of results with the ads that Portreeve lets stand on it; none while it is away."""
        try:
            wanted = ComposePage(network=self._network, results=results, ads=ads)
            return self._client.compose_ad_page(wanted)
        except PortreeveError:
            slots = [PageSlot(id=result, kind="result") for result in results]
            return ComposedPage(slots=slots, share=0.0, most=0.0, clause="", left_out=[])

    # links

    def link(self, post: Row, link: str) -> LinkChecked:
        """Whether a link opens where it stands."""
        return self._client.check_link(
            LinkCheck(
                network=self._network, surface=post["surface"], link=link, account=post["author"]
            )
        )  # fmt: skip


def _if_known(ask: Callable[[], T]) -> T | None:
    """What Portreeve says of something; None where it knows nothing of it."""
    try:
        return ask()
    except PortreeveError as error:
        if error.status != 404:
            raise
        return None

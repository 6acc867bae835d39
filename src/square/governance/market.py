"""Where Square's trade meets Portreeve: merchants, ads, links, deals, apps, live sales."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from portreeve.client import Client, PortreeveError, UnreachableError
from portreeve.schemas.commerce.ad_market import PutBid
from portreeve.schemas.commerce.ads import AdDecision, ComposedPage, ComposePage, NewAd, PageSlot
from portreeve.schemas.commerce.group_buying import (
    DealFacts,
    DealJoined,
    EnrolmentFound,
    EnrolmentProof,
    GroupDeal,
    JoinDeal,
)
from portreeve.schemas.commerce.links import LinkCheck, LinkChecked
from portreeve.schemas.commerce.merchants import Merchant, MerchantFacts
from portreeve.schemas.commerce.partners import (
    AppFacts,
    CheckPartnerToken,
    MadePartnerToken,
    NewPartnerToken,
    Partner,
    PartnerApplication,
    PartnerTokenChecked,
    PublishedCriteria,
)
from portreeve.schemas.webhooks import Message
from square.database import Database, Row, now
from square.governance.live import Live
from square.governance.surfaces import Surfaces

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
        self.hears: dict[str, Callable[[Message], object]] = {
            "deal.completed": lambda message: self._settle(message.data["subject"], "passed"),
            "deal.refunded": self._refund,
        }
        self.beside: dict[str, Callable[[Row], dict[str, Any]]] = {
            "group_buy": lambda post: {"audience": post["place"]},
            "live": lambda post: {"disclosed": self.live.declared(post["place"])},
        }
        self.live = Live(database, client, network)
        self.surfaces = Surfaces(client, network)

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

    # group buying

    def campuses(self) -> list[str]:
        """Campuses whose schools attest who is enrolled."""
        checkers = self._client.each(self._client.list_checkers)
        return sorted({one.campus for one in checkers if one.revoked is None})

    def enrolment(self, person: str) -> EnrolmentFound | None:
        """What somebody's school attested, if they showed it."""
        return _if_known(lambda: self._client.get_enrolment(person))

    def enrol(self, person: str, proof: str) -> EnrolmentFound:
        """Show a proof of enrolment; Square keeps nothing of it."""
        return self._client.show_enrolment(person, EnrolmentProof(proof=proof))

    def deal(self, deal: Row) -> GroupDeal | None:
        """How a deal stands; one that Portreeve does not know yet is opened when it may appear."""
        known = _if_known(lambda: self._client.get_deal(deal["id"]))
        deadline = datetime.fromisoformat(deal["deadline"])
        if known is not None or deal["state"] != "published" or deadline <= datetime.now(UTC):
            return known
        return self._client.open_deal(
            deal["id"],
            DealFacts(
                network=self._network, organiser=deal["author"], campus=deal["campus"],
                price=deal["price"], currency=CURRENCY, threshold=deal["threshold"],
                deadline=deadline,
            ),
        )  # fmt: skip

    def join(self, deal: str, person: str) -> DealJoined:
        """Let somebody join whose money was taken; who may not gets it back at once."""
        with self._database.write() as tx:
            tx.execute(
                "INSERT INTO payments VALUES (?, ?, 'taken', ?) ON CONFLICT DO UPDATE "
                "SET state = 'taken', time = excluded.time WHERE state = 'returned'",
                (deal, person, now()),
            )
        try:
            found = self._client.join_deal(deal, JoinDeal(account=person))
        except UnreachableError:
            raise
        except PortreeveError:
            self._settle(deal, "returned", "taken", person)
            raise
        self._settle(deal, "held" if found.joined else "returned", "taken", person)
        if found.deal.state == "completed":
            self._settle(deal, "passed")
        return found

    # the open platform

    def criteria(self) -> PublishedCriteria:
        """The scopes there are, and what an app must meet for each."""
        return self._client.get_partner_criteria()

    def app(self, id: str) -> Partner | None:
        """An app, with the scopes that it has and those that were refused."""
        return _if_known(lambda: self._client.get_partner(id))

    def apply(self, id: str, name: str, party: str, facts: AppFacts, scopes: list[str]) -> Partner:
        """An app asks for scopes; the answer takes the place of the one before."""
        wanted = PartnerApplication(name=name, party=party, facts=facts, scopes=scopes)
        return self._client.apply_for_scopes(id, wanted)

    def make_token(self, app: str) -> MadePartnerToken:
        """A token for the scopes that an app has. It is said once."""
        return self._client.make_partner_token(app, NewPartnerToken(days=30))

    def token(self, token: str, scope: str) -> PartnerTokenChecked:
        """Whether a token allows what a route needs."""
        return self._client.check_partner_token(CheckPartnerToken(token=token[:1_000], scope=scope))

    def _refund(self, message: Message) -> None:
        for person in message.data["accounts"]:
            self._settle(message.data["subject"], "returned", "held", person)

    def _settle(
        self, deal: str, state: str, before: str = "held", person: str | None = None
    ) -> None:
        """Money goes on, of one who joined or of all."""
        with self._database.write() as tx:
            tx.execute(
                "UPDATE payments SET state = ?, time = ? WHERE deal = ? AND state = ? "
                "AND person = ifnull(?, person)",
                (state, now(), deal, before, person),
            )


def _if_known(ask: Callable[[], T]) -> T | None:
    """What Portreeve says of something; None where it knows nothing of it."""
    try:
        return ask()
    except PortreeveError as error:
        if error.status != 404:
            raise
        return None

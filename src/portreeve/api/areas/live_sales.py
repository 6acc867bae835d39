"""Live sales: who stands behind goods, what was said and ordered, and the two ledgers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.commerce.live_sales import (
    ClaimQuery,
    Disclosure,
    Harm,
    HarmWithdrawal,
    LiabilityTerms,
    ListedClaim,
    LiveSale,
    LiveSaleCount,
    LiveSaleFacts,
    LiveSaleQuery,
    MoralLedger,
    NewOrder,
    Praise,
    ProfileQuery,
    PromoterTerms,
    ProofOfFake,
    Sanctioning,
    SellerShown,
    Telling,
    Trace,
    TwoLedgers,
)

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("live sales", "Live sales: roles, orders, proofs of fakes, and the two ledgers.")


@routes.put("/v1/live-sales/{id}", Scope.live_sales)
def put_live_sale(service: Service, actor: Actor, id: str, body: LiveSaleFacts) -> LiveSale:
    """Say who stands behind goods that a live room offers; fixed from the first order on."""
    return service.live_sales.register(actor, id, body)


@routes.get("/v1/live-sales/{id}", Scope.live_sales)
def get_live_sale(service: Service, actor: Actor, id: str) -> LiveSale:
    """Who stands behind goods that a live room offers."""
    return service.live_sales.get(actor, id)


@routes.get("/v1/live-sales", Scope.live_sales)
def list_live_sales(service: Service, actor: Actor, query: LiveSaleQuery) -> Page[LiveSaleCount]:
    """Live sales by their id, with how many orders each has and how many proved fake."""
    return service.live_sales.list(actor, query)


@routes.get("/v1/live-claims", Scope.live_sales)
def list_claims(service: Service, actor: Actor, query: ClaimQuery) -> Page[ListedClaim]:
    """Claims of buyers, of whatever live sale, the newest first."""
    return service.live_harms.claims(actor, query)


@routes.get("/v1/live-terms", Scope.live_sales)
def get_liability_terms(service: Service, actor: Actor) -> LiabilityTerms:
    """The profiles of the law that there are, and what counts as proof."""
    return service.live_harms.terms(actor)


@routes.get("/v1/promoter-terms", Scope.live_sales)
def get_promoter_terms(service: Service, actor: Actor) -> PromoterTerms:
    """What promoters of fakes answer for, by what they knew and how many they reached."""
    return service.live_ledgers.grades(actor)


@routes.post("/v1/live-sales/{id}/disclosures", Scope.live_sales)
def disclose_seller(service: Service, actor: Actor, id: str, body: SellerShown) -> Disclosure:
    """Say that the room clearly shows who sells; not once goods have proved fake."""
    return service.live_sales.disclose(actor, id, body)


@routes.post("/v1/live-sales/{id}/promotions", Scope.live_sales)
def add_promotion(service: Service, actor: Actor, id: str, body: Praise) -> None:
    """Tell that somebody praised the goods, and how many saw it; never what was said."""
    service.live_sales.promote(actor, id, body)


@routes.post("/v1/live-sales/{id}/tellings", Scope.live_sales)
def add_telling(service: Service, actor: Actor, id: str, body: Telling) -> None:
    """Tell that a promoter was told something of the goods, by its kind."""
    service.live_sales.tell(actor, id, body)


@routes.post("/v1/live-sales/{id}/orders", Scope.live_sales)
def add_live_order(service: Service, actor: Actor, id: str, body: NewOrder) -> None:
    """Tell of an order and the promotion that led to it."""
    service.live_sales.order(actor, id, body)


@routes.post("/v1/live-sales/{id}/harms", Scope.live_sales)
def prove_fake(service: Service, actor: Actor, id: str, body: ProofOfFake) -> Harm:
    """File proof that the goods of orders are fake.

    For each order a claim is opened at once, by the law that was in force when it was placed.
    """
    return service.live_harms.prove(actor, id, body)


@routes.get("/v1/live-sales/{id}/trace", Scope.live_sales)
def trace_live_sale(service: Service, actor: Actor, id: str) -> Trace:
    """Every order with the promotion that led to it and the proof that it was fake."""
    return service.live_sales.trace(actor, id)


@routes.get("/v1/live-sales/{id}/ledgers", Scope.live_sales)
def get_ledgers(service: Service, actor: Actor, id: str, query: ProfileQuery) -> TwoLedgers:
    """The legal and the moral ledger beside each other; neither is reckoned from the other."""
    return service.live_ledgers.show(actor, id, query.profile)


@routes.post("/v1/live-sales/{id}/sanctions", Scope.sanctions)
def sanction_promoters(service: Service, actor: Actor, id: str, body: Sanctioning) -> MoralLedger:
    """Sanction the promoters as the moral ledger says, each with a notice.

    Done again it changes nothing. Each sanction can be lifted, and falls with the proof.
    """
    return service.live_ledgers.sanction(actor, id, body)


@routes.get("/v1/live-harms/{id}", Scope.live_sales)
def get_harm(service: Service, actor: Actor, id: str) -> Harm:
    """A proof that was filed."""
    return service.live_harms.get(actor, id)


@routes.post("/v1/live-harms/{id}/withdraw", Scope.live_sales)
def withdraw_harm(service: Service, actor: Actor, id: str, body: HarmWithdrawal) -> Harm:
    """Take a proof back: its claims are reversed, and sanctions that it bore are too."""
    return service.live_harms.withdraw(actor, id, body)

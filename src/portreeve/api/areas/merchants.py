"""Merchants: enterprise accounts with licences, staff, customers and broadcasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.commerce.customers import (
    AddCustomers,
    AskBroadcast,
    BroadcastAnswer,
    CustomerNames,
    CustomerQuery,
    CustomersAdded,
    CustomersChanged,
    FollowersPost,
    MerchantCustomer,
    MerchantTags,
    TagCustomers,
)
from portreeve.schemas.commerce.merchants import (
    DecideLicence,
    HandedOver,
    Merchant,
    MerchantFacts,
    MerchantQuery,
    MerchantSummary,
    NewLicence,
    PlanPaid,
    StaffLeave,
    StaffMember,
    WaitingLicence,
)
from portreeve.schemas.screening import Screened

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes(
    "merchants", "Merchants: enterprise accounts with licences, staff, customers and broadcasts."
)


@routes.get("/v1/merchants", Scope.merchants)
def list_merchants(service: Service, actor: Actor, query: MerchantQuery) -> Page[MerchantSummary]:
    """Merchants by account; or only those of a standing, or with a licence that waits."""
    return service.merchants.list(actor, query)


@routes.put("/v1/merchants/{account}", Scope.merchants)
def register_merchant(
    service: Service, actor: Actor, account: str, body: MerchantFacts
) -> Merchant:
    """Register a merchant; what it told of itself before is replaced, its licences are kept.

    From now on its account, and its public account, count as a merchant wherever they publish.
    """
    return service.merchants.register(actor, account, body)


@routes.get("/v1/merchants/{account}", Scope.merchants)
def get_merchant(service: Service, actor: Actor, account: str) -> Merchant:
    """A merchant with its licences and staff: whether it is verified, and whether it has paid."""
    return service.merchants.get(actor, account)


@routes.post("/v1/merchants/{account}/licences", Scope.merchants)
def file_licence(service: Service, actor: Actor, account: str, body: NewLicence) -> Merchant:
    """File a licence: kind, authority and end, never the paper. A person decides on it."""
    return service.merchants.file_licence(actor, account, body)


@routes.post("/v1/merchants/{account}/licences/{id}/decide", Scope.merchants_verify)
def decide_licence(
    service: Service, actor: Actor, account: str, id: str, body: DecideLicence
) -> Merchant:
    """Verify a licence, refuse it, or revoke the verification. Whoever filed it may not."""
    return service.merchants.decide_licence(actor, account, id, body)


@routes.get("/v1/licences", Scope.merchants_verify)
def list_waiting_licences(service: Service, actor: Actor, query: Paging) -> Page[WaitingLicence]:
    """Licences that nobody has decided on, the oldest first."""
    return service.merchants.waiting(actor, query)


@routes.put("/v1/merchants/{account}/plan", Scope.merchants)
def pay_plan(service: Service, actor: Actor, account: str, body: PlanPaid) -> Merchant:
    """Say until when a merchant has paid for its plan. It says nothing of its licences."""
    return service.merchants.pay(actor, account, body)


@routes.post("/v1/merchants/{account}/end", Scope.merchants)
def end_merchant(service: Service, actor: Actor, account: str) -> Merchant:
    """End an enterprise account. What is known of it is deleted when `kept_until` is over."""
    return service.merchants.end(actor, account)


@routes.put("/v1/merchants/{account}/staff/{staff}", Scope.merchants)
def add_staff(service: Service, actor: Actor, account: str, staff: str) -> StaffMember:
    """Somebody joins the staff, or comes back."""
    return service.staff.join(actor, account, staff)


@routes.post("/v1/merchants/{account}/staff/{staff}/leave", Scope.merchants)
def remove_staff(
    service: Service, actor: Actor, account: str, staff: str, body: StaffLeave
) -> HandedOver:
    """Somebody leaves the staff; their customers are handed over."""
    return service.staff.leave(actor, account, staff, body)


@routes.post("/v1/merchants/{account}/customers", Scope.merchants)
def add_customers(
    service: Service, actor: Actor, account: str, body: AddCustomers
) -> CustomersAdded:
    """Add customers who agreed, at most 20,000 at once."""
    return service.customers.add(actor, account, body)


@routes.get("/v1/merchants/{account}/customers", Scope.merchants)
def list_customers(
    service: Service, actor: Actor, account: str, query: CustomerQuery
) -> Page[MerchantCustomer]:
    """The customers of a merchant, by name."""
    return service.customers.list(actor, account, query)


@routes.post("/v1/merchants/{account}/customers/opt-out", Scope.merchants)
def opt_out_customers(
    service: Service, actor: Actor, account: str, body: CustomerNames
) -> CustomersChanged:
    """Customers withdraw their consent. Nobody writes to them from now on."""
    return service.customers.opt_out(actor, account, body)


@routes.post("/v1/merchants/{account}/tags", Scope.merchants)
def tag_customers(
    service: Service, actor: Actor, account: str, body: TagCustomers
) -> CustomersChanged:
    """Put a word on customers, or take it off."""
    return service.customers.tag(actor, account, body)


@routes.get("/v1/merchants/{account}/tags", Scope.merchants)
def list_tags(service: Service, actor: Actor, account: str) -> MerchantTags:
    """The words by which a merchant sorts its customers."""
    return service.customers.tags(actor, account)


@routes.post("/v1/merchants/{account}/broadcasts", Scope.merchants)
def ask_broadcast(
    service: Service, actor: Actor, account: str, body: AskBroadcast
) -> BroadcastAnswer:
    """May a member of staff write to customers? Each customer is answered for.

    What the message says is not asked: chats are sealed. What is allowed counts against the quotas
    at once.
    """
    return service.broadcasts.ask(actor, account, body)


@routes.get("/v1/merchants/{account}/broadcasts/{id}", Scope.merchants)
def get_broadcast(service: Service, actor: Actor, account: str, id: str) -> BroadcastAnswer:
    """What was answered for the customers of a broadcast."""
    return service.broadcasts.get(actor, account, id)


@routes.post("/v1/merchants/{account}/posts", Scope.merchants)
def post_to_followers(
    service: Service, actor: Actor, account: str, body: FollowersPost
) -> Screened:
    """Screen a post for the followers of a merchant's public account, before it appears there."""
    return service.broadcasts.publish(actor, account, body)

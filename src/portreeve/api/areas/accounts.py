"""Accounts, relations between them, notices to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.accounts import Account, AccountFacts, RelationEvents, RelationsTaken
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.enforcement import Notice
from portreeve.schemas.privacy import Erased
from portreeve.schemas.queries import ErasureQuery, LanguageQuery

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("accounts", "Accounts, relations between them, notices to them.")


@routes.put("/v1/accounts/{id}", Scope.accounts)
def put_account(service: Service, actor: Actor, id: str, body: AccountFacts) -> Account:
    """Say what an account is; what was said of it before is replaced."""
    return service.accounts.put(actor, id, body)


@routes.get("/v1/accounts/{id}", Scope.accounts)
def get_account(service: Service, actor: Actor, id: str) -> Account:
    """An account and its standing: strikes, sanctions, counts."""
    return service.accounts.get(actor, id)


@routes.get("/v1/accounts/{id}/notices", Scope.accounts)
def list_notices(service: Service, actor: Actor, id: str, query: Paging) -> Page[Notice]:
    """What an account is told, in its language, the newest first."""
    return service.notices.list(actor, id, query)


@routes.get("/v1/decisions/{id}/notice", Scope.accounts)
def get_decision_notice(service: Service, actor: Actor, id: str, query: LanguageQuery) -> Notice:
    """What the account is told of a decision: clause, evidence, how to comply, how to appeal."""
    return service.notices.of_decision(actor, id, query.language)


@routes.post("/v1/notices/{id}/read", Scope.accounts)
def mark_notice_read(service: Service, actor: Actor, id: str) -> Notice:
    """Say that the person has read a notice."""
    return service.notices.mark_read(actor, id)


@routes.delete("/v1/accounts/{id}", Scope.privacy)
def erase_account(service: Service, actor: Actor, id: str, query: ErasureQuery) -> Erased:
    """Erase a person, for good: the key that seals what the account wrote is destroyed.

    The records stay, and verify, without content.
    """
    return service.privacy.erase(actor, id, query.reason)


@routes.post("/v1/relations", Scope.accounts)
def add_relations(service: Service, actor: Actor, body: RelationEvents) -> RelationsTaken:
    """Tell of changes between accounts: metadata only.

    An event that has an id counts once, however often it is told.
    """
    return service.accounts.relate(actor, body)

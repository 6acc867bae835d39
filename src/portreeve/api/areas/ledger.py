"""The ledger of money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.commerce.ledger import (
    AccountQuery,
    Balance,
    BalanceQuery,
    Balances,
    LedgerEntry,
    LedgerQuery,
    PurposeTotals,
    Trial,
)

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("ledger", "The ledger of money: double entry, never changed.")


@routes.get("/v1/ledger/entries", Scope.ledger)
def list_ledger_entries(service: Service, actor: Actor, query: LedgerQuery) -> Page[LedgerEntry]:
    """Entries with their postings, the newest first."""
    return service.book.entries(actor, query)


@routes.get("/v1/ledger/balances", Scope.ledger)
def get_balances(service: Service, actor: Actor, query: BalanceQuery) -> Balances:
    """What lies in the accounts of money of an account of the host, or of a deal."""
    return service.book.balances(actor, query.of)


@routes.get("/v1/ledger/accounts", Scope.ledger)
def list_ledger_accounts(service: Service, actor: Actor, query: AccountQuery) -> Page[Balance]:
    """Every account of money that is not at zero, by purpose and owner."""
    return service.book.accounts(actor, query)


@routes.get("/v1/ledger/totals", Scope.ledger)
def get_ledger_totals(service: Service, actor: Actor) -> PurposeTotals:
    """What lies in all accounts of money, by purpose; it comes to zero in each currency."""
    return service.book.totals(actor)


@routes.get("/v1/ledger/trial", Scope.ledger)
def get_trial(service: Service, actor: Actor) -> Trial:
    """Whether every entry that is stored comes to zero."""
    return service.book.trial(actor)

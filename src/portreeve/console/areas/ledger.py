"""The ledger of money: entries, accounts, whether it balances, and a file of it."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

import msgspec
from msgspec import Meta

from portreeve.console import trade_words
from portreeve.console.desk import Desk
from portreeve.console.routes import Pages
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.ledger import AccountQuery, LedgerQuery
from portreeve.service.commerce.book import EXPORTED

pages = Pages("ledger")

_ROWS = 50

Named = Annotated[str, Meta(max_length=600)]


class EntriesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries."""

    subject: Named | None = None
    cursor: str | None = None


class AccountsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts of money."""

    purpose: Annotated[str, Meta(max_length=100)] | None = None
    of: Annotated[str, Meta(max_length=512)] | None = None
    cursor: str | None = None


class ExportQuery(msgspec.Struct, frozen=True, kw_only=True):
    """After which entry the file begins."""

    after: Annotated[int, Meta(ge=0)] = 0


@pages.get("/console/ledger", Scope.ledger)
def show_ledger(desk: Desk, query: EntriesQuery) -> Reply:
    """Entries with their postings, the newest first, of one deal or live sale or of all."""
    subject = (query.subject or "").strip() or None
    wanted = LedgerQuery(subject=subject, cursor=query.cursor, limit=_ROWS)
    found = desk.service.book.entries(desk.actor, wanted)
    return desk.page(
        "ledger/entries.html.j2",
        entries=found.items,
        next=found.next,
        subject=subject,
        trade=trade_words,
    )


@pages.get("/console/ledger/accounts", Scope.ledger)
def show_accounts(desk: Desk, query: AccountsQuery) -> Reply:
    """Accounts of money that are not at zero: all, of one purpose, or of somebody."""
    book, of = desk.service.book, (query.of or "").strip() or None
    if of is not None:
        held, next = book.balances(desk.actor, of).items, None
    else:
        wanted = AccountQuery(purpose=query.purpose, cursor=query.cursor, limit=_ROWS)
        page = book.accounts(desk.actor, wanted)
        held, next = page.items, page.next
    return desk.page(
        "ledger/accounts.html.j2",
        accounts=held,
        next=next,
        query=query,
        of=of,
        trade=trade_words,
    )


@pages.get("/console/ledger/balance", Scope.ledger)
def check_balance(desk: Desk) -> Reply:
    """Whether the ledger as it is stored adds up, and what lies where in all."""
    book = desk.service.book
    totals = book.totals(desk.actor).items
    return desk.page(
        "ledger/balance.html.j2",
        trial=book.trial(desk.actor),
        at_once=EXPORTED,
        currencies=[
            (currency, list(each), sum(one.amount.minor for one in totals
                                       if one.amount.currency == currency))
            for currency, each in groupby(totals, lambda one: one.amount.currency)
        ],
        trade=trade_words,
    )  # fmt: skip


@pages.get("/console/ledger/export", Scope.ledger)
def export_ledger(desk: Desk, query: ExportQuery) -> Reply:
    """The ledger as CSV, a line for each posting; of a long one, a part. It is noted."""
    part = desk.service.book.export(desk.actor, query.after)
    return desk.file(part.lines, "text/csv; charset=utf-8", f"ledger-{part.first}-{part.last}.csv")

"""The ledger of money: entries, postings, balances."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from portreeve.schemas.base import Answer, HostName, Paging, Request

Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)", description="ISO 4217 code")]
MOST_MINOR = 10**15
Minor = Annotated[int, Meta(ge=1, le=MOST_MINOR)]
"""A sum of money above zero, in minor units; far below what a database's integers hold."""


class Amount(Answer, frozen=True, kw_only=True):
    """A sum of money."""

    minor: Annotated[int, Meta(description="in minor units, such as fen; below zero: owed")]
    currency: Annotated[str, Meta(description="ISO 4217 code")]
    shown: Annotated[str, Meta(description="as people write it")]


class LedgerPosting(Answer, frozen=True, kw_only=True):
    """What an entry moves in one account of money."""

    purpose: Annotated[str, Meta(description="what the account of money is for, such as held")]
    of: Annotated[str, Meta(description="whose it is: an account of the host, or a deal")]
    amount: Annotated[Amount, Meta(description="what comes in; below zero: what leaves")]


class LedgerEntry(Answer, frozen=True, kw_only=True):
    """An entry: its postings come to zero in every currency."""

    key: Annotated[str, Meta(description="names the entry")]
    why: Annotated[str, Meta(description="what it is for")]
    subject: Annotated[str, Meta(description="the deal or the live sale that it belongs to")]
    reverses: Annotated[str | None, Meta(description="the entry that it takes back")]
    time: Annotated[datetime, Meta(description="when it was written")]
    by: Annotated[str, Meta(description="who caused it")]
    postings: Annotated[list[LedgerPosting], Meta(description="what it moves")]


class LedgerQuery(Paging, frozen=True, kw_only=True):
    """Which entries."""

    subject: Annotated[
        str | None, Meta(description="only of this deal or live sale; of all if not given")
    ] = None


class BalanceQuery(Request, frozen=True, kw_only=True):
    """Whose balances."""

    of: Annotated[HostName, Meta(description="an account of the host, or a deal")]


class Balance(Answer, frozen=True, kw_only=True):
    """What lies in one account of money."""

    purpose: Annotated[str, Meta(description="what the account of money is for")]
    of: Annotated[str, Meta(description="whose it is")]
    amount: Annotated[Amount, Meta(description="what lies there; below zero: what is owed")]


class Balances(Answer, frozen=True, kw_only=True):
    """What lies where."""

    items: Annotated[list[Balance], Meta(description="accounts of money that are not at zero")]


class AccountQuery(Paging, frozen=True, kw_only=True):
    """Which accounts of money."""

    purpose: Annotated[
        Annotated[str, Meta(max_length=100)] | None,
        Meta(description="only of this purpose; of all if not given"),
    ] = None


class PurposeTotal(Answer, frozen=True, kw_only=True):
    """What lies in all accounts of money of one purpose."""

    purpose: Annotated[str, Meta(description="what they are for")]
    accounts: Annotated[int, Meta(description="how many of them are not at zero")]
    amount: Annotated[Amount, Meta(description="what lies there in all")]


class PurposeTotals(Answer, frozen=True, kw_only=True):
    """What lies where, by purpose: in each currency all of it comes to zero."""

    items: Annotated[list[PurposeTotal], Meta(description="purposes in each currency")]


class LedgerPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the ledger as a file."""

    lines: bytes
    first: int
    """The number of the first entry; 0 when there is none."""
    last: int
    more: bool


class Trial(Answer, frozen=True, kw_only=True):
    """The trial balance: whether the ledger as it is stored adds up."""

    entries: Annotated[int, Meta(description="how many entries there are")]
    balanced: Annotated[bool, Meta(description="every entry comes to zero in every currency")]
    unbalanced: Annotated[
        list[str], Meta(description="keys of entries that do not, at most 100: changed by hand")
    ]

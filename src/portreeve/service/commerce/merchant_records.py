"""Merchants as they stand in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.commerce.licences import Held, LicenceState, Registered
from portreeve.commerce.merchant_rules import MerchantRules, merchant_rules
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.remembering_names import account_numbers
from portreeve.store import Transaction
from portreeve.store.statements import insert_missing
from portreeve.store.tables.commerce import (
    merchant_customers,
    merchant_licences,
    merchant_outcomes,
    merchant_staff,
    merchants,
)
from portreeve.store.tables.core import accounts
from portreeve.store.vault import Vault

Row = sa.Row[Any]

ALLOWED = "allowed"
"""The outcome of a broadcast for a customer whom it may reach."""


def rules_of(context: Context) -> MerchantRules:
    """The rules of enterprise accounts that hold here."""
    return merchant_rules(context.settings.commerce_folder)


def merchant_row(connection: sa.Connection, account: str) -> Row:
    """A merchant, whether it has ended or not.

    Raises:
        ServiceError: ``not-found``.
    """
    found = connection.execute(sa.select(merchants).where(merchants.c.account == account)).first()
    if found is None:
        raise not_found("merchant", account)
    return found


def locked(tx: Transaction, account: str, *, ended: bool = False) -> Row:
    """A merchant, which nobody else changes until the transaction ends.

    Raises:
        ServiceError: ``not-found``; ``gone`` when it has ended, unless ``ended`` ones are wanted.
    """
    statement = sa.select(merchants).where(merchants.c.account == account).with_for_update()
    found = tx.execute(statement).first()
    if found is None:
        raise not_found("merchant", account)
    if found.ended is not None and not ended:
        raise ServiceError("gone", f"The enterprise account {account!r} has ended.")
    return found


def need_staff(tx: Transaction, merchant: str, staff: str, field: str) -> None:
    """See that somebody is on the staff of a merchant now.

    Raises:
        ServiceError: ``invalid``.
    """
    s = merchant_staff.c
    wanted = sa.select(s.staff).where(s.merchant == merchant, s.staff == staff, s.left.is_(None))
    if tx.execute(wanted).first() is None:
        raise ServiceError(
            "invalid", f"{staff!r} is not on the staff of {merchant!r}. Add them first.",
            field=field,
        )  # fmt: skip


def held(connection: sa.Connection, merchant: str) -> list[Held]:
    """The licences of a merchant."""
    c = merchant_licences.c
    wanted = sa.select(c.kind, c.state, c.expires).where(c.merchant == merchant)
    rows = connection.execute(wanted.order_by(c.filed, c.id)).all()
    return [Held(kind=row.kind, state=row.state, expires=row.expires) for row in rows]


def is_verified(connection: sa.Connection, merchant: str, now: datetime) -> bool:
    """Whether a person has verified its business licence, and it has not expired."""
    found = Registered(licences=held(connection, merchant))
    return found.standing(now) == "verified_merchant"


def note_registered(tx: Transaction, vault: Vault, merchant: Row) -> None:
    """Let screening know what a merchant and its public account are registered as."""
    found = Registered(licences=held(tx.connection, merchant.account))
    here = None if merchant.ended is not None else msgspec.to_builtins(found)
    for account in (merchant.account, merchant.public_account):
        if account is not None:
            set_registered(tx, vault, account, here)


def set_registered(
    tx: Transaction, vault: Vault, account: str, registered: Mapping[str, Any] | None
) -> None:
    """Write what an account is registered as, whether the host told of it before or not."""
    [number] = account_numbers(vault, [account])
    insert_missing(tx, accounts, [{"id": account, "first_seen": tx.time, "number": number}])
    tx.execute(
        sa.update(accounts)
        .where(accounts.c.id == account, accounts.c.erased.is_(None))
        .values(registered=registered)
    )


def licence_rows(connection: sa.Connection, merchant: str) -> Sequence[Row]:
    """The licences of a merchant, oldest first."""
    c = merchant_licences.c
    wanted = sa.select(merchant_licences).where(c.merchant == merchant).order_by(c.filed, c.id)
    return connection.execute(wanted).all()


def need_state(state: LicenceState, wanted: LicenceState) -> None:
    """See that a licence may be decided so: only what was verified can be revoked.

    Raises:
        ServiceError: ``conflict``.
    """
    if wanted == "revoked" and state != "verified":
        raise ServiceError(
            "conflict", f"The licence is {state}. Only a verified one can be revoked."
        )
    if state == wanted:
        raise ServiceError("conflict", f"The licence is {state} already.")


def received_since(since: datetime) -> sa.ScalarSelect[int]:
    """How many broadcasts of a merchant have reached the customer at hand since a time.

    Looked up by index for each customer: a join is quicker by a little where the database knows how
    many rows there are, and slower by a thousand times where it does not.
    """
    o, c = merchant_outcomes.alias().c, merchant_customers.c
    return (
        sa.select(sa.func.count())
        .where(
            o.merchant == c.merchant,
            o.customer == c.customer,
            o.outcome == ALLOWED,
            o.time >= since,
        )
        .correlate(merchant_customers)
        .scalar_subquery()
    )

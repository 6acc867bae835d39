"""Erasing a person: their key is destroyed, and with it everything they wrote."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.privacy import Erased, ErasureReason
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.store import Transaction
from portreeve.store.statements import upsert
from portreeve.store.tables import commerce
from portreeve.store.tables.cases import case_items, case_prints, past_prints
from portreeve.store.tables.core import accounts, contents, decisions, items, person_keys
from portreeve.store.tables.enforcement import relations
from portreeve.store.tables.pictures import item_pictures, pictures
from portreeve.store.tables.trade import enrolments


class Privacy:
    """What a person may ask of whoever keeps records about them."""

    def __init__(self, context: Context, *, forget: Callable[[str], None] | None = None) -> None:
        """``forget`` makes memory forget an account."""
        self._context = context
        self._forget = forget

    def erase(self, actor: Actor, account: str, reason: ErasureReason) -> Erased:
        """Erase the person of an account; erasing again changes nothing.

        Gone are: what they wrote and its digests, their words in reports and appeals, what
        reviewers wrote about them, what the host told of them, their relation events, what their
        school attested. What stays
        names the account only: decisions with rules and signals, strikes, sanctions, the audit
        log. What others reported of them is the reporters', until its time is over.

        Raises:
            ServiceError: ``not-found``, when nothing is known of the account.
        """
        actor.need(Scope.privacy)
        if not account:
            raise ServiceError("invalid", "`account` is empty. Name an account.", field="account")
        with self._context.database.write(wipe=True) as tx:
            before = _erased_before(tx, account)
            gone = 0 if before is not None else self._erase(tx, actor, account, reason)
        # again, when it was erased before: that may have been cut short at this point
        self._context.database.scrub(person_keys)
        if self._forget is not None:
            self._forget(account)
        return Erased(account=account, erased=before or tx.time, contents=gone)

    def _erase(self, tx: Transaction, actor: Actor, account: str, reason: ErasureReason) -> int:
        """Erase in a transaction; how many contents there were."""
        if not _is_known(tx, account):
            raise not_found("account", account)
        self._context.vault.destroy(tx, account)
        gone = _wipe(tx, account)
        _mark(tx, account)
        tx.audit(actor.name, "person.erase", account, reason=reason.value, contents=gone)
        tx.announce("account.erased", account, reason=reason.value)
        return gone


def _erased_before(tx: Transaction, account: str) -> datetime | None:
    found = sa.select(accounts.c.erased).where(accounts.c.id == account)
    time: datetime | None = tx.execute(found).scalar()
    return time


def _is_known(tx: Transaction, account: str) -> bool:
    places = (
        accounts.c.id, person_keys.c.account, items.c.account, decisions.c.account,
        relations.c.account, enrolments.c.account, commerce.merchants.c.account,
        commerce.merchant_customers.c.customer,
    )  # fmt: skip
    return any(
        tx.execute(sa.select(sa.literal(1)).where(place == account).limit(1)).first()
        for place in places
    )


def _wipe(tx: Transaction, account: str) -> int:
    """Remove what could still tell of the content; how many contents there were."""
    gone = tx.execute(sa.delete(contents).where(contents.c.account == account)).rowcount
    tx.execute(sa.update(items).where(items.c.account == account).values(digest=""))
    shown = sa.select(pictures.c.id).where(pictures.c.account == account)
    tx.execute(sa.delete(item_pictures).where(item_pictures.c.picture.in_(shown)))
    tx.execute(sa.delete(pictures).where(pictures.c.account == account))
    theirs = sa.select(case_items.c.case).where(case_items.c.account == account)
    for prints in (case_prints, past_prints):
        tx.execute(sa.delete(prints).where(prints.c.case.in_(theirs)))
    tx.execute(sa.delete(relations).where(relations.c.account == account))
    tx.execute(sa.delete(enrolments).where(enrolments.c.account == account))
    for column in _OF_MERCHANTS:
        tx.execute(sa.delete(column.table).where(column == account))
    return gone


_OF_MERCHANTS: tuple[sa.Column[str], ...] = (
    commerce.merchant_customers.c.customer, commerce.merchant_tagged.c.customer,
    commerce.merchant_outcomes.c.customer, commerce.merchant_customers.c.merchant,
    commerce.merchant_tagged.c.merchant, commerce.merchant_tags.c.merchant,
    commerce.merchant_outcomes.c.merchant, commerce.merchant_licences.c.merchant,
    commerce.merchant_staff.c.merchant, commerce.merchants.c.account,
)  # fmt: skip
"""What is known of a person as a customer, and of an enterprise account that was theirs."""


def _mark(tx: Transaction, account: str) -> None:
    row = {
        "id": account, "standing": None, "registered": None, "created": None, "friends": None,
        "followers": None, "number": None, "erased": tx.time,
    }  # fmt: skip
    first = {**row, "language": "zh", "first_seen": tx.time}
    updated = tx.execute(sa.update(accounts).where(accounts.c.id == account).values(row))
    if updated.rowcount == 0:
        upsert(tx, accounts, [first])

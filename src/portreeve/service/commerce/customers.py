"""Customers of merchants: added with a recorded consent, tagged, gone when they say so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portreeve.commerce.merchant_rules import MerchantRules
from portreeve.commerce.rulebook import Limit
from portreeve.policy import Words
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.commerce.customers import (
    AddCustomers,
    CustomerNames,
    CustomerQuery,
    CustomersAdded,
    CustomersChanged,
    MerchantCustomer,
    MerchantTag,
    MerchantTags,
    NewCustomer,
    NotReached,
    TagCustomers,
)
from portreeve.schemas.screening import Text
from portreeve.service.actor import Actor
from portreeve.service.bulk import AT_ONCE, fetch_in
from portreeve.service.commerce.merchant_records import (
    is_verified,
    locked,
    merchant_row,
    need_staff,
    rules_of,
)
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.store import Transaction, new_id
from portreeve.store.statements import insert_missing
from portreeve.store.tables.commerce import (
    merchant_customers,
    merchant_tagged,
    merchant_tags,
)
from portreeve.store.tables.core import accounts

_ERASED = Words("The person of this account was erased.", "该账号对应的个人已被清除。")


class Customers:
    """Who agreed to be written to by a merchant."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def add(self, actor: Actor, merchant: str, request: AddCustomers) -> CustomersAdded:
        """Add customers, each with when and how they agreed; who is known has agreed anew.

        Somebody who withdrew their consent is a customer again only if they agreed later than
        that. Those for whom there is no room are named, not added.

        Raises:
            ServiceError: ``invalid`` when somebody is to have agreed in the future, or is named
                twice, or ``staff`` is not on the staff.
        """
        actor.need(Scope.merchants)
        rules = rules_of(self._context)
        with self._context.database.write() as tx:
            locked(tx, merchant)
            need_staff(tx, merchant, request.staff, "staff")
            given = _by_name(request.customers, tx.time)
            c = merchant_customers
            rows = fetch_in(tx.connection, sa.select(c).where(c.c.merchant == merchant),
                            c.c.customer, given)  # fmt: skip
            known = {row["customer"]: row for row in rows}
            erased = _erased(tx.connection, given)
            silent = {
                name
                for name, row in known.items()
                if row["opted_out"] is not None and given[name].opted_in <= row["opted_out"]
            } - erased
            here = {n for n, row in known.items() if row["opted_out"] is None} - erased
            fresh = [n for n in given if n not in here and n not in silent and n not in erased]
            limit, room = self._room(tx, merchant, request.staff, rules)
            added, beyond = fresh[:room], fresh[room:]
            _write(tx, merchant, request.staff, [given[n] for n in added], known)
            _renew(tx, merchant, [given[n] for n in given if n in here])
            tx.audit(actor.name, "merchant.customers.add", merchant, staff=request.staff,
                     added=len(added), known=len(here), full=len(beyond))  # fmt: skip
        refused = [
            not_reached("full", limit, beyond),
            not_reached("opted_out", rules.refusals["opted_out"], sorted(silent)),
            NotReached(reason="erased", clause=None, because=_text(_ERASED),
                       customers=sorted(erased)),
        ]  # fmt: skip
        return CustomersAdded(
            added=len(added), known=len(here), refused=[one for one in refused if one.customers]
        )

    def list(self, actor: Actor, merchant: str, query: CustomerQuery) -> Page[MerchantCustomer]:
        """The customers of a merchant, by name."""
        actor.need(Scope.merchants)
        c = merchant_customers.c
        names = [c[name] for name in MerchantCustomer.__struct_fields__]
        wanted = sa.select(*names).where(c.merchant == merchant)
        wanted = wanted.order_by(c.customer).limit(query.limit + 1)
        if query.cursor is not None:
            wanted = wanted.where(c.customer > query.cursor)
        if query.staff is not None:
            wanted = wanted.where(c.staff == query.staff)
        with self._context.database.read() as connection:
            merchant_row(connection, merchant)
            rows = connection.execute(wanted).mappings().all()
        more = len(rows) > query.limit
        items = [MerchantCustomer(**row) for row in rows[: query.limit]]
        return Page(items=items, next=items[-1].customer if more else None)

    def opt_out(self, actor: Actor, merchant: str, request: CustomerNames) -> CustomersChanged:
        """Customers withdraw their consent. Nothing is written to them from now on."""
        actor.need(Scope.merchants)
        c = merchant_customers.c
        changed = 0
        with self._context.database.write() as tx:
            locked(tx, merchant, ended=True)
            for some in _chunks(request.customers):
                changed += tx.execute(
                    sa.update(merchant_customers)
                    .where(c.merchant == merchant, c.customer.in_(some), c.opted_out.is_(None))
                    .values(opted_out=tx.time)
                ).rowcount
            tx.audit(actor.name, "merchant.customers.opt-out", merchant, changed=changed)
        return CustomersChanged(changed=changed)

    def tag(self, actor: Actor, merchant: str, request: TagCustomers) -> CustomersChanged:
        """Put a word on customers, or take it off; who is no customer is left out."""
        actor.need(Scope.merchants)
        changed = 0
        with self._context.database.write() as tx:
            locked(tx, merchant)
            tag = self._tag(tx, merchant, request.word)
            for some in _chunks(request.customers):
                changed += _tagged(tx, merchant, tag, some, remove=request.remove)
            tx.audit(actor.name, "merchant.customers.tag", merchant, tag=tag, changed=changed,
                     remove=request.remove)  # fmt: skip
        return CustomersChanged(changed=changed)

    def tags(self, actor: Actor, merchant: str) -> MerchantTags:
        """The words by which a merchant sorts its customers."""
        actor.need(Scope.merchants)
        t, g = merchant_tags.c, merchant_tagged.c
        count = sa.select(sa.func.count()).where(g.tag == t.id).scalar_subquery()
        wanted = sa.select(t.id, t.word, count.label("customers")).where(t.merchant == merchant)
        with self._context.database.read() as connection:
            merchant_row(connection, merchant)
            rows = connection.execute(wanted.order_by(t.created, t.id)).all()
            words = self._context.vault.open_many(
                connection, [merchant] * len(rows), [r.word for r in rows], [r.id for r in rows]
            )
        return MerchantTags(
            tags=[
                MerchantTag(word=None if word is None else word.decode(), customers=row.customers)
                for row, word in zip(rows, words, strict=True)
            ]
        )

    def _room(
        self, tx: Transaction, merchant: str, staff: str, rules: MerchantRules
    ) -> tuple[Limit, int]:
        """For how many more customers there is room, and the limit that says so."""
        c = merchant_customers.c
        verified = is_verified(tx.connection, merchant, tx.time)
        whose = [c.merchant == merchant, c.opted_out.is_(None)]
        if verified:
            whose.append(c.staff == staff)
        count = tx.execute(sa.select(sa.func.count()).where(*whose)).scalar_one()
        limit = rules.customers["verified" if verified else "unverified"]
        return limit, max(0, rules.room(verified=verified) - count)

    def _tag(self, tx: Transaction, merchant: str, word: str) -> str:
        known = tag_id(tx.connection, self._context, merchant, word)
        if known is not None:
            return known
        id = new_id("tag")
        [sealed] = self._context.vault.seal_many(tx, [merchant], [word.encode()], [id])
        digest = _digest(self._context, merchant, word)
        row = {"id": id, "merchant": merchant, "digest": digest, "word": sealed,
               "created": tx.time}  # fmt: skip
        tx.execute(sa.insert(merchant_tags), row)
        return id


def tag_id(connection: sa.Connection, context: Context, merchant: str, word: str) -> str | None:
    """The id of a word of a merchant; None when it never used it."""
    t = merchant_tags.c
    digest = _digest(context, merchant, word)
    wanted = sa.select(t.id).where(t.merchant == merchant, t.digest == digest)
    found: str | None = connection.execute(wanted).scalar()
    return found


def not_reached(reason: str, limit: Limit, customers: Sequence[str]) -> NotReached:
    """Customers for whom a rule says no."""
    return NotReached(
        reason=reason, clause=limit.clause, because=_text(limit.because), customers=[*customers]
    )


def _text(words: Words) -> Text:
    return Text(en=words.en, zh=words.zh)


def _digest(context: Context, merchant: str, word: str) -> str:
    return context.vault.digest(merchant, b"tag\0" + word.encode())


def _by_name(customers: Iterable[NewCustomer], now: datetime) -> dict[str, NewCustomer]:
    found: dict[str, NewCustomer] = {}
    for at, one in enumerate(customers):
        if one.opted_in > now:
            raise ServiceError(
                "invalid", "Nobody can have agreed in the future.",
                field=f"customers[{at}].opted_in",
            )  # fmt: skip
        if one.customer in found:
            raise ServiceError(
                "invalid", f"{one.customer!r} is named twice.", field=f"customers[{at}].customer"
            )
        found[one.customer] = one
    return found


def _erased(connection: sa.Connection, names: Iterable[str]) -> set[str]:
    a = accounts.c
    wanted = sa.select(a.id).where(a.erased.is_not(None))
    return {row["id"] for row in fetch_in(connection, wanted, a.id, names)}


def _write(
    tx: Transaction,
    merchant: str,
    staff: str,
    customers: Sequence[NewCustomer],
    known: dict[str, Any],
) -> None:
    c = merchant_customers.c
    back = [one.customer for one in customers if one.customer in known]
    for some in _chunks(back):
        tx.execute(
            sa.delete(merchant_customers).where(c.merchant == merchant, c.customer.in_(some))
        )
    rows = [
        {
            "merchant": merchant, "customer": one.customer, "staff": staff,
            "opted_in": one.opted_in, "how": one.how, "added": tx.time, "opted_out": None,
        }
        for one in sorted(customers, key=lambda one: one.customer)
    ]  # fmt: skip
    insert_missing(tx, merchant_customers, rows)


def _renew(tx: Transaction, merchant: str, customers: Sequence[NewCustomer]) -> None:
    """Who agreed anew has done so now; those who look after them stay the same."""
    if not customers:
        return
    c = merchant_customers.c
    rows = [{"named": one.customer, "opted_in": one.opted_in, "how": one.how} for one in customers]
    tx.execute(
        sa.update(merchant_customers)
        .where(c.merchant == merchant, c.customer == sa.bindparam("named"))
        .values(opted_in=sa.bindparam("opted_in"), how=sa.bindparam("how")),
        rows,
    )


def _tagged(
    tx: Transaction, merchant: str, tag: str, customers: Sequence[str], *, remove: bool
) -> int:
    g, c = merchant_tagged, merchant_customers.c
    if remove:
        return tx.execute(sa.delete(g).where(g.c.tag == tag, g.c.customer.in_(customers))).rowcount
    there = sa.select(g.c.tag).where(g.c.tag == tag, g.c.customer == c.customer).exists()
    fresh = sa.select(
        sa.literal(tag), c.customer, sa.literal(merchant), sa.literal(tx.time, g.c.time.type)
    ).where(c.merchant == merchant, c.customer.in_(customers), ~there)
    names = ["tag", "customer", "merchant", "time"]
    put = sa.insert(g).from_select(names, fresh).execution_options(preserve_rowcount=True)
    return tx.execute(put).rowcount


def _chunks(names: Sequence[str]) -> Iterable[Sequence[str]]:
    """Names without repetition, as many at once as a statement takes."""
    listed = list(dict.fromkeys(names))
    return (listed[start : start + AT_ONCE] for start in range(0, len(listed), AT_ONCE))

"""Proofs that goods of a live sale are fake: claims follow, and fall with the proof."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portreeve.commerce.liability import (
    LiabilityRules,
    Owed,
    Profile,
    claim,
    liability_rules,
    owed,
)
from portreeve.commerce.money import Money, MoneyError
from portreeve.commerce.promoters import promoter_rules
from portreeve.policy.errors import suggest
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.commerce import live_sales as schemas
from portreeve.schemas.enforcement import Lift
from portreeve.schemas.screening import Text, as_text
from portreeve.service.actor import Actor
from portreeve.service.bulk import fetch_in
from portreeve.service.commerce.book import Book, amount
from portreeve.service.commerce.live_records import Records, Row, locked, records
from portreeve.service.context import Context
from portreeve.service.decisions import PoliciesInForce
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.sanctions import Sanctions
from portreeve.service.standing import lock
from portreeve.store import Transaction, new_id
from portreeve.store.tables.trade import (
    live_claims,
    live_harms,
    live_judgements,
    live_orders,
    live_sales,
)

_SUBJECT = "live-sale:{}"


class LiveHarms:
    """Files proofs, and takes them back."""

    def __init__(
        self, context: Context, policies: PoliciesInForce, book: Book, sanctions: Sanctions
    ) -> None:
        self._context = context
        self._policies = policies
        self._book = book
        self._sanctions = sanctions

    def prove(self, actor: Actor, sale: str, proof: schemas.ProofOfFake) -> schemas.Harm:
        """File proof that the goods of orders are fake: for each of them somebody owes at once.

        Raises:
            ServiceError: ``not-found``; ``invalid`` when an order or the kind of proof is unknown,
                the law has no profile, or it reckons in other money; ``conflict`` when an order
                has proved fake already.
        """
        actor.need(Scope.live_sales)
        rules = liability_rules(self._context.settings.commerce_folder)
        _need_proof(rules, proof.proof)
        with self._context.database.write() as tx:
            locked(tx, sale)
            found = records(tx.connection, sale)
            _need_orders(found, proof.orders)
            harm = self._harm(tx, actor, sale, proof)
            for order in dict.fromkeys(proof.orders):
                self._claim(tx, actor, rules, found, harm, found.orders[order])
            tx.audit(actor.name, "live-sale.prove", harm, sale=sale, proof=proof.proof,
                     orders=len(set(proof.orders)))  # fmt: skip
            return _shown(tx.connection, harm)

    def get(self, actor: Actor, id: str) -> schemas.Harm:
        """A proof.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.live_sales)
        with self._context.database.read() as connection:
            return _shown(connection, id)

    def claims(self, actor: Actor, query: schemas.ClaimQuery) -> Page[schemas.ListedClaim]:
        """Claims of whatever live sale, the newest first, those that were taken back too."""
        actor.need(Scope.live_sales)
        c, h, o, s = live_claims.c, live_harms.c, live_orders.c, live_sales.c
        wanted = (
            sa.select(live_claims, s.room, s.currency, o.buyer, h.filed)
            .join_from(live_claims, live_harms, c.harm == h.id)
            .join(live_orders, c.order == o.id)
            .join(live_sales, c.sale == s.id)
            .order_by(c.id.desc())
            .limit(query.limit + 1)
        )
        if query.payer is not None:
            wanted = wanted.where(c.payer == query.payer)
        if query.withdrawn is not None:
            gone = c.withdrawn.is_not(None)
            wanted = wanted.where(gone if query.withdrawn else sa.not_(gone))
        if query.cursor is not None:
            wanted = wanted.where(c.id < query.cursor)
        with self._context.database.read() as connection:
            rows = connection.execute(wanted).all()
        shown = [_as_listed(row) for row in rows[: query.limit]]
        return Page(items=shown, next=shown[-1].id if len(rows) > query.limit else None)

    def terms(self, actor: Actor) -> schemas.LiabilityTerms:
        """The profiles of the law that there are, and what counts as proof."""
        actor.need(Scope.live_sales)
        rules = liability_rules(self._context.settings.commerce_folder)
        return schemas.LiabilityTerms(
            rules=rules.head.label,
            profiles=[
                schemas.LiabilityProfile(name=name, title=_words(one.title))
                for name, one in rules.profiles.items()
            ],
            proofs=[
                schemas.ProofKind(name=name, clause=one.clause, title=_words(one.title))
                for name, one in rules.proofs.items()
            ],
        )

    def withdraw(self, actor: Actor, id: str, request: schemas.HarmWithdrawal) -> schemas.Harm:
        """Take a proof back: its claims are reversed, and sanctions that it bore are too.

        Raises:
            ServiceError: ``not-found``; ``conflict`` when it was taken back already.
        """
        actor.need(Scope.live_sales)
        with self._context.database.write() as tx:
            lock(tx)
            row = tx.execute(sa.select(live_harms).where(live_harms.c.id == id)).first()
            if row is None:
                raise not_found("proof", id)
            locked(tx, row.sale)
            gone = tx.execute(
                sa.update(live_harms)
                .where(live_harms.c.id == id, live_harms.c.withdrawn.is_(None))
                .values(withdrawn=tx.time, withdrawn_by=actor.name)
            )
            if gone.rowcount == 0:
                raise ServiceError("conflict", f"The proof {id} was taken back already.")
            self._reverse(tx, actor, row)
            self._clear(tx, actor, row.sale, request.reason)
            tx.audit(actor.name, "live-sale.withdraw", id, sale=row.sale)
            return _shown(tx.connection, id)

    def profile_at(self, rules: LiabilityRules, found: Records, time: datetime) -> Profile:
        """The profile of the law that was in force at a time, such as that of an order.

        Raises:
            ServiceError: ``invalid``, when nothing was in force, or the law has no profile.
        """
        law = self._policies.at(found.sale.network, time).policy.law or "none"
        name = law.partition("@")[0]
        if name not in rules.profiles:
            raise ServiceError(
                "invalid",
                f"The law {name!r} of the network {found.sale.network!r} has no profile of "
                f"liability. There are: {', '.join(rules.profiles)}; add it to liability.yaml.",
            )
        return rules.profiles[name]

    def reckon(self, profile: Profile, found: Records, order: Row) -> Owed:
        """What an order costs by a profile.

        Raises:
            ServiceError: ``invalid``, when the profile reckons in other money.
        """
        paid = Money(order.paid, found.sale.currency)
        try:
            return owed(profile, paid, disclosed=found.seller_shown(order.time))
        except MoneyError as error:
            raise ServiceError(
                "invalid", f"The profile {profile.name!r} reckons in other money: {error}."
            ) from None

    def _harm(self, tx: Transaction, actor: Actor, sale: str, proof: schemas.ProofOfFake) -> str:
        id = new_id("hrm")
        tx.execute(
            sa.insert(live_harms),
            {
                "id": id, "sale": sale, "proof": proof.proof, "digest": proof.digest,
                "found": proof.found, "filed": tx.time, "filed_by": actor.name,
            },
        )  # fmt: skip
        return id

    def _claim(
        self, tx: Transaction, actor: Actor, rules: LiabilityRules, found: Records, harm: str,
        order: Row,
    ) -> None:  # fmt: skip
        profile = self.profile_at(rules, found, order.time)
        costs = self.reckon(profile, found, order)
        payer = found.sale._mapping[costs.payer]
        id = new_id("clm")
        tx.execute(
            sa.insert(live_claims),
            {
                "id": id, "harm": harm, "sale": found.sale.id, "order": order.id,
                "profile": profile.name, "rules": rules.head.label,
                "disclosed": found.seller_shown(order.time), "role": costs.payer, "payer": payer,
                "refund": costs.refund.minor, "damages": costs.damages.minor,
            },
        )  # fmt: skip
        entry = claim(id, costs, payer, order.buyer)
        self._book.post(tx, [entry], subject=_SUBJECT.format(found.sale.id), by=actor.name)
        tx.announce(
            "claim.opened", id, sale=found.sale.id, order=order.id, buyer=order.buyer,
            payer=payer, role=costs.payer, refund=costs.refund.minor,
            damages=costs.damages.minor, currency=found.sale.currency,
        )  # fmt: skip

    def _reverse(self, tx: Transaction, actor: Actor, harm: Row) -> None:
        c = live_claims.c
        standing = sa.and_(c.harm == harm.id, c.withdrawn.is_(None))
        keys = list(tx.execute(sa.select(c.id).where(standing).order_by(c.id)).scalars())
        self._book.reverse(
            tx,
            {key: f"{key}:reversal" for key in keys},
            why="the proof was taken back",
            subject=_SUBJECT.format(harm.sale),
            by=actor.name,
        )
        tx.execute(sa.update(live_claims).where(standing).values(withdrawn=tx.time))
        for key in keys:
            tx.announce("claim.withdrawn", key, sale=harm.sale)

    def _clear(self, tx: Transaction, actor: Actor, sale: str, reason: str) -> None:
        """Reverse sanctions whose ground is gone: what the promoter answers for now is less."""
        rules = promoter_rules(self._context.settings.commerce_folder)
        answering = records(tx.connection, sale).promoters(rules)
        # what rested on the proof falls with it, whoever may take the proof back
        lifting = Actor(actor.name, frozenset({Scope.sanctions}))
        for row in judgements(tx.connection, sale):
            now = answering.get(row.account)
            same = now is not None and (now.grade.knowledge, now.grade.reach) == (
                row.knowledge, row.reach,
            )  # fmt: skip
            if not same:
                drop(tx, self._sanctions, lifting, row, reason)


def judgements(connection: sa.Connection, sale: str) -> Sequence[Row]:
    """The moral judgements of a live sale that hold."""
    j = live_judgements.c
    wanted = sa.select(live_judgements).where(j.sale == sale, j.withdrawn.is_(None))
    return connection.execute(wanted.order_by(j.id)).all()


def drop(tx: Transaction, sanctions: Sanctions, actor: Actor, row: Row, reason: str) -> None:
    """Take a judgement back, with its sanction unless that was lifted before."""
    j = live_judgements.c
    tx.execute(sa.update(live_judgements).where(j.id == row.id).values(withdrawn=tx.time))
    if row.sanction is not None and sanctions.stands(tx, row.sanction):
        sanctions.lift_in(tx, actor, row.sanction, Lift(reason=reason), unfounded=True)


def _as_listed(row: Row) -> schemas.ListedClaim:
    names = ("id", "sale", "room", "order", "buyer", "profile", "role", "payer", "filed",
             "withdrawn")  # fmt: skip
    facts: dict[str, Any] = {name: row._mapping[name] for name in names}
    return schemas.ListedClaim(
        **facts,
        refund=amount(Money(row.refund, row.currency)),
        damages=amount(Money(row.damages, row.currency)),
    )


def _words(words: object) -> Text:
    said = as_text(words)
    assert said is not None  # the rules give all words
    return said


def _need_proof(rules: LiabilityRules, kind: str) -> None:
    if kind not in rules.proofs:
        help = suggest(kind, rules.proofs) or f"There are: {', '.join(rules.proofs)}."
        raise ServiceError("invalid", f"`proof` is unknown. {help}", field="proof")


def _need_orders(found: Records, orders: Iterable[str]) -> None:
    claimed = {claim.order for claim in found.claims}
    for at, order in enumerate(orders):
        if order not in found.orders:
            raise ServiceError(
                "invalid",
                f"The live sale {found.sale.id!r} has no order {order!r}. Tell of it first.",
                field=f"orders[{at}]",
            )
        if order in claimed:
            raise ServiceError(
                "conflict", f"The order {order!r} has proved fake already.", field=f"orders[{at}]"
            )


def _shown(connection: sa.Connection, id: str) -> schemas.Harm:
    row = connection.execute(sa.select(live_harms).where(live_harms.c.id == id)).first()
    if row is None:
        raise not_found("proof", id)
    c = live_claims.c
    wanted = sa.select(c.order, c.harm).order_by(c.order)
    facts: dict[str, Any] = {
        name: row._mapping[name] for name in schemas.Harm.__struct_fields__ if name != "orders"
    }
    claims = fetch_in(connection, wanted, c.harm, [id])
    return schemas.Harm(**facts, orders=[one["order"] for one in claims])

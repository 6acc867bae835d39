"""Live sales: what a host tells of them, and the chain from promotion over order to harm."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from portreeve.commerce.promoters import promoter_rules
from portreeve.policy.errors import suggest
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.commerce import live_sales as schemas
from portreeve.service.actor import Actor
from portreeve.service.commerce.live_records import (
    Records,
    as_disclosure,
    as_sale,
    locked,
    records,
    sale_row,
    write_once,
)
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.store import Transaction, new_id
from portreeve.store.statements import upsert
from portreeve.store.tables.trade import (
    live_claims,
    live_disclosures,
    live_harms,
    live_orders,
    live_promotions,
    live_sales,
    live_tellings,
)


class LiveSales:
    """What rooms sell: who stands behind it, what was said, heard and ordered."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def register(self, actor: Actor, id: str, facts: schemas.LiveSaleFacts) -> schemas.LiveSale:
        """Say who stands behind goods that a room offers.

        Raises:
            ServiceError: ``conflict``, when other facts were told before the first order.
        """
        actor.need(Scope.live_sales)
        if not id:
            raise ServiceError("invalid", "The live sale's id is empty. Give one.", field="id")
        row: dict[str, Any] = {name: getattr(facts, name) for name in facts.__struct_fields__}
        row["network"] = facts.network or self._context.settings.network
        with self._context.database.write() as tx:
            known = tx.execute(
                sa.select(live_sales).where(live_sales.c.id == id).with_for_update()
            ).first()
            if known is not None and all(known._mapping[k] == v for k, v in row.items()):
                return as_sale(known)
            if known is not None and self._has_orders(tx, id):
                raise ServiceError(
                    "conflict",
                    f"The live sale {id!r} has orders: who stands behind it does not change any "
                    "more. Register another one.",
                )
            registered = tx.time if known is None else known.registered
            made = {"id": id, "registered": registered, "registered_by": actor.name}
            upsert(tx, live_sales, [row | made])
            tx.audit(actor.name, "live-sale.register", id, network=row["network"])
            return as_sale(sale_row(tx.connection, id))

    def disclose(self, actor: Actor, sale: str, shown: schemas.SellerShown) -> schemas.Disclosure:
        """Say that the room clearly shows who sells.

        Raises:
            ServiceError: ``not-found``; ``invalid`` when it ends before it begins; ``conflict``
                once goods have proved fake: it would come too late to be believed.
        """
        actor.need(Scope.live_sales)
        if shown.ends is not None and shown.ends <= shown.begins:
            raise ServiceError("invalid", "`ends` is not after `begins`.", field="ends")
        with self._context.database.write() as tx:
            locked(tx, sale)
            proved = sa.select(live_harms.c.id).where(live_harms.c.sale == sale).limit(1)
            if tx.execute(proved).first() is not None:
                raise ServiceError(
                    "conflict",
                    "Goods of this live sale have proved fake. What the room showed must be told "
                    "while it shows it.",
                )
            row = {
                "id": new_id("dis"), "sale": sale, "seller": shown.seller,
                "begins": shown.begins, "ends": shown.ends, "told_by": actor.name,
            }  # fmt: skip
            tx.execute(sa.insert(live_disclosures), row)
            tx.audit(actor.name, "live-sale.disclose", sale, seller=shown.seller)
            return schemas.Disclosure(
                id=str(row["id"]), seller=shown.seller, begins=shown.begins, ends=shown.ends
            )

    def promote(self, actor: Actor, sale: str, praise: schemas.Praise) -> None:
        """Note that somebody praised the goods. Told again, it changes nothing.

        Raises:
            ServiceError: ``not-found``; ``conflict`` when it was told otherwise.
        """
        self._note(actor, sale, live_promotions, praise, "promotion")

    def tell(self, actor: Actor, sale: str, telling: schemas.Telling) -> None:
        """Note that a promoter was told something of the goods.

        Raises:
            ServiceError: ``not-found``; ``invalid`` for an unknown kind; ``conflict`` when it was
                told otherwise.
        """
        known = promoter_rules(self._context.settings.commerce_folder).tellings
        if telling.kind not in known:
            help = suggest(telling.kind, known) or f"There are: {', '.join(known)}."
            raise ServiceError("invalid", f"`kind` is unknown. {help}", field="kind")
        self._note(actor, sale, live_tellings, telling, "telling")

    def order(self, actor: Actor, sale: str, order: schemas.NewOrder) -> None:
        """Note an order and the promotion that led to it.

        Raises:
            ServiceError: ``not-found``; ``invalid`` when the promotion is unknown or came later;
                ``conflict`` when the order was told otherwise.
        """
        actor.need(Scope.live_sales)
        with self._context.database.read() as connection:
            p = live_promotions.c
            found = connection.execute(
                sa.select(p.time).where(p.id == order.promotion, p.sale == sale)
            ).scalar()
        if found is None:
            raise ServiceError(
                "invalid",
                f"The live sale {sale!r} has no promotion {order.promotion!r}. Tell of it first.",
                field="promotion",
            )
        if order.time < found:
            raise ServiceError(
                "invalid",
                "The order was placed before the promotion that should have led to it.",
                field="time",
            )
        self._note(actor, sale, live_orders, order, "order")

    def get(self, actor: Actor, id: str) -> schemas.LiveSale:
        """Who stands behind goods that a room offers.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.live_sales)
        with self._context.database.read() as connection:
            return as_sale(sale_row(connection, id))

    def list(self, actor: Actor, query: schemas.LiveSaleQuery) -> Page[schemas.LiveSaleCount]:
        """Live sales by their id, with how many orders each has and how many proved fake."""
        actor.need(Scope.live_sales)
        s, o, c = live_sales.c, live_orders.c, live_claims.c
        ordered = sa.select(sa.func.count()).where(o.sale == s.id).scalar_subquery()
        fakes = (
            sa.select(sa.func.count(sa.distinct(c.order)))
            .where(c.sale == s.id, c.withdrawn.is_(None))
            .scalar_subquery()
        )
        wanted = sa.select(live_sales, ordered.label("orders"), fakes.label("fakes"))
        wanted = wanted.order_by(s.id).limit(query.limit + 1)
        if query.room is not None:
            wanted = wanted.where(s.room == query.room)
        if query.cursor is not None:
            wanted = wanted.where(s.id > query.cursor)
        with self._context.database.read() as connection:
            rows = connection.execute(wanted).all()
        names = schemas.LiveSaleCount.__struct_fields__
        shown = [
            schemas.LiveSaleCount(**{name: row._mapping[name] for name in names})
            for row in rows[: query.limit]
        ]
        return Page(items=shown, next=shown[-1].id if len(rows) > query.limit else None)

    def trace(self, actor: Actor, sale: str) -> schemas.Trace:
        """Every order with the promotion that led to it and the proof that it was fake.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.live_sales)
        with self._context.database.snapshot() as connection:
            found = records(connection, sale)
        return schemas.Trace(
            sale=as_sale(found.sale),
            disclosures=[as_disclosure(row) for row in found.disclosures],
            steps=_steps(found),
        )

    def _note(self, actor: Actor, sale: str, table: sa.Table, told: Any, what: str) -> None:
        actor.need(Scope.live_sales)
        row = {name: getattr(told, name) for name in told.__struct_fields__} | {"sale": sale}
        with self._context.database.write() as tx:
            locked(tx, sale)
            write_once(tx, table, row, what)
            tx.audit(actor.name, f"live-sale.{what}", sale, **{what: told.id})

    def _has_orders(self, tx: Transaction, sale: str) -> bool:
        wanted = sa.select(live_orders.c.id).where(live_orders.c.sale == sale).limit(1)
        return tx.execute(wanted).first() is not None


def _steps(found: Records) -> list[schemas.Step]:
    harm_of = {claim.order: found.harms[claim.harm] for claim in found.claims}
    steps = []
    for order in found.orders.values():
        promotion, harm = found.promotions[order.promotion], harm_of.get(order.id)
        steps.append(
            schemas.Step(
                promotion=promotion.id,
                promoter=promotion.account,
                promoted=promotion.time,
                reach=promotion.reach,
                order=order.id,
                buyer=order.buyer,
                ordered=order.time,
                seller_shown=found.seller_shown(order.time),
                harm=harm and harm.id,
                proof=harm and harm.proof,
                found=harm and harm.found,
            )
        )
    return steps

"""Live sales as they are stored, and what is read out of their rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portreeve.commerce.promoters import Grade, PromoterRules, Promotion, Told, judge
from portreeve.schemas.commerce import live_sales as schemas
from portreeve.service.errors import ServiceError, not_found
from portreeve.store import Transaction
from portreeve.store.tables.trade import (
    live_claims,
    live_disclosures,
    live_harms,
    live_orders,
    live_promotions,
    live_sales,
    live_tellings,
)

Row = sa.Row[Any]


@dataclass(frozen=True)
class Records:
    """Everything about one live sale. ``claims`` are those that hold; ``harms`` likewise."""

    sale: Row
    disclosures: Sequence[Row]
    promotions: dict[str, Row]
    tellings: Sequence[Row]
    orders: dict[str, Row]
    harms: dict[str, Row]
    claims: Sequence[Row]

    def seller_shown(self, time: datetime) -> bool:
        """Whether the room showed at a time who sells."""
        return any(
            one.begins <= time and (one.ends is None or time < one.ends) for one in self.disclosures
        )

    def promoters(self, rules: PromoterRules) -> dict[str, Answering]:
        """Who led buyers to a fake, and what they answer for, by account."""
        fakes = {self.orders[claim.order].promotion for claim in self.claims}
        praised: dict[str, list[Row]] = defaultdict(list)
        for id in sorted(fakes, key=lambda id: (self.promotions[id].time, id)):
            praised[self.promotions[id].account].append(self.promotions[id])
        found = {}
        for account in sorted(praised):
            heard = [one for one in self.tellings if one.account == account]
            grade = judge(
                [Promotion(one.time, one.reach) for one in praised[account]],
                [Told(one.kind, one.time) for one in heard],
                rules,
            )
            assert grade is not None  # whoever is here has praised something
            found[account] = Answering(grade, [one.id for one in praised[account]], heard)
        return found


@dataclass(frozen=True)
class Answering:
    """What one promoter answers for, with the promotions and tellings that it rests on."""

    grade: Grade
    promotions: list[str]
    heard: Sequence[Row]


def sale_row(connection: sa.Connection, id: str) -> Row:
    """A live sale.

    Raises:
        ServiceError: ``not-found``.
    """
    row = connection.execute(sa.select(live_sales).where(live_sales.c.id == id)).first()
    if row is None:
        raise not_found("live sale", id)
    return row


def locked(tx: Transaction, id: str) -> Row:
    """A live sale that nobody else changes until the transaction ends.

    Raises:
        ServiceError: ``not-found``.
    """
    wanted = sa.select(live_sales).where(live_sales.c.id == id).with_for_update()
    row = tx.execute(wanted).first()
    if row is None:
        raise not_found("live sale", id)
    return row


def records(connection: sa.Connection, id: str) -> Records:
    """Everything about a live sale.

    Raises:
        ServiceError: ``not-found``.
    """
    sale = sale_row(connection, id)

    def of(table: sa.Table, *order: Any) -> Sequence[Row]:
        wanted = sa.select(table).where(table.c.sale == id)
        if "withdrawn" in table.c:
            wanted = wanted.where(table.c.withdrawn.is_(None))
        return connection.execute(wanted.order_by(*order)).all()

    return Records(
        sale=sale,
        disclosures=of(live_disclosures, live_disclosures.c.begins, live_disclosures.c.id),
        promotions={row.id: row for row in of(live_promotions, live_promotions.c.id)},
        tellings=of(live_tellings, live_tellings.c.time, live_tellings.c.id),
        orders={row.id: row for row in of(live_orders, live_orders.c.time, live_orders.c.id)},
        harms={row.id: row for row in of(live_harms, live_harms.c.id)},
        claims=of(live_claims, live_claims.c.id),
    )


def write_once(tx: Transaction, table: sa.Table, row: dict[str, Any], what: str) -> None:
    """Insert a row that the host names; told again it changes nothing.

    Raises:
        ServiceError: ``conflict``, when something else was told under this id.
    """
    known = tx.execute(sa.select(table).where(table.c.id == row["id"])).mappings().first()
    if known is None:
        tx.execute(sa.insert(table), row)
    elif any(known[name] != value for name, value in row.items()):
        raise ServiceError(
            "conflict",
            f"The {what} {row['id']!r} is known, and was told otherwise. What was told of a live "
            "sale does not change; give another id.",
            field="id",
        )


def as_sale(row: Row) -> schemas.LiveSale:
    """A live sale as an answer."""
    names = schemas.LiveSale.__struct_fields__
    return schemas.LiveSale(**{name: row._mapping[name] for name in names})


def as_disclosure(row: Row) -> schemas.Disclosure:
    """A disclosure as an answer."""
    return schemas.Disclosure(id=row.id, seller=row.seller, begins=row.begins, ends=row.ends)

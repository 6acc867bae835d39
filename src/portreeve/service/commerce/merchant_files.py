"""All that is known of one merchant's customers and messages, in figures: nobody is named."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portreeve.commerce.broadcasts import begin_of_day, begin_of_month
from portreeve.commerce.merchant_rules import MerchantRules
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.merchant_files import (
    BroadcastDone,
    CustomerFigures,
    HandOver,
    MerchantFile,
    StaffQuota,
)
from portreeve.schemas.commerce.merchants import Received
from portreeve.schemas.screening import Text
from portreeve.service.actor import Actor
from portreeve.service.commerce.merchant_records import (
    is_verified,
    merchant_row,
    received_since,
    rules_of,
)
from portreeve.service.context import Context
from portreeve.store.tables.commerce import (
    merchant_broadcasts,
    merchant_customers,
    merchant_staff,
    merchant_tagged,
    merchant_tags,
)
from portreeve.store.tables.core import audit

SHOWN = 20
"""Broadcasts and hand-overs that are told, the newest of each."""


class MerchantFiles:
    """Reads what people look at before they decide on a merchant."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def read(self, actor: Actor, account: str) -> MerchantFile:
        """A merchant's customers, tags, quotas, broadcasts and hand-overs, as counts.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.merchants)
        rules = rules_of(self._context)
        now = self._context.now()
        day, month = begin_of_day(now, rules.zone), begin_of_month(now, rules.zone)
        with self._context.database.snapshot() as connection:
            merchant_row(connection, account)
            verified = is_verified(connection, account, now)
            most = rules.most("month_used")
            return MerchantFile(
                customers=_customers(connection, account),
                room=rules.room(verified=verified),
                room_each=verified,
                tags=_count(connection, merchant_tags, account),
                tagged=_tagged(connection, account),
                quotas=_quotas(connection, account, day, month),
                a_day=rules.most("day_used"),
                a_month=most,
                used_up=_used_up(connection, account, month, most),
                broadcasts=_broadcasts(connection, account, rules),
                handed_over=_handed_over(connection, account),
            )


def _customers(connection: sa.Connection, merchant: str) -> CustomerFigures:
    c = merchant_customers.c
    wanted = sa.select(c.how, c.opted_out.is_(None).label("agree"), sa.func.count().label("n"))
    wanted = wanted.where(c.merchant == merchant).group_by(c.how, sa.text("agree"))
    rows = connection.execute(wanted).all()
    agreed: dict[str, int] = {}
    for row in rows:
        if row.agree:
            agreed[row.how] = agreed.get(row.how, 0) + row.n
    return CustomerFigures(
        agreed=sum(agreed.values()),
        how=dict(sorted(agreed.items(), key=lambda one: (-one[1], one[0]))),
        withdrawn=sum(row.n for row in rows if not row.agree),
    )


def _count(connection: sa.Connection, table: sa.Table, merchant: str) -> int:
    wanted = sa.select(sa.func.count()).select_from(table).where(table.c.merchant == merchant)
    return int(connection.execute(wanted).scalar_one())


def _tagged(connection: sa.Connection, merchant: str) -> int:
    g = merchant_tagged.c
    wanted = sa.select(sa.func.count(g.customer.distinct())).where(g.merchant == merchant)
    return int(connection.execute(wanted).scalar_one())


def _quotas(
    connection: sa.Connection, merchant: str, day: datetime, month: datetime
) -> list[StaffQuota]:
    """Of everybody who is on the staff, how often they wrote to somebody."""
    s, b = merchant_staff.c, merchant_broadcasts.c

    def sent(since: datetime) -> sa.ScalarSelect[int]:
        return (
            sa.select(sa.func.count())
            .where(b.merchant == s.merchant, b.staff == s.staff, b.time >= since, b.allowed > 0)
            .scalar_subquery()
        )

    wanted = sa.select(s.staff, sent(day).label("today"), sent(month).label("month"))
    wanted = wanted.where(s.merchant == merchant, s.left.is_(None)).order_by(s.staff)
    return [StaffQuota(**row) for row in connection.execute(wanted).mappings()]


def _used_up(connection: sa.Connection, merchant: str, month: datetime, most: int) -> int:
    """How many customers have had as many broadcasts this month as there may be."""
    c = merchant_customers.c
    wanted = sa.select(sa.func.count()).where(
        c.merchant == merchant, c.opted_out.is_(None), received_since(month) >= most
    )
    return int(connection.execute(wanted).scalar_one())


def _broadcasts(
    connection: sa.Connection, merchant: str, rules: MerchantRules
) -> list[BroadcastDone]:
    b = merchant_broadcasts.c
    wanted = sa.select(b.staff, b.time, b.refusal, b.asked, b.allowed)
    wanted = wanted.where(b.merchant == merchant).order_by(b.time.desc(), b.id).limit(SHOWN)
    found = []
    for row in connection.execute(wanted).mappings():
        limit = rules.refusals.get(row["refusal"] or "")
        because = None if limit is None else Text(en=limit.because.en, zh=limit.because.zh)
        clause = None if limit is None else limit.clause
        found.append(BroadcastDone(**row, clause=clause, because=because))
    return found


def _handed_over(connection: sa.Connection, merchant: str) -> list[HandOver]:
    """Who left, and who took over: the audit log remembers it."""
    wanted: sa.Select[Any] = (
        sa.select(audit.c.time, audit.c.detail)
        .where(audit.c.subject == merchant, audit.c.action == "merchant.staff.leave")
        .order_by(audit.c.seq.desc())
        .limit(SHOWN)
    )
    return [_hand_over(row) for row in connection.execute(wanted)]


def _hand_over(row: sa.Row[Any]) -> HandOver:
    to = [Received(staff=staff, customers=count) for staff, count in row.detail["to"].items()]
    return HandOver(staff=row.detail["staff"], time=row.time, to=to)

"""Which merchants are listed: by standing, by the beginning of their account, or who wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portreeve.schemas.commerce.merchants import MerchantQuery, Standing
from portreeve.service.commerce.licence_records import in_force, verified
from portreeve.store.tables.commerce import merchant_licences, merchants

SOON = timedelta(days=30)
"""A licence that ends within this time is about to expire."""


def listed(query: MerchantQuery, now: datetime) -> sa.Select[Any]:
    """The merchants that a query means, and one more where there are more, with what waits."""
    m, c = merchants.c, merchant_licences.c
    claimed = sa.select(sa.func.count()).where(c.merchant == m.account, c.state == "claimed")
    count = claimed.scalar_subquery()
    expires = sa.select(sa.func.min(c.expires)).where(in_force(now)).scalar_subquery()
    wanted = sa.select(
        *(m.account, m.details, m.public_account, m.registered, m.ended, m.paid_until),
        verified(now).label("verified"),
        expires.label("expires"),
        count.label("waiting"),
    )
    wanted = wanted.order_by(m.account).limit(query.limit + 1)
    if query.cursor is not None:
        wanted = wanted.where(m.account > query.cursor)
    if query.waiting:
        wanted = wanted.where(count > 0, m.ended.is_(None))
    if query.standing is not None:
        wanted = wanted.where(*_of(query.standing, now))
    if query.begins is not None:
        wanted = wanted.where(
            sa.or_(
                m.account.startswith(query.begins, autoescape=True),
                m.public_account.startswith(query.begins, autoescape=True),
            )
        )
    return wanted


def _of(standing: Standing, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    m, c = merchants.c, merchant_licences.c
    if standing == "ended":
        return (m.ended.is_not(None),)
    lives = m.ended.is_(None)
    match standing:
        case "verified":
            return lives, verified(now)
        case "unverified":
            return lives, ~verified(now)
        case "unpaid":
            return lives, sa.or_(m.paid_until.is_(None), m.paid_until <= now)
        case "expiring":
            return lives, sa.exists().where(in_force(now), c.expires <= now + SOON)

"""Licences of merchants as they stand in the store: what is sealed of them, and what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portreeve.commerce.licences import GENERAL
from portreeve.service.context import Context
from portreeve.store.tables.commerce import merchant_licences, merchants

Row = sa.Row[Any]


def reason_name(licence: str) -> str:
    """The name under which a reviewer's reason is sealed."""
    return f"{licence}.reason"


def licence_reason(
    context: Context, connection: sa.Connection, licence: sa.RowMapping
) -> str | None:
    """Why a licence was refused or revoked, in the reviewer's words; None once erased."""
    if licence["reason"] is None:
        return None
    [opened] = context.vault.open_many(
        connection, [licence["merchant"]], [licence["reason"]], [reason_name(licence["id"])]
    )
    return None if opened is None else opened.decode()


def reasons_of(
    context: Context, connection: sa.Connection, licences: Sequence[Row]
) -> dict[str, str]:
    """The reasons of those licences that have one, by licence."""
    told = [one for one in licences if one.reason is not None]
    opened = context.vault.open_many(
        connection,
        [one.merchant for one in told],
        [one.reason for one in told],
        [reason_name(one.id) for one in told],
    )
    return {
        one.id: plain.decode() for one, plain in zip(told, opened, strict=True) if plain is not None
    }


def in_force(now: datetime) -> sa.ColumnElement[bool]:
    """That a licence of the merchant at hand is verified, and has not expired."""
    c = merchant_licences.c
    return sa.and_(
        c.merchant == merchants.c.account,
        c.state == "verified",
        sa.or_(c.expires.is_(None), c.expires > now),
    )


def verified(now: datetime) -> sa.ColumnElement[bool]:
    """That the merchant at hand is verified."""
    return sa.exists().where(in_force(now), merchant_licences.c.kind == GENERAL)


def waiting() -> sa.ColumnElement[bool]:
    """That nobody has decided on a licence of a merchant that has not ended."""
    c = merchant_licences.c
    lives = sa.exists().where(merchants.c.account == c.merchant, merchants.c.ended.is_(None))
    return sa.and_(c.state == "claimed", lives)

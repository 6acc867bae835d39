"""Tokens of apps: given out once, checked by a host on every call, revoked at once."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portreeve.commerce.partners import PartnerRules, partner_rules
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.commerce import partners as schemas
from portreeve.schemas.screening import as_text
from portreeve.service.actor import Actor
from portreeve.service.commerce.partners import partner_row
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.keys import digest
from portreeve.store import new_id
from portreeve.store.tables.trade import partner_tokens, partners

_PREFIX = "ptp_"


class PartnerTokens:
    """Gives tokens to apps, and says what they allow."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def _rules(self) -> PartnerRules:
        return partner_rules(self._context.settings.commerce_folder)

    def make(
        self, actor: Actor, partner: str, new: schemas.NewPartnerToken
    ) -> schemas.MadePartnerToken:
        """Make a token for the scopes that an app has now.

        Raises:
            ServiceError: ``not-found``; ``conflict`` when the app has no scope; ``invalid`` when
                it would hold for too long.
        """
        actor.need(Scope.partners)
        limit = self._rules.tokens["days"]
        if limit.most is not None and new.days > limit.most:
            raise ServiceError(
                "invalid", f"{limit.because.en} (clause {limit.clause})", field="days"
            )
        id, secret = new_id("ptk"), f"{_PREFIX}{secrets.token_urlsafe(32)}"
        with self._context.database.write() as tx:
            app = partner_row(tx.connection, partner)
            if not app.granted:
                raise ServiceError(
                    "conflict", f"The app {partner!r} has no scope that a token could allow."
                )
            expires = tx.time + timedelta(days=new.days)
            tx.execute(
                sa.insert(partner_tokens),
                {
                    "id": id, "partner": partner, "digest": digest(secret),
                    "scopes": app.granted, "created": tx.time, "created_by": actor.name,
                    "expires": expires,
                },
            )  # fmt: skip
            tx.audit(actor.name, "partner.token", id, partner=partner, scopes=app.granted)
        return schemas.MadePartnerToken(
            id=id, partner=partner, token=secret, scopes=app.granted, expires=expires
        )

    def list(self, actor: Actor, partner: str, paging: Paging) -> Page[schemas.PartnerToken]:
        """The tokens of an app, the newest first, without their texts.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.partners)
        t = partner_tokens
        wanted = sa.select(t).where(t.c.partner == partner)
        wanted = wanted.order_by(t.c.id.desc()).limit(paging.limit + 1)
        if paging.cursor is not None:
            wanted = wanted.where(t.c.id < paging.cursor)
        with self._context.database.snapshot() as connection:
            partner_row(connection, partner)
            rows = connection.execute(wanted).all()
        names = schemas.PartnerToken.__struct_fields__
        shown = [
            schemas.PartnerToken(**{name: row._mapping[name] for name in names})
            for row in rows[: paging.limit]
        ]
        return Page(items=shown, next=shown[-1].id if len(rows) > paging.limit else None)

    def revoke(self, actor: Actor, id: str) -> None:
        """Let a token allow nothing any more.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.partners)
        t = partner_tokens
        with self._context.database.write() as tx:
            row = tx.execute(sa.select(t.c.partner).where(t.c.id == id)).first()
            if row is None:
                raise not_found("partner token", id)
            gone = tx.execute(
                sa.update(t).where(t.c.id == id, t.c.revoked.is_(None)).values(revoked=tx.time)
            )
            if gone.rowcount:
                tx.audit(actor.name, "partner.token-revoke", id, partner=row.partner)
                tx.announce("partner.token-revoked", id, partner=row.partner)

    def check(
        self, actor: Actor, request: schemas.CheckPartnerToken
    ) -> schemas.PartnerTokenChecked:
        """Whether a token allows a scope now: the app must still have it."""
        actor.need(Scope.partners)
        t, p = partner_tokens.c, partners.c
        wanted = (
            sa.select(t.partner, t.scopes, t.expires, t.revoked, p.granted)
            .join_from(partner_tokens, partners, t.partner == p.id)
            .where(t.digest == digest(request.token))
        )
        with self._context.database.read() as connection:
            row = connection.execute(wanted).first()
        reason = _against(row, request.scope, self._context.now())
        return schemas.PartnerTokenChecked(
            allowed=reason is None,
            status=200 if reason is None else 403,
            partner=None if row is None else row.partner,
            reason=None if reason is None else self._reason(reason),
        )

    def _reason(self, code: Any) -> schemas.TokenReason:
        limit = self._rules.tokens[code]
        because = as_text(limit.because)
        assert because is not None  # the rules give words
        return schemas.TokenReason(code=code, clause=limit.clause, because=because)


def _against(row: Any, scope: str, now: datetime) -> str | None:
    """Why a token does not allow a scope: the first reason that applies."""
    if row is None:
        return "unknown"
    if row.revoked is not None:
        return "revoked"
    if row.expires <= now:
        return "expired"
    return None if scope in row.scopes and scope in row.granted else "not_granted"

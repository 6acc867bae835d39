"""Merchants: who registers, which licences they hold, whether they paid, and when they end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from portreeve.commerce.licences import GENERAL, Held, licence_rules
from portreeve.policy.errors import suggest
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.commerce.merchants import (
    DecideLicence,
    Merchant,
    MerchantFacts,
    MerchantLicence,
    MerchantQuery,
    MerchantSummary,
    NewLicence,
    PlanPaid,
    StaffMember,
    WaitingLicence,
)
from portreeve.schemas.screening import Text
from portreeve.service.actor import Actor
from portreeve.service.commerce.licence_records import reason_name, reasons_of, waiting
from portreeve.service.commerce.merchant_lists import listed
from portreeve.service.commerce.merchant_records import (
    Row,
    licence_rows,
    locked,
    merchant_row,
    need_state,
    note_registered,
    rules_of,
    set_registered,
)
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.telling import give_notices
from portreeve.store import Transaction, new_ids
from portreeve.store.statements import upsert
from portreeve.store.tables.commerce import (
    merchant_customers,
    merchant_licences,
    merchant_staff,
    merchants,
)
from portreeve.store.tables.core import accounts


class Merchants:
    """Registers merchants, and lets people verify their licences."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def register(self, actor: Actor, account: str, facts: MerchantFacts) -> Merchant:
        """Register a merchant; what it told of itself before is replaced, its licences are kept.

        Raises:
            ServiceError: ``invalid`` for an unknown kind of licence; ``gone`` when the account's
                person was erased; ``conflict`` when the public account is another merchant's.
        """
        actor.need(Scope.merchants)
        for licence in facts.licences:
            self._need_kind(licence.kind)
        with self._context.database.write() as tx:
            _need_there(tx, account)
            _need_free(tx, account, facts.public_account)
            before = _before(tx, account)
            details = msgspec.json.encode({"name": facts.name, "contact": facts.contact})
            [sealed] = self._context.vault.seal_many(tx, [account], [details], [_name(account)])
            row = {
                "account": account, "details": sealed, "public_account": facts.public_account,
                "registered": tx.time if before is None else before.registered,
                "registered_by": actor.name, "ended": None,
            }  # fmt: skip
            upsert(tx, merchants, [row])
            self._file(tx, actor, account, facts.licences)
            if before is not None and before.public_account not in (None, facts.public_account):
                set_registered(tx, self._context.vault, before.public_account, None)
            note_registered(tx, self._context.vault, merchant_row(tx.connection, account))
            tx.audit(actor.name, "merchant.register", account, licences=len(facts.licences))
            tx.announce("merchant.registered", account, public_account=facts.public_account)
            return self._merchant(tx.connection, account)

    def get(self, actor: Actor, account: str) -> Merchant:
        """A merchant with its licences and staff.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.merchants)
        with self._context.database.read() as connection:
            return self._merchant(connection, account)

    def list(self, actor: Actor, query: MerchantQuery) -> Page[MerchantSummary]:
        """Merchants by account; or only those of a standing, or that wait for a person."""
        actor.need(Scope.merchants)
        now = self._context.now()
        with self._context.database.read() as connection:
            rows = connection.execute(listed(query, now)).mappings().all()
            names = self._names(connection, rows[: query.limit])
        more = len(rows) > query.limit
        items = [
            MerchantSummary(
                **{
                    name: value
                    for name, value in row.items()
                    if name not in ("details", "verified")
                },
                name=name,
                verified=bool(row["verified"]),
            )
            for row, name in zip(rows[: query.limit], names, strict=True)
        ]
        return Page(items=items, next=items[-1].account if more else None)

    def waiting(self, actor: Actor, paging: Paging) -> Page[WaitingLicence]:
        """Licences that nobody has decided on, the oldest first; none of who has ended."""
        actor.need(Scope.merchants_verify)
        c = merchant_licences.c
        wanted = sa.select(merchant_licences).where(waiting()).order_by(c.id)
        if paging.cursor is not None:
            wanted = wanted.where(c.id > paging.cursor)
        with self._context.database.read() as connection:
            rows = connection.execute(wanted.limit(paging.limit + 1)).all()
        items = [
            WaitingLicence(
                id=row.id, merchant=row.merchant, kind=row.kind, title=self._title(row.kind),
                expires=row.expires, filed=row.filed, filed_by=row.filed_by,
            )
            for row in rows[: paging.limit]
        ]  # fmt: skip
        return Page(items=items, next=items[-1].id if len(rows) > paging.limit else None)

    def file_licence(self, actor: Actor, account: str, licence: NewLicence) -> Merchant:
        """File a licence; it is claimed until a person has decided on it.

        Raises:
            ServiceError: ``invalid`` for an unknown kind; ``not-found``, ``gone``.
        """
        actor.need(Scope.merchants)
        self._need_kind(licence.kind)
        with self._context.database.write() as tx:
            row = locked(tx, account)
            self._file(tx, actor, account, [licence])
            note_registered(tx, self._context.vault, row)
            tx.audit(actor.name, "merchant.licence.file", account, kind=licence.kind)
            return self._merchant(tx.connection, account)

    def decide_licence(
        self, actor: Actor, account: str, id: str, request: DecideLicence
    ) -> Merchant:
        """Verify a licence, refuse it, or take the verification back. The merchant is told.

        Raises:
            ServiceError: ``same-person`` when the actor filed it; ``conflict`` when it is so
                already; ``invalid`` without a reason for a refusal; ``not-found``, ``gone``.
        """
        actor.need(Scope.merchants_verify)
        reason = (request.reason or "").strip()
        if request.state != "verified" and not reason:
            raise ServiceError(
                "invalid", "Say why, in 1 to 2,000 characters: the merchant reads it.",
                field="reason", zh="请说明理由（1到2000个字符），商家会看到。",
            )  # fmt: skip
        c = merchant_licences.c
        with self._context.database.write() as tx:
            row = locked(tx, account)
            wanted = sa.select(merchant_licences).where(c.id == id, c.merchant == account)
            licence = tx.execute(wanted).first()
            if licence is None:
                raise not_found("licence", id)
            if licence.filed_by == actor.name:
                raise ServiceError(
                    "same-person", f"{actor.name!r} filed the licence. Another person verifies it.",
                    zh="此许可由您提交，须由其他人核实。",
                )  # fmt: skip
            need_state(licence.state, request.state)
            sealed = None
            if reason:
                [sealed] = self._context.vault.seal_many(
                    tx, [account], [reason.encode()], [reason_name(id)]
                )
            tx.execute(
                sa.update(merchant_licences)
                .where(c.id == id)
                .values(
                    state=request.state, decided=tx.time, decided_by=actor.name, reason=sealed
                )
            )  # fmt: skip
            note_registered(tx, self._context.vault, row)
            facts = {"merchant": account, "kind": licence.kind, "state": request.state}
            tx.audit(actor.name, "merchant.licence.decide", id, **facts)
            tx.announce("merchant.licence", id, **facts)
            told = {"account": account, "kind": f"licence-{request.state}", "licence": id}
            give_notices(tx, [told])
            return self._merchant(tx.connection, account)

    def pay(self, actor: Actor, account: str, request: PlanPaid) -> Merchant:
        """Say until when a merchant has paid for its plan. It says nothing of its licences."""
        actor.need(Scope.merchants)
        with self._context.database.write() as tx:
            locked(tx, account)
            tx.execute(
                sa.update(merchants)
                .where(merchants.c.account == account)
                .values(paid_until=request.until)
            )
            tx.audit(actor.name, "merchant.pay", account, until=request.until.isoformat())
            return self._merchant(tx.connection, account)

    def end(self, actor: Actor, account: str) -> Merchant:
        """End an enterprise account. What it told of itself is kept for the time that the rules
        say, and then deleted with its licences, staff and customers.
        """
        actor.need(Scope.merchants)
        with self._context.database.write() as tx:
            locked(tx, account)
            tx.execute(
                sa.update(merchants).where(merchants.c.account == account).values(ended=tx.time)
            )
            note_registered(tx, self._context.vault, merchant_row(tx.connection, account))
            tx.audit(actor.name, "merchant.end", account)
            tx.announce("merchant.ended", account)
            return self._merchant(tx.connection, account)

    def _need_kind(self, kind: str) -> None:
        known = licence_rules(self._context.settings.commerce_folder).kinds
        if kind not in known:
            near = suggest(kind, known) or f"There are: {', '.join(known)}."
            raise ServiceError("invalid", f"There is no kind of licence {kind!r}. {near}",
                               field="kind")  # fmt: skip

    def _file(
        self, tx: Transaction, actor: Actor, account: str, licences: Sequence[NewLicence]
    ) -> None:
        if not licences:
            return
        ids = sorted(new_ids("lic", len(licences)))  # listed in the order in which they came
        sealed = self._context.vault.seal_many(
            tx, [account] * len(ids), [one.authority.encode() for one in licences], ids
        )
        tx.execute(
            sa.insert(merchant_licences),
            [
                {
                    "id": id, "merchant": account, "kind": one.kind, "authority": authority,
                    "expires": one.expires, "state": "claimed", "filed": tx.time,
                    "filed_by": actor.name,
                }
                for id, one, authority in zip(ids, licences, sealed, strict=True)
            ],
        )  # fmt: skip

    def _merchant(self, connection: sa.Connection, account: str) -> Merchant:
        row, now = merchant_row(connection, account), self._context.now()
        opened = self._context.vault.open_many(
            connection, [account], [row.details], [_name(account)]
        )[0]
        told = {"name": None, "contact": None} if opened is None else msgspec.json.decode(opened)
        licences = self._licences(connection, account, now)
        kept = rules_of(self._context).kept_after_end.time
        return Merchant(
            account=account,
            name=told["name"],
            contact=told["contact"],
            public_account=row.public_account,
            registered=row.registered,
            verified=any(one.kind == GENERAL and one.in_force for one in licences),
            paid=is_paid(row, now),
            paid_until=row.paid_until,
            ended=row.ended,
            kept_until=None if row.ended is None else row.ended + kept,
            licences=[*licences],
            staff=_staff(connection, account),
        )

    def _licences(
        self, connection: sa.Connection, account: str, now: datetime
    ) -> Sequence[MerchantLicence]:
        kinds = licence_rules(self._context.settings.commerce_folder).kinds
        rows = licence_rows(connection, account)
        opened = self._context.vault.open_many(
            connection, [account] * len(rows), [r.authority for r in rows], [r.id for r in rows]
        )
        reasons = reasons_of(self._context, connection, rows)
        found = []
        for row, authority in zip(rows, opened, strict=True):
            kind = kinds.get(row.kind)
            one = Held(kind=row.kind, state=row.state, expires=row.expires)
            found.append(
                MerchantLicence(
                    id=row.id,
                    kind=row.kind,
                    title=self._title(row.kind),
                    covers=None if kind is None or kind.general else sorted(kind.covers),
                    authority=None if authority is None else authority.decode(),
                    expires=row.expires,
                    state=row.state,
                    in_force=one.in_force(now),
                    filed=row.filed,
                    filed_by=row.filed_by,
                    decided=row.decided,
                    decided_by=row.decided_by,
                    reason=reasons.get(row.id),
                )
            )
        return found

    def _title(self, kind: str) -> Text | None:
        found = licence_rules(self._context.settings.commerce_folder).kinds.get(kind)
        return None if found is None else Text(en=found.title.en, zh=found.title.zh)

    def _names(
        self, connection: sa.Connection, rows: Sequence[sa.RowMapping]
    ) -> Sequence[str | None]:
        """The names of merchants; None where somebody was erased."""
        told = self._context.vault.open_many(
            connection,
            [row["account"] for row in rows],
            [row["details"] for row in rows],
            [_name(row["account"]) for row in rows],
        )
        return [None if one is None else msgspec.json.decode(one)["name"] for one in told]


def is_paid(merchant: Row, now: datetime) -> bool:
    """Whether a merchant's plan is paid for at a time."""
    return merchant.paid_until is not None and now < merchant.paid_until


def _name(account: str) -> str:
    """The name under which what a merchant told of itself is sealed."""
    return f"merchant/{account}"


def _before(tx: Transaction, account: str) -> Row | None:
    wanted = sa.select(merchants).where(merchants.c.account == account).with_for_update()
    return tx.execute(wanted).first()


def _need_there(tx: Transaction, account: str) -> None:
    erased = sa.select(accounts.c.erased).where(accounts.c.id == account)
    if tx.execute(erased).scalar() is not None:
        raise ServiceError("gone", f"The person of account {account!r} was erased.")


def _need_free(tx: Transaction, account: str, public_account: str | None) -> None:
    m = merchants.c
    wanted = sa.select(m.account).where(m.public_account == public_account, m.account != account)
    if public_account is not None and tx.execute(wanted).first() is not None:
        raise ServiceError(
            "conflict",
            f"The public account {public_account!r} is linked to another merchant.",
            field="public_account",
        )


def _staff(connection: sa.Connection, account: str) -> list[StaffMember]:
    s, c = merchant_staff.c, merchant_customers.c
    count = (
        sa.select(sa.func.count())
        .where(c.merchant == s.merchant, c.staff == s.staff, c.opted_out.is_(None))
        .scalar_subquery()
    )
    wanted = sa.select(s.staff, s.joined, s.left, count.label("customers"))
    rows = connection.execute(wanted.where(s.merchant == account).order_by(s.staff))
    return [StaffMember(**row) for row in rows.mappings()]

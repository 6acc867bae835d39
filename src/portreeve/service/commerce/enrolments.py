"""Enrolment: which checkers are trusted, and what their proofs showed."""

from __future__ import annotations

import base64
from typing import Any

import sqlalchemy as sa

from portreeve.commerce.deals import deal_rules
from portreeve.commerce.enrolment import (
    Checker,
    Enrolment,
    EnrolmentCheck,
    ProofError,
    SignedStatements,
)
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.commerce.group_buying import (
    EnrolmentChecker,
    EnrolmentFound,
    EnrolmentProof,
    NewChecker,
)
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.store import Transaction, new_id
from portreeve.store.statements import upsert
from portreeve.store.tables.core import accounts
from portreeve.store.tables.trade import checkers, enrolments

_CODES = {"forged": "forbidden", "foreign": "forbidden", "other_campus": "forbidden"}


class Enrolments:
    """What schools attest of accounts: result, campus and expiry, and nothing else."""

    def __init__(self, context: Context, port: EnrolmentCheck | None = None) -> None:
        """``port``: another way to check proofs than statements signed by the checkers here."""
        self._context = context
        self._port = port

    def trust(self, actor: Actor, new: NewChecker) -> EnrolmentChecker:
        """Trust a school's checker, for its campus.

        Raises:
            ServiceError: ``conflict``, when the key is known.
        """
        actor.need(Scope.admin)
        row: dict[str, Any] = {
            "id": new_id("chk"), "campus": new.campus, "public_key": new.public_key,
            "revoked": None,
        }  # fmt: skip
        with self._context.database.write() as tx:
            known = sa.select(checkers.c.id).where(checkers.c.public_key == new.public_key)
            if tx.execute(known).first() is not None:
                raise ServiceError(
                    "conflict", "This key is known. Each checker has its own.", field="public_key"
                )
            row["added"] = tx.time
            tx.execute(sa.insert(checkers), row | {"added_by": actor.name})
            tx.audit(actor.name, "checker.trust", row["id"], campus=new.campus)
        return EnrolmentChecker(**row)

    def distrust(self, actor: Actor, id: str) -> EnrolmentChecker:
        """Trust a checker no more: its proofs prove nothing from now on."""
        actor.need(Scope.admin)
        c = checkers
        with self._context.database.write() as tx:
            gone = tx.execute(
                sa.update(c).where(c.c.id == id, c.c.revoked.is_(None)).values(revoked=tx.time)
            )
            row = tx.execute(sa.select(c).where(c.c.id == id)).first()
            if row is None:
                raise not_found("checker", id)
            if gone.rowcount:
                tx.audit(actor.name, "checker.distrust", id, campus=row.campus)
            return _as_checker(row)

    def checkers(self, actor: Actor, paging: Paging) -> Page[EnrolmentChecker]:
        """Checkers, the newest first, those that are trusted no more too."""
        actor.need(Scope.group_buying)
        wanted = sa.select(checkers).order_by(checkers.c.id.desc()).limit(paging.limit + 1)
        if paging.cursor is not None:
            wanted = wanted.where(checkers.c.id < paging.cursor)
        with self._context.database.read() as connection:
            rows = connection.execute(wanted).all()
        shown = [_as_checker(row) for row in rows[: paging.limit]]
        return Page(items=shown, next=shown[-1].id if len(rows) > paging.limit else None)

    def show(self, actor: Actor, account: str, proof: EnrolmentProof) -> EnrolmentFound:
        """Check a proof, and keep what it shows. The proof itself is forgotten.

        Raises:
            ServiceError: ``forbidden`` when the proof is forged, or of another account or campus;
                ``invalid`` when it proves nothing for another reason; ``conflict`` when a proof
                that holds longer was shown before; ``gone`` when the person was erased.
        """
        actor.need(Scope.group_buying)
        with self._context.database.write() as tx:
            _need_there(tx, account)
            try:
                found = self._check(tx).check(account, proof.proof, tx.time)
            except ProofError as error:
                code = _CODES.get(error.fault, "invalid")
                raise ServiceError(code, str(error), field="proof", fault=error.fault) from None
            known = enrolment_of(tx.connection, account)
            if known is not None and known != found and tx.time < known.expires >= found.expires:
                raise ServiceError(
                    "conflict",
                    "A proof that holds at least as long was shown before. An older one does not "
                    "take its place.",
                    field="proof",
                )
            row = {
                "account": account, "result": found.result, "campus": found.campus,
                "expires": found.expires,
            }  # fmt: skip
            upsert(tx, enrolments, [row])
            tx.audit(actor.name, "enrolment.check", account, campus=found.campus)
        return as_found(account, found)

    def get(self, actor: Actor, account: str) -> EnrolmentFound:
        """What is known of an account's enrolment.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.group_buying)
        with self._context.database.read() as connection:
            found = enrolment_of(connection, account)
        if found is None:
            raise not_found("enrolment of account", account)
        return as_found(account, found)

    def _check(self, tx: Transaction) -> EnrolmentCheck:
        if self._port is not None:
            return self._port
        trusted = tx.execute(sa.select(checkers).where(checkers.c.revoked.is_(None)))
        longest = deal_rules(self._context.settings.commerce_folder).longest
        return SignedStatements(
            [Checker(row.campus, base64.b64decode(row.public_key)) for row in trusted], longest
        )


def enrolment_of(connection: sa.Connection, account: str) -> Enrolment | None:
    """What is known of an account's enrolment."""
    wanted = sa.select(enrolments).where(enrolments.c.account == account)
    row = connection.execute(wanted).first()
    return None if row is None else Enrolment(row.result, row.campus, row.expires)


def as_found(account: str, found: Enrolment) -> EnrolmentFound:
    """What is kept of a proof, as an answer."""
    return EnrolmentFound(
        account=account, result=found.result, campus=found.campus, expires=found.expires
    )


def _need_there(tx: Transaction, account: str) -> None:
    a = accounts.c
    erased = sa.select(a.id).where(a.id == account, a.erased.is_not(None))
    if tx.execute(erased).first() is not None:
        raise ServiceError("gone", f"The person of account {account!r} was erased.")


def _as_checker(row: sa.Row[Any]) -> EnrolmentChecker:
    names = EnrolmentChecker.__struct_fields__
    return EnrolmentChecker(**{name: row._mapping[name] for name in names})

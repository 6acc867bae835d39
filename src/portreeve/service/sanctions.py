"""Sanctions: listed, imposed and lifted by hand, ended by time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portreeve.enforcement.ladder import ACTS
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.enforcement import Imposition, Lift, Sanction, SanctionState
from portreeve.service.actor import Actor
from portreeve.service.bulk import announce_all
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.networks import need_governed
from portreeve.service.standing import lock, sanction_event
from portreeve.service.telling import give_notices
from portreeve.store import Transaction, new_id
from portreeve.store.tables import core, enforcement

_TIMED = ("limit", "mute", "suspend")
_ENDLESS = ("warn", "ban")
_EXPIRED_AT_ONCE = 1_000


class Sanctions:
    """The sanctions of all accounts."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def list(
        self,
        actor: Actor,
        paging: Paging,
        *,
        account: str | None = None,
        in_force: bool | None = None,
    ) -> Page[Sanction]:
        """Sanctions, the newest first. ``in_force``: only those that restrict now."""
        actor.need(Scope.sanctions)
        s = enforcement.sanctions
        now = self._context.now()
        wanted = sa.select(s).order_by(s.c.seq.desc()).limit(paging.limit + 1)
        if account is not None:
            wanted = wanted.where(s.c.account == account)
        if in_force:
            runs = sa.or_(s.c.ends.is_(None), s.c.ends > now)
            wanted = wanted.where(s.c.open, runs)
        if paging.cursor is not None:
            wanted = wanted.where(s.c.seq < sequence(paging.cursor))
        with self._context.database.read() as connection:
            rows = connection.execute(wanted).mappings().all()
        shown = rows[: paging.limit]
        return Page(
            items=[as_sanction(row, now) for row in shown],
            next=str(shown[-1]["seq"]) if len(rows) > paging.limit else None,
        )

    def get(self, actor: Actor, id: str) -> Sanction:
        """One sanction.

        Raises:
            ServiceError: ``forbidden``, ``not-found``.
        """
        actor.need(Scope.sanctions)
        s = enforcement.sanctions
        with self._context.database.read() as connection:
            row = connection.execute(sa.select(s).where(s.c.id == id)).mappings().first()
        if row is None:
            raise not_found("sanction", id)
        return as_sanction(row, self._context.now())

    def impose(self, actor: Actor, request: Imposition) -> Sanction:
        """Sanction an account by hand; it stands beside what ladders bring.

        Raises:
            ServiceError: ``forbidden``; ``invalid`` when the kind and ``days`` do not fit;
                ``not-found`` when the account is unknown, or no policy governs the network.
        """
        actor.need(Scope.sanctions)
        with self._context.database.write() as tx:
            need_governed(tx.connection, request.network)
            return self.impose_in(tx, actor, request)

    def impose_in(self, tx: Transaction, actor: Actor, request: Imposition) -> Sanction:
        """As :meth:`impose`, in a transaction that does more than this."""
        actor.need(Scope.sanctions)
        _check_days(request)
        lock(tx)
        a = core.accounts.c
        if tx.execute(sa.select(a.id).where(a.id == request.account)).first() is None:
            raise not_found("account", request.account)
        id = new_id("san")
        row = {
            "id": id, "account": request.account,
            "network": request.network or self._context.settings.network,
            "kind": request.kind, "ladder": None, "step": None, "strike": None,
            "decision": None, "begins": tx.time,
            "ends": tx.time + timedelta(days=request.days) if request.days else None,
            "open": request.kind not in ACTS, "imposed": tx.time, "imposed_by": actor.name,
            "reason": self._seal(tx, request.account, request.reason, f"{id}.reason"),
            "outcome": None, "ended": None, "ended_by": None,
        }  # fmt: skip
        tx.execute(sa.insert(enforcement.sanctions), row)
        give_notices(tx, [{"account": request.account, "kind": "sanction", "sanction": id}])
        announce_all(tx, [sanction_event("sanction.started", row)])
        tx.audit(
            actor.name, "sanction.impose", id,
            account=request.account, kind=request.kind, network=row["network"],
            ends=row["ends"],
        )  # fmt: skip
        return as_sanction(row, tx.time)

    def lift(self, actor: Actor, id: str, request: Lift) -> Sanction:
        """End a sanction before its time; one that a ladder brought too, which its strikes outlive.

        Raises:
            ServiceError: ``forbidden``, ``not-found``; ``conflict`` when it restricts no more.
        """
        with self._context.database.write() as tx:
            return self.lift_in(tx, actor, id, request)

    def lift_in(
        self, tx: Transaction, actor: Actor, id: str, request: Lift, *, unfounded: bool = False
    ) -> Sanction:
        """As :meth:`lift`, in a transaction that does more than this.

        ``unfounded``: its ground is gone, so that it is reversed, and a warning or what is over
        can be taken back too.
        """
        actor.need(Scope.sanctions)
        s = enforcement.sanctions
        lock(tx)
        row = tx.execute(sa.select(s).where(s.c.id == id)).mappings().first()
        if row is None:
            raise not_found("sanction", id)
        state = _state(row, tx.time)
        if state != "in_force" and not (unfounded and state in ("done", "expired")):
            raise ServiceError(
                "conflict",
                f"The sanction {id} is not in force: it is {state}. "
                "Only what restricts an account can be lifted.",
            )
        outcome = "reversed" if unfounded else "lifted"
        ended = {"outcome": outcome, "open": False, "ended": tx.time, "ended_by": actor.name}
        reason = self._seal(tx, row["account"], request.reason, f"{id}.ended")
        tx.execute(sa.update(s).where(s.c.id == id).values(**ended, ended_reason=reason))
        give_notices(tx, [{"account": row["account"], "kind": "lifted", "sanction": id}])
        announce_all(tx, [sanction_event("sanction.lifted", row, outcome=outcome)])
        tx.audit(actor.name, "sanction.lift", id, account=row["account"], kind=row["kind"])
        return as_sanction({**row, **ended}, tx.time)

    def stands(self, tx: Transaction, id: str) -> bool:
        """Whether a sanction was neither lifted nor reversed; it may be over."""
        s = enforcement.sanctions.c
        row = tx.execute(sa.select(s.outcome).where(s.id == id)).first()
        return row is not None and row.outcome in (None, "expired")

    def expire(self, tx: Transaction) -> int:
        """Close sanctions whose time is over, and announce it; how many.

        Whether a sanction restricts depends on its times alone, so nothing waits for this.
        """
        lock(tx)
        s = enforcement.sanctions
        over = sa.select(s).where(s.c.open, s.c.ends <= tx.time).order_by(s.c.ends)
        rows = tx.execute(over.limit(_EXPIRED_AT_ONCE)).mappings().all()
        if rows:
            tx.execute(
                sa.update(s)
                .where(s.c.seq == sa.bindparam("number"))
                .values(outcome="expired", open=False, ended=s.c.ends, ended_by="portreeve"),
                [{"number": row["seq"]} for row in rows],
            )
            announce_all(tx, (sanction_event("sanction.expired", row) for row in rows))
        return len(rows)

    def _seal(self, tx: Transaction, account: str, reason: str, name: str) -> bytes:
        return self._context.vault.seal_many(tx, [account], [reason.encode()], [name])[0]


def as_sanction(row: Mapping[Any, Any], now: datetime) -> Sanction:
    """A row of the table as an answer."""
    names = (
        "id", "account", "network", "kind", "ladder", "step", "decision", "begins", "ends",
        "imposed_by", "ended", "ended_by",
    )  # fmt: skip
    facts = {name: row[name] for name in names}
    state = _state(row, now)
    if state == "expired":
        facts |= {"ended": row["ends"], "ended_by": "portreeve"}
    return Sanction(**facts, state=state)


def sequence(cursor: str) -> int:
    """The number that a cursor holds.

    Raises:
        ServiceError: ``invalid``.
    """
    if not (cursor.isascii() and cursor.isdigit()):
        raise ServiceError(
            "invalid", "`cursor` is not one. Give `next` of the page before.", field="cursor"
        )
    return int(cursor)


def _state(row: Mapping[Any, Any], now: datetime) -> SanctionState:
    if row["outcome"] in ("lifted", "reversed"):
        return "lifted" if row["outcome"] == "lifted" else "reversed"
    if row["kind"] in ACTS:
        return "done"
    return "expired" if row["ends"] is not None and row["ends"] <= now else "in_force"


def _check_days(request: Imposition) -> None:
    if request.kind in _TIMED and request.days is None:
        raise ServiceError("invalid", f"`{request.kind}` needs an end. Give `days`.", field="days")
    if request.kind in _ENDLESS and request.days is not None:
        raise ServiceError(
            "invalid",
            f"`{request.kind}` has no length. Leave out `days`, or take `suspend`.",
            field="days",
        )

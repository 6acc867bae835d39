"""Undoing a decision, and with it everything that it caused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.enforcement import Sanction, Span, Undone, UndoRequest
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.reversing import correct, free, take_out
from portreeve.service.sanctions import as_sanction
from portreeve.service.settling import Settled, decided_by_item, settle_strikes
from portreeve.service.standing import PolicyBook, Recomputed, lock, recompute
from portreeve.store import Transaction
from portreeve.store.tables import core, enforcement
from portreeve.store.vault import NOBODY


class Undo:
    """Reverses decisions.

    What an item's state, strikes, sanctions and followers taken back are is computed from the
    decisions that stand. So an undo takes the decision out and computes again: what comes out is
    what would be if it had never been made, in whatever order things were done and undone.
    """

    def __init__(self, context: Context, policies: PolicyBook) -> None:
        self._context = context
        self._policies = policies

    def reverse(self, actor: Actor, decision_id: str, request: UndoRequest) -> Undone:
        """Undo a decision, in a transaction of its own.

        Raises:
            ServiceError: ``forbidden``, ``not-found``; ``conflict`` when it is undone already.
        """
        actor.need(Scope.sanctions)
        with self._context.database.write() as tx:
            return self.undo(tx, actor.name, decision_id, request.reason)

    def undo(self, tx: Transaction, actor_name: str, decision_id: str, reason: str) -> Undone:
        """Undo a decision, inside the caller's transaction.

        Works on any decision: one that another took the place of, one on an older revision, one
        whose consequences were not drawn yet, a person's. ``reason`` is kept sealed.

        Raises:
            ServiceError: ``not-found``; ``conflict`` when it is undone already.
        """
        lock(tx)
        row = self._decision(tx, decision_id)
        before = tx.execute(
            sa.select(core.items.c.state).where(core.items.c.id == row.item)
        ).scalar()
        settled = take_out(tx, [row], actor_name, self._policies)
        strikes = self._strikes_standing(tx, decision_id)
        accounts = settle_strikes(tx, decided_by_item(tx, [row.item]))
        changed = recompute(tx, accounts, self._policies, actor_name)
        freed = free(tx, changed, actor_name, self._policies)
        undone = Undone(
            decision=decision_id,
            item=row.item,
            account=row.account,
            time=tx.time,
            by=actor_name,
            state_before=before,
            state=_state(settled, row.item, before),
            in_force=settled.in_force.get(row.item),
            comments_restored=settled.restored,
            comments_hidden=settled.hidden,
            strikes_withdrawn=strikes,
            sanctions_lifted=[_lifted(tx, one, actor_name) for one in changed.reversed],
            sanctions_started=_sanctions(tx, [one["id"] for one in changed.started]),
            followers_restored=changed.followers_restored,
            windows=_windows(changed, row.account),
            freed=freed,
            notice=next(iter(correct(tx, [row])), None),
        )
        self._record(tx, undone, reason)
        return undone

    def _decision(self, tx: Transaction, decision_id: str) -> sa.Row[Any]:
        """The decision, which is not undone yet."""
        d = core.decisions
        row = tx.execute(sa.select(d).where(d.c.id == decision_id).with_for_update()).first()
        if row is None:
            raise not_found("decision", decision_id)
        if row.undone is not None:
            raise ServiceError(
                "conflict",
                f"The decision {decision_id} was undone already, by {row.undone_by!r}. "
                "There is nothing left to undo.",
            )
        return row

    def _strikes_standing(self, tx: Transaction, decision_id: str) -> int:
        s = enforcement.strikes.c
        counted = sa.select(sa.func.coalesce(sa.func.sum(s.count), 0)).where(
            s.decision == decision_id, s.withdrawn.is_(None)
        )
        return int(tx.execute(counted).scalar_one())

    def _record(self, tx: Transaction, undone: Undone, reason: str) -> None:
        sealed = self._context.vault.seal_many(
            tx, [undone.account or NOBODY], [reason.encode()], [f"{undone.decision}.undone"]
        )
        tx.execute(
            sa.insert(enforcement.reversals),
            {
                "decision": undone.decision, "account": undone.account, "time": undone.time,
                "actor": undone.by, "reason": sealed[0], "facts": undone,
            },
        )  # fmt: skip
        tx.audit(
            undone.by, "decision.undo", undone.decision,
            item=undone.item, state=undone.state, strikes_withdrawn=undone.strikes_withdrawn,
            sanctions_lifted=[one.id for one in undone.sanctions_lifted],
            comments_restored=len(undone.comments_restored),
            followers_restored=undone.followers_restored,
        )  # fmt: skip


def _state(settled: Settled, item: str, before: str | None) -> str | None:
    return next((c.after for c in settled.changes if c.item == item), before)


def _lifted(tx: Transaction, row: Mapping[Any, Any], by: str) -> Sanction:
    return as_sanction({**row, "outcome": "reversed", "ended": tx.time, "ended_by": by}, tx.time)


def _sanctions(tx: Transaction, ids: Iterable[str]) -> list[Sanction]:
    s = enforcement.sanctions
    rows = tx.execute(sa.select(s).where(s.c.id.in_(list(ids))).order_by(s.c.seq)).mappings()
    return [as_sanction(row, tx.time) for row in rows]


def _windows(changed: Recomputed, account: str | None) -> list[Span]:
    windows = changed.restored.get(account, ()) if account is not None else ()
    return [Span(begins=w.begins, ends=w.ends) for w in windows]

"""Letting decisions hold again that were undone by mistake."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from portreeve.service.bulk import announce_all
from portreeve.service.settling import decided_by_item, settle, settle_strikes
from portreeve.service.standing import PolicyBook, recompute
from portreeve.service.telling import Row, item_event, rules_of
from portreeve.store import Transaction
from portreeve.store.tables import core, enforcement


def reinstate(tx: Transaction, rows: Sequence[Row], by: str, policies: PolicyBook) -> None:
    """Let undone decisions hold again, as if they had not been undone.

    Items, strikes and sanctions follow at once; hosts and accounts are told again what holds, when
    the decisions are followed up. The caller holds :func:`portreeve.service.standing.lock`.
    ``rows``: rows of the table ``decisions``.
    """
    if not rows:
        return
    d, r = core.decisions, enforcement.reversals
    ids = [row.id for row in rows]
    tx.execute(
        sa.update(d).where(d.c.id.in_(ids)).values(undone=None, undone_by=None, followed=False)
    )
    tx.execute(sa.delete(r).where(r.c.decision.in_(ids)))
    decided = decided_by_item(tx, [row.item for row in rows])
    settled = settle(tx, decided)
    recompute(tx, settle_strikes(tx, decided), policies, by)
    # of what was decided before publication only the answer told: follow-up says nothing of it
    answered = [
        row for row in rows if row.stage == "before" and settled.in_force.get(row.item) == row.id
    ]
    rules = rules_of(answered, policies)
    announce_all(tx, [item_event(row, rules[row.id]) for row in answered])
    for row in rows:
        tx.audit(by, "decision.reinstate", row.id, item=row.item, verdict=row.verdict)

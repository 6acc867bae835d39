"""Undoing a decision on a whole campaign, as one."""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.campaigns import CampaignUndone, UndoCampaign
from portreeve.schemas.enforcement import Lift
from portreeve.service import standing
from portreeve.service.actor import Actor
from portreeve.service.bulk import fetch_in
from portreeve.service.campaign_cases import CampaignCases
from portreeve.service.campaign_records import decision_row
from portreeve.service.case_opening import lock_items
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.reversing import free
from portreeve.service.sanctions import Sanctions
from portreeve.service.standing import PolicyBook, Recomputed
from portreeve.service.undo import Undo
from portreeve.store import Transaction
from portreeve.store.tables.campaigns import campaign_decisions
from portreeve.store.tables.core import decisions
from portreeve.store.tables.enforcement import sanctions


class CampaignUndo:
    """Undoes decisions on campaigns."""

    def __init__(
        self,
        context: Context,
        policies: PolicyBook,
        cases: CampaignCases,
        undo: Undo,
        sanctions: Sanctions,
    ) -> None:
        self._context = context
        self._policies = policies
        self._cases = cases
        self._undo = undo.undo
        self._sanctions = sanctions

    def undo(self, actor: Actor, id: str, request: UndoCampaign) -> CampaignUndone:
        """Undo what a decision on a campaign did: all of it, in one step.

        Posts appear again, strikes count no more, sanctions by hand and by ladders are reversed
        with what rested on them, cases wait again. What others undid or decided since stays.

        Raises:
            ServiceError: ``forbidden``, ``not-found``; ``conflict`` when it is undone already.
        """
        actor.need(Scope.cases)
        actor.need(Scope.sanctions)
        with self._context.database.write() as tx:
            standing.lock(tx)
            made = decision_row(tx.connection, id, lock=True)
            if made.undone is not None:
                raise ServiceError(
                    "conflict",
                    f"The decision {id} was undone already, by {made.undone_by!r}. "
                    "There is nothing left to undo.",
                    zh="该决定已经撤销。",
                )
            posts = self._posts(tx, actor, made.decisions, request.reason)
            lifted = self._lift(tx, actor, made.sanctions, request.reason)
            cases = self._cases.open_again(tx, actor, made, request.reason)
            tx.execute(
                sa.update(campaign_decisions)
                .where(campaign_decisions.c.id == id)
                .values(undone=tx.time, undone_by=actor.name)
            )
            left = len(made.decisions) + len(made.sanctions) - posts - lifted
            tx.audit(
                actor.name, "campaign.undo", made.campaign,
                network=made.network, decision=id, posts=posts, sanctions=lifted, left=left,
                cases=cases,
            )  # fmt: skip
            return CampaignUndone(
                id=id, campaign=made.campaign, posts=posts, sanctions=lifted, left=left, cases=cases
            )

    def _posts(self, tx: Transaction, actor: Actor, made: list[str], reason: str) -> int:
        """Undo decisions that stand, the newest first; how many."""
        d = decisions.c
        wanted = sa.select(d.id, d.item).where(d.undone.is_(None))
        standing_ = {row["id"]: row["item"] for row in fetch_in(tx.connection, wanted, d.id, made)}
        lock_items(tx, standing_.values())
        for id in reversed([id for id in made if id in standing_]):
            self._undo(tx, actor.name, id, reason)
        return len(standing_)

    def _lift(self, tx: Transaction, actor: Actor, made: list[str], reason: str) -> int:
        """Reverse sanctions that stand, and free what rested on them; how many."""
        s = sanctions
        found = fetch_in(tx.connection, sa.select(s), s.c.id, made)
        rows = {row["id"]: dict(row) for row in found}
        standing_ = [id for id in made if id in rows and self._sanctions.stands(tx, id)]
        for id in reversed(standing_):
            self._sanctions.lift_in(tx, actor, id, Lift(reason=reason), unfounded=True)
        gone = Recomputed(reversed=[rows[id] for id in standing_])
        free(tx, gone, actor.name, self._policies)
        return len(standing_)

"""Taking the decision of a case back: what it did is undone, and the case waits again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.review import TakeBack
from portreeve.service import case_steps, claims, judging, outcomes, prints, standing
from portreeve.service.actor import Actor
from portreeve.service.bulk import fetch_in
from portreeve.service.campaign_records import made_with
from portreeve.service.case_opening import CaseOpening, lock_items
from portreeve.service.case_records import Row, case_row, need_third
from portreeve.service.case_steps import Step
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.reinstating import reinstate
from portreeve.service.standing import PolicyBook
from portreeve.service.undo import Undo
from portreeve.store import Transaction
from portreeve.store.tables.cases import case_items, cases, second_readings
from portreeve.store.tables.core import decisions


class TakingBack:
    """Takes back what a reviewer decided of a case."""

    def __init__(
        self,
        context: Context,
        policies: PolicyBook,
        undo: Undo,
        opening: CaseOpening,
        *,
        decided: Callable[[], None],
    ) -> None:
        """``decided`` is called when what follows from decisions is to be drawn again."""
        self._context = context
        self._policies = policies
        self._undo = undo.undo
        self._opening = opening
        self._decided = decided

    def take_back(self, actor: Actor, id: str, request: TakeBack) -> None:
        """Undo what a decision of a case did, and hold the case.

        What others did since, such as an appeal that was won, stays as it is.

        Raises:
            ServiceError: ``forbidden`` when another decided it and the actor may not undo
                decisions; ``conflict`` when the case is open, or is being read a second time;
                ``same-person`` when the case needs somebody who has not judged it.
        """
        actor.need(Scope.cases)
        with self._context.database.write() as tx:
            standing.lock(tx)
            locked = lock_items(tx, _items(tx, id))
            case = case_row(tx.connection, id, lock=True)
            _need_decided(case)
            _need_own(case, made_with(tx.connection, case))
            _need_right(tx, case, actor)
            self._forget_reading(tx, case)
            undone = self._undone(tx, case)
            for made in self._made(tx, case, list(locked)):
                self._undo(tx, actor.name, made, request.reason)
            reinstate(tx, undone, actor.name, self._policies)
            self._unjudge(tx, case)
            told = outcomes.open_again(tx, case.id, case.decided)
            self._open(tx, actor, case, request, told)
            tx.then(self._decided)

    def _made(self, tx: Transaction, case: Row, items: Sequence[str]) -> list[str]:
        """Ids of the decisions that were made with the case's and stand, the latest first."""
        d = decisions
        made = sa.select(d.c.id, d.c.seq).where(
            d.c.by == case.decided_by, d.c.decided == case.decided, d.c.undone.is_(None)
        )
        rows = fetch_in(tx.connection, made, d.c.item, items)
        return [row["id"] for row in sorted(rows, key=lambda row: row["seq"], reverse=True)]

    def _undone(self, tx: Transaction, case: Row) -> list[Row]:
        """The decisions that were undone with the case's: on its items, and what this freed."""
        d, i = decisions, case_items.c
        accounts = sa.select(i.account).where(i.case == case.id, i.account.is_not(None))
        items = sa.select(i.item).where(i.case == case.id)
        rows = tx.execute(
            sa.select(d).where(
                d.c.undone == case.decided,
                d.c.undone_by == case.decided_by,
                sa.or_(d.c.item.in_(items), d.c.account.in_(accounts)),
            ).order_by(d.c.seq)
        )  # fmt: skip
        return list(rows)

    def _forget_reading(self, tx: Transaction, case: Row) -> None:
        """Let nobody read again what is not decided any more.

        Raises:
            ServiceError: ``conflict`` while somebody reads it.
        """
        r = second_readings.c
        row = tx.execute(
            sa.select(second_readings).where(r.case == case.id, r.state == "open").with_for_update()
        ).first()
        if row is None:
            return
        if row.claimed_until is not None and row.claimed_until > tx.time:
            raise ServiceError(
                "conflict",
                f"Somebody reads the case {case.id} a second time at the moment. "
                "Try again in 15 minutes.",
                zh="正有人复核本案，请在 15 分钟后再试。",
            )
        tx.execute(sa.delete(second_readings).where(r.id == row.id))

    def _unjudge(self, tx: Transaction, case: Row) -> None:
        """Let what was found of the rules be as it was before the decision."""
        rows = tx.execute(sa.select(case_items.c.decision).where(case_items.c.case == case.id))
        judging.take_back(tx, case.id, list(rows.scalars()), case.decided)

    def _open(self, tx: Transaction, actor: Actor, case: Row, request: TakeBack, told: int) -> None:
        tx.execute(
            sa.update(cases)
            .where(cases.c.id == case.id)
            .values(
                state="open",
                decided=None,
                decided_by=None,
                verdict=None,
                claimed_by=actor.name,
                claimed_until=tx.time + claims.CLAIM,
            )
        )
        prints.forget(tx, case.id)
        self._opening.gather_again(tx, case.id)
        detail = {"by": case.decided_by, "verdict": case.verdict, "reports": told}
        step = Step(case.id, actor.name, "taken-back", detail)
        case_steps.write_noted(tx, self._context, step, case.account, request.reason)
        tx.announce("case.reopened", case.id, queue=case.queue, network=case.network)


def _items(tx: Transaction, case: str) -> list[str]:
    rows = tx.execute(sa.select(case_items.c.item).where(case_items.c.case == case))
    return list(rows.scalars())


def _need_decided(case: Row) -> None:
    if case.state != "decided":
        raise ServiceError(
            "conflict",
            f"The case {case.id} is open. There is no decision to take back.",
            zh="本案尚未处理，没有可撤回的决定。",
        )


def _need_own(case: Row, made: str | None) -> None:
    """What a decision on a campaign decided is undone with all of it."""
    if made is not None:
        raise ServiceError(
            "conflict",
            f"The case {case.id} was decided with a campaign, by the decision {made}. Undo that.",
            zh="本案随整个团伙一并处理，请撤销对该团伙的决定。",
        )


def _need_right(tx: Transaction, case: Row, actor: Actor) -> None:
    if case.decided_by == actor.name:
        return
    if not actor.may(Scope.sanctions):
        raise ServiceError(
            "forbidden",
            f"{case.decided_by!r} decided the case {case.id}. They take it back themselves, or "
            "somebody who may undo decisions.",
            zh=f"本案由 {case.decided_by} 处理，只能由其本人或有权撤销决定的人撤回。",
        )
    if case.queue == "senior":
        need_third(tx, case, actor.name)

"""One decision with all that belongs to it, without content."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from portreeve.model import Surface, Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.decision_facts import DecisionFacts, OtherDecision, StrikeGiven
from portreeve.schemas.screening import DecisionRecord
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.reasons import reasons_of
from portreeve.service.standing import PolicyBook
from portreeve.store.tables.cases import appeals, case_items, cases, second_readings
from portreeve.store.tables.core import decisions, items
from portreeve.store.tables.enforcement import strikes

MOST_OTHERS = 50


class DecisionRoom:
    """Reads decisions for whoever searches the log or works on cases."""

    def __init__(self, context: Context, policies: PolicyBook) -> None:
        self._context = context
        self._policies = policies

    def facts(self, actor: Actor, id: str) -> DecisionFacts:
        """A decision, what followed from it, and what became of it.

        Raises:
            ServiceError: ``not-found``; ``forbidden`` while the actor is to read a case with the
                item without knowing the first verdict.
        """
        if not actor.may(Scope.log):
            actor.need(Scope.cases)
        d = decisions.c
        with self._context.database.snapshot() as connection:
            row = connection.execute(sa.select(decisions).where(d.id == id)).first()
            if row is None:
                raise not_found("decision", id)
            if connection.execute(_read_blind(row, actor.name)).first() is not None:
                raise ServiceError(
                    "forbidden",
                    "You read a case with this item without knowing what was decided. Its "
                    "decisions open once your reading is in.",
                    zh="您正在独立复核包含此内容的案件，提交复核后才能查看相关决定。",
                )
            same = sa.select(decisions).where(d.item == row.item).order_by(d.seq.desc())
            others = connection.execute(same.limit(MOST_OTHERS)).all()
            item = connection.execute(
                sa.select(items.c.state, items.c.decision).where(items.c.id == row.item)
            ).first()
            case = connection.execute(_case_of(row)).scalar()
            appeal = connection.execute(
                sa.select(appeals.c.id, appeals.c.state).where(appeals.c.decision == id)
            ).first()
            given = connection.execute(sa.select(strikes).where(strikes.c.decision == id)).all()
        return DecisionFacts(
            record=self._record(row),
            state=None if item is None else item.state,
            in_force=item is not None and item.decision == id and row.undone is None,
            others=[_other(one) for one in others if one.id != id],
            case=case,
            appeal=None if appeal is None else appeal.id,
            appeal_state=None if appeal is None else appeal.state,
            strikes=[_strike(one) for one in given],
        )

    def _record(self, row: sa.Row[Any]) -> DecisionRecord:
        policy = self._policies.named(row.policy)
        kept = {name: getattr(row, name) for name in _COPIED}
        return DecisionRecord(
            **kept,
            surface=Surface(row.surface),
            verdict=Verdict(row.verdict),
            reasons=reasons_of(policy, row.rules),
        )


_COPIED = tuple(
    name
    for name in DecisionRecord.__struct_fields__
    if name not in ("surface", "verdict", "reasons")
)


def _case_of(row: sa.Row[Any]) -> sa.Select[Any]:
    """The last case with the item: a person's decision was made in it, or is judged there."""
    return (
        sa.select(cases.c.id)
        .join(case_items, case_items.c.case == cases.c.id)
        .where(case_items.c.item == row.item)
        .order_by(cases.c.opened.desc())
        .limit(1)
    )


def _read_blind(row: sa.Row[Any], name: str) -> sa.Select[Any]:
    """The second reading that somebody holds of a case with the item."""
    return (
        sa.select(second_readings.c.id)
        .join(case_items, case_items.c.case == second_readings.c.case)
        .where(
            case_items.c.item == row.item,
            second_readings.c.claimed_by == name,
            second_readings.c.state == "open",
        )
    )


def _other(row: sa.Row[Any]) -> OtherDecision:
    return OtherDecision(
        id=row.id,
        decided=row.decided,
        by=row.by,
        verdict=Verdict(row.verdict),
        supersedes=row.supersedes,
        undone=row.undone,
    )


def _strike(row: sa.Row[Any]) -> StrikeGiven:
    return StrikeGiven(
        ladder=row.ladder,
        rule=row.rule,
        count=row._mapping["count"],
        expires=row.expires,
        withdrawn=row.withdrawn,
    )

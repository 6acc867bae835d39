"""A person's verdict on a case: on its items, on the rules that held, for the reporters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from portreeve.enforcement.consequences import DOWN, STATES
from portreeve.model import Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.cases import DecideCase
from portreeve.service import (
    case_steps,
    claims,
    judging,
    outcomes,
    prints,
    readings_drawn,
    standing,
)
from portreeve.service.actor import SCREEN, Actor
from portreeve.service.case_opening import lock_items
from portreeve.service.case_records import Row, case_row
from portreeve.service.case_steps import Step
from portreeve.service.context import Context
from portreeve.service.decisions import PersonDecisions, PoliciesInForce
from portreeve.service.errors import ServiceError
from portreeve.service.judging import Judged
from portreeve.service.undo import Undo
from portreeve.store import Transaction
from portreeve.store.tables.cases import case_items, cases
from portreeve.store.tables.core import decisions, items


class CaseDeciding:
    """Decides cases."""

    def __init__(
        self, context: Context, policies: PoliciesInForce, decisions: PersonDecisions, undo: Undo
    ) -> None:
        self._context = context
        self._policies = policies
        self._decide = decisions.person_decision
        self._undo = undo.undo

    def decide(self, actor: Actor, id: str, request: DecideCase) -> None:
        """Decide all items of a case that the actor holds.

        Raises:
            ServiceError: ``invalid`` when rules and verdict do not fit; ``conflict`` when the case
                is not held, or has grown since it was read; ``claimed`` when another holds it.
        """
        actor.need(Scope.cases)
        _check_request(request)
        with self._context.database.write() as tx:
            standing.lock(tx)
            members = _members(tx, id)
            locked = lock_items(tx, [row.item for row in members])
            case = case_row(tx.connection, id, lock=True)
            claims.need_held(case, actor.name, tx.time, "case")
            _need_items(case)
            _need_same(case, request)
            clauses = self._clauses(case, members, request, tx.time)
            judged = [row for row in members if _still_open(case, row, locked)]
            for row in judged:
                self._settle(tx, actor, locked[row.item], row, request, clauses)
            self._judge(tx, actor, case, judged, request)
            self._close(tx, actor, case, request)

    def _clauses(
        self, case: Row, members: Sequence[Row], request: DecideCase, time: datetime
    ) -> list[str]:
        """The clauses of the rules upheld, from the case's decisions or the policy in force."""
        known = {
            rule: clause
            for row in members
            for rule, clause in zip(row.rules, row.clauses, strict=True)
        }
        if not set(request.rules) <= known.keys():
            policy = self._policies.at(case.network, time).policy
            known = {rule.id: rule.clause for rule in policy.rules} | known
        for at, rule in enumerate(request.rules):
            if rule not in known:
                raise ServiceError(
                    "invalid",
                    f"`rules` names {rule!r}, which neither held here nor is in the policy in "
                    "force. Name a rule of the case, or of that policy.",
                    field=f"rules[{at}]",
                )
        return [known[rule] for rule in request.rules]

    def _settle(
        self,
        tx: Transaction,
        actor: Actor,
        item: Row,
        member: Row,
        request: DecideCase,
        clauses: list[str],
    ) -> None:
        """Bring one item to the verdict, by as little as needed.

        The verdict is on the revision that the reviewer read. What was edited since, and decided
        anew without a person, stays as it was decided.
        """
        if item.revision != member.revision:
            self._settle_earlier(tx, actor, item, member, request, clauses)
            return
        current = _decision(tx, item.decision)
        now = Verdict(Verdict.allow if current.undone else current.verdict)
        verdict = _fitting(request.verdict, item.state, current)
        if verdict is Verdict.allow:
            if now.rank in (Verdict.label.rank, Verdict.limit.rank, Verdict.remove.rank):
                self._undo(tx, actor.name, item.decision, request.reason)
                item = _item(tx, item.id)
            elif now is Verdict.allow:
                return
            if not _allows(tx, item):
                self._decide(tx, actor.name, item, verdict.value, [], [], request.reason)
            return
        same = now.rank == verdict.rank and set(current.rules) == set(request.rules)
        if not same:
            self._decide(
                tx, actor.name, item, verdict.value, request.rules, clauses, request.reason
            )

    def _settle_earlier(
        self,
        tx: Transaction,
        actor: Actor,
        item: Row,
        member: Row,
        request: DecideCase,
        clauses: list[str],
    ) -> None:
        """Decide a revision that is gone: for its strikes, and for what is known of the rules."""
        current = _decision(tx, member.decision)
        verdict = _fitting(request.verdict, STATES[current.verdict], current)
        self._decide(
            tx, actor.name, item, verdict.value, request.rules, clauses, request.reason,
            instead_of=current.id,
        )  # fmt: skip

    def _judge(
        self,
        tx: Transaction,
        actor: Actor,
        case: Row,
        members: Sequence[Row],
        request: DecideCase,
    ) -> None:
        """Note which rules were right. A senior's word settles what a second reading contested."""
        found = [
            Judged(row.decision, case.network, judging.judged_rules(row.rules, row.clauses))
            for row in members
            if row.by == SCREEN
        ]
        source: judging.JudgedBy = "reading" if case.queue == "senior" else "case"
        judging.record(tx, found, request.rules, source=source, record=case.id, actor=actor.name)

    def _close(self, tx: Transaction, actor: Actor, case: Row, request: DecideCase) -> None:
        tx.execute(
            sa.update(cases)
            .where(cases.c.id == case.id)
            .values(
                state="decided",
                decided=tx.time,
                decided_by=actor.name,
                verdict=request.verdict,
                claimed_by=None,
                claimed_until=None,
            )
        )
        prints.set_aside(tx, case.id)
        acted = request.verdict != Verdict.allow
        told = outcomes.resolve(tx, case.id, acted=acted)
        detail = {"verdict": request.verdict, "rules": request.rules, "reports": told}
        step = Step(case.id, actor.name, "decided", detail)
        case_steps.write_noted(tx, self._context, step, case.account, request.reason)
        tx.announce("case.decided", case.id, verdict=request.verdict, network=case.network)
        readings_drawn.draw(tx, self._context, case, actor.name, request.verdict)


def _check_request(request: DecideCase) -> None:
    allows = request.verdict == Verdict.allow
    if allows and request.rules:
        raise ServiceError(
            "invalid",
            "`rules` names rules that hold, but `verdict` is allow. Leave `rules` empty, or give "
            "another verdict.",
            field="rules",
        )
    if not allows and not request.rules:
        raise ServiceError(
            "invalid",
            "`rules` is empty. Name at least one rule that the verdict rests on.",
            field="rules",
            zh="请至少勾选一条适用的条款。",
        )


def _need_items(case: Row) -> None:
    """A campaign is decided as a whole, not as items."""
    if case.origin == "campaign":
        raise ServiceError(
            "conflict",
            f"The case {case.id} is about a campaign. Decide the campaign: that decides the case.",
            zh="本案针对整个团伙，请在团伙页面处理。",
        )


def _need_same(case: Row, request: DecideCase) -> None:
    if case.revision != request.revision:
        raise ServiceError(
            "conflict",
            f"The case {case.id} is at revision {case.revision}, and you saw {request.revision}: "
            "items joined it or were edited. Read it again, then decide.",
            field="revision",
            zh="本案有变化，请重新阅读后再决定。",
        )


def _members(tx: Transaction, case: str) -> Sequence[Row]:
    d = decisions.c
    return tx.execute(
        sa.select(
            case_items.c.item, case_items.c.decision, d.rules, d.clauses, d.undone, d.by, d.revision
        )
        .join(decisions, d.id == case_items.c.decision)
        .where(case_items.c.case == case)
        .order_by(case_items.c.added, case_items.c.item)
    ).all()  # fmt: skip


def _still_open(case: Row, member: Row, locked: Mapping[str, Row]) -> bool:
    """Whether the case still decides an item: not when it was deleted, or when its decision was
    undone elsewhere, such as by an appeal. A senior decides again what was decided once."""
    item = locked.get(member.item)
    if item is None or item.state == "deleted":
        return False
    return member.undone is None or case.queue == "senior"


def _fitting(verdict: str, state: str, current: Row) -> Verdict:
    """``remove`` for what people saw, ``refuse`` for what never appeared."""
    if Verdict(verdict).rank < Verdict.remove.rank:
        return Verdict(verdict)
    seen = state in ("published", "removed") or current.stage != "before"
    return Verdict.remove if seen else Verdict.refuse


def _allows(tx: Transaction, item: Row) -> bool:
    """Whether the item appears as it is."""
    current = _decision(tx, item.decision)
    return item.state not in DOWN and (current.undone or current.verdict == Verdict.allow)


def _decision(tx: Transaction, id: str) -> Row:
    return tx.execute(sa.select(decisions).where(decisions.c.id == id)).one()


def _item(tx: Transaction, id: str) -> Row:
    return tx.execute(sa.select(items).where(items.c.id == id)).one()

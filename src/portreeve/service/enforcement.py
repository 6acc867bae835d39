"""Draws what follows from decisions: strikes, sanctions, notices, cases, events."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import sqlalchemy as sa

from portreeve.enforcement import consequences
from portreeve.franking.grade import EvidenceGrade
from portreeve.model import Verdict
from portreeve.policy import Policy, Rule
from portreeve.service.bulk import Event, announce_all
from portreeve.service.context import Context
from portreeve.service.reversing import free
from portreeve.service.settling import decided_by_item, settle, settle_strikes
from portreeve.service.standing import PolicyBook, recompute, try_lock
from portreeve.service.telling import Row, give_notices, item_event, rules_of
from portreeve.service.worker import place
from portreeve.store import StoreUnavailableError, Transaction
from portreeve.store.statements import insert_missing
from portreeve.store.tables import core, enforcement

_log = logging.getLogger("portreeve.enforcement")


class CaseDesk(Protocol):
    """Where people decide."""

    def open_for(self, tx: Transaction, rows: Iterable[Row], policy: Policy) -> None:
        """Open cases for decisions, or add to open ones; all of them were made by ``policy``."""


class Enforcement:
    """Follows decisions up.

    ``policies`` finds the version that a decision was made by; ``cases`` opens cases for what a
    person must decide.
    """

    def __init__(self, context: Context, policies: PolicyBook, cases: CaseDesk) -> None:
        self._context = context
        self._policies = policies
        self._cases = cases

    def follow(self, limit: int = 500) -> int:
        """Draw the consequences of decisions that have none yet, the oldest first; how many.

        One transaction: all or nothing. A decision is followed once. Of several processes on one
        database one follows at a time; the others return 0 at once.

        A decision that cannot be followed, for a fault of ours, does not hold up those behind it:
        when it fails alone too, it is set aside, and log and audit log name it.
        """
        if not self._waiting():
            return 0
        try:
            return self._follow(limit)
        except (StoreUnavailableError, sa.exc.SQLAlchemyError):
            raise
        except Exception as error:
            return self.follow(1) if limit > 1 else self._set_aside(error)

    def _set_aside(self, error: Exception) -> int:
        d = core.decisions
        with self._context.database.write() as tx:
            first = sa.select(d.c.seq, d.c.id).where(sa.not_(d.c.followed)).order_by(d.c.seq)
            row = tx.execute(first.limit(1)).one()
            tx.execute(sa.update(d).where(d.c.seq == row.seq).values(followed=True))
            kind = type(error).__name__
            tx.audit("portreeve", "decision.set_aside", row.id, error=kind)
        facts = {"decision": row.id, "error": kind, "place": place(error)}
        _log.error("the consequences of a decision cannot be drawn", extra={"facts": facts})
        return 1

    def _follow(self, limit: int) -> int:
        d = core.decisions
        with self._context.database.write() as tx:
            if not try_lock(tx):
                return 0
            open_ = sa.select(d).where(sa.not_(d.c.followed)).order_by(d.c.seq).limit(limit)
            rows = tx.execute(open_).all()
            if not rows:
                return 0
            self._draw(tx, rows)
            tx.execute(
                sa.update(d).where(d.c.seq == sa.bindparam("number")).values(followed=True),
                [{"number": row.seq} for row in rows],
            )
            return len(rows)

    def _waiting(self) -> bool:
        d = core.decisions.c
        with self._context.database.read() as connection:
            waiting = sa.select(d.seq).where(sa.not_(d.followed)).limit(1)
            return connection.execute(waiting).first() is not None

    def _draw(self, tx: Transaction, rows: Sequence[Row]) -> None:
        live = [row for row in rows if row.undone is None]
        believed = [row for row in live if _has_effect(row)]
        decided = decided_by_item(tx, [row.item for row in believed])
        rules = rules_of(believed, self._policies)
        strikes = self._strike(tx, believed, rules)
        settled = settle(tx, decided)
        concerned = {strike["account"] for strike in strikes} | settle_strikes(tx, decided)
        changed = recompute(tx, concerned, self._policies)
        free(tx, changed, "portreeve", self._policies)
        self._open_cases(tx, live)
        struck: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for strike in strikes:
            struck[strike["decision"]].append(strike)
        events: list[Event] = []
        for row in believed:
            events.append(_decision_event(row, struck[row.id]))
            if row.stage != "before" and settled.in_force.get(row.item) == row.id:
                events.append(item_event(row, rules[row.id]))
        announce_all(tx, events)
        give_notices(
            tx,
            [
                {"account": row.account, "kind": "decision", "decision": row.id}
                for row in believed
                if consequences.told(row.verdict, row.stage, strikes=row.id in struck)
            ],
        )

    def _strike(
        self, tx: Transaction, rows: Iterable[Row], rules: dict[str, list[Rule]]
    ) -> list[dict[str, Any]]:
        """Give the strikes that decisions cost; the new ones."""
        strikes = []
        for row in rows:
            if row.account is None:
                continue
            by_person = row.stage == consequences.PERSON
            ladders = self._policies.named(row.policy).ladders
            for cost in consequences.costs(row.verdict, rules[row.id], by_person=by_person):
                expire = ladders[cost.ladder].strikes_expire
                strikes.append(
                    {
                        "id": f"{row.id}.{cost.ladder}",
                        **{name: getattr(row, name) for name in _COPIED},
                        "decision": row.id, "ladder": cost.ladder, "rule": cost.rule.id,
                        "clause": cost.rule.clause, "count": cost.count,
                        "given": row.decided,
                        "expires": row.decided + expire if expire else None,
                        "withdrawn": None,
                    }
                )  # fmt: skip
        insert_missing(tx, enforcement.strikes, strikes, "decision", "ladder")
        return strikes

    def _open_cases(self, tx: Transaction, rows: Iterable[Row]) -> None:
        waiting: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if _needs_person(row):
                waiting[row.policy].append(row)
        for label, of in waiting.items():
            self._cases.open_for(tx, of, self._policies.named(label))


_COPIED = ("seq", "account", "network", "item", "revision", "policy")


def _has_effect(row: Row) -> bool:
    return row.stage == consequences.PERSON or EvidenceGrade(row.grade).automatic


def _needs_person(row: Row) -> bool:
    """Whether a person must look: it is held, stopped for black goods, or somebody's mere claim.

    Talk of black goods that may be said is nobody's case: news, warnings, novels.
    """
    if row.stage == consequences.PERSON:
        return False
    return (
        row.verdict == Verdict.hold
        or (row.goods_tier == "black" and Verdict(row.verdict).rank >= Verdict.limit.rank)
        or not EvidenceGrade(row.grade).automatic
    )


def _decision_event(row: Row, strikes: Sequence[dict[str, Any]]) -> Event:
    names = (
        "item", "revision", "account", "network", "surface", "stage", "verdict", "rules",
        "clauses", "policy", "supersedes",
    )  # fmt: skip
    facts = {name: getattr(row, name) for name in names}
    costs = [{"ladder": s["ladder"], "count": s["count"]} for s in strikes]
    return "decision.made", row.id, facts | {"strikes": costs}

"""What people found of rules' hits, and the precision measured from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import sqlalchemy as sa

from portreeve.enforcement.agreement import wilson
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.cases import Precision
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.store import Transaction
from portreeve.store.tables.cases import judgements

JudgedBy = Literal["case", "appeal", "reading"]


class Judged(NamedTuple):
    """A decision of the machine, with the rules that held."""

    decision: str
    network: str
    rules: Collection[str]


def judged_rules(rules: Sequence[str], clauses: Sequence[str]) -> list[str]:
    """The rules that can be judged: what has no clause is a sanction of the account."""
    return [rule for rule, clause in zip(rules, clauses, strict=True) if clause]


def record(
    tx: Transaction,
    found: Iterable[Judged],
    upheld: Collection[str],
    *,
    source: JudgedBy,
    record: str,
    actor: str,
) -> None:
    """Note which rules' hits were right: those ``upheld``; the decisions' others were wrong.

    What was found of these rules and decisions before is withdrawn: the latest judgement counts.
    """
    found = list(found)
    withdraw(tx, [j.decision for j in found], {rule for j in found for rule in j.rules})
    rows = [
        {
            "network": judged.network,
            "rule": rule,
            "decision": judged.decision,
            "confirmed": rule in upheld,
            "source": source,
            "record": record,
            "actor": actor,
            "time": tx.time,
        }
        for judged in found
        for rule in judged.rules
    ]
    if rows:
        tx.execute(sa.insert(judgements), rows)


def withdraw(
    tx: Transaction, decisions: Collection[str], rules: Collection[str] | None = None
) -> None:
    """Let what was found of decisions count no longer; of ``rules`` only, when they are given."""
    c = judgements.c
    changed = sa.update(judgements).where(c.decision.in_(decisions), c.withdrawn.is_(None))
    if rules is not None:
        changed = changed.where(c.rule.in_(rules))
    tx.execute(changed.values(withdrawn=tx.time))


def take_back(tx: Transaction, record: str, decisions: Collection[str], time: datetime) -> None:
    """Let what a record found at a time count no longer, and what it had withdrawn count again."""
    c = judgements.c
    found = sa.update(judgements).where(c.record == record, c.time == time, c.withdrawn.is_(None))
    before = sa.update(judgements).where(
        c.decision.in_(decisions), c.withdrawn == time, c.record != record
    )
    tx.execute(found.values(withdrawn=tx.time))
    tx.execute(before.values(withdrawn=None))


class Judgements:
    """The measured precision of rules."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def precision(
        self, actor: Actor, network: str | None = None, since: datetime | None = None
    ) -> Page[Precision]:
        """Precision per rule, of hits that people judged, with Wilson's 95 % interval.

        What people judge is no random sample of what a rule hits: cases are what the policy is
        unsure of, appeals what people think wrong. ``since``: judgements from then on.
        """
        actor.need(Scope.cases)
        c = judgements.c
        right = sa.func.sum(sa.case((c.confirmed, 1), else_=0))
        wanted = (
            sa.select(c.network, c.rule, right.label("confirmed"), sa.func.count().label("all"))
            .where(c.withdrawn.is_(None))
            .group_by(c.network, c.rule)
            .order_by(c.network, c.rule)
        )
        if network is not None:
            wanted = wanted.where(c.network == network)
        if since is not None:
            wanted = wanted.where(c.time >= since)
        with self._context.database.read() as connection:
            rows = connection.execute(wanted).all()
        return Page(items=[_precision(*row) for row in rows])


def _precision(network: str, rule: str, confirmed: int, total: int) -> Precision:
    found = wilson(confirmed, total)
    return Precision(
        network=network,
        rule=rule,
        confirmed=confirmed,
        overturned=total - confirmed,
        precision=found.value,
        low=found.low,
        high=found.high,
    )

"""Reviewing case after case: the queues at a glance, the next case, what is like it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.enforcement.queues import QUEUES
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.cases import Case, CaseQuery
from portreeve.schemas.review import (
    NextAnswer,
    NextCase,
    OwnDecision,
    Pace,
    QueueState,
    Suspicion,
    WaitingCase,
)
from portreeve.service import claims
from portreeve.service.actor import Actor
from portreeve.service.case_records import facts, judged_by
from portreeve.service.cases import Cases
from portreeve.service.context import Context
from portreeve.service.reasons import reasons_of
from portreeve.service.roles import scopes_of
from portreeve.service.standing import PolicyBook
from portreeve.store import Transaction
from portreeve.store.tables.cases import case_actions, case_items, cases
from portreeve.store.tables.core import decisions
from portreeve.store.tables.people import people

SKIPPED = timedelta(hours=8)
"""How long a case that a reviewer gave back is not given to them again."""

PAUSE = timedelta(minutes=10)
"""Whoever decides nothing for so long has had a break."""

_BLACK = "black-goods"
_LOOKED_BACK = 1_000
_OPEN = cases.c.state == "open"


class Review:
    """What a reviewer works with beside the case at hand."""

    def __init__(self, context: Context, policies: PolicyBook, cases: Cases) -> None:
        self._context = context
        self._policies = policies
        self._cases = cases

    def queues(self, actor: Actor, network: str | None = None) -> list[QueueState]:
        """Every queue of cases with its counts, the most pressing kind first."""
        actor.need(Scope.cases)
        c, now = cases.c, self._context.now()
        is_free = claims.free(cases, now)
        counted = (
            sa.select(
                c.queue,
                sa.func.count().label("open"),
                sa.func.sum(sa.case((is_free, 1), else_=0)).label("free"),
                sa.func.sum(
                    sa.case((sa.and_(c.claimed_by == actor.name, sa.not_(is_free)), 1), else_=0)
                ).label("mine"),
                sa.func.sum(sa.case((c.due < now, 1), else_=0)).label("overdue"),
                sa.func.min(c.opened).label("oldest"),
                sa.func.min(c.due).label("due"),
            )
            .where(_OPEN)
            .group_by(c.queue)
        )
        if network is not None:
            counted = counted.where(c.network == network)
        with self._context.database.read() as connection:
            rows = {row.queue: facts(row) for row in connection.execute(counted)}
        names = [name for name in QUEUES if name != "appeals"]
        empty = {"open": 0, "free": 0, "mine": 0, "overdue": 0, "oldest": None, "due": None}
        return [
            msgspec.convert({"queue": name} | rows.get(name, empty), QueueState) for name in names
        ]

    def waiting(self, actor: Actor, query: CaseQuery) -> Page[WaitingCase]:
        """As :meth:`Cases.list`, each case with what is suspected; no content."""
        page = self._cases.list(actor, query)
        with self._context.database.read() as connection:
            first = _first_decisions(connection, [case.id for case in page.items])
        return Page(
            items=[self._waiting(case, first.get(case.id)) for case in page.items], next=page.next
        )

    def next(self, actor: Actor, request: NextCase) -> NextAnswer:
        """Claim the most urgent case that nobody holds.

        Cases that the actor gave back within the last 8 hours are passed over, and so are cases
        that need a third reviewer when the actor judged them before.
        """
        actor.need(Scope.cases)
        with self._context.database.write() as tx:
            rests = _rests(tx.connection, actor.name, tx.time, request.black_in_a_row)
            wanted = _wanted(actor.name, tx.time, request, black=not rests)
            skipped = _skipped(actor.name, tx.time)
            row = tx.execute(
                sa.select(cases.c.id)
                .where(*wanted, sa.not_(skipped))
                .order_by(cases.c.rank, cases.c.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if row is not None:
                self._cases.take(tx, actor.name, row.id)
                return NextAnswer(case=self._cases.record(tx.connection, actor, row.id))
            left = sa.select(sa.func.count()).select_from(cases).where(*wanted, skipped)
            return NextAnswer(
                case=None,
                skipped=tx.execute(left).scalar_one(),
                rest=rests and _is_black_left(tx, actor.name, request),
            )

    def pace(self, actor: Actor) -> Pace:
        """Since when the actor decides without a break, and how many black goods in a row."""
        actor.need(Scope.cases)
        with self._context.database.read() as connection:
            return _pace(connection, actor.name, self._context.now())

    def own(self, actor: Actor, limit: int = 10) -> list[OwnDecision]:
        """The cases that the actor decided last and that stand decided, the latest first."""
        actor.need(Scope.cases)
        c = cases.c
        wanted = (
            sa.select(c.id.label("case"), c.queue, c.decided, c.verdict)
            .where(c.decided_by == actor.name, c.state == "decided")
            .order_by(c.decided.desc())
            .limit(limit)
        )
        with self._context.database.read() as connection:
            rows = connection.execute(wanted).all()
        return msgspec.convert([facts(row) for row in rows], list[OwnDecision])

    def colleagues(self, actor: Actor) -> list[str]:
        """Names of the others who may work on cases."""
        actor.need(Scope.cases)
        wanted = sa.select(people.c.name, people.c.roles).where(people.c.disabled.is_(None))
        with self._context.database.read() as connection:
            rows = connection.execute(wanted.order_by(people.c.name)).all()
        return [
            row.name
            for row in rows
            if row.name != actor.name and Actor(row.name, scopes_of(row.roles)).may(Scope.cases)
        ]

    def _waiting(self, case: Case, first: sa.Row[Any] | None) -> WaitingCase:
        known = msgspec.structs.asdict(case)
        if first is None:
            return WaitingCase(
                **known, surface=None, goods_category=None, goods_tier=None, machine=None,
                suspected=[],
            )  # fmt: skip
        policy = self._policies.named(first.policy)
        words = {reason.rule: reason.because for reason in reasons_of(policy, first.rules)}
        return msgspec.convert(
            known
            | {
                "surface": first.surface,
                "goods_category": first.goods_category,
                "goods_tier": first.goods_tier,
                "machine": first.verdict,
                "suspected": [
                    Suspicion(rule=rule, clause=clause, because=words.get(rule))
                    for rule, clause in zip(first.rules, first.clauses, strict=True)
                ],
            },
            WaitingCase,
        )


def _first_decisions(connection: sa.Connection, ids: Sequence[str]) -> dict[str, sa.Row[Any]]:
    """For each case the decision on the first of its items, by their ids."""
    i, d = case_items.c, decisions.c
    first = (
        sa.select(i.case, sa.func.min(i.item).label("item"))
        .where(i.case.in_(ids))
        .group_by(i.case)
        .subquery()
    )
    rows: sa.CursorResult[Any] = connection.execute(
        sa.select(
            i.case, d.surface, d.goods_category, d.goods_tier, d.verdict, d.rules, d.clauses,
            d.policy,
        )
        .join(first, sa.and_(first.c.case == i.case, first.c.item == i.item))
        .join(decisions, d.id == i.decision)
    )  # fmt: skip
    return {row.case: row for row in rows}


def _wanted(
    name: str, now: datetime, request: NextCase, *, black: bool
) -> list[sa.ColumnElement[bool]]:
    """Which cases can be given to a reviewer."""
    c = cases.c
    wanted = [_OPEN, claims.free(cases, now), _is_for(name)]
    for column, value in ((c.queue, request.queue), (c.network, request.network)):
        if value is not None:
            wanted.append(column == value)
    if not black:
        wanted.append(c.queue != _BLACK)
    return wanted


def _is_for(name: str) -> sa.ColumnElement[bool]:
    """Not what two reviewers see differently and this one has judged."""
    return sa.or_(cases.c.queue != "senior", sa.not_(judged_by(cases.c.id, name)))


def _skipped(name: str, now: datetime) -> sa.ColumnElement[bool]:
    a = case_actions.c
    return (
        sa.select(a.id)
        .where(
            a.case == cases.c.id,
            a.actor == name,
            a.action == "released",
            a.time > now - SKIPPED,
        )
        .exists()
    )


def _rests(connection: sa.Connection, name: str, now: datetime, most: int | None) -> bool:
    return most is not None and _pace(connection, name, now).black_in_a_row >= most


def _is_black_left(tx: Transaction, name: str, request: NextCase) -> bool:
    wanted = [*_wanted(name, tx.time, request, black=True), cases.c.queue == _BLACK]
    return tx.execute(sa.select(cases.c.id).where(*wanted).limit(1)).first() is not None


def _pace(connection: sa.Connection, name: str, now: datetime) -> Pace:
    since, decided, black, is_black = None, 0, 0, True
    last = now
    for row in _decided_by(connection, name):
        if last - row.decided > PAUSE:
            break
        since = last = row.decided
        decided += 1
        is_black = is_black and row.queue == _BLACK
        black += is_black
    return Pace(since=since, decided=decided, black_in_a_row=black)


def _decided_by(connection: sa.Connection, name: str) -> Iterator[sa.Row[Any]]:
    c = cases.c
    rows: sa.CursorResult[Any] = connection.execute(
        sa.select(c.decided, c.queue)
        .where(c.decided_by == name, c.decided.is_not(None))
        .order_by(c.decided.desc())
        .limit(_LOOKED_BACK)
    )
    yield from rows

"""The reviewers' desk for tests: cases, evidence, appeals, reports and readings, put together."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

import sqlalchemy as sa

from portreeve.model import Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.cases import CaseQuery, DecideCase
from portreeve.service.actor import Actor
from portreeve.service.appeals import Appeals
from portreeve.service.cases import Cases
from portreeve.service.context import Context
from portreeve.service.decisions import PersonDecisions
from portreeve.service.enforcement import Enforcement
from portreeve.service.errors import ServiceError
from portreeve.service.evidence import EvidenceRoom
from portreeve.service.franking import FrankingKeys
from portreeve.service.judging import Judgements
from portreeve.service.message_judge import MessageJudgement
from portreeve.service.readings import Readings
from portreeve.service.reports import Reports
from portreeve.service.undo import Undo
from portreeve.store.tables import core
from portreeve.store.tables.cases import cases
from service.factories import Shipped

ALL = frozenset(Scope)
ANN, BEN, CAM, DEE = (Actor(name, ALL) for name in ("ann", "ben", "cam", "dee"))
FIRST = Paging()
DRUGS = "law.narcotics"


class Desk:
    """Everything that a reviewer works with, over one context."""

    def __init__(self, context: Context) -> None:
        policies = Shipped()
        decisions = PersonDecisions(context, policies)
        undo = Undo(context, policies)
        self.context = context
        self.database = context.database
        self.cases = Cases(context, policies, decisions, undo)
        self.evidence = EvidenceRoom(context)
        self.appeals = Appeals(context, decisions, undo)
        self.reports = Reports(context, self.cases.opening, says_nothing)
        self.readings = Readings(context)
        self.judgements = Judgements(context)
        self.franking = FrankingKeys(context)
        self.enforcement = Enforcement(context, policies, self.cases)

    def open(self) -> list[str]:
        """Follow all decisions; ids of the open cases, the most urgent first."""
        while self.enforcement.follow():
            pass
        return [case.id for case in self.cases.list(ANN, CaseQuery()).items]

    def decide(self, actor: Actor, case: str, verdict: str, *rules: str) -> Any:
        """Claim a case and decide it as it stands."""
        revision = self.cases.claim(actor, case).revision
        request = DecideCase(
            verdict=verdict, reason="I looked.", rules=list(rules), revision=revision
        )
        return self.cases.decide(actor, case, request)

    def state(self, item: str) -> str:
        """The state of an item."""
        with self.database.read() as connection:
            wanted = sa.select(core.items.c.state).where(core.items.c.id == item)
            return str(connection.execute(wanted).scalar_one())

    def precision(self) -> dict[str, tuple[int, int]]:
        """By rule how many hits were confirmed and overturned."""
        found = self.judgements.precision(ANN).items
        return {one.rule: (one.confirmed, one.overturned) for one in found}

    def audit(self, *actions: str) -> list[tuple[str, str, str, Any]]:
        """Entries of the audit log: actor, action, subject, detail."""
        a = core.audit.c
        with self.database.read() as connection:
            rows = connection.execute(
                sa.select(a.actor, a.action, a.subject, a.detail)
                .where(a.action.in_(actions))
                .order_by(a.seq)
            )
            return [tuple(row) for row in rows]

    def ranks(self) -> dict[str, int]:
        """The stored places of cases."""
        with self.database.read() as connection:
            rows = connection.execute(sa.select(cases.c.id, cases.c.rank)).all()
        return {row.id: row.rank for row in rows}


def says_nothing(network: str, text: str, time: datetime) -> MessageJudgement:
    """A judge of messages that leaves everything to people."""
    label = Shipped().at(network, time).policy.label
    return MessageJudgement(label, Verdict.hold, True, [], [], None, None)


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    """Code and detail of the error that a call raises."""
    try:
        call()
    except ServiceError as error:
        return error.code, error.detail
    raise AssertionError("nothing was refused")


def race(*calls: Callable[[], Any]) -> list[Any]:
    """Call all at once, each in a thread of its own; answers or the errors' codes, in order."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return call()
        except ServiceError as error:
            return error.code

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))

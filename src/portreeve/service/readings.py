"""Blind second readings: how far reviewers agree who do not know of each other."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portreeve.enforcement import queues
from portreeve.enforcement.agreement import Interval, kappa, wilson
from portreeve.model import Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.readings import Agreement, Reading, ReadingResult, SubmitReading
from portreeve.service import case_steps, claims, judging
from portreeve.service.actor import Actor
from portreeve.service.case_records import Row, case_row, contents_of
from portreeve.service.case_steps import Step
from portreeve.service.context import Context
from portreeve.service.errors import not_found
from portreeve.store import Transaction
from portreeve.store.tables.cases import case_actions, case_items, cases, second_readings

_ONE_STEP = {Verdict.refuse.value: Verdict.remove.value}
"""Refusing and removing are one verdict: the item's state says which it is."""

_WORK = ("claimed", "handed-over", "noted", "decided", "read")
"""Steps after which a reviewer knows too much of a case to read it blind."""


class Readings:
    """Hands out second readings, takes them in, computes the agreement."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def next(self, actor: Actor) -> Reading:
        """A case to read again, for 15 minutes: the oldest that waits for somebody else.

        Never a case that the reader has worked on. While the reading is open its reader sees the
        case without verdict, reviewer and history.

        Raises:
            ServiceError: ``not-found`` when nothing waits for this reader.
        """
        actor.need(Scope.cases)
        with self._context.database.write() as tx:
            row = self._next(tx, actor)
            claims.take(tx, second_readings, row.id, actor.name, "reading")
            tx.audit(actor.name, "reading.claimed", row.id, case=row.case)
            return _reading(tx.connection, row, tx.time + claims.CLAIM)

    def held(self, actor: Actor) -> Reading | None:
        """The reading that the actor holds, if any."""
        actor.need(Scope.cases)
        c = second_readings.c
        with self._context.database.read() as connection:
            row = connection.execute(
                sa.select(second_readings).where(
                    c.state == "open",
                    c.claimed_by == actor.name,
                    c.claimed_until > self._context.now(),
                )
            ).first()
            return None if row is None else _reading(connection, row, row.claimed_until)

    def submit(self, actor: Actor, request: SubmitReading) -> ReadingResult:
        """Give one's verdict. When it differs from the first, a senior decides the case again.

        Nothing happens to the items meanwhile; what was found of the rules counts again once the
        senior has decided.
        """
        actor.need(Scope.cases)
        with self._context.database.write() as tx:
            row = tx.execute(
                sa.select(second_readings)
                .where(second_readings.c.id == request.reading)
                .with_for_update()
            ).first()
            if row is None:
                raise not_found("reading", request.reading)
            claims.need_held(row, actor.name, tx.time, "reading")
            agreed = _step(row.first_verdict) == _step(request.verdict)
            tx.execute(
                sa.update(second_readings)
                .where(second_readings.c.id == row.id)
                .values(
                    state="decided",
                    decided=tx.time,
                    decided_by=actor.name,
                    verdict=request.verdict,
                    agreed=agreed,
                )
            )
            case = case_row(tx.connection, row.case, lock=True)
            detail = {"reading": row.id, "verdict": request.verdict, "agreed": agreed}
            step = Step(case.id, actor.name, "read", detail)
            case_steps.write_noted(tx, self._context, step, case.account, request.reason)
            reopened = not agreed and case.state == "decided"
            if reopened:
                self._reopen(tx, actor, case)
            return ReadingResult(id=row.id, case=case.id, agreed=agreed, reopened=reopened)

    def agreement(
        self, actor: Actor, network: str | None = None, since: datetime | None = None
    ) -> Agreement:
        """Share of equal verdicts and Cohen's kappa, each with its 95 % interval."""
        actor.need(Scope.cases)
        c = second_readings.c
        verdicts = (c.first_verdict, c.verdict)
        wanted = sa.select(*verdicts, sa.func.count()).where(c.state == "decided")
        waiting = sa.select(sa.func.count()).where(c.state == "open")
        if network is not None:
            wanted, waiting = (
                wanted.where(c.network == network),
                waiting.where(c.network == network),
            )
        if since is not None:
            wanted = wanted.where(c.decided >= since)
        with self._context.database.read() as connection:
            counted = connection.execute(wanted.group_by(*verdicts).order_by(*verdicts)).all()
            left = connection.execute(waiting).scalar_one()
        pairs = [(_step(a), _step(b)) for a, b, count in counted for _ in range(count)]
        agreed = sum(first == second for first, second in pairs)
        share = wilson(agreed, len(pairs)) if pairs else None
        beyond = kappa(pairs)
        return Agreement(
            network=network,
            since=since,
            readings=len(pairs),
            waiting=left,
            agreed=agreed,
            **_figures("share", share),
            **_figures("kappa", beyond),
        )

    def _next(self, tx: Transaction, actor: Actor) -> Row:
        """The reader's own open reading, else the oldest free one of a case not worked on."""
        c = second_readings.c
        worked = sa.select(case_actions.c.case).where(
            case_actions.c.case == c.case,
            case_actions.c.actor == actor.name,
            case_actions.c.action.in_(_WORK),
        )
        held = sa.and_(c.claimed_by == actor.name, c.claimed_until > tx.time)
        free = sa.and_(claims.free(second_readings, tx.time), ~worked.exists())
        for wanted in (held, free):
            row = tx.execute(
                sa.select(second_readings)
                .where(c.state == "open", wanted)
                .order_by(c.sampled, c.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if row is not None:
                return row
        raise not_found("second reading that waits for", actor.name)

    def _reopen(self, tx: Transaction, actor: Actor, case: Row) -> None:
        """Let a third reviewer decide; until then the rules' judgements do not count."""
        tx.execute(
            sa.update(cases)
            .where(cases.c.id == case.id)
            .values(state="open", queue="senior", due=queues.due("senior", tx.time))
        )
        judged = sa.select(case_items.c.decision).where(case_items.c.case == case.id)
        judging.withdraw(tx, list(tx.execute(judged).scalars()))
        case_steps.write(tx, [Step(case.id, actor.name, "reopened", {"queue": "senior"})])
        tx.announce("case.reopened", case.id, queue="senior", network=case.network)


def _reading(connection: sa.Connection, row: Row, until: datetime) -> Reading:
    return Reading(
        id=row.id,
        case=row.case,
        network=row.network,
        sealed=case_row(connection, row.case).sealed,
        claimed_until=until,
        contents=contents_of(connection, row.case, first=True),
    )


def _figures(name: str, found: Interval | None) -> dict[str, float]:
    if found is None:
        return {}
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _step(verdict: str) -> str:
    return _ONE_STEP.get(verdict, verdict)

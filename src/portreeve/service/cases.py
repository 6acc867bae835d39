"""Cases: the queues in which people work."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from portreeve.policy.document import Policy
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.cases import (
    AddNote,
    Case,
    CaseQuery,
    CaseRecord,
    CaseStep,
    DecideCase,
    Handover,
)
from portreeve.schemas.review import TakeBack
from portreeve.service import case_records, case_steps, claims
from portreeve.service.actor import Actor
from portreeve.service.case_deciding import CaseDeciding
from portreeve.service.case_opening import CaseOpening
from portreeve.service.case_records import Row, case_row, need_third
from portreeve.service.case_steps import Step
from portreeve.service.case_undo import TakingBack
from portreeve.service.context import Context
from portreeve.service.decisions import PersonDecisions, PoliciesInForce
from portreeve.service.errors import ServiceError
from portreeve.service.undo import Undo
from portreeve.store import Transaction
from portreeve.store.tables.cases import case_actions, cases
from portreeve.store.vault import NOBODY

_RANK = re.compile(r"-?[0-9]{1,18}")


class Cases:
    """Lists, claims, reads and decides cases. ``opening`` opens them."""

    def __init__(
        self, context: Context, policies: PoliciesInForce, decisions: PersonDecisions, undo: Undo
    ) -> None:
        self._context = context
        self.opening = CaseOpening(context)
        self._deciding = CaseDeciding(context, policies, decisions, undo)
        self._taking_back = TakingBack(
            context, policies, undo, self.opening, decided=decisions.decided
        )

    def open_for(self, tx: Transaction, rows: Iterable[Row], policy: Policy) -> None:
        """Open cases for decisions that a person must judge; see :meth:`CaseOpening.open_for`."""
        self.opening.open_for(tx, rows, policy)

    def open_count(self) -> int:
        """How many cases wait for a decision, for the metrics."""
        wanted = sa.select(sa.func.count()).select_from(cases).where(cases.c.state == "open")
        with self._context.database.read() as connection:
            return connection.execute(wanted).scalar_one()

    def list(self, actor: Actor, query: CaseQuery) -> Page[Case]:
        """Cases of a queue, or of all; the most urgent first."""
        actor.need(Scope.cases)
        c = cases.c
        wanted = (
            sa.select(cases)
            .where(c.state == query.state)
            .order_by(c.rank, c.id)
            .limit(query.limit + 1)
        )
        for column, value in ((c.queue, query.queue), (c.network, query.network)):
            if value is not None:
                wanted = wanted.where(column == value)
        if query.claimed_by is not None:
            wanted = wanted.where(
                c.claimed_by == query.claimed_by, c.claimed_until > self._context.now()
            )
        if query.cursor is not None:
            rank, id = _place(query.cursor)
            wanted = wanted.where(sa.tuple_(c.rank, c.id) > sa.tuple_(rank, sa.literal(id)))
        with self._context.database.read() as connection:
            rows = connection.execute(wanted).all()
            shown = rows[: query.limit]
            found = case_records.answers(connection, shown, actor.name, self._context.now())
        more = len(rows) > query.limit
        return Page(items=found, next=f"{shown[-1].rank}.{shown[-1].id}" if more else None)

    def get(self, actor: Actor, id: str) -> CaseRecord:
        """A case with its items, without content."""
        actor.need(Scope.cases)
        with self._context.database.read() as connection:
            return self.record(connection, actor, id)

    def history(self, actor: Actor, id: str) -> Page[CaseStep]:
        """What happened to a case, the oldest first, with the reviewers' notes.

        Raises:
            ServiceError: ``forbidden`` while the actor is to read the case without knowing the
                first verdict.
        """
        actor.need(Scope.cases)
        with self._context.database.read() as connection:
            case = case_row(connection, id)
            if case_records.reads_blind(connection, id, actor.name):
                raise ServiceError(
                    "forbidden",
                    f"You read the case {id} without knowing what was decided. Its history opens "
                    "once your reading is in.",
                )
            return Page(items=self._steps(connection, case))

    def claim(self, actor: Actor, id: str) -> CaseRecord:
        """Hold a case for 15 minutes; claiming again makes it 15 minutes from now.

        Raises:
            ServiceError: ``claimed`` when another reviewer holds it; ``same-person`` when it needs
                somebody who has not judged it yet.
        """
        actor.need(Scope.cases)
        with self._context.database.write() as tx:
            self.take(tx, actor.name, id)
            return self.record(tx.connection, actor, id)

    def take(self, tx: Transaction, name: str, id: str) -> None:
        """As :meth:`claim`, inside the caller's transaction."""
        row = case_row(tx.connection, id)
        if row.queue == "senior":
            need_third(tx, row, name)
        claims.take(tx, cases, id, name, "case")
        case_steps.write(tx, [Step(id, name, "claimed", {})])
        if not claims.is_held(row, name, tx.time):
            tx.announce("case.claimed", id, queue=row.queue, network=row.network)

    def release(self, actor: Actor, id: str) -> CaseRecord:
        """Give a case one holds back to its queue."""
        actor.need(Scope.cases)
        with self._context.database.write() as tx:
            row = case_row(tx.connection, id, lock=True)
            claims.need_held(row, actor.name, tx.time, "case")
            claims.give_back(tx, cases, id)
            case_steps.write(tx, [Step(id, actor.name, "released", {})])
            tx.announce("case.released", id, queue=row.queue, network=row.network)
            return self.record(tx.connection, actor, id)

    def hand_over(self, actor: Actor, id: str, request: Handover) -> CaseRecord:
        """Give a case one holds to another reviewer, who then holds it for 15 minutes."""
        actor.need(Scope.cases)
        with self._context.database.write() as tx:
            row = case_row(tx.connection, id, lock=True)
            claims.need_held(row, actor.name, tx.time, "case")
            to = request.to.lower()
            if row.queue == "senior":
                need_third(tx, row, to)
            claims.give_back(tx, cases, id)
            claims.take(tx, cases, id, to, "case")
            tx.announce("case.claimed", id, queue=row.queue, network=row.network)
            step = Step(id, actor.name, "handed-over", {"to": to})
            case_steps.write_noted(tx, self._context, step, row.account, request.note)
            return self.record(tx.connection, actor, id)

    def note(self, actor: Actor, id: str, request: AddNote) -> CaseStep:
        """Write something down for other reviewers."""
        actor.need(Scope.cases)
        with self._context.database.write() as tx:
            row = case_row(tx.connection, id)
            step = Step(id, actor.name, "noted", {})
            id = case_steps.write_noted(tx, self._context, step, row.account, request.note)
            return self._steps(tx.connection, row, case_actions.c.id == id)[0]

    def decide(self, actor: Actor, id: str, request: DecideCase) -> CaseRecord:
        """Decide all items of a case one holds.

        The items come to the verdict; what had befallen them wrongly is undone with everything it
        caused; the rules that held are judged, the reporters told, and a sample of cases drawn to
        be read again.
        """
        self._deciding.decide(actor, id, request)
        with self._context.database.read() as connection:
            return self.record(connection, actor, id)

    def take_back(self, actor: Actor, id: str, request: TakeBack) -> CaseRecord:
        """Take the decision of a case back, with all it did; the actor then holds the case.

        What the machine had decided holds again; reports are open again; what was found of the
        rules is as before. One's own decision, or anybody's with the scope ``sanctions``.
        """
        self._taking_back.take_back(actor, id, request)
        with self._context.database.read() as connection:
            return self.record(connection, actor, id)

    def record(self, connection: sa.Connection, actor: Actor, id: str) -> CaseRecord:
        """A case as the actor may see it."""
        row = case_row(connection, id)
        [case] = case_records.answers(connection, [row], actor.name, self._context.now())
        blind = case_records.reads_blind(connection, id, actor.name)
        contents = case_records.contents_of(connection, id, first=blind)
        return CaseRecord(**msgspec.structs.asdict(case), contents=contents)

    def _steps(
        self, connection: sa.Connection, case: Row, *which: sa.ColumnElement[bool]
    ) -> builtins.list[CaseStep]:
        rows = connection.execute(
            sa.select(case_actions)
            .where(case_actions.c.case == case.id, *which)
            .order_by(case_actions.c.seq)
        ).all()
        noted = [row for row in rows if row.note is not None]
        opened = self._context.vault.open_many(
            connection,
            [case.account or NOBODY] * len(noted),
            [row.note for row in noted],
            [row.id for row in noted],
        )
        notes = {row.id: data for row, data in zip(noted, opened, strict=True)}
        return [
            CaseStep(
                id=row.id,
                time=row.time,
                actor=row.actor,
                action=row.action,
                detail=row.detail,
                note=None if (data := notes.get(row.id)) is None else data.decode(),
            )
            for row in rows
        ]


def _place(cursor: str) -> tuple[int, str]:
    """Rank and id after which a page begins."""
    rank, dot, id = cursor.partition(".")
    if not dot or not _RANK.fullmatch(rank):
        raise ServiceError(
            "invalid",
            "`cursor` is none that was given out. Give `next` of the page before, unchanged.",
            field="cursor",
        )
    return int(rank), id

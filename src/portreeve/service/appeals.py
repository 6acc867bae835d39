"""Appeals: the person concerned contests a decision, another reviewer answers."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from portreeve.enforcement import queues
from portreeve.enforcement.consequences import DOWN
from portreeve.model import Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.appeals import (
    Appeal,
    AppealProgress,
    AppealQuery,
    AppealRecord,
    DecideAppeal,
    FileAppeal,
)
from portreeve.schemas.base import Page
from portreeve.service import claims, judging, standing
from portreeve.service.actor import SCREEN, Actor
from portreeve.service.case_opening import lock_items
from portreeve.service.case_records import Row
from portreeve.service.context import Context
from portreeve.service.decisions import PersonDecisions
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.judging import Judged
from portreeve.service.undo import Undo
from portreeve.store import Transaction, new_id
from portreeve.store.statements import insert_missing
from portreeve.store.tables.cases import appeals, case_actions, case_items
from portreeve.store.tables.core import decisions, items
from portreeve.store.vault import NOBODY, ErasedError

_JUDGING = ("decided", "read")


class Appeals:
    """Takes appeals, and has them decided."""

    def __init__(self, context: Context, decisions: PersonDecisions, undo: Undo) -> None:
        self._context = context
        self._decide = decisions.person_decision
        self._undo = undo.undo

    def file(self, actor: Actor, request: FileAppeal) -> AppealProgress:
        """Contest a decision, once, within ``appeal_days``; it is free.

        Raises:
            ServiceError: ``not-found``; ``conflict`` when there is nothing to appeal, or it was
                appealed before; ``gone`` when the time is over.
        """
        actor.need(Scope.appeals)
        with self._context.database.write() as tx:
            decision = _decision(tx, request.decision)
            _need_first(tx, decision)
            self._need_appealable(tx, decision)
            id = new_id("apl")
            account = decision.account or NOBODY
            words = self._context.vault.seal_many(
                tx, [account], [request.words.encode()], [_words_name(id)]
            )[0]
            row = {
                "id": id,
                "decision": decision.id,
                "item": decision.item,
                "account": decision.account,
                "network": decision.network,
                "state": "open",
                "filed": tx.time,
                "due": queues.due("appeals", tx.time),
                "words": words,
            }
            insert_missing(tx, appeals, [row], "decision")
            _need_first(tx, decision, but=id)
            tx.audit(actor.name, "appeal.file", id, decision=decision.id)
            tx.announce("appeal.filed", id, decision=decision.id, account=decision.account)
            return self._progress(tx.connection, id)

    def progress(self, id: str) -> AppealProgress:
        """How an appeal stands, and the reply: for whoever knows its unguessable id."""
        with self._context.database.read() as connection:
            return self._progress(connection, id)

    def list(self, actor: Actor, query: AppealQuery) -> Page[Appeal]:
        """Appeals in a state, the first due first."""
        actor.need(Scope.cases)
        c = appeals.c
        wanted = (
            sa.select(appeals)
            .where(c.state == query.state)
            .order_by(c.due, c.id)
            .limit(query.limit + 1)
        )
        if query.network is not None:
            wanted = wanted.where(c.network == query.network)
        if query.cursor is not None:
            # ids sort by the time they were made, as the due dates do
            last = sa.select(c.due).where(c.id == query.cursor).scalar_subquery()
            wanted = wanted.where(sa.or_(c.due > last, sa.and_(c.due == last, c.id > query.cursor)))
        with self._context.database.read() as connection:
            rows = connection.execute(wanted).all()
        now = self._context.now()
        shown = [_appeal(row, now) for row in rows[: query.limit]]
        return Page(items=shown, next=shown[-1].id if len(rows) > query.limit else None)

    def claim(self, actor: Actor, id: str) -> AppealRecord:
        """Hold an appeal for 15 minutes and read what the person says.

        Raises:
            ServiceError: ``same-person`` for whoever made or confirmed the first decision;
                ``claimed`` when another reviewer holds it.
        """
        actor.need(Scope.cases)
        with self._context.database.write() as tx:
            row = _row(tx.connection, id)
            decision = _decision(tx, row.decision)
            _need_other(tx, decision, actor)
            claims.take(tx, appeals, id, actor.name, "appeal")
            tx.audit(actor.name, "appeal.claim", id, decision=decision.id)
            return AppealRecord(
                **msgspec.structs.asdict(_appeal(_row(tx.connection, id), tx.time)),
                verdict=Verdict(decision.verdict),
                rules=decision.rules,
                words=self._opened(tx.connection, row, row.words, _words_name(id)),
            )

    def decide(self, actor: Actor, id: str, request: DecideAppeal) -> Appeal:
        """Answer an appeal one holds.

        ``overturned`` reverses the decision with everything it caused, and the item appears
        again; the rules it rested on are counted as wrong, or as right when it is ``upheld``.

        Raises:
            ServiceError: ``conflict`` or ``claimed`` when the actor does not hold it;
                ``same-person`` for whoever made or confirmed the first decision.
        """
        actor.need(Scope.cases)
        with self._context.database.write() as tx:
            standing.lock(tx)
            decision = _decision(tx, _row(tx.connection, id).decision)
            lock_items(tx, [decision.item])
            row = tx.execute(sa.select(appeals).where(appeals.c.id == id).with_for_update()).one()
            claims.need_held(row, actor.name, tx.time, "appeal")
            _need_other(tx, decision, actor)
            overturned = request.outcome == "overturned"
            if overturned:
                self._restore(tx, actor, decision, request.reply)
            self._judge(tx, actor, id, decision, right=not overturned)
            reply = self._context.vault.seal_many(
                tx, [row.account or NOBODY], [request.reply.encode()], [_reply_name(id)]
            )[0]
            tx.execute(
                sa.update(appeals)
                .where(appeals.c.id == id)
                .values(
                    state=request.outcome,
                    decided=tx.time,
                    decided_by=actor.name,
                    reply=reply,
                    claimed_by=None,
                    claimed_until=None,
                )
            )
            facts = {"decision": decision.id, "outcome": request.outcome}
            tx.audit(actor.name, "appeal.decide", id, **facts)
            tx.announce("appeal.decided", id, account=row.account, **facts)
            return _appeal(_row(tx.connection, id), tx.time)

    def _need_appealable(self, tx: Transaction, decision: Row) -> None:
        if decision.undone is not None:
            raise ServiceError(
                "conflict",
                f"The decision {decision.id} was reversed already: nothing is left of it.",
            )
        if decision.verdict == Verdict.allow:
            raise ServiceError(
                "conflict",
                f"The decision {decision.id} allows the item. There is nothing to appeal.",
            )
        if decision.verdict == Verdict.hold:
            raise ServiceError(
                "conflict",
                f"The decision {decision.id} only holds the item until a person decides. Appeal "
                "that person's decision, if need be.",
            )
        days = self._context.settings.appeal_days
        if tx.time > decision.decided + timedelta(days=days):
            raise ServiceError(
                "gone", f"A decision can be appealed for {days} days; this time is over."
            )

    def _restore(self, tx: Transaction, actor: Actor, decision: Row, reason: str) -> None:
        """Reverse a decision; where the one before it keeps the item down, allow the item."""
        if decision.undone is None:
            self._undo(tx, actor.name, decision.id, reason)
        item = tx.execute(sa.select(items).where(items.c.id == decision.item)).one()
        if item.revision == decision.revision and item.state in DOWN:
            self._decide(tx, actor.name, item, Verdict.allow.value, [], [], reason)

    def _judge(self, tx: Transaction, actor: Actor, id: str, decision: Row, *, right: bool) -> None:
        """Note it of the machine's decision: of this one, or of that which a person confirmed."""
        machine: Row | None = decision
        while machine is not None and machine.by != SCREEN:
            machine = None if machine.supersedes is None else _decision(tx, machine.supersedes)
        if machine is None:
            return
        # rules that a reviewer had found wrong before stay as they were found
        rules = set(judging.judged_rules(machine.rules, machine.clauses)) & set(decision.rules)
        judging.record(
            tx,
            [Judged(machine.id, machine.network, rules)],
            rules if right else (),
            source="appeal",
            record=id,
            actor=actor.name,
        )

    def _progress(self, connection: sa.Connection, id: str) -> AppealProgress:
        row = _row(connection, id)
        return AppealProgress(
            id=row.id,
            decision=row.decision,
            state=row.state,
            filed=row.filed,
            due=row.due,
            decided=row.decided,
            reply=self._opened(connection, row, row.reply, _reply_name(id)),
        )

    def _opened(
        self, connection: sa.Connection, row: Row, sealed: bytes | None, name: str
    ) -> str | None:
        if not sealed:
            return None
        try:
            account = row.account or NOBODY
            return self._context.vault.open(connection, account, sealed, name).decode()
        except ErasedError:
            return None


def _words_name(id: str) -> str:
    return f"{id}/words"


def _reply_name(id: str) -> str:
    return f"{id}/reply"


def _row(connection: sa.Connection, id: str) -> Row:
    row = connection.execute(sa.select(appeals).where(appeals.c.id == id)).first()
    if row is None:
        raise not_found("appeal", id)
    return row


def _decision(tx: Transaction, id: str) -> Row:
    row = tx.execute(sa.select(decisions).where(decisions.c.id == id)).first()
    if row is None:
        raise not_found("decision", id)
    return row


def _need_first(tx: Transaction, decision: Row, *, but: str | None = None) -> None:
    """Raise when the decision has an appeal other than ``but``."""
    found = tx.execute(sa.select(appeals).where(appeals.c.decision == decision.id)).first()
    if found is not None and found.id != but:
        state = "is being looked into" if found.state == "open" else f"was {found.state}"
        raise ServiceError(
            "conflict",
            f"The decision {decision.id} was appealed on {found.filed.date()}; the appeal "
            f"{found.id} {state}. A decision can be appealed once; follow it under that name.",
            appeal=found.id,
        )


def _need_other(tx: Transaction, decision: Row, actor: Actor) -> None:
    """Raise when the actor made or confirmed a decision on what the decision is about."""
    d = decisions.c
    made = sa.select(d.id).where(d.item == decision.item, d.revision == decision.revision)
    held = sa.select(case_items.c.case).where(case_items.c.decision.in_(made))
    judged = sa.select(case_actions.c.id).where(
        case_actions.c.case.in_(held),
        case_actions.c.actor == actor.name,
        case_actions.c.action.in_(_JUDGING),
    )
    own = made.where(d.by == actor.name)
    if any(tx.execute(found.limit(1)).first() is not None for found in (own, judged)):
        raise ServiceError(
            "same-person",
            f"{actor.name!r} made or confirmed the decision {decision.id}. Another reviewer must "
            "answer its appeal.",
        )


def _appeal(row: Row, now: datetime) -> Appeal:
    shown = {name: getattr(row, name) for name in Appeal.__struct_fields__}
    if row.claimed_until is not None and row.claimed_until <= now:
        shown |= {"claimed_by": None, "claimed_until": None}
    return Appeal(**shown)

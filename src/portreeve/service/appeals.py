"""Appeals: the person concerned contests a decision, another reviewer answers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from portreeve.enforcement import queues
from portreeve.enforcement.consequences import DOWN
from portreeve.model import Surface, Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.appeals import (
    Appeal,
    AppealDossier,
    AppealProgress,
    AppealQuery,
    AppealRecord,
    DecideAppeal,
    FileAppeal,
    NextAppeal,
)
from portreeve.schemas.base import Page
from portreeve.service import claims, judging, standing
from portreeve.service.actor import SCREEN, Actor
from portreeve.service.case_opening import SEALED_TIER, lock_items
from portreeve.service.case_records import Row
from portreeve.service.context import Context
from portreeve.service.decisions import PersonDecisions
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.judging import Judged
from portreeve.service.undo import Undo
from portreeve.store import Transaction, new_id
from portreeve.store.statements import insert_missing
from portreeve.store.tables.cases import appeals, case_actions, case_items
from portreeve.store.tables.core import accounts, decisions, items
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
            _take(tx, actor, row)
            return AppealRecord(
                **msgspec.structs.asdict(_appeal(_row(tx.connection, id), tx.time)),
                verdict=Verdict(decision.verdict),
                rules=decision.rules,
                words=self._opened(tx.connection, row, row.words, _words_name(id)),
            )

    def next(self, actor: Actor, request: NextAppeal) -> str | None:
        """Claim the appeal that is due first, of those that nobody holds and the actor may answer.

        Its id; None when there is none.
        """
        actor.need(Scope.cases)
        a = appeals.c
        wanted = (
            sa.select(appeals)
            .where(
                a.state == "open",
                claims.free(appeals, self._context.now()),
                sa.not_(_own(a.decision, actor.name)),
            )
            .order_by(a.due, a.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if request.network is not None:
            wanted = wanted.where(a.network == request.network)
        with self._context.database.write() as tx:
            row = tx.execute(wanted).first()
            if row is not None:
                _take(tx, actor, row)
            return None if row is None else str(row.id)

    def own(self, actor: Actor, ids: Collection[str]) -> set[str]:
        """Those of appeals that contest what the actor decided or confirmed."""
        actor.need(Scope.cases)
        a = appeals.c
        wanted = sa.select(a.id).where(a.id.in_(sorted(ids)), _own(a.decision, actor.name))
        with self._context.database.read() as connection:
            return set(connection.execute(wanted).scalars())

    def dossier(self, actor: Actor, id: str) -> AppealDossier:
        """An appeal with the decision it contests.

        What the person says, and what the first reviewer wrote, only to whoever holds the appeal
        or has answered it; that they were read stands in the audit log.
        """
        actor.need(Scope.cases)
        with self._context.database.write() as tx:
            row = _row(tx.connection, id)
            decision = _decision(tx, row.decision)
            facts = msgspec.structs.asdict(_appeal(row, tx.time))
            reads = actor.name in (facts["claimed_by"], row.decided_by)
            if reads:
                tx.audit(actor.name, "appeal.read", id, decision=decision.id)
            words = reply = reason = None
            if reads:
                words = self._opened(tx.connection, row, row.words, _words_name(id))
                reply = self._opened(tx.connection, row, row.reply, _reply_name(id))
                reason = self._opened(
                    tx.connection, decision, decision.reason, f"{decision.id}.reason"
                )
            state = sa.select(items.c.state).where(items.c.id == row.item)
            language = sa.select(accounts.c.language).where(accounts.c.id == row.account)
            own = tx.execute(sa.select(_own(sa.literal(decision.id), actor.name))).scalar()
            return AppealDossier(
                **facts,
                verdict=Verdict(decision.verdict),
                rules=decision.rules,
                clauses=decision.clauses,
                policy=decision.policy,
                surface=Surface(decision.surface),
                item_state=tx.execute(state).scalar(),
                sealed=decision.goods_tier == SEALED_TIER,
                first=decision.decided,
                first_by=decision.by,
                first_reason=reason,
                undone=decision.undone,
                language=tx.execute(language).scalar() or "zh",
                own=bool(own),
                words=words,
                reply=reply,
            )

    def release(self, actor: Actor, id: str) -> None:
        """Give an appeal one holds back."""
        actor.need(Scope.cases)
        with self._context.database.write() as tx:
            row = tx.execute(sa.select(appeals).where(appeals.c.id == id).with_for_update()).first()
            if row is None:
                raise not_found("appeal", id)
            claims.need_held(row, actor.name, tx.time, "appeal")
            claims.give_back(tx, appeals, id)
            tx.audit(actor.name, "appeal.release", id, decision=row.decision)

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
    if tx.execute(sa.select(_own(sa.literal(decision.id), actor.name))).scalar():
        raise ServiceError(
            "same-person",
            f"{actor.name!r} made or confirmed the decision {decision.id}. Another reviewer must "
            "answer its appeal.",
            zh="原决定由您作出或确认，申诉须由其他审核员处理。",
        )


def _own(decision: sa.ColumnElement[str], name: str) -> sa.ColumnElement[bool]:
    """Whether a reviewer made or confirmed a decision on what a decision is about."""
    about, made, member = decisions.alias(), decisions.alias(), case_items.alias()
    same = sa.and_(made.c.item == about.c.item, made.c.revision == about.c.revision)
    decided = (
        sa.select(made.c.id)
        .join(about, same)
        .where(about.c.id == decision, made.c.by == name)
        .exists()
    )
    judged = (
        sa.select(case_actions.c.id)
        .join(member, member.c.case == case_actions.c.case)
        .join(made, made.c.id == member.c.decision)
        .join(about, same)
        .where(
            about.c.id == decision,
            case_actions.c.actor == name,
            case_actions.c.action.in_(_JUDGING),
        )
        .exists()
    )
    return sa.or_(decided, judged)


def _take(tx: Transaction, actor: Actor, appeal: Row) -> None:
    claims.take(tx, appeals, appeal.id, actor.name, "appeal")
    tx.audit(actor.name, "appeal.claim", appeal.id, decision=appeal.decision)


def _appeal(row: Row, now: datetime) -> Appeal:
    shown = {name: getattr(row, name) for name in Appeal.__struct_fields__}
    if row.claimed_until is not None and row.claimed_until <= now:
        shown |= {"claimed_by": None, "claimed_until": None}
    return Appeal(**shown)

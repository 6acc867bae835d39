"""Group-buying deals: opened, joined, completed at the threshold, refunded below it.

Joining holds a lock on the deal, so that the one who reaches the threshold completes it and nobody
comes after. Money goes back in small transactions, each of which notes whom it refunded: whenever
the service is killed, the next start goes on where it was, and nobody is refunded twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, get_args

import sqlalchemy as sa

from portreeve.commerce.deals import Deal, DealRules, Refusal, deal_rules, refuses
from portreeve.commerce.enrolment import Enrolment
from portreeve.commerce.ledger import Account, transfer
from portreeve.commerce.money import Money
from portreeve.commerce.rulebook import Limit
from portreeve.model import Surface
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.commerce import group_buying as schemas
from portreeve.schemas.screening import as_text
from portreeve.service.actor import PORTREEVE, Actor
from portreeve.service.commerce.book import Book, amount
from portreeve.service.commerce.enrolments import as_found, enrolment_of
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.store import Transaction, new_id
from portreeve.store.tables.core import items
from portreeve.store.tables.trade import deal_members, deals, enrolments

Row = sa.Row[Any]
_REFUNDED_AT_ONCE = 200


class Deals:
    """The deals of a service."""

    def __init__(
        self, context: Context, book: Book, *, refunded_at_once: int = _REFUNDED_AT_ONCE
    ) -> None:
        self._context = context
        self._book = book
        self._refunded_at_once = refunded_at_once

    @property
    def _rules(self) -> DealRules:
        return deal_rules(self._context.settings.commerce_folder)

    def open(self, actor: Actor, id: str, facts: schemas.DealFacts) -> schemas.GroupDeal:
        """Open a deal for an item that was screened on the surface for group buying.

        Raises:
            ServiceError: ``invalid`` when the threshold or the deadline is beyond what the rules
                allow; ``conflict`` when the item is not published there, or the deal is known.
        """
        actor.need(Scope.group_buying)
        self._need_within(facts)
        row: dict[str, Any] = {name: getattr(facts, name) for name in facts.__struct_fields__}
        row |= {
            "id": id, "network": facts.network or self._context.settings.network, "joined": 0,
            "state": "open", "opened_by": actor.name, "ended": None,
        }  # fmt: skip
        with self._context.database.write() as tx:
            if not _is_published(tx.connection, id, facts.organiser):
                raise self._against(
                    "conflict",
                    "screened",
                    f"The item {id!r} of {facts.organiser!r} is not published there.",
                )
            if tx.execute(sa.select(deals.c.id).where(deals.c.id == id)).first() is not None:
                raise ServiceError("conflict", f"The deal {id!r} is open or over already.")
            tx.execute(sa.insert(deals), row | {"opened": tx.time})
            tx.audit(actor.name, "deal.open", id, campus=facts.campus, threshold=facts.threshold)
            return _shown(tx.connection, id)

    def get(self, actor: Actor, id: str) -> schemas.GroupDeal:
        """A deal.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.group_buying)
        with self._context.database.read() as connection:
            return _shown(connection, id)

    def list(self, actor: Actor, query: schemas.DealQuery) -> Page[schemas.GroupDeal]:
        """Deals by their id."""
        actor.need(Scope.group_buying)
        d = deals.c
        wanted = sa.select(d.id).order_by(d.id).limit(query.limit + 1)
        if query.campus is not None:
            wanted = wanted.where(d.campus == query.campus)
        if query.state is not None:
            wanted = wanted.where(d.state == query.state)
        if query.cursor is not None:
            wanted = wanted.where(d.id > query.cursor)
        with self._context.database.snapshot() as connection:
            ids = list(connection.execute(wanted).scalars())
            shown = [_shown(connection, id) for id in ids[: query.limit]]
        return Page(items=shown, next=shown[-1].id if len(ids) > query.limit else None)

    def join(self, actor: Actor, id: str, request: schemas.JoinDeal) -> schemas.DealJoined:
        """Let somebody join, or say why not. Whoever reaches the threshold completes the deal.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.group_buying)
        account = request.account
        with self._context.database.write() as tx:
            deal = _locked(tx, id)
            reason = None
            if not _is_member(tx.connection, id, account):
                connection = tx.connection
                reason = refuses(
                    _facts(connection, deal), enrolment_of(connection, account), tx.time
                )
                if reason is None:
                    self._enter(tx, actor, deal, account)
            return schemas.DealJoined(
                account=account,
                joined=reason is None,
                refusal=None if reason is None else self._refusal(reason),
                deal=_shown(tx.connection, id),
            )

    def admits(self, actor: Actor, id: str, account: str) -> schemas.DealAdmission:
        """Whether somebody may join now, and why not. Nothing changes.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.group_buying)
        with self._context.database.snapshot() as connection:
            deal = _row(connection, id)
            enrolment = enrolment_of(connection, account)
            member = _is_member(connection, id, account)
            reason = refuses(_facts(connection, deal), enrolment, self._context.now())
        return schemas.DealAdmission(
            account=account,
            member=member,
            enrolment=None if enrolment is None else as_found(account, enrolment),
            refusal=None if reason is None or member else self._refusal(reason),
        )

    def members(self, actor: Actor, id: str, paging: Paging) -> Page[schemas.DealMember]:
        """Who joined a deal, by their account, each with what is kept of their proof now.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.group_buying)
        m, e = deal_members.c, enrolments.c
        wanted = (
            sa.select(m.account, m.joined, m.refunded, m.entry, e.result, e.campus, e.expires)
            .join_from(deal_members, enrolments, m.account == e.account, isouter=True)
            .where(m.deal == id)
            .order_by(m.account)
            .limit(paging.limit + 1)
        )
        if paging.cursor is not None:
            wanted = wanted.where(m.account > paging.cursor)
        with self._context.database.snapshot() as connection:
            _row(connection, id)
            rows = connection.execute(wanted).all()
        shown = [_as_member(row) for row in rows[: paging.limit]]
        return Page(items=shown, next=shown[-1].account if len(rows) > paging.limit else None)

    def refusals(self, actor: Actor) -> Sequence[schemas.JoinRefusal]:
        """Every reason for which somebody may not join, in the order in which they are tried."""
        actor.need(Scope.group_buying)
        return [self._refusal(reason) for reason in get_args(Refusal)]

    def advance(self) -> bool:
        """Do the next piece of what deadlines ask for; whether there may be more.

        A worker calls it: deals that missed their threshold fail, and their members are refunded.
        """
        now = self._context.now()
        d = deals.c
        with self._context.database.read() as connection:
            due = sa.select(d.id).where(d.state == "open", d.deadline <= now)
            failed = connection.execute(due.order_by(d.deadline, d.id).limit(1)).scalar()
            waiting = sa.select(d.id).where(d.state == "refunding").order_by(d.deadline, d.id)
            refunding = connection.execute(waiting.limit(1)).scalar()
        if failed is not None:
            self._fail(failed)
        if refunding is not None:
            self._refund(refunding)
        return failed is not None or refunding is not None

    def _enter(self, tx: Transaction, actor: Actor, deal: Row, account: str) -> None:
        price, held = Money(deal.price, deal.currency), Account("held", deal.id)
        key = new_id("pay")
        joined = transfer(key, "joined the deal", Account("buyer", account), held, price)
        self._book.post(tx, [joined], subject=deal.id, by=actor.name)
        tx.execute(
            sa.insert(deal_members),
            {"deal": deal.id, "account": account, "joined": tx.time, "entry": key},
        )
        count = deal.joined + 1
        changed: dict[str, Any] = {"joined": count}
        if count == deal.threshold:
            changed |= {"state": "completed", "ended": tx.time}
            whole, organiser = price * count, Account("organiser", deal.organiser)
            paid = transfer(new_id("pay"), "the deal completed", held, organiser, whole)
            self._book.post(tx, [paid], subject=deal.id, by=actor.name)
            tx.announce(
                "deal.completed", deal.id, joined=count, organiser=deal.organiser,
                campus=deal.campus,
            )  # fmt: skip
        tx.execute(sa.update(deals).where(deals.c.id == deal.id).values(**changed))
        tx.audit(actor.name, "deal.join", deal.id, account=account, joined=count)

    def _fail(self, id: str) -> None:
        with self._context.database.write() as tx:
            deal = _locked(tx, id)
            if deal.state != "open":
                return
            tx.execute(sa.update(deals).where(deals.c.id == id).values(state="refunding"))
            tx.audit(PORTREEVE.name, "deal.fail", id, joined=deal.joined)
            tx.announce("deal.failed", id, joined=deal.joined, threshold=deal.threshold)

    def _refund(self, id: str) -> None:
        """Refund some members; when none is left, the deal is done."""
        m = deal_members
        with self._context.database.write() as tx:
            deal = _locked(tx, id)
            if deal.state != "refunding":
                return
            waiting = (
                sa.select(m.c.account, m.c.entry)
                .where(m.c.deal == id, m.c.refunded.is_(None))
                .order_by(m.c.account)
                .limit(self._refunded_at_once)
            )
            rows = tx.execute(waiting).all()
            if not rows:
                done = {"state": "refunded", "ended": tx.time}
                tx.execute(sa.update(deals).where(deals.c.id == id).values(**done))
                tx.audit(PORTREEVE.name, "deal.refunded", id, refunded=deal.joined)
                return
            self._book.reverse(
                tx,
                {row.entry: f"{row.entry}:refund" for row in rows},
                why="the deal missed its threshold",
                subject=id,
                by=PORTREEVE.name,
            )
            listed = [row.account for row in rows]
            tx.execute(
                sa.update(m).where(m.c.deal == id, m.c.account.in_(listed)).values(refunded=tx.time)
            )
            tx.announce(
                "deal.refunded", id, accounts=listed, amount=deal.price, currency=deal.currency
            )

    def _need_within(self, facts: schemas.DealFacts) -> None:
        rules, now = self._rules, self._context.now()
        if facts.threshold > rules.most("threshold"):
            raise self._against("invalid", "threshold", "`threshold` is too high.", "threshold")
        if facts.deadline <= now:
            raise ServiceError("invalid", "`deadline` is in the past.", field="deadline")
        if facts.deadline > now + timedelta(days=rules.most("days")):
            raise self._against("invalid", "days", "`deadline` is too far away.", "deadline")

    def _against(self, code: str, rule: str, detail: str, field: str | None = None) -> ServiceError:
        limit: Limit = self._rules.deals[rule]
        return ServiceError(
            code,
            f"{detail} {limit.because.en} (clause {limit.clause})",
            field=field,
            zh=limit.because.zh,
            clause=limit.clause,
        )

    def _refusal(self, reason: Refusal) -> schemas.JoinRefusal:
        limit = self._rules.refusals[reason]
        because = as_text(limit.because)
        assert because is not None  # the rules give words
        return schemas.JoinRefusal(code=reason, clause=limit.clause, because=because)


def _locked(tx: Transaction, id: str) -> Row:
    row = tx.execute(sa.select(deals).where(deals.c.id == id).with_for_update()).first()
    if row is None:
        raise not_found("deal", id)
    return row


def _row(connection: sa.Connection, id: str) -> Row:
    row = connection.execute(sa.select(deals).where(deals.c.id == id)).first()
    if row is None:
        raise not_found("deal", id)
    return row


def _facts(connection: sa.Connection, deal: Row) -> Deal:
    published = _is_published(connection, deal.id, deal.organiser)
    return Deal(deal.campus, deal.state, deal.deadline, published)


def _is_published(connection: sa.Connection, id: str, organiser: str) -> bool:
    """Whether the deal's item stands on the surface for group buying, by its organiser."""
    i = items.c
    wanted = sa.select(i.id).where(
        i.id == id, i.account == organiser, i.surface == Surface.group_buy, i.state == "published"
    )
    return connection.execute(wanted).first() is not None


def _is_member(connection: sa.Connection, deal: str, account: str) -> bool:
    m = deal_members.c
    wanted = sa.select(m.account).where(m.deal == deal, m.account == account)
    return connection.execute(wanted).first() is not None


def _shown(connection: sa.Connection, id: str) -> schemas.GroupDeal:
    row = _row(connection, id)
    m = deal_members.c
    counted = sa.select(sa.func.count()).where(m.deal == id, m.refunded.is_not(None))
    facts: dict[str, Any] = {
        name: row._mapping[name]
        for name in schemas.GroupDeal.__struct_fields__
        if name not in ("price", "refunded")
    }
    return schemas.GroupDeal(
        **facts,
        price=amount(Money(row.price, row.currency)),
        refunded=connection.execute(counted).scalar_one() if _is_over(row.state) else 0,
    )


def _as_member(row: Any) -> schemas.DealMember:
    kept = None if row.result is None else Enrolment(row.result, row.campus, row.expires)
    return schemas.DealMember(
        account=row.account,
        joined=row.joined,
        refunded=row.refunded,
        enrolment=None if kept is None else as_found(row.account, kept),
        entry=row.entry,
    )


def _is_over(state: str) -> bool:
    return state in ("refunding", "refunded")

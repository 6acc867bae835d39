"""Broadcasts: may somebody write to customers, and to whom; and posts for followers.

A broadcast goes through chats, which are sealed: what it says is never told here. Permission is
answered for thousands of customers by a few statements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import sqlalchemy as sa

from portreeve.commerce.broadcasts import (
    Sender,
    begin_of_day,
    begin_of_month,
    refuses_all,
)
from portreeve.commerce.merchant_rules import REFUSALS, MerchantRules, Refusal
from portreeve.model import Surface
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.customers import (
    AskBroadcast,
    BroadcastAnswer,
    FollowersPost,
    NotReached,
)
from portreeve.schemas.screening import Screened, Submission
from portreeve.service.actor import Actor
from portreeve.service.bulk import AT_ONCE
from portreeve.service.commerce.customers import not_reached, tag_id
from portreeve.service.commerce.merchant_records import (
    ALLOWED,
    Row,
    is_verified,
    locked,
    merchant_row,
    received_since,
    rules_of,
)
from portreeve.service.commerce.merchants import is_paid
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.screening import Screening
from portreeve.store import Transaction, new_id
from portreeve.store.tables.commerce import (
    merchant_broadcasts,
    merchant_customers,
    merchant_outcomes,
    merchant_staff,
    merchant_tagged,
)


class Broadcasts:
    """Answers requests to write to customers, and takes posts for followers."""

    def __init__(self, context: Context, screening: Screening) -> None:
        self._context = context
        self._screening = screening

    def ask(self, actor: Actor, merchant: str, request: AskBroadcast) -> BroadcastAnswer:
        """Whom a broadcast may reach: each customer is answered for, with the reason if not.

        What is allowed counts against the quotas at once, whether the host sends it or not.

        Raises:
            ServiceError: ``invalid`` when both a tag and customers are given; ``not-found`` for an
                unknown merchant or tag.
        """
        actor.need(Scope.merchants)
        if request.tag is not None and request.customers is not None:
            raise ServiceError("invalid", "Give `tag` or `customers`, not both.", field="tag")
        rules, id = rules_of(self._context), new_id("brc")
        with self._context.database.write() as tx:
            row = locked(tx, merchant, ended=True)
            refusal = refuses_all(self._sender(tx, row, request.staff, rules), rules)
            meant = list(self._meant(tx, merchant, request))
            for some in meant:
                _answer(tx, id, merchant, some, refusal, rules)
            outcomes = _outcomes(tx.connection, id)
            named = set(request.customers or ())
            strangers = sorted(named - {name for group in outcomes.values() for name in group})
            allowed = outcomes.pop(ALLOWED, [])
            if strangers:
                reason = refusal or "not_a_customer"
                outcomes[reason] = sorted([*outcomes.get(reason, []), *strangers])
            asked = len(allowed) + sum(map(len, outcomes.values()))
            tx.execute(
                sa.insert(merchant_broadcasts),
                {
                    "id": id, "merchant": merchant, "staff": request.staff, "time": tx.time,
                    "refusal": refusal, "asked": asked, "allowed": len(allowed),
                },
            )  # fmt: skip
            told = {"staff": request.staff, "asked": asked, "allowed": len(allowed)}
            tx.audit(actor.name, "merchant.broadcast", merchant, broadcast=id, **told)
            tx.announce("merchant.broadcast", id, merchant=merchant, **told)
            return BroadcastAnswer(
                id=id, merchant=merchant, staff=request.staff, time=tx.time, allowed=allowed,
                refused=_refused(outcomes, rules),
            )  # fmt: skip

    def get(self, actor: Actor, merchant: str, id: str) -> BroadcastAnswer:
        """What was answered for the customers of a broadcast."""
        actor.need(Scope.merchants)
        b = merchant_broadcasts.c
        with self._context.database.read() as connection:
            wanted = sa.select(merchant_broadcasts).where(b.id == id, b.merchant == merchant)
            row = connection.execute(wanted).first()
            if row is None:
                raise not_found("broadcast", id)
            outcomes = _outcomes(connection, id)
        return BroadcastAnswer(
            id=id, merchant=merchant, staff=row.staff, time=row.time,
            allowed=outcomes.pop(ALLOWED, []),
            refused=_refused(outcomes, rules_of(self._context)),
        )  # fmt: skip

    def publish(self, actor: Actor, merchant: str, post: FollowersPost) -> Screened:
        """Screen a post for the followers of the merchant's public account, before it appears.

        It counts as declared advertising, since a merchant publishes it. There is no field for
        another place: what is refused in Moments reaches followers here, and never Moments.

        Raises:
            ServiceError: ``conflict``, with the clause, when the merchant is unverified or unpaid,
                or has no public account.
        """
        actor.need(Scope.merchants)
        rules, now = rules_of(self._context), self._context.now()
        with self._context.database.read() as connection:
            row = merchant_row(connection, merchant)
            verified = is_verified(connection, merchant, now)
        sender = Sender(row.ended is not None, verified, is_paid(row, now), True, 0)
        refusal = refuses_all(sender, rules)
        if refusal is not None:
            said = rules.refusals[refusal]
            raise ServiceError(
                "conflict", f"{said.because.en} (clause {said.clause})", zh=said.because.zh,
                reason=refusal, clause=said.clause,
            )  # fmt: skip
        if row.public_account is None:
            raise ServiceError(
                "conflict", f"{merchant!r} has no public account. Link one by registering again.",
                field="public_account",
            )  # fmt: skip
        submission = Submission(
            id=post.id, surface=Surface.public_account, account=row.public_account,
            text=post.text, links=post.links, disclosed=True, network=post.network,
        )  # fmt: skip
        screener = Actor(actor.name, frozenset({Scope.screen}))
        [decided] = self._screening.screen(screener, [submission])
        return decided

    def _sender(self, tx: Transaction, row: Row, staff: str, rules: MerchantRules) -> Sender:
        s, b = merchant_staff.c, merchant_broadcasts.c
        on_staff = sa.select(s.staff).where(
            s.merchant == row.account, s.staff == staff, s.left.is_(None)
        )
        today = begin_of_day(tx.time, rules.zone)
        sent = sa.select(sa.func.count()).where(
            b.merchant == row.account, b.staff == staff, b.time >= today, b.allowed > 0
        )
        return Sender(
            ended=row.ended is not None,
            verified=is_verified(tx.connection, row.account, tx.time),
            paid=is_paid(row, tx.time),
            on_staff=tx.execute(on_staff).first() is not None,
            sent_today=tx.execute(sent).scalar_one(),
        )

    def _meant(
        self, tx: Transaction, merchant: str, request: AskBroadcast
    ) -> Iterable[sa.ColumnElement[bool]]:
        """Whom a broadcast is meant for: conditions on customers, a few thousand for each."""
        c = merchant_customers.c
        theirs = sa.and_(c.merchant == merchant, c.staff == request.staff)
        if request.customers is not None:
            named = list(dict.fromkeys(request.customers))
            for start in range(0, len(named), AT_ONCE):
                yield sa.and_(theirs, c.customer.in_(named[start : start + AT_ONCE]))
        elif request.tag is not None:
            tag = tag_id(tx.connection, self._context, merchant, request.tag)
            if tag is None:
                raise not_found("tag", request.tag)
            g = merchant_tagged.c
            yield sa.and_(theirs, c.customer.in_(sa.select(g.customer).where(g.tag == tag)))
        else:
            yield theirs


def _answer(
    tx: Transaction,
    id: str,
    merchant: str,
    meant: sa.ColumnElement[bool],
    refusal: Refusal | None,
    rules: MerchantRules,
) -> None:
    """Answer for every customer that is meant, in one statement."""
    c, o = merchant_customers.c, merchant_outcomes.c
    outcome: sa.ColumnElement[str] = (
        sa.literal(refusal)
        if refusal is not None
        else sa.case(
            (c.opted_out.is_not(None), "opted_out"),
            (
                received_since(begin_of_month(tx.time, rules.zone)) >= rules.most("month_used"),
                "month_used",
            ),
            else_=ALLOWED,
        )
    )
    answered = sa.select(
        sa.literal(id), c.customer, sa.literal(merchant), sa.literal(tx.time, o.time.type), outcome
    ).where(meant)
    names = ["broadcast", "customer", "merchant", "time", "outcome"]
    tx.execute(sa.insert(merchant_outcomes).from_select(names, answered))


def _outcomes(connection: sa.Connection, id: str) -> dict[str, list[str]]:
    """The customers of a broadcast by outcome."""
    o = merchant_outcomes.c
    wanted = sa.select(o.outcome, o.customer).where(o.broadcast == id).order_by(o.customer)
    found: dict[str, list[str]] = defaultdict(list)
    for outcome, customer in connection.execute(wanted):
        found[outcome].append(customer)
    return found


def _refused(outcomes: dict[str, list[str]], rules: MerchantRules) -> list[NotReached]:
    return [
        not_reached(reason, rules.refusals[reason], customers)
        for reason in REFUSALS
        if (customers := outcomes.get(reason))
    ]

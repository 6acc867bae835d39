"""Staff of merchants: they join, they leave, and their customers are handed over."""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.merchants import HandedOver, Received, StaffLeave, StaffMember
from portreeve.service.actor import Actor
from portreeve.service.commerce.merchant_records import is_verified, locked, need_staff, rules_of
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.store import Transaction
from portreeve.store.statements import upsert
from portreeve.store.tables.commerce import merchant_customers, merchant_staff


class Staff:
    """Who writes to customers."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def join(self, actor: Actor, merchant: str, staff: str) -> StaffMember:
        """Somebody joins the staff, or comes back; who is there already stays."""
        actor.need(Scope.merchants)
        s = merchant_staff.c
        with self._context.database.write() as tx:
            locked(tx, merchant)
            wanted = sa.select(merchant_staff).where(s.merchant == merchant, s.staff == staff)
            before = tx.execute(wanted).first()
            joined = tx.time if before is None or before.left is not None else before.joined
            if before is None or before.left is not None:
                row = {"merchant": merchant, "staff": staff, "joined": joined, "left": None}
                upsert(tx, merchant_staff, [row])
                tx.audit(actor.name, "merchant.staff.join", merchant, staff=staff)
            return StaffMember(
                staff=staff, joined=joined, left=None,
                customers=customers_of(tx, merchant, staff),
            )  # fmt: skip

    def leave(self, actor: Actor, merchant: str, staff: str, request: StaffLeave) -> HandedOver:
        """Somebody leaves. Their customers go to others, each filled up in the order given.

        Raises:
            ServiceError: ``invalid`` when somebody named is not on the staff; ``conflict`` when
                there is no room for all of them, or customers are left and nobody is named.
        """
        actor.need(Scope.merchants)
        s = merchant_staff.c
        with self._context.database.write() as tx:
            locked(tx, merchant)
            need_staff(tx, merchant, staff, "staff")
            for at, other in enumerate(request.to):
                if other == staff:
                    raise ServiceError("invalid", f"{staff!r} leaves. Name others.",
                                       field=f"to[{at}]")  # fmt: skip
                need_staff(tx, merchant, other, f"to[{at}]")
            done = self._hand_over(tx, merchant, staff, list(dict.fromkeys(request.to)))
            tx.execute(
                sa.update(merchant_staff)
                .where(s.merchant == merchant, s.staff == staff)
                .values(left=tx.time)
            )
            told = {one.staff: one.customers for one in done}
            tx.audit(actor.name, "merchant.staff.leave", merchant, staff=staff, to=told)
            tx.announce("merchant.handed_over", merchant, staff=staff, to=told)
            return HandedOver(staff=staff, left=tx.time, to=done)

    def _hand_over(
        self, tx: Transaction, merchant: str, staff: str, to: list[str]
    ) -> list[Received]:
        left = customers_of(tx, merchant, staff)
        if left and not to:
            raise ServiceError(
                "conflict", f"{staff!r} looks after {left} customers. Say in `to` who takes over.",
                field="to",
            )  # fmt: skip
        verified = is_verified(tx.connection, merchant, tx.time)
        room = rules_of(self._context).room(verified=verified) if verified else left
        free = {one: max(0, room - customers_of(tx, merchant, one)) for one in to}
        if sum(free.values()) < left:
            raise ServiceError(
                "conflict",
                f"There is room for {sum(free.values())} of {left} customers. Name more staff.",
                field="to",
            )
        done: list[Received] = []
        for one in to:
            taken = min(free[one], left - sum(r.customers for r in done))
            _move(tx, merchant, staff, one, taken)
            done.append(Received(staff=one, customers=taken))
        if to:
            _move_silent(tx, merchant, staff, to[0])
        return done


def customers_of(tx: Transaction, merchant: str, staff: str) -> int:
    """How many customers somebody looks after; who withdrew their consent does not count."""
    c = merchant_customers.c
    wanted = sa.select(sa.func.count()).where(
        c.merchant == merchant, c.staff == staff, c.opted_out.is_(None)
    )
    count: int = tx.execute(wanted).scalar_one()
    return count


def _move(tx: Transaction, merchant: str, staff: str, to: str, count: int) -> None:
    """Hand so many customers over, the first by name, in two statements however many they are."""
    if not count:
        return
    c = merchant_customers.c
    theirs = (c.merchant == merchant, c.staff == staff, c.opted_out.is_(None))
    names = sa.select(c.customer).where(*theirs).order_by(c.customer)
    last = tx.execute(names.offset(count - 1).limit(1)).scalar_one()
    tx.execute(sa.update(merchant_customers).where(*theirs, c.customer <= last).values(staff=to))


def _move_silent(tx: Transaction, merchant: str, staff: str, to: str) -> None:
    """Those who withdrew their consent stay known, so that nobody adds them again by mistake."""
    c = merchant_customers.c
    tx.execute(
        sa.update(merchant_customers)
        .where(c.merchant == merchant, c.staff == staff)
        .values(staff=to)
    )

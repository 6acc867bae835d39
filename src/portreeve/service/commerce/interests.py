"""The register of conflicts of interest: parties that the company has a stake in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.commerce.partners import (
    EndInterest,
    Interest,
    InterestQuery,
    NewInterest,
)
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.store import new_id
from portreeve.store.tables.trade import interests


class Interests:
    """Writes stakes down, and says who is named. Nothing that decides reads it."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def register(self, actor: Actor, new: NewInterest) -> Interest:
        """Write a stake down.

        Raises:
            ServiceError: ``invalid``, when it ends before it begins.
        """
        actor.need(Scope.interests)
        _need_after(new.begins, new.ends)
        row: dict[str, Any] = {
            "id": new_id("int"), "party": new.party, "kind": new.kind, "begins": new.begins,
            "ends": new.ends,
        }  # fmt: skip
        with self._context.database.write() as tx:
            row["registered"] = tx.time
            tx.execute(sa.insert(interests), row | {"registered_by": actor.name})
            tx.audit(actor.name, "interest.register", row["id"], party=new.party, kind=new.kind)
        return Interest(**row)

    def end(self, actor: Actor, id: str, request: EndInterest) -> Interest:
        """Note that a stake ended. The entry stays.

        Raises:
            ServiceError: ``not-found``; ``conflict`` when it ended already; ``invalid`` when it
                would end before it began.
        """
        actor.need(Scope.interests)
        with self._context.database.write() as tx:
            row = tx.execute(
                sa.select(interests).where(interests.c.id == id).with_for_update()
            ).first()
            if row is None:
                raise not_found("interest", id)
            if row.ends is not None:
                raise ServiceError("conflict", f"The stake {id} has an end already.")
            _need_after(row.begins, request.ends)
            tx.execute(sa.update(interests).where(interests.c.id == id).values(ends=request.ends))
            tx.audit(actor.name, "interest.end", id, party=row.party)
            ended = {**_facts(row), "ends": request.ends}
        return Interest(**ended)

    def list(self, actor: Actor, query: InterestQuery) -> Page[Interest]:
        """The register, the newest entry first, ended ones too; whoever audits may read it."""
        if not (actor.may(Scope.audit) or actor.may(Scope.interests)):
            actor.need(Scope.partners)
        wanted = sa.select(interests).order_by(interests.c.id.desc()).limit(query.limit + 1)
        if query.party is not None:
            wanted = wanted.where(interests.c.party == query.party)
        if query.cursor is not None:
            wanted = wanted.where(interests.c.id < query.cursor)
        with self._context.database.read() as connection:
            rows = connection.execute(wanted).all()
        shown = [Interest(**_facts(row)) for row in rows[: query.limit]]
        return Page(items=shown, next=shown[-1].id if len(rows) > query.limit else None)

    def parties(self, connection: sa.Connection, now: datetime) -> frozenset[str]:
        """Whom the register names at a time."""
        i = interests.c
        lasting = sa.and_(i.begins <= now, sa.or_(i.ends.is_(None), i.ends > now))
        return frozenset(connection.execute(sa.select(i.party).where(lasting)).scalars())


def _facts(row: sa.Row[Any]) -> dict[str, Any]:
    return {name: row._mapping[name] for name in Interest.__struct_fields__}


def _need_after(begins: datetime, ends: datetime | None) -> None:
    if ends is not None and ends <= begins:
        raise ServiceError("invalid", "`ends` is not after `begins`.", field="ends")

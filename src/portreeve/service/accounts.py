"""Accounts as the host describes them, their standing, and relation events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.enforcement.ladder import Strike, count_at
from portreeve.model import ABOUT_A_PLACE, RelationEvent
from portreeve.schemas import accounts as schemas
from portreeve.schemas.access import Scope
from portreeve.schemas.base import LONGEST_NAME
from portreeve.schemas.enforcement import Strike as StrikeAnswer
from portreeve.service.actor import Actor
from portreeve.service.bulk import fetch_in
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.remembering_names import account_numbers
from portreeve.service.sanctions import as_sanction
from portreeve.service.standing import followers_taken
from portreeve.store.statements import insert_missing, upsert
from portreeve.store.tables import core, enforcement

Row = sa.Row[Any]


class Accounts:
    """Who publishes."""

    def __init__(
        self,
        context: Context,
        *,
        related: Callable[[Sequence[RelationEvent], datetime], None] | None = None,
    ) -> None:
        """``related`` is told of relation events that were taken in."""
        self._context = context
        self._related = related

    def put(self, actor: Actor, id: str, facts: schemas.AccountFacts) -> schemas.Account:
        """Say what an account is; what was said of it before is replaced.

        Raises:
            ServiceError: ``forbidden``; ``invalid`` without an id; ``gone`` when its person was
                erased.
        """
        actor.need(Scope.accounts)
        if not id:
            raise ServiceError("invalid", "The account's id is empty. Give one.", field="id")
        _need_short(id, "id")
        with self._context.database.write() as tx:
            a = core.accounts
            known = tx.execute(sa.select(a.c.first_seen, a.c.erased).where(a.c.id == id)).first()
            if known is not None and known.erased is not None:
                raise ServiceError("gone", f"The person of account {id!r} was erased.")
            row = {name: getattr(facts, name) for name in facts.__struct_fields__}
            first_seen = known.first_seen if known is not None else tx.time
            [number] = account_numbers(self._context.vault, [id])
            upsert(tx, a, [{"id": id, "first_seen": first_seen, "number": number} | row])
            tx.audit(actor.name, "account.put", id, standing=facts.standing)
            return self._account(tx.connection, id, tx.time)

    def get(self, actor: Actor, id: str) -> schemas.Account:
        """An account and its standing.

        Raises:
            ServiceError: ``forbidden``, ``not-found``.
        """
        actor.need(Scope.accounts)
        with self._context.database.read() as connection:
            return self._account(connection, id, self._context.now())

    def relate(self, actor: Actor, request: schemas.RelationEvents) -> schemas.RelationsTaken:
        """Take in relation events. One that has an id counts once, however often it is told.

        Of an account whose person was erased nothing is kept.
        """
        actor.need(Scope.accounts)
        for at, event in enumerate(request.events):
            for name in ("account", "other", "id"):
                _need_short(getattr(event, name), f"events[{at}].{name}")
            if event.kind in ABOUT_A_PLACE and event.other is None:
                raise ServiceError(
                    "invalid", f"`{event.kind}` needs `other`: which group or room it is about.",
                    field=f"events[{at}].other",
                )  # fmt: skip
        named: dict[str, dict[str, Any]] = {}
        nameless = []
        with self._context.database.write() as tx:
            gone = _erased(tx.connection, {event.account for event in request.events})
            kept = [event for event in request.events if event.account not in gone]
            for event in kept:
                row = {
                    "id": event.id, "kind": event.kind, "account": event.account,
                    "other": event.other, "time": event.time, "received": tx.time,
                }  # fmt: skip
                if event.id is None:
                    nameless.append(row)
                else:
                    named.setdefault(event.id, row)
            r = enforcement.relations
            known = {row["id"] for row in fetch_in(tx.connection, sa.select(r.c.id), r.c.id, named)}
            fresh = [row for id, row in sorted(named.items()) if id not in known]
            insert_missing(tx, r, fresh, "id")
            if nameless:
                tx.execute(sa.insert(r), nameless)
            new = len(fresh) + len(nameless)
            tx.audit(actor.name, "relations.add", "relations", events=new)
        if self._related is not None:
            told = [event for event in kept if event.id is None or event.id not in known]
            self._related(told, self._context.now())
        return schemas.RelationsTaken(
            new=new, repeated=len(kept) - new, erased=len(request.events) - len(kept)
        )

    def _account(self, connection: sa.Connection, id: str, now: datetime) -> schemas.Account:
        a, s = core.accounts, enforcement.sanctions
        row = connection.execute(sa.select(a).where(a.c.id == id)).first()
        if row is None:
            raise not_found("account", id)
        strikes = _strikes(connection, id, now)
        restricting = connection.execute(
            sa.select(s)
            .where(s.c.account == id, s.c.open, sa.or_(s.c.ends.is_(None), s.c.ends > now))
            .order_by(s.c.seq)
        ).mappings()
        return schemas.Account(
            **{c.name: getattr(row, c.name) for c in a.columns if c is not a.c.number}
            | {"registered": msgspec.convert(row.registered, schemas.RegisteredAs | None)},
            strikes=[_strike(strike) for strike in strikes],
            sanctions=[as_sanction(one, now) for one in restricting],
            counts=schemas.AccountCounts(
                items=_items(connection, id),
                strikes=_counts(strikes, now),
                followers_taken=followers_taken(connection, id),
            ),
        )


def _need_short(name: str | None, field: str) -> None:
    """See that a name is none too long to be looked up, or to be a name."""
    if name is not None and len(name) > LONGEST_NAME:
        raise ServiceError(
            "invalid", f"`{field}` must have at most {LONGEST_NAME} characters.", field=field
        )


def _erased(connection: sa.Connection, ids: Iterable[str]) -> set[str]:
    a = core.accounts.c
    erased = sa.select(a.id).where(a.erased.is_not(None))
    return {row["id"] for row in fetch_in(connection, erased, a.id, sorted(ids))}


def _strikes(connection: sa.Connection, account: str, now: datetime) -> Sequence[Row]:
    s = enforcement.strikes
    return connection.execute(
        sa.select(s)
        .where(
            s.c.account == account,
            s.c.withdrawn.is_(None),
            sa.or_(s.c.expires.is_(None), s.c.expires > now),
        )
        .order_by(s.c.given.desc(), s.c.id)
    ).all()


def _strike(row: Row) -> StrikeAnswer:
    return StrikeAnswer(**{name: row._mapping[name] for name in StrikeAnswer.__struct_fields__})


def _counts(strikes: Sequence[Row], now: datetime) -> dict[str, int]:
    by_ladder: dict[str, list[Strike]] = defaultdict(list)
    names = ("id", "item", "ladder", "policy", "count", "given", "expires")
    for row in strikes:
        facts = {name: row._mapping[name] for name in names}
        by_ladder[f"{row.network}/{row.ladder}"].append(Strike(**facts))
    return {ladder: count_at(of, now) for ladder, of in sorted(by_ladder.items())}


def _items(connection: sa.Connection, account: str) -> dict[str, int]:
    i = core.items.c
    counted = sa.select(i.state, sa.func.count()).where(i.account == account)
    rows = connection.execute(counted.group_by(i.state).order_by(i.state))
    return {row[0]: row[1] for row in rows}

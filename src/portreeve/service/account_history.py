"""What an account did and what happened to it: for the page about it. No content is read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.account_history import (
    AccountDecision,
    AccountHistory,
    FoundAccount,
    GivenNotice,
    PastStrike,
    Registration,
    StrikeState,
    TierCount,
)
from portreeve.schemas.appeals import Appeal
from portreeve.schemas.base import Page, Paging
from portreeve.service.actor import Actor
from portreeve.service.bulk import fetch_in
from portreeve.service.context import Context
from portreeve.service.errors import not_found
from portreeve.service.sanctions import as_sanction, sequence
from portreeve.service.standing import sanctions_in_force
from portreeve.store.tables import cases, core, enforcement

FOUND = 20
"""Accounts in one answer to a search."""

LATEST = 2_000
"""Posts of an account that are counted by week."""

_SHOWN = 100
"""Strikes, sanctions, appeals and notices that are shown, the newest of each."""


class AccountHistories:
    """The histories of accounts."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def find(self, actor: Actor, text: str = "") -> list[FoundAccount]:
        """Accounts whose id begins with a text; without one, those sanctioned last."""
        actor.need(Scope.accounts)
        a, s = core.accounts, enforcement.sanctions.c
        wanted = sa.select(a.c.id, a.c.standing, a.c.first_seen, a.c.erased)
        with self._context.database.read() as connection:
            if text:
                named = wanted.where(a.c.id.startswith(text, autoescape=True))
                rows = list(connection.execute(named.order_by(a.c.id).limit(FOUND)).mappings())
            else:
                latest = sa.select(s.account).order_by(s.seq.desc()).limit(10 * FOUND)
                ids = list(dict.fromkeys(connection.execute(latest).scalars()))[:FOUND]
                by_id = {row["id"]: row for row in fetch_in(connection, wanted, a.c.id, ids)}
                rows = [by_id[id] for id in ids if id in by_id]
            running = sanctions_in_force(
                connection, [row["id"] for row in rows], self._context.now()
            )
        return [
            FoundAccount(**row, restricted=[one.kind for one in running.get(row["id"], [])])
            for row in rows
        ]

    def history(self, actor: Actor, account: str) -> AccountHistory:
        """What happened to an account; its appeals only for those who work on cases.

        Raises:
            ServiceError: ``forbidden``, ``not-found``.
        """
        actor.need(Scope.accounts)
        now = self._context.now()
        with self._context.database.snapshot() as connection:
            a = core.accounts.c
            if connection.execute(sa.select(a.id).where(a.id == account)).first() is None:
                raise not_found("account", account)
            tiers, counted = _tiers(connection, account)
            notices, unread = _notices(connection, account)
            return AccountHistory(
                strikes=_strikes(connection, account, now),
                sanctions=_sanctions(connection, account, now),
                registrations=_registrations(connection, account),
                tiers=tiers,
                counted=counted,
                appeals=_appeals(connection, account, now) if actor.may(Scope.cases) else [],
                notices=notices,
                unread=unread,
            )

    def decisions(self, actor: Actor, account: str, paging: Paging) -> Page[AccountDecision]:
        """The decisions on what an account published, the newest first.

        Raises:
            ServiceError: ``forbidden``, ``invalid`` for a cursor that is none.
        """
        actor.need(Scope.accounts)
        d = core.decisions
        wanted = sa.select(d).where(d.c.account == account).order_by(d.c.seq.desc())
        if paging.cursor is not None:
            wanted = wanted.where(d.c.seq < sequence(paging.cursor))
        with self._context.database.read() as connection:
            rows = connection.execute(wanted.limit(paging.limit + 1)).mappings().all()
            page = rows[: paging.limit]
            ids = [row["id"] for row in page]
            in_case = _by_decision(connection, cases.case_items, cases.case_items.c.case, ids)
            appealed = _by_decision(connection, cases.appeals, cases.appeals.c.id, ids)
        named = (
            "id", "item", "network", "surface", "stage", "decided", "verdict", "clauses", "by",
            "undone",
        )  # fmt: skip
        items = [
            AccountDecision(
                **{name: row[name] for name in named},
                tier=row["goods_tier"],
                case=in_case.get(row["id"]),
                appeal=appealed.get(row["id"]),
            )
            for row in page
        ]
        more = len(rows) > paging.limit
        return Page(items=items, next=str(page[-1]["seq"]) if more else None)


def _strikes(connection: sa.Connection, account: str, now: datetime) -> list[PastStrike]:
    s = enforcement.strikes
    wanted = sa.select(s).where(s.c.account == account).order_by(s.c.given.desc(), s.c.id)
    rows = connection.execute(wanted.limit(_SHOWN)).mappings().all()
    named = (
        "decision", "item", "network", "ladder", "rule", "clause", "count", "given", "expires",
        "withdrawn",
    )  # fmt: skip
    return [
        PastStrike(**{name: row[name] for name in named}, state=_state(row, now))
        for row in reversed(rows)
    ]


def _state(row: Any, now: datetime) -> StrikeState:
    if row["withdrawn"] is not None:
        return "withdrawn"
    return "expired" if row["expires"] is not None and row["expires"] <= now else "counts"


def _sanctions(connection: sa.Connection, account: str, now: datetime) -> list[Any]:
    s = enforcement.sanctions
    wanted = sa.select(s).where(s.c.account == account).order_by(s.c.seq.desc()).limit(_SHOWN)
    return [as_sanction(row, now) for row in reversed(connection.execute(wanted).mappings().all())]


def _registrations(connection: sa.Connection, account: str) -> list[Registration]:
    i = core.items.c
    latest = (
        sa.select(i.standing, i.licence, i.received)
        .where(i.account == account)
        .order_by(i.received.desc())
        .limit(LATEST)
    )
    told: dict[tuple[str | None, str | None], list[datetime]] = defaultdict(list)
    for row in connection.execute(latest):
        if row.standing is not None or row.licence is not None:
            told[row.standing, row.licence].append(row.received)
    return [
        Registration(
            standing=standing, licence=licence, first=times[-1], last=times[0], items=len(times)
        )
        for (standing, licence), times in told.items()
    ]


def _tiers(connection: sa.Connection, account: str) -> tuple[list[TierCount], int]:
    """The latest posts by week and tier, by the first decision on each."""
    d = core.decisions.c
    latest = (
        sa.select(d.item, d.decided, d.goods_tier)
        .where(d.account == account)
        .order_by(d.seq.desc())
        .limit(LATEST)
    )
    first = {row.item: row for row in connection.execute(latest)}
    counted = Counter((_week(row.decided), row.goods_tier) for row in first.values())
    counts = [
        TierCount(week=week, tier=tier, posts=posts)
        for (week, tier), posts in sorted(
            counted.items(), key=lambda one: (one[0][0], one[0][1] or "")
        )
    ]
    return counts, len(first)


def _week(time: datetime) -> datetime:
    day = time.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _appeals(connection: sa.Connection, account: str, now: datetime) -> list[Appeal]:
    p = cases.appeals
    wanted = sa.select(p).where(p.c.account == account).order_by(p.c.id.desc()).limit(_SHOWN)
    return [_appeal(row, now) for row in connection.execute(wanted)]


def _appeal(row: Any, now: datetime) -> Appeal:
    held = row.claimed_until is not None and row.claimed_until > now
    facts = {name: getattr(row, name) for name in Appeal.__struct_fields__}
    return Appeal(**facts if held else facts | {"claimed_by": None, "claimed_until": None})


def _notices(connection: sa.Connection, account: str) -> tuple[list[GivenNotice], int]:
    n = enforcement.notices
    wanted = sa.select(n).where(n.c.account == account).order_by(n.c.seq.desc()).limit(_SHOWN)
    rows = connection.execute(wanted).mappings().all()
    named = GivenNotice.__struct_fields__
    shown = [GivenNotice(**{name: row[name] for name in named}) for row in rows]
    return shown, sum(one.read is None for one in shown)


def _by_decision(
    connection: sa.Connection, table: sa.Table, column: sa.Column[str], ids: Iterable[str]
) -> dict[str, str]:
    wanted = sa.select(table.c.decision, column.label("found"))
    return {
        row["decision"]: row["found"] for row in fetch_in(connection, wanted, table.c.decision, ids)
    }

"""Cases as they are read: rows turned into answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.enforcement.priority import priority
from portreeve.model import Verdict
from portreeve.schemas.cases import Case, CaseItem
from portreeve.service.errors import ServiceError, not_found
from portreeve.store import Transaction
from portreeve.store.tables.cases import case_actions, case_items, cases, second_readings
from portreeve.store.tables.core import decisions, items

Row = sa.Row[Any]

SHOWN_ITEMS = 1_000
"""How many items of a case are listed; no case grows larger."""

_JUDGING = ("decided", "read")
"""Steps that bind a reviewer to a verdict."""

FIRST_STATES = {
    Verdict.hold: "held",
    Verdict.refuse: "refused",
    Verdict.remove: "removed",
}
"""The state in which a verdict of the machine leaves an item; published for the others."""


def facts(row: sa.Row[*tuple[Any, ...]]) -> dict[str, Any]:
    """A row by its columns' names, as msgspec takes it: SQLAlchemy's names are no plain text."""
    return {str(name): value for name, value in row._mapping.items()}


def case_row(connection: sa.Connection, id: str, *, lock: bool = False) -> Row:
    """A case's row.

    Raises:
        ServiceError: ``not-found``.
    """
    wanted = sa.select(cases).where(cases.c.id == id)
    row = connection.execute(wanted.with_for_update() if lock else wanted).first()
    if row is None:
        raise not_found("case", id)
    return row


def reads_blind(connection: sa.Connection, case: str, name: str) -> bool:
    """Whether the case waits for a second reading by this reviewer, who must not know the first."""
    c = second_readings.c
    wanted = sa.select(c.id).where(c.case == case, c.claimed_by == name, c.state == "open")
    return connection.execute(wanted).first() is not None


def judged_by(case: sa.ColumnElement[str], name: str) -> sa.ColumnElement[bool]:
    """Whether a reviewer has judged a case."""
    a = case_actions.c
    steps = sa.select(a.id).where(a.case == case, a.actor == name, a.action.in_(_JUDGING))
    return steps.exists()


def need_third(tx: Transaction, case: Row, name: str) -> None:
    """Raise when a reviewer has judged the case before.

    Raises:
        ServiceError: ``same-person``.
    """
    if tx.execute(sa.select(judged_by(sa.literal(case.id), name))).scalar():
        raise ServiceError(
            "same-person",
            f"{name!r} has judged the case {case.id} already. A third reviewer must decide it.",
            zh="您已对本案作过判断，须由第三位审核员决定。",
        )


def sizes(connection: sa.Connection, ids: Sequence[str]) -> dict[str, int]:
    """How many items each case holds."""
    rows = connection.execute(
        sa.select(case_items.c.case, sa.func.count())
        .where(case_items.c.case.in_(ids))
        .group_by(case_items.c.case)
    )
    return {row[0]: row[1] for row in rows}


def answers(connection: sa.Connection, rows: Sequence[Row], name: str, now: datetime) -> list[Case]:
    """Cases as ``name`` may see them: a blind reader does not see the first verdict."""
    ids = [row.id for row in rows]
    size = sizes(connection, ids)
    c = second_readings.c
    blind = set(
        connection.execute(
            sa.select(c.case).where(c.case.in_(ids), c.claimed_by == name, c.state == "open")
        ).scalars()
    )
    return [_answer(row, size.get(row.id, 0), row.id in blind, now) for row in rows]


def contents_of(connection: sa.Connection, case: str, *, first: bool = False) -> list[CaseItem]:
    """The items of a case. ``first``: in the state in which its first reviewer found them."""
    d = decisions.c
    rows = connection.execute(
        sa.select(
            case_items.c.item, case_items.c.account, items.c.surface, items.c.state,
            case_items.c.decision, d.verdict, d.rules, d.clauses, d.goods_category, d.goods_tier,
        )
        .join(items, items.c.id == case_items.c.item)
        .join(decisions, d.id == case_items.c.decision)
        .where(case_items.c.case == case)
        .order_by(case_items.c.added, case_items.c.item)
        .limit(SHOWN_ITEMS)
    )  # fmt: skip
    found = [facts(row) for row in rows]
    if first:
        for row in found:
            row["state"] = FIRST_STATES.get(row["verdict"], "published")
    return msgspec.convert(found, list[CaseItem])


def _answer(row: Row, size: int, blind: bool, now: datetime) -> Case:
    shown = facts(row)
    shown["items"] = size
    shown["priority"] = priority(
        row.severity, row.reach, row.reports, opened=row.opened, now=row.decided or now
    )
    if row.claimed_until is not None and row.claimed_until <= now:
        shown |= {"claimed_by": None, "claimed_until": None}
    if blind:
        shown |= {"decided_by": None, "verdict": None}
    return msgspec.convert(shown, Case)

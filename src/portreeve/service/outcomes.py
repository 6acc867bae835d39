"""Reporters are told what came of their reports."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portreeve.store import Transaction
from portreeve.store.tables.cases import reports


def resolve(tx: Transaction, case: str, *, acted: bool) -> int:
    """Resolve the reports of a case, and tell; how many were open."""
    outcome = "acted" if acted else "not-acted"
    told = tx.execute(
        sa.select(reports.c.id, reports.c.reporter).where(
            reports.c.case == case, reports.c.state == "open"
        )
    ).all()
    tx.execute(
        sa.update(reports)
        .where(reports.c.case == case, reports.c.state == "open")
        .values(state="resolved", outcome=outcome, resolved=tx.time)
    )
    for row in told:
        tx.announce("report.resolved", row.id, reporter=row.reporter, outcome=outcome)
    return len(told)


def open_again(tx: Transaction, case: str, resolved: datetime) -> int:
    """Open the reports of a case that were resolved at a time; how many. Their reporters are told
    again when they are resolved again."""
    opened = tx.execute(
        sa.update(reports)
        .where(reports.c.case == case, reports.c.resolved == resolved)
        .values(state="open", outcome=None, resolved=None)
    )
    return opened.rowcount

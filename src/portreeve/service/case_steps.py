"""What happens to a case, step by step: written with every change, read as its history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa

from portreeve.service.context import Context
from portreeve.store import Transaction, new_id
from portreeve.store.tables.cases import case_actions
from portreeve.store.vault import NOBODY


class Step(NamedTuple):
    """One step; ``detail`` holds facts, never content."""

    case: str
    actor: str
    action: str
    detail: dict[str, Any]


def write(tx: Transaction, steps: Iterable[Step]) -> None:
    """Add steps to the histories of their cases, and to the audit log."""
    rows = [_row(tx, step) for step in steps]
    if rows:
        tx.execute(sa.insert(case_actions), rows)


def write_noted(
    tx: Transaction, context: Context, step: Step, account: str | None, note: str | None
) -> str:
    """Add one step with a reviewer's words, sealed with the key of the case's account; its id."""
    row = _row(tx, step)
    id: str = row["id"]
    if note is not None:
        row["note"] = context.vault.seal_many(tx, [account or NOBODY], [note.encode()], [id])[0]
    tx.execute(sa.insert(case_actions), row)
    return id


def _row(tx: Transaction, step: Step) -> dict[str, Any]:
    tx.audit(step.actor, f"case.{step.action}", step.case, **step.detail)
    return {
        "id": new_id("act"),
        "case": step.case,
        "time": tx.time,
        "actor": step.actor,
        "action": step.action,
        "detail": step.detail,
        "note": None,
    }

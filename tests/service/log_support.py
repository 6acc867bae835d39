"""Decisions for tests of the log, as the screening path writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
import sqlalchemy as sa

from portreeve.store import Database, new_id
from portreeve.store.log import pack
from portreeve.store.tables.core import batches, decisions

PLAIN: dict[str, Any] = {
    "revision": 1, "account": "ann", "network": "acquaintance", "surface": "moments",
    "stage": "before", "verdict": "allow", "lawful": True, "permitted": True, "rules": [],
    "clauses": [], "promotion": 0.1, "goods_category": None, "goods_tier": None,
    "policy": "acquaintance@2014-06", "supersedes": None, "by": "screen", "followed": True,
    "reason": None,
}  # fmt: skip


def write_batch(
    database: Database, *rows: dict[str, Any], time: datetime | None = None
) -> list[str]:
    """Decide items together; a row gives what differs from ``PLAIN``. The ids of the decisions."""
    with database.write() as tx:
        moment = time or tx.time
        ids = [row.get("id") or new_id("dec") for row in rows]
        items = [row.get("item", f"item-{id[-6:]}") for row, id in zip(rows, ids, strict=True)]
        whole = [
            {**PLAIN, **row, "id": id, "item": item, "decided": moment}
            for row, id, item in zip(rows, ids, items, strict=True)
        ]
        signals = pl.DataFrame({
            "promotion": pl.Series([row["promotion"] for row in whole], dtype=pl.Float32),
            "contacts": pl.Series([row.pop("contacts", 0) for row in whole], dtype=pl.Int32),
            "audience": pl.Series([row.pop("audience", None) for row in whole], dtype=pl.String),
        })  # fmt: skip
        values = {"rows": len(whole), "decided": moment, "columns": pack(ids, items, signals)}
        key = tx.execute(sa.insert(batches), values).inserted_primary_key
        tx.execute(sa.insert(decisions), [{**row, "batch": key[0]} for row in whole])
    return ids


def decide_by_person(database: Database, by: str, **row: Any) -> str:
    """One decision of a person."""
    id = new_id("dec")
    with database.write() as tx:
        whole = {**PLAIN, "item": "item", **row, "id": id, "decided": tx.time, "batch": None}
        tx.execute(sa.insert(decisions), [{**whole, "by": by, "stage": "person"}])
    return id


def undo(database: Database, id: str, by: str) -> None:
    """Mark a decision as undone."""
    with database.write() as tx:
        tx.execute(
            sa.update(decisions).where(decisions.c.id == id).values(undone=tx.time, undone_by=by)
        )

"""Prints of cases: kept whole while a case is open, in parts only once it is decided."""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.store import Transaction
from portreeve.store.columns import Time
from portreeve.store.tables.cases import case_prints, past_prints


def set_aside(tx: Transaction, case: str) -> None:
    """A case is decided: nothing joins it now, but it is found when something like it comes."""
    open_ = sa.select(case_prints.c.band, case_prints.c.case, sa.literal(tx.time, Time)).where(
        case_prints.c.case == case
    )
    tx.execute(sa.insert(past_prints).from_select(["band", "case", "decided"], open_))
    tx.execute(sa.delete(case_prints).where(case_prints.c.case == case))


def forget(tx: Transaction, case: str) -> None:
    """A case is not decided any more."""
    tx.execute(sa.delete(past_prints).where(past_prints.c.case == case))

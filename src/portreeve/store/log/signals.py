"""The signals of a few decisions, quickly: from the batch that holds them, or from the log's files.

A query of the whole log takes too long for a page that somebody waits for. Here the day of the
decision says which files to look into, and its number which part of them to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import sqlalchemy as sa

from portreeve.signals.catalog import CATALOG
from portreeve.store.log.batches import unpack
from portreeve.store.tables.core import batches
from portreeve.store.tables.log import log_files

Signals = dict[str, Any]


class Wanted(NamedTuple):
    """A decision of the machine."""

    decision: str
    seq: int
    batch: int
    decided: datetime


def signals_of(
    connection: sa.Connection, folder: Path, wanted: Sequence[Wanted]
) -> dict[str, Signals]:
    """Every signal of decisions, by decision; those that the log does not hold are left out."""
    found = _in_batches(connection, wanted)
    left = [one for one in wanted if one.decision not in found]
    return found | _in_files(connection, folder, left)


def _in_batches(connection: sa.Connection, wanted: Sequence[Wanted]) -> dict[str, Signals]:
    numbers = sorted({one.batch for one in wanted})
    rows = connection.execute(
        sa.select(batches.c.columns).where(batches.c.seq.in_(numbers))
    ).scalars()
    ids = [one.decision for one in wanted]
    found: dict[str, Signals] = {}
    for columns in rows:
        found |= _by_decision(unpack(columns).filter(pl.col("decision").is_in(ids)))
    return found


def _in_files(
    connection: sa.Connection, folder: Path, wanted: Sequence[Wanted]
) -> dict[str, Signals]:
    days = sorted({one.decided.astimezone(UTC).strftime("%Y-%m-%d") for one in wanted})
    paths = connection.execute(
        sa.select(log_files.c.path).where(log_files.c.day.in_(days), log_files.c.replaced.is_(None))
    ).scalars()
    seqs = [one.seq for one in wanted]
    found: dict[str, Signals] = {}
    for path in paths:
        # the numbers stand in the file's statistics: parts without them are not read
        rows = pl.scan_parquet(folder / path).filter(
            pl.col("seq").is_between(min(seqs), max(seqs)), pl.col("seq").is_in(seqs)
        )
        found |= _by_decision(rows.collect())
    return found


def _by_decision(rows: pl.DataFrame) -> dict[str, Signals]:
    names = [name for name in rows.columns if name in CATALOG]
    return {
        row["decision"]: {name: row[name] for name in names} for row in rows.iter_rows(named=True)
    }

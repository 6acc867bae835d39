"""What of the log stands in the database: the last decisions, and what happened to others since."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl
import sqlalchemy as sa

from portreeve.store.log.rows import conformed, decided, of_batches
from portreeve.store.tables.core import batches, decisions

_SETTLED = timedelta(minutes=10)
"""After so long no decision appears any more that says it was made earlier."""
_FEW = 1_000
_D = decisions.c
_BY_PERSONS = _D.batch.is_(None)
_TIME = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class _Settled:
    """Decisions of people made before ``until``, as they were read."""

    until: datetime
    rows: pl.DataFrame


class Tail:
    """Decisions that are in no file: the batches of the last moments, and what people decided.

    What people decided is kept in memory once it is read, since it grows with the years and hardly
    ever changes: only the newest rows are read anew with every question.
    """

    def __init__(self) -> None:
        self._kept: _Settled | None = None
        self._keeping = threading.Lock()

    def rows(
        self, connection: sa.Connection, now: datetime, since: datetime | None
    ) -> pl.DataFrame:
        """The rows that are in no file, those of a time range at least."""
        parts = [self._by_persons(connection, now)]
        wanted = sa.select(batches.c.seq, batches.c.columns)
        if since is not None:
            wanted = wanted.where(batches.c.decided >= since)
        waiting = connection.execute(wanted.order_by(batches.c.seq)).all()
        if waiting:
            parts.append(of_batches(connection, waiting))
        return pl.concat(parts)

    def _by_persons(self, connection: sa.Connection, now: datetime) -> pl.DataFrame:
        settled = self._settled(connection, now)
        newest = conformed(decided(connection, _BY_PERSONS, _D.decided >= settled.until))
        if len(newest) > _FEW:
            with self._keeping:
                self._kept = None
        return pl.concat([settled.rows, newest])

    def _settled(self, connection: sa.Connection, now: datetime) -> _Settled:
        """What people decided a while ago; read anew when a row of it is gone."""
        with self._keeping:
            kept = self._kept
            if kept is None or kept.until > now or self._count(connection, kept) != len(kept.rows):
                until = now - _SETTLED
                rows = decided(connection, _BY_PERSONS, _D.decided < until)
                kept = self._kept = _Settled(until, conformed(rows))
            return kept

    def _count(self, connection: sa.Connection, kept: _Settled) -> int:
        wanted = sa.select(sa.func.count()).where(_BY_PERSONS, _D.decided < kept.until)
        return int(connection.execute(wanted).scalar_one())


def all_marks(connection: sa.Connection, since: datetime | None) -> pl.DataFrame:
    """What happened to decisions after they were made: one row per decision it happened to."""
    if since is None:
        return _joined(connection, _UNDONE, _SUPERSEDING)
    # what happens to a decision happens after it, so this leaves out nothing that is asked for
    return _joined(connection, _UNDONE & (_D.undone >= since), _SUPERSEDING & (_D.decided >= since))


def marks_of(connection: sa.Connection, ids: Sequence[str]) -> pl.DataFrame:
    """The same, of these decisions."""
    return _joined(connection, _UNDONE & _D.id.in_(ids), _SUPERSEDING & _D.supersedes.in_(ids))


_UNDONE = _D.undone.is_not(None)
_SUPERSEDING = _D.supersedes.is_not(None) & _D.undone.is_(None)


def _joined(
    connection: sa.Connection, undone: sa.ColumnElement[bool], superseding: sa.ColumnElement[bool]
) -> pl.DataFrame:
    moment = sa.type_coerce(_D.undone, sa.BigInteger)
    first = pl.DataFrame(
        [
            tuple(row)
            for row in connection.execute(sa.select(_D.id, moment, _D.undone_by).where(undone))
        ],
        schema={"decision": pl.String, "undone": pl.Int64, "undone_by": pl.String},
        orient="row",
    ).with_columns(pl.col("undone").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
    wanted = sa.select(_D.supersedes, _D.id, _D.seq).where(superseding)
    second = pl.DataFrame(
        [tuple(row) for row in connection.execute(wanted)],
        schema={"decision": pl.String, "superseded_by": pl.String, "seq": pl.Int64},
        orient="row",
    )
    second = second.sort("seq").unique("decision", keep="last").drop("seq")
    return first.join(second, on="decision", how="full", coalesce=True)

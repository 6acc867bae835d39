"""What of the log stands in the database: the last decisions, and what happened to others since."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa
import sqlalchemy as sa

from portreeve.store.log.rows import conformed, decided, of_batches
from portreeve.store.tables.core import batches, decisions

_SETTLED = timedelta(minutes=10)
"""After so long no decision appears any more that says it was made earlier."""
_FEW = 1_000
_D = decisions.c
_BY_PERSONS = _D.batch.is_(None)


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
        self,
        connection: sa.Connection,
        now: datetime,
        since: datetime | None,
        names: Sequence[str],
    ) -> pa.Table:
        """The rows that are in no file, those of a time range at least; some of their columns."""
        parts = self._by_persons(connection, now)
        wanted = sa.select(batches.c.seq, batches.c.columns)
        if since is not None:
            wanted = wanted.where(batches.c.decided >= since)
        waiting = connection.execute(wanted.order_by(batches.c.seq)).all()
        if waiting:
            parts.append(of_batches(connection, waiting))
        return pl.concat([part.select(names) for part in parts]).to_arrow()

    def _by_persons(self, connection: sa.Connection, now: datetime) -> list[pl.DataFrame]:
        settled = self._settled(connection, now)
        newest = _D.decided >= settled.until
        count = sa.select(sa.func.count()).where(_BY_PERSONS, newest)
        if (waiting := connection.execute(count).scalar_one()) == 0:
            return [settled.rows]
        if waiting > _FEW:
            with self._keeping:
                self._kept = None
        return [settled.rows, conformed(decided(connection, _BY_PERSONS, newest))]

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


class Marks:
    """What happened to decisions after they were made, one row per decision it happened to.

    Those of all time are kept in memory until something happens to another one.
    """

    def __init__(self) -> None:
        self._kept: tuple[tuple[int | None, ...], pl.DataFrame] | None = None
        self._keeping = threading.Lock()

    def rows(self, connection: sa.Connection, since: datetime | None) -> pl.DataFrame:
        """Those that happened since, or all of them."""
        if since is not None:
            # what happens to a decision happens after it, so this leaves out nothing asked for
            undone, superseding = _UNDONE & (_D.undone >= since), _D.decided >= since
            return _joined(connection, undone, _SUPERSEDING & superseding)
        with self._keeping:
            state = _state(connection)
            if self._kept is None or self._kept[0] != state:
                self._kept = (state, _joined(connection, _UNDONE, _SUPERSEDING))
            return self._kept[1]


def _state(connection: sa.Connection) -> tuple[int | None, ...]:
    """Figures that change with every mark that is made, taken back or deleted."""
    undone = sa.select(sa.func.count(), sa.func.max(sa.type_coerce(_D.undone, sa.BigInteger)))
    superseding = sa.select(sa.func.count(), sa.func.max(_D.seq))
    return (
        *connection.execute(undone.where(_UNDONE)).one(),
        *connection.execute(superseding.where(_D.supersedes.is_not(None))).one(),
    )


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
    second = _frame(
        connection.execute(sa.select(_D.supersedes, _D.id, _D.seq).where(superseding)).all(),
        {"decision": pl.String(), "superseded_by": pl.String(), "seq": pl.Int64()},
    )
    second = second.sort("seq").unique("decision", keep="last").drop("seq")
    return first.join(second, on="decision", how="full", coalesce=True)


def _frame(rows: Sequence[Any], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Rows as columns; column by column polars takes them more quickly."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    return pl.DataFrame(
        [
            pl.Series(name, values, dtype=kind)
            for (name, kind), values in zip(schema.items(), columns, strict=True)
        ]
    )

"""What happens now, counted once for all who look within some seconds."""

from __future__ import annotations

import statistics
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.overview import (
    DAYS,
    MOST_RULES,
    WEEK,
    AppealFigures,
    Counted,
    Figures,
    HealthLine,
    Overview,
    OverviewDay,
    Pace,
    QueueFigures,
)
from portreeve.service.actor import PORTREEVE, Actor
from portreeve.service.alarms import Alarms
from portreeve.service.commerce.licence_records import waiting
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.log import Log
from portreeve.store import micros
from portreeve.store.log import Query
from portreeve.store.tables.cases import appeals, cases, second_readings
from portreeve.store.tables.commerce import merchant_licences

KEPT = timedelta(seconds=10)
"""How long figures are shown before they are counted anew."""

_DAY = timedelta(days=1)
_SOON = _DAY
_MOST_ALARMS = 20
_MOST_GROUPS = 100_000
_FIGURES = (Scope.log, Scope.cases, Scope.policies_read, Scope.audit)
"""Whoever may do one of these sees how many decisions there were."""


@dataclass(frozen=True)
class _Work:
    """What waits, and how quickly it is done."""

    queues: list[QueueFigures]
    pace: Pace
    readings: int
    appeals: AppealFigures
    licences: int


class Overviews:
    """Counts what the overview shows. ``ready`` says how the parts of the service are."""

    def __init__(
        self, context: Context, log: Log, alarms: Alarms, ready: Callable[[], dict[str, str]]
    ) -> None:
        self._context = context
        self._log = log
        self._alarms = alarms
        self._ready = ready
        self._kept: dict[str, tuple[datetime, Any]] = {}
        self._counting = threading.Lock()

    def now(self, actor: Actor, zone: tzinfo = UTC) -> Overview:
        """What the actor may see of what happens now; days are those of ``zone``."""
        now = self._context.now()
        made, work = self._recent("", now, lambda: self._work(now))
        figures: Figures | None = None
        if any(actor.may(scope) for scope in _FIGURES):
            made, figures = self._recent(str(zone), now, lambda: self._figures(now, zone))
        sees_cases = actor.may(Scope.cases)
        return Overview(
            made=made,
            figures=figures,
            queues=work.queues if sees_cases else None,
            pace=work.pace if sees_cases else None,
            readings=work.readings if sees_cases else None,
            appeals=work.appeals if sees_cases else None,
            licences=work.licences if actor.may(Scope.merchants_verify) else None,
            alarms=self._open_alarms() if actor.may(Scope.policies_read) else None,
            health=[HealthLine(name=name, state=state) for name, state in self._ready().items()],
        )

    def _recent(self, key: str, now: datetime, count: Callable[[], Any]) -> tuple[datetime, Any]:
        """What was counted a moment ago, or counts anew: one at a time, for all who wait."""
        with self._counting:
            made, value = self._kept.get(key, (None, None))
            if made is None or not now - KEPT < made <= now:
                made, value = now, count()
                self._kept = {k: kept for k, kept in self._kept.items() if kept[0] > now - KEPT}
                self._kept[key] = (made, value)
            return made, value

    # --- decisions --------------------------------------------------------------------------------

    def _figures(self, now: datetime, zone: tzinfo) -> Figures | None:
        """How many decisions there were; None where the log is too large to count in time."""
        spans = _Spans.until(now, zone)
        try:
            counts = _Counts(spans, self._counted(spans, ("verdict", "surface", "goods_tier")))
            rules = _Counts(spans, self._counted(spans, ("rules",), each="rules"))
        except ServiceError:
            return None
        return Figures(
            days=counts.days(),
            today=counts.compared("verdict", days=1),
            verdicts=counts.compared("verdict", days=WEEK),
            surfaces=counts.compared("surface", days=WEEK),
            tiers=counts.compared("goods_tier", days=WEEK),
            rules=rules.compared("rules", days=WEEK)[:MOST_RULES],
        )

    def _counted(
        self, spans: _Spans, names: tuple[str, ...], each: str | None = None
    ) -> list[dict[str, Any]]:
        """How many decisions by some columns and span."""
        rows: list[dict[str, Any]] = self._log.ask(
            Query(
                select=(f"{spans.sql()} AS span", *(f'"{n}"' for n in names), "count(*) AS n"),
                since=spans.starts[0],
                until=spans.end,
                group=True,
                each=each,
                order="1",
                limit=_MOST_GROUPS,
            )
        ).to_pylist()
        return rows

    # --- work -------------------------------------------------------------------------------------

    def _work(self, now: datetime) -> _Work:
        with self._context.database.read() as connection:
            return _Work(
                queues=_queues(connection, now),
                pace=_pace(connection, now),
                readings=_count(connection, second_readings),
                appeals=_appeals(connection, now),
                licences=_licences(connection),
            )

    def _open_alarms(self) -> list[Any]:
        page = self._alarms.page(PORTREEVE, paging=Paging(limit=_MOST_ALARMS))
        return [alarm for alarm in page.items if alarm.acknowledged is None]


@dataclass(frozen=True)
class _Spans:
    """The days of the chart; the one a week ago is cut where it is as late as now."""

    starts: list[datetime]
    end: datetime

    @classmethod
    def until(cls, now: datetime, zone: tzinfo) -> _Spans:
        """Those up to now, in a zone."""
        days = [_midnight(now - timedelta(days=ago), zone) for ago in range(DAYS)]
        return cls(sorted({*days, now - timedelta(days=WEEK)}), now)

    def sql(self) -> str:
        """Which span a decision is of, by number."""
        later = [
            f"WHEN epoch_us(decided) >= {micros(start)} THEN {at}"
            for at, start in enumerate(self.starts)
        ]
        return f"CASE {' '.join(reversed(later))} END"

    @property
    def cut(self) -> int:
        """The span that begins a week ago, at this time of day."""
        return self.starts.index(self.end - timedelta(days=WEEK))


class _Counts:
    """Counts by span, to be summed."""

    def __init__(self, spans: _Spans, rows: list[dict[str, Any]]) -> None:
        self._spans = spans
        self._rows = rows

    def days(self) -> list[OverviewDay]:
        """By day and verdict."""
        cut = self._spans.cut
        verdicts: dict[int, Counter[str]] = defaultdict(Counter)
        for row in self._rows:
            # what came a week ago after this time of day is of the same day as what came before
            verdicts[row["span"] - (row["span"] == cut)][row["verdict"]] += row["n"]
        return [
            OverviewDay(start=start, verdicts=dict(verdicts[at]))
            for at, start in enumerate(self._spans.starts)
            if at != cut
        ]

    def compared(self, name: str, *, days: int) -> list[Counted]:
        """By the values of a column: the last days until now, and the same a week earlier."""
        cut, last = self._spans.cut, len(self._spans.starts)
        counts: Counter[str] = Counter()
        before: Counter[str] = Counter()
        for row in self._rows:
            if row[name] is None:
                continue
            if row["span"] >= last - days:
                counts[row[name]] += row["n"]
            elif cut - days <= row["span"] < cut:
                before[row[name]] += row["n"]
        names = sorted(counts | before, key=lambda one: (-counts[one], -before[one], one))
        return [Counted(name=one, count=counts[one], before=before[one]) for one in names]


def _midnight(moment: datetime, zone: tzinfo) -> datetime:
    """When the day of a moment began."""
    local = moment.astimezone(zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


def _queues(connection: sa.Connection, now: datetime) -> list[QueueFigures]:
    c = cases.c
    wanted = (
        sa.select(
            c.queue,
            sa.func.count().label("open"),
            sa.func.sum(sa.case((c.claimed_until > now, 1), else_=0)).label("claimed"),
            sa.func.sum(sa.case((c.due < now, 1), else_=0)).label("overdue"),
            sa.func.min(c.opened).label("oldest"),
            sa.func.min(c.due).label("due"),
        )
        # written out, so that SQLite sees that the index of open cases serves
        .where(c.state == sa.literal_column("'open'"))
        .group_by(c.queue)
        .order_by(sa.desc("open"), c.queue)
    )
    return [QueueFigures(**_plain(row)) for row in connection.execute(wanted)]


def _appeals(connection: sa.Connection, now: datetime) -> AppealFigures:
    c = appeals.c
    wanted = sa.select(
        sa.func.count().label("open"),
        sa.func.coalesce(sa.func.sum(sa.case((c.due < now, 1), else_=0)), 0).label("overdue"),
        sa.func.coalesce(
            sa.func.sum(sa.case((c.due.between(now, now + _SOON), 1), else_=0)), 0
        ).label("due_soon"),
        sa.func.min(c.filed).label("oldest"),
    ).where(c.state == "open")
    return AppealFigures(**_plain(connection.execute(wanted).one()))


def _pace(connection: sa.Connection, now: datetime) -> Pace:
    c, week = cases.c, timedelta(days=WEEK)
    wanted = sa.select(c.decided, c.opened).where(c.decided >= now - 2 * week)
    taken: dict[bool, list[float]] = defaultdict(list)
    for decided, opened in connection.execute(wanted):
        taken[decided >= now - week].append((decided - opened).total_seconds())
    return Pace(
        decided=len(taken[True]),
        median_seconds=statistics.median(taken[True]) if taken[True] else None,
        decided_before=len(taken[False]),
        median_seconds_before=statistics.median(taken[False]) if taken[False] else None,
    )


def _count(connection: sa.Connection, table: sa.Table) -> int:
    wanted = sa.select(sa.func.count()).select_from(table).where(table.c.state == "open")
    return int(connection.execute(wanted).scalar_one())


def _licences(connection: sa.Connection) -> int:
    wanted = sa.select(sa.func.count()).select_from(merchant_licences).where(waiting())
    return int(connection.execute(wanted).scalar_one())


def _plain(row: sa.Row[Any]) -> dict[str, Any]:
    """A row with PostgreSQL's decimal sums as whole numbers."""
    return {
        name: int(value) if name in ("open", "claimed", "overdue", "due_soon") else value
        for name, value in row._mapping.items()
    }

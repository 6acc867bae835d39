"""The overview: what happened, what waits, what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.overview import AppealFigures, Counted, Pace, QueueFigures
from portreeve.service.actor import Actor
from portreeve.service.log import Log
from portreeve.service.overview import Overviews
from portreeve.service.policies import Policies
from portreeve.store.tables.cases import appeals, cases
from service.log_support import write_batch

ALL = Actor("ann", frozenset({Scope.admin}))
NOW = datetime(2014, 6, 20, 3, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def overviews(context, clock):
    clock.set(NOW)
    policies = Policies(context)
    return Overviews(context, Log(context), policies.alarms, lambda: {"engine": "ok"})


def decided(context, clock, at, **row):
    clock.set(at)
    write_batch(context.database, row)
    clock.set(NOW)


def test_days_are_the_readers_and_weeks_are_compared_to_the_hour(overviews, context, clock):
    decided(context, clock, datetime(2014, 6, 6, 15, tzinfo=UTC))  # before the first day
    decided(context, clock, datetime(2014, 6, 6, 16, tzinfo=UTC), rules=["r"])
    decided(context, clock, datetime(2014, 6, 13, 2, tzinfo=UTC), verdict="refuse", rules=["r"])
    decided(context, clock, datetime(2014, 6, 13, 4, tzinfo=UTC), verdict="hold")
    Log(context).exporter.export()
    decided(context, clock, datetime(2014, 6, 19, 16, tzinfo=UTC), goods_tier="black",
            rules=["r", "s"])  # fmt: skip
    decided(context, clock, datetime(2014, 6, 20, 2, tzinfo=UTC), verdict="refuse")

    figures = overviews.now(ALL, SHANGHAI).figures
    assert figures.days[0].start == datetime(2014, 6, 6, 16, tzinfo=UTC)
    assert [day.verdicts for day in figures.days if day.verdicts] == [
        {"allow": 1}, {"refuse": 1, "hold": 1}, {"allow": 1, "refuse": 1},
    ]  # fmt: skip
    assert len(figures.days) == 14
    assert figures.today == [
        Counted(name="refuse", count=1, before=1), Counted(name="allow", count=1, before=0),
    ]  # fmt: skip
    assert figures.verdicts == [
        Counted(name="allow", count=1, before=1),
        Counted(name="refuse", count=1, before=1),
    ]
    assert figures.surfaces == [Counted(name="moments", count=2, before=2)]
    assert figures.tiers == [Counted(name="black", count=1, before=0)]
    assert figures.rules == [
        Counted(name="r", count=1, before=2), Counted(name="s", count=1, before=0),
    ]  # fmt: skip


def case(id, **row):
    return {
        "id": id, "network": "acquaintance", "origin": "decision", "queue": "default",
        "state": "open", "sealed": False, "severity": 1.0, "reach": 0, "reports": 0, "rank": 0,
        "revision": 1, "opened": NOW - timedelta(hours=3), "due": NOW + timedelta(hours=1),
        "claimed_until": None, "decided": None,
    } | row  # fmt: skip


def test_what_waits_and_how_quickly_it_is_done(overviews, context):
    hour = timedelta(hours=1)
    with context.database.write() as tx:
        tx.execute(
            sa.insert(cases),
            [
                case("a", due=NOW - hour),
                case("b", opened=NOW - 5 * hour, claimed_until=NOW + hour),
                case("c", queue="medical"),
                case("d", state="decided", opened=NOW - 3 * hour, decided=NOW - hour),
                case("e", state="decided", opened=NOW - 9 * hour, decided=NOW - hour),
                case("f", state="decided", opened=NOW - 240 * hour, decided=NOW - 239 * hour),
            ],
        )
        tx.execute(
            sa.insert(appeals),
            [
                {"id": id, "decision": id, "item": id, "network": "acquaintance",
                 "state": "open", "filed": NOW - day, "due": NOW + due, "words": b""}
                for id, day, due in (
                    ("p", 3 * hour, hour), ("q", 9 * hour, -hour), ("r", hour, 90 * hour),
                )
            ],
        )  # fmt: skip
    found = overviews.now(ALL)
    assert found.queues == [
        QueueFigures(queue="default", open=2, claimed=1, overdue=1, oldest=NOW - 5 * hour,
                     due=NOW - hour),
        QueueFigures(queue="medical", open=1, claimed=0, overdue=0, oldest=NOW - 3 * hour,
                     due=NOW + hour),
    ]  # fmt: skip
    assert found.pace == Pace(
        decided=2, median_seconds=5 * 3600.0, decided_before=1, median_seconds_before=3600.0
    )
    assert found.appeals == AppealFigures(open=3, overdue=1, due_soon=1, oldest=NOW - 9 * hour)
    assert (found.readings, found.alarms, found.healthy) == (0, [], True)


def test_everybody_sees_what_they_may(overviews):
    analyst = overviews.now(Actor("a", frozenset({Scope.log})))
    assert (analyst.queues, analyst.appeals, analyst.alarms) == (None, None, None)
    assert analyst.figures is not None
    nobody = overviews.now(Actor("n"))
    assert (nobody.figures, nobody.queues, nobody.pace) == (None, None, None)


def test_it_is_counted_once_in_ten_seconds(overviews, context, clock):
    first = overviews.now(ALL)
    decided(context, clock, NOW - timedelta(minutes=1))
    clock.advance(seconds=9)
    assert overviews.now(ALL) == first
    clock.advance(seconds=2)
    assert overviews.now(ALL).figures.today == [Counted(name="allow", count=1, before=0)]

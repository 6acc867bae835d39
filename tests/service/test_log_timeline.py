"""Decisions over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from portreeve.schemas.access import Scope
from portreeve.schemas.log import LogTimeline, TimelineSeries
from portreeve.service.actor import Actor
from portreeve.service.errors import ServiceError
from portreeve.service.log import Log
from portreeve.service.log_timeline import following, steps, timeline
from service.log_support import decide_by_person, write_batch

ANALYST = Actor("analyst", frozenset({Scope.log}))
SHANGHAI, BERLIN, KATHMANDU = map(ZoneInfo, ("Asia/Shanghai", "Europe/Berlin", "Asia/Kathmandu"))


def at(text):
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.fixture
def log(context, clock):
    """Decisions around midnight in Shanghai, in files, in the tail, by a person."""
    log = Log(context)
    for moment, row in (
        ("2014-06-01T23:30:00+08:00", {"verdict": "refuse", "contacts": 1}),
        ("2014-06-02T00:10:00+08:00", {"verdict": "allow"}),
        ("2014-06-04T12:00:00+08:00", {"verdict": "allow", "surface": "comment"}),
    ):
        clock.set(at(moment))
        write_batch(context.database, row)
        if row["verdict"] == "refuse":
            log.exporter.export()
    clock.set(at("2014-06-04T13:00:00+08:00"))
    decide_by_person(context.database, "ann", verdict="remove")
    return log


def test_days_are_those_of_the_reader(log):
    found = log.timeline(
        ANALYST,
        LogTimeline(since=at("2014-06-01T00:00:00+08:00"), until=at("2014-06-05T00:00:00+08:00")),
        SHANGHAI,
    )
    assert (found.unit, found.total) == ("hour", 4)
    found = log.timeline(ANALYST, LogTimeline(unit="day"), SHANGHAI)
    assert found.starts == [
        at(f"2014-06-0{day}T00:00:00+08:00") for day in (1, 2, 3, 4)
    ]  # fmt: skip
    assert found.end == at("2014-06-05T00:00:00+08:00")
    assert found.series == [
        TimelineSeries(value="allow", counts=[0, 1, 0, 1]),
        TimelineSeries(value="refuse", counts=[1, 0, 0, 0]),
        TimelineSeries(value="remove", counts=[0, 0, 0, 1]),
    ]
    assert log.timeline(ANALYST, LogTimeline(unit="day")).starts[0] == at("2014-06-01T00:00:00Z")


def test_a_condition_and_another_column(log):
    asked = LogTimeline(where="contacts > 0", unit="day", by="surface")
    assert log.timeline(ANALYST, asked, SHANGHAI).series == [
        TimelineSeries(value="moments", counts=[1])
    ]
    empty = log.timeline(ANALYST, LogTimeline(where="contacts > 9"))
    assert (empty.total, empty.series) == (0, [])


def test_nothing_at_all(context):
    found = Log(context).timeline(ANALYST, LogTimeline())
    assert (found.starts, found.series, found.total, found.end) == ([], [], 0, None)


def test_clocks_that_are_put_back_make_a_longer_day():
    first, last = at("2014-10-25T12:00:00+02:00"), at("2014-10-27T12:00:00+01:00")
    days = steps(at("2014-10-25T00:00:00+02:00"), last, "day", BERLIN)
    assert [b - a for a, b in pairwise(days)] == [
        timedelta(hours=24), timedelta(hours=25),
    ]  # fmt: skip
    counted = [(first, "a", 1), (at("2014-10-26T23:45:00+01:00"), "a", 2), (last, "a", 4)]
    assert timeline("day", BERLIN, counted, None, None).series[0].counts == [1, 2, 4]
    assert following(at("2014-03-30T00:00:00+01:00"), "day", BERLIN) == at(
        "2014-03-31T00:00:00+02:00"
    )
    assert following(at("2014-01-01T00:00:00+01:00"), "month", BERLIN) == at(
        "2014-02-01T00:00:00+01:00"
    )
    assert following(at("2014-03-24T00:00:00+01:00"), "week", BERLIN) == at(
        "2014-03-31T00:00:00+02:00"
    )


def test_a_zone_of_three_quarters_of_an_hour(log):
    found = log.timeline(ANALYST, LogTimeline(unit="hour", where="contacts > 0"), KATHMANDU)
    assert found.starts == [at("2014-06-01T21:00:00+05:45")]


def test_mistakes_are_named(log):
    with pytest.raises(ServiceError, match="unknown column `verdickt`"):
        log.timeline(ANALYST, LogTimeline(where="verdickt = 'x'"))
    with pytest.raises(ServiceError, match="lacks the scope `log`"):
        log.timeline(Actor("x"), LogTimeline())

"""How many decisions over time: in steps of a time zone's own hours, days, weeks and months."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from portreeve.schemas.log import Timeline, TimelineSeries, TimelineUnit

MOST_STEPS = 400
_LONGEST: tuple[tuple[TimelineUnit, timedelta], ...] = (
    ("minute", timedelta(hours=2)),
    ("hour", timedelta(days=4)),
    ("day", timedelta(days=120)),
    ("week", timedelta(days=800)),
)


def unit_for(length: timedelta) -> TimelineUnit:
    """The step that gives a range of this length some dozens of columns.

    >>> unit_for(timedelta(hours=12)), unit_for(timedelta(days=30))
    ('hour', 'day')
    """
    return next((unit for unit, longest in _LONGEST if length <= longest), "month")


class Grain(NamedTuple):
    """In what steps the database counts, to be summed: ``(time + shift) // size``."""

    size: timedelta
    shift: timedelta = timedelta()


def grain(unit: TimelineUnit, zone: tzinfo, begin: datetime, end: datetime) -> Grain:
    """The coarsest steps that can be summed to a unit of a zone.

    >>> from zoneinfo import ZoneInfo
    >>> summer, winter = datetime(2014, 6, 1, tzinfo=UTC), datetime(2014, 12, 1, tzinfo=UTC)
    >>> grain("day", ZoneInfo("Asia/Shanghai"), summer, winter).shift
    datetime.timedelta(seconds=28800)
    >>> grain("day", ZoneInfo("Europe/Berlin"), summer, winter).size
    datetime.timedelta(seconds=3600)
    """
    if unit == "minute":
        return Grain(timedelta(minutes=1))
    count = (end - begin) // timedelta(days=14) + 2
    moments = (begin + at * timedelta(days=14) for at in range(count))
    offsets = {moment.astimezone(zone).utcoffset() or timedelta() for moment in moments}
    if unit != "hour" and len(offsets) == 1:
        return Grain(timedelta(days=1), offsets.pop())
    is_whole = all(offset % timedelta(hours=1) == timedelta() for offset in offsets)
    return Grain(timedelta(hours=1) if is_whole else timedelta(minutes=15))


def timeline(
    unit: TimelineUnit,
    zone: tzinfo,
    counted: Iterable[tuple[datetime, str | None, int]],
    since: datetime | None,
    until: datetime | None,
) -> Timeline:
    """Counts by moment and value, as steps of a zone: from ``since`` to ``until`` without gaps, or
    from the first to the last.

    >>> from zoneinfo import ZoneInfo
    >>> evening = datetime(2014, 6, 1, 17, tzinfo=UTC)
    >>> one = timeline("day", ZoneInfo("Asia/Shanghai"), [(evening, "hold", 3)], None, None)
    >>> one.starts, one.series[0].counts, one.total
    ([datetime.datetime(2014, 6, 1, 16, 0, tzinfo=datetime.timezone.utc)], [3], 3)
    """
    by_step: dict[datetime, Counter[str | None]] = defaultdict(Counter)
    totals: Counter[str | None] = Counter()
    known: dict[datetime, datetime] = {}
    for moment, value, count in counted:
        if moment not in known:
            known[moment] = floor(moment, unit, zone)
        by_step[known[moment]][value] += count
        totals[value] += count
    first = floor(since, unit, zone) if since else min(by_step, default=None)
    last = until - timedelta(microseconds=1) if until else max(by_step, default=None)
    starts = [] if first is None or last is None else steps(first, last, unit, zone)
    return Timeline(
        unit=unit,
        starts=starts,
        end=following(starts[-1], unit, zone) if starts else None,
        series=[
            TimelineSeries(value=value, counts=[by_step[start][value] for start in starts])
            for value, _ in sorted(totals.items(), key=lambda one: (-one[1], one[0] or ""))
        ],
        total=sum(totals.values()),
    )


def steps(first: datetime, last: datetime, unit: TimelineUnit, zone: tzinfo) -> list[datetime]:
    """The steps from the one that begins at ``first`` to the one that ``last`` is in."""
    found = [first]
    while (after := following(found[-1], unit, zone)) <= last and len(found) < MOST_STEPS:
        found.append(after)
    return found


def floor(moment: datetime, unit: TimelineUnit, zone: tzinfo) -> datetime:
    """When the step of a moment began."""
    local = moment.astimezone(zone)
    if unit == "minute":
        start = local.replace(second=0, microsecond=0)
    elif unit == "hour":
        start = local.replace(minute=0, second=0, microsecond=0)
    else:
        start = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        if unit == "week":
            start -= timedelta(days=start.weekday())
        elif unit == "month":
            start = start.replace(day=1)
    return start.astimezone(UTC)


def following(start: datetime, unit: TimelineUnit, zone: tzinfo) -> datetime:
    """When the next step begins."""
    if unit in ("minute", "hour"):
        return start + timedelta(**{f"{unit}s": 1})
    inside = {"day": 36, "week": 7 * 24 + 12, "month": 32 * 24}[unit]
    return floor(start + timedelta(hours=inside), unit, zone)

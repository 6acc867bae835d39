"""Names of times on an axis: which columns get one, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

Unit = Literal["minute", "hour", "day", "week", "month"]
"""How long a column is; of minutes it may be several."""

_LEAST, _MOST = 3, 7
"""Names that find room on a wide page; half of them do on a telephone."""


class Label(NamedTuple):
    """The name of a column."""

    short: str
    """What stands on the axis; empty for most columns."""
    long: str
    coarse: bool
    """It stays on the axis of a narrow page."""


def labels(times: Sequence[datetime], unit: Unit, language: str) -> list[Label]:
    """Names for columns that begin at these times, which are in the reader's zone.

    >>> days = [datetime(2014, 3, 30 + i) if i < 2 else datetime(2014, 4, i - 1) for i in range(10)]
    >>> [label.short for label in labels(days, "day", "en")]
    ['30 Mar', '', '1 Apr', '', '3 Apr', '', '5 Apr', '', '7 Apr', '']
    >>> labels(days[:1], "day", "zh")[0]
    Label(short='3月30日', long='3月30日 周日', coarse=True)
    """
    chosen = _chosen(times, unit)
    named = []
    for i, time in enumerate(times):
        place = chosen.index(i) if i in chosen else None
        named.append(
            Label(
                short="" if place is None else _short(time, unit, language),
                long=_long(time, unit, language),
                coarse=place is not None and place % 2 == 0,
            )
        )
    return named


def _chosen(times: Sequence[datetime], unit: Unit) -> list[int]:
    """The columns that get a name: at round times, as many as there is room for."""
    for fits in _ROUND[unit]:
        chosen = [i for i, time in enumerate(times) if fits(time)]
        if _LEAST <= len(chosen) <= _MOST:
            return chosen
    stride = -(-len(times) // _MOST)
    return list(range(0, len(times), max(stride, 1)))


def _short(time: datetime, unit: Unit, language: str) -> str:
    if unit in ("minute", "hour"):
        return _day(time, language) if time.hour == time.minute == 0 else f"{time:%H:%M}"
    if unit == "month":
        return f"{time.year}年{time.month}月" if language == "zh" else f"{time:%b %Y}"
    return _day(time, language)


def _long(time: datetime, unit: Unit, language: str) -> str:
    if unit in ("minute", "hour"):
        return f"{_day(time, language)} {time:%H:%M}"
    if unit == "month":
        return _short(time, unit, language)
    if unit == "week":
        day = _day(time, language)
        return f"{time.year}年{day}" if language == "zh" else f"{day} {time.year}"
    if language == "zh":
        return f"{_day(time, language)} 周{'一二三四五六日'[time.weekday()]}"
    return f"{time:%a} {_day(time, language)}"


def _day(time: datetime, language: str) -> str:
    if language == "zh":
        return f"{time.month}月{time.day}日"
    return f"{time.day} {time:%b}"


def _hours(step: int) -> Callable[[datetime], bool]:
    return lambda time: time.minute == 0 and time.hour % step == 0


def _minutes(step: int) -> Callable[[datetime], bool]:
    return lambda time: time.minute % step == 0


def _is_monday(time: datetime) -> bool:
    return time.weekday() == 0


def _is_second_monday(time: datetime) -> bool:
    return time.weekday() == 0 and time.toordinal() // 7 % 2 == 0


def _begins_month(time: datetime) -> bool:
    return time.day == 1


def _begins_quarter(time: datetime) -> bool:
    return time.day == 1 and time.month % 3 == 1


_WITHIN_A_DAY = [_hours(1), _hours(3), _hours(6), _hours(12), _hours(24)]
_ROUND: dict[Unit, list[Callable[[datetime], bool]]] = {
    "minute": [_minutes(5), _minutes(10), _minutes(15), _minutes(30), *_WITHIN_A_DAY],
    "hour": _WITHIN_A_DAY,
    "day": [_is_monday, _is_second_monday, _begins_month, _begins_quarter],
    "week": [],
    "month": [_begins_month, _begins_quarter],
}

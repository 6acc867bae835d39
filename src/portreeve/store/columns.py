"""Column types that mean the same in SQLite and in PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND


class Time(sa.types.TypeDecorator[datetime]):
    """A moment: microseconds since 1970 in the database, an aware UTC datetime in Python."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else moment(value)


class Json(sa.types.TypeDecorator[Any]):
    """Anything msgspec can write as JSON, as text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return None if value is None else msgspec.json.decode(value)


Sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""An automatic number: SQLite counts only plain INTEGER keys."""


def micros(time: datetime) -> int:
    """Microseconds since 1970. A time without offset is UTC.

    With an offset a time may lie beyond the years 1 to 9999 of UTC: it is taken as the last moment
    within them, so that :func:`moment` can tell it.

    >>> micros(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    known = time.replace(tzinfo=UTC) if time.tzinfo is None else time
    return min(max((known - _EPOCH) // _MICROSECOND, _FIRST), _LAST)


def in_utc(time: datetime, *, margin: timedelta = timedelta()) -> datetime | None:
    """A time in UTC; None when it lies beyond the years 1 to 9999 there, or within ``margin`` of
    their ends. A time without offset is UTC.

    >>> in_utc(datetime.fromisoformat("0001-01-01T00:00:00+14:00")) is None
    True
    """
    known = time.replace(tzinfo=UTC) if time.tzinfo is None else time
    passed = known - _EPOCH
    if not _FIRST * _MICROSECOND + margin <= passed <= _LAST * _MICROSECOND - margin:
        return None
    return known.astimezone(UTC)


def moment(number: int) -> datetime:
    """The moment so many microseconds after 1970.

    >>> moment(1_000_000)
    datetime.datetime(1970, 1, 1, 0, 0, 1, tzinfo=datetime.timezone.utc)
    """
    return _EPOCH + number * _MICROSECOND

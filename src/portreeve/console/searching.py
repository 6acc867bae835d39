"""A search of the log as its address holds it: read, narrowed, and written again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode

import msgspec

from portreeve.policy.sqltext import quoted
from portreeve.schemas.saved_searches import SearchWords
from portreeve.service.errors import ServiceError
from portreeve.store.log import LOG

PATH = "/console/search"

COLUMNS = (
    "decided", "verdict", "surface", "account", "item", "rules", "goods_category", "decided_by",
)  # fmt: skip
"""What a table shows unless other columns are chosen."""

ROWS = 100
GROUPS = 200

Span = Literal["today", "7d", "30d", "all", "dates"]
SPANS: tuple[Span, ...] = ("today", "7d", "30d", "all", "dates")


class SearchQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The address of a search."""

    where: str | None = None
    range: Span = "7d"
    start: str | None = msgspec.field(name="from", default=None)
    end: str | None = msgspec.field(name="to", default=None)
    columns: list[str] = msgspec.field(default_factory=list)
    group: list[str] = msgspec.field(default_factory=list)
    order: str | None = None
    cursor: str | None = None

    @property
    def condition(self) -> str | None:
        """The condition; None for all decisions."""
        return (self.where or "").strip() or None

    @property
    def shown(self) -> list[str]:
        """The columns of the table; what the log does not have is left out."""
        return [name for name in self.columns if name in LOG] or list(COLUMNS)

    def address(self, **changes: Any) -> str:
        """The address of this search, or of one like it; it begins with the first page.

        >>> SearchQuery(where="lawful", group=["verdict"]).address(range="all")
        '/console/search?where=lawful&range=all&group=verdict'
        """
        return f"{PATH}?{self.encoded(**changes)}"

    def encoded(self, **changes: Any) -> str:
        """What stands after the question mark of the address."""
        changed = msgspec.structs.replace(self, **{"cursor": None, **changes})
        pairs: list[tuple[str, str]] = []
        for name, value in msgspec.to_builtins(changed).items():
            if isinstance(value, list):
                pairs += [(name, one) for one in value]
            elif value:
                pairs.append((name, value))
        if changed.range != "dates":
            pairs = [(name, value) for name, value in pairs if name not in ("from", "to")]
        return urlencode(pairs)

    def narrowed(self, column: str, value: Any, **changes: Any) -> str:
        """The address of the search for those decisions that have a value besides."""
        return self.address(where=both(self.condition, comparison(column, value)), **changes)

    def words(self) -> SearchWords:
        """What is kept of it when it is saved."""
        span = f"{self.start}..{self.end}" if self.range == "dates" else self.range
        try:
            return msgspec.convert(
                {
                    "where": self.condition, "columns": self.columns, "group_by": self.group,
                    "span": span,
                },
                SearchWords,
            )  # fmt: skip
        except msgspec.ValidationError:
            raise ServiceError(
                "invalid",
                "Of a range only whole days can be saved. Choose two days.",
                zh="时间范围只能按整天保存，请选择起止日期。",
                field="range",
            ) from None


def saved_query(saved: SearchWords) -> SearchQuery:
    """A saved search as its address.

    >>> saved_query(SearchWords(span="2014-06-01..2014-06-02")).encoded()
    'range=dates&from=2014-06-01&to=2014-06-02'
    """
    start, _, end = saved.span.partition("..")
    dates = {"range": "dates", "start": start, "end": end} if end else {"range": saved.span}
    return SearchQuery(
        where=saved.where, columns=saved.columns, group=saved.group_by,
        **dates,  # type: ignore[arg-type]
    )  # fmt: skip


class Period(NamedTuple):
    """From when to when; ``until`` does not count."""

    since: datetime | None
    until: datetime | None


def period(query: SearchQuery, now: datetime, zone: tzinfo) -> Period:
    """The time range of a search, in whole days of the reader's zone.

    Raises:
        ServiceError: ``invalid``, when a date cannot be read or the range is empty.
    """
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    match query.range:
        case "today":
            return Period(midnight, None)
        case "7d" | "30d":
            days = int(query.range[:-1])
            return Period(midnight - timedelta(days=days - 1), None)
        case "all":
            return Period(None, None)
    since = _moment(query.start, "from", zone)
    until = _moment(query.end, "to", zone)
    if query.end is not None and until is not None and len(query.end) == len("2014-06-01"):
        until += timedelta(days=1)
    if since and until and since >= until:
        raise ServiceError(
            "invalid",
            "The range ends before it begins. Exchange the two.",
            zh="结束时间早于开始时间，请对调。",
            field="to",
        )
    return Period(since, until)


def _moment(text: str | None, field: str, zone: tzinfo) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ServiceError(
            "invalid",
            f"{text!r} is not a date. Write it such as 2014-06-01.",
            zh=f"“{text}”不是日期，请写成 2014-06-01 这样。",
            field=field,
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def both(first: str | None, second: str) -> str:
    """Two conditions joined.

    >>> both("a OR b", "c"), both("lawful", "c"), both(None, "c")
    ('(a OR b) AND c', 'lawful AND c', 'c')
    """
    if first is None:
        return second
    return f"({first}) AND {second}" if " or " in f" {first.lower()} " else f"{first} AND {second}"


def comparison(column: str, value: Any) -> str:
    """The condition that a column has a value.

    >>> comparison("account", "o'neil"), comparison("rules", "a.b"), comparison("lawful", False)
    ("account = 'o''neil'", "list_contains(rules, 'a.b')", 'NOT lawful')
    >>> comparison("goods_tier", None), comparison("contacts", 2)
    ('goods_tier IS NULL', 'contacts = 2')
    """
    if value is None:
        return f"{column} IS NULL"
    if LOG[column].type == "list":
        return f"list_contains({column}, {quoted(str(value))})"
    if isinstance(value, bool):
        return column if value else f"NOT {column}"
    if isinstance(value, datetime):
        return f"{column} = '{value.isoformat()}'"
    return (
        f"{column} = {value!r}"
        if isinstance(value, int | float)
        else (f"{column} = {quoted(str(value))}")
    )


def countable(names: Iterable[str]) -> list[str]:
    """Names by which groups can be counted, of the columns that the log has."""
    return [name for name in names if name in LOG]

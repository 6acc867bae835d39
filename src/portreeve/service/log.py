"""Searching the decision log, and writing parts of it into files."""

from __future__ import annotations

import base64
import dataclasses
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, BinaryIO

import pyarrow as pa

from portreeve.policy.errors import Problem, suggest
from portreeve.policy.sqltext import quoted
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.log import (
    COLUMNS,
    LogExport,
    LogScope,
    LogSearch,
    LogTimeline,
    Timeline,
)
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.log_files import Format, writing
from portreeve.service.log_timeline import grain, timeline, unit_for
from portreeve.store import micros, moment
from portreeve.store.log import (
    LOG,
    NEWEST_FIRST,
    ConditionError,
    LogColumn,
    LogExporter,
    LogLimitError,
    LogRangeError,
    LogReader,
    LogType,
    Query,
    checked,
)
from portreeve.store.log.export import FOLDER

EXPORT_ROWS = 1_000_000
"""The most decisions that one export writes."""

SEARCHES = 2
"""How many searches one process does at once; they share two threads."""

MEMORY_MB = 256
"""Memory for each of them; one alone may have that of all."""

EXPORT_SECONDS = 120.0

_MOST_COUNTS = 1_000_000
"""Steps times values of a column: more than there ever are."""

_PATIENCE_SECONDS = 1.0
"""How long another search waits for one of these to end."""

_DAY = timedelta(days=1)

Row = dict[str, Any]


class Log:
    """The decision log: every decision with every signal; no content."""

    def __init__(self, context: Context) -> None:
        folder = context.folder / FOLDER
        self._database = context.database
        self._reader = LogReader(context.database, folder, memory_mb=SEARCHES * MEMORY_MB)
        self._places = threading.BoundedSemaphore(SEARCHES)
        self.exporter = LogExporter(context.database, folder)
        """Moves decisions into the log's files; a worker calls its ``work``."""

    def search(self, actor: Actor, request: LogSearch) -> Page[Row]:
        """Decisions that meet a condition, or how many there are by some columns.

        A search has 10 seconds, 256 MB and 10,000 rows.

        Raises:
            ServiceError: ``invalid``, pointing at the mistake; ``too-much``, beyond those limits;
                ``rate-limited``, when other searches are under way.
        """
        actor.need(Scope.log)
        with self._place():
            return self._found(request)

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Wait a moment for one of the few places."""
        if not self._places.acquire(timeout=_PATIENCE_SECONDS):
            raise ServiceError(
                "rate-limited", "Other searches are under way. Try again in 2 s.", retry_after=2
            )
        try:
            yield
        finally:
            self._places.release()

    def check(self, actor: Actor, where: str) -> None:
        """See that a condition can be asked for.

        Raises:
            ServiceError: ``invalid``, pointing at the mistake.
        """
        actor.need(Scope.log)
        checked_where(where)

    def size(self, actor: Actor, since: datetime | None, until: datetime | None) -> int:
        """About how many decisions there are of a time range; quick."""
        actor.need(Scope.log)
        return self._reader.size(since, until)

    def timeline(
        self, actor: Actor, request: LogTimeline, zone: tzinfo = UTC, *, now: datetime | None = None
    ) -> Timeline:
        """How many decisions there were over time, in steps of ``zone``.

        Raises:
            ServiceError: ``invalid``, pointing at the mistake; ``too-much``, beyond the limits.
        """
        actor.need(Scope.log)
        where = _where(request)
        end = request.until or now or self._database.clock()
        begin = request.since or self._reader.begins() or end
        unit = request.unit or unit_for(end - begin)
        size, shift = (part // timedelta(microseconds=1) for part in grain(unit, zone, begin, end))
        query = Query(
            select=(
                f"(epoch_us(decided) + {shift}) // {size} AS step",
                _name(request.by),
                "count(*) AS n",
            ),
            where=where,
            since=request.since,
            until=request.until,
            group=True,
            order="1",
            limit=_MOST_COUNTS,
        )
        with self._place():
            rows = _ask(self._reader, query)
        counted = zip(*(column.to_pylist() for column in rows.columns), strict=True)
        moments = ((moment(step * size - shift), value, n) for step, value, n in counted)
        return timeline(unit, zone, moments, request.since, request.until or now)

    def ask(self, query: Query) -> pa.Table:
        """What the service itself wants to know; who is to see it is for the caller to say.

        Raises:
            ServiceError: ``too-much``, beyond the limits of a search.
        """
        return _ask(self._reader, query)

    def _found(self, request: LogSearch) -> Page[Row]:
        if request.group_by:
            return self._groups(request, _known(request.group_by, "group_by"))
        columns = _known(request.columns or COLUMNS, "columns")
        key, falling = _order(request.order)
        query = Query(
            select=(
                *(_name(column.name) for column in columns),
                f'{_name(key.name)} AS "{_KEY}"',
                f'seq AS "{_SEQ}"',
            ),
            where=(*_where(request), *_after(request.cursor, key, falling)),
            since=request.since,
            until=request.until,
            order=_row_order(key, falling),
            limit=request.limit + 1,
        )
        rows = _ask(self._reader, query).to_pylist()
        shown = rows[: request.limit]
        more = len(rows) > request.limit
        return Page(
            items=[{column.name: row[column.name] for column in columns} for row in shown],
            next=_cursor(shown[-1], key, falling) if more else None,
        )

    def export(
        self, actor: Actor, request: LogExport, file: BinaryIO, format: Format = "parquet"
    ) -> int:
        """Write the decisions meant into a file, oldest first; how many were written.

        They are read and written day by day, so that many take no more memory than those of a day.
        In CSV the elements of a list are joined by spaces. It has 120 seconds, and writes at most
        a million decisions: ask for a shorter time range to have them all.

        Raises:
            ServiceError: ``invalid``, pointing at the mistake; ``too-much``, beyond those limits.
        """
        actor.need(Scope.log)
        columns = _known(request.columns or list(LOG), "columns")
        query = Query(
            select=tuple(_name(column.name) for column in columns),
            where=_where(request),
            order="seq",
            limit=EXPORT_ROWS + 1,
        )
        written = 0
        with self._place(), writing(file, format) as write:
            for table in self._days(query, request.since, request.until):
                written += len(table)
                if written > EXPORT_ROWS:
                    raise ServiceError(
                        "too-much",
                        f"More than {EXPORT_ROWS:,} decisions are meant. Narrow `since` and "
                        "`until`.",
                        field="since",
                    )
                write(table)
        with self._database.write() as tx:
            tx.audit(actor.name, "log.export", "log", rows=written, format=format)
        return written

    def _days(
        self, query: Query, since: datetime | None, until: datetime | None
    ) -> Iterator[pa.Table]:
        """The answers for one day after the other; at least one, which may be empty."""
        end = until or self._database.clock() + _DAY
        begin = since or self._reader.begins() or end
        deadline = time.monotonic() + EXPORT_SECONDS
        while True:
            midnight = begin.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            stop = min(midnight + _DAY, end)
            day = dataclasses.replace(query, since=begin, until=stop)
            yield _ask(self._reader, day, seconds=deadline - time.monotonic())
            begin = stop
            if begin >= end:
                return

    def _groups(self, request: LogSearch, columns: list[LogColumn]) -> Page[Row]:
        lists = [column.name for column in columns if column.type == "list"]
        if len(lists) > 1:
            raise ServiceError(
                "invalid",
                f"`group_by` names two lists, {' and '.join(lists)}. Count by one of them.",
                field="group_by",
            )
        if request.columns is not None:
            raise ServiceError(
                "invalid", "`columns` does not go with `group_by`. Leave it out.", field="columns"
            )
        counted = [[column.name for column in columns], request.order]
        skip = _skip(request.cursor, counted)
        query = Query(
            select=(*(_name(column.name) for column in columns), "count(*) AS count"),
            where=_where(request),
            since=request.since,
            until=request.until,
            group=True,
            each=lists[0] if lists else None,
            order=_group_order(request.order, columns),
            limit=request.limit + 1,
            skip=skip,
        )
        rows = _ask(self._reader, query).to_pylist()
        more = len(rows) > request.limit
        return Page(
            items=rows[: request.limit],
            next=_written([*counted, skip + request.limit]) if more else None,
        )


_KEY, _SEQ = "sort key", "sort seq"


def _ask(reader: LogReader, query: Query, seconds: float | None = None) -> pa.Table:
    try:
        return reader.ask(query, seconds=seconds)
    except LogLimitError as error:
        raise ServiceError(
            "too-much", f"This is too much to ask at once: {error}. Narrow `since` and `until`."
        ) from None
    except LogRangeError:
        raise ServiceError(
            "invalid",
            "A number in `where` becomes larger than can be reckoned with. Write it with smaller "
            "ones.",
            field="where",
        ) from None


def _where(request: LogScope) -> tuple[str, ...]:
    """The condition, checked, and the range."""
    if request.since and request.until and request.since >= request.until:
        raise ServiceError(
            "invalid", "`since` is not before `until`: nothing can be found.", field="since"
        )
    return checked_where(request.where)


def checked_where(where: str | None) -> tuple[str, ...]:
    """A condition as SQL for the log; nothing for no condition.

    Raises:
        ServiceError: ``invalid``, with the problem as the policy language shows it.
    """
    if where is None:
        return ()
    try:
        return (checked(where),)
    except ConditionError as error:
        problem = error.problem.to_dict() | _place_in(error.problem)
        raise ServiceError("invalid", str(error), field="where", problems=[problem]) from None


def _place_in(problem: Problem) -> dict[str, int]:
    """Where a problem lies, in characters from the start."""
    span = problem.span
    return {} if span is None else {"start": span.start, "end": span.end}


def _known(names: Sequence[str], field: str) -> list[LogColumn]:
    for at, name in enumerate(names):
        _column(name, f"{field}[{at}]")
        if name in names[:at]:
            raise ServiceError(
                "invalid", f"`{name}` is named twice. Name it once.", field=f"{field}[{at}]"
            )
    return [LOG[name] for name in names]


def _column(name: str, field: str) -> LogColumn:
    if name not in LOG:
        hint = suggest(name, LOG) or "docs/log.md lists the columns."
        raise ServiceError("invalid", f"The log has no column `{name}`. {hint}", field=field)
    return LOG[name]


def _order(order: str | None) -> tuple[LogColumn, bool]:
    """The column to sort by, and whether in falling order."""
    if order is None:
        return LOG["seq"], True
    column = _column(order.removeprefix("-"), "order")
    if column.type == "list":
        raise ServiceError(
            "invalid",
            f"`{column.name}` is a list, which has no order. Sort by another column.",
            field="order",
        )
    return column, order.startswith("-")


def _row_order(key: LogColumn, falling: bool) -> str:
    if key.name == "seq" and falling:
        return NEWEST_FIRST
    return f"{_name(key.name)} {_direction(falling)} NULLS LAST, seq {_direction(falling)}"


def _group_order(order: str | None, columns: list[LogColumn]) -> str:
    names = [column.name for column in columns]
    rest = ", ".join(str(at + 1) for at in range(len(columns)))
    if order is None:
        return f"count DESC, {rest}"
    name = order.removeprefix("-")
    if name != "count" and name not in names:
        listed = ", ".join([*names, "count"])
        raise ServiceError(
            "invalid", f"Groups can be sorted by {listed}, not by `{name}`.", field="order"
        )
    place = "count" if name == "count" else str(names.index(name) + 1)
    return f"{place} {_direction(order.startswith('-'))} NULLS LAST, {rest}"


def _cursor(row: Row, key: LogColumn, falling: bool) -> str:
    """Where a page ended: the order it was in, and the place of its last row in it."""
    value = row[_KEY]
    place = micros(value) if isinstance(value, datetime) else value
    order = f"{'-' if falling else ''}{key.name}"
    return _written([order, place, row[_SEQ]])


def _written(place: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _read(cursor: str) -> list[Any]:
    """What :func:`_written` wrote; nothing if it did not.

    >>> _read(_written(["-seq", 1, 2])), _read("nothing")
    (['-seq', 1, 2], [])
    """
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor))
    except (ValueError, RecursionError):
        return []
    return place if isinstance(place, list) else []


def _skip(cursor: str | None, counted: list[Any]) -> int:
    """How many groups came before a page; ``counted``: by what, and in which order."""
    if cursor is None:
        return 0
    *of, skip = _read(cursor) or [None]
    if of != counted or not _is_place("count", skip) or skip is None or skip < 0:
        raise _foreign("group_by")
    return int(skip)


def _foreign(same: str) -> ServiceError:
    return ServiceError(
        "invalid",
        "`cursor` is not from a page of this search. Give `next` of the page before, and the "
        f"same `{same}`.",
        field="cursor",
    )


def _after(cursor: str | None, key: LogColumn, falling: bool) -> tuple[str, ...]:
    """The condition that leaves what comes after the cursor's place."""
    if cursor is None:
        return ()
    place = _read(cursor)
    if len(place) != 3 or place[0] != f"{'-' if falling else ''}{key.name}":
        raise _foreign("order")
    _, value, seq = place
    if not _is_place("count", seq) or seq is None or not _is_place(key.type, value):
        raise _foreign("order")
    name, sign = _name(key.name), "<" if falling else ">"
    if key.name == "seq":
        return (f"seq {sign} {seq}",)
    if value is None:
        return (f"{name} IS NULL AND seq {sign} {seq}",)
    at = _literal(key, value)
    return (f"{name} {sign} {at} OR {name} IS NULL OR ({name} = {at} AND seq {sign} {seq})",)


def _is_place(kind: LogType, value: Any) -> bool:
    """Whether a column of this type can have this value."""
    if isinstance(value, bool):
        return kind == "boolean"
    most = _LATEST if kind == "time" else 2**63
    if isinstance(value, int | float) and not -most < value < most:
        return False
    return isinstance(value, _PLACES[kind])


_LATEST = micros(datetime.max.replace(tzinfo=UTC))
_PLACES: dict[str, Any] = {
    "text": str | None,
    "number": float | int | None,
    "count": int | None,
    "boolean": bool | None,
    "time": int | None,
}


def _literal(key: LogColumn, value: Any) -> str:
    if key.type == "text":
        return quoted(value)
    if key.type == "time":
        return f"make_timestamptz({value})"
    return f"CAST({value!r} AS FLOAT)" if key.type == "number" else repr(value)


def _name(column: str) -> str:
    return f'"{column}"'


def _direction(falling: bool) -> str:
    return "DESC" if falling else "ASC"

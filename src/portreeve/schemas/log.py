"""The decision log: what is asked of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from portreeve.schemas.base import Answer, Request

COLUMNS = (
    "decided", "decision", "item", "account", "network", "surface", "stage", "verdict", "rules",
    "clauses", "policy", "decided_by", "in_force",
)  # fmt: skip
"""The columns of an answer that names none."""

MOST_ROWS = 10_000


class LogScope(Request, frozen=True, kw_only=True):
    """Which decisions are meant."""

    where: Annotated[
        str | None,
        Meta(
            description="a SQL condition over the columns of the log, such as "
            "`verdict = 'refuse' AND promotion > 0.9`; all decisions when left out"
        ),
    ] = None
    since: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="only decisions made then or later"),
    ] = None
    until: Annotated[
        Annotated[datetime, Meta(tz=True)] | None, Meta(description="only decisions made before")
    ] = None


class LogSearch(LogScope, frozen=True, kw_only=True):
    """A search of the decision log.

    >>> LogSearch(where="verdict = 'refuse'", group_by=["rules"]).limit
    100
    """

    columns: Annotated[
        list[str] | None,
        Meta(description="the columns wanted, in order; those that matter most when left out"),
    ] = None
    group_by: Annotated[
        list[str] | None,
        Meta(
            description="count decisions by these columns instead of listing them; of a list such "
            "as `rules` each element counts"
        ),
    ] = None
    order: Annotated[
        str | None,
        Meta(
            description="the column to sort by, with `-` before it for falling order; newest first "
            "when left out, and the largest groups first"
        ),
    ] = None
    limit: Annotated[
        int, Meta(description="how many rows or groups at most", ge=1, le=MOST_ROWS)
    ] = 100
    cursor: Annotated[
        str | None,
        Meta(
            description="`next` of the page before; groups that change meanwhile can move between "
            "pages, unless `until` is given"
        ),
    ] = None


class LogExport(LogScope, frozen=True, kw_only=True):
    """Decisions to be written into a file."""

    columns: Annotated[
        list[str] | None, Meta(description="the columns wanted, in order; all when left out")
    ] = None


TimelineUnit = Literal["minute", "hour", "day", "week", "month"]


class LogTimeline(LogScope, frozen=True, kw_only=True):
    """How many decisions there were over time."""

    by: Annotated[
        Literal["verdict", "surface", "goods_tier", "stage", "network"],
        Meta(description="the column by whose values they are counted"),
    ] = "verdict"
    unit: Annotated[
        TimelineUnit | None,
        Meta(description="how long a step is; by the length of the range when left out"),
    ] = None


class TimelineSeries(Answer, frozen=True, kw_only=True):
    """The counts of one value."""

    value: Annotated[str | None, Meta(description="the value; null where the column has none")]
    counts: Annotated[list[int], Meta(description="how many, step by step")]


class Timeline(Answer, frozen=True, kw_only=True):
    """How many decisions there were, step by step, without gaps."""

    unit: Annotated[TimelineUnit, Meta(description="how long a step is")]
    starts: Annotated[list[datetime], Meta(description="when each step begins")]
    end: Annotated[datetime | None, Meta(description="when the last step ends")]
    series: Annotated[list[TimelineSeries], Meta(description="by value, the most frequent first")]
    total: Annotated[int, Meta(description="how many decisions in all")]

"""What happens now: the figures of the overview, without content."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, field

from portreeve.schemas.base import Answer
from portreeve.schemas.policies import Alarm

DAYS = 14
"""Days of the chart, today among them."""

WEEK = 7
"""Days that are compared with those before, today among them."""

MOST_RULES = 12


class Counted(Answer, frozen=True, kw_only=True):
    """How many there were, and how many in the same part of the week before."""

    name: Annotated[str, Meta(description="the verdict, surface, rule or tier")]
    count: Annotated[int, Meta(description="how many")]
    before: Annotated[int, Meta(description="how many from a week earlier until a week ago")]


class OverviewDay(Answer, frozen=True, kw_only=True):
    """The decisions of a day, in the reader's time zone."""

    start: Annotated[datetime, Meta(description="when the day began")]
    verdicts: Annotated[dict[str, int], Meta(description="how many decisions by verdict")]


class Figures(Answer, frozen=True, kw_only=True):
    """Decisions of the last days. An item that was decided twice counts twice."""

    days: Annotated[list[OverviewDay], Meta(description="the last 14 days, today last")]
    today: Annotated[list[Counted], Meta(description="today until now, by verdict")]
    verdicts: Annotated[list[Counted], Meta(description="the last 7 days, by verdict")]
    surfaces: Annotated[list[Counted], Meta(description="the same, by surface")]
    tiers: Annotated[
        list[Counted], Meta(description="the same, by tier of goods; those without goods left out")
    ]
    rules: Annotated[
        list[Counted], Meta(description="the same, by rule that held: the most frequent ones")
    ]


class QueueFigures(Answer, frozen=True, kw_only=True):
    """A queue of cases."""

    queue: Annotated[str, Meta(description="its name")]
    open: Annotated[int, Meta(description="cases that wait")]
    claimed: Annotated[int, Meta(description="of these, held by a reviewer now")]
    overdue: Annotated[int, Meta(description="of these, past their time")]
    oldest: Annotated[datetime, Meta(description="when the oldest was opened")]
    due: Annotated[datetime, Meta(description="when the first is due")]


class AppealFigures(Answer, frozen=True, kw_only=True):
    """Appeals that wait for an answer."""

    open: Annotated[int, Meta(description="how many wait")]
    overdue: Annotated[int, Meta(description="of these, past their time")]
    due_soon: Annotated[int, Meta(description="of these, due within a day")]
    oldest: Annotated[datetime | None, Meta(description="when the oldest was filed")]


class Pace(Answer, frozen=True, kw_only=True):
    """How quickly people decided cases in the last 7 days."""

    decided: Annotated[int, Meta(description="cases decided")]
    median_seconds: Annotated[
        float | None, Meta(description="half of them were decided within this; null without any")
    ]
    decided_before: Annotated[int, Meta(description="cases decided in the 7 days before")]
    median_seconds_before: Annotated[float | None, Meta(description="the same of these")]


class HealthLine(Answer, frozen=True, kw_only=True):
    """One thing that must be well."""

    name: Annotated[str, Meta(description="what")]
    state: Annotated[str, Meta(description="`ok`, or what is wrong")]


class Overview(Answer, frozen=True, kw_only=True):
    """What happens now. A part that the reader may not see is null.

    So are the figures of a log that is too large to be counted while somebody waits.
    """

    made: Annotated[datetime, Meta(description="when it was counted; some seconds ago at most")]
    figures: Annotated[Figures | None, Meta(description="decisions of the last days")] = None
    queues: Annotated[
        list[QueueFigures] | None, Meta(description="queues with open cases, the fullest first")
    ] = None
    pace: Annotated[Pace | None, Meta(description="how quickly people decide")] = None
    readings: Annotated[int | None, Meta(description="second readings that wait")] = None
    appeals: Annotated[AppealFigures | None, Meta(description="appeals that wait")] = None
    licences: Annotated[
        int | None, Meta(description="licences of merchants that nobody has decided on")
    ] = None
    alarms: Annotated[
        list[Alarm] | None, Meta(description="alarms nobody took note of, the last raised first")
    ] = None
    health: Annotated[list[HealthLine], Meta(description="what must be well")] = field(
        default_factory=list
    )

    @property
    def healthy(self) -> bool:
        """Whether all is well."""
        return all(line.state == "ok" for line in self.health)

"""What is known of one rule: how often it holds, how right it is, what it goes with."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from portreeve.model import Surface, Verdict
from portreeve.schemas.base import Answer, Request

Days = Literal[1, 7, 30, 90]


class RuleQuery(Request, frozen=True, kw_only=True):
    """Which time is meant."""

    days: Annotated[Days, Meta(description="how many days back from now: 1, 7, 30 or 90")] = 30


class HitCount(Answer, frozen=True, kw_only=True):
    """How many decisions a rule held for."""

    start: Annotated[datetime, Meta(description="start of the day, or of the hour (UTC)")]
    surface: Annotated[Surface, Meta(description="where")]
    verdict: Annotated[Verdict, Meta(description="what was decided, by this or a stronger rule")]
    hits: Annotated[int, Meta(description="how many decisions")]


class Measured(Answer, frozen=True, kw_only=True):
    """A share, and Wilson's 95 % interval of it."""

    right: Annotated[int, Meta(description="judgements that found the hit right")]
    judged: Annotated[int, Meta(description="all judgements")]
    share: Annotated[float, Meta(description="the part that was right")]
    low: Annotated[float, Meta(description="lower bound of the interval")]
    high: Annotated[float, Meta(description="upper bound of the interval")]


class Overlap(Answer, frozen=True, kw_only=True):
    """Another rule that holds for the same decisions."""

    rule: Annotated[str, Meta(description="the other rule")]
    both: Annotated[int, Meta(description="decisions for which both hold")]
    other: Annotated[int, Meta(description="decisions for which the other holds")]
    jaccard: Annotated[float, Meta(description="both, by those for which either holds")]


class RuleChange(Answer, frozen=True, kw_only=True):
    """A version in which a rule, or a definition that it uses, came, went or changed."""

    policy: Annotated[str, Meta(description="the version")]
    since: Annotated[
        datetime | None, Meta(description="first in force then; null when it has not been")
    ]
    what: Annotated[
        list[tuple[str, str, str | None, str | None]],
        Meta(description="for each change: how, what, before, after"),
    ]


class RuleReport(Answer, frozen=True, kw_only=True):
    """What is known of one rule."""

    network: Annotated[str, Meta(description="where")]
    rule: Annotated[str, Meta(description="the rule")]
    since: Annotated[datetime, Meta(description="counted from then on")]
    until: Annotated[datetime, Meta(description="up to then")]
    hits: Annotated[int, Meta(description="decisions for which it held")]
    decided: Annotated[int, Meta(description="all decisions on its network in that time")]
    alone: Annotated[int, Meta(description="hits for which no other rule held")]
    counts: Annotated[list[HitCount], Meta(description="the hits by time, surface and verdict")]
    precision: Annotated[
        Measured | None, Meta(description="of hits that people judged; null when none was")
    ]
    appeals: Annotated[
        Measured | None, Meta(description="of hits that were appealed: upheld; null when none was")
    ]
    overlaps: Annotated[list[Overlap], Meta(description="other rules, most alike first")]


class RuleSample(Answer, frozen=True, kw_only=True):
    """A decision for which a rule held."""

    decision: Annotated[str, Meta(description="the decision")]
    item: Annotated[str, Meta(description="its item")]
    account: Annotated[str | None, Meta(description="who published it")]
    surface: Annotated[Surface, Meta(description="where")]
    verdict: Annotated[Verdict, Meta(description="what was decided")]
    decided: Annotated[datetime, Meta(description="when")]
    in_force: Annotated[bool, Meta(description="neither undone nor superseded")]
    sealed: Annotated[bool, Meta(description="black goods: not opened without a release")]

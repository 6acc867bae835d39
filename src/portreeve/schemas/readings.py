"""Blind second readings of a sample of decided cases."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from portreeve.schemas.base import Answer, Request
from portreeve.schemas.cases import CaseItem, Note, PersonVerdict


class Reading(Answer, frozen=True, kw_only=True):
    """A case to be read again, without the first verdict."""

    id: Annotated[str, Meta(description="unguessable name")]
    case: Annotated[str, Meta(description="the case; its evidence is read as of any case")]
    network: Annotated[str, Meta(description="name of the policy")]
    sealed: Annotated[bool, Meta(description="its content needs a release by two people")]
    claimed_until: Annotated[datetime, Meta(description="until when it waits for this reader")]
    contents: Annotated[
        list[CaseItem],
        Meta(description="the items, in the state in which the first reviewer found them"),
    ]


class SubmitReading(Request, frozen=True, kw_only=True):
    """What the reader would have decided."""

    reading: Annotated[str, Meta(description="id of the reading")]
    verdict: Annotated[PersonVerdict, Meta(description="what should happen to the items")]
    reason: Annotated[Note, Meta(description="why; kept sealed, for reviewers")]


class ReadingResult(Answer, frozen=True, kw_only=True):
    """Whether both agree."""

    id: Annotated[str, Meta(description="the reading")]
    case: Annotated[str, Meta(description="the case")]
    agreed: Annotated[bool, Meta(description="both verdicts are the same")]
    reopened: Annotated[bool, Meta(description="a third, senior reviewer decides")]


class Agreement(Answer, frozen=True, kw_only=True):
    """How far two reviewers agree who do not know of each other's verdict."""

    network: Annotated[str | None, Meta(description="name of the policy; null for all")]
    since: Annotated[datetime | None, Meta(description="readings from then on; null for all")]
    readings: Annotated[int, Meta(description="how many cases were read twice")]
    waiting: Annotated[int, Meta(description="how many wait for their second reader")]
    agreed: Annotated[int, Meta(description="how many got the same verdict twice")]
    share: Annotated[float | None, Meta(description="share that agree; null without readings")] = (
        None
    )
    share_low: Annotated[float | None, Meta(description="lower bound of its 95 % interval")] = None
    share_high: Annotated[float | None, Meta(description="upper bound")] = None
    kappa: Annotated[
        float | None,
        Meta(description="Cohen's kappa; null without readings, or when all verdicts are one"),
    ] = None
    kappa_low: Annotated[float | None, Meta(description="lower bound of its 95 % interval")] = None
    kappa_high: Annotated[float | None, Meta(description="upper bound")] = None

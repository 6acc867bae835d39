"""Everything about one decision but what the item said."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from portreeve.model import Verdict
from portreeve.schemas.base import Answer
from portreeve.schemas.screening import DecisionRecord


class OtherDecision(Answer, frozen=True, kw_only=True):
    """Another decision on the same item."""

    id: Annotated[str, Meta(description="the decision")]
    decided: Annotated[datetime, Meta(description="when")]
    by: Annotated[str, Meta(description="who decided: screen, or a reviewer")]
    verdict: Annotated[Verdict, Meta(description="what was decided")]
    supersedes: Annotated[str | None, Meta(description="the decision it takes the place of")]
    undone: Annotated[datetime | None, Meta(description="when it was undone")]


class StrikeGiven(Answer, frozen=True, kw_only=True):
    """A strike that the decision cost."""

    ladder: Annotated[str, Meta(description="the ladder on which it counts")]
    rule: Annotated[str, Meta(description="the rule that costs it")]
    count: Annotated[int, Meta(description="how many strikes it is")]
    expires: Annotated[datetime | None, Meta(description="when it is forgotten")]
    withdrawn: Annotated[datetime | None, Meta(description="since when it does not count")]


class DecisionFacts(Answer, frozen=True, kw_only=True):
    """A decision, what followed from it, and what became of it."""

    record: Annotated[DecisionRecord, Meta(description="the decision")]
    state: Annotated[
        str | None, Meta(description="the item's state now; null once the item is gone")
    ]
    in_force: Annotated[bool, Meta(description="it is what holds for the item now")]
    others: Annotated[
        list[OtherDecision], Meta(description="decisions on the same item, the last first")
    ]
    case: Annotated[str | None, Meta(description="the case it was judged in")]
    appeal: Annotated[str | None, Meta(description="the appeal against it")]
    appeal_state: Annotated[str | None, Meta(description="open, upheld or overturned")]
    strikes: Annotated[list[StrikeGiven], Meta(description="the strikes that it cost")]

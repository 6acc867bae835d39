"""What the person concerned sees of a decision, by a link and without a login."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from portreeve.model import Evidence, Surface, Verdict
from portreeve.schemas.appeals import AppealState, Words
from portreeve.schemas.base import Answer, Request
from portreeve.schemas.enforcement import Ground, Language

Withheld = Literal["deleted", "sealed", "private"]


class WordsOfAppeal(Request, frozen=True, kw_only=True):
    """Contest the decision that a link is of."""

    words: Annotated[Words, Meta(description="why it is wrong, in the person's own words")]


class AppealSteps(Answer, frozen=True, kw_only=True):
    """How far an appeal has come, without who works on it."""

    state: Annotated[AppealState, Meta(description="open, upheld or overturned")]
    filed: Annotated[datetime, Meta(description="when it came")]
    looked_at: Annotated[bool, Meta(description="a person looks at it now")]
    due: Annotated[datetime, Meta(description="when it will be answered at the latest")]
    decided: Annotated[datetime | None, Meta(description="when it was answered")]
    words: Annotated[str | None, Meta(description="what the person said; null once deleted")]
    reply: Annotated[str | None, Meta(description="the answer; null before, and once deleted")]


class DecisionPage(Answer, frozen=True, kw_only=True):
    """A decision as the person concerned reads it. Times are in the policy's own offset."""

    decision: Annotated[str, Meta(description="its id, to be named in letters")]
    network: Annotated[str, Meta(description="name of the policy")]
    policy: Annotated[str, Meta(description="the version that decided")]
    surface: Annotated[Surface, Meta(description="where it was to appear")]
    verdict: Annotated[Verdict, Meta(description="what was decided")]
    decided: Annotated[datetime, Meta(description="when")]
    automatic: Annotated[bool, Meta(description="rules decided; else a person did")]
    language: Annotated[Language, Meta(description="the language of its words")]
    title: Annotated[str, Meta(description="what happened, in one sentence")]
    text: Annotated[str | None, Meta(description="what the person wrote, while it is kept")]
    links: Annotated[list[str], Meta(description="the links beside it")]
    codes: Annotated[list[str], Meta(description="what the codes in its pictures say")]
    picture_text: Annotated[str | None, Meta(description="the words read in its pictures")]
    evidence: Annotated[list[Evidence], Meta(description="the places that it rests on")]
    withheld: Annotated[
        Withheld | None,
        Meta(
            description="why there is no text: deleted when its time was over, sealed evidence, or "
            "a private message"
        ),
    ]
    grounds: Annotated[list[Ground], Meta(description="the rules, strongest first")]
    consequences: Annotated[list[str], Meta(description="what it costs, and until when")]
    appeal_until: Annotated[
        datetime | None, Meta(description="until when one can appeal; null when one cannot")
    ]
    appeal_over: Annotated[bool, Meta(description="one could have appealed, but the time is over")]
    appeal: Annotated[AppealSteps | None, Meta(description="the appeal, once there is one")]
    reversed: Annotated[datetime | None, Meta(description="when the decision was reversed")]
    put_right: Annotated[list[str], Meta(description="what was restored with that")]
    later: Annotated[
        str | None, Meta(description="the end of the link of the decision that took its place")
    ]

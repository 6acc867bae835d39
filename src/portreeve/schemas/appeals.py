"""Appeals by the person concerned."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from portreeve.model import Surface, Verdict
from portreeve.schemas.base import Answer, Paging, Request
from portreeve.schemas.screening import ItemState

AppealState = Literal["open", "upheld", "overturned"]
Words = Annotated[str, Meta(min_length=1, max_length=10_000)]


class FileAppeal(Request, frozen=True, kw_only=True):
    """Contest a decision. It costs nothing."""

    decision: Annotated[str, Meta(description="id of the decision, from the notice")]
    words: Annotated[Words, Meta(description="why it is wrong, in the person's own words")]


class AppealProgress(Answer, frozen=True, kw_only=True):
    """How an appeal stands, for whoever has its id."""

    id: Annotated[str, Meta(description="unguessable name")]
    decision: Annotated[str, Meta(description="the decision appealed")]
    state: Annotated[AppealState, Meta(description="open, upheld or overturned")]
    filed: Annotated[datetime, Meta(description="when it was filed")]
    due: Annotated[datetime, Meta(description="when it will be answered at the latest")]
    decided: Annotated[datetime | None, Meta(description="when it was answered")]
    reply: Annotated[
        str | None, Meta(description="the answer in words; null before, and once erased")
    ]


class Appeal(Answer, frozen=True, kw_only=True):
    """An appeal in the reviewers' queue, without its words."""

    id: Annotated[str, Meta(description="unguessable name")]
    decision: Annotated[str, Meta(description="the decision appealed")]
    item: Annotated[str, Meta(description="its item")]
    account: Annotated[str | None, Meta(description="who published it")]
    network: Annotated[str, Meta(description="name of the policy")]
    state: Annotated[AppealState, Meta(description="open, upheld or overturned")]
    filed: Annotated[datetime, Meta(description="when it was filed")]
    due: Annotated[datetime, Meta(description="when it should be decided")]
    claimed_by: Annotated[str | None, Meta(description="the reviewer who holds it")]
    claimed_until: Annotated[datetime | None, Meta(description="when the claim ends")]
    decided: Annotated[datetime | None, Meta(description="when it was decided")]
    decided_by: Annotated[str | None, Meta(description="by whom")]


class AppealQuery(Paging, frozen=True, kw_only=True):
    """Which appeals to list."""

    state: Annotated[AppealState, Meta(description="open, upheld or overturned")] = "open"
    network: Annotated[str | None, Meta(description="of one network only")] = None


class AppealRecord(Appeal, frozen=True, kw_only=True):
    """An appeal with what the person says, for the reviewer who holds it."""

    verdict: Annotated[Verdict, Meta(description="verdict of the decision appealed")]
    rules: Annotated[list[str], Meta(description="the rules it rests on")]
    words: Annotated[str | None, Meta(description="the person's words; null once erased")]


class AppealDossier(AppealRecord, frozen=True, kw_only=True):
    """An appeal with the decision it contests, for reviewers."""

    clauses: Annotated[list[str], Meta(description="the clauses that the decision enforces")]
    policy: Annotated[str, Meta(description="policy name and version of the decision")]
    surface: Annotated[Surface, Meta(description="where the item appears")]
    item_state: Annotated[ItemState | None, Meta(description="what became of the item so far")]
    sealed: Annotated[bool, Meta(description="the evidence needs a release by two people")]
    first: Annotated[datetime, Meta(description="when the decision was made")]
    first_by: Annotated[str, Meta(description="screen, or the reviewer who decided")]
    first_reason: Annotated[
        str | None, Meta(description="that reviewer's reason; null for the machine's, once erased")
    ]
    undone: Annotated[datetime | None, Meta(description="when the decision was undone elsewhere")]
    language: Annotated[Literal["en", "zh"], Meta(description="in which the person is written to")]
    own: Annotated[
        bool, Meta(description="whoever asks made or confirmed the decision, so may not answer")
    ]
    reply: Annotated[str | None, Meta(description="the answer given; null before, once erased")]


class NextAppeal(Request, frozen=True, kw_only=True):
    """Which appeal to be given next."""

    network: Annotated[str | None, Meta(description="of one network only")] = None


class DecideAppeal(Request, frozen=True, kw_only=True):
    """Answer an appeal."""

    outcome: Annotated[
        Literal["upheld", "overturned"],
        Meta(description="the decision stands, or it is reversed with all it caused"),
    ]
    reply: Annotated[Words, Meta(description="the answer to the person, in words")]

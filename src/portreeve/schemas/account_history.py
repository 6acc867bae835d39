"""What an account did and what happened to it, for people who look into it. No content."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from portreeve import model
from portreeve.schemas.appeals import Appeal
from portreeve.schemas.base import Answer
from portreeve.schemas.enforcement import NoticeKind, Sanction

StrikeState = Literal["counts", "expired", "withdrawn"]


class FoundAccount(Answer, frozen=True, kw_only=True):
    """An account in a list."""

    id: Annotated[str, Meta(description="the host's own name of the account")]
    standing: Annotated[
        model.Standing | None, Meta(description="what it is; null until the host said so")
    ]
    first_seen: Annotated[datetime, Meta(description="when Portreeve first heard of it")]
    erased: Annotated[datetime | None, Meta(description="when its person was erased")]
    restricted: Annotated[list[str], Meta(description="kinds of the sanctions in force")]


class PastStrike(Answer, frozen=True, kw_only=True):
    """A strike, also one that counts no more."""

    decision: Annotated[str, Meta(description="the decision that gave it")]
    item: Annotated[str, Meta(description="the item decided")]
    network: Annotated[str, Meta(description="the network")]
    ladder: Annotated[str, Meta(description="the ladder on which it counts")]
    rule: Annotated[str, Meta(description="the rule that costs it")]
    clause: Annotated[str, Meta(description="the clause of that rule")]
    count: Annotated[int, Meta(description="how many strikes it is")]
    state: Annotated[StrikeState, Meta(description="it counts, was forgotten, or was withdrawn")]
    given: Annotated[datetime, Meta(description="when the decision was made")]
    expires: Annotated[datetime | None, Meta(description="when it is forgotten; null for never")]
    withdrawn: Annotated[datetime | None, Meta(description="since when it does not count")]


class Registration(Answer, frozen=True, kw_only=True):
    """What the host said of the account beside its items."""

    standing: Annotated[str | None, Meta(description="what the account is")]
    licence: Annotated[str | None, Meta(description="whether the seller is licensed")]
    first: Annotated[datetime, Meta(description="when it said so first")]
    last: Annotated[datetime, Meta(description="when it said so last")]
    items: Annotated[int, Meta(description="beside how many items")]


class TierCount(Answer, frozen=True, kw_only=True):
    """How many posts of an account there were in a week."""

    week: Annotated[datetime, Meta(description="Monday of the week, UTC")]
    tier: Annotated[model.Tier | None, Meta(description="tier of the goods; null where none is")]
    posts: Annotated[int, Meta(description="how many")]


class AccountDecision(Answer, frozen=True, kw_only=True):
    """A decision on something that an account published."""

    id: Annotated[str, Meta(description="the decision")]
    item: Annotated[str, Meta(description="its item")]
    network: Annotated[str, Meta(description="name of the policy")]
    surface: Annotated[model.Surface, Meta(description="where it appears")]
    stage: Annotated[str, Meta(description="how it came to be decided")]
    decided: Annotated[datetime, Meta(description="when")]
    verdict: Annotated[model.Verdict, Meta(description="what happens to the item")]
    clauses: Annotated[list[str], Meta(description="the clauses it rests on, the strongest first")]
    tier: Annotated[model.Tier | None, Meta(description="tier of the goods")]
    by: Annotated[str, Meta(description="who decided: screen, or a reviewer")]
    undone: Annotated[datetime | None, Meta(description="when it was undone")]
    case: Annotated[str | None, Meta(description="the case it stands in")]
    appeal: Annotated[str | None, Meta(description="its appeal")]


class GivenNotice(Answer, frozen=True, kw_only=True):
    """That an account was told something; not what it quotes."""

    id: Annotated[str, Meta(description="the notice")]
    kind: Annotated[NoticeKind, Meta(description="what it says")]
    decision: Annotated[str | None, Meta(description="the decision it is about")]
    sanction: Annotated[str | None, Meta(description="the sanction by hand it is about")]
    created: Annotated[datetime, Meta(description="when it was given")]
    read: Annotated[datetime | None, Meta(description="when the account read it")]


class AccountHistory(Answer, frozen=True, kw_only=True):
    """What happened to an account. Of long lists the newest part."""

    strikes: Annotated[list[PastStrike], Meta(description="its strikes, the oldest first")]
    sanctions: Annotated[list[Sanction], Meta(description="its sanctions, the oldest first")]
    registrations: Annotated[
        list[Registration], Meta(description="what the host said of it, the latest first")
    ]
    tiers: Annotated[list[TierCount], Meta(description="its posts by week and tier of goods")]
    counted: Annotated[int, Meta(description="from how many of its latest posts")]
    appeals: Annotated[list[Appeal], Meta(description="its appeals, the latest first")]
    notices: Annotated[list[GivenNotice], Meta(description="what it was told, the latest first")]
    unread: Annotated[int, Meta(description="how many notices nobody has read yet")]

"""Accounts, their standing, and relation events."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from portreeve import model
from portreeve.schemas.base import Answer, Request
from portreeve.schemas.enforcement import Language, Sanction, Strike

MOST_PEOPLE = 10**12
"""More than there are: what is beyond it is a mistake of the host."""

Count = Annotated[int, Meta(ge=0, le=MOST_PEOPLE)]


class AccountFacts(Request, frozen=True, kw_only=True):
    """What the host knows of an account. What is left out is not known."""

    standing: Annotated[model.Standing, Meta(description="what the account is")] = "person"
    language: Annotated[Language, Meta(description="the language of its notices")] = "zh"
    created: Annotated[datetime | None, Meta(description="when it was opened")] = None
    friends: Annotated[Count | None, Meta(description="how many mutual friends")] = None
    followers: Annotated[Count | None, Meta(description="how many followers")] = None


class HeldLicence(Answer, frozen=True, kw_only=True):
    """A licence that an account holds here."""

    kind: Annotated[str, Meta(description="what it entitles to")]
    state: Annotated[
        Literal["claimed", "verified", "refused", "revoked"],
        Meta(description="claimed until a person has decided on it"),
    ]
    expires: Annotated[datetime | None, Meta(description="when it ends; null for never")] = None


class RegisteredAs(Answer, frozen=True, kw_only=True):
    """What an account is registered as here."""

    licences: Annotated[list[HeldLicence], Meta(description="the licences it holds")]


class AccountCounts(Answer, frozen=True, kw_only=True):
    """Figures of an account."""

    items: Annotated[dict[str, int], Meta(description="how many of its items, by state")]
    strikes: Annotated[
        dict[str, int],
        Meta(description="strikes that count now, by network/ladder; an item counts once"),
    ]
    followers_taken: Annotated[
        int, Meta(description="followers won by breach that the host was asked to take back")
    ]


class Account(Answer, frozen=True, kw_only=True):
    """An account and its standing: what it is, what it has against it, what it may not do."""

    id: Annotated[str, Meta(description="the host's own name of the account")]
    standing: Annotated[
        model.Standing | None, Meta(description="what the account is; null until the host said so")
    ]
    language: Annotated[Language, Meta(description="the language of its notices")]
    created: Annotated[datetime | None, Meta(description="when it was opened")]
    friends: Annotated[int | None, Meta(description="how many mutual friends")]
    followers: Annotated[int | None, Meta(description="how many followers")]
    first_seen: Annotated[datetime, Meta(description="when Portreeve first heard of it")]
    registered: Annotated[
        RegisteredAs | None,
        Meta(description="the enterprise account it is, or publishes for; null for neither"),
    ]
    erased: Annotated[datetime | None, Meta(description="when its person was erased")]
    strikes: Annotated[list[Strike], Meta(description="strikes that count now, the latest first")]
    sanctions: Annotated[list[Sanction], Meta(description="what restricts it now")]
    counts: Annotated[AccountCounts, Meta(description="figures")]


class RelationEvent(model.RelationEvent, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change between accounts, as metadata only; told again, it counts once if it has an id."""

    id: Annotated[
        str | None, Meta(description="the host's own name of the event, for telling it again")
    ] = None


class RelationEvents(Request, frozen=True, kw_only=True):
    """Many relation events at once."""

    events: Annotated[
        list[RelationEvent], Meta(description="the events, at most 10,000", max_length=10_000)
    ]


class RelationsTaken(Answer, frozen=True, kw_only=True):
    """How many events were taken."""

    new: Annotated[int, Meta(description="events written")]
    repeated: Annotated[int, Meta(description="events that were there before")]
    erased: Annotated[
        int, Meta(description="events of accounts whose person was erased; they are not kept")
    ] = 0

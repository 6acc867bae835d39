"""Partners: apps that ask for scopes, their tokens, conflicts of interest, and parity."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from portreeve.schemas.base import Answer, HostName, Paging, Request
from portreeve.schemas.screening import Text

Moment = Annotated[datetime, Meta(tz=True)]
ScopeName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_.-]{0,99}$(?!\n)")]
Days = Annotated[int, Meta(ge=0, le=36_500)]
InterestKind = Literal["invested", "owned", "board", "contract"]
PartnerState = Literal["granted", "partly", "refused", "ended"]


class AppFacts(Request, frozen=True, kw_only=True):
    """What an app does. Nothing but this decides."""

    entity_verified: Annotated[bool, Meta(description="who is behind it has been verified")]
    privacy_policy: Annotated[bool, Meta(description="it has a published privacy policy")]
    asks_people: Annotated[bool, Meta(description="it asks each person for consent")]
    passes_data_on: Annotated[bool, Meta(description="it passes people's data on to others")]
    sells_goods: Annotated[bool, Meta(description="it sells goods, or lets others sell")]
    keeps_days: Annotated[Days, Meta(description="for how many days it keeps people's data")]
    violation_free_days: Annotated[
        Days, Meta(description="days since its last serious violation, or since it exists")
    ]


class PartnerApplication(Request, frozen=True, kw_only=True):
    """An app asks for scopes."""

    name: Annotated[HostName, Meta(description="what the app is called")]
    party: Annotated[HostName, Meta(description="whose app it is, as the register names parties")]
    facts: Annotated[AppFacts, Meta(description="what it does")]
    scopes: Annotated[
        list[ScopeName], Meta(description="what it asks for", min_length=1, max_length=50)
    ]


class UnmetCriterion(Answer, frozen=True, kw_only=True):
    """A published criterion that an app does not meet."""

    criterion: Annotated[str, Meta(description="its name")]
    clause: Annotated[str, Meta(description="the clause")]
    because: Annotated[Text, Meta(description="the reason")]
    comply: Annotated[Text | None, Meta(description="how to meet it")] = None


class RefusedScope(Answer, frozen=True, kw_only=True):
    """A scope that was refused."""

    scope: Annotated[str, Meta(description="the scope")]
    reasons: Annotated[list[UnmetCriterion], Meta(description="every criterion not met")]


class Partner(Answer, frozen=True, kw_only=True):
    """An app and what it may do."""

    id: Annotated[str, Meta(description="the host's own name of it")]
    name: Annotated[str, Meta(description="what it is called")]
    party: Annotated[str, Meta(description="whose it is")]
    facts: Annotated[AppFacts, Meta(description="what decided")]
    granted: Annotated[list[str], Meta(description="the scopes that it has")]
    refused: Annotated[list[RefusedScope], Meta(description="the scopes that were refused")]
    state: Annotated[
        PartnerState,
        Meta(description="granted; partly; refused; ended: it has no scope, and asks for none"),
    ]
    rules: Annotated[str, Meta(description="name and version of the criteria")]
    decided: Annotated[datetime, Meta(description="when")]
    interest: Annotated[
        bool,
        Meta(
            description="the register names its party as one the company has a stake in; said so "
            "that everybody can see it, and no input of the decision"
        ),
    ]


class PartnerQuery(Paging, frozen=True, kw_only=True):
    """Which apps."""

    state: Annotated[PartnerState | None, Meta(description="only in this state")] = None


class EndPartner(Request, frozen=True, kw_only=True):
    """That an app has no scopes any more."""

    reason: Annotated[
        Literal["asked", "closed", "breach"],
        Meta(description="whoever has the app asked for it; the app is gone; it broke the rules"),
    ]


class CriterionOutcome(Answer, frozen=True, kw_only=True):
    """What one published criterion says of an app."""

    criterion: Annotated[str, Meta(description="its name")]
    clause: Annotated[str, Meta(description="the clause")]
    scopes: Annotated[
        list[str], Meta(description="which of the scopes that the app asked for it holds for")
    ]
    fact: Annotated[str, Meta(description="the fact that it looks at")]
    value: Annotated[bool | int, Meta(description="what the application states of it")]
    must: Annotated[bool | None, Meta(description="what the fact must be")]
    at_most: Annotated[int | None, Meta(description="how much it may be")]
    at_least: Annotated[int | None, Meta(description="how much it must be")]
    met: Annotated[bool, Meta(description="the app meets it")]
    because: Annotated[Text, Meta(description="the reason, where it does not")]
    comply: Annotated[Text | None, Meta(description="how to meet it")]


class PartnerOutcome(Answer, frozen=True, kw_only=True):
    """An app held against the criteria as they are now, one by one."""

    rules: Annotated[str, Meta(description="name and version of the criteria")]
    criteria: Annotated[
        list[CriterionOutcome],
        Meta(description="those that hold for what it asked for; `scopes` is empty for the others"),
    ]


class Criterion(Answer, frozen=True, kw_only=True):
    """A criterion as it is published."""

    criterion: Annotated[str, Meta(description="its name")]
    clause: Annotated[str, Meta(description="the clause")]
    scopes: Annotated[list[str], Meta(description="the scopes that it holds for")]
    fact: Annotated[str, Meta(description="the fact that it looks at")]
    must: Annotated[bool | None, Meta(description="what the fact must be")]
    at_most: Annotated[int | None, Meta(description="how much it may be")]
    at_least: Annotated[int | None, Meta(description="how much it must be")]
    because: Annotated[Text, Meta(description="the reason")]
    comply: Annotated[Text | None, Meta(description="how to meet it")]


class PublishedScope(Answer, frozen=True, kw_only=True):
    """A scope as it is published."""

    scope: Annotated[str, Meta(description="its name")]
    clause: Annotated[str, Meta(description="the clause")]
    title: Annotated[Text, Meta(description="what it allows")]


class PublishedCriteria(Answer, frozen=True, kw_only=True):
    """All that decides about scopes."""

    rules: Annotated[str, Meta(description="name and version")]
    scopes: Annotated[list[PublishedScope], Meta(description="the scopes there are")]
    criteria: Annotated[list[Criterion], Meta(description="what an app must meet")]


class NewPartnerToken(Request, frozen=True, kw_only=True):
    """A token for an app."""

    days: Annotated[int, Meta(description="for how many days it holds", ge=1, le=36_500)] = 30


class MadePartnerToken(Answer, frozen=True, kw_only=True):
    """A token. Its text is said here, once, and not stored."""

    id: Annotated[str, Meta(description="its id, to revoke it by")]
    partner: Annotated[str, Meta(description="the app")]
    token: Annotated[str, Meta(description="the token itself")]
    scopes: Annotated[list[str], Meta(description="what it allows")]
    expires: Annotated[datetime, Meta(description="when it ends")]


class PartnerToken(Answer, frozen=True, kw_only=True):
    """A token that an app was given, without its text, which is not stored."""

    id: Annotated[str, Meta(description="its id")]
    scopes: Annotated[list[str], Meta(description="what it allows, as long as the app has it")]
    created: Annotated[datetime, Meta(description="when it was made")]
    created_by: Annotated[str, Meta(description="by whom")]
    expires: Annotated[datetime, Meta(description="when it ends")]
    revoked: Annotated[datetime | None, Meta(description="since when it allows nothing")]


class CheckPartnerToken(Request, frozen=True, kw_only=True):
    """A token that somebody showed a host, and what they want to do with it."""

    token: Annotated[str, Meta(description="as it was shown", max_length=1_000)]
    scope: Annotated[ScopeName, Meta(description="what the route that was called needs")]


class TokenReason(Answer, frozen=True, kw_only=True):
    """Why a token does not allow something."""

    code: Annotated[
        Literal["unknown", "revoked", "expired", "not_granted"], Meta(description="its name")
    ]
    clause: Annotated[str, Meta(description="the clause")]
    because: Annotated[Text, Meta(description="the reason; pass it on")]


class PartnerTokenChecked(Answer, frozen=True, kw_only=True):
    """Whether a token allows something."""

    allowed: Annotated[bool, Meta(description="let it happen")]
    status: Annotated[Literal[200, 403], Meta(description="the HTTP status to answer with")]
    partner: Annotated[str | None, Meta(description="the app; null where nobody knows")]
    reason: Annotated[TokenReason | None, Meta(description="why not; null when allowed")]


class NewInterest(Request, frozen=True, kw_only=True):
    """The company has a stake in a party."""

    party: Annotated[HostName, Meta(description="the party")]
    kind: Annotated[InterestKind, Meta(description="what the stake is")]
    begins: Annotated[Moment, Meta(description="since when")]
    ends: Annotated[Moment | None, Meta(description="until when; null while it lasts")] = None


class Interest(NewInterest, Answer, frozen=True, kw_only=True):
    """An entry of the register of conflicts of interest."""

    id: Annotated[str, Meta(description="its unguessable id")]
    registered: Annotated[datetime, Meta(description="when it was written down")]


class InterestQuery(Paging, frozen=True, kw_only=True):
    """Which entries of the register."""

    party: Annotated[HostName | None, Meta(description="only of this party")] = None


class EndInterest(Request, frozen=True, kw_only=True):
    """The company's stake in a party ended."""

    ends: Annotated[Moment, Meta(description="when it ended")]


class ParityRequest(Request, frozen=True, kw_only=True):
    """Two apps to be compared."""

    first: Annotated[HostName, Meta(description="an app")]
    second: Annotated[HostName, Meta(description="another app")]


class ParityCase(Answer, frozen=True, kw_only=True):
    """One of two apps: what it got, and what it would get by the other's name."""

    partner: Annotated[str, Meta(description="the app")]
    granted: Annotated[list[str], Meta(description="the scopes that it is granted")]
    swapped: Annotated[
        list[str],
        Meta(description="the scopes it would be granted as the other's, under the other's name"),
    ]
    interest: Annotated[bool, Meta(description="the company has a stake in its party")]


class Parity(Answer, frozen=True, kw_only=True):
    """Two apps decided anew, each as itself and under the other's name and party."""

    cases: Annotated[list[ParityCase], Meta(description="the two")]
    same: Annotated[bool, Meta(description="name and party changed nothing")]


class ParityFigures(Answer, frozen=True, kw_only=True):
    """Scopes asked for and granted, of parties the company has a stake in and of the others."""

    listed_asked: Annotated[int, Meta(description="asked for by parties of the register")]
    listed_granted: Annotated[int, Meta(description="granted to them")]
    others_asked: Annotated[int, Meta(description="asked for by the others")]
    others_granted: Annotated[int, Meta(description="granted to them")]

"""Group buying: checkers, proofs of enrolment, deals, and who may join."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from portreeve.schemas.base import Answer, HostName, NetworkName, Paging, Request
from portreeve.schemas.commerce.ledger import Amount, Currency, Minor
from portreeve.schemas.screening import Text

Moment = Annotated[datetime, Meta(tz=True)]
Campus = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{0,99}$(?!\n)")]
EnrolmentResult = Literal["enrolled", "graduated", "unknown"]
DealState = Literal["open", "completed", "refunding", "refunded"]


class NewChecker(Request, frozen=True, kw_only=True):
    """A school's checker: who may attest that people of a campus are enrolled."""

    campus: Annotated[Campus, Meta(description="the campus that it may attest for")]
    public_key: Annotated[
        str,
        Meta(
            description="the 32 bytes of its Ed25519 public key, in base64",
            pattern=r"^[A-Za-z0-9+/]{43}=$(?!\n)",
        ),
    ]


class EnrolmentChecker(NewChecker, Answer, frozen=True, kw_only=True):
    """A checker that is trusted here, or was."""

    id: Annotated[str, Meta(description="its unguessable id")]
    added: Annotated[datetime, Meta(description="when it was added")]
    revoked: Annotated[datetime | None, Meta(description="since when it counts no more")]


class EnrolmentProof(Request, frozen=True, kw_only=True):
    """What a school's checker gave a person. It is looked at and not kept."""

    proof: Annotated[
        str, Meta(description="the signed statement, unchanged", min_length=1, max_length=4096)
    ]


class EnrolmentFound(Answer, frozen=True, kw_only=True):
    """What a proof showed: everything that is kept of it."""

    account: Annotated[str, Meta(description="whose")]
    result: Annotated[EnrolmentResult, Meta(description="what the school says")]
    campus: Annotated[str, Meta(description="of which campus")]
    expires: Annotated[datetime, Meta(description="until when it may be relied on")]


class DealFacts(Request, frozen=True, kw_only=True):
    """A deal for one campus."""

    network: Annotated[
        NetworkName | None, Meta(description="the network; the service's default")
    ] = None
    organiser: Annotated[HostName, Meta(description="who gets the money when it completes")]
    campus: Annotated[Campus, Meta(description="whose students may join")]
    price: Annotated[Minor, Meta(description="what each pays, in minor units")]
    currency: Annotated[Currency, Meta(description="what is paid in")]
    threshold: Annotated[int, Meta(description="how many people complete it", ge=2)]
    deadline: Annotated[Moment, Meta(description="until when")]


class GroupDeal(Answer, frozen=True, kw_only=True):
    """A deal and how it stands."""

    id: Annotated[str, Meta(description="the host's own name of it, and of its item")]
    network: Annotated[str, Meta(description="the network")]
    organiser: Annotated[str, Meta(description="who gets the money when it completes")]
    campus: Annotated[str, Meta(description="whose students may join")]
    price: Annotated[Amount, Meta(description="what each pays")]
    threshold: Annotated[int, Meta(description="how many people complete it")]
    deadline: Annotated[datetime, Meta(description="until when")]
    joined: Annotated[int, Meta(description="how many have joined")]
    refunded: Annotated[int, Meta(description="how many of them were refunded")]
    state: Annotated[
        DealState,
        Meta(description="open; completed; refunding, while money goes back; refunded, all of it"),
    ]
    opened: Annotated[datetime, Meta(description="when it was opened")]
    ended: Annotated[
        datetime | None, Meta(description="when it completed, or the last one was refunded")
    ]


class DealQuery(Paging, frozen=True, kw_only=True):
    """Which deals."""

    campus: Annotated[Campus | None, Meta(description="only of this campus")] = None
    state: Annotated[DealState | None, Meta(description="only in this state")] = None


class JoinDeal(Request, frozen=True, kw_only=True):
    """Who joins. The host has taken the money; the ledger notes it as held for the deal."""

    account: Annotated[HostName, Meta(description="who joins")]


class JoinRefusal(Answer, frozen=True, kw_only=True):
    """Why somebody may not join."""

    code: Annotated[str, Meta(description="the reason's name")]
    clause: Annotated[str, Meta(description="the clause")]
    because: Annotated[Text, Meta(description="the reason, for the person concerned")]


class DealAccount(Request, frozen=True, kw_only=True):
    """Of whom it is asked whether they may join."""

    account: Annotated[HostName, Meta(description="the account")]


class DealAdmission(Answer, frozen=True, kw_only=True):
    """Whether somebody may join a deal now, without joining."""

    account: Annotated[str, Meta(description="who")]
    member: Annotated[bool, Meta(description="they are in already")]
    enrolment: Annotated[
        EnrolmentFound | None, Meta(description="what is kept of a proof; null: none was shown")
    ]
    refusal: Annotated[JoinRefusal | None, Meta(description="why not; null when they may")]


class DealMember(Answer, frozen=True, kw_only=True):
    """Somebody who joined a deal."""

    account: Annotated[str, Meta(description="who")]
    joined: Annotated[datetime, Meta(description="when")]
    refunded: Annotated[datetime | None, Meta(description="when the money went back")]
    enrolment: Annotated[
        EnrolmentFound | None,
        Meta(description="what is kept of their proof now; null: it expired, or was erased"),
    ]
    entry: Annotated[str, Meta(description="key of the entry in the ledger that paid")]


class DealJoined(Answer, frozen=True, kw_only=True):
    """Whether somebody is in, and how the deal stands then."""

    account: Annotated[str, Meta(description="who")]
    joined: Annotated[bool, Meta(description="they are in; joining again changes nothing")]
    refusal: Annotated[JoinRefusal | None, Meta(description="why not; null when they are in")]
    deal: Annotated[GroupDeal, Meta(description="the deal after that")]

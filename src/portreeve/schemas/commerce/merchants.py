"""Merchants: enterprise accounts with their licences and staff."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from portreeve.schemas.base import Answer, HostName, Paging, Request
from portreeve.schemas.queries import Moment
from portreeve.schemas.screening import Text

Line = Annotated[str, Meta(min_length=1, max_length=200)]
"""A name, or how to reach somebody."""


class NewLicence(Request, frozen=True, kw_only=True):
    """A licence to be filed: what it entitles to, never the paper that shows it."""

    kind: Annotated[
        str,
        Meta(
            description="what it entitles to, such as `business`; see docs/commerce-merchants.md",
            pattern=r"^[a-z][a-z0-9_]{0,49}$(?!\n)",
        ),
    ]
    authority: Annotated[Line, Meta(description="who issued it")]
    expires: Annotated[Moment | None, Meta(description="when it ends; never, if not given")] = None


class MerchantFacts(Request, frozen=True, kw_only=True):
    """Who registers as a merchant."""

    name: Annotated[Line, Meta(description="the name of the business")]
    contact: Annotated[Line, Meta(description="how its customers reach it")]
    public_account: Annotated[
        HostName | None, Meta(description="the public account that it publishes through")
    ] = None
    licences: Annotated[
        list[NewLicence],
        Meta(description="licences to file along; the business licence first", max_length=20),
    ] = msgspec.field(default_factory=list)


class MerchantLicence(Answer, frozen=True, kw_only=True):
    """A licence on file."""

    id: Annotated[str, Meta(description="its unguessable id")]
    kind: Annotated[str, Meta(description="what it entitles to")]
    title: Annotated[Text | None, Meta(description="what it is called; null: no kind of today's")]
    covers: Annotated[
        list[str] | None,
        Meta(
            description="the goods that it covers; null: all that no other kind of licence covers"
        ),
    ]
    authority: Annotated[str | None, Meta(description="who issued it; null once erased")]
    expires: Annotated[datetime | None, Meta(description="when it ends; null for never")]
    state: Annotated[
        Literal["claimed", "verified", "refused", "revoked"],
        Meta(description="claimed until a person has decided on it"),
    ]
    in_force: Annotated[bool, Meta(description="a person verified it, and it has not expired")]
    filed: Annotated[datetime, Meta(description="when it was filed")]
    filed_by: Annotated[str, Meta(description="who filed it")]
    decided: Annotated[datetime | None, Meta(description="when somebody decided on it last")]
    decided_by: Annotated[str | None, Meta(description="who")]
    reason: Annotated[
        str | None, Meta(description="why it was refused or revoked; null if it was not, or erased")
    ] = None


class StaffMember(Answer, frozen=True, kw_only=True):
    """Somebody who writes to customers for a merchant."""

    staff: Annotated[str, Meta(description="the host's own name of their account")]
    joined: Annotated[datetime, Meta(description="when they joined")]
    left: Annotated[datetime | None, Meta(description="when they left")]
    customers: Annotated[int, Meta(description="how many customers they look after")]


class Merchant(Answer, frozen=True, kw_only=True):
    """An enterprise account. Verified and paid are two states; each is kept for itself."""

    account: Annotated[str, Meta(description="the host's own name of its account")]
    name: Annotated[str | None, Meta(description="the name of the business; null once erased")]
    contact: Annotated[str | None, Meta(description="how it is reached; null once erased")]
    public_account: Annotated[str | None, Meta(description="the public account of its own")]
    registered: Annotated[datetime, Meta(description="when it registered")]
    verified: Annotated[
        bool, Meta(description="a person verified its business licence, which has not expired")
    ]
    paid: Annotated[bool, Meta(description="its plan is paid for now")]
    paid_until: Annotated[datetime | None, Meta(description="until when its plan is paid")]
    ended: Annotated[datetime | None, Meta(description="when the enterprise account ended")]
    kept_until: Annotated[
        datetime | None, Meta(description="when what it told of itself is deleted, once it ended")
    ]
    licences: Annotated[list[MerchantLicence], Meta(description="its licences, oldest first")]
    staff: Annotated[list[StaffMember], Meta(description="its staff, by name")]


Standing = Literal["unverified", "verified", "unpaid", "expiring", "ended"]
"""What merchants can be listed by."""


class MerchantSummary(Answer, frozen=True, kw_only=True):
    """A merchant in a list, with what waits for a person."""

    account: Annotated[str, Meta(description="the host's own name of its account")]
    name: Annotated[str | None, Meta(description="the name of the business; null once erased")]
    public_account: Annotated[str | None, Meta(description="the public account of its own")]
    registered: Annotated[datetime, Meta(description="when it registered")]
    ended: Annotated[datetime | None, Meta(description="when it ended")]
    verified: Annotated[
        bool, Meta(description="a person verified its business licence, which has not expired")
    ]
    paid_until: Annotated[datetime | None, Meta(description="until when its plan is paid")]
    expires: Annotated[
        datetime | None,
        Meta(description="when the first of its licences in force ends; null for never"),
    ]
    waiting: Annotated[int, Meta(description="licences that nobody has decided on")]


class MerchantQuery(Paging, frozen=True, kw_only=True):
    """Which merchants."""

    waiting: Annotated[
        bool, Meta(description="only those with a licence that nobody has decided on")
    ] = False
    standing: Annotated[
        Standing | None,
        Meta(
            description="only those: without a verified business licence, with one, whose plan is "
            "not paid for, with a licence in force that ends within 30 days, or that have ended; "
            "all but the last are of those that have not ended"
        ),
    ] = None
    begins: Annotated[
        HostName | None,
        Meta(description="only those whose account, or public account, begins so"),
    ] = None


class WaitingLicence(Answer, frozen=True, kw_only=True):
    """A licence that waits for a person."""

    id: Annotated[str, Meta(description="its unguessable id")]
    merchant: Annotated[str, Meta(description="whose it is")]
    kind: Annotated[str, Meta(description="what it entitles to")]
    title: Annotated[Text | None, Meta(description="what it is called; null: no kind of today's")]
    expires: Annotated[datetime | None, Meta(description="when it ends; null for never")]
    filed: Annotated[datetime, Meta(description="when it was filed")]
    filed_by: Annotated[str, Meta(description="who filed it; somebody else decides")]


class DecideLicence(Request, frozen=True, kw_only=True):
    """What a person found of a licence."""

    state: Annotated[
        Literal["verified", "refused", "revoked"],
        Meta(description="it is genuine, it is not, or it is no longer"),
    ]
    reason: Annotated[
        Annotated[str, Meta(min_length=1, max_length=2000)] | None,
        Meta(description="why; the merchant reads it. Needed unless it is verified"),
    ] = None


class PlanPaid(Request, frozen=True, kw_only=True):
    """Until when a merchant has paid for its plan."""

    until: Annotated[Moment, Meta(description="the plan ends then")]


class StaffLeave(Request, frozen=True, kw_only=True):
    """A member of staff leaves: who takes over their customers."""

    to: Annotated[
        list[HostName],
        Meta(
            description="members of staff, each filled up in this order; may be empty if nobody is "
            "to be handed over",
            max_length=100,
        ),
    ] = msgspec.field(default_factory=list)


class Received(Answer, frozen=True, kw_only=True):
    """How many customers somebody took over."""

    staff: Annotated[str, Meta(description="who took them over")]
    customers: Annotated[int, Meta(description="how many")]


class HandedOver(Answer, frozen=True, kw_only=True):
    """Customers were handed over."""

    staff: Annotated[str, Meta(description="who left")]
    left: Annotated[datetime, Meta(description="when")]
    to: Annotated[list[Received], Meta(description="who took over how many")]

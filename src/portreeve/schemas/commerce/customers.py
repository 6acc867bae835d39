"""Customers of merchants, and broadcasts to them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from portreeve.schemas.base import Answer, HostName, NetworkName, Paging, Request
from portreeve.schemas.queries import Moment
from portreeve.schemas.screening import Text

How = Literal["qr", "form", "follow", "order"]
Word = Annotated[str, Meta(min_length=1, max_length=50)]
MOST_AT_ONCE = 20_000
"""Customers in one request."""


class NewCustomer(Request, frozen=True, kw_only=True):
    """Somebody who agreed to be written to."""

    customer: Annotated[HostName, Meta(description="the host's own name of their account")]
    opted_in: Annotated[Moment, Meta(description="when they agreed")]
    how: Annotated[
        How, Meta(description="they scanned a code, filled in a form, followed, or ordered")
    ]


class AddCustomers(Request, frozen=True, kw_only=True):
    """Customers for a member of staff to look after."""

    staff: Annotated[HostName, Meta(description="who looks after them")]
    customers: Annotated[
        list[NewCustomer],
        Meta(description="at most 20,000", min_length=1, max_length=MOST_AT_ONCE),
    ]


class NotReached(Answer, frozen=True, kw_only=True):
    """Customers for whom the answer is no, all for one reason."""

    reason: Annotated[str, Meta(description="its name")]
    clause: Annotated[str | None, Meta(description="the clause that says so")]
    because: Annotated[Text, Meta(description="the reason, in words")]
    customers: Annotated[list[str], Meta(description="the host's own names of their accounts")]


class CustomersAdded(Answer, frozen=True, kw_only=True):
    """What became of customers that were to be added."""

    added: Annotated[int, Meta(description="new ones")]
    known: Annotated[int, Meta(description="they were customers before; their consent is renewed")]
    refused: Annotated[list[NotReached], Meta(description="not added, by reason")]


class CustomerNames(Request, frozen=True, kw_only=True):
    """Some customers."""

    customers: Annotated[
        list[HostName],
        Meta(
            description="the host's own names of their accounts, at most 20,000",
            min_length=1,
            max_length=MOST_AT_ONCE,
        ),
    ]


class CustomersChanged(Answer, frozen=True, kw_only=True):
    """How many customers it made a difference for."""

    changed: Annotated[int, Meta(description="how many")]


class TagCustomers(CustomerNames, frozen=True, kw_only=True):
    """A word to be put on customers, or taken off."""

    word: Annotated[Word, Meta(description="the word")]
    remove: Annotated[bool, Meta(description="take it off")] = False


class MerchantTag(Answer, frozen=True, kw_only=True):
    """A word by which a merchant sorts its customers."""

    word: Annotated[str | None, Meta(description="the word; null once erased")]
    customers: Annotated[int, Meta(description="how many carry it")]


class MerchantTags(Answer, frozen=True, kw_only=True):
    """The words of a merchant."""

    tags: Annotated[list[MerchantTag], Meta(description="the oldest first")]


class MerchantCustomer(Answer, frozen=True, kw_only=True):
    """A customer of a merchant."""

    customer: Annotated[str, Meta(description="the host's own name of their account")]
    staff: Annotated[str, Meta(description="who looks after them")]
    opted_in: Annotated[datetime, Meta(description="when they agreed")]
    how: Annotated[How, Meta(description="how they agreed")]
    opted_out: Annotated[datetime | None, Meta(description="when they withdrew their consent")]


class CustomerQuery(Paging, frozen=True, kw_only=True):
    """Which customers."""

    staff: Annotated[str | None, Meta(description="only those of this member of staff")] = None


class AskBroadcast(Request, frozen=True, kw_only=True):
    """May a member of staff write to customers? The message itself is never told."""

    staff: Annotated[HostName, Meta(description="who writes")]
    tag: Annotated[
        Word | None, Meta(description="to those of their customers who carry this word")
    ] = None
    customers: Annotated[
        Annotated[list[HostName], Meta(min_length=1, max_length=MOST_AT_ONCE)] | None,
        Meta(description="to these, at most 20,000; to all of theirs if neither is given"),
    ] = None


class BroadcastAnswer(Answer, frozen=True, kw_only=True):
    """Whom a broadcast may reach, and why the others not."""

    id: Annotated[str, Meta(description="its unguessable id")]
    merchant: Annotated[str, Meta(description="the enterprise")]
    staff: Annotated[str, Meta(description="who writes")]
    time: Annotated[datetime, Meta(description="when permission was asked for")]
    allowed: Annotated[list[str], Meta(description="customers whom it may reach")]
    refused: Annotated[list[NotReached], Meta(description="whom it may not reach, by reason")]


class FollowersPost(Request, frozen=True, kw_only=True):
    """Something for the followers of a merchant's public account. It has no other place to go."""

    id: Annotated[HostName, Meta(description="the host's own name of the post")]
    text: Annotated[str, Meta(description="the words, as people see them")]
    links: Annotated[list[str], Meta(description="addresses attached to it", max_length=100)] = (
        msgspec.field(default_factory=list)
    )
    network: Annotated[
        NetworkName | None, Meta(description="the policy that governs it; the service's default")
    ] = None

"""Webhooks: where the service tells what happened, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from portreeve.schemas.base import Answer, Paging, Request

DeliveryState = Literal["pending", "delivered", "dead"]
Pattern = Annotated[
    str,
    Meta(
        description="an event's type, or its first words and a star: decision.reversed, case.*, *",
        pattern=r"^(\*|[a-z_-]{1,40}(\.[a-z_-]{1,40}){0,3}(\.\*)?)$",
    ),
]
Url = Annotated[str, Meta(min_length=1, max_length=2_000)]
Words = Annotated[str, Meta(max_length=500)]


class NewWebhook(Request, frozen=True, kw_only=True):
    """An address to be told of events."""

    url: Annotated[Url, Meta(description="https, or http to this machine itself")]
    types: Annotated[
        list[Pattern], Meta(description="which events, by type", min_length=1, max_length=50)
    ] = msgspec.field(default_factory=lambda: ["*"])
    description: Annotated[Words, Meta(description="what it is for, in your words")] = ""


class WebhookChange(Request, frozen=True, kw_only=True):
    """What to change of a webhook; what is not given stays."""

    url: Annotated[Url | UnsetType, Meta(description="another address")] = UNSET
    types: Annotated[
        Annotated[list[Pattern], Meta(min_length=1, max_length=50)] | UnsetType,
        Meta(description="which events, by type"),
    ] = UNSET
    description: Annotated[Words | UnsetType, Meta(description="what it is for")] = UNSET
    enabled: Annotated[
        bool | UnsetType,
        Meta(description="false: tell nothing; true: tell again, from now on"),
    ] = UNSET


class Webhook(Answer, frozen=True, kw_only=True):
    """A webhook, without its secret."""

    id: Annotated[str, Meta(description="its id")]
    url: Annotated[str, Meta(description="the address")]
    types: Annotated[list[str], Meta(description="which events, by type")]
    description: Annotated[str, Meta(description="what it is for")]
    enabled: Annotated[bool, Meta(description="it is told of new events")]
    disabled_because: Annotated[
        str | None,
        Meta(description="why the service stopped telling it: `gone` (it answered 410) or `dead`"),
    ]
    created: Annotated[datetime, Meta(description="when it was made")]
    created_by: Annotated[str, Meta(description="by whom")]
    last_success: Annotated[datetime | None, Meta(description="when a delivery last arrived")]
    pending: Annotated[int, Meta(description="deliveries under way")]
    dead: Annotated[int, Meta(description="deliveries given up")]


class MadeWebhook(Webhook, frozen=True, kw_only=True):
    """A webhook with its signing secret, which is not shown again."""

    secret: Annotated[
        str, Meta(description="`whsec_` and base64; verifies the header webhook-signature")
    ]


class Rotation(Request, frozen=True, kw_only=True):
    """How to change the signing secret."""

    overlap_hours: Annotated[
        float,
        Meta(description="how long the old secret signs too", ge=0, le=720),
    ] = 24.0


class Replay(Request, frozen=True, kw_only=True):
    """Which deliveries to make again: those named, or all events since a time."""

    deliveries: Annotated[list[str], Meta(description="ids of deliveries", max_length=1_000)] = (
        msgspec.field(default_factory=list)
    )
    since: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="all events of its types since then, delivered or not"),
    ] = None


class Replayed(Answer, frozen=True, kw_only=True):
    """How much will be delivered again."""

    deliveries: Annotated[int, Meta(description="deliveries now due")]


class DeliveryFilter(Paging, frozen=True, kw_only=True):
    """Which deliveries."""

    state: Annotated[
        DeliveryState | None, Meta(description="only those in this state; `dead` is given up")
    ] = None


class Attempt(Answer, frozen=True, kw_only=True):
    """One try to deliver."""

    time: Annotated[datetime, Meta(description="when")]
    status: Annotated[int | None, Meta(description="HTTP status of the answer, if one came")]
    error: Annotated[
        str | None, Meta(description="why none came: refused, timeout, tls, dns, address, protocol")
    ]
    milliseconds: Annotated[int, Meta(description="how long it took")]


class Delivery(Answer, frozen=True, kw_only=True):
    """One event for one webhook."""

    id: Annotated[str, Meta(description="its id")]
    webhook: Annotated[str, Meta(description="for which webhook")]
    event: Annotated[str, Meta(description="the event's id, sent as header webhook-id")]
    type: Annotated[str, Meta(description="what happened")]
    state: Annotated[DeliveryState, Meta(description="pending, delivered, or given up")]
    attempts: Annotated[int, Meta(description="how often it was tried")]
    next: Annotated[datetime | None, Meta(description="when it is tried next")]
    last_status: Annotated[int | None, Meta(description="HTTP status of the last answer")]
    last_error: Annotated[str | None, Meta(description="why the last try got no answer")]
    created: Annotated[datetime, Meta(description="when it fell due first")]
    updated: Annotated[datetime, Meta(description="when it was last tried, or replayed")]


class DeliveryLog(Delivery, frozen=True, kw_only=True):
    """A delivery with its attempts, and what is sent."""

    body: Annotated[
        dict[str, Any] | None,
        Meta(description="what is sent; null when the event is no longer kept"),
    ]
    log: Annotated[list[Attempt], Meta(description="its attempts, the latest first, at most 50")]


class Message(Answer, frozen=True, kw_only=True):
    """What a webhook receives, as Standard Webhooks has it."""

    type: Annotated[str, Meta(description="what happened, such as decision.reversed")]
    timestamp: Annotated[datetime, Meta(description="when it happened")]
    data: Annotated[
        dict[str, Any],
        Meta(description="`subject`, the record it is about, and the facts; never content"),
    ]

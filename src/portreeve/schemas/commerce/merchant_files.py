"""A merchant in figures: customers, quotas, broadcasts, hand-overs. No customer is named."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from portreeve.schemas.base import Answer
from portreeve.schemas.commerce.merchants import Received
from portreeve.schemas.screening import Text


class CustomerFigures(Answer, frozen=True, kw_only=True):
    """How many customers a merchant has."""

    agreed: Annotated[int, Meta(description="who agreed to be written to, and still do")]
    how: Annotated[dict[str, int], Meta(description="of these, how many agreed in which way")]
    withdrawn: Annotated[int, Meta(description="who withdrew their consent")]


class StaffQuota(Answer, frozen=True, kw_only=True):
    """How often somebody of the staff wrote to customers."""

    staff: Annotated[str, Meta(description="the host's own name of their account")]
    today: Annotated[int, Meta(description="broadcasts today that reached somebody")]
    month: Annotated[int, Meta(description="the same in this calendar month")]


class BroadcastDone(Answer, frozen=True, kw_only=True):
    """A broadcast that was asked for."""

    staff: Annotated[str, Meta(description="who writes")]
    time: Annotated[datetime, Meta(description="when permission was asked for")]
    refusal: Annotated[str | None, Meta(description="why it reached nobody at all, if so")]
    clause: Annotated[str | None, Meta(description="the clause that says so")]
    because: Annotated[Text | None, Meta(description="the same in words")]
    asked: Annotated[int, Meta(description="how many customers it was meant for")]
    allowed: Annotated[int, Meta(description="how many it might reach")]


class HandOver(Answer, frozen=True, kw_only=True):
    """Somebody left, and their customers were handed over."""

    staff: Annotated[str, Meta(description="who left")]
    time: Annotated[datetime, Meta(description="when")]
    to: Annotated[list[Received], Meta(description="who took over how many")]


class MerchantFile(Answer, frozen=True, kw_only=True):
    """A merchant in figures."""

    customers: Annotated[CustomerFigures, Meta(description="how many customers, and how")]
    room: Annotated[int, Meta(description="how many customers there may be")]
    room_each: Annotated[
        bool, Meta(description="`room` is of each member of staff; else of the whole enterprise")
    ]
    tags: Annotated[int, Meta(description="words by which it sorts its customers")]
    tagged: Annotated[int, Meta(description="customers who carry one")]
    quotas: Annotated[list[StaffQuota], Meta(description="of each who is on the staff, by name")]
    a_day: Annotated[int, Meta(description="broadcasts that a member of staff may send a day")]
    a_month: Annotated[int, Meta(description="broadcasts that a customer may get a month")]
    used_up: Annotated[int, Meta(description="customers who get none any more this month")]
    broadcasts: Annotated[list[BroadcastDone], Meta(description="the last ones, the newest first")]
    handed_over: Annotated[list[HandOver], Meta(description="the last ones, the newest first")]

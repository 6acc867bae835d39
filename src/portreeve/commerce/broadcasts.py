"""Whether a broadcast may reach a customer: the first reason against it, or none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from portreeve.commerce.merchant_rules import MerchantRules, Refusal


@dataclass(frozen=True)
class Sender:
    """An enterprise, and the member of its staff who writes, as they stand now."""

    ended: bool
    verified: bool
    paid: bool
    on_staff: bool
    sent_today: int
    """Broadcasts by this member of staff today that reached somebody."""


@dataclass(frozen=True)
class Receiver:
    """A customer of the sender, as they stand now."""

    opted_in: bool
    opted_out: bool
    received: int
    """Broadcasts of the enterprise that reached them this month."""


def refuses_all(sender: Sender, rules: MerchantRules) -> Refusal | None:
    """Why the broadcast reaches nobody at all, if so."""
    if sender.ended:
        return "ended"
    if not sender.verified:
        return "unverified"
    if not sender.paid:
        return "unpaid"
    if not sender.on_staff:
        return "not_on_staff"
    return "day_used" if sender.sent_today >= rules.most("day_used") else None


def refuses_one(receiver: Receiver | None, rules: MerchantRules) -> Refusal | None:
    """Why the broadcast does not reach one person, if so; None in place of a stranger.

    The store answers the same for thousands at once, in SQL; a test holds the two together.
    """
    if receiver is None or not receiver.opted_in:
        return "not_a_customer"
    if receiver.opted_out:
        return "opted_out"
    return "month_used" if receiver.received >= rules.most("month_used") else None


def begin_of_day(now: datetime, zone: timezone) -> datetime:
    """When the day began in a zone.

    >>> from datetime import UTC, timedelta
    >>> china = timezone(timedelta(hours=8))
    >>> begin_of_day(datetime(2014, 6, 1, 17, tzinfo=UTC), china).isoformat()
    '2014-06-02T00:00:00+08:00'
    """
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def begin_of_month(now: datetime, zone: timezone) -> datetime:
    """When the calendar month began in a zone.

    >>> from datetime import UTC, timedelta
    >>> china = timezone(timedelta(hours=8))
    >>> begin_of_month(datetime(2014, 5, 31, 17, tzinfo=UTC), china).isoformat()
    '2014-06-01T00:00:00+08:00'
    """
    return begin_of_day(now, zone).replace(day=1)

"""Revenue forgone: what refused advertisements would have paid, had they been admitted.

A figure about decisions, never an input of one. It says what advertisers told: the bid for a click,
times the clicks that they expected.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Told(NamedTuple):
    """A refused advertisement and its bid, in minor units of ``currency``."""

    category: str | None
    lawful: bool
    currency: str
    amount: int
    clicks: int
    month: datetime | None = None
    """When the month began in which it came."""


@dataclass(frozen=True)
class MonthForgone:
    """Of one month, and of one answer of the law, what would have been paid."""

    month: datetime
    lawful: bool
    currency: str
    ads: int
    amount: int


@dataclass(frozen=True)
class Forgone:
    """Of one category, and of one answer of the law, what would have been paid."""

    category: str | None
    lawful: bool
    currency: str
    ads: int
    clicks: int
    amount: int


def forgone(told: Iterable[Told]) -> list[Forgone]:
    """What would have been paid, by category, by the law's answer, and by currency.

    The largest sums come first. ``lawful`` ones were refused by the house rule alone: that is what
    being stricter than the law costs.

    >>> eye, tooth = (Told("hospitals", True, "CNY", amount, 40) for amount in (2_500, 900))
    >>> forgone([eye, tooth])
    [Forgone(category='hospitals', lawful=True, currency='CNY', ads=2, clicks=80, amount=136000)]
    """
    groups: dict[tuple[str | None, bool, str], list[Told]] = defaultdict(list)
    for one in told:
        groups[one.category, one.lawful, one.currency].append(one)
    found = [
        Forgone(
            category,
            lawful,
            currency,
            len(of),
            sum(one.clicks for one in of),
            sum(one.amount * one.clicks for one in of),
        )
        for (category, lawful, currency), of in groups.items()
    ]
    return sorted(found, key=lambda f: (f.currency, -f.amount, f.category or "", f.lawful))


def forgone_by_month(told: Iterable[Told]) -> list[MonthForgone]:
    """What would have been paid, by month, by the law's answer, and by currency; the first month
    first.

    >>> may = datetime(2014, 5, 1)
    >>> forgone_by_month([Told("hospitals", True, "CNY", 2_500, 40, may)])[0].amount
    100000
    """
    groups: dict[tuple[datetime, bool, str], list[Told]] = defaultdict(list)
    for one in told:
        if one.month is not None:
            groups[one.month, one.lawful, one.currency].append(one)
    return [
        MonthForgone(month, lawful, currency, len(of), sum(one.amount * one.clicks for one in of))
        for (month, lawful, currency), of in sorted(groups.items(), key=lambda group: group[0])
    ]

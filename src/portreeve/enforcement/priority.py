"""Which case comes first.

    priority = severity x (1 + reach) x (1 + reports) x 2 ^ (age / 6 hours)

Severity, reach and reports multiply; age doubles the priority every six hours. So nothing waits for
ever: a case of weight ``w`` can be overtaken only by cases opened less than
``6 hours x log2(their weight / w)`` later.

The order needs no rewriting as time passes. The logarithm of the priority is
``log2(weight) + (now - opened) / 6 hours``, and ``now`` is the same for all: whichever of two cases
is ahead stays ahead until one of them changes. So a fixed number orders a queue, lowest first:

    rank = opened - 6 hours x log2(severity x (1 + reach) x (1 + reports))
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

DOUBLING = timedelta(hours=6)
"""The age at which the priority of a case has doubled."""

MOST_REACH = 10**15
"""Where a reach stops to grow: a sum of what hosts say must still fit its column."""

_SECOND = 1_000_000  # microseconds

_MOST_DOUBLINGS = 900
"""Beyond 225 days the number shown grows no more: it would not fit a float. The order does not
rest on it."""

TIER_SEVERITY = {"black": 16.0, "grey-strict": 4.0, "grey": 2.0, "white": 1.0}
"""Severity by the tier of the goods; 1 when there are none."""

UNLAWFUL_SEVERITY = 8.0
"""Least severity of what the law layer refuses."""

FRANKED_SEVERITY = 4.0
"""Least severity of a message reported with proof: somebody felt harmed where nobody else sees."""


def severity(*, tier: str | None, lawful: bool = True, franked: bool = False) -> float:
    """Weight of what is suspected, 1 to 16: the largest of what applies.

    >>> severity(tier="grey"), severity(tier=None, lawful=False), severity(tier="black")
    (2.0, 8.0, 16.0)
    """
    return max(
        TIER_SEVERITY.get(tier or "white", 1.0),
        1.0 if lawful else UNLAWFUL_SEVERITY,
        FRANKED_SEVERITY if franked else 1.0,
    )


def reach(*counts: int | None) -> int:
    """How many people somebody or something reaches in all; None is not known, and counts nothing.

    >>> reach(120, None, 80), reach(2**63 - 1, 1)
    (200, 1000000000000000)
    """
    return min(sum(count or 0 for count in counts), MOST_REACH)


def weight(severity: float, reach: int, reports: int) -> float:
    """Severity x (1 + reach) x (1 + reports).

    >>> weight(4.0, 99, 1)
    800.0
    """
    return severity * (1 + reach) * (1 + reports)


def priority(
    severity: float, reach: int, reports: int, *, opened: datetime, now: datetime
) -> float:
    """How urgent a case is now; without unit, for comparison.

    >>> six = datetime(2014, 6, 1, 6)
    >>> priority(4.0, 99, 1, opened=six, now=six + DOUBLING)
    1600.0
    """
    age = max(now - opened, timedelta(0))
    doublings = min(age / DOUBLING, _MOST_DOUBLINGS)
    return weight(severity, reach, reports) * math.exp2(doublings)


def rank(opened: int, severity: float, reach: int, reports: int) -> int:
    """Fixed place in a queue, lowest first, in microseconds; ``opened`` in microseconds too.

    >>> rank(86_400_000_000, 4.0, 0, 0) == 86_400_000_000 - 2 * 6 * 3_600_000_000
    True
    """
    doublings = math.log2(weight(severity, reach, reports))
    return opened - round(doublings * DOUBLING.total_seconds() * _SECOND)

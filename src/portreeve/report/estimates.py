"""Shares with their uncertainty."""

from __future__ import annotations

import math
from typing import NamedTuple

_Z_95 = 1.959963984540054


class Interval(NamedTuple):
    """A share between 0 and 1, with the ends of an interval around it."""

    share: float
    low: float
    high: float


def wilson(hits: int, total: int) -> Interval:
    """The share of hits with Wilson's 95 % interval; it holds for a random sample.

    >>> [round(x, 3) for x in wilson(95, 100)]
    [0.95, 0.888, 0.978]
    >>> [round(x, 3) for x in wilson(0, 100)]
    [0.0, 0.0, 0.037]

    Raises:
        ValueError: there is nothing to take a share of.
    """
    if total <= 0 or not 0 <= hits <= total:
        raise ValueError(f"{hits} hits of {total} are no share")
    share = hits / total
    z2 = _Z_95 * _Z_95
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    spread = share * (1 - share) / total + z2 / (4 * total * total)
    half = _Z_95 / (1 + z2 / total) * math.sqrt(spread)
    # rounding may carry an end past the share itself
    return Interval(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))

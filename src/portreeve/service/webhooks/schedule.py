"""When a delivery that failed is tried again, and when it is given up."""

from __future__ import annotations

import random
from datetime import timedelta

PAUSES = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=24),
)
"""The pause after each failed attempt, without jitter: nearly three days in all."""

_JITTER = 0.2
_LONGEST = timedelta(hours=24)


def pause_after(attempts: int, asked: timedelta | None = None) -> timedelta | None:
    """How long to wait after so many failed attempts; None: give up.

    Each pause is up to a fifth longer or shorter, so that what failed together is not retried
    together. ``asked``: the receiver's Retry-After, heeded when it is longer, up to a day.

    >>> pause_after(len(PAUSES) + 1) is None
    True
    >>> pause_after(1, asked=timedelta(hours=2))
    datetime.timedelta(seconds=7200)
    """
    if attempts > len(PAUSES):
        return None
    pause = PAUSES[attempts - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)
    return max(pause, min(asked or timedelta(), _LONGEST))

"""Spans of time in which something was won by breach, and how they add up.

Followers won while a breach was shown are taken back once, however many breaches were shown then;
and given back only for times for which nothing else takes them. So windows are sets of moments:
they are united and subtracted, never counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple


class Window(NamedTuple):
    """From ``begins`` up to, not including, ``ends``."""

    begins: datetime
    ends: datetime


def union(windows: Iterable[Window]) -> tuple[Window, ...]:
    """The same moments as windows that are apart and in order.

    >>> union([Window(5, 9), Window(1, 3), Window(2, 4), Window(7, 7)])
    (Window(begins=1, ends=4), Window(begins=5, ends=9))
    """
    found: list[Window] = []
    for window in sorted(w for w in windows if w.begins < w.ends):
        if found and window.begins <= found[-1].ends:
            found[-1] = Window(found[-1].begins, max(found[-1].ends, window.ends))
        else:
            found.append(window)
    return tuple(found)


def difference(windows: Iterable[Window], others: Iterable[Window]) -> tuple[Window, ...]:
    """The moments of ``windows`` that are in none of ``others``.

    >>> difference([Window(1, 9)], [Window(0, 2), Window(4, 5)])
    (Window(begins=2, ends=4), Window(begins=5, ends=9))
    """
    left = list(union(windows))
    for other in union(others):
        left = [
            part
            for window in left
            for part in (
                Window(window.begins, min(window.ends, other.begins)),
                Window(max(window.begins, other.ends), window.ends),
            )
            if part.begins < part.ends
        ]
    return tuple(left)

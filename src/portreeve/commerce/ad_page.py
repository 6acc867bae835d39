"""A page of search results with advertising in it, never more than the share that is allowed.

The order of the advertisements is given; nothing here knows how it came about.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Slot:
    """One place on a page: a result, or an advertisement."""

    id: str
    is_ad: bool


def compose(results: Sequence[str], ads: Sequence[str], share: Fraction) -> list[Slot]:
    """All results in their order, with as many ads between them as the share leaves room for.

    However far somebody reads from the top, at most ``share`` of what they have seen is paid for.

    >>> page = compose(list("abcdefg"), ["x", "y", "z"], Fraction(3, 10))
    >>> "".join(slot.id for slot in page)
    'abcxdeyfgz'
    """
    page: list[Slot] = []
    waiting = deque(ads)
    placed = 0
    for result in (*results, None):
        while waiting and placed + 1 <= share * (len(page) + 1):
            page.append(Slot(waiting.popleft(), is_ad=True))
            placed += 1
        if result is not None:
            page.append(Slot(result, is_ad=False))
    return page

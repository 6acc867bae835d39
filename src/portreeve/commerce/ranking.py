"""The order among advertisements that are admitted already: by bid.

Whatever decides on admission cannot see this module; an import contract holds them apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Offer:
    """What somebody offers for a click on an advertisement, in minor units of the money bid in."""

    ad: str
    amount: int
    submitted: datetime


def rank(offers: Iterable[Offer]) -> list[str]:
    """The highest bid first; of equal ones whoever came first.

    >>> when = datetime(2014, 6, 1)
    >>> rank([Offer("a", 120, when), Offer("b", 300, when)])
    ['b', 'a']
    """
    return [offer.ad for offer in sorted(offers, key=lambda o: (-o.amount, o.submitted, o.ad))]

"""How sure figures from few judgements are: Wilson's interval, Cohen's kappa with its interval."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

Z95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""


@dataclass(frozen=True)
class Interval:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(successes: int, trials: int, z: float = Z95) -> Interval:
    """A share of one trial or more, with Wilson's score interval (1927).

    >>> found = wilson(9, 10)
    >>> found.value, round(found.low, 4), round(found.high, 4)
    (0.9, 0.5958, 0.9821)
    """
    share = successes / trials
    shrink = 1 + z * z / trials
    middle = (share + z * z / (2 * trials)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    # at 0 and 1 the bounds meet the share exactly; rounding must not push them past it
    return Interval(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)))


def kappa(pairs: Iterable[tuple[str, str]], z: float = Z95) -> Interval | None:
    """Cohen's kappa of two readers: agreement beyond what chance alone would give.

    1 is full agreement, 0 what chance gives, below 0 worse than chance. The interval is the large
    sample one of Fleiss, Cohen and Everitt (1969), cut to [-1, 1]. None when there is no pair, or
    when both readers gave one and the same answer throughout: chance alone then agrees fully.

    >>> found = kappa([("remove", "remove")] * 20 + [("allow", "allow")] * 15
    ...     + [("remove", "allow")] * 5 + [("allow", "remove")] * 10)
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.4, 0.151, 0.649)
    """
    table = Counter(pairs)
    count = table.total()
    if count == 0:
        return None
    p = {pair: n / count for pair, n in table.items()}
    answers = sorted({answer for pair in table for answer in pair})
    first = {a: sum(share for (x, _), share in p.items() if x == a) for a in answers}
    second = {a: sum(share for (_, y), share in p.items() if y == a) for a in answers}
    observed = sum(p.get((a, a), 0.0) for a in answers)
    chance = sum(first[a] * second[a] for a in answers)
    if math.isclose(chance, 1.0):
        return None
    value = (observed - chance) / (1 - chance)
    same = sum(
        p.get((a, a), 0.0) * (1 - (first[a] + second[a]) * (1 - value)) ** 2 for a in answers
    )
    other = sum(share * (second[x] + first[y]) ** 2 for (x, y), share in p.items() if x != y)
    shift = (value - chance * (1 - value)) ** 2
    variance = (same + (1 - value) ** 2 * other - shift) / (count * (1 - chance) ** 2)
    half = z * math.sqrt(max(0.0, variance))
    return Interval(value, max(-1.0, value - half), min(1.0, value + half))

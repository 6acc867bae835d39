"""When a rule's hit rate has jumped: an exact test that allows for traffic that is not steady.

Given are, per time bucket, how many items a rule was asked about and how many it hit. The newest
buckets are the window; those before are the baseline, cut into blocks as long as the window.

1. *Dispersion*: by how much hits vary between the blocks beyond chance, as the variance over the
   mean of the blocks at one common rate (Pearson's chi-squared by its degrees of freedom). Taken
   is its upper 95 % bound, and at least 1.
2. *Test*: if nothing changed, then of all hits in window and baseline together, those in the
   window are binomial with the window's share of the items (the exact conditional test of two
   Poisson rates). Hits are divided by the dispersion first: ten hits that come in clumps of five
   tell no more than two.
3. An alarm needs all of: enough hits in the window, a rate that is ``ratio`` times the baseline's,
   and a chance of at most ``chance``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MIN_BLOCKS = 12
"""Fewer blocks before the window say too little of how a rule's hits vary: no test."""

_Z95 = 1.6449
_Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Thresholds:
    """What it takes to raise an alarm."""

    hits: int = 20
    ratio: float = 3.0
    chance: float = 1e-6


@dataclass(frozen=True)
class Jump:
    """A jump that was found. ``ratio`` is None when the baseline had no hit."""

    hits: int
    total: int
    baseline_hits: int
    baseline_total: int
    ratio: float | None
    dispersion: float
    chance: float


def jump(
    hits: Sequence[int] | _Counts,
    totals: Sequence[int] | _Counts,
    window: int,
    thresholds: Thresholds,
) -> Jump | None:
    """Whether the rate of the last ``window`` buckets has jumped.

    ``hits`` and ``totals`` hold one number per bucket, in the order of time. A bucket with total 0
    tells nothing, neither in the window nor before it.

    >>> steady = [10] * 24
    >>> jump([*steady, 12], [1000] * 25, 1, Thresholds()) is None
    True
    >>> found = jump([*steady, 90], [1000] * 25, 1, Thresholds())
    >>> found.hits, found.ratio, found.chance < 1e-6
    (90, 9.0, True)
    """
    hit, total = np.asarray(hits, np.int64), np.asarray(totals, np.int64)
    k, n = int(hit[-window:].sum()), int(total[-window:].sum())
    if n == 0 or k < thresholds.hits:
        return None
    block_hits, block_totals = _blocks(hit[:-window], window), _blocks(total[:-window], window)
    told = block_totals > 0
    if int(told.sum()) < MIN_BLOCKS:
        return None
    block_hits, block_totals = block_hits[told], block_totals[told]
    before, of = int(block_hits.sum()), int(block_totals.sum())
    ratio = (k / n) / (before / of) if before else None
    if ratio is not None and ratio < thresholds.ratio:
        return None
    spread = dispersion(block_hits, block_totals)
    seen = math.floor(k / spread)
    chance = upper_tail(seen, seen + math.ceil(before / spread), n / (n + of))
    if chance > thresholds.chance:
        return None
    return Jump(k, n, before, of, ratio, spread, chance)


def dispersion(hits: _Counts, totals: _Counts) -> float:
    """By what factor hits vary between blocks beyond chance: upper 95 % bound, at least 1."""
    free = len(hits) - 1
    if free < 1 or not hits.any():
        return 1.0
    expected = totals * (hits.sum() / totals.sum())
    chi_squared = float(((hits - expected) ** 2 / expected).sum())
    # the 5 % quantile of chi-squared after Wilson and Hilferty
    part = 2 / (9 * free)
    lower = free * (1 - part - _Z95 * math.sqrt(part)) ** 3
    return max(1.0, chi_squared / lower)


def upper_tail(k: int, n: int, p: float) -> float:
    """The chance of ``k`` or more successes in ``n`` trials of probability ``p``.

    Exact: the terms are added up from the largest of the tail on, until they no longer count.

    >>> upper_tail(2, 2, 0.5)
    0.25
    """
    if k <= 0:
        return 1.0
    if k > n:
        return 0.0
    if k <= n * p:  # the tail holds the middle, so the other side is the shorter sum
        return 1.0 - upper_tail(n - k + 1, n, 1.0 - p)
    term = math.exp(_log_binomial(k, n, p))
    total, odds = 0.0, p / (1.0 - p)
    for i in range(k, n + 1):
        total += term
        term *= (n - i) / (i + 1) * odds
        if term < total * 1e-17:
            break
    return min(1.0, total)


def _log_binomial(k: int, n: int, p: float) -> float:
    choices = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return choices + k * math.log(p) + (n - k) * math.log1p(-p)


def _blocks(counts: _Counts, length: int) -> _Counts:
    """Sums over blocks that end where the window begins; what does not fill a block is left out."""
    whole = len(counts) // length * length
    sums: _Counts = counts[len(counts) - whole :].reshape(-1, length).sum(axis=1)
    return sums

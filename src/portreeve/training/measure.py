"""Figures: area under the curve, recall at a false-positive rate, intervals, calibration."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def auc(score: Floats, target: NDArray[np.bool_]) -> float:
    """Area under the ROC curve; a tie counts one half. NaN without both kinds.

    >>> auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.75
    """
    yes = int(target.sum())
    no = len(target) - yes
    if yes == 0 or no == 0:
        return float("nan")
    _, place, size = np.unique(score, return_inverse=True, return_counts=True)
    rank = np.cumsum(size) - (size - 1) / 2
    return float((rank[place][target].sum() - yes * (yes + 1) / 2) / (yes * no))


def threshold(negatives: Floats, rate: float) -> float:
    """The score above which at most ``rate`` of the negatives lie.

    >>> threshold(np.arange(100.0), 0.01)
    98.0
    """
    allowed = int(np.floor(rate * len(negatives)))
    return float(np.sort(negatives)[::-1][allowed])


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval and the number of rows behind it."""

    value: float
    low: float
    high: float
    rows: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def detection(
    score: Floats,
    promo: NDArray[np.bool_],
    category: NDArray[np.str_],
    cluster: NDArray[np.int64],
    rate: float,
    repeats: int = 1000,
) -> dict[str, Interval]:
    """AUC, and recall of all and of each category at a false-positive rate on the negatives.

    Intervals are of a bootstrap over near-copy clusters; the threshold is found anew each time.
    """
    names = sorted(set(category[promo].tolist()))

    def figures(rows: NDArray[np.int64]) -> list[float]:
        s, p, c = score[rows], promo[rows], category[rows]
        if not p.any() or p.all():
            return [float("nan")] * (2 + len(names))
        caught = s > threshold(s[~p], rate)
        return [
            auc(s, p),
            float(caught[p].mean()),
            *(float(caught[c == name].mean()) if (c == name).any() else np.nan for name in names),
        ]

    order = np.argsort(cluster, kind="stable")
    edges = np.concatenate([[0], np.flatnonzero(np.diff(cluster[order])) + 1, [len(order)]])
    members = [order[a:b] for a, b in itertools.pairwise(edges)]
    generator = np.random.default_rng(0)
    drawn = [
        figures(
            np.concatenate(
                [members[i] for i in generator.integers(len(members), size=len(members))]
            )
        )
        for _ in range(repeats)
    ]
    low, high = np.nanquantile(np.array(drawn), [0.025, 0.975], axis=0)
    whole = figures(np.arange(len(score)))
    rows = [len(score), int(promo.sum()), *(int((category == name).sum()) for name in names)]
    return {
        name: Interval(whole[i], float(low[i]), float(high[i]), rows[i])
        for i, name in enumerate(["AUC", "all", *names])
    }


def labels(
    score: Floats,
    promo: NDArray[np.bool_],
    category: NDArray[np.str_],
    cluster: NDArray[np.int64],
    read: NDArray[np.bool_],
    sells: NDArray[np.bool_],
    rates: tuple[float, ...],
    repeats: int = 1000,
) -> dict[str, Any] | None:
    """What the labels are worth, by posts that were read again blind; None when none were.

    ``read``: which posts were read again; ``sells``: which of them all readers called promotion.
    ``false_positives``: at each rate how many posts there are, how many of them were read again,
    and how many called promotion; ``detection``: see :func:`detection`, without the posts that are
    labelled as no promotion and were called it.
    """
    if not read.any():
        return None
    mislabelled = sells & ~promo
    kept = ~mislabelled
    false = {rate: ~promo & (score > threshold(score[~promo], rate)) for rate in rates}
    return {
        "negatives": int((read & ~promo).sum()),
        "negatives_called_promotion": int(mislabelled.sum()),
        "positives": int((read & promo).sum()),
        "positives_called_promotion": int((sells & promo).sum()),
        "false_positives": {
            rate: (int(found.sum()), int((found & read).sum()), int((found & sells).sum()))
            for rate, found in false.items()
        },
        "detection": {
            rate: detection(score[kept], promo[kept], category[kept], cluster[kept], rate, repeats)
            for rate in rates
        },
    }


def wilson(caught: int, rows: int) -> Interval:
    """A share with Wilson's 95 % interval.

    >>> print(wilson(95, 100))
    0.950 [0.888, 0.978]
    """
    if rows == 0:
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    z, share = 1.959964, caught / rows
    middle = (share + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z * np.sqrt(share * (1 - share) / rows + z * z / (4 * rows**2)) / (1 + z * z / rows)
    return Interval(share, float(middle - half), float(middle + half), rows)


def brier(probability: Floats, target: NDArray[np.bool_]) -> float:
    """Mean squared error of probabilities.

    >>> brier(np.array([1.0, 0.5]), np.array([True, False]))
    0.125
    """
    return float(np.mean((probability - target) ** 2))


def reliability(
    probability: Floats, target: NDArray[np.bool_], bins: int = 10
) -> list[tuple[float, float, int, float, float]]:
    """For each tenth of the scale: from, to, rows, mean probability, share that is true."""
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.digitize(probability, edges) - 1, 0, bins - 1)
    return [
        (
            float(edges[b]), float(edges[b + 1]), int((place == b).sum()),
            float(probability[place == b].mean()), float(target[place == b].mean()),
        )
        for b in range(bins)
        if (place == b).any()
    ]  # fmt: skip


def calibrate(score: Floats, target: Floats) -> NDArray[np.float64]:
    """Slope and intercept of the log-odds that fit best (Platt's, by Newton's method).

    >>> slope, intercept = calibrate(np.array([0.0, 0.2, 0.8, 1.0]), np.array([0, 0, 1, 1]))
    >>> bool(slope > 0 > intercept)
    True
    """
    yes, no = float(target.sum()), float((1 - target).sum())
    goal = np.where(target > 0.5, (yes + 1) / (yes + 2), 1 / (no + 2))
    design = np.stack([np.asarray(score, np.float64), np.ones(len(score))], axis=1)
    found = np.array([1.0, np.log((yes + 1) / (no + 1))])
    for _ in range(100):
        share = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        slope = design.T @ (share - goal) + 1e-6 * found
        bend = (design * (share * (1 - share))[:, None]).T @ design + 1e-6 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        step *= min(1, 5 / max(float(np.abs(step).max()), 1e-12))
        found -= step
        if np.abs(step).max() < 1e-10:
            break
    return found

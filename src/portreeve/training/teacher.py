"""The teacher: kernel ridge regression on word vectors, counts and n-grams.

Large and slow, never shipped. Its kernel is the sum of a Gaussian one over word-vector means and
counts, and a linear one over n-grams weighted by rarity, where those of topics weigh half. One
linear system gives all nine outputs. It labels unlabelled posts, from which the shipped model
learns. Teachers that differ only in the rows they may learn from share their kernel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import allocating, kernel
from portreeve.signals.reading import BUCKET_BITS, TOPIC
from portreeve.training.measure import calibrate
from portreeve.training.texts import Texts

_WIDTH = 0.12
_RIDGE = 0.3
_LINEAR = 1.6
_IN_TOPIC = 0.5
_VECTOR_WEIGHT, _COUNT_WEIGHT = 3.0, 0.3
_FURTHEST = 4.0
_CHUNK = 4096


@dataclass(frozen=True)
class Kernel:
    """Labelled texts as points, and how alike each two of them are."""

    centre: NDArray[np.float32]
    spread: NDArray[np.float32]
    points: NDArray[np.float32]
    rare: NDArray[np.float32]
    column: NDArray[np.int32]
    matrix: object
    likeness: NDArray[np.float32]

    @classmethod
    def of(cls, texts: Texts, means: NDArray[np.float32]) -> Kernel:
        """``means``: :func:`portreeve.training.vectors.mean_vectors` of the same texts."""
        centre = texts.counts.mean(0)
        spread = texts.counts.std(0) + np.float32(1e-6)
        points = _points(means, texts.counts, centre, spread)
        seen = np.zeros(1 << BUCKET_BITS, np.int32)
        _texts_with(texts.starts, texts.grams, seen)
        rare = np.where(seen >= 2, np.log((1 + len(texts)) / (1 + seen)) + 1, 0)
        column = np.where(rare > 0, np.cumsum(rare > 0) - 1, -1).astype(np.int32)
        rare = rare.astype(np.float32)
        matrix = _matrix(texts, rare, column)
        likeness = _gaussian(points, points)
        for begin in range(0, len(texts), _CHUNK):
            part = (matrix[begin : begin + _CHUNK] @ matrix.T).toarray()
            likeness[begin : begin + _CHUNK] += np.float32(_LINEAR) * part
        return cls(centre, spread, points, rare, column, matrix, likeness)

    def solve(
        self, rows: NDArray[np.int64], targets: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weights of all points (0 outside ``rows``), and the mean, of a teacher of some rows."""
        from scipy.linalg import cho_factor, cho_solve

        mean = targets[rows].mean(0)
        system = self.likeness[np.ix_(rows, rows)]
        system[np.diag_indices(len(rows))] += np.float32(_RIDGE)
        factor = cho_factor(system, lower=True, overwrite_a=True, check_finite=False)
        weights = np.zeros((len(targets), targets.shape[1]), np.float32)
        weights[rows] = cho_solve(factor, targets[rows] - mean, check_finite=False)
        return weights, mean

    def calibration(
        self, held: NDArray[np.int64], targets: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Slopes and intercepts, from some rows scored by a teacher of all the others."""
        weights, mean = self.solve(np.setdiff1d(np.arange(len(targets)), held), targets)
        scores = self.likeness[held] @ weights + mean
        known = targets[held]
        return np.stack([calibrate(scores[:, k], known[:, k]) for k in range(known.shape[1])])

    def score(
        self, texts: Texts, means: NDArray[np.float32], weights: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Scores of other texts, without the mean: float32[texts, columns of ``weights``]."""
        linear = np.asarray(self.matrix.T @ weights) * np.float32(_LINEAR)  # type: ignore[attr-defined]
        out = np.empty((len(texts), weights.shape[1]), np.float32)
        for begin in range(0, len(texts), _CHUNK):
            some = np.arange(begin, min(begin + _CHUNK, len(texts)))
            part = texts.take(some)
            points = _points(means[some], part.counts, self.centre, self.spread)
            out[some] = _gaussian(points, self.points) @ weights
            out[some] += _matrix(part, self.rare, self.column) @ linear
        return out


def _points(
    means: NDArray[np.float32],
    counts: NDArray[np.float32],
    centre: NDArray[np.float32],
    spread: NDArray[np.float32],
) -> NDArray[np.float32]:
    scaled = np.clip((counts - centre) / spread, -_FURTHEST, _FURTHEST)
    return np.hstack([_VECTOR_WEIGHT * means, _COUNT_WEIGHT * scaled]).astype(np.float32)


def _gaussian(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    product = left @ right.T
    _to_gaussian(product, (left**2).sum(1), (right**2).sum(1), np.float32(_WIDTH))
    return product


@kernel
def _to_gaussian(product, left, right, width):
    for i in range(product.shape[0]):
        for j in range(product.shape[1]):
            product[i, j] = np.exp(-width * (left[i] + right[j] - 2 * product[i, j]))


@allocating
def _texts_with(starts, grams, seen):
    last = np.full(seen.size, -1, np.int32)
    for row in range(starts.size - 1):
        for i in range(starts[row], starts[row + 1]):
            if last[grams[i]] != row:
                last[grams[i]] = row
                seen[grams[i]] += 1


def _matrix(texts: Texts, rare: NDArray[np.float32], column: NDArray[np.int32]):
    """Rows of unit length over the n-grams seen in two labelled texts or more."""
    from scipy import sparse

    width = int(column.max(initial=-1)) + 1
    row = np.repeat(np.arange(len(texts)), np.diff(texts.starts))
    kept = column[texts.grams] >= 0
    in_topic = (texts.regions == TOPIC)[kept]
    where = (row[kept], column[texts.grams[kept]])
    total = None
    for chosen, weight in ((~in_topic, 1.0), (in_topic, _IN_TOPIC)):
        part = sparse.coo_matrix(
            (np.ones(int(chosen.sum()), np.float32), (where[0][chosen], where[1][chosen])),
            (len(texts), width),
        ).tocsr()
        part.data = np.float32(weight) * (1 + np.log(part.data))
        total = part if total is None else total + part
    by_column = rare[column >= 0]
    total = total.tocsr()  # type: ignore[union-attr]
    total.data *= by_column[total.indices]
    length = np.sqrt(np.asarray(total.multiply(total).sum(1)).ravel())
    return (sparse.diags((1 / np.maximum(length, 1e-9)).astype(np.float32)) @ total).tocsr()

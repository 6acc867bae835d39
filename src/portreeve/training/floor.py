"""The floor: what hashed n-grams of characters and logistic regression make of the same folds.

Nothing is shipped of it. It tells how hard the posts of a core are: figures of two cores compare
only over what the same simple model makes of each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LONGEST = 4
"""Characters of the longest n-gram."""
BITS = 20
"""N-grams are told apart by so many bits of a hash."""
_STRENGTH = 10.0
"""How much the posts weigh against the penalty on large weights: the best of 3, 10 and 30 at 1 %
false positives, which were tried on these very folds, as a floor shall not be too low."""
_ROUNDS = 300
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def out_of_fold(
    raw: list[str], promo: NDArray[np.bool_], fold: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Log-odds of each post that it promotes, by a model of the posts of the other folds."""
    grams = _matrix(raw)
    scores = np.zeros(len(raw))
    for tested in np.unique(fold):
        rows = fold == tested
        weights, bias = _fitted(grams[~rows], promo[~rows])
        scores[rows] = grams[rows] @ weights + bias
    return scores


def buckets(text: str) -> NDArray[np.int64]:
    """The hashes of a text's n-grams, each once.

    >>> len(buckets("aaa")), len(buckets("ab")), len(buckets(""))
    (3, 3, 0)
    """
    codes = np.frombuffer(text.lower().encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    found = []
    mixed = np.zeros(len(codes), np.uint64)
    for length in range(1, min(LONGEST, len(codes)) + 1):
        mixed = (mixed[: len(codes) - length + 1] ^ codes[length - 1 :]) * _FACTOR
        mixed ^= mixed >> np.uint64(29)
        found.append(mixed >> np.uint64(64 - BITS))
    return np.unique(np.concatenate(found) if found else mixed).astype(np.int64)


def _matrix(raw: list[str]) -> Any:
    from scipy import sparse  # type: ignore[import-untyped,unused-ignore]

    columns = [buckets(text) for text in raw]
    sizes = np.array([len(one) for one in columns])
    ends = np.concatenate([[0], np.cumsum(sizes)])
    values = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes)
    return sparse.csr_matrix((values, np.concatenate(columns), ends), (len(raw), 1 << BITS))


def _fitted(grams: Any, promo: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    from scipy.optimize import minimize  # type: ignore[import-untyped,unused-ignore]

    side = np.where(promo, 1.0, -1.0)

    def loss(given: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = given[:-1], given[-1]
        margin = side * (grams @ weights + bias)
        pull = -_STRENGTH * side / (1 + np.exp(np.clip(margin, -700, 700)))
        slope = np.append(grams.T @ pull + weights, pull.sum())
        return float(_STRENGTH * np.logaddexp(0, -margin).sum() + weights @ weights / 2), slope

    start = np.zeros((1 << BITS) + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _ROUNDS}).x
    return found[:-1], float(found[-1])

"""Near copies: which posts are the same again, so that no copy sits on both sides of a test."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

_TOPIC = re.compile(r"#[^#]{1,40}#")
_NOISE = re.compile(r"[\W_]+")
_DIGIT = re.compile(r"\d")
# (without topics?, least Jaccard likeness of three-letter shingles, least letters)
_VIEWS = ((False, 0.50, 8), (True, 0.55, 10))
_LOOSER = 0.1
"""Posts outside the labelled set are taken for copies at this much less likeness."""
_CHUNK = 20_000


def clusters(folded: list[str]) -> NDArray[np.int64]:
    """The number of the near-copy cluster of each text."""
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    edges = [np.zeros((0, 2), np.int64)]
    for no_topics, least, letters in _VIEWS:
        edges.append(_pairs(folded, folded, no_topics, least, letters))
    left, right = np.vstack(edges).T
    graph = sparse.coo_matrix((np.ones(len(left)), (left, right)), (len(folded), len(folded)))
    return connected_components(graph, directed=False)[1].astype(np.int64)  # type: ignore[no-any-return]


def copies_of(others: list[str], folded: list[str]) -> NDArray[np.int64]:
    """Pairs (row of ``others``, row of ``folded``) that are near copies, int64[pairs, 2]."""
    found = [
        _pairs(others, folded, no_topics, least - _LOOSER, letters)
        for no_topics, least, letters in _VIEWS
    ]
    return np.unique(np.vstack(found), axis=0)


def folds(
    cluster: NDArray[np.int64], category: NDArray[np.str_], count: int = 5
) -> NDArray[np.int64]:
    """A fold for each row; a cluster is in one fold, categories are spread evenly."""
    generator = np.random.default_rng(0)
    members: dict[int, list[int]] = {}
    for row, number in enumerate(cluster):
        members.setdefault(int(number), []).append(row)
    tie = {number: generator.random() for number in sorted(members)}
    filled: dict[str, NDArray[np.float64]] = {}
    chosen = np.zeros(len(cluster), np.int64)
    for number in sorted(members, key=lambda c: (-len(members[c]), tie[c])):
        names = [str(category[row]) for row in members[number]]
        main = max(sorted(set(names)), key=names.count)
        load = filled.setdefault(main, generator.random(count) * 1e-3)
        fold = int(np.argmin(load))
        load[fold] += len(names)
        chosen[members[number]] = fold
    return chosen


def _pairs(
    left: list[str], right: list[str], no_topics: bool, least: float, letters: int
) -> NDArray[np.int64]:
    vocabulary: dict[str, int] = {}
    b, b_size, b_letters = _shingles(right, no_topics, vocabulary, grow=True)
    a, a_size, a_letters = (
        (b, b_size, b_letters)
        if left is right
        else _shingles(left, no_topics, vocabulary, grow=False)
    )
    turned = b.T.tocsr()
    found = []
    for begin in range(0, a.shape[0], _CHUNK):
        shared = (a[begin : begin + _CHUNK] @ turned).tocoo()
        row = shared.row.astype(np.int64) + begin
        col = shared.col.astype(np.int64)
        like = shared.data / (a_size[row] + b_size[col] - shared.data)
        kept = (like >= least) & (a_letters[row] >= letters) & (b_letters[col] >= letters)
        found.append(np.stack([row[kept], col[kept]], axis=1))
    return np.vstack(found)


def _shingles(  # type: ignore[no-untyped-def]
    folded: list[str], no_topics: bool, vocabulary: dict[str, int], *, grow: bool
):
    """Which known shingles each text has, how many it has in all, and how many letters."""
    from scipy import sparse

    starts, sizes, letters = [0], [], []
    columns: list[int] = []
    for text in folded:
        kept = _TOPIC.sub(" ", text) if no_topics else text
        kept = _DIGIT.sub("0", _NOISE.sub("", kept))
        letters.append(len(kept))
        shingles = {kept[i : i + 3] for i in range(len(kept) - 2)}
        sizes.append(len(shingles))
        if grow:
            columns += [vocabulary.setdefault(one, len(vocabulary)) for one in sorted(shingles)]
        else:
            columns += [vocabulary[one] for one in shingles if one in vocabulary]
        starts.append(len(columns))
    matrix = sparse.csr_matrix(
        (np.ones(len(columns), np.float32), np.array(columns, np.int64), np.array(starts)),
        (len(folded), max(len(vocabulary), 1)),
    )
    return matrix, np.array(sizes), np.array(letters)

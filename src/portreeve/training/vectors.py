"""Word vectors from unlabelled text: what stands near what, factorised.

Positive pointwise mutual information of words within five places of each other, then its leading
singular vectors. No labels are used; the same texts give the same vectors.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import allocating
from portreeve.signals.reading import BODY, FORWARDED, TOPIC
from portreeve.training.texts import words

DIMENSIONS = 128
_WINDOW = 5
_LEAST_SEEN = 8
_MOST_WORDS = 70_000
_LONGEST_TOPIC_WORDS = 26


@dataclass(frozen=True)
class Words:
    """Texts as word numbers; 0 is any word outside the vocabulary.

    Row ``i`` owns ``ids[starts[i]:starts[i + 1]]``; ``regions`` as in the scorer.
    """

    starts: NDArray[np.int64]
    ids: NDArray[np.int32]
    regions: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.starts) - 1


@dataclass(frozen=True)
class Vocabulary:
    """The words that have a vector; ``words[0]`` is none of them."""

    words: list[str]
    numbers: dict[str, int]

    @classmethod
    def of(cls, cut: list[list[str]]) -> Vocabulary:
        """The words seen at least eight times, most frequent first."""
        counted: Counter[str] = Counter()
        for text in cut:
            counted.update(text)
        ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        kept = ["", *(word for word, seen in ranked[:_MOST_WORDS] if seen >= _LEAST_SEEN)]
        return cls(kept, {word: i for i, word in enumerate(kept) if i})

    def encode(self, cut: list[list[str]]) -> Words:
        """Texts as word numbers with their regions."""
        sizes = np.fromiter((len(text) for text in cut), np.int64, len(cut))
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        get = self.numbers.get
        ids = np.fromiter(
            (get(word, 0) for text in cut for word in text), np.int32, int(starts[-1])
        )
        number = [self.numbers.get(mark, -1) for mark in "#/"]
        regions = _regions(ids, starts, number[0], number[1])
        return Words(starts, ids, regions)


def cut(folded: list[str]) -> list[list[str]]:
    """Cut folded texts into words; equal words are one object, so that much text fits."""
    known: dict[str, str] = {}
    return [[known.setdefault(word, word) for word in words(text)] for text in folded]


@allocating
def _regions(ids, starts, topic_mark, slash):
    regions = np.zeros(ids.size, np.uint8)
    for row in range(starts.size - 1):
        base = BODY
        end_of_topic = -1
        last = starts[row + 1]
        for i in range(starts[row], last):
            if i > end_of_topic and ids[i] == topic_mark:
                j = i + 1
                limit = min(last, i + _LONGEST_TOPIC_WORDS)
                while j < limit and ids[j] != topic_mark:
                    j += 1
                if j < limit and j > i + 1:
                    end_of_topic = j
            if i <= end_of_topic:
                regions[i] = TOPIC
                continue
            if ids[i] == slash and i + 1 < last and ids[i + 1] == slash:
                base = FORWARDED
            regions[i] = base
    return regions


def factorise(batches: list[Words], size: int) -> NDArray[np.float32]:
    """Unit vectors of the words, float32[size, DIMENSIONS]; row 0 is nought."""
    from scipy import sparse

    together = None
    for distance in range(1, _WINDOW + 1):
        for batch in batches:
            row = np.repeat(np.arange(len(batch)), np.diff(batch.starts))
            left, right = batch.ids[:-distance], batch.ids[distance:]
            near = (row[:-distance] == row[distance:]) & (left > 0) & (right > 0)
            weight = np.full(int(near.sum()), 1 / (1 + 0.5 * (distance - 1)), np.float32)
            found = sparse.coo_matrix((weight, (left[near], right[near])), (size, size)).tocsr()
            together = found if together is None else together + found
    if together is None:
        return np.zeros((size, DIMENSIONS), np.float32)
    both = (together + together.T).tocsr()
    both.data[both.data < 1] = 0
    both.eliminate_zeros()
    seen = np.asarray(both.sum(1)).ravel()
    context = seen**0.75
    context /= max(context.sum(), 1e-12)
    both = both.tocoo()
    information = np.log(both.data / (seen[both.row] * context[both.col]) + 1e-12)
    kept = information > 0
    matrix = sparse.csr_matrix(
        (information[kept].astype(np.float32), (both.row[kept], both.col[kept])), (size, size)
    )
    left_vectors, values = _leading(matrix, min(DIMENSIONS, size))
    vectors = np.zeros((size, DIMENSIONS), np.float32)
    vectors[:, : values.size] = left_vectors * np.sqrt(values)
    length = np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-6
    return (vectors / length).astype(np.float32)


def _leading(matrix, rank: int):
    """Leading left singular vectors and values, by randomised subspace iteration."""
    generator = np.random.default_rng(0)
    wide = min(rank + 10, matrix.shape[0])
    basis = matrix @ generator.standard_normal((matrix.shape[1], wide)).astype(np.float32)
    for _ in range(3):
        basis = matrix @ (matrix.T @ np.linalg.qr(basis)[0])
    basis = np.linalg.qr(basis)[0]
    small, values, _ = np.linalg.svd((matrix.T @ basis).T, full_matrices=False)
    return (basis @ small)[:, :rank], values[:rank]


def rarity(batches: list[Words], size: int) -> NDArray[np.float32]:
    """How rare each word is: the logarithm of texts per text with it, at most 8; 0 for row 0."""
    seen = np.zeros(size)
    rows = 0
    for batch in batches:
        seen += np.bincount(batch.ids, minlength=size)
        rows += len(batch)
    rare = np.clip(np.log(rows / (1 + seen)), 0, 8).astype(np.float32)
    rare[0] = 0
    return rare


def mean_vectors(
    texts: Words, vectors: NDArray[np.float32], rare: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Rarity-weighted unit means of a text's body and topics, and how alike the two are.

    float32[texts, 2 * DIMENSIONS + 1].
    """
    from scipy import sparse

    row = np.repeat(np.arange(len(texts)), np.diff(texts.starts))
    parts = []
    for wanted in (texts.regions != TOPIC, texts.regions == TOPIC):
        kept = wanted & (texts.ids > 0)
        weights = sparse.csr_matrix(
            (rare[texts.ids[kept]], (row[kept], texts.ids[kept])), (len(texts), len(vectors))
        )
        mean = weights @ vectors
        parts.append(mean / (np.linalg.norm(mean, axis=1, keepdims=True) + 1e-6))
    likeness = (parts[0] * parts[1]).sum(1, keepdims=True)
    return np.hstack([*parts, likeness]).astype(np.float32)

"""Texts as the trainer sees them: folded by the kernel, read by the scorer, cut into words."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from portreeve.signals.compiled import kernel
from portreeve.signals.fold import fold_table
from portreeve.signals.kernel import Row, fold_row
from portreeve.signals.reading import COUNTS, MOST_GRAMS, READ_HALF, read_row, scratch

_PIECE = re.compile(r"[\u3400-\u9fff]+|[a-z]+|\d+|\s+|.", re.DOTALL)
_LONGEST_FIGURE = 12
_CHUNK = 20_000


@dataclass(frozen=True)
class Texts:
    """N-grams and counts of texts, row after row.

    Row ``i`` owns ``grams[starts[i]:starts[i + 1]]`` (buckets, uint32) with their ``regions``
    (uint8); ``counts``: float32[rows, len(COUNTS)]; ``folded``: the folded strings.
    """

    starts: NDArray[np.int64]
    grams: NDArray[np.uint32]
    regions: NDArray[np.uint8]
    counts: NDArray[np.float32]
    folded: list[str]

    def __len__(self) -> int:
        return len(self.folded)

    def take(self, rows: NDArray[np.int64]) -> Texts:
        """The given rows, in the given order."""
        sizes = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        at = np.repeat(self.starts[rows] - starts[:-1], sizes) + np.arange(starts[-1])
        return Texts(
            starts, self.grams[at], self.regions[at], self.counts[rows],
            [self.folded[i] for i in rows],
        )  # fmt: skip

    @staticmethod
    def join(parts: list[Texts]) -> Texts:
        """Several batches as one."""
        sizes = np.concatenate([np.diff(part.starts) for part in parts])
        return Texts(
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            np.concatenate([part.grams for part in parts]),
            np.concatenate([part.regions for part in parts]),
            np.concatenate([part.counts for part in parts]),
            [text for part in parts for text in part.folded],
        )


def read(texts: pl.Series) -> Texts:
    """Fold and read a column of texts; NULL is as empty.

    >>> len(read(pl.Series(["加微信 abc", None])).grams)
    19
    """
    chunks = [_read(texts[i : i + _CHUNK]) for i in range(0, max(len(texts), 1), _CHUNK)]
    return Texts.join(chunks)


def _read(texts: pl.Series) -> Texts:
    column = texts.cast(pl.String).fill_null("").to_arrow(compat_level=pl.CompatLevel.oldest())
    array = (column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column).cast(
        pa.large_string()
    )
    _, offset_buffer, data_buffer = array.buffers()
    offsets = np.frombuffer(offset_buffer, np.int64)[array.offset : array.offset + len(array) + 1]
    data = np.frombuffer(data_buffer or b"", np.uint8)
    longest = int(np.diff(offsets).max(initial=0))
    codes, flags, places = Row.scratch(longest)
    table = fold_table()
    most = int(min(MOST_GRAMS, 5 * codes.size + 8))
    total = int(np.minimum(np.diff(offsets) * 2 + 16, 2 * READ_HALF).sum())
    kept = np.empty(total + 16, np.uint32)
    grams = np.empty(5 * total + most, np.uint32)
    regions = np.empty(5 * total + most, np.uint8)
    starts = np.zeros(len(array) + 1, np.int64)
    sizes = np.zeros(len(array), np.int64)
    counts = np.zeros((len(array), len(COUNTS)), np.float32)
    _read_all(
        data, offsets, *table.arrays(),
        codes, flags, places, kept, sizes, grams, regions, starts, counts, *scratch(),
    )  # fmt: skip
    ends = np.cumsum(sizes)
    folded = [
        kept[end - size : end].tobytes().decode("utf-32-le")
        for end, size in zip(ends, sizes, strict=True)
    ]
    n = starts[-1]
    return Texts(starts, grams[:n].copy(), regions[:n].copy(), counts, folded)


@kernel
def _read_all(
    data, offsets, entries, kinds, expansions, codes, flags, places,
    kept, sizes, grams, regions, starts, counts, marks, opened,
):  # fmt: skip
    at = 0
    for row in range(offsets.size - 1):
        n, _ = fold_row(
            data, offsets[row], offsets[row + 1], entries, kinds, expansions,
            codes, flags, places,
        )  # fmt: skip
        if n > 2 * READ_HALF:
            for i in range(READ_HALF):
                codes[READ_HALF + i] = codes[n - READ_HALF + i]
            n = 2 * READ_HALF
        for i in range(n):
            kept[at + i] = codes[i]
        sizes[row] = n
        begin = starts[row]
        m = read_row(codes, n, grams[begin:], regions[begin:], counts[row], marks, opened)
        starts[row + 1] = begin + m
        at += n


def words(folded: str) -> list[str]:
    """A folded text cut into words; figures become noughts, white space goes.

    >>> words("加微信 abc 128元")
    ['加', '微', '信', 'abc', '000', '元']
    """
    import jieba  # type: ignore[import-not-found,import-untyped,unused-ignore]

    jieba.setLogLevel(60)
    found: list[str] = []
    for match in _PIECE.finditer(folded):
        piece = match.group()
        if piece.isspace():
            continue
        if "\u3400" <= piece[0] <= "\u9fff":
            found += jieba.cut(piece, HMM=False)
        elif piece[0] in "0123456789":
            found.append("0" * min(len(piece), _LONGEST_FIGURE))
        else:
            found.append(piece)
    return found

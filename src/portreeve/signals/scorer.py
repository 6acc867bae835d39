"""What a text is about: the probability that it promotes, and of each of eight intents.

An n-gram that the model knows (:mod:`portreeve.signals.reading`) has a row of small integers; rows
are added up apart for the body, for topics (``#...#``) and for what was forwarded (after ``//``),
because a topic that has nothing to do with the body is a habit of sellers. A network with one
hidden layer turns the sums into nine numbers. The first 4,096 and the last 4,096 codes of a longer
text are read.
"""

from __future__ import annotations

import functools
import zipfile
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from portreeve.model import INTENTS
from portreeve.signals.compiled import inlined, kernel, reordering
from portreeve.signals.reading import (
    BUCKET_BITS,
    COUNTS,
    MOST_GRAMS,
    READ_HALF,
    REGIONS,
    TOPIC,
    read_row,
    scratch,
)

OUTPUTS = ("promotion", *INTENTS)
"""The nine numbers of a text, in the order of the model's columns."""
LANES = 32
"""Numbers in the row of an n-gram."""
PEAKS = 8
"""Of these, the first ones, whose greatest value outside topics the network sees too."""
ZERO = 128
"""What stands for 0 in a row, whose bytes have no sign."""
FORMAT = 2

INPUTS = REGIONS * LANES + PEAKS + len(COUNTS)
"""Numbers that the network takes."""

_EVEN_BYTES = 0x00FF00FF00FF00FF
_TOP_BITS = 0x8000800080008000
_MOST_ADDED = 256  # so many bytes fit into sixteen bits


class ModelError(ValueError):
    """A model file that cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Model:
    """The artefact: a verified hash table of rows, and the network above it.

    ``known``: uint8[slots], 0 for an empty slot, else 1 + the bits that verify it. ``rows``:
    uint8[slots, LANES], where 128 is 0; ``scale``: float32[LANES], what one step of a lane is
    worth. ``centre``, ``spread``: float32[counts]. ``hidden``: float32[h, inputs],
    ``hidden_bias``: float32[h], ``output``: float32[9, h], ``direct``: float32[9, inputs],
    ``output_bias``: float32[9]; inputs are REGIONS sums of LANES each, PEAKS maxima, then the
    counts. ``calibration``: float32[9, 2], slope and intercept of the log-odds.
    """

    known: NDArray[np.uint8]
    rows: NDArray[np.uint8]
    scale: NDArray[np.float32]
    centre: NDArray[np.float32]
    spread: NDArray[np.float32]
    hidden: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    output: NDArray[np.float32]
    direct: NDArray[np.float32]
    output_bias: NDArray[np.float32]
    calibration: NDArray[np.float32]

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """The arrays in the order that :func:`score_row` takes them."""
        words = self.rows.view(np.uint64)
        return tuple(
            words if field.name == "rows" else getattr(self, field.name) for field in fields(self)
        )

    def check(self) -> None:
        """Raise :class:`ModelError` unless the shapes fit each other (the kernels trust them)."""
        slots, inputs = len(self.known), INPUTS
        hidden = len(self.hidden_bias)
        wanted = {
            "rows": (slots, LANES), "scale": (LANES,), "centre": (len(COUNTS),),
            "spread": (len(COUNTS),), "hidden": (hidden, inputs),
            "output": (len(OUTPUTS), hidden), "direct": (len(OUTPUTS), inputs),
            "output_bias": (len(OUTPUTS),), "calibration": (len(OUTPUTS), 2),
        }  # fmt: skip
        for name, shape in wanted.items():
            if getattr(self, name).shape != shape:
                raise ModelError(
                    f"The model's array {name!r} has the shape {getattr(self, name).shape}, but "
                    f"{shape} is needed. The file was made by another version of portreeve: "
                    "run `portreeve train` again, or install the version that made it."
                )
        if slots & (slots - 1) or not 1 << (BUCKET_BITS - 7) <= slots <= 1 << BUCKET_BITS:
            raise ModelError(f"The model's table has {slots:,} slots, which is no usable size.")

    def save(self, path: Path) -> None:
        """Write the artefact; the same arrays give the same bytes."""
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name in ("format", *(field.name for field in fields(self))):
                info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                value = np.array(FORMAT, np.int32) if name == "format" else getattr(self, name)
                with archive.open(info, "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, np.ascontiguousarray(value), (1, 0))

    @classmethod
    def load(cls, source: Path | BinaryIO) -> Model:
        """Read an artefact written by :meth:`save`; :class:`ModelError` when it is none."""
        try:
            with np.load(source) as kept:
                version = kept["format"].item()
                arrays = {f.name: np.ascontiguousarray(kept[f.name]) for f in fields(cls)}
        except (KeyError, OSError, EOFError, TypeError, ValueError, zipfile.BadZipFile) as error:
            raise ModelError(f"This is no portreeve model: {error}") from error
        if version != FORMAT:
            raise ModelError(
                f"The model has format {version}; this version reads format {FORMAT}. "
                "Run `portreeve train` again."
            )
        model = cls(**arrays)
        model.check()
        return model


@functools.cache
def shipped_model() -> Model:
    """The model that comes with the package."""
    with resources.files("portreeve.data").joinpath("model.npz").open("rb") as file:
        return Model.load(file)  # type: ignore[arg-type]


class Scratch:
    """Room for one text; reuse it from row to row."""

    @staticmethod
    def arrays() -> tuple[
        NDArray[np.uint32],
        NDArray[np.uint8],
        NDArray[np.float32],
        NDArray[np.float32],
        NDArray[np.uint8],
        NDArray[np.int64],
        NDArray[np.int32],
        NDArray[np.uint32],
    ]:
        """What :func:`score_row` takes, in its order.

        ``grams``, ``regions``, ``counts``, ``inputs``, ``marks``, ``topics``, ``tally``, ``ends``.
        """
        return (
            np.empty(MOST_GRAMS, np.uint32),
            np.empty(MOST_GRAMS, np.uint8),
            np.empty(len(COUNTS), np.float32),
            np.empty(INPUTS, np.float32),
            *scratch(),
            np.empty((REGIONS + 2, LANES), np.int32),
            np.empty(2 * READ_HALF, np.uint32),
        )


@inlined
def squash(count, centre, spread):
    """A count as the network takes it: centred, scaled, and no further than 1.5 from 0."""
    return min(max(0.3 * (count - centre) / spread, -1.5), 1.5)


@kernel
def score_row(
    codes, n, known, rows, scale, centre, spread, hidden, hidden_bias, output, direct,
    output_bias, calibration, grams, regions, counts, inputs, marks, opened, tally, ends, scores,
):  # fmt: skip
    """Write the nine probabilities (:data:`OUTPUTS`) of a folded text to ``scores``.

    ``codes``: uint32[>= n]; the arrays of the model and of :class:`Scratch` follow in their order;
    ``scores``: float32[9].
    """
    if n > 2 * READ_HALF:
        for i in range(READ_HALF):
            ends[i] = codes[i]
            ends[READ_HALF + i] = codes[n - READ_HALF + i]
        codes = ends
        n = 2 * READ_HALF
    m = read_row(codes, n, grams, regions, counts, marks, opened)
    score_grams(
        grams, regions, m, counts, known, rows, scale, centre, spread, hidden, hidden_bias,
        output, direct, output_bias, calibration, inputs, tally, scores,
    )  # fmt: skip


@kernel
def score_grams(
    grams, regions, m, counts, known, rows, scale, centre, spread, hidden, hidden_bias, output,
    direct, output_bias, calibration, inputs, tally, scores,
):  # fmt: skip
    """The second half of :func:`score_row`: from ``m`` n-grams and the counts to ``scores``.

    ``grams`` and ``regions`` are used up.
    """
    tally[:] = 0
    found = tally[REGIONS]
    mask = np.uint32(known.size - 1)
    shift = np.uint32(0)
    while known.size >> shift > 1:
        shift += np.uint32(1)
    # What the model knows comes first, without a branch that nobody could predict.
    hits = 0
    for g in range(m):
        gram = grams[g]
        grams[hits] = gram & mask
        regions[hits] = regions[g]
        hits += known[gram & mask] == np.uint8(1 + (gram >> shift))
    # Eight bytes of a row are added at once, in two words of four sixteen-bit sums. A run of rows
    # of one region ends before its sums could overflow.
    even = np.uint64(_EVEN_BYTES)
    byte = np.uint64(8)
    g = 0
    while g < hits:
        region = np.int64(regions[g])
        end = g + 1
        last = min(hits, g + _MOST_ADDED)
        while end < last and regions[end] == region:
            end += 1
        even0 = even1 = even2 = even3 = odd0 = odd1 = odd2 = odd3 = np.uint64(0)
        for h in range(g, end):
            slot = np.uint64(grams[h])
            word = rows[slot, 0]
            even0 += word & even
            odd0 += (word >> byte) & even
            word = rows[slot, 1]
            even1 += word & even
            odd1 += (word >> byte) & even
            word = rows[slot, 2]
            even2 += word & even
            odd2 += (word >> byte) & even
            word = rows[slot, 3]
            even3 += word & even
            odd3 += (word >> byte) & even
        total = tally[region]
        _empty(total, 0, even0, odd0)
        _empty(total, 8, even1, odd1)
        _empty(total, 16, even2, odd2)
        _empty(total, 24, even3, odd3)
        found[region] += end - g
        g = end
    peak_even = np.uint64(ZERO * 0x0001000100010001)
    peak_odd = peak_even
    # A row seldom has a byte above the greatest so far, so that test comes first.
    top = np.uint64(_TOP_BITS)
    for g in range(hits):
        if regions[g] == TOPIC:
            continue
        word = rows[np.uint64(grams[g]), 0]
        below = (peak_even | top) - (word & even)
        below &= (peak_odd | top) - ((word >> byte) & even)
        if below & top != top:
            peak_even = _greater(peak_even, word & even)
            peak_odd = _greater(peak_odd, (word >> byte) & even)
    for r in range(REGIONS):
        weight = np.float32(1) / np.sqrt(np.float32(found[r] + 4))
        for q in range(LANES):
            inputs[r * LANES + q] = np.float32(tally[r, q] - ZERO * found[r]) * scale[q] * weight
    peaks = tally[REGIONS + 1]
    _empty(peaks, 0, peak_even, peak_odd)
    for q in range(PEAKS):
        inputs[REGIONS * LANES + q] = np.float32(peaks[q] - ZERO) * scale[q]
    for c in range(counts.size):
        inputs[REGIONS * LANES + PEAKS + c] = squash(counts[c], centre[c], spread[c])
    _network(inputs, hidden, hidden_bias, output, direct, output_bias, scores)
    for k in range(scores.size):
        odds = calibration[k, 0] * scores[k] + calibration[k, 1]
        scores[k] = np.float32(1) / (np.float32(1) + np.exp(-odds))


@inlined
def _empty(total, first, even, odd):
    """Add the sixteen-bit sums of eight bytes to eight numbers of a tally."""
    low = np.uint64(0xFFFF)
    for k in range(4):
        shift = np.uint64(16 * k)
        total[first + 2 * k] += np.int32((even >> shift) & low)
        total[first + 2 * k + 1] += np.int32((odd >> shift) & low)


@inlined
def _greater(a, b):
    """The greater of each two bytes, four to a word, each in sixteen bits."""
    top = np.uint64(_TOP_BITS)
    is_a = (((a | top) - b) & top) >> np.uint64(15)
    chosen = (is_a << np.uint64(8)) - is_a
    return b ^ ((a ^ b) & chosen)


@reordering
def _network(inputs, hidden, hidden_bias, output, direct, output_bias, scores):
    """One hidden layer of rectified units beside a direct connection; log-odds come out."""
    for k in range(scores.size):
        total = output_bias[k]
        for i in range(inputs.size):
            total += direct[k, i] * inputs[i]
        scores[k] = total
    for j in range(hidden_bias.size):
        total = hidden_bias[j]
        for i in range(inputs.size):
            total += hidden[j, i] * inputs[i]
        if total > 0:
            for k in range(scores.size):
                scores[k] += output[k, j] * total

"""The student: the small model that ships, trained to say what labels and teacher say.

Three steps, each deterministic: choose the n-grams that get a row (all words with a vector, then
those that tell most); learn a projection of the word vectors to :data:`LANES` numbers, which is
where the rows begin; then train rows and network together, text by text (Adagrad).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portreeve.signals import scorer
from portreeve.signals.compiled import allocating, kernel, learning
from portreeve.signals.reading import BUCKET_BITS, MOST_GRAMS, REGIONS, TOPIC
from portreeve.signals.scorer import INPUTS, LANES, OUTPUTS, PEAKS, ZERO, Model
from portreeve.training.texts import Texts, read

SLOT_BITS = 17
HIDDEN = 32
_LEAST_SEEN = 4
_LEAST_SEEN_WORD = 2
_VECTOR_SCALE = 0.12
_SINGLE_WEIGHT = 0.3
_DROPPED = 400
"""Of 1,024 n-grams, how many are left out at random at each reading."""
_SHRINK = 1e-5
_RATE = 0.05
_ROW_RATE = 0.1
_PIECES = 8
"""Parts of a round; the rates fall from part to part."""
_ROW_CAUTION = 0.3
"""What the sum of squares of a row begins with: n-grams that are seldom seen move little."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Lesson:
    """What a student learns from.

    ``targets``: float32[texts, 9], probabilities; ``weights``: float32[texts, 9], 0 where nothing
    is known.
    """

    texts: Texts
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]


@dataclass(frozen=True)
class Semantics:
    """Word vectors: ``word``: int32[buckets], 0 for none; ``vectors``: float32[words, d]."""

    word: NDArray[np.int32]
    vectors: NDArray[np.float32]

    @classmethod
    def of(
        cls, words: list[str], vectors: NDArray[np.float32], rare: NDArray[np.float32], seen: Texts
    ) -> Semantics:
        """Rarity-weighted, centred vectors of the words that are one n-gram of the scorer."""
        import polars as pl

        word = np.zeros(1 << BUCKET_BITS, np.int32)
        weight = np.zeros(len(words), np.float32)
        as_read = read(pl.Series(words, dtype=pl.String))
        for number, text in enumerate(words):
            grams = as_read.grams[as_read.starts[number] : as_read.starts[number + 1]]
            ideographs = len(text) > 0 and "\u3400" <= text[0] <= "\u9fff"
            if len(grams) == 0 or (ideographs and len(text) > 4):
                continue
            word[grams[-1]] = number
            weight[number] = _SINGLE_WEIGHT if len(text) == 1 else 1
        scaled = vectors * rare[:, None] * weight[:, None]
        times = np.bincount(word[seen.grams], minlength=len(words)).astype(np.float64)
        times[0] = 0
        mean = (times @ scaled) / max(times.sum(), 1)
        scaled = (scaled - mean * weight[:, None]) * _VECTOR_SCALE
        scaled[weight == 0] = 0
        return cls(word, scaled.astype(np.float32))


@dataclass(frozen=True)
class Network:
    """The network in training, and the sums of squared gradients that set its rates."""

    hidden: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    output: NDArray[np.float32]
    direct: NDArray[np.float32]
    output_bias: NDArray[np.float32]

    @classmethod
    def start(cls, generator: np.random.Generator) -> Network:
        """Small random weights; outputs begin at about 5 %."""
        outputs = len(OUTPUTS)
        return cls(
            (generator.standard_normal((HIDDEN, INPUTS)) * 0.15).astype(np.float32),
            np.zeros(HIDDEN, np.float32),
            (generator.standard_normal((outputs, HIDDEN)) * 0.1).astype(np.float32),
            np.zeros((outputs, INPUTS), np.float32),
            np.full(outputs, -3, np.float32),
        )

    def arrays(self) -> tuple[NDArray[np.float32], ...]:
        """The five arrays in order."""
        return self.hidden, self.hidden_bias, self.output, self.direct, self.output_bias

    def squares(self) -> tuple[NDArray[np.float32], ...]:
        """Fresh sums of squared gradients."""
        return tuple(np.ones_like(array) for array in self.arrays())


def train_student(
    lesson: Lesson,
    semantics: Semantics | None,
    *,
    seed: int = 0,
    projection_rounds: int = 3,
    rounds: int = 4,
    say: Progress = lambda _: None,
) -> Model:
    """Train a model; calibration is left at slope 1, intercept 0."""
    texts = lesson.texts
    generator = np.random.default_rng(seed)
    chosen = _choose(lesson, semantics)
    slot_of, known = _slots(chosen)
    say(f"{len(chosen):,} n-grams chosen from {len(texts):,} texts")
    rows_of = slot_of[texts.grams]
    centre, spread = texts.counts.mean(0), texts.counts.std(0) + np.float32(1e-6)
    counts = np.clip(0.3 * (texts.counts - centre) / spread, -1.5, 1.5).astype(np.float32)
    network = Network.start(generator)
    rows = (generator.standard_normal((len(known), LANES)) * 0.01).astype(np.float32)
    if semantics is not None and projection_rounds > 0:
        sums, scale = _sums(texts.starts, texts.grams, texts.regions, rows_of, *_fields(semantics))
        projection = (generator.standard_normal((LANES, sums.shape[2])) * 0.1).astype(np.float32)
        squares = np.ones_like(projection)
        held = network.squares()
        for turn in range(projection_rounds):
            loss = _project(
                generator.permutation(len(texts)), sums, scale, counts, lesson.targets,
                lesson.weights, projection, squares, network.arrays(), held,
                np.float32(_RATE * (1 - turn / projection_rounds)), np.float32(_SHRINK),
            )  # fmt: skip
            say(f"projection, round {turn + 1} of {projection_rounds}: loss {loss:.4f}")
        del sums
        bucket = np.flatnonzero(semantics.word)
        bucket = bucket[slot_of[bucket] >= 0]
        rows[slot_of[bucket]] += semantics.vectors[semantics.word[bucket]] @ projection.T
    row_squares = np.full_like(rows, _ROW_CAUTION)
    held = network.squares()
    state = np.uint64(seed + 1)
    for turn in range(rounds):
        pieces = np.array_split(generator.permutation(len(texts)), _PIECES)
        losses = []
        for number, piece in enumerate(pieces):
            left = np.float32(1 - (turn + number / _PIECES) / rounds)
            loss, state = _learn(
                piece, texts.starts, rows_of, texts.regions, counts, lesson.targets,
                lesson.weights, rows, row_squares, network.arrays(), held,
                np.float32(_ROW_RATE) * left, np.float32(_RATE) * left, np.float32(_SHRINK), state,
            )  # fmt: skip
            state = np.uint64(state)
            losses.append(loss * len(piece))
        say(f"rows, round {turn + 1} of {rounds}: loss {sum(losses) / len(texts):.4f}")
    return _pack(known, rows, centre, spread, network)


def _fields(semantics: Semantics) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    return semantics.word, semantics.vectors


def _choose(lesson: Lesson, semantics: Semantics | None) -> NDArray[np.int64]:
    """Buckets that get a row, one for each slot: words first, then by how much they tell."""
    texts = lesson.texts
    weight = lesson.weights[:, :1]
    mean = (lesson.targets * weight).sum(0) / weight.sum()
    pull = ((lesson.targets - mean) * np.sqrt(weight) * (lesson.weights > 0)).astype(np.float32)
    seen = np.zeros(1 << BUCKET_BITS, np.float32)
    pulled = np.zeros((1 << BUCKET_BITS, len(OUTPUTS)), np.float32)
    _count(texts.starts, texts.grams, pull, seen, pulled)
    told = np.zeros(1 << BUCKET_BITS, np.float32)
    for k in range(len(OUTPUTS)):
        told = np.maximum(
            told, np.abs(pulled[:, k]) / np.sqrt(seen * mean[k] * (1 - mean[k]) + 1e-3)
        )
    told[seen < _LEAST_SEEN] = 0
    if semantics is not None:
        words = np.flatnonzero((semantics.word > 0) & (seen >= _LEAST_SEEN_WORD))
        told[words] += 1000
    buckets = np.flatnonzero(told)
    slot = buckets & ((1 << SLOT_BITS) - 1)
    order = np.lexsort((buckets, -told[buckets], slot))
    first = np.concatenate([[True], slot[order][1:] != slot[order][:-1]])
    return np.sort(buckets[order][first]) if len(buckets) else buckets


@allocating
def _count(starts, grams, pull, seen, pulled):
    last = np.full(seen.size, -1, np.int32)
    for row in range(starts.size - 1):
        for i in range(starts[row], starts[row + 1]):
            gram = grams[i]
            if last[gram] != row:
                last[gram] = row
                seen[gram] += 1
                for k in range(pull.shape[1]):
                    pulled[gram, k] += pull[row, k]


def _slots(chosen: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """The slot of each bucket (-1 for none) and the bits that verify each slot."""
    slots = 1 << SLOT_BITS
    slot_of = np.full(1 << BUCKET_BITS, -1, np.int32)
    slot_of[chosen] = chosen & (slots - 1)
    known = np.zeros(slots, np.uint8)
    known[chosen & (slots - 1)] = 1 + (chosen >> SLOT_BITS)
    return slot_of, known


@allocating
def _sums(starts, grams, regions, rows_of, word, vectors):
    """Sums of word vectors for each region, and what the scorer multiplies sums with."""
    texts = starts.size - 1
    sums = np.zeros((texts, REGIONS, vectors.shape[1]), np.float32)
    scale = np.zeros((texts, REGIONS), np.float32)
    for row in range(texts):
        for i in range(starts[row], starts[row + 1]):
            if rows_of[i] < 0:
                continue
            region = regions[i]
            scale[row, region] += 1
            number = word[grams[i]]
            if number > 0:
                for d in range(vectors.shape[1]):
                    sums[row, region, d] += vectors[number, d]
        for region in range(REGIONS):
            scale[row, region] = 1 / np.sqrt(scale[row, region] + np.float32(4))
    return sums, scale


@learning
def _forward(inputs, network, units, logits):
    hidden, hidden_bias, output, direct, output_bias = network
    for j in range(hidden_bias.size):
        total = hidden_bias[j]
        for i in range(inputs.size):
            total += hidden[j, i] * inputs[i]
        units[j] = max(total, np.float32(0))
    for k in range(logits.size):
        total = output_bias[k]
        for j in range(units.size):
            total += output[k, j] * units[j]
        for i in range(inputs.size):
            total += direct[k, i] * inputs[i]
        logits[k] = total


@learning
def _backward(inputs, network, held, units, logits, target, weight, rate, shrink, pull, unit_pull):
    """Turn the network against its error; ``pull`` gets the gradient of the inputs."""
    hidden, hidden_bias, output, direct, output_bias = network
    hidden_sq, hidden_bias_sq, output_sq, direct_sq, output_bias_sq = held
    pull[:] = 0
    unit_pull[:] = 0
    loss = np.float32(0)
    for k in range(logits.size):
        share = np.float32(1) / (np.float32(1) + np.exp(-logits[k]))
        loss -= weight[k] * (
            target[k] * np.log(share + np.float32(1e-7))
            + (1 - target[k]) * np.log(1 - share + np.float32(1e-7))
        )
        error = (share - target[k]) * weight[k]
        if error == 0:
            continue
        for j in range(units.size):
            unit_pull[j] += error * output[k, j]
        for i in range(inputs.size):
            pull[i] += error * direct[k, i]
        output_bias_sq[k] += error * error
        output_bias[k] -= rate * error / np.sqrt(output_bias_sq[k])
        for j in range(units.size):
            step = error * units[j] + shrink * output[k, j]
            output_sq[k, j] += step * step
            output[k, j] -= rate * step / np.sqrt(output_sq[k, j])
        for i in range(inputs.size):
            step = error * inputs[i] + shrink * direct[k, i]
            direct_sq[k, i] += step * step
            direct[k, i] -= rate * step / np.sqrt(direct_sq[k, i])
    for j in range(units.size):
        if units[j] <= 0:
            continue
        error = unit_pull[j]
        for i in range(inputs.size):
            pull[i] += error * hidden[j, i]
        hidden_bias_sq[j] += error * error
        hidden_bias[j] -= rate * error / np.sqrt(hidden_bias_sq[j])
        for i in range(inputs.size):
            step = error * inputs[i] + shrink * hidden[j, i]
            hidden_sq[j, i] += step * step
            hidden[j, i] -= rate * step / np.sqrt(hidden_sq[j, i])
    return loss


@learning
def _project(
    order, sums, scale, counts, targets, weights, projection, squares, network, held, rate, shrink
):
    """One round over all texts with the word vectors alone; returns the mean loss."""
    width = sums.shape[2]
    inputs = np.zeros(INPUTS, np.float32)
    pull = np.zeros(INPUTS, np.float32)
    units = np.zeros(HIDDEN, np.float32)
    unit_pull = np.zeros(HIDDEN, np.float32)
    logits = np.zeros(targets.shape[1], np.float32)
    loss = 0.0
    for row in order:
        for region in range(REGIONS):
            for q in range(LANES):
                total = np.float32(0)
                for d in range(width):
                    total += projection[q, d] * sums[row, region, d]
                inputs[region * LANES + q] = total * scale[row, region]
        inputs[REGIONS * LANES + PEAKS :] = counts[row]
        _forward(inputs, network, units, logits)
        loss += _backward(
            inputs, network, held, units, logits, targets[row], weights[row], rate, shrink,
            pull, unit_pull,
        )  # fmt: skip
        for q in range(LANES):
            for d in range(width):
                step = shrink * projection[q, d]
                for region in range(REGIONS):
                    step += pull[region * LANES + q] * scale[row, region] * sums[row, region, d]
                squares[q, d] += step * step
                projection[q, d] -= rate * step / np.sqrt(squares[q, d])
    return loss / max(order.size, 1)


@learning
def _learn(
    order, starts, rows_of, regions, counts, targets, weights, rows, row_squares, network, held,
    row_rate, rate, shrink, state,
):  # fmt: skip
    """One round over all texts; returns the mean loss and the state of the random numbers."""
    inputs = np.zeros(INPUTS, np.float32)
    pull = np.zeros(INPUTS, np.float32)
    units = np.zeros(HIDDEN, np.float32)
    unit_pull = np.zeros(HIDDEN, np.float32)
    logits = np.zeros(targets.shape[1], np.float32)
    strongest = np.zeros(PEAKS, np.int64)
    scale = np.zeros(REGIONS, np.float32)
    top = REGIONS * LANES
    loss = 0.0
    for row in order:
        begin, end = starts[row], starts[row + 1]
        inputs[:] = 0
        scale[:] = 4
        strongest[:] = -1
        again = state
        for i in range(begin, end):
            slot = rows_of[i]
            if slot < 0:
                continue
            state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
            if (state >> np.uint64(33)) & np.uint64(1023) < np.uint64(_DROPPED):
                continue
            region = np.int64(regions[i])
            scale[region] += 1
            for q in range(LANES):
                inputs[region * LANES + q] += rows[slot, q]
            if region != TOPIC:
                for q in range(PEAKS):
                    if rows[slot, q] > inputs[top + q]:
                        inputs[top + q] = rows[slot, q]
                        strongest[q] = i
        for region in range(REGIONS):
            scale[region] = 1 / np.sqrt(scale[region])
            for q in range(LANES):
                inputs[region * LANES + q] *= scale[region]
        inputs[top + PEAKS :] = counts[row]
        _forward(inputs, network, units, logits)
        loss += _backward(
            inputs, network, held, units, logits, targets[row], weights[row], rate, shrink,
            pull, unit_pull,
        )  # fmt: skip
        for i in range(begin, end):
            slot = rows_of[i]
            if slot < 0:
                continue
            again = again * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
            if (again >> np.uint64(33)) & np.uint64(1023) < np.uint64(_DROPPED):
                continue
            region = np.int64(regions[i])
            for q in range(LANES):
                step = pull[region * LANES + q] * scale[region]
                if q < PEAKS and strongest[q] == i:
                    step += pull[top + q]
                row_squares[slot, q] += step * step
                rows[slot, q] -= row_rate * step / np.sqrt(row_squares[slot, q])
    return loss / max(order.size, 1), state


def _pack(
    known: NDArray[np.uint8],
    rows: NDArray[np.float32],
    centre: NDArray[np.float32],
    spread: NDArray[np.float32],
    network: Network,
) -> Model:
    """Round the rows to steps of 1/127 of the 99.9th percentile of each lane."""
    used = rows[known > 0]
    reach = np.quantile(np.abs(used), 0.999, axis=0) if len(used) else np.ones(LANES)
    scale = np.maximum(reach / 127, 1e-6).astype(np.float32)
    steps = (np.clip(np.rint(rows / scale), -127, 127) + ZERO).astype(np.uint8)
    steps[known == 0] = ZERO
    calibration = np.tile(np.array([1, 0], np.float32), (len(OUTPUTS), 1))
    return Model(
        known, steps, scale, centre.astype(np.float32), spread.astype(np.float32),
        network.hidden, network.hidden_bias, network.output, network.direct, network.output_bias,
        calibration,
    )  # fmt: skip


def predict(model: Model, texts: Texts) -> NDArray[np.float32]:
    """Calibrated probabilities of texts that were read: float32[texts, 9].

    The same arithmetic as the scorer, on n-grams already read.
    """
    out = np.empty((len(texts), len(OUTPUTS)), np.float32)
    _predict(
        texts.starts, texts.grams, texts.regions, texts.counts, *model.arrays(),
        np.empty(MOST_GRAMS, np.uint32), np.empty(MOST_GRAMS, np.uint8),
        np.empty(INPUTS, np.float32), np.empty((REGIONS + 2, LANES), np.int32), out,
    )  # fmt: skip
    return out


@kernel
def _predict(
    starts, grams, regions, counts, known, rows, scale, centre, spread, hidden, hidden_bias,
    output, direct, output_bias, calibration, used_grams, used_regions, inputs, tally, out,
):  # fmt: skip
    for row in range(starts.size - 1):
        begin, end = starts[row], starts[row + 1]
        for i in range(begin, end):
            used_grams[i - begin] = grams[i]
            used_regions[i - begin] = regions[i]
        scorer.score_grams(
            used_grams, used_regions, end - begin, counts[row], known,
            rows, scale, centre, spread, hidden, hidden_bias, output, direct, output_bias,
            calibration, inputs, tally, out[row],
        )  # fmt: skip

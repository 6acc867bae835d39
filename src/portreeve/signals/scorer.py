"""The model: from a folded text to probabilities of promotion and of each intent."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import kernel

HEADS = 9
"""Promotion, then the intents in the order of :data:`portreeve.model.INTENTS`."""


@dataclass(frozen=True)
class Model:
    """Weights in the form the kernel reads."""

    table: NDArray[np.float32]
    bias: NDArray[np.float32]

    def arrays(self) -> tuple[NDArray[np.float32], ...]:
        """The arrays that :func:`score_row` takes, in its order."""
        return self.table, self.bias

    def probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Calibrated probabilities, float32[rows, HEADS], of raw scores."""
        return (1 / (1 + np.exp(-logits))).astype(np.float32)


@functools.cache
def shipped_model() -> Model:
    """The model in the package."""
    with resources.files("portreeve.data").joinpath("model.npz").open("rb") as file:
        kept = np.load(file)
        return Model(kept["table"].astype(np.float32), kept["bias"].astype(np.float32))


@kernel
def score_row(
    codes: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    n: int,
    table: NDArray[np.float32],
    bias: NDArray[np.float32],
    logits: NDArray[np.float32],
) -> None:
    """Write the raw scores of one folded text to ``logits``: float32[HEADS]."""
    logits[:] = 0
    grams = 0
    mask = np.int64(table.shape[0] - 1)
    for i in range(n):
        h = np.int64(0)
        for k in range(min(3, n - i)):
            h = (h * 0x01000193 ^ (np.int64(codes[i + k]) + k * 77 + 1)) & 0xFFFFFFFF
            slot = (h ^ (h >> 15)) & mask
            grams += 1
            for q in range(HEADS):
                logits[q] += table[slot, q]
    scale = 1 / np.sqrt(np.float32(max(grams, 1)))
    for q in range(HEADS):
        logits[q] = logits[q] * scale + bias[q]

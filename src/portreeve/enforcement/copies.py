"""Near copies: whether two texts are one text with small changes.

A text's print is a MinHash (Broder, 1997) over its folded pairs of characters: the share of equal
numbers in two prints estimates how many pairs the texts have in common. The hashes are made
with a secret seed, so that a print cannot be tried against guessed texts. Prints whose parts
("bands") have nothing in common are not compared at all.
"""

from __future__ import annotations

import functools
import hashlib

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.fold import fold

HASHES = 64
"""How many numbers a print has."""

BANDS = 16
"""Parts of four numbers each: texts with 3/4 in common share a part with probability 0.998."""

ALIKE = 0.6
"""Prints with at least this share of equal numbers are of near copies."""

LEAST = 8
"""Texts with fewer letters and digits have no print: short ones are alike by chance."""

Print = NDArray[np.uint32]


def print_of(text: str, seed: bytes) -> Print | None:
    """The print of a text, ``HASHES`` numbers; None for a text too short to tell.

    >>> seed = b"secret"
    >>> one = print_of("面膜89元一盒 加微信 abc12345 下单", seed)
    >>> two = print_of("面膜 88 元一盒，加微信 abc12345 下单！", seed)
    >>> alike(one, two) >= ALIKE
    True
    """
    letters = [ord(c) for c in fold(text) if c.isalnum()]
    if len(letters) < LEAST:
        return None
    codes = np.array(letters, np.uint64)
    pairs = np.unique(codes[:-1] << np.uint64(21) | codes[1:])
    factors, offsets = _hashes(seed)
    mixed = pairs[:, None] * factors + offsets
    mixed ^= mixed >> np.uint64(29)
    mixed *= factors
    found: Print = (mixed >> np.uint64(32)).min(axis=0).astype(np.uint32)
    return found


def bands(found: Print) -> list[int]:
    """The parts of a print, each with its place in one number below 2^63."""
    rows = found.reshape(BANDS, HASHES // BANDS)
    return [
        int.from_bytes(hashlib.blake2b(bytes([at]) + row.tobytes(), digest_size=8).digest()) >> 1
        for at, row in enumerate(rows)
    ]


def alike(one: Print, other: Print) -> float:
    """The share of equal numbers, 0 to 1."""
    return float((one == other).mean())


@functools.lru_cache(maxsize=8)
def _hashes(seed: bytes) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    numbers = np.random.default_rng(list(hashlib.sha256(seed).digest()))
    drawn = numbers.integers(0, 2**64, size=(2, HASHES), dtype=np.uint64)
    return drawn[0] | np.uint64(1), drawn[1]

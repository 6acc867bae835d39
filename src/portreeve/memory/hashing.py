"""Names as numbers: SipHash-1-3 of their UTF-8 bytes under a secret key.

Whoever has the numbers cannot try names against them without the key, and cannot make names whose
numbers collide. Source: Aumasson and Bernstein, SipHash, 2012.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from portreeve.signals.compiled import inlined, kernel

Numbers = NDArray[np.uint64]
HashKey = tuple[np.uint64, np.uint64]

NOBODY = np.uint64(0)
"""The number of a name that was not given; no name has it."""


def key_of(secret: bytes, purpose: str) -> HashKey:
    """A key of its own for each purpose: numbers of different kinds have nothing in common."""
    digest = hashlib.blake2b(purpose.encode(), key=secret[:64], digest_size=16).digest()
    low, high = np.frombuffer(digest, dtype="<u8")
    return np.uint64(low), np.uint64(high)


def numbers(names: pa.Array | Iterable[str | None], key: HashKey) -> Numbers:
    """The numbers of names, one each; :data:`NOBODY` for None.

    >>> key = key_of(b"secret", "account")
    >>> one, other, again, nobody = numbers(["ada", "ben", "ada", None], key).tolist()
    >>> one == again, one == other, nobody
    (True, False, 0)
    """
    given = names if isinstance(names, pa.Array) else pa.array(list(names), pa.large_string())
    array = given.cast(pa.large_string())
    _, offsets, data = array.buffers()
    found = np.zeros(len(array), dtype=np.uint64)
    if len(array) == 0:
        return found
    bounds = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    _hash_all(
        np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8),
        bounds, *key, found,
    )  # fmt: skip
    if array.null_count:
        found[~array.is_valid().to_numpy(zero_copy_only=False)] = NOBODY
    return found


@kernel
def _hash_all(data, bounds, k0, k1, found):
    for row in range(bounds.size - 1):
        number = siphash(data, bounds[row], bounds[row + 1], k0, k1)
        found[row] = number if number != np.uint64(0) else np.uint64(1)


@inlined
def _rotate(value, by):
    return (value << np.uint64(by)) | (value >> np.uint64(64 - by))


@inlined
def _round(v0, v1, v2, v3):
    v0 += v1
    v1 = _rotate(v1, 13) ^ v0
    v0 = _rotate(v0, 32)
    v2 += v3
    v3 = _rotate(v3, 16) ^ v2
    v0 += v3
    v3 = _rotate(v3, 21) ^ v0
    v2 += v1
    v1 = _rotate(v1, 17) ^ v2
    v2 = _rotate(v2, 32)
    return v0, v1, v2, v3


@kernel
def siphash(data, start, end, k0, k1):
    """The number of ``data[start:end]``."""
    v0 = k0 ^ np.uint64(0x736F6D6570736575)
    v1 = k1 ^ np.uint64(0x646F72616E646F6D)
    v2 = k0 ^ np.uint64(0x6C7967656E657261)
    v3 = k1 ^ np.uint64(0x7465646279746573)
    at = start
    while at + 8 <= end:
        word = np.uint64(0)
        for byte in range(8):
            word |= np.uint64(data[at + byte]) << np.uint64(8 * byte)
        v3 ^= word
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        v0 ^= word
        at += 8
    word = np.uint64((end - start) & 0xFF) << np.uint64(56)
    for byte in range(end - at):
        word |= np.uint64(data[at + byte]) << np.uint64(8 * byte)
    v3 ^= word
    v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    v0 ^= word
    v2 ^= np.uint64(0xFF)
    for _ in range(3):
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return v0 ^ v1 ^ v2 ^ v3

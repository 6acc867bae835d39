"""Where memory keeps what it knows of a name: a fixed number of slots in shelves of sixteen.

A name's number says its shelf. When a shelf is full, what is worth least in it makes room. There
is no growing, no rehashing and no order of deletion, so that the same events give the same slots.
Shelves fill unevenly: at three quarters of the capacity about one name in a hundred has had to go.
Numbers are keyed, so that nobody outside can choose names that fall on one shelf.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import kernel

WAYS = 16
"""Slots of a shelf."""


def capacity(wanted: int) -> int:
    """The next power of two, one shelf or more.

    >>> capacity(1000), capacity(3)
    (1024, 16)
    """
    return max(WAYS, 1 << (wanted - 1).bit_length())


@kernel
def mixed(number: np.uint64, salt: int) -> np.uint64:
    """Another number in place of one, scattered anew (the end of MurmurHash3's 64 bit variant)."""
    value = number ^ (np.uint64(salt) * np.uint64(0x9E3779B97F4A7C15))
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))


@kernel
def find(names: NDArray[np.uint64], name: np.uint64) -> int:
    """The slot of a name, or -1."""
    first = np.int64(name & np.uint64(names.size // WAYS - 1)) * WAYS
    for slot in range(first, first + WAYS):
        if names[slot] == name:
            return slot
    return -1


@kernel
def room(names: NDArray[np.uint64], worth: NDArray[np.int64], name: np.uint64) -> int:
    """The slot for a name that has none: an empty one of its shelf, else the one worth least.

    The caller counts whoever must go, clears the slot and writes the name.
    """
    first = np.int64(name & np.uint64(names.size // WAYS - 1)) * WAYS
    least = first
    for slot in range(first, first + WAYS):
        if names[slot] == np.uint64(0):
            return slot
        if worth[slot] < worth[least]:
            least = slot
    return least

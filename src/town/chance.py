"""Chance that follows from a key alone: counter-based, with no state that anybody shares.

SplitMix64 over whole numbers, and of floating point only what IEEE 754 gives exactly (+, -, *, /
and the square root): the same draws on every machine and Python.
"""

from __future__ import annotations

import functools
import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15


def mix(value: int) -> int:
    """A whole number of 64 bits, scattered; no two give the same.

    >>> hex(mix(1))
    '0x5692161d100b05e5'
    """
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def key(*parts: int | str) -> int:
    """The key of some numbers and names.

    >>> key("post", 7, 1) == key("post", 7, 1), key("post", 7, 1) == key("post", 1, 7)
    (True, False)
    """
    made = 0
    for part in parts:
        number = _named(part) if isinstance(part, str) else part
        made = mix((made + _STEP + number) & _MASK)
    return made


@functools.cache
def _named(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")


class Chance:
    """Draws, one after another, for one purpose.

    >>> chance = Chance("dice", 1)
    >>> [chance.below(6) + 1 for _ in range(8)]
    [6, 3, 4, 3, 6, 5, 5, 4]
    """

    __slots__ = ("_state",)

    def __init__(self, *parts: int | str) -> None:
        self._state = key(*parts)

    def bits(self) -> int:
        """64 bits."""
        self._state = (self._state + _STEP) & _MASK
        return mix(self._state)

    def below(self, most: int) -> int:
        """A whole number from 0 on, below ``most``."""
        return (self.bits() >> 11) * most >> 53

    def between(self, least: int, most: int) -> int:
        """A whole number, both ends among them."""
        return least + self.below(most - least + 1)

    def unit(self) -> float:
        """A number from 0 on, below 1."""
        return (self.bits() >> 11) / (1 << 53)

    def hit(self, share: float) -> bool:
        """True in this share of cases."""
        return self.unit() < share

    def pick(self, among: Sequence[T]) -> T:
        """One of these, each as likely."""
        return among[self.below(len(among))]

    def weighed(self, among: Sequence[T], up_to: Sequence[int]) -> T:
        """One of these by weight; ``up_to`` are the running sums of the weights."""
        return among[bisect_right(up_to, self.below(up_to[-1]))]

    def heavy(self, least: float, most: int) -> int:
        """A whole number with a heavy tail: beyond ``x`` lies a share of ``(least / x)**2``."""
        return min(most, int(least / (1.0 - self.unit()) ** 0.5))

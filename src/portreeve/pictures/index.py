"""Known pictures: hashes searched by the bits in which they differ, and banks of them.

A search looks at every hash and misses none. Hashes lie word by word, and those that already differ
too much in their first half are left: a million are searched in about a millisecond of one core.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import inlined, kernel

BITS = 256
WITHIN = 31
"""Bits that two pictures may differ in to be called the same; the figure PDQ's makers advise."""
LEAST_QUALITY = 50
"""Hashes below are not compared; the figure PDQ's makers advise."""
_WORDS = BITS // 64
_MOST_FOUND = 1_024
_BLOCK = 1_024

Words = NDArray[np.uint64]


class Near(NamedTuple):
    """A hash that is near: its place in the index, and in how many bits it differs."""

    place: int
    distance: int


class Pair(NamedTuple):
    """Two hashes that are near each other: their places, and in how many bits they differ."""

    first: int
    second: int
    distance: int


class Index:
    """Hashes in hex, in the order in which they are given. Reading it from threads is safe.

    >>> Index(["0" * 64, "f" * 64, "0" * 63 + "3"]).near("0" * 64)
    [Near(place=0, distance=0), Near(place=2, distance=2)]
    """

    def __init__(self, hashes: Iterable[str] = ()) -> None:
        self._words = np.ascontiguousarray(_words(hashes).T)

    def __len__(self) -> int:
        return int(self._words.shape[1])

    def extended(self, hashes: Iterable[str], most: int) -> Index:
        """An index of these hashes and more; of too many the first are left out.

        >>> len(Index(["0" * 64, "f" * 64]).extended(["0" * 63 + "3"], 2))
        2
        """
        made = Index()
        together = np.concatenate([self._words, _words(hashes).T], axis=1)
        made._words = np.ascontiguousarray(together[:, -most:])
        return made

    def near(self, hash_: str, within: int = WITHIN) -> list[Near]:
        """The hashes within so many bits, the nearest first, equally near ones by place."""
        found = self._found(_words([hash_])[0], within, 0)
        return sorted(found, key=lambda near: (near.distance, near.place))

    def pairs(self, within: int = WITHIN) -> Iterator[Pair]:
        """All pairs within so many bits.

        >>> list(Index(["0" * 64, "f" * 64, "0" * 63 + "3"]).pairs())
        [Pair(first=0, second=2, distance=2)]
        """
        for first in range(len(self)):
            for second, distance in self._found(self._words[:, first], within, first + 1):
                yield Pair(first, second, distance)

    def _found(self, asked: Words, within: int, begin: int) -> Iterator[Near]:
        """Hashes from a place on that are near, by place."""
        asked = np.ascontiguousarray(asked)
        places = np.empty(_MOST_FOUND, np.int64)
        distances = np.empty(_MOST_FOUND, np.int64)
        half = np.empty(_BLOCK, np.uint64)
        most = np.uint64(within)
        while begin < len(self):
            count, begin = _search(self._words, asked, most, begin, places, distances, half)
            yield from map(Near, places[:count].tolist(), distances[:count].tolist())


def _words(hashes: Iterable[str]) -> Words:
    """Hashes as rows of words. Raises :class:`ValueError` for what is no hash."""
    given = list(hashes)
    data = b"".join(map(bytes.fromhex, given))
    if any(len(one) != BITS // 4 for one in given) or len(data) != len(given) * BITS // 8:
        raise ValueError(f"a PDQ hash has {BITS // 4} hexadecimal digits")
    return np.frombuffer(data, np.uint64).reshape(-1, _WORDS)


@inlined
def _ones(word):
    """How many bits of a word are set; LLVM knows the pattern and takes one instruction."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + (
        (word >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (word * np.uint64(0x0101010101010101)) >> np.uint64(56)


@kernel
def _search(words, asked, within, begin, places, distances, half):
    """Fill places and distances until they are full; how many there are, and where to go on.

    ``half`` is room for the distances of a block by the first two words: without a branch, LLVM
    makes vector instructions of them, and few hashes are left to look at further.
    """
    count = 0
    size = words.shape[1]
    first, second, third, fourth = words[0], words[1], words[2], words[3]
    for start in range(begin, size, len(half)):
        block = min(len(half), size - start)
        least = np.uint64(BITS)
        for at in range(block):
            half[at] = _ones(first[start + at] ^ asked[0]) + _ones(second[start + at] ^ asked[1])
        for at in range(block):
            least = min(least, half[at])
        if least > within:
            continue
        for at in range(block):
            if half[at] > within:
                continue
            distance = (
                half[at]
                + _ones(third[start + at] ^ asked[2])
                + _ones(fourth[start + at] ^ asked[3])
            )
            if distance > within:
                continue
            if count == len(places):
                return count, start + at
            places[count] = start + at
            distances[count] = distance
            count += 1
    return count, size


class KnownPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture in a bank, by its hash alone.

    ``bank``: whose or which collection; ``label``: what the bank calls it; ``tags``: what it says
    of it. ``quality``: of the hash, None where the bank does not tell.
    """

    pdq: str
    bank: str = ""
    label: str = ""
    tags: tuple[str, ...] = ()
    quality: int | None = None


class Match(NamedTuple):
    """A known picture that looks like the one asked for, and in how many bits the two differ."""

    known: KnownPicture
    distance: int


class Banks:
    """Known pictures of all banks, to be searched together; made anew when a bank changes."""

    def __init__(self, known: Sequence[KnownPicture]) -> None:
        self._known = [one for one in known if one.quality is None or one.quality >= LEAST_QUALITY]
        self._index = Index(one.pdq for one in self._known)

    def __len__(self) -> int:
        return len(self._known)

    def find(self, pdq: str, quality: int, within: int = WITHIN) -> list[Match]:
        """The known pictures that look like this one, the nearest first.

        A hash of low quality finds nothing: it would be near to every plain picture.

        >>> known = KnownPicture(pdq="0" * 64, bank="masks", label="poster-7")
        >>> [(known.label, distance) for known, distance in Banks([known]).find("0" * 63 + "1", 90)]
        [('poster-7', 1)]
        """
        if quality < LEAST_QUALITY:
            return []
        return [
            Match(self._known[near.place], near.distance) for near in self._index.near(pdq, within)
        ]

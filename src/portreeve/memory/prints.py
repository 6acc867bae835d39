"""Prints of texts: what tells near copies from other texts.

A print is made of a text's *words*, folded: Chinese characters and Latin words. What changes from
copy to copy is left out: handles, numbers and prices, links, mentions, topics, emoji, punctuation;
Chinese numerals too, wherever they stand. Sound-alikes and look-alikes of the characters of trade
stand as one. From each pair of neighbouring words a keyed number is made; the print holds the
lowest byte of the least of them under each of :data:`HASHES` orders (MinHash, Broder 1997; its
lowest bits, Li and König 2010), so that the share of equal bytes of two prints estimates how many
pairs their texts have in common. Nothing of the text can be read from it, and without the key no
text can be tried against it.
"""

from __future__ import annotations

import functools

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from portreeve.memory.hashing import HashKey
from portreeve.signals.compiled import inlined, kernel
from portreeve.signals.fold import DIGIT, HAN, KIND, LATIN, NUMERAL, SPACE, fold_table
from portreeve.signals.goods_table import load_table
from portreeve.signals.kernel import Row, fold_row

HASHES = 36
"""How many bytes of a print are compared."""

LEAST = 8
"""Texts with fewer different pairs of words have no print: short ones are alike by chance."""

PRINT = np.dtype(
    [("signature", np.uint64), ("hashes", np.uint8, (HASHES,)), ("words", np.uint16)],
    align=True,
)
"""``signature``: equal for texts whose words are all the same; ``words``: how many there are, at
most 65,535. All 0 for a text too short to tell."""

_CODES = 0x10000
_MULTIPLIER = 0x9E3779B97F4A7C15
_LONGEST_NAME, _LONGEST_TOPIC = 16, 42
_HASH, _AT, _UNDERSCORE, _DOT, _SLASH, _COLON, _NEWLINE = (ord(c) for c in "#@_./:\n")


def prints(texts: pl.Series, key: HashKey) -> NDArray[np.void]:
    """Prints of texts, one each.

    >>> one, two, short = prints(pl.Series([
    ...     "祛斑面膜89元一盒，七天见效不反弹，加微信 abc12345 下单",
    ...     "祛斑面膜 88 元一盒！七天見效不反弹 加薇信 qwe7788 下单❤",
    ...     "生日快乐",
    ... ]), (np.uint64(1), np.uint64(2)))
    >>> bool(one["signature"] == two["signature"]), int(short["words"])
    (True, 0)
    """
    array = texts.cast(pl.String).to_arrow(compat_level=pl.CompatLevel.oldest())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    array = array.cast(pa.large_string())
    found = np.zeros(len(array), dtype=PRINT)
    _, offsets, data = array.buffers()
    if len(array) == 0 or data is None:
        return found
    bounds = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    longest = int((bounds[1:] - bounds[:-1]).max())
    codes, flags, places = Row.scratch(longest)
    factors, offset = _orders(int(key[0]), int(key[1]))
    _print_all(
        np.frombuffer(data, np.uint8), bounds, fold_table().arrays(), _families(), key,
        (codes, flags, places), (np.empty(len(codes), np.uint64), np.empty(HASHES, np.uint32)),
        factors, offset, found,
    )  # fmt: skip
    return found


@functools.lru_cache(maxsize=8)
def _orders(k0: int, k1: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The factors and offsets of the orders that numbers are put in."""
    drawn = np.random.default_rng([k0, k1]).integers(0, 2**32, (2, HASHES), dtype=np.uint32)
    return drawn[0] | np.uint32(1), drawn[1]


@functools.cache
def _families() -> NDArray[np.uint16]:
    """The character that each stands for: the head of its family, or itself."""
    heads = np.arange(_CODES, dtype=np.uint16)
    for head, members in load_table("families.yaml")["families"].items():
        for member in (*members["known"], *members["possible"]):
            if len(head) == len(member) == 1 and 0x80 <= ord(member) < _CODES:
                heads[ord(member)] = ord(head)
    return heads


@inlined
def _mixed(value):
    value = np.uint64(value)
    value ^= value >> np.uint64(32)
    value *= np.uint64(_MULTIPLIER)
    value ^= value >> np.uint64(29)
    value *= np.uint64(0xBF58476D1CE4E5B9)
    return value ^ (value >> np.uint64(32))


@kernel
def _print_all(data, bounds, table, families, key, scratch, room, factors, offset, found):
    entries, kinds, expansions = table
    codes, flags, places = scratch
    words, least = room
    for row in range(bounds.size - 1):
        n, _ = fold_row(
            data, bounds[row], bounds[row + 1], entries, kinds, expansions, codes, flags, places
        )
        count = _words(codes, flags, n, families, words)
        if _sketch(words, count, key, factors, offset, least) < LEAST:
            continue
        signature = key[0]
        for at in range(count):
            signature = _mixed(signature ^ words[at]) + key[1]
        record = found[row]
        record["signature"] = max(signature, np.uint64(1))
        record["words"] = min(count, 0xFFFF)
        for at in range(HASHES):
            record["hashes"][at] = np.uint8(least[at] & np.uint32(0xFF))


@kernel
def _sketch(words, count, key, factors, offset, least):
    """Fill the least numbers of the pairs; returns about how many different pairs there are."""
    least[:] = np.uint32(0xFFFFFFFF)
    seen = np.uint64(0)
    for at in range(count - 1):
        pair = _mixed(words[at] * np.uint64(_MULTIPLIER) + words[at + 1] + key[0]) ^ key[1]
        number = np.uint32(pair >> np.uint64(32))
        seen |= np.uint64(1) << (pair & np.uint64(63))
        for order in range(HASHES):
            value = np.uint32(np.uint32(number * factors[order]) + offset[order])
            least[order] = min(least[order], value)
    different = 0
    while seen:
        seen &= seen - np.uint64(1)
        different += 1
    return different


@kernel
def _words(codes, flags, n, families, words):
    """The words of a folded text that stay from copy to copy; returns how many there are."""
    count = 0
    at = 0
    while at < n:
        code = codes[at]
        kind = flags[at] & KIND
        end = at + 1
        if kind == HAN:
            if not flags[at] & NUMERAL:
                words[count] = families[code] if code < _CODES else code
                count += 1
        elif kind in (LATIN, DIGIT):
            end, plain = _run(codes, flags, at, n)
            if plain and end - at > 1:
                word = np.uint64(0)
                for place in range(at, end):
                    word = (word ^ np.uint64(codes[place])) * np.uint64(_MULTIPLIER)
                words[count] = word | np.uint64(1 << 32)
                count += 1
        elif code == _AT:
            end = _name_end(codes, flags, at, n)
        elif code == _HASH:
            end = _topic_end(codes, flags, at, n)
        at = end
    return count


@kernel
def _run(codes, flags, begin, n):
    """Where Latin letters and digits end that stand together, and whether they are a plain word:
    no digit, no part of an address."""
    plain = True
    at = begin
    while at < n:
        kind = flags[at] & KIND
        code = codes[at]
        if kind == DIGIT or code in (_UNDERSCORE, _AT, _SLASH):
            plain = False
        elif code in (_DOT, _COLON):
            joins = at + 1 < n and (
                flags[at + 1] & KIND in (LATIN, DIGIT) or codes[at + 1] == _SLASH
            )
            if not joins or (code == _COLON and codes[at + 1] != _SLASH):
                break
            plain = False
        elif kind != LATIN and (plain or not 0x21 <= code < 0x7F):
            break
        at += 1
    return at, plain


@kernel
def _name_end(codes, flags, begin, n):
    """Where a mention ends; after the sign where none stands."""
    for at in range(begin + 1, min(n, begin + 2 + _LONGEST_NAME)):
        kind = flags[at] & KIND
        if kind not in (LATIN, DIGIT, HAN) and codes[at] != _UNDERSCORE:
            return at
    return n if n - begin <= 1 + _LONGEST_NAME else begin + 1


@kernel
def _topic_end(codes, flags, begin, n):
    """After a topic between two signs; after the sign where none opens, so that of signs that do
    not pair the next can open."""
    for at in range(begin + 1, min(n, begin + _LONGEST_TOPIC)):
        if codes[at] == _NEWLINE:
            break
        if codes[at] == _HASH:
            if at > begin + 1 and (flags[at - 1] & KIND) != SPACE:
                return at + 1
            break
        if at == begin + 1 and (flags[at] & KIND) == SPACE:
            break
    return begin + 1

"""The fused text kernel: one pass over the Arrow buffers of a column of texts.

For each text: decode UTF-8, fold (:mod:`portreeve.signals.fold`), score
(:mod:`portreeve.signals.scorer`), match the lexicon (:mod:`portreeve.signals.matcher`), then read
links, contacts and amounts of money. What is found comes out as counters (one row a text) and
spans (one row a place), with places counted in code points of the original text.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import inlined, kernel
from portreeve.signals.fold import (
    CODE,
    DIGIT,
    DISGUISED,
    DROP,
    EXPANDS,
    FLAG_SHIFT,
    HAN,
    KIND,
    LATIN,
    MAX_EXPANSION,
    SPACE,
)

_REPLACEMENT = 0xFFFD
_NEWLINE = 0x0A
_BLANK = 0x20
_HASH = 0x23
_LONGEST_TOPIC = 42


class Row:
    """Sizes of the scratch arrays for one text.

    A byte becomes at most two codes: the shortest character that expands has two bytes.
    """

    @staticmethod
    def scratch(longest: int) -> tuple[NDArray[np.uint32], NDArray[np.uint8], NDArray[np.int32]]:
        """``codes``, ``flags`` and ``places`` for texts of up to ``longest`` bytes."""
        size = longest * (MAX_EXPANSION // 2) + 16
        return (
            np.empty(size, dtype=np.uint32),
            np.empty(size, dtype=np.uint8),
            np.empty(size, dtype=np.int32),
        )


@inlined
def _continues(byte: int) -> bool:
    return (byte & 0xC0) == 0x80


@kernel
def decode(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """The code point at a byte, and how many bytes it has; U+FFFD and one for a broken one."""
    first = np.int64(data[at])
    if first < 0x80:
        return first, 1
    if 0xC2 <= first < 0xE0 and at + 1 < end and _continues(data[at + 1]):
        return ((first & 0x1F) << 6) | (np.int64(data[at + 1]) & 0x3F), 2
    if not (at + 2 < end and _continues(data[at + 1]) and _continues(data[at + 2])):
        return _REPLACEMENT, 1
    middle = ((np.int64(data[at + 1]) & 0x3F) << 6) | (np.int64(data[at + 2]) & 0x3F)
    if 0xE0 <= first < 0xF0:
        code = ((first & 0x0F) << 12) | middle
        if code >= 0x800 and not 0xD800 <= code < 0xE000:
            return code, 3
    elif 0xF0 <= first < 0xF5 and at + 3 < end and _continues(data[at + 3]):
        code = ((first & 0x07) << 18) | (middle << 6) | (np.int64(data[at + 3]) & 0x3F)
        if 0x10000 <= code < 0x110000:
            return code, 4
    return _REPLACEMENT, 1


@kernel
def fold_row(
    data: NDArray[np.uint8],
    begin: int,
    end: int,
    entries: NDArray[np.uint32],
    kinds: NDArray[np.uint8],
    expansions: NDArray[np.uint32],
    codes: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    places: NDArray[np.int32],
) -> tuple[int, int]:
    """Fold one text into the scratch arrays.

    Runs of white space become one blank, or one line end when they hold one. Returns how many
    folded codes there are, and how many code points the text has.
    """
    n = 0
    at = begin
    place = 0
    dropped = False
    while at < end:
        # Nearly all characters have one byte, or three; the rest goes the careful way.
        code = np.int64(data[at])
        width = 1
        if code >= 0x80:
            if 0xE0 < code < 0xF0 and code != 0xED and at + 2 < end:
                second, third = np.int64(data[at + 1]), np.int64(data[at + 2])
                code = ((code & 0x0F) << 12) | ((second & 0x3F) << 6) | (third & 0x3F)
                width = 3
                if ((second ^ 0x80) | (third ^ 0x80)) >= 0x40:
                    code, width = decode(data, at, end)
            else:
                code, width = decode(data, at, end)
        at += width
        entry = np.int64(entries[code])
        value = entry & CODE
        flag = np.uint8((entry >> FLAG_SHIFT) & 0xFF)
        if entry & EXPANDS:
            for k in range(np.int64(expansions[value])):
                part = expansions[value + 1 + k]
                codes[n] = part
                flags[n] = kinds[part] | (flag & np.uint8(DISGUISED))
                places[n] = place
                n += 1
            dropped = False
        elif value > _BLANK:
            if dropped and n > 0 and _is_word(flag) and _is_word(flags[n - 1]):
                flag |= np.uint8(DISGUISED)
            codes[n] = value
            flags[n] = flag
            places[n] = place
            n += 1
            dropped = False
        elif value == DROP:
            dropped = True
        else:
            if n > 0 and codes[n - 1] in (_BLANK, _NEWLINE):
                if value == _NEWLINE:
                    codes[n - 1] = value
                    flags[n - 1] = flag
            elif n > 0:
                codes[n] = value
                flags[n] = flag
                places[n] = place
                n += 1
            dropped = False
        place += 1
    return n, place


@inlined
def _is_word(flag):
    return LATIN <= (flag & KIND) <= HAN


@kernel
def count_row(
    codes: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    n: int,
    topic: NDArray[np.uint8],
    counters: NDArray[np.int32],
) -> int:
    """Add letters, digits, emoji, topics, mentions and share hints of a text to its counters.

    ``topic``: uint8[n], set to 1 inside #topics#; ``counters``: int32[7], Chinese characters,
    Latin letters, digits, emoji, topics and tags, mentions, ``:/`` that begins no address.
    Returns the bits that any of its flags has.
    """
    topic[:n] = 0
    closes = -1
    seen = np.uint8(0)
    for i in range(n):
        seen |= flags[i]
        kind = flags[i] & KIND
        code = codes[i]
        if kind == HAN:
            counters[0] += 1
        elif kind == LATIN:
            counters[1] += 1
        elif kind == DIGIT:
            counters[2] += 1
        elif code >= 0x1F000 or 0x2600 <= code < 0x27C0:
            counters[3] += 1
        elif code == _HASH:
            if i > closes and i + 1 < n and not _is_blank(flags[i + 1]):
                counters[4] += codes[i + 1] != _HASH
                closes = _topic_end(codes, flags, i, n)
                if closes > 0:
                    topic[i : closes + 1] = 1
        elif code == 0x40 and i + 1 < n and _is_word(flags[i + 1]):
            counters[5] += 1
        elif code == 0x3A and i + 2 < n and codes[i + 1] == 0x2F and codes[i + 2] != 0x2F:
            counters[6] += 1
    return seen


@inlined
def _is_blank(flag):
    kind = flag & KIND
    return kind == SPACE


@kernel
def _topic_end(codes: NDArray[np.uint32], flags: NDArray[np.uint8], begin: int, n: int) -> int:
    """Where a #topic# that opens here closes; -1 for a tag that only opens."""
    for i in range(begin + 1, min(n, begin + _LONGEST_TOPIC)):
        if codes[i] == _NEWLINE:
            return -1
        if codes[i] == _HASH:
            return i if i > begin + 1 and not _is_blank(flags[i - 1]) else -1
    return -1

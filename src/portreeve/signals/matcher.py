"""Matching the lexicon: the longest words that stand in a folded text.

Separators between Chinese characters are passed over, so a split word matches by itself; between
Latin words they are one blank; between single Latin letters they are passed over too. Sentence
punctuation ends a word, unless the characters beside it stand alone. Of nested words the longest
counts, so that an exception phrase silences the word inside it.

A small table of beginnings (first symbols, and pairs of them as a bit set) turns most places of a
text away; from the others a trie is walked. That touches far less memory than an automaton that
steps at every character: 57,000 states do not fit the near caches, 40 KB of beginnings do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import inlined, kernel
from portreeve.signals.fold import DIGIT, DISGUISED, HAN, KIND, LATIN, OTHER, STOP

_NEAR_CODES = 0x10000
_PAIR_BITS = 18
_BEGINS, _WHOLE = 1, 2
_LONGEST_GAP = 6
_BLANK = 0x20

NEEDS_HANDLE = 1
VARIANT = 2
_LATIN_START, _LATIN_END, _DIGIT_START, _DIGIT_END = 4, 8, 16, 32


@dataclass(frozen=True)
class Pattern:
    """One word of the lexicon, in folded form, with what it tells.

    ``classes``: bit set of lexicon classes; ``goods``: index in the goods table or -1;
    ``weight``: 2 for a word that names the goods, 1 for one that suggests them. A pattern without
    classes and goods is an exception phrase. ``variant``: a disguised spelling; ``needs_handle``:
    one that says nothing unless a handle or an amount stands with it.
    """

    symbols: str
    classes: int = 0
    goods: int = -1
    weight: int = 0
    variant: bool = False
    needs_handle: bool = False

    @property
    def flags(self) -> int:
        first, last = self.symbols[0], self.symbols[-1]
        return (
            NEEDS_HANDLE * self.needs_handle
            | VARIANT * self.variant
            | _LATIN_START * _is_latin(first)
            | _LATIN_END * _is_latin(last)
            | _DIGIT_START * first.isdecimal()
            | _DIGIT_END * last.isdecimal()
        )


def _is_latin(char: str) -> bool:
    return "a" <= char <= "z"


@dataclass(frozen=True)
class Trie:
    """The patterns in the form the kernel reads.

    ``first``: uint8 per code below 65,536, whether a word begins with it, and whether it is one;
    ``pairs``: bit set of hashed first pairs; ``keys``, ``targets``: edges as an open-addressing
    hash table, key = state << 21 | code, -1 where empty; ``output``: per state the pattern that
    ends there or -1; the others are indexed by pattern.
    """

    first: NDArray[np.uint8]
    pairs: NDArray[np.uint8]
    keys: NDArray[np.int64]
    targets: NDArray[np.int32]
    output: NDArray[np.int32]
    length: NDArray[np.int32]
    classes: NDArray[np.int64]
    goods: NDArray[np.int32]
    weight: NDArray[np.int32]
    flags: NDArray[np.int32]

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """The arrays that :func:`match_row` takes, in its order."""
        return (
            self.first, self.pairs, self.keys, self.targets, self.output, self.length, self.flags,
        )  # fmt: skip


def build(patterns: list[Pattern]) -> Trie:
    """Build the trie. Patterns must differ in their symbols."""
    children: list[dict[int, int]] = [{}]
    output = [-1]
    for index, pattern in enumerate(patterns):
        state = 0
        for code in map(ord, pattern.symbols):
            following = children[state].get(code)
            if following is None:
                following = len(children)
                children[state][code] = following
                children.append({})
                output.append(-1)
            state = following
        if output[state] != -1:
            raise ValueError(f"the word {pattern.symbols!r} stands twice in the lexicon")
        output[state] = index
    first, pairs = _beginnings(patterns)
    keys, targets = _edge_table(children)
    return Trie(
        first=first,
        pairs=pairs,
        keys=keys,
        targets=targets,
        output=np.array(output, dtype=np.int32),
        length=np.array([len(p.symbols) for p in patterns], dtype=np.int32),
        classes=np.array([p.classes for p in patterns], dtype=np.int64),
        goods=np.array([p.goods for p in patterns], dtype=np.int32),
        weight=np.array([p.weight for p in patterns], dtype=np.int32),
        flags=np.array([p.flags for p in patterns], dtype=np.int32),
    )


def _beginnings(patterns: list[Pattern]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    first = np.zeros(_NEAR_CODES, dtype=np.uint8)
    pairs = np.zeros((1 << _PAIR_BITS) // 8, dtype=np.uint8)
    for pattern in patterns:
        codes = [ord(c) for c in pattern.symbols]
        if codes[0] < _NEAR_CODES:
            first[codes[0]] |= _BEGINS | (_WHOLE if len(codes) == 1 else 0)
        if len(codes) > 1:
            bit = (codes[0] * 0x9E3779B1 ^ codes[1] * 0x85EBCA77) >> 9 & ((1 << _PAIR_BITS) - 1)
            pairs[bit >> 3] |= 1 << (bit & 7)
    return first, pairs


def _edge_table(children: list[dict[int, int]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    edges = sum(map(len, children))
    size = 1 << max(4, (2 * edges).bit_length())
    keys = [-1] * size
    targets = [-1] * size
    for state, following in enumerate(children):
        for code, target in following.items():
            key = state << 21 | code
            slot = ((key ^ (key >> 17)) * 0x9E3779B1 >> 15) & (size - 1)
            while keys[slot] != -1:
                slot = (slot + 1) & (size - 1)
            keys[slot] = key
            targets[slot] = target
    return np.array(keys, dtype=np.int64), np.array(targets, dtype=np.int32)


@kernel
def _child(state: int, code: int, keys: NDArray[np.int64], targets: NDArray[np.int32]) -> int:
    """The state after a code; -1 when no word goes on with it."""
    key = np.int64(state) << 21 | np.int64(code)
    mask = np.int64(keys.size - 1)
    slot = ((key ^ (key >> 17)) * np.int64(0x9E3779B1) >> 15) & mask
    while keys[slot] != -1:
        if keys[slot] == key:
            return np.int64(targets[slot])
        slot = (slot + 1) & mask
    return -1


@inlined
def _is_pair(one, two, pairs):
    """Whether some word may begin with two codes."""
    bit = (np.int64(one) * np.int64(0x9E3779B1) ^ np.int64(two) * np.int64(0x85EBCA77)) >> 9
    bit &= np.int64((1 << _PAIR_BITS) - 1)
    return pairs[bit >> 3] >> np.uint8(bit & 7) & 1


@inlined
def _is_word(flag):
    kind = flag & KIND
    return kind in (LATIN, DIGIT, HAN, OTHER)


@inlined
def _is_latin_or_digit(flag):
    kind = flag & KIND
    return kind in (LATIN, DIGIT)


@kernel
def match_row(
    codes: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    n: int,
    first: NDArray[np.uint8],
    pairs: NDArray[np.uint8],
    keys: NDArray[np.int64],
    targets: NDArray[np.int32],
    output: NDArray[np.int32],
    length: NDArray[np.int32],
    pattern_flags: NDArray[np.int32],
    hits: NDArray[np.int32],
) -> int:
    """Find the words of one folded text that lie in no longer one, in the order of the text.

    ``hits``: int32[n or more, 4], filled with first code, one past the last, pattern, and whether
    it is disguised. Returns the number of hits.
    """
    found = 0
    reached = 0
    for start in range(n):
        code = np.int64(codes[start])
        begins = first[code] if code < _NEAR_CODES else np.uint8(_BEGINS)
        if not begins:
            continue
        kind = flags[start] & KIND
        if kind == LATIN and start > 0 and (flags[start - 1] & KIND) == LATIN:
            continue
        if begins & _WHOLE == 0:
            if start + 1 == n:
                continue
            following = np.int64(codes[start + 1])
            if _is_word(flags[start + 1]) and not _is_pair(code, following, pairs):
                continue
        end, pattern = _longest(codes, flags, start, n, keys, targets, output, pattern_flags)
        if pattern < 0 or end <= reached:
            continue
        reached = end
        disguised = (end - start > length[pattern]) or (pattern_flags[pattern] & VARIANT) != 0
        for k in range(start, end):
            disguised |= (flags[k] & DISGUISED) != 0
        hits[found, 0] = start
        hits[found, 1] = end
        hits[found, 2] = pattern
        hits[found, 3] = disguised
        found += 1
    return found


@kernel
def _longest(
    codes: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    start: int,
    n: int,
    keys: NDArray[np.int64],
    targets: NDArray[np.int32],
    output: NDArray[np.int32],
    pattern_flags: NDArray[np.int32],
) -> tuple[int, int]:
    """(one past its last code, pattern) of the longest word from a place; pattern -1 for none."""
    best = -1
    end = start
    state = _child(0, codes[start], keys, targets)
    i = start + 1
    before = 0
    while state >= 0:
        pattern = output[state] if state != before else -1
        before = state
        if pattern >= 0 and _stands_alone(flags, start, i - 1, n, pattern_flags[pattern]):
            best = pattern
            end = i
        if i >= n:
            break
        if _is_word(flags[i]):
            state = _child(state, codes[i], keys, targets)
            i += 1
        else:
            state, i = _across(codes, flags, i, n, state, keys, targets)
    return end, best


@kernel
def _across(
    codes: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    i: int,
    n: int,
    state: int,
    keys: NDArray[np.int64],
    targets: NDArray[np.int32],
) -> tuple[int, int]:
    """(state, next code) after separators that begin at a code; state -1 where they end a word."""
    after = i
    stop = False
    while after < n and not _is_word(flags[after]):
        following = _child(state, codes[after], keys, targets)
        if following >= 0:
            return following, after + 1
        stop |= (flags[after] & KIND) == STOP
        after += 1
        if after - i > _LONGEST_GAP:
            return -1, after
    if after >= n:
        return -1, after
    if _is_latin_or_digit(flags[i - 1]) and _is_latin_or_digit(flags[after]):
        if _single_letters(flags, i - 1, after, n):
            return state, after
        return _child(state, _BLANK, keys, targets), after
    alone = (i < 2 or not _is_word(flags[i - 2])) or (
        after + 1 >= n or not _is_word(flags[after + 1])
    )
    if stop and not alone:
        return -1, after
    return state, after


@inlined
def _single_letters(flags, left, right, n):
    """Whether two Latin letters beside a separator are words of one letter each."""
    return (
        (flags[left] & KIND) == LATIN
        and (flags[right] & KIND) == LATIN
        and (left == 0 or not _is_latin_or_digit(flags[left - 1]))
        and (right + 1 >= n or not _is_latin_or_digit(flags[right + 1]))
    )


@inlined
def _stands_alone(flags, start, last, n, pattern_flags):
    """A word that begins or ends with a letter or digit must not go on with one."""
    before = flags[start - 1] & KIND if start > 0 else 0
    after = flags[last + 1] & KIND if last + 1 < n else 0
    if (pattern_flags & _LATIN_START) and before == LATIN:
        return False
    if (pattern_flags & _LATIN_END) and after == LATIN:
        return False
    if (pattern_flags & _DIGIT_START) and before == DIGIT:
        return False
    return not ((pattern_flags & _DIGIT_END) and after == DIGIT)

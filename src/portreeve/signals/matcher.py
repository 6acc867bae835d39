"""Matching the lexicon: the longest words that stand in a folded text.

Separators between Chinese characters are passed over, so a split word matches by itself; between
Latin words they are one blank; between single Latin letters they are passed over too. Sentence
punctuation ends a word, unless the characters beside it stand alone. Of nested words the longest
counts, so that an exception phrase silences the word inside it.

Beginnings turn most places of a text away: the first symbol, then hashed bit sets of the words of
two symbols and of the first three of longer ones, all looked up without a branch, since nobody
could predict it. A trie is walked from the few places that are left. That touches far less memory
than an automaton that steps at every character: 57,000 states do not fit the near caches, the
beginnings do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import inlined, kernel
from portreeve.signals.fold import DIGIT, DISGUISED, HAN, KIND, LATIN, STOP, fold_table

_NEAR_CODES = 0x20000
_SET_BITS = 18
_SET_MASK = (1 << _SET_BITS) - 1
_ONE, _TWO, _THREE = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
_BEGINS, _AT_ONCE = 1, 2
_CODE_BITS, _STATE_BITS = 21, 20
_STATE_MASK = (1 << _STATE_BITS) - 1
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

    ``first``: uint8 per code below 131,072, whether a word begins with it, and whether nothing more
    can be asked (a word of one symbol, or one with a separator among its first three); ``pairs``,
    ``threes``: bit sets of the hashed words of two symbols, and first three symbols of the others;
    ``edges``: an open-addressing hash table,
    ``(state << 21 | code) << 20 | target``, -1 where empty; ``output``: per state the pattern that
    ends there or -1; the others are indexed by pattern.
    """

    first: NDArray[np.uint8]
    pairs: NDArray[np.uint8]
    threes: NDArray[np.uint8]
    edges: NDArray[np.int64]
    output: NDArray[np.int32]
    length: NDArray[np.int32]
    classes: NDArray[np.int64]
    goods: NDArray[np.int32]
    weight: NDArray[np.int32]
    flags: NDArray[np.int32]

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """The arrays that :func:`match_row` takes, in its order."""
        return (
            self.first, self.pairs, self.threes, self.edges, self.output, self.length, self.flags,
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
    first, pairs, threes = _beginnings(patterns)
    return Trie(
        first=first,
        pairs=pairs,
        threes=threes,
        edges=_edge_table(children),
        output=np.array(output, dtype=np.int32),
        length=np.array([len(p.symbols) for p in patterns], dtype=np.int32),
        classes=np.array([p.classes for p in patterns], dtype=np.int64),
        goods=np.array([p.goods for p in patterns], dtype=np.int32),
        weight=np.array([p.weight for p in patterns], dtype=np.int32),
        flags=np.array([p.flags for p in patterns], dtype=np.int32),
    )


def _beginnings(patterns: list[Pattern]) -> tuple[NDArray[np.uint8], ...]:
    first = np.zeros(_NEAR_CODES, dtype=np.uint8)
    pairs, threes = (np.zeros((1 << _SET_BITS) // 8, np.uint8) for _ in range(2))
    kinds = fold_table().kinds
    for pattern in patterns:
        codes = [ord(c) for c in pattern.symbols]
        words = all(kinds[code] & KIND <= HAN for code in codes[:3])
        if codes[0] < _NEAR_CODES:
            first[codes[0]] |= _BEGINS if words and len(codes) > 1 else _BEGINS | _AT_ONCE
        if len(codes) == 2:
            _add(pairs, codes[0] * _ONE ^ codes[1] * _TWO)
        elif len(codes) > 2:
            _add(threes, codes[0] * _ONE ^ codes[1] * _TWO ^ codes[2] * _THREE)
    return first, pairs, threes


def _add(bits: NDArray[np.uint8], mixed: int) -> None:
    bit = mixed >> 9 & _SET_MASK
    bits[bit >> 3] |= 1 << (bit & 7)


@inlined
def _has(bits, mixed):
    """Whether a bit set has what was mixed from symbols; it may say so of others too."""
    bit = mixed >> 9 & np.int64(_SET_MASK)
    return np.int64(bits[bit >> 3]) >> (bit & 7) & 1


def _edge_table(children: list[dict[int, int]]) -> NDArray[np.int64]:
    if len(children) > _STATE_MASK:
        raise ValueError(f"the lexicon has {len(children):,} beginnings of words, too many")
    edges = sum(map(len, children))
    size = 1 << max(4, (2 * edges).bit_length())
    table = [-1] * size
    for state, following in enumerate(children):
        for code, target in following.items():
            key = state << _CODE_BITS | code
            slot = ((key ^ (key >> 17)) * _ONE >> 15) & (size - 1)
            while table[slot] != -1:
                slot = (slot + 1) & (size - 1)
            table[slot] = key << _STATE_BITS | target
    return np.array(table, dtype=np.int64)


@kernel
def _child(state, code, edges):
    """The state after a code; -1 when no word goes on with it."""
    key = np.int64(state) << _CODE_BITS | np.int64(code)
    mask = np.int64(edges.size - 1)
    slot = ((key ^ (key >> 17)) * np.int64(_ONE) >> 15) & mask
    edge = edges[slot]
    while edge != -1:
        if edge >> _STATE_BITS == key:
            return edge & _STATE_MASK
        slot = (slot + 1) & mask
        edge = edges[slot]
    return -1


@inlined
def _is_word(flag):
    return (flag & KIND) <= HAN


@inlined
def _is_latin_or_digit(flag):
    return LATIN <= (flag & KIND) <= DIGIT


@kernel
def match_row(
    codes: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    n: int,
    first: NDArray[np.uint8],
    pairs: NDArray[np.uint8],
    threes: NDArray[np.uint8],
    edges: NDArray[np.int64],
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
    # Hits are written no further than places have been read: there are never more of them.
    for place in range(_promising(codes, flags, n, first, pairs, threes, hits), n):
        start = np.int64(hits[place, 0])
        end, pattern = _longest(codes, flags, start, n, edges, output, pattern_flags)
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
def _promising(codes, flags, n, first, pairs, threes, hits):
    """Where a word may begin, going by its first three symbols and passing over separators.

    The places are written to ``hits[:n, 0]`` from its end; returns the index of the first.
    """
    places = n
    second = np.int64(0)
    third = np.int64(0)
    for start in range(n - 1, -1, -1):
        code = np.int64(codes[start])
        begins = np.int64(first[code]) if code < _NEAR_CODES else np.int64(_BEGINS | _AT_ONCE)
        mixed = code * np.int64(_ONE) ^ second * np.int64(_TWO)
        pair = _has(pairs, mixed)
        three = _has(threes, mixed ^ third * np.int64(_THREE))
        latin = (flags[start] & KIND) == LATIN
        goes_on = latin & (start > 0) & ((flags[start - 1] & KIND) == LATIN)
        promising = (begins & _BEGINS) & (begins >> 1 | pair | three) & (not goes_on)
        hits[places - 1, 0] = start
        places -= promising
        word = _is_word(flags[start])
        third = second if word else third
        second = code if word else second
    return places


@kernel
def _longest(codes, flags, start, n, edges, output, pattern_flags):
    """(one past its last code, pattern) of the longest word from a place; pattern -1 for none."""
    best = -1
    end = start
    state = _child(0, codes[start], edges)
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
            state = _child(state, codes[i], edges)
            i += 1
        else:
            state, i = _across(codes, flags, i, n, state, edges)
    return end, best


@kernel
def _across(codes, flags, i, n, state, edges):
    """(state, next code) after separators that begin at a code; state -1 where they end a word."""
    after = i
    stop = False
    while after < n and not _is_word(flags[after]):
        following = _child(state, codes[after], edges)
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
        return _child(state, _BLANK, edges), after
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

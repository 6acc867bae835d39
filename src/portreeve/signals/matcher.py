"""Matching the lexicon: an Aho-Corasick automaton over folded codes.

Separators between Chinese characters are passed over, so a split word matches by itself; between
Latin words they are one blank; between single Latin letters they are passed over too. Sentence
punctuation ends a word, unless the characters beside it stand alone. Of nested words the longest
counts, so that an exception phrase silences the word inside it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import inlined, kernel
from portreeve.signals.fold import DIGIT, DISGUISED, HAN, KIND, LATIN, OTHER, STOP

_ROOT_CODES = 0x10000
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
class Automaton:
    """The automaton in the form the kernel reads. Arrays are indexed by state or by pattern."""

    root: NDArray[np.int32]
    keys: NDArray[np.int64]
    targets: NDArray[np.int32]
    fail: NDArray[np.int32]
    output: NDArray[np.int32]
    shorter: NDArray[np.int32]
    length: NDArray[np.int32]
    classes: NDArray[np.int64]
    goods: NDArray[np.int32]
    weight: NDArray[np.int32]
    flags: NDArray[np.int32]

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """The arrays that :func:`match_row` takes, in its order."""
        return (
            self.root, self.keys, self.targets, self.fail, self.output, self.shorter,
            self.length, self.flags,
        )  # fmt: skip


def build(patterns: list[Pattern]) -> Automaton:
    """Build the automaton. Patterns must differ in their symbols."""
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
    fail, shorter = _links(children, output)
    root = np.full(_ROOT_CODES, -1, dtype=np.int32)
    for code, target in children[0].items():
        if code < _ROOT_CODES:
            root[code] = target
    keys, targets = _edge_table(children)
    return Automaton(
        root=root,
        keys=keys,
        targets=targets,
        fail=np.array(fail, dtype=np.int32),
        output=np.array(output, dtype=np.int32),
        shorter=np.array(shorter, dtype=np.int32),
        length=np.array([len(p.symbols) for p in patterns], dtype=np.int32),
        classes=np.array([p.classes for p in patterns], dtype=np.int64),
        goods=np.array([p.goods for p in patterns], dtype=np.int32),
        weight=np.array([p.weight for p in patterns], dtype=np.int32),
        flags=np.array([p.flags for p in patterns], dtype=np.int32),
    )


def _links(children: list[dict[int, int]], output: list[int]) -> tuple[list[int], list[int]]:
    """For each state: where to go on when no edge fits, and the next state with an output."""
    fail = [0] * len(children)
    shorter = [-1] * len(children)
    queue = deque(children[0].values())
    while queue:
        state = queue.popleft()
        for code, target in children[state].items():
            queue.append(target)
            link = fail[state]
            while link and code not in children[link]:
                link = fail[link]
            fail[target] = children[link].get(code, 0)
            suffix = fail[target]
            shorter[target] = suffix if output[suffix] != -1 else shorter[suffix]
    return fail, shorter


def _edge_table(children: list[dict[int, int]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Edges as an open-addressing hash table: key = state << 21 | code, -1 where empty."""
    edges = sum(map(len, children))
    size = 1 << max(4, (2 * edges).bit_length())
    keys = [-1] * size
    targets = [-1] * size
    for state, following in enumerate(children):
        for code, target in following.items():
            key = state << 21 | code
            slot = _slot(key, size - 1)
            while keys[slot] != -1:
                slot = (slot + 1) & (size - 1)
            keys[slot] = key
            targets[slot] = target
    return np.array(keys, dtype=np.int64), np.array(targets, dtype=np.int32)


def _slot(key: int, mask: int) -> int:
    return ((key ^ (key >> 17)) * 0x9E3779B1 >> 15) & mask


@inlined
def _child(state, code, root, keys, targets):  # type: ignore[no-untyped-def]
    if state == 0 and code < _ROOT_CODES:
        return root[code]
    key = np.int64(state) << 21 | np.int64(code)
    mask = np.int64(keys.size - 1)
    slot = ((key ^ (key >> 17)) * np.int64(0x9E3779B1) >> 15) & mask
    while keys[slot] != -1:
        if keys[slot] == key:
            return targets[slot]
        slot = (slot + 1) & mask
    return np.int32(-1)


@kernel
def _follow(
    state: int,
    code: int,
    root: NDArray[np.int32],
    keys: NDArray[np.int64],
    targets: NDArray[np.int32],
    fail: NDArray[np.int32],
) -> int:
    """The state after a code; -1 when no word goes on or begins with it."""
    while True:
        target = _child(state, code, root, keys, targets)
        if target >= 0:
            return target
        if state == 0:
            return -1
        state = fail[state]


@inlined
def _is_word(flag: int) -> bool:
    kind = flag & KIND
    return kind in (LATIN, DIGIT, HAN, OTHER)


@inlined
def _is_latin_or_digit(flag: int) -> bool:
    kind = flag & KIND
    return kind in (LATIN, DIGIT)


@kernel
def match_row(
    codes: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    n: int,
    root: NDArray[np.int32],
    keys: NDArray[np.int64],
    targets: NDArray[np.int32],
    fail: NDArray[np.int32],
    output: NDArray[np.int32],
    shorter: NDArray[np.int32],
    length: NDArray[np.int32],
    pattern_flags: NDArray[np.int32],
    consumed: NDArray[np.int32],
    hits: NDArray[np.int32],
) -> int:
    """Find the words of one folded text.

    ``consumed``: int32 scratch, at least 2 n; ``hits``: int32[n or more, 4], filled with first
    code, one past the last, pattern, and whether it is disguised. Returns the number of hits.
    """
    found = 0
    state = 0
    m = 0
    i = 0
    while i < n:
        if _is_word(flags[i]):
            consumed[m] = i
            m += 1
            code = np.int64(codes[i])
            if state == 0 and code < _ROOT_CODES:
                state = max(root[code], 0)
            else:
                state = max(_follow(state, code, root, keys, targets, fail), 0)
            if state:
                found = _emit(
                    state, i, m, n, flags, output, shorter, length, pattern_flags, consumed,
                    hits, found,
                )  # fmt: skip
            i += 1
            continue
        after = i
        stop = False
        while after < n and not _is_word(flags[after]):
            stop |= (flags[after] & KIND) == STOP
            after += 1
        alone = (i < 2 or not _is_word(flags[i - 2])) or (
            after + 1 >= n or not _is_word(flags[after + 1])
        )
        letters = (
            i > 0
            and after < n
            and _is_latin_or_digit(flags[i - 1])
            and _is_latin_or_digit(flags[after])
        )
        if letters and not _single_letters(flags, i - 1, after, n):
            target = _follow(state, _BLANK, root, keys, targets, fail)
            state = max(target, 0)
            consumed[m] = i
            m += 1
        elif (stop and not alone) or after - i > _LONGEST_GAP:
            state = 0
        for k in range(i, after):
            code = np.int64(codes[k])
            if state == 0 and code < _ROOT_CODES:
                target = np.int64(root[code])
            else:
                target = _follow(state, code, root, keys, targets, fail)
            if target >= 0:
                state = target
                consumed[m] = k
                m += 1
                found = _emit(
                    state, k, m, n, flags, output, shorter, length, pattern_flags, consumed,
                    hits, found,
                )  # fmt: skip
        i = after
    return found


@inlined
def _single_letters(flags, left, right, n):  # type: ignore[no-untyped-def]
    """Whether two Latin letters beside a separator are words of one letter each."""
    return (
        (flags[left] & KIND) == LATIN
        and (flags[right] & KIND) == LATIN
        and (left == 0 or not _is_latin_or_digit(flags[left - 1]))
        and (right + 1 >= n or not _is_latin_or_digit(flags[right + 1]))
    )


@kernel
def _emit(
    state: int,
    i: int,
    m: int,
    n: int,
    flags: NDArray[np.uint8],
    output: NDArray[np.int32],
    shorter: NDArray[np.int32],
    length: NDArray[np.int32],
    pattern_flags: NDArray[np.int32],
    consumed: NDArray[np.int32],
    hits: NDArray[np.int32],
    found: int,
) -> int:
    """Record the longest word that ends at code ``i`` and stands alone; drop hits inside it."""
    while state >= 0:
        pattern = output[state]
        if pattern >= 0:
            size = length[pattern]
            start = consumed[m - size]
            if _stands_alone(flags, start, i, n, pattern_flags[pattern]):
                while found and hits[found - 1, 0] >= start:
                    found -= 1
                disguised = (i + 1 - start > size) or (pattern_flags[pattern] & VARIANT) != 0
                for k in range(start, i + 1):
                    disguised |= (flags[k] & DISGUISED) != 0
                hits[found, 0] = start
                hits[found, 1] = i + 1
                hits[found, 2] = pattern
                hits[found, 3] = disguised
                return found + 1
        state = shorter[state]
    return found


@inlined
def _stands_alone(flags, start, last, n, pattern_flags):  # type: ignore[no-untyped-def]
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

"""Where a host of an address begins and ends among the words around it.

Behind ``http://`` a host may be any name, of Chinese letters too, or an IPv4 address, and it is
read forwards. Without a scheme it is read from a dot to both sides, and its top-level domain must
be a listed one. Nothing but the domain tells where a name ends that Chinese words touch.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import inlined, kernel
from portreeve.signals.fold import DIGIT, HAN, KIND, LATIN
from portreeve.signals.top_level import (
    ALONE,
    ANYWHERE,
    BEHIND_LATIN,
    chinese_top_level,
    is_encoded,
    is_top_level,
    may_be_top_level,
)

DOT, HYPHEN, SLASH, COLON, FULL_STOP = 0x2E, 0x2D, 0x2F, 0x3A, 0x3002
_LONGEST_USER = 64
_IN_USER = (DOT, HYPHEN, COLON, 0x21, 0x24, 0x25, 0x26, 0x2A, 0x2B, 0x3B, 0x3D, 0x5F, 0x7E)
"""Marks of a user's name and password before a host."""
_SHORTEST_NAME, _LONGEST_CHINESE_NAME = 3, 15
"""Of a name before a Chinese domain without a scheme; two Chinese letters are enough."""


@inlined
def is_alnum(flag: int) -> bool:
    """A Latin letter or a digit."""
    kind = flag & KIND
    return kind in (LATIN, DIGIT)


@inlined
def is_han(flag: int) -> bool:
    """A Chinese letter, or one of kana or hangul."""
    return (flag & KIND) == HAN


@inlined
def is_dot(codes: NDArray[np.uint32], flags: NDArray[np.uint8], i: int, n: int) -> bool:
    """A dot, or a Chinese full stop standing for one, between letters or digits."""
    return (
        codes[i] in (DOT, FULL_STOP)
        and 0 < i < n - 1
        and is_alnum(flags[i - 1])
        and is_alnum(flags[i + 1])
    )


@kernel
def _plain_end(codes: NDArray[np.uint32], flags: NDArray[np.uint8], at: int, n: int) -> int:
    """One past the last letter or digit of a label, with hyphens inside (also ``xn--``)."""
    begin = at
    while at < n:
        if not is_alnum(flags[at]):
            encoded = at - begin == 2 and codes[begin] == 0x78 and codes[begin + 1] == 0x6E
            if at == begin or codes[at] != HYPHEN or at + 1 >= n:
                break
            if not (
                is_alnum(flags[at + 1])
                or (encoded and codes[at + 1] == HYPHEN and at + 2 < n and is_alnum(flags[at + 2]))
            ):
                break
            at += 1 + (not is_alnum(flags[at + 1]))
        at += 1
    return at


@inlined
def _is_inside(codes: NDArray[np.uint32], flags: NDArray[np.uint8], i: int, n: int) -> bool:
    """Whether a code may stand in a plain host whose next code is known to.

    Two hyphens only behind ``xn``, as :func:`_plain_end` has it: otherwise a text of many hyphens
    would be walked back to its beginning from every dot.
    """
    if codes[i] != HYPHEN:
        return is_alnum(flags[i]) or is_dot(codes, flags, i, n)
    if i == 0 or codes[i - 1] != HYPHEN:
        return codes[i + 1] != HYPHEN or (
            i > 1 and is_encoded(codes, i - 2, i + 3) and not (i > 2 and is_alnum(flags[i - 3]))
        )
    return bool(i > 2 and is_encoded(codes, i - 3, i + 2))


@kernel
def host_around(
    codes: NDArray[np.uint32], flags: NDArray[np.uint8], dot: int, n: int
) -> tuple[int, int]:
    """First code of the plain host around a dot, and one past its last."""
    begin = dot
    while begin > 0 and _is_inside(codes, flags, begin - 1, n):
        begin -= 1
    end = _plain_end(codes, flags, dot + 1, n)
    while end < n and is_dot(codes, flags, end, n):
        end = _plain_end(codes, flags, end + 1, n)
    return begin, end


@kernel
def chinese_host(
    codes: NDArray[np.uint32], flags: NDArray[np.uint8], dot: int, n: int
) -> tuple[int, int]:
    """The host around a dot before Chinese letters, without a scheme; -1, -1 for none.

    The domain must be the whole of what stands between the dot and the next mark. A name of
    Chinese letters must begin where words do: behind a blank, a mark or a dot.
    """
    end = dot + 1
    while end < n and (is_alnum(flags[end]) or is_han(flags[end])):
        end += 1
    path = end + 1 < n and codes[end] == SLASH and is_alnum(flags[end + 1])
    which = ANYWHERE if path else BEHIND_LATIN if is_alnum(flags[dot - 1]) else ALONE
    if chinese_top_level(codes, dot + 1, end, which) != end - dot - 1:
        return -1, -1
    begin = dot
    if is_alnum(flags[dot - 1]):
        letters = 0
        while begin > 0 and _is_inside(codes, flags, begin - 1, n):
            begin -= 1
            letters += (flags[begin] & KIND) == LATIN
        if letters == 0 or dot - begin < _SHORTEST_NAME:
            return -1, -1
        return begin, end
    while begin > 0 and is_han(flags[begin - 1]):
        begin -= 1
    if not 2 <= dot - begin <= _LONGEST_CHINESE_NAME:
        return -1, -1
    if begin > 1 and codes[begin - 1] == DOT and is_alnum(flags[begin - 2]):
        begin -= 1
        while begin > 0 and (is_alnum(flags[begin - 1]) or codes[begin - 1] == HYPHEN):
            begin -= 1
    elif begin > 0 and (is_alnum(flags[begin - 1]) or codes[begin - 1] in (HYPHEN, DOT)):
        return -1, -1
    return begin, end


@kernel
def _number_end(codes: NDArray[np.uint32], flags: NDArray[np.uint8], at: int, n: int) -> int:
    """One past the last digit of an IPv4 address that begins here; -1 for none."""
    for part in range(4):
        value, digits = np.int64(0), 0
        while at < n and (flags[at] & KIND) == DIGIT and digits < 4:
            value = 10 * value + np.int64(codes[at]) - 0x30
            digits += 1
            at += 1
        if not 1 <= digits <= 3 or value > 255:
            return -1
        if part < 3:
            if at >= n or codes[at] not in (DOT, FULL_STOP):
                return -1
            at += 1
    if at < n and (is_alnum(flags[at]) or codes[at] == HYPHEN or is_dot(codes, flags, at, n)):
        return -1
    return at


@kernel
def _leads_to_domain(codes: NDArray[np.uint32], flags: NDArray[np.uint8], dot: int, n: int) -> bool:
    """Whether a dot stands here, and a listed domain behind it."""
    if dot + 1 >= n or codes[dot] != DOT:
        return False
    end = _plain_end(codes, flags, dot + 1, n)
    return end > dot + 1 and is_top_level(codes, dot + 1, end)


@kernel
def after_user(codes: NDArray[np.uint32], flags: NDArray[np.uint8], at: int, n: int) -> int:
    """Where the host begins behind a scheme: after the last ``@`` of what may name a user."""
    host = at
    while at < n and at - host <= _LONGEST_USER:
        if codes[at] == 0x40:
            host = at + 1
        elif not (is_alnum(flags[at]) or codes[at] in _IN_USER):
            break
        at += 1
    return host


@kernel
def host_end(codes: NDArray[np.uint32], flags: NDArray[np.uint8], at: int, n: int) -> int:
    """One past the last code of the host that begins here, behind ``http://``; -1 for none.

    Of what may be read in several ways, the longest name wins that ends with a listed domain or
    before anything that is no letter.
    """
    number = _number_end(codes, flags, at, n)
    if number >= 0:
        return number
    best = -1
    first, touched, stop = True, False, False
    while at < n:
        plain = _plain_end(codes, flags, at, n)
        whole = plain
        while whole < n and (is_alnum(flags[whole]) or is_han(flags[whole])):
            whole += 1
        if whole == at:
            break
        if first:
            first = False
        elif plain > at:
            if is_top_level(codes, at, plain):
                best = plain
                if plain < whole:  # words touch it
                    break
            elif stop and best >= 0:  # a sentence ends before it
                break
            elif not touched and not stop and may_be_top_level(codes, flags, at, plain):
                best = plain
                touched = plain < whole
        else:
            size = chinese_top_level(codes, at, whole, ANYWHERE)
            if 0 < size < whole - at and _leads_to_domain(codes, flags, whole, n):
                size = 0  # the name only begins as a domain does
            if best < 0 and size > 0 and (size == whole - at or not stop):
                best = at + size
            elif best >= 0 and size == whole - at and not stop:
                best = whole
            if best >= 0 and best < whole:
                break
        if not (
            whole + 1 < n
            and codes[whole] in (DOT, FULL_STOP)
            and (is_alnum(flags[whole + 1]) or is_han(flags[whole + 1]))
        ):
            break
        stop = codes[whole] == FULL_STOP
        at = whole + 1
    return best

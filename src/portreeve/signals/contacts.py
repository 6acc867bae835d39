"""Contacts: handles of messengers, phone numbers and e-mail addresses, disguised ones too.

A word of the lexicon announces a handle ("微信", "vx", "qq", "tel" ...); after it fillers and
separators are passed over and the handle is read, spaced out or spelled with Chinese numerals as
it may be. Mobile numbers and e-mail addresses need no announcement. The same handle is one key
whatever its spelling; a mobile number is one key whatever announces it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import inlined, kernel
from portreeve.signals.fold import (
    CHINESE_NUMERALS,
    DIGIT,
    DISGUISED,
    HAN,
    KIND,
    LATIN,
    MARK,
    NUMERAL,
    SPACE,
    STOP,
)
from portreeve.signals.matcher import NEEDS_HANDLE
from portreeve.signals.spans import (
    CONTACT,
    EMAIL,
    LINE,
    MOST_KEY_BYTES,
    PHONE,
    QQ,
    TELEGRAM,
    WECHAT,
    WHATSAPP,
    put,
)

_DISGUISED_HIT, _HAS_HANDLE, _ADDED = 1, 2, 4
_FURTHEST = 10
_LONGEST = 32
_UNDERSCORE, _HYPHEN, _DOT, _PLUS, _AT = 0x5F, 0x2D, 0x2E, 0x2B, 0x40
_DIGITS = (0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9)
_FIRST_NUMERAL, _LAST_NUMERAL = 0x3007, 0x96FF


def _numeral_table() -> NDArray[np.int8]:
    table = np.full(_LAST_NUMERAL - _FIRST_NUMERAL + 1, -1, dtype=np.int8)
    for digit, char in zip(_DIGITS, CHINESE_NUMERALS, strict=True):
        table[ord(char) - _FIRST_NUMERAL] = digit
    return table


_NUMERAL_TABLE = _numeral_table()
_FILLERS = np.array(sorted(map(ord, "号码是我加搜同查找账户名为的也联系人请或→")), dtype=np.uint32)
_EXPLICIT = np.array(sorted(map(ord, "号码是搜为:=")), dtype=np.uint32)


@inlined
def numeral(code):
    """The digit that a code stands for, Chinese numerals included; -1 for none."""
    if 0x30 <= code <= 0x39:
        return np.int64(code) - 0x30
    if _FIRST_NUMERAL <= code <= _LAST_NUMERAL:
        return np.int64(_NUMERAL_TABLE[np.int64(code) - _FIRST_NUMERAL])
    return np.int64(-1)


@kernel
def _among(code: int, sorted_codes: NDArray[np.uint32]) -> bool:
    for known in sorted_codes:  # noqa: SIM110 - numba has no any()
        if known == code:
            return True
    return False


@inlined
def _is_alnum(flag):
    kind = flag & KIND
    return kind in (LATIN, DIGIT)


@kernel
def _skip_fillers(
    codes: NDArray[np.uint32], flags: NDArray[np.uint8], at: int, n: int
) -> tuple[int, bool]:
    """Where a handle may begin after an announcing word, and whether something points at it."""
    explicit = False
    begin = at
    while at < n and at - begin < _FURTHEST:
        code = codes[at]
        kind = flags[at] & KIND
        if numeral(code) >= 0 and kind == HAN:
            break
        if _among(code, _EXPLICIT):
            explicit = True
        if kind == LATIN:
            two = at + 1 < n and (
                (code == 0x69 and codes[at + 1] in (0x64, 0x73))  # id, is
                or (code == 0x6E and codes[at + 1] == 0x6F)  # no
            )
            if not two or (at + 2 < n and _is_alnum(flags[at + 2])):
                break
            explicit = True
            at += 2
            continue
        if kind == DIGIT or code in (_UNDERSCORE, _PLUS):
            break
        if kind == HAN and not _among(code, _FILLERS):
            break
        at += 1
    return at, explicit


@kernel
def _read(
    codes: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    at: int,
    n: int,
    letters: bool,
    dots: bool,
    most: int,
    key: NDArray[np.uint8],
) -> tuple[int, int, int, bool]:
    """Read a handle from ``at``: (one past its last code, length, letters in it, disguised).

    Groups are joined over a separator when they are spaced out (one or two characters each) or
    are groups of digits; Chinese numerals count as digits beside digits.
    """
    size = 0
    n_letters = 0
    group = 0
    disguised = False
    end = at
    i = at
    while i < n and size < most:
        code = codes[i]
        kind = flags[i] & KIND
        digit = numeral(code)
        if kind == DIGIT or (kind == HAN and digit >= 0):
            key[size] = 0x30 + digit
            disguised |= kind == HAN or (flags[i] & DISGUISED) != 0
        elif letters and (
            kind == LATIN
            or code == _UNDERSCORE
            or (code == _HYPHEN and size > 0)
            or (dots and code == _DOT and size > 0 and i + 1 < n and _is_alnum(flags[i + 1]))
        ):
            key[size] = code
            n_letters += kind == LATIN
            disguised |= (flags[i] & DISGUISED) != 0
        else:
            beyond = i + 1
            if kind in (HAN, LATIN) or (kind == STOP and code != 0x3001) or size == 0:
                break
            while beyond < n and beyond - i < 3 and (flags[beyond] & KIND) > HAN:
                beyond += 1
            if beyond >= n or not (_is_alnum(flags[beyond]) or numeral(codes[beyond]) >= 0):
                break
            following = beyond
            while following < n and _is_alnum(flags[following]) and following - beyond < 12:
                following += 1
            digits = numeral(codes[i - 1]) >= 0 and numeral(codes[beyond]) >= 0
            spaced = group <= 2 and following - beyond <= 2
            if not spaced and not (digits and n_letters == 0 and size + following - beyond <= 13):
                break
            if not letters and not digits:
                break
            disguised |= spaced or not (kind == SPACE or code == _HYPHEN)
            i = beyond
            group = 0
            continue
        size += 1
        group += 1
        i += 1
        end = i
    while size > 0 and key[size - 1] == _HYPHEN:
        size -= 1
        end -= 1
    return end, size, n_letters, disguised


@inlined
def _is_mobile(key, size):
    return size == 11 and key[0] == 0x31 and key[1] >= 0x33


@kernel
def _accepts(kind: int, key: NDArray[np.uint8], size: int, n_letters: int, explicit: bool) -> bool:
    """Whether what was read has the shape of a handle of this kind."""
    digits = size - n_letters
    if kind == WECHAT:
        if not 5 <= size <= 20 or (n_letters == 0 and not 6 <= size <= 13):
            return False
        return digits > 0 or explicit
    if kind == QQ:
        return n_letters == 0 and 5 <= size <= 11 and key[0] != 0x30
    if kind == PHONE:
        return n_letters == 0 and 7 <= size <= 13
    if kind == WHATSAPP:
        return n_letters == 0 and 8 <= size <= 15
    return 4 <= size <= _LONGEST and (digits > 0 or explicit)


@kernel
def read_contacts(
    codes: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    places: NDArray[np.int32],
    n: int,
    hits: NDArray[np.int32],
    n_hits: int,
    contact_class: NDArray[np.int32],
    pattern_flags: NDArray[np.int32],
    adds: NDArray[np.uint8],
    key: NDArray[np.uint8],
    covered: NDArray[np.uint8],
    row: int,
    spans: NDArray[np.void],
    count: int,
    most: int,
    keys: NDArray[np.uint8],
    used: int,
) -> tuple[int, int]:
    """Write the handles of one text as spans. Returns new counts of spans and key bytes.

    The last column of a hit becomes a bit set: 1 disguised, 2 has a handle, 4 is asked to be added.

    ``contact_class``: per pattern the contact kind it announces, or -1; ``adds``: per pattern
    whether it is a verb of adding. ``key``: uint8[34] scratch. ``covered`` marks codes that
    belong to a span already.
    """
    for h in range(n_hits):
        kind = contact_class[hits[h, 2]]
        if kind < 0 or count >= most:
            continue
        begin, explicit = _skip_fillers(codes, flags, hits[h, 1], n)
        added = h > 0 and adds[hits[h - 1, 2]] and hits[h, 0] - hits[h - 1, 1] <= 2
        explicit |= bool(added) or codes[hits[h, 0]] == _PLUS
        if added:
            hits[h, 3] |= _ADDED
        if begin < n and codes[begin] in (_AT, _PLUS):
            begin += 1
            explicit = True
        if begin >= n or covered[begin]:
            continue
        letters = kind in (WECHAT, TELEGRAM, LINE)
        end, size, n_letters, spelled = _read(
            codes, flags, begin, n, letters, kind == LINE, _LONGEST, key
        )
        only_letters = n_letters == size
        if (
            only_letters
            and end + 1 < n
            and codes[end] == 0x20
            and ((flags[end + 1] & KIND) == LATIN)
        ):
            continue
        if (pattern_flags[hits[h, 2]] & NEEDS_HANDLE) and (only_letters or size < 6) and not added:
            continue
        if not _accepts(kind, key, size, n_letters, explicit):
            continue
        disguised = spelled or (hits[h, 3] & _DISGUISED_HIT) != 0
        hits[h, 3] |= _HAS_HANDLE
        count, used = _write(
            row, kind, hits[h, 0], begin, end, places, disguised, key, size, covered,
            spans, count, keys, used,
        )  # fmt: skip
    i = 0
    while i < n and count < most:
        if not (flags[i] & (MARK | NUMERAL)):
            i += 1
            continue
        if codes[i] == _AT and not covered[i]:
            first, last = _email(codes, flags, i, n)
            if first >= 0:
                size = min(last + 1 - first, _LONGEST)
                for k in range(size):
                    key[k] = codes[first + k]
                count, used = _write(
                    row, EMAIL, first, first, last + 1, places, False, key, size, covered,
                    spans, count, keys, used,
                )  # fmt: skip
                i = last
        elif (
            not covered[i]
            and i + 10 < n
            and numeral(codes[i]) == 1
            and ((flags[i + 1] & NUMERAL) or (flags[i + 1] & KIND) > HAN)
            and (i == 0 or (numeral(codes[i - 1]) < 0 and (flags[i - 1] & KIND) != LATIN))
        ):
            end, size, n_letters, spelled = _read(codes, flags, i, n, False, False, 13, key)
            if _is_mobile(key, size) and not (end < n and (flags[end] & KIND) == LATIN):
                count, used = _write(
                    row, PHONE, i, i, end, places, spelled, key, size, covered,
                    spans, count, keys, used,
                )  # fmt: skip
                i = end
        i += 1
    return count, used


@kernel
def _email(codes: NDArray[np.uint32], flags: NDArray[np.uint8], at: int, n: int) -> tuple[int, int]:
    """First and last code of an address around an at sign; -1 for none."""
    first = at
    while first > 0 and (
        _is_alnum(flags[first - 1]) or codes[first - 1] in (_DOT, _UNDERSCORE, _HYPHEN)
    ):
        first -= 1
    last = at
    dots = 0
    while last + 1 < n and (
        _is_alnum(flags[last + 1])
        or (codes[last + 1] in (_DOT, _HYPHEN) and last + 2 < n and _is_alnum(flags[last + 2]))
    ):
        last += 1
        dots += codes[last] == _DOT
    if first == at or dots == 0 or (flags[last] & KIND) != LATIN:
        return -1, -1
    return first, last


@kernel
def _write(
    row: int,
    kind: int,
    announced: int,
    begin: int,
    end: int,
    places: NDArray[np.int32],
    disguised: bool,
    key: NDArray[np.uint8],
    size: int,
    covered: NDArray[np.uint8],
    spans: NDArray[np.void],
    count: int,
    keys: NDArray[np.uint8],
    used: int,
) -> tuple[int, int]:
    """Append one contact: the span covers the announcing word and the handle."""
    first = 0
    if size == 13 and key[0] == 0x38 and key[1] == 0x36 and key[2] == 0x31:
        first = 2  # the country code of China before a mobile number
    if _is_mobile(key[first:], size - first) and kind in (WECHAT, QQ, WHATSAPP, PHONE):
        kind = PHONE
    span = spans[count]
    count = put(spans, count, row, CONTACT, kind, announced, end - 1, places, disguised)
    span["key"] = used
    span["size"] = min(size - first, MOST_KEY_BYTES)
    for k in range(first, size):
        keys[used] = key[k]
        used += 1
    for k in range(begin, end):
        covered[k] = 1
    return count, used

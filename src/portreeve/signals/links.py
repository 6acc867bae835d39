"""Links: addresses with and without a scheme, and share codes of marketplace apps.

The kernel finds the places and writes each address from its host on; hosts are then looked up in
the table of hosts and the public suffix list, a unique host at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import inlined, kernel
from portreeve.signals.fold import DIGIT, KIND, LATIN, MARK
from portreeve.signals.spans import LINK, MOST_KEY_BYTES, SHARE_CODE, put
from portreeve.signals.top_level import is_top_level
from portreeve.signals.web_hosts import (
    COLON,
    DOT,
    FULL_STOP,
    SLASH,
    after_user,
    chinese_host,
    host_around,
    host_end,
    is_alnum,
    is_dot,
    is_han,
)

_AT = 0x40
_LONGEST_ABBREVIATION = 2
"""Codes before the last label of "p.m" and "e.g", which are no hosts unless a path follows."""
_LONGEST_NAME = 12
"""Chinese letters of one name in a path; a sentence is longer."""
_ENDS_NONE = (DOT, COLON, _AT, 0x21, 0x23, 0x3B, 0x3F)
"""Marks that belong to what follows an address: a sentence's, and those of @names and #topics."""
_SPEECH = np.array(
    [
        ord(char)
        for char in "这那我你您他她它的了是很不吗呢吧啊呀哦嘛都也就请点看快来去想要给让把被和跟还"
        "又太真打戳扫欢"
    ],
    dtype=np.uint32,
)
"""Letters of what people say after an address, which names of pages do without."""


@kernel
def _in_path(code: int, flag: int) -> bool:
    if is_alnum(flag):
        return True
    # unreserved, reserved and percent characters of an address, without quotes and brackets
    return 0x21 <= code < 0x7F and code not in (
        0x22,
        0x27,
        0x28,
        0x29,
        0x2C,
        0x3C,
        0x3E,
        0x5B,
        0x5D,
    )


@kernel
def _name_end(codes: NDArray[np.uint32], flags: NDArray[np.uint8], begin: int, n: int) -> int:
    """One past the last code of a Chinese name of a page or value; where it begins for none.

    It follows one slash or an equals sign, is short, and says nothing to the reader; a colon
    behind it makes it words that announce something.
    """
    before = codes[begin - 1]
    if not (before == 0x3D or (before == SLASH and codes[begin - 2] != SLASH)):
        return begin
    letters = 0
    at = begin
    while at < n:
        if is_han(flags[at]):
            letters += 1
            if letters > _LONGEST_NAME:
                return begin
            for word in _SPEECH:
                if word == codes[at]:
                    return begin
        elif not (is_alnum(flags[at]) or codes[at] in (0x25, 0x2B, 0x2D, 0x2E, 0x5F, 0x7E)):
            break
        at += 1
    return begin if at < n and codes[at] == COLON else at


@kernel
def _path_end(
    codes: NDArray[np.uint32], flags: NDArray[np.uint8], end: int, n: int, chinese: bool
) -> int:
    """One past the last code of an address whose host ends here. ``chinese``: names may be."""
    after = end
    if after >= n or codes[after] not in (SLASH, 0x3F, 0x23, COLON):
        return end
    while after < n:
        if _in_path(codes[after], flags[after]):
            after += 1
            continue
        name = _name_end(codes, flags, after, n) if chinese and is_han(flags[after]) else after
        if name == after:
            break
        after = name
    while after > end and codes[after - 1] in _ENDS_NONE:
        after -= 1
    return after


@kernel
def _next_mark(codes: NDArray[np.uint32], flags: NDArray[np.uint8], i: int, n: int) -> int:
    """The next code that is a mark, stands behind one, or is a colon before a slash."""
    while i < n - 1 and not (
        (flags[i] | flags[i - 1]) & MARK or (codes[i] == COLON and codes[i + 1] == SLASH)
    ):
        i += 1
    return i


@kernel
def read_links(
    codes: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    places: NDArray[np.int32],
    n: int,
    covered: NDArray[np.uint8],
    row: int,
    spans: NDArray[np.void],
    count: int,
    most: int,
    keys: NDArray[np.uint8],
    used: int,
) -> tuple[int, int]:
    """Write the links and share codes of one text as spans; mark their codes as covered."""
    i = _next_mark(codes, flags, 1, n)
    while i < n - 1 and count < most:
        if not ((flags[i] | flags[i - 1]) & MARK):
            if codes[i] == COLON:
                scheme = _web_scheme(codes, i, n)
                host = after_user(codes, flags, i + 3, n) if scheme >= 0 else i + 3
                end = host_end(codes, flags, host, n) if scheme >= 0 else -1
                if end < 0 and host > i + 3:  # what stands behind the @ is a name, and no host
                    host = i + 3
                    end = host_end(codes, flags, host, n)
                if end >= 0:
                    after = _path_end(codes, flags, end, n, True)
                    count, used = _write(
                        codes, flags, places, covered, row, spans, count, keys, used,
                        scheme, host, end, after,
                    )  # fmt: skip
                    i = after
                    continue
            i = _next_mark(codes, flags, i + 1, n)
            continue
        if codes[i] == DOT and is_han(flags[i + 1]):
            host, end = chinese_host(codes, flags, i, n)
            if host >= 0 and not (host > 0 and codes[host - 1] == _AT) and not covered[host]:
                after = _path_end(codes, flags, end, n, False)
                count, used = _write(
                    codes, flags, places, covered, row, spans, count, keys, used,
                    host, host, end, after,
                )  # fmt: skip
                i = after
                continue
        if is_dot(codes, flags, i, n):
            host, end = host_around(codes, flags, i, n)
            scheme = _scheme_start(codes, flags, host)
            # an address, not an e-mail, and not a number, a file name or an abbreviation
            label = end
            while label > host and codes[label - 1] not in (DOT, FULL_STOP):
                label -= 1
            path = end + 1 < n and codes[end] == SLASH and is_alnum(flags[end + 1])
            known = is_top_level(codes, label, end) and (
                scheme < host or path or label - host > _LONGEST_ABBREVIATION
            )
            if known and not (host > 0 and codes[host - 1] == _AT) and not covered[host]:
                after = _path_end(codes, flags, end, n, False)
                count, used = _write(
                    codes, flags, places, covered, row, spans, count, keys, used,
                    scheme, host, end, after,
                )  # fmt: skip
                i = after
                continue
            i = end
            continue
        if _is_sign(codes[i - 1], flags[i - 1]):
            end = i
            digits = 0
            while end < n and end - i <= 14 and is_alnum(flags[end]):
                digits += (flags[end] & KIND) == DIGIT
                end += 1
            if (
                8 <= end - i <= 14
                and digits < end - i
                and end < n
                and _is_sign(codes[end], flags[end])
            ):
                span = spans[count]
                count = put(spans, count, row, SHARE_CODE, 0, i - 1, end, places, False)
                span["key"] = used
                span["size"] = end - i
                for k in range(i, end):
                    keys[used] = codes[k]
                    used += 1
                for k in range(i - 1, end + 1):
                    covered[k] = 1
                i = end + 1
                continue
        i += 1
    return count, used


@inlined
def _is_sign(code, flag):
    """Whether it is a currency sign."""
    return flag & MARK and code not in (DOT, _AT, FULL_STOP)


@kernel
def _write(
    codes: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    places: NDArray[np.int32],
    covered: NDArray[np.uint8],
    row: int,
    spans: NDArray[np.void],
    count: int,
    keys: NDArray[np.uint8],
    used: int,
    begin: int,
    host: int,
    end: int,
    after: int,
) -> tuple[int, int]:
    """Write a link from ``begin`` to before ``after``; its key, UTF-8, begins with the host.

    From the first Chinese letter of the path on nothing is covered: what stands there may be the
    sentence that goes on, whose prices and handles count.
    """
    span = spans[count]
    count = put(spans, count, row, LINK, 0, begin, after - 1, places, False)
    span["key"] = used
    most = used + MOST_KEY_BYTES
    for k in range(host, after):
        code = np.int64(codes[k])
        if code == FULL_STOP:
            code = DOT
        if used + (1 if code < 0x80 else 4) > most:
            break
        used = _encode(code, keys, used)
    span["size"] = used - span["key"]
    for k in range(begin, after):
        if k >= end and is_han(flags[k]):
            break
        covered[k] = 1
    return count, used


@kernel
def _encode(code: np.int64, keys: NDArray[np.uint8], at: int) -> int:
    """Write a code as UTF-8; returns one past its last byte."""
    if code < 0x80:
        keys[at] = code
        return at + 1
    size = 2 if code < 0x800 else 3 if code < 0x10000 else 4
    for k in range(size - 1, 0, -1):
        keys[at + k] = 0x80 | (code & 0x3F)
        code >>= 6
    keys[at] = ((0xF00 >> size) & 0xF0) | code
    return at + size


@kernel
def _web_scheme(codes: NDArray[np.uint32], colon: int, n: int) -> int:
    """Where http:// or https:// begins, by its colon; -1 for anything else."""
    if colon + 3 >= n or codes[colon + 1] != SLASH or codes[colon + 2] != SLASH:
        return -1
    begin = colon - 4
    if codes[colon - 1] == 0x73:
        begin -= 1
    if begin < 0 or codes[begin] != 0x68 or codes[begin + 1] != 0x74:
        return -1
    return begin if codes[begin + 2] == 0x74 and codes[begin + 3] == 0x70 else -1


@kernel
def _scheme_start(codes: NDArray[np.uint32], flags: NDArray[np.uint8], host: int) -> int:
    """Where the address begins when a scheme stands before the host; the host otherwise."""
    if host < 4 or codes[host - 1] != SLASH or codes[host - 2] != SLASH:
        return host
    if codes[host - 3] != COLON:
        return host
    begin = host - 3
    while begin > 0 and (flags[begin - 1] & KIND) == LATIN and host - begin < 9:
        begin -= 1
    return begin

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

_DOT, _HYPHEN, _SLASH, _COLON, _AT, _FULL_STOP = 0x2E, 0x2D, 0x2F, 0x3A, 0x40, 0x3002
_LONGEST_ABBREVIATION = 2
"""Codes before the last label of "p.m" and "e.g", which are no hosts unless a path follows."""
_TOP_LEVEL_NAMES = (
    "com", "cn", "net", "org", "top", "xyz", "vip", "shop", "cc", "io", "me", "app", "club",
    "info", "link", "site", "online", "store", "tv", "co", "uk", "us", "jp", "kr", "hk", "tw",
    "sg", "my", "ru", "de", "fr", "it", "es", "eu", "in", "id", "th", "vn", "ph", "au", "ca",
    "br", "mx", "biz", "pro", "fun", "ltd", "wang", "ink", "live", "work", "mobi", "asia", "edu",
    "gov", "ai", "gg", "ly", "to", "la", "ws", "im", "tk", "icu", "cloud", "tech", "space",
    "website", "today", "bid", "men", "win", "loan", "red", "pub", "art", "run", "group", "team",
    "center", "video", "social", "news", "blog", "gl", "bz", "fm", "vc",
)  # fmt: skip


def _label_number(label: str) -> int:
    number = 0
    for char in label:
        number = number * 37 + (ord(char) - 86 if char.isalpha() else ord(char) - 47)
    return number


_TOP_LEVEL = np.array(sorted(map(_label_number, _TOP_LEVEL_NAMES)), dtype=np.int64)


@inlined
def _is_alnum(flag):
    kind = flag & KIND
    return kind in (LATIN, DIGIT)


@inlined
def _is_dot(codes, flags, i, n):
    """A dot, or a Chinese full stop standing for one, between letters or digits."""
    return (
        codes[i] in (_DOT, _FULL_STOP)
        and 0 < i < n - 1
        and _is_alnum(flags[i - 1])
        and _is_alnum(flags[i + 1])
    )


@kernel
def _is_top_level(codes: NDArray[np.uint32], begin: int, end: int) -> bool:
    number = np.int64(0)
    if not 2 <= end - begin <= 10:
        return False
    for k in range(begin, end):
        code = np.int64(codes[k])
        number = number * 37 + (code - 86 if code >= 0x61 else code - 47)
    at = np.searchsorted(_TOP_LEVEL, number)
    return at < _TOP_LEVEL.size and _TOP_LEVEL[at] == number


@kernel
def _in_path(code: int, flag: int) -> bool:
    if _is_alnum(flag):
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
    i = 1
    while i < n - 1 and count < most:
        if not ((flags[i] | flags[i - 1]) & MARK):
            i += 1
            continue
        if _is_dot(codes, flags, i, n):
            host, end = _host(codes, flags, i, n)
            scheme = _scheme_start(codes, flags, host)
            # an address, not an e-mail, and not a number, a file name or an abbreviation
            label = end
            while label > host and codes[label - 1] not in (_DOT, _FULL_STOP):
                label -= 1
            path = end + 1 < n and codes[end] == _SLASH and _is_alnum(flags[end + 1])
            known = _is_top_level(codes, label, end) and (
                scheme < host or path or label - host > _LONGEST_ABBREVIATION
            )
            if known and not (host > 0 and codes[host - 1] == _AT) and not covered[host]:
                after = end
                if after < n and codes[after] in (_SLASH, 0x3F, 0x23, _COLON):
                    while after < n and _in_path(codes[after], flags[after]):
                        after += 1
                    while after > end and codes[after - 1] in (_DOT, 0x21, 0x3F, 0x3B, _COLON):
                        after -= 1
                span = spans[count]
                count = put(spans, count, row, LINK, 0, scheme, after - 1, places, False)
                size = min(after - host, MOST_KEY_BYTES)
                span["key"] = used
                span["size"] = size
                for k in range(size):
                    code = codes[host + k]
                    keys[used + k] = _DOT if code == _FULL_STOP else code
                used += size
                for k in range(scheme, after):
                    covered[k] = 1
                i = after
                continue
            i = end
            continue
        if _is_sign(codes[i - 1], flags[i - 1]):
            end = i
            digits = 0
            while end < n and end - i <= 14 and _is_alnum(flags[end]):
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
    return flag & MARK and code not in (_DOT, _AT, _FULL_STOP)


@kernel
def _host(codes: NDArray[np.uint32], flags: NDArray[np.uint8], dot: int, n: int) -> tuple[int, int]:
    """First code of the host around a dot, and one past its last."""
    begin = dot
    while begin > 0 and (
        _is_alnum(flags[begin - 1])
        or codes[begin - 1] == _HYPHEN
        or _is_dot(codes, flags, begin - 1, n)
    ):
        begin -= 1
    end = dot + 1
    while end < n and (
        _is_alnum(flags[end])
        or (codes[end] == _HYPHEN and end + 1 < n and _is_alnum(flags[end + 1]))
        or _is_dot(codes, flags, end, n)
    ):
        end += 1
    return begin, end


@kernel
def _scheme_start(codes: NDArray[np.uint32], flags: NDArray[np.uint8], host: int) -> int:
    """Where the address begins when a scheme stands before the host; the host otherwise."""
    if host < 4 or codes[host - 1] != _SLASH or codes[host - 2] != _SLASH:
        return host
    if codes[host - 3] != _COLON:
        return host
    begin = host - 3
    while begin > 0 and (flags[begin - 1] & KIND) == LATIN and host - begin < 9:
        begin -= 1
    return begin

"""Top-level domains that addresses in posts end with, and how the kernel tells them.

Behind ``http://`` any name may be one. Without a scheme only those listed here are, and of the
Chinese ones only those that are no everyday word behind a dot: people write ``妈妈.我爱你``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import inlined, kernel
from portreeve.signals.fold import KIND, LATIN

_HYPHEN = 0x2D
_NAMES = (
    "com", "cn", "net", "org", "top", "xyz", "vip", "shop", "cc", "io", "me", "app", "club",
    "info", "link", "site", "online", "store", "tv", "co", "uk", "us", "jp", "kr", "hk", "tw",
    "sg", "my", "ru", "de", "fr", "it", "es", "eu", "in", "id", "th", "vn", "ph", "au", "ca",
    "br", "mx", "biz", "pro", "fun", "ltd", "wang", "ink", "live", "work", "mobi", "asia", "edu",
    "gov", "ai", "gg", "ly", "to", "la", "ws", "im", "tk", "icu", "cloud", "tech", "space",
    "website", "today", "bid", "men", "win", "loan", "red", "pub", "art", "run", "group", "team",
    "center", "video", "social", "news", "blog", "gl", "bz", "fm", "vc",
    "boutique", "cyou", "sbs", "cfd", "xin", "ren", "wiki", "dev", "nz", "nl", "ch", "se", "pl",
    "cz", "cx", "pw", "su", "buzz", "monster", "ooo", "luxe", "promo", "click",
)  # fmt: skip
"""No words that begin a sentence, or end one in capitals, behind a dot without a blank
("so", "be", "life"), and no ends of file names or stocks' numbers ("sh", "zip")."""

_CHINESE_ALONE = ("中国", "网址", "商城", "网店", "中文网")
_CHINESE_BEHIND_LATIN = ("公司", "网络", "网站", "集团", "企业")
"""Everyday words behind a Chinese one (``今天.公司``), and domains behind a Latin name."""
_CHINESE_BEHIND_A_SCHEME = (
    "在线", "我爱你", "餐厅", "商店", "购物", "手机", "游戏", "娱乐", "时尚", "广东", "佛山",
    "政务", "公益", "移动", "信息", "健康", "书籍", "慈善", "招聘", "食品", "珠宝", "八卦", "世界",
    "大拿", "组织机构", "机构", "新闻", "谷歌", "微博", "联通", "点看", "香港", "台湾", "澳门",
    "新加坡", "香格里拉", "大众汽车", "淡马锡", "亚马逊", "嘉里", "天主教", "电讯盈科",
)  # fmt: skip
"""As the fold writes them: in simplified characters."""


def _label_number(label: str) -> int:
    number = 0
    for char in label:
        number = number * 37 + (ord(char) - 86 if char.isalpha() else ord(char) - 47)
    return number


_TOP_LEVEL = np.array(sorted(map(_label_number, _NAMES)), dtype=np.int64)


def _rows(names: tuple[str, ...]) -> NDArray[np.uint32]:
    """One name a row, with zeros behind it; longer names first."""
    rows = np.zeros((len(names), max(map(len, names)) + 1), dtype=np.uint32)
    for row, name in zip(rows, sorted(names, key=len, reverse=True), strict=True):
        row[: len(name)] = [ord(char) for char in name]
    return rows


_ALONE = _rows(_CHINESE_ALONE)
_LATIN = _rows(_CHINESE_ALONE + _CHINESE_BEHIND_LATIN)
_BEHIND = _rows(_CHINESE_ALONE + _CHINESE_BEHIND_LATIN + _CHINESE_BEHIND_A_SCHEME)
ALONE, BEHIND_LATIN, ANYWHERE = 0, 1, 2
"""Which Chinese domains count: those behind a Chinese word, behind a Latin one, or all, as behind a
scheme and before a path."""


@kernel
def is_top_level(codes: NDArray[np.uint32], begin: int, end: int) -> bool:
    """Whether a label of letters is a listed domain, or one in its ASCII form (``xn--...``)."""
    if is_encoded(codes, begin, end):
        return True
    number = np.int64(0)
    if not 2 <= end - begin <= 10:
        return False
    for k in range(begin, end):
        code = np.int64(codes[k])
        number = number * 37 + (code - 86 if code >= 0x61 else code - 47)
    at = np.searchsorted(_TOP_LEVEL, number)
    return bool(at < _TOP_LEVEL.size and _TOP_LEVEL[at] == number)


@inlined
def is_encoded(codes: NDArray[np.uint32], begin: int, end: int) -> bool:
    """Whether a label is an internationalised one in its ASCII form."""
    return bool(
        end - begin > 4
        and codes[begin] == 0x78
        and codes[begin + 1] == 0x6E
        and codes[begin + 2] == _HYPHEN
        and codes[begin + 3] == _HYPHEN
    )


@kernel
def may_be_top_level(
    codes: NDArray[np.uint32], flags: NDArray[np.uint8], begin: int, end: int
) -> bool:
    """Whether a label has the shape of a top-level domain."""
    if is_encoded(codes, begin, end):
        return True
    if end - begin < 2:
        return False
    for k in range(begin, end):  # noqa: SIM110 - numba has no all()
        if (flags[k] & KIND) != LATIN:
            return False
    return True


@kernel
def chinese_top_level(codes: NDArray[np.uint32], begin: int, end: int, which: int) -> int:
    """Length of the Chinese domain that a label begins with; 0 for none.

    ``which``: one of :data:`ALONE`, :data:`BEHIND_LATIN`, :data:`ANYWHERE`.
    """
    rows = _ALONE if which == ALONE else _LATIN if which == BEHIND_LATIN else _BEHIND
    for r in range(rows.shape[0]):
        size = 0
        while rows[r, size] != 0 and begin + size < end and codes[begin + size] == rows[r, size]:
            size += 1
        if rows[r, size] == 0:
            return size
    return 0

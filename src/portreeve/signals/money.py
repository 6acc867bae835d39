"""Money: prices, discounts, coupons and commissions, in figures and in Chinese numerals.

An amount needs a currency sign, a unit or a word of price beside it. What it is follows from the
words around: a voucher, a commission, a reduction, else a price.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import inlined, kernel
from portreeve.signals.contacts import numeral
from portreeve.signals.fold import DIGIT, DISGUISED, KIND, LATIN, NUMERAL, SPACE
from portreeve.signals.spans import (
    CNY,
    COMMISSION,
    COUPON,
    DISCOUNT,
    EUR,
    GBP,
    HKD,
    JPY,
    KRW,
    MONEY,
    PERCENT,
    PRICE,
    TWD,
    USD,
    put,
)

_TEN, _HUNDRED, _THOUSAND, _TEN_THOUSAND, _HALF = (ord(c) for c in "十百千万半")
_YUAN, _KUAI, _ROUND, _QIAN, _ZHE, _MAN, _JIAN, _QUAN, _DAO = (ord(c) for c in "元块圆钱折满减券刀")
_PARCEL, _POST = (ord(c) for c in "包邮")
_NOT_AFTER_YUAN = np.array(
    sorted(map(ord, "论素旦首宝气老复件宵夜谋月方程帅神婴")), dtype=np.uint32
)
_NOT_AFTER_ZHE = np.array(sorted(map(ord, "叠腾磨返断线射现纸戟损")), dtype=np.uint32)
_MEASURES = np.array(
    sorted(map(ord, "盒个件瓶袋包支片斤只双套份次张条罐箱位人天月年块元本组对根枚粒杯桶")),
    dtype=np.uint32,
)
_ONE = ord("一")
_RATES = np.array(
    sorted(map(ord, "盒个件瓶袋包支斤只双套份次张条罐箱位科节课小时晚夜月单本")), dtype=np.uint32
)
_WORDS = (
    ("rmb", CNY), ("cny", CNY), ("yuan", CNY), ("usd", USD), ("dollars", USD), ("dollar", USD),
    ("bucks", USD), ("eur", EUR), ("euro", EUR), ("euros", EUR), ("gbp", GBP), ("pounds", GBP),
    ("hkd", HKD), ("jpy", JPY), ("yen", JPY), ("krw", KRW), ("twd", TWD), ("nt", TWD),
    ("美元", USD), ("美金", USD), ("欧元", EUR), ("英镑", GBP), ("港币", HKD), ("港元", HKD),
    ("日元", JPY), ("日币", JPY), ("韩元", KRW), ("韩币", KRW), ("台币", TWD),
)  # fmt: skip
_LONGEST_WORD = max(len(word) for word, _ in _WORDS)
_WORD_CODES = np.array(
    [[ord(c) for c in word.ljust(_LONGEST_WORD, "\0")] for word, _ in _WORDS], dtype=np.uint32
)
_WORD_SIZES = np.array([len(word) for word, _ in _WORDS], dtype=np.int64)
_WORD_CURRENCY = np.array([currency for _, currency in _WORDS], dtype=np.int64)


@inlined
def _sign(code):
    """The currency of a sign; -1 for another code."""
    if code == 0xA5:
        return CNY
    if code == 0x24:
        return USD
    if code == 0x20AC:
        return EUR
    if code == 0xA3:
        return GBP
    return -1


@kernel
def _unit(codes: NDArray[np.uint32], flags: NDArray[np.uint8], at: int, n: int) -> tuple[int, int]:
    """(currency, length) of a unit that begins at a code; (-1, 0) for none."""
    if at >= n:
        return -1, 0
    code = codes[at]
    if code in (_YUAN, _ROUND):
        for bad in _NOT_AFTER_YUAN:
            if at + 1 < n and codes[at + 1] == bad:
                return -1, 0
        return CNY, 1
    if code == _KUAI:
        return CNY, 2 if at + 1 < n and codes[at + 1] == _QIAN else 1
    if code == _DAO:
        return USD, 1
    if _sign(code) >= 0:
        return _sign(code), 1
    for w in range(_WORD_SIZES.size):
        size = _WORD_SIZES[w]
        if at + size <= n and _WORD_CODES[w, 0] == code:
            same = True
            for k in range(1, size):
                same &= codes[at + k] == _WORD_CODES[w, k]
            latin = (flags[at] & KIND) == LATIN
            if same and not (latin and at + size < n and (flags[at + size] & KIND) == LATIN):
                return _WORD_CURRENCY[w], size
    return -1, 0


@kernel
def _figure(
    codes: NDArray[np.uint32], flags: NDArray[np.uint8], at: int, n: int
) -> tuple[float, int]:
    """(value, one past the last code) of a number in figures, with 万, 千, w and k."""
    value = 0.0
    scale = 0.0
    i = at
    while i < n:
        code = codes[i]
        if (flags[i] & KIND) == DIGIT:
            if scale:
                value += (np.int64(code) - 0x30) * scale
                scale /= 10
            else:
                value = value * 10 + (np.int64(code) - 0x30)
        elif code == 0x2E and not scale and i + 1 < n and (flags[i + 1] & KIND) == DIGIT:
            scale = 0.1
        elif code == 0x2C and not scale and _thousands(flags, i, n):
            pass
        else:
            break
        i += 1
    if i < n:
        code = codes[i]
        letter = i + 1 < n and (flags[i + 1] & KIND) == LATIN
        if code == _TEN_THOUSAND or (code == 0x77 and not letter):
            return value * 10000, i + 1
        if code == _THOUSAND or (code == 0x6B and not letter):
            return value * 1000, i + 1
    return value, i


@inlined
def _thousands(flags, i, n):
    """Whether exactly three digits follow a comma."""
    if i + 3 >= n:
        return False
    for k in range(i + 1, i + 4):
        if (flags[k] & KIND) != DIGIT:
            return False
    return i + 4 >= n or (flags[i + 4] & KIND) != DIGIT


@kernel
def _numerals(
    codes: NDArray[np.uint32], flags: NDArray[np.uint8], at: int, n: int
) -> tuple[float, int]:
    """(value, one past the last code) of a number in Chinese numerals: 一百二十, 八十九, 一三八."""
    total = 0.0
    section = 0.0
    current = 0.0
    plain = True
    i = at
    while i < n and flags[i] & NUMERAL:
        code = codes[i]
        digit = numeral(code)
        if digit >= 0:
            current = current * 10 + digit if plain and i > at else np.float64(digit)
        else:
            plain = False
            if code == _TEN_THOUSAND:
                total += (section + current) * 10000
                section = 0.0
            else:
                unit = 10.0 if code == _TEN else (100.0 if code == _HUNDRED else 1000.0)
                section += (current if current > 0 or i > at else 1.0) * unit
            current = 0.0
        i += 1
    return total + section + current, i


@kernel
def read_money(
    codes: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    places: NDArray[np.int32],
    n: int,
    hits: NDArray[np.int32],
    n_hits: int,
    money_class: NDArray[np.int32],
    covered: NDArray[np.uint8],
    row: int,
    spans: NDArray[np.void],
    count: int,
    most: int,
) -> int:
    """Write the amounts of one text as spans; returns the new count.

    ``money_class``: per pattern the money kind its word stands for, or -1.
    """
    i = 0
    while i < n and count < most:
        if not flags[i] & NUMERAL or covered[i]:
            i += 1
            continue
        digit = (flags[i] & KIND) == DIGIT
        chinese = not digit
        if digit:
            value, end = _figure(codes, flags, i, n)
        else:
            value, end = _numerals(codes, flags, i, n)
        first, last, currency, what = _judge(
            codes, flags, i, end, n, chinese, value, hits, n_hits, money_class
        )
        if what >= 0:
            if what == DISCOUNT and currency == PERCENT and last > end - 1 and codes[last] == _ZHE:
                value = 100 - value * 10 if value < 10 else 100 - value
            elif last + 1 < n and codes[last] in (_YUAN, _KUAI):
                tenth = numeral(codes[last + 1])
                if tenth > 0 and value < 1000 and _ends_amount(codes, last + 2, n):  # 九块九
                    value += tenth / 10
                    last += 1
            disguised = False
            for k in range(first, last + 1):
                disguised |= (flags[k] & DISGUISED) != 0
                covered[k] = 1
            span = spans[count]
            count = put(spans, count, row, MONEY, what, first, last, places, disguised)
            span["currency"] = currency
            span["amount"] = value
        i = max(end, last + 1)
    return count


@kernel
def _ends_amount(codes: NDArray[np.uint32], at: int, n: int) -> bool:
    """Whether the digit before belongs to an amount, not to a count (89元一盒) or a number."""
    if at >= n:
        return True
    if numeral(codes[at]) >= 0:
        return False
    if codes[at] == _PARCEL and at + 1 < n and codes[at + 1] == _POST:
        return True
    for measure in _MEASURES:  # noqa: SIM110 - numba has no any()
        if codes[at] == measure:
            return False
    return True


@kernel
def _judge(
    codes: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    begin: int,
    end: int,
    n: int,
    chinese: bool,
    value: float,
    hits: NDArray[np.int32],
    n_hits: int,
    money_class: NDArray[np.int32],
) -> tuple[int, int, int, int]:
    """First and last code, currency and money kind of the amount around a number; kind -1: none."""
    first = begin
    last = end - 1
    currency = -1
    before = begin - 1
    if before >= 0 and (flags[before] & KIND) == SPACE:
        before -= 1
    after = end
    if after < n and (flags[after] & KIND) == SPACE:
        after += 1
    if before >= 0 and not chinese:
        currency = _sign(codes[before])
        if currency >= 0:
            first = before
        else:
            for size in (3, 2):
                at = before - size + 1
                if (
                    at >= 0
                    and (flags[at] & KIND) == LATIN
                    and (at == 0 or (flags[at - 1] & KIND) != LATIN)
                ):
                    found, length = _unit(codes, flags, at, n)
                    if found >= 0 and at + length == before + 1:
                        currency = found
                        first = at
                        break
    if after < n and codes[after] == _ZHE and 0 < value < 100:
        for bad in _NOT_AFTER_ZHE:
            if after + 1 < n and codes[after + 1] == bad:
                return first, last, -1, -1
        return first, after, PERCENT, DISCOUNT
    if after < n and codes[after] == 0x25:
        off = after + 1
        if off < n and (flags[off] & KIND) == SPACE:
            off += 1
        if off + 2 < n and codes[off] == 0x6F and codes[off + 1] == 0x66:
            return first, off + 2, PERCENT, DISCOUNT
        return (
            first,
            after,
            PERCENT,
            _word_kind(begin, after, hits, n_hits, money_class, COMMISSION),
        )
    if currency < 0:
        found, length = _unit(codes, flags, after, n)
        lone = chinese and end - begin == 1
        kuai = found >= 0 and codes[after] in (_KUAI, _DAO)
        tenth = after + length < n and numeral(codes[after + length]) > 0
        if found >= 0 and not (lone and kuai and length == 1 and not tenth):
            currency = found
            last = after + length - 1
    if before >= 0 and codes[before] == _JIAN and (currency >= 0 or _follows_full(codes, before)):
        return first, last, CNY if currency < 0 else currency, DISCOUNT
    if currency < 0 and not chinese and _is_rate(codes, end, n, value):
        return first, last, CNY, PRICE
    if currency < 0:
        if chinese or not (
            _after_word(begin, hits, n_hits, money_class, PRICE)
            or _after_word(begin, hits, n_hits, money_class, COUPON)
        ):
            return first, last, -1, -1
        return first, last, CNY, PRICE
    what = PRICE
    if last + 1 < n and codes[last + 1] == _QUAN:
        return first, last + 1, currency, COUPON
    for other in (COMMISSION, COUPON):
        if _word_kind(begin, last, hits, n_hits, money_class, other) == other:
            what = other
            break
    return first, last, currency, what


@kernel
def _is_rate(codes: NDArray[np.uint32], end: int, n: int, value: float) -> bool:
    """Whether a number is a price for one of something: 300一科, 150一小时; but not a year."""
    if end + 1 >= n or codes[end] != _ONE or not 5 <= value < 100_000 or 1900 <= value < 2100:
        return False
    for measure in _RATES:  # noqa: SIM110 - numba has no any()
        if codes[end + 1] == measure:
            return True
    return False


@kernel
def _follows_full(codes: NDArray[np.uint32], at: int) -> bool:
    """Whether 满 stands a few codes before: 满39减5."""
    for k in range(max(at - 8, 0), at):  # noqa: SIM110 - numba has no any()
        if codes[k] == _MAN:
            return True
    return False


@kernel
def _after_word(
    begin: int, hits: NDArray[np.int32], n_hits: int, money_class: NDArray[np.int32], kind: int
) -> bool:
    """Whether a word of the kind ends within two codes before a number."""
    for h in range(n_hits):
        if money_class[hits[h, 2]] == kind and 0 <= begin - hits[h, 1] <= 2:
            return True
    return False


@kernel
def _word_kind(
    begin: int,
    last: int,
    hits: NDArray[np.int32],
    n_hits: int,
    money_class: NDArray[np.int32],
    kind: int,
) -> int:
    """The kind when one of its words stands close before the amount or right after it; else -1."""
    for h in range(n_hits):
        if money_class[hits[h, 2]] == kind:
            if 0 <= begin - hits[h, 1] <= 4 or 0 <= hits[h, 0] - last - 1 <= 1:
                return kind
            if hits[h, 0] < begin and hits[h, 1] > begin:
                return kind
    return -1

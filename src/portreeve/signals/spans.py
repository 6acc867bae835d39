"""Spans: the places found in texts, as the kernel writes them and as columns.

A span is one place in one text: a handle, an amount, a link, a share code, a word, or the
code of a picture. The kernel
writes fixed records and a buffer of key bytes; :mod:`portreeve.signals.places` gathers them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import kernel

CONTACT, MONEY, LINK, SHARE_CODE, WORD, GOODS, CODE = range(7)
MOST_PER_TEXT = 512
"""Places kept of one text; counters go on beyond."""
MOST_KEY_BYTES = 256

CONTACT_KINDS = ("wechat", "qq", "phone", "telegram", "whatsapp", "line", "email")
WECHAT, QQ, PHONE, TELEGRAM, WHATSAPP, LINE, EMAIL = range(7)
MONEY_KINDS = ("price", "discount", "coupon", "commission")
PRICE, DISCOUNT, COUPON, COMMISSION = range(4)
CURRENCIES = ("CNY", "USD", "EUR", "GBP", "HKD", "JPY", "KRW", "TWD", "%")
CNY, USD, EUR, GBP, HKD, JPY, KRW, TWD, PERCENT = range(9)

SPAN = np.dtype(
    [
        ("row", np.int32),
        ("start", np.int32),
        ("end", np.int32),
        ("kind", np.uint8),
        ("sub", np.uint8),
        ("currency", np.uint8),
        ("disguised", np.uint8),
        ("word", np.int32),
        ("key", np.int64),
        ("size", np.int32),
        ("amount", np.float64),
    ],
    align=True,
)
"""``start`` and ``end`` in code points of the original; ``key``, ``size``: bytes of the key;
``word``: pattern index; ``sub``: contact kind, money kind, or 0."""


@kernel
def put(
    spans: NDArray[np.void],
    count: int,
    row: int,
    kind: int,
    sub: int,
    first: int,
    last: int,
    places: NDArray[np.int32],
    disguised: bool,
) -> int:
    """Append a span over folded codes ``first`` to ``last`` (inclusive); returns the new count."""
    span = spans[count]
    span["row"] = row
    span["start"] = places[first]
    span["end"] = places[last] + 1
    span["kind"] = kind
    span["sub"] = sub
    span["currency"] = 0
    span["disguised"] = disguised
    span["word"] = -1
    span["key"] = 0
    span["size"] = 0
    span["amount"] = 0.0
    return count + 1

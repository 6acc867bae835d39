"""Run by test_bounds.py in a process of its own, with numba's bounds checks on."""

import random

import polars as pl

from portreeve.signals.text import measure

ALPHABET = [
    *"加微信薇❤vxVqQ+＋➕0123456789①②⑧一二三八九十百千万元块折券满减¥￥$€.。@#/:：- \n，,!*_",
    "wechat", "vx", "qq", "taobao.com", "http://", "只要", "佣金", "优惠券", "面膜", "\u200b",
    "\ufe0f", "🧧", "a@b.com", "中国", ".网址", "/面膜", "xn--", "127.0.0.1",
    "\U0001f1e8\U0001f1f3", "㏠", "½", "\u0301", "\u202e",
]  # fmt: skip
TEMPLATE = "加微{0}信{0} ab{0}c123{0} ¥{0}8{0}元 #{0}# @{0} t{0}.cn/{0} 一{0}三八九{0}元 8{0}折{0}"


def all_of_unicode() -> list[str]:
    points = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    return ["".join(map(chr, points[i : i + 97])) for i in range(0, len(points), 97)]


def in_every_place() -> list[str]:
    ranges = [range(0x3400), range(0x4E00, 0x5200), range(0xF900, 0x10400), range(0x1F000, 0x1FC00)]
    return [TEMPLATE.format(chr(c)) for r in ranges for c in r]


def mixtures() -> list[str]:
    rng = random.Random(7)
    texts = ["".join(rng.choices(ALPHABET, k=rng.randrange(40))) for _ in range(20_000)]
    return [*texts, "微信 " + "1" * 200, "加微信" * 2000, "￥8元" * 2000, "a.cn " * 2000, "#" * 999]


for texts in (all_of_unicode(), in_every_place(), mixtures()):
    measured = measure(pl.Series(texts))
    lengths = pl.Series(texts).str.len_chars()
    assert measured.signals["characters"].to_list() == lengths.to_list()
    spans = measured.spans
    assert (spans["start"] >= 0).all()
    assert (spans["start"] < spans["end"]).all()
    assert (spans["end"] <= lengths.gather(spans["row"])).all()
    print(len(texts), "texts", len(spans), "spans")

"""How evaders write so that machines do not read it; laid over any text alike.

They are this project's own and are not those that copies for training use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Disguise = Callable[[str, int], str]
"""A text, and which of several ways is taken; a text with nothing to disguise stays as it is."""

_SOUNDS = {
    "微信": ("薇信", "威信", "V❤", "葳信"), "加": ("➕", "茄", "家", "+"), "私聊": ("丝聊", "死聊"),
    "代理": ("带理", "袋里"), "面膜": ("面莫", "眠膜"), "下单": ("下蛋", "夏单"),
    "减肥": ("碱肥", "检肥"), "口红": ("扣红", "口虹"), "包邮": ("包游", "苞邮"),
    "奶粉": ("乃粉", "奶份"), "元": ("圆", "员"), "电话": ("店话", "电画"),
}  # fmt: skip
_PARTS = {"信": "亻言", "理": "王里", "粉": "米分", "联": "耳关", "话": "讠舌", "膜": "月莫",
          "肥": "月巴", "招": "扌召", "红": "纟工", "加": "力口", "邮": "由阝", "私": "禾厶",
          "晚": "日免", "好": "女子", "朋": "月月", "明": "日月"}  # fmt: skip
_FORMS = {
    **dict(
        zip(
            "微信代理面单减药红购联话赚钱货邮级经发实验时间页图书馆谢请",
            "微信代理面單減藥紅購聯話賺錢貨郵級經發實驗時間頁圖書館謝請",
            strict=True,
        )
    )
}
_GLYPHS = str.maketrans("aceopxyimsklbnt0158", "асеорхуіmѕkӏЬпτО1Ƽ8")
_CIRCLES = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
_FIGURES = str.maketrans("0123456789", "〇一二三四五六七八九")
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_HAN = re.compile(r"[\u3400-\u9fff]{2,}")
_EMOJI, _MARKS, _UNSEEN = "🌸💕🍑✨", "·-_/", "\u200b\u200d\u2060\ufe0f"


def _sounds(text: str, way: int) -> str:
    for word, others in _SOUNDS.items():
        text = text.replace(word, others[way % len(others)])
    return text


def _replaced(parts: dict[str, str]) -> Disguise:
    return lambda text, way: "".join(parts.get(letter, letter) for letter in text)  # noqa: ARG005


def _translated(table: dict[int, int] | dict[int, str]) -> Disguise:
    return lambda text, way: text.translate(table)  # noqa: ARG005


def _between(marks: str) -> Disguise:
    return lambda text, way: _HAN.sub(lambda run: marks[way % len(marks)].join(run.group()), text)


DISGUISES: dict[str, Disguise] = {
    "sound-alikes (薇信)": _sounds,
    "look-alike glyphs": _translated(_GLYPHS),
    "characters split into parts": _replaced(_PARTS),
    "emoji between characters": _between(_EMOJI),
    "punctuation between characters": _between(_MARKS),
    "full-width digits and letters": _translated(_WIDE),
    "circled digits": _translated(_CIRCLES),
    "traditional characters": _replaced(_FORMS),
    "Chinese-numeral digits": _translated(_FIGURES),
    "characters that are not seen": _between(_UNSEEN),
}
"""Each by the name that the table gives it."""


def disguised(name: str, texts: Sequence[str]) -> list[str]:
    """Texts under a disguise, each in another of its ways.

    >>> disguised("circled digits", ["面膜89元"])
    ['面膜⑧⑨元']
    """
    return [DISGUISES[name](text, way) for way, text in enumerate(texts)]

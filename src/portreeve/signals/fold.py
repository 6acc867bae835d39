"""The one fold table: what every code point becomes before anything looks at it.

Width and case, enclosed and mathematical letters and digits, compatibility forms, traditional to
simplified Chinese, letters of other scripts that look Latin, accents, and what cannot be seen.
The kernel reads the table; positions in the original text are kept beside the folded codes.

Source of the traditional forms: OpenCC (Apache-2.0). The look-alikes are our own list.
"""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import cached_arrays

# What a folded code is: the low four bits of a flag.
OTHER, LATIN, DIGIT, HAN, SPACE, SYMBOL, PUNCT, STOP = range(8)
KIND = 0x0F
DISGUISED = 0x10
"""Flag: the original was a form nobody types in plain writing (circled, mathematical, ...)."""

NUMERAL = 0x20
"""Flag: a digit or a Chinese numeral, tens and hundreds included."""
MARK = 0x40
"""Flag: a dot, an at sign or a currency sign; addresses and share codes are looked for there."""
CHINESE_NUMERALS = "零〇一壹幺二贰两三叁四肆五伍六陆七柒八捌九玖"
CHINESE_UNITS = "十百千万"
CURRENCY_SIGNS = "¥$€£₤₳₴¢₰₵₲"

DROP = 0
CODE = 0x1FFFFF
"""Mask of the folded code in an entry of the table; the flag stands above it."""
FLAG_SHIFT = 21
EXPANDS = 0x80000000
"""Bit of an entry whose code is an offset into the expansions."""
MAX_EXPANSION = 4
CODE_POINTS = 0x110000

# Letters of other scripts, small capitals and signs that stand for a Latin letter or a digit.
_LOOK_ALIKES = {
    "а": "a", "в": "b", "с": "c", "ԁ": "d", "е": "e", "ғ": "f", "һ": "h", "і": "i", "ј": "j",
    "к": "k", "м": "m", "н": "h", "о": "o", "р": "p", "ԛ": "q", "ѕ": "s", "т": "t", "у": "y",
    "ѵ": "v", "ԝ": "w", "х": "x", "ү": "y", "α": "a", "β": "b", "ε": "e", "ι": "i", "κ": "k",
    "ν": "v", "ο": "o", "ρ": "p", "τ": "t", "υ": "u", "χ": "x", "ω": "w", "ϲ": "c", "ϳ": "j",
    "ᴀ": "a", "ʙ": "b", "ᴄ": "c", "ᴅ": "d", "ᴇ": "e", "ꜰ": "f", "ɢ": "g", "ʜ": "h", "ɪ": "i",
    "ᴊ": "j", "ᴋ": "k", "ʟ": "l", "ᴍ": "m", "ɴ": "n", "ᴏ": "o", "ᴘ": "p", "ꞯ": "q", "ʀ": "r",
    "ꜱ": "s", "ᴛ": "t", "ᴜ": "u", "ᴠ": "v", "ᴡ": "w", "ʏ": "y", "ᴢ": "z", "ɑ": "a", "ɡ": "g",
    "ı": "i", "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "∨": "v", "⋁": "v", "√": "v", "✓": "v",
    "✔": "v", "∪": "u", "ⅴ": "v", "ⅹ": "x", "℡": "tel", "☎": "电话", "📞": "电话", "📱": "手机",
    "🐧": "qq", "🛰": "卫星", "➕": "+", "✚": "+", "✛": "+", "➒": "9",
    "🆀": "q", "🆅": "v", "🆇": "x", "🆆": "w", "Ꮃ": "w", "Ꮩ": "v", "ꓪ": "w", "ꓦ": "v",
}  # fmt: skip

# Digits that Unicode does not decompose, first code point of a run and the digit it begins with.
_DIGIT_RUNS = (
    (0x2776, 1, 9), (0x2780, 1, 9), (0x278A, 1, 9), (0x24F5, 1, 9), (0x1F10B, 0, 2),
)  # fmt: skip
_LETTER_RUNS = (0x1F150, 0x1F170)  # negative circled, negative squared capitals

_BLANKS = "\u115f\u1160\u3164\uffa0\u2800\u180e"
_INVISIBLE_MARKS = (
    (0x0300, 0x036F), (0x0483, 0x0489), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF),
    (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xE0000, 0xE0FFF), (0x1F3FB, 0x1F3FF),
)  # fmt: skip
_STOPS = set("。！？；，、,!?;…\n\u2028\u2029｡､")
_SCANNED = (
    (0, 0x3400),
    (0xA000, 0xD800),
    (0xE000, 0x1FBFA),
    (0x2F800, 0x2FA1E),
    (0xE0000, 0xE1000),
)
"""Everything outside is unchanged by the fold: ideographs, private use, and the unassigned."""


@dataclass(frozen=True)
class FoldTable:
    """The table in the form the kernel reads. A flag is a kind and the bits above.

    ``entries``: uint32[0x110000], for each code point what it becomes and the flag of that in one
    word: the folded code, 0 to drop, or with :data:`EXPANDS` an offset into ``expansions``, where
    a length and that many codes stand. ``kinds``: uint8[0x110000], the flag of a folded code.
    """

    entries: NDArray[np.uint32]
    kinds: NDArray[np.uint8]
    expansions: NDArray[np.uint32]

    def arrays(self) -> tuple[NDArray[np.uint32], NDArray[np.uint8], NDArray[np.uint32]]:
        """The arrays in the order that :func:`~portreeve.signals.kernel.fold_row` takes them."""
        return self.entries, self.kinds, self.expansions


@functools.cache
def fold_table() -> FoldTable:
    """The table, built once (about a second) and kept in the cache folder."""
    return FoldTable(**cached_arrays("fold", _build))


def _build() -> dict[str, NDArray[np.generic]]:
    to = np.arange(CODE_POINTS, dtype=np.uint32)
    kinds = _kinds()
    disguised = np.zeros(CODE_POINTS, dtype=bool)
    expansions: list[int] = []
    offsets: dict[str, int] = {}
    for code, text, hidden in _folds():
        if len(text) == 1:
            to[code] = ord(text)
        elif not text:
            to[code] = DROP
        else:
            if text not in offsets:
                offsets[text] = len(expansions)
                expansions += [len(text), *map(ord, text)]
            to[code] = EXPANDS | offsets[text]
        disguised[code] = hidden
    single = to < EXPANDS
    flags = np.where(single, kinds[np.where(single, to, 0)], 0).astype(np.uint8)
    flags[disguised] |= DISGUISED
    return {
        "entries": to | flags.astype(np.uint32) << FLAG_SHIFT,
        "kinds": kinds,
        "expansions": np.array(expansions or [0], dtype=np.uint32),
    }


def _folds() -> list[tuple[int, str, bool]]:
    """(code point, what it becomes, whether the form is a disguise) of all that change."""
    traditional = _traditional()
    look_alikes = {ord(source): target for source, target in _LOOK_ALIKES.items()}
    for first, digit, count in _DIGIT_RUNS:
        look_alikes |= {first + i: str(digit + i) for i in range(count)}
    for first in _LETTER_RUNS:
        look_alikes |= {first + i: chr(97 + i) for i in range(26)}
    found: list[tuple[int, str, bool]] = []
    for begin, end in _SCANNED:
        for code in range(begin, end):
            char = chr(code)
            folded = _fold_char(char, look_alikes, traditional)
            if folded != char:
                found.append((code, folded, _is_disguise(code, char, look_alikes)))
    found += [
        (ord(source), target, False)
        for source, target in traditional.items()
        if 0x3400 <= ord(source) < 0xA000 or ord(source) >= 0x20000
    ]
    return found


def _fold_char(char: str, look_alikes: dict[int, str], traditional: dict[str, str]) -> str:
    code = ord(char)
    if char in _BLANKS or unicodedata.category(char) in ("Cc", "Cf", "Zs", "Zl", "Zp"):
        if char in "\n\r\v\f\x85\u2028\u2029":
            return "\n"
        return " " if char == "\t" or unicodedata.category(char) == "Zs" else ""
    if any(first <= code <= last for first, last in _INVISIBLE_MARKS):
        return ""
    if code in look_alikes:
        return look_alikes[code]
    text = unicodedata.normalize("NFKC", char).lower()
    if len(text) > MAX_EXPANSION:
        return char
    if any(0xC0 <= ord(c) < 0x250 or 0x1E00 <= ord(c) < 0x1F00 for c in text):
        text = "".join(
            c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)
        )
    text = "".join(look_alikes.get(ord(c), c) for c in text)
    text = "".join(c for c in text if not any(a <= ord(c) <= b for a, b in _INVISIBLE_MARKS))
    return "".join(traditional.get(c, c) for c in text)[:MAX_EXPANSION]


def _is_disguise(code: int, char: str, look_alikes: dict[int, str]) -> bool:
    if code in look_alikes or ord(char.lower()[0]) in look_alikes:
        return True
    if 0xFF10 <= code <= 0xFF5A and unicodedata.category(char) in ("Nd", "Lu", "Ll"):
        return True
    return unicodedata.decomposition(char).startswith(
        ("<circle>", "<font>", "<square>", "<super>", "<sub>", "<compat>")
    ) and not unicodedata.category(char).startswith("Z")


def _traditional() -> dict[str, str]:
    text = resources.files("portreeve.data").joinpath("simplified.txt").read_text("utf-8")
    pairs = (pair for line in text.splitlines() if line[:1] != "#" for pair in line.split())
    return {pair[0]: pair[1] for pair in pairs}


def _kinds() -> NDArray[np.uint8]:
    kinds = np.full(CODE_POINTS, SYMBOL, dtype=np.uint8)
    for code in range(0x20000):
        category = unicodedata.category(chr(code))
        if category[0] == "L" or category in ("Nl", "No", "Mn", "Mc"):
            kinds[code] = OTHER
        elif category[0] == "P":
            kinds[code] = PUNCT
        elif category[0] == "Z":
            kinds[code] = SPACE
    kinds[0x3041:0x30FF] = HAN
    kinds[0x3400:0x4DC0] = HAN
    kinds[0x4E00:0xA000] = HAN
    kinds[0xAC00:0xD7A4] = HAN
    kinds[0xF900:0xFB00] = HAN
    kinds[0x20000:0x32000] = HAN
    kinds[[0x3005, 0x3006, 0x3007]] = HAN
    kinds[ord("a") : ord("z") + 1] = LATIN
    kinds[ord("A") : ord("Z") + 1] = LATIN
    kinds[ord("0") : ord("9") + 1] = DIGIT
    kinds[[ord(c) for c in _STOPS]] = STOP
    kinds[0] = SPACE
    kinds[[ord(c) for c in "0123456789" + CHINESE_NUMERALS + CHINESE_UNITS]] |= NUMERAL
    kinds[[ord(c) for c in ".。@" + CURRENCY_SIGNS]] |= MARK
    return kinds


def fold(text: str) -> str:
    """The folded text, as the kernel sees it, without its positions. For tests and tools.

    >>> fold("Ⓥ信１３８ 薇❤ Ａpple")
    'v信138 薇❤ apple'
    >>> fold("買口罩\\u200b，加微\\ufe0f信")
    '买口罩,加微信'
    """
    table = fold_table()
    out: list[str] = []
    for char in text:
        entry = int(table.entries[ord(char)])
        value = entry & CODE
        if entry & EXPANDS:
            length = int(table.expansions[value])
            out += [chr(c) for c in table.expansions[value + 1 : value + 1 + length]]
        elif value != DROP:
            out.append(chr(value))
    return "".join(out)

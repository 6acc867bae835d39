"""The parts of an item that are read as one text: its words, those in its pictures, spoken codes.

A code that is an address is a link beside the text, and a contact where it stands for one. Any
other, such as a phone number, is read as words, so that the kernel finds in it what it finds in a
text. What was found is then put back into the part in which it lies.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow.compute as pc
from numpy.typing import NDArray

from portreeve.signals.payloads import Payload, payload_address, read_payload

TEXT, PICTURE_TEXT, FIRST_CODE = -1, -2, -3
"""Parts by their numbers: from 0 the attached links, from -3 downwards the codes."""

_BETWEEN = "\n"


class Part(NamedTuple):
    """One part of the text of a row: which, where it begins, and one past its last character.

    ``whole``: how long the part is in the item where it is read in other words, else 0; a place in
    it is then the whole part.
    """

    row: int
    part: int
    start: int
    end: int
    whole: int = 0


class Code(NamedTuple):
    """A code of a row: which part, its text, and what that says."""

    row: int
    part: int
    text: str
    told: Payload


class Whole(NamedTuple):
    """Texts with everything that is read as words, and where each part of them lies.

    ``parts``: of the rows that have more than their own text, in order; ``codes``: every code.
    """

    texts: pl.Series
    parts: tuple[Part, ...] = ()
    codes: tuple[Code, ...] = ()

    @property
    def addresses(self) -> list[tuple[int, int, str]]:
        """Row, part and address of the codes that are links."""
        return [
            (code.row, code.part, payload_address(code.text))
            for code in self.codes
            if not code.told.words
        ]


def part_name(part: int) -> str:
    """The field of an item by the number of the part.

    >>> part_name(-1), part_name(-2), part_name(-4), part_name(2)
    ('text', 'picture_text', 'codes.1', 'links.2')
    """
    if part >= 0:
        return f"links.{part}"
    if part <= FIRST_CODE:
        return f"codes.{FIRST_CODE - part}"
    return "text" if part == TEXT else "picture_text"


def whole(
    texts: pl.Series, picture_texts: pl.Series | None = None, codes: pl.Series | None = None
) -> Whole:
    """Texts with the words of their pictures and of their codes behind them.

    ``texts``, ``picture_texts``: String; ``codes``: List(String).

    >>> pictured, codes = pl.Series(["面膜89元"]), pl.Series([["tel:13800138000"]])
    >>> whole(pl.Series(["看图"]), pictured, codes).texts[0]
    '看图\\n面膜89元\\ntel:13800138000'
    """
    seen = _rows_with(picture_texts, codes)
    if not len(seen):
        return Whole(texts)
    words = texts.to_list()
    parts: list[Part] = []
    found: list[Code] = []
    for row in seen.tolist():
        pieces = [(TEXT, words[row] or "", 0)]
        if picture_texts is not None and picture_texts[row]:
            pieces.append((PICTURE_TEXT, picture_texts[row], 0))
        for part, text in _codes(codes, row):
            told = read_payload(text)
            found.append(Code(row, part, text, told))
            if told.words:
                other = len(told.words) != len(text)
                pieces.append((part, told.words, len(text) if other else 0))
        start = 0
        for part, piece, size in pieces:
            parts.append(Part(row, part, start, start + len(piece), size))
            start += len(piece) + len(_BETWEEN)
        words[row] = _BETWEEN.join(piece for _, piece, _ in pieces)
    joined = pl.Series(texts.name, words, dtype=pl.String)
    return Whole(joined, tuple(parts), tuple(found))


def placed(records: NDArray[np.void], link: NDArray[np.int32], parts: tuple[Part, ...]) -> None:
    """Put places found in whole texts into their parts; both arrays are changed.

    A place that reaches over the end of the part in which it begins ends with it.
    """
    if not parts:
        return
    table = np.array(parts, dtype=np.int64)
    first = (table[:, 0] << 32) + table[:, 2]
    places = np.flatnonzero(np.isin(records["row"], table[:, 0]) & (link == TEXT))
    wanted = (records["row"][places].astype(np.int64) << 32) + records["start"][places]
    of = table[np.searchsorted(first, wanted, side="right") - 1]
    records["start"][places] -= of[:, 2].astype(np.int32)
    records["end"][places] = np.minimum(records["end"][places], of[:, 3]) - of[:, 2]
    other = of[:, 4] > 0
    records["start"][places[other]] = 0
    records["end"][places[other]] = of[other, 4]
    link[places] = of[:, 1]


def _rows_with(picture_texts: pl.Series | None, codes: pl.Series | None) -> NDArray[np.int64]:
    """Rows that have words in pictures, or codes."""
    chosen: NDArray[np.int64] = np.zeros(0, np.int64)
    oldest = pl.CompatLevel.oldest()
    if picture_texts is not None and picture_texts.null_count() < len(picture_texts):
        chosen = np.flatnonzero(
            pc.fill_null(pc.utf8_length(picture_texts.to_arrow(compat_level=oldest)), 0)
        )
    if codes is not None and codes.dtype != pl.Null:
        sizes = pc.list_value_length(codes.to_arrow(compat_level=oldest)).fill_null(0)
        chosen = np.union1d(chosen, np.flatnonzero(sizes))
    return chosen


def _codes(codes: pl.Series | None, row: int) -> Iterator[tuple[int, str]]:
    """The part and the words of each different code of a row."""
    if codes is None or codes.dtype == pl.Null or codes[row] is None:
        return
    seen = set()
    for place, code in enumerate(codes[row]):
        if code and code.strip() and code not in seen:
            seen.add(code)
            yield FIRST_CODE - place, code

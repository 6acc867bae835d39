"""Marking evidence inside a text."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

EXCERPT = 420
_BEFORE = 80

_KINDS = {
    "contact": "contact",
    "price": "money",
    "discount": "money",
    "coupon": "money",
    "commission": "money",
    "link": "link",
    "share": "link",
    "money": "money",
}


class Piece(NamedTuple):
    """A stretch of text. ``whats`` says what stands there; empty for text without evidence."""

    text: str
    whats: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of the first evidence, for its colour; empty for text without evidence."""
        return kind_of(self.whats[0]) if self.whats else ""


def pieces(
    text: str, evidence: Sequence[dict[str, Any]], field: str = "text", *, whole: bool = False
) -> list[Piece]:
    """A text cut at the edges of its evidence; places that overlap are named together.

    ``evidence``: ``field``, ``start``, ``end`` (code points), ``what``; only what lies in ``field``
    is marked, and a place outside the text is left out. Of a long text a stretch is shown, unless
    the ``whole`` is wanted.

    >>> pieces("a 89", [{"field": "text", "start": 2, "end": 4, "what": "price 89.0 CNY"}])
    [Piece(text='a ', whats=()), Piece(text='89', whats=('price 89.0 CNY',))]
    """
    spans = [
        (max(0, place["start"]), min(len(text), place["end"]), place["what"] or "")
        for place in evidence
        if place["field"] == field
    ]
    spans = [span for span in spans if span[0] < span[1]]
    start, end = (0, len(text)) if whole else _window(text, spans)
    edges = {start, end}
    edges.update(edge for span in spans for edge in span[:2] if start < edge < end)
    cut = sorted(edges)
    found = [_piece(text, left, right, spans) for left, right in itertools.pairwise(cut)]
    if start > 0:
        found.insert(0, Piece("… "))
    if end < len(text):
        found.append(Piece(" …"))
    return found


def _window(text: str, spans: Sequence[tuple[int, int, str]]) -> tuple[int, int]:
    """The stretch of a long text that is shown: it begins a little before the first evidence."""
    if len(text) <= EXCERPT:
        return 0, len(text)
    first = min((span[0] for span in spans), default=0)
    start = max(0, min(first - _BEFORE, len(text) - EXCERPT))
    return start, start + EXCERPT


def _piece(text: str, left: int, right: int, spans: Sequence[tuple[int, int, str]]) -> Piece:
    whats = [what for start, end, what in spans if start <= left and right <= end and what]
    return Piece(text[left:right], tuple(dict.fromkeys(whats)))


def kind_of(what: str) -> str:
    """The kind of evidence, for its colour: contact, money, link or word.

    >>> kind_of("contact wechat:abc12345"), kind_of("contact.wechat"), kind_of("sell.order")
    ('contact', 'contact', 'word')
    """
    return _KINDS.get(re.split(r"[ .]", what, maxsplit=1)[0], "word")

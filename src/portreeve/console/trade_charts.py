"""Drawings of trade: how far a deal is, and the chain from praise over order to harm.

As in :mod:`portreeve.console.charts`, colours come from classes and text is never scaled: the
chain is boxes of words, of which only the arrows between them are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

_HEIGHT = 14
_ARROW = Markup(
    '<svg class="chain-arrow" width="28" height="14" viewBox="0 0 28 14" aria-hidden="true">'
    '<line x1="0" x2="22" y1="7" y2="7"/><path d="M20 2 L27 7 L20 12"/></svg>'
)


class Link(NamedTuple):
    """One link of a chain: what it is, and facts about it, a line each."""

    title: str
    lines: Sequence[str | Markup]
    style: str = ""
    """``bad`` for harm, ``quiet`` for what has not come."""


def progress(done: int, of: int, words: str, style: str = "v-allow") -> Markup:
    """A bar that fills up to ``of``; ``words`` say the same.

    >>> "width=\\"50.00%\\"" in progress(2, 4, "2 of 4")
    True
    """
    share = 100 * min(done, of) / of if of else 0
    return Markup(
        '<svg class="progress-bar" role="img" aria-label="{}" width="100%" height="{}">'
        '<rect class="track" width="100%" height="{}" rx="4"/>'
        '<rect class="{}" width="{:.2f}%" height="{}" rx="4"/></svg>'
    ).format(words, _HEIGHT, _HEIGHT, style, share, _HEIGHT)


def chain(links: Sequence[Link], label: str) -> Markup:
    """The links in their order, an arrow between each and the next."""
    boxes = Markup("").join(
        Markup('<li class="chain-link {}">{}<div><h3>{}</h3>{}</div></li>').format(
            link.style,
            _ARROW if at else "",
            link.title,
            Markup("").join(Markup("<p>{}</p>").format(line) for line in link.lines),
        )
        for at, link in enumerate(links)
    )
    return Markup('<ol class="chain" aria-label="{}">{}</ol>').format(label, boxes)

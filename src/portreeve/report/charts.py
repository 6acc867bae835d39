"""Charts as inline SVG, coloured by the page's style sheet, so that they follow light and dark.

Text stands beside them in HTML: it stays readable on a narrow page, where an SVG's text shrinks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

_WIDTH = 1000.0


class Part(NamedTuple):
    """A part of a bar: its size, its CSS class, and the words shown when it is pointed at."""

    size: int
    style: str
    title: str


def bar(parts: Sequence[Part], whole: int) -> Markup:
    """A bar of parts side by side; ``whole`` is the size of the full width.

    >>> print(bar([Part(1, "v-hold", "hold: 1")], 4).split("><")[1])
    rect class="v-hold" x="0.0" y="0" width="250.0" height="10"
    """
    drawn = Markup("")
    x = 0.0
    for part in parts:
        width = _WIDTH * part.size / whole if whole else 0.0
        drawn += _RECT.format(part.style, round(x, 2), 0, round(width, 2), 10, part.title)
        x += width
    return _svg("bar", 10, drawn)


def columns(stacks: Sequence[Sequence[Part]]) -> Markup:
    """Columns of parts, the first part at the foot; a part with something in it can be seen."""
    highest = max((sum(part.size for part in stack) for stack in stacks), default=0)
    step = _WIDTH / max(len(stacks), 1)
    drawn = Markup("")
    for i, stack in enumerate(stacks):
        y = 100.0
        for part in stack:
            if not part.size:
                continue
            height = max(1.0, 100 * part.size / highest)
            y -= height
            drawn += _RECT.format(
                part.style, round(i * step + step * 0.06, 2), round(y, 2), round(step * 0.88, 2),
                round(height, 2), part.title,
            )  # fmt: skip
    return _svg("columns", 100, drawn)


_RECT = Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>')


def _svg(style: str, height: int, drawn: Markup) -> Markup:
    return Markup(
        '<svg class="{}" viewBox="0 0 1000 {}" preserveAspectRatio="none" role="presentation">'
        "{}</svg>"
    ).format(style, height, drawn)

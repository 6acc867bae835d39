"""What is written in a picture: lines in reading order, one text of them all, and boxes of spans.

The text goes through the same signals as a post's own; a span of it that is evidence is shown as
boxes on the picture.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from portreeve.pictures.structs import Box, Point


class Seen(NamedTuple):
    """A line as it was read, before lines are put in order."""

    text: str
    confidence: float
    box: Box
    frame: int = 0


class TextLine(msgspec.Struct, frozen=True):
    """A line: ``start`` is where it begins in the text of the whole picture.

    ``box``: its corners, from the top left of what is written on clockwise, in pixels of the
    picture as it is shown. ``frame``: which frame or page, from 0.
    """

    text: str
    start: int
    confidence: float
    box: Box
    frame: int = 0


class PictureText(msgspec.Struct, frozen=True, kw_only=True, tag="picture_text"):
    """What is written in a picture.

    ``text``: all lines, those of one row with a space between, else a line break. ``views``: how
    many frames were read; 0 where none seemed to have text. ``cut``: whether there were more lines
    than are read.
    """

    width: int
    height: int
    text: str
    lines: tuple[TextLine, ...]
    views: int
    cut: bool = False

    def boxes(self, start: int, end: int) -> list[tuple[int, Box]]:
        """The frame and the box of each part of a span of the text, a line at a time.

        A part's place in its line is reckoned from the widths of the characters.
        """
        return [
            (line.frame, part)
            for line in self.lines
            if (part := _part(line, start - line.start, end - line.start)) is not None
        ]


def joined(width: int, height: int, seen: Iterable[Seen], views: int, most: int) -> PictureText:
    """Lines put into reading order, frame by frame, and joined; the first of too many."""
    by_frame: dict[int, list[Seen]] = {}
    for line in seen:
        by_frame.setdefault(line.frame, []).append(line)
    lines: list[TextLine] = []
    text = ""
    count = 0
    for frame in sorted(by_frame):
        for row in _rows(by_frame[frame]):
            for at, line in enumerate(row):
                count += 1
                if len(lines) < most:
                    text += "" if not lines else "\n" if at == 0 else " "
                    lines.append(
                        TextLine(line.text, len(text), line.confidence, line.box, line.frame)
                    )
                    text += line.text
    return PictureText(
        width=width, height=height, text=text, lines=tuple(lines), views=views,
        cut=count > len(lines),
    )  # fmt: skip


def _rows(lines: Sequence[Seen]) -> list[list[Seen]]:
    """Rows from top to bottom, each from left to right, as the text itself lies."""
    slant = _slant(lines)
    across, down = (math.cos(slant), math.sin(slant)), (-math.sin(slant), math.cos(slant))
    placed = sorted(lines, key=lambda line: _along(_middle(line.box), down))
    rows: list[list[Seen]] = []
    for line in placed:
        if rows:
            last = rows[-1][-1]
            apart = _along(_middle(line.box), down) - _along(_middle(last.box), down)
            if apart < 0.5 * min(_height(line.box), _height(last.box)):
                rows[-1].append(line)
                continue
        rows.append([line])
    return [sorted(row, key=lambda line: _along(_middle(line.box), across)) for row in rows]


def _slant(lines: Sequence[Seen]) -> float:
    """The angle at which most of the text lies: the middle one, by length."""
    angles = sorted(
        (math.atan2(line.box[1][1] - line.box[0][1], line.box[1][0] - line.box[0][0]),
         math.dist(line.box[0], line.box[1]))
        for line in lines
    )  # fmt: skip
    half = sum(length for _, length in angles) / 2
    for angle, length in angles:
        half -= length
        if half <= 0:
            return angle
    return 0.0


def _middle(box: Box) -> tuple[float, float]:
    return sum(x for x, _ in box) / 4, sum(y for _, y in box) / 4


def _height(box: Box) -> float:
    return math.dist(box[0], box[3])


def _along(point: tuple[float, float], way: tuple[float, float]) -> float:
    return point[0] * way[0] + point[1] * way[1]


def _part(line: TextLine, start: int, end: int) -> Box | None:
    """The part of a line's box that some of its characters take."""
    start, end = max(0, start), min(len(line.text), end)
    if start >= end:
        return None
    edges = [0.0]
    for character in line.text:
        edges.append(edges[-1] + (1.0 if unicodedata.east_asian_width(character) in "WF" else 0.55))
    left, right = edges[start] / edges[-1], edges[end] / edges[-1]
    top_left, top_right, bottom_right, bottom_left = line.box
    return (
        _between(top_left, top_right, left), _between(top_left, top_right, right),
        _between(bottom_left, bottom_right, right), _between(bottom_left, bottom_right, left),
    )  # fmt: skip


def _between(a: Point, b: Point, share: float) -> Point:
    return round(a[0] + (b[0] - a[0]) * share), round(a[1] + (b[1] - a[1]) * share)

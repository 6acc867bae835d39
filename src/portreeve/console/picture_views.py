"""Pictures as their page shows them: which frames, and what is drawn above each."""

from __future__ import annotations

from dataclasses import dataclass

from portreeve.report.highlight import kind_of
from portreeve.schemas.pictures import ItemPicture, PictureBox

_MOST_FRAMES = 4
"""Of an animation or of many pages: the first, and those on which something was found."""
_LABEL = 38
"""Labels have this part of a picture's longer side."""


@dataclass(frozen=True)
class Shape:
    """A part of the picture: its corners as SVG has them, and what is there."""

    points: str
    words: str
    kind: str = ""


@dataclass(frozen=True)
class Label:
    """The number of a code, at the code's corner."""

    number: int
    x: int
    y: int


@dataclass(frozen=True)
class View:
    """One frame, and what is drawn above it."""

    frame: int
    lines: list[Shape]
    codes: list[Shape]
    marks: list[Shape]
    labels: list[Label]
    radius: int
    """Of labels, in pixels of the picture."""


def views(picture: ItemPicture) -> list[View]:
    """The frames of a picture that are worth to be shown."""
    boxes = [line.box for line in picture.lines] + [code.box for code in picture.codes]
    frames = sorted({0, *(box.frame for box in boxes)})[:_MOST_FRAMES]
    return [_view(picture, frame) for frame in frames]


def _view(picture: ItemPicture, frame: int) -> View:
    radius = max(6, max(picture.width, picture.height) // _LABEL)
    return View(
        frame=frame,
        lines=[
            Shape(_points(line.box), line.text) for line in picture.lines if line.box.frame == frame
        ],
        codes=[
            Shape(_points(code.box), code.kind) for code in picture.codes if code.box.frame == frame
        ],
        marks=[
            Shape(_points(box), place.what, kind_of(place.what))
            for place in picture.evidence
            for box in place.boxes
            if box.frame == frame
        ],
        labels=[
            _label(picture, number, code.box, radius)
            for number, code in enumerate(picture.codes, 1)
            if code.box.frame == frame
        ],
        radius=radius,
    )


def _points(box: PictureBox) -> str:
    return " ".join(map(str, box.corners))


def _label(picture: ItemPicture, number: int, box: PictureBox, radius: int) -> Label:
    """At the top left of a code, and within the picture."""
    return Label(
        number,
        _within(min(box.corners[0::2]), radius, picture.width - radius),
        _within(min(box.corners[1::2]), radius, picture.height - radius),
    )


def _within(value: int, least: int, most: int) -> int:
    return max(least, min(value, most))

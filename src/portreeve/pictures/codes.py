"""QR and bar codes in a frame. Runs in a worker only.

QR codes are looked for in a copy of moderate size first, dark on light and light on dark, which
finds most in a millisecond; then, in a larger picture, among all of its pixels, where small ones
show: with one threshold for all of it, which takes a fifteenth of the time, and where nothing has
been read by then, with a threshold of each part's own. Where one is seen and cannot be read, that
part is looked at again, larger, sharper and with another threshold. Other codes lead people to
goods rather than to a contact, and cost more to find: they are looked for in the smaller copy.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import zxingcpp
from PIL import Image, ImageFilter, ImageOps
from zxingcpp import BarcodeFormat, BarcodeFormats, Binarizer, TextMode

from portreeve.pictures.limits import Limits
from portreeve.pictures.structs import Box, Code, Point

_QR = BarcodeFormats([BarcodeFormat.QRCode])
_OTHERS = BarcodeFormats(
    [
        BarcodeFormat.Aztec, BarcodeFormat.Code128, BarcodeFormat.DataMatrix,
        BarcodeFormat.EANUPC, BarcodeFormat.PDF417,
    ]
)  # fmt: skip
_MODERATE_SIDE = 720
_MOST_PIXELS = 6_000_000
"""Larger pictures are looked at in a copy: a code of a thirtieth of it is then just readable."""
_SMALL_PIXELS = 200_000
"""Pictures of fewer are looked at twice as large too: codes in them have small modules."""
_CLOSER_SIDE = 480
_MOST_CLOSER = 4


def read(grey: Image.Image, frame: int, limits: Limits) -> list[Code]:
    """The codes of an 8-bit grey picture, each once."""
    found = qr_codes(grey, frame, limits)
    found += _moderate(grey, frame, limits).codes(_OTHERS, invert=False)
    return found[: limits.codes]


def qr_codes(grey: Image.Image, frame: int, limits: Limits) -> list[Code]:
    """The QR codes alone."""
    found: list[Code] = []
    for code in _looks(grey, frame, limits):
        if not any(code.text == other.text and _overlap(code.box, other.box) for other in found):
            found.append(code)
    return found[: limits.codes]


def _looks(grey: Image.Image, frame: int, limits: Limits) -> Iterator[Code]:
    """One way of looking after the other; the same code may come more than once."""
    size = grey.width * grey.height
    moderate = _moderate(grey, frame, limits)
    yield from moderate.codes(_QR)
    looks = [moderate]
    if moderate.scale[0] < 1.0:
        whole = _reduced(grey, math.ceil((size / _MOST_PIXELS) ** 0.5), frame, limits)
        looks.append(whole)
        one_threshold = Binarizer.GlobalHistogram
        yield from whole.codes(_QR, invert=False, downscale=False, binarizer=one_threshold)
        if not (moderate.read or whole.read):
            yield from whole.codes(_QR, invert=False, downscale=False)
    elif not moderate.seen and size <= _SMALL_PIXELS:
        looks.append(_Look(grey, _scaled(grey, 2.0), frame, limits))
        yield from looks[-1].codes(_QR)
    read_already = [box for look in looks for box in look.read]
    unread = [box for look in looks for box in look.unread]
    for box in unread[:_MOST_CLOSER]:
        if not any(_overlap(box, other) for other in read_already):
            yield from _closer(grey, box, frame, limits)


def _moderate(grey: Image.Image, frame: int, limits: Limits) -> _Look:
    """The look at a copy of moderate size, made by averaging whole squares of pixels."""
    return _reduced(grey, math.ceil(max(grey.size) / _MODERATE_SIDE), frame, limits)


def _reduced(grey: Image.Image, factor: int, frame: int, limits: Limits) -> _Look:
    return _Look(grey, grey.reduce(factor) if factor > 1 else grey, frame, limits)


def _scaled(grey: Image.Image, share: float) -> Image.Image:
    if share == 1.0:
        return grey
    size = (max(1, round(grey.width * share)), max(1, round(grey.height * share)))
    return grey.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


def _overlap(first: Box, second: Box) -> bool:
    """Whether the middle of one lies within the upright rectangle around the other."""
    x, y = (sum(values) / 4 for values in zip(*first, strict=True))
    xs, ys = zip(*second, strict=True)
    return min(xs) <= x <= max(xs) and min(ys) <= y <= max(ys)


class _Look:
    """A look at a copy of a picture, or of a part of it that begins at ``origin``."""

    def __init__(
        self,
        whole: Image.Image,
        copy: Image.Image,
        frame: int,
        limits: Limits,
        origin: Point = (0, 0),
    ) -> None:
        self._copy = copy
        self._frame = frame
        self._limits = limits
        self._origin = origin
        self.scale = (copy.width / whole.width, copy.height / whole.height)
        self.read: list[Box] = []
        self.unread: list[Box] = []

    @property
    def seen(self) -> bool:
        """Whether there was a code at all."""
        return bool(self.read or self.unread)

    def codes(
        self,
        formats: BarcodeFormats,
        *,
        invert: bool = True,
        downscale: bool = True,
        binarizer: Binarizer = Binarizer.LocalAverage,
    ) -> Iterator[Code]:
        """The codes that can be read; ``read`` and ``unread`` keep where they and others are."""
        for one in zxingcpp.read_barcodes(
            np.asarray(self._copy),
            formats=formats,
            try_invert=invert,
            try_downscale=downscale,
            binarizer=binarizer,
            text_mode=TextMode.Plain,
            return_errors=formats is _QR,
        ):
            place = one.position
            corners = (
                self._at(place.top_left), self._at(place.top_right),
                self._at(place.bottom_right), self._at(place.bottom_left),
            )  # fmt: skip
            if not one.valid:
                self.unread.append(corners)
            elif one.text:
                self.read.append(corners)
                text = one.text[: self._limits.code_characters]
                yield Code(str(one.format), text, corners, self._frame)

    def _at(self, point: zxingcpp.Point) -> Point:
        return (
            self._origin[0] + round(point.x / self.scale[0]),
            self._origin[1] + round(point.y / self.scale[1]),
        )


def _closer(grey: Image.Image, corners: Box, frame: int, limits: Limits) -> Iterator[Code]:
    """Look again where a QR code was seen and not read, until one way reads it."""
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    top, bottom = min(y for _, y in corners), max(y for _, y in corners)
    margin = max(8, (right - left + bottom - top) // 8)
    box = (
        max(0, left - margin),
        max(0, top - margin),
        min(grey.width, right + margin),
        min(grey.height, bottom + margin),
    )
    if box[2] <= box[0] or box[3] <= box[1]:
        return
    part = grey.crop(box)
    scale = min(4.0, max(1.0, _CLOSER_SIDE / max(part.size)))
    plain = ImageOps.autocontrast(part)
    for prepared, binarizer in (
        (plain, Binarizer.LocalAverage),
        (plain, Binarizer.GlobalHistogram),
        (plain.filter(ImageFilter.UnsharpMask(3, 200, 2)), Binarizer.LocalAverage),
        (plain.filter(ImageFilter.MedianFilter(3)), Binarizer.GlobalHistogram),
    ):
        look = _Look(prepared, _scaled(prepared, scale), frame, limits, box[:2])
        found = list(look.codes(_QR, binarizer=binarizer))
        if found:
            yield from found
            return

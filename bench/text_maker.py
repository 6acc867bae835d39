"""Pictures with text that the project makes itself, in layouts as people post them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bench.picture_maker import Chance
from bench.picture_texts import SELLING, SELLING_TRADITIONAL, TWINS, TWINS_TRADITIONAL

LAYOUTS = ("poster", "chat", "price list", "note", "on a photo", "small print")
_FONTS = Path("/usr/share/fonts/opentype/noto")
_SIMPLIFIED, _TRADITIONAL = 2, 3
"""Places of the Chinese faces in Noto's collections."""
_HANDLE = "abcdefghjkmnpqrstuvwxyz"


class MissingFontError(Exception):
    """Debian's fonts-noto-cjk is not installed."""


@dataclass(frozen=True)
class Written:
    """A picture, its lines as they were drawn, its handle if it has one, and who it is of."""

    image: Image.Image
    lines: tuple[str, ...]
    handle: str
    selling: bool
    traditional: bool
    layout: str


@dataclass(frozen=True)
class _Hand:
    """What writes: a face, and the size in pixels."""

    bold: bool
    serif: bool
    traditional: bool

    def font(self, size: int) -> ImageFont.FreeTypeFont:
        family = "Serif" if self.serif else "Sans"
        weight = "Bold" if self.bold else "Regular"
        return _font(f"Noto{family}CJK-{weight}.ttc", size, self.traditional)


@functools.cache
def _font(name: str, size: int, traditional: bool) -> ImageFont.FreeTypeFont:
    path = _FONTS / name
    if not path.exists():
        raise MissingFontError("install Debian's package fonts-noto-cjk")
    return ImageFont.truetype(str(path), size, index=_TRADITIONAL if traditional else _SIMPLIFIED)


def picture(number: int, *, selling: bool, width: int = 720) -> Written:
    """The picture of a number: layouts, scripts and texts take turns; chance does the rest."""
    chance = Chance(number * 2 + selling)
    traditional = number // len(LAYOUTS) % 4 == 3
    texts = (
        (SELLING_TRADITIONAL if traditional else SELLING)
        if selling
        else (TWINS_TRADITIONAL if traditional else TWINS)
    )
    handle = "".join(_HANDLE[chance.whole(0, len(_HANDLE) - 1)] for _ in range(5))
    handle += str(chance.whole(100, 9999))
    chosen = texts[(number + number // len(texts)) % len(texts)]
    lines = tuple(line.format(h=handle, p=chance.whole(19, 980)) for line in chosen)
    layout = LAYOUTS[number % len(LAYOUTS)]
    image = _DRAWN[layout](chance, lines, width, traditional)
    named = handle if any(handle in line for line in lines) else ""
    return Written(image, lines, named, selling, traditional, layout)


def _fitting(hand: _Hand, line: str, size: int, room: float) -> ImageFont.FreeTypeFont:
    """The hand at a size, smaller where the line would not fit."""
    wide = hand.font(size).getlength(line)
    return hand.font(min(size, max(8, int(size * room / max(wide, 1)))))


def _poster(chance: Chance, lines: tuple[str, ...], width: int, traditional: bool) -> Image.Image:
    """White or yellow on a strong colour, the first line large."""
    grounds = ((190, 30, 45), (20, 90, 60), (30, 60, 140), (230, 120, 30), (120, 40, 120))
    image = Image.new("RGB", (width, width * 4 // 3), grounds[chance.whole(0, len(grounds) - 1)])
    draw = ImageDraw.Draw(image)
    hand = _Hand(bold=True, serif=bool(chance.whole(0, 1)), traditional=traditional)
    top = image.height * 0.12
    for at, line in enumerate(lines):
        font = _fitting(hand, line, width // (9 if at == 0 else 14), width * 0.86)
        draw.text(
            (width / 2, top), line, font=font, anchor="ma",
            fill=(255, 240, 120) if at == 0 else (255, 255, 255),
        )  # fmt: skip
        top += font.size * 2.1
    return image


def _chat(chance: Chance, lines: tuple[str, ...], width: int, traditional: bool) -> Image.Image:
    """A screenshot of a chat: bubbles left and right."""
    image = Image.new("RGB", (width, width * 4 // 3), (237, 237, 237))
    draw = ImageDraw.Draw(image)
    hand = _Hand(bold=False, serif=False, traditional=traditional)
    draw.text((width / 2, width * 0.03), "18:24", font=hand.font(width // 30), fill=(90, 90, 90))
    top = width * 0.16
    for at, line in enumerate(lines):
        font = _fitting(hand, line, width // 24, width * 0.66)
        wide, tall = font.getlength(line), font.size
        left = width * 0.14 if at % 2 == 0 else width * 0.86 - wide
        box = (left - tall * 0.6, top - tall * 0.5, left + wide + tall * 0.6, top + tall * 1.7)
        draw.rounded_rectangle(box, 10, fill=(149, 236, 105) if at % 2 else (255, 255, 255))
        draw.text((left, top), line, font=font, fill=(20, 20, 20))
        top += tall * chance.real(3.0, 3.6)
    return image


def _list(chance: Chance, lines: tuple[str, ...], width: int, traditional: bool) -> Image.Image:
    """Rows with rules between, as of a price list or a menu."""
    paper = chance.whole(225, 255)
    image = Image.new("RGB", (width, width * 4 // 3), (paper, paper, paper - 15))
    draw = ImageDraw.Draw(image)
    hand = _Hand(bold=False, serif=True, traditional=traditional)
    top = width * 0.1
    for line in lines:
        font = _fitting(hand, line, width // 18, width * 0.84)
        draw.text((width * 0.08, top), line, font=font, fill=(60, 30, 30))
        top += font.size * 1.9
        draw.line((width * 0.06, top, width * 0.94, top), fill=(150, 140, 130), width=2)
        top += font.size * 0.7
    return image


def _note(chance: Chance, lines: tuple[str, ...], width: int, traditional: bool) -> Image.Image:
    """As by hand: each line at its own slant, on ruled paper, the page a little turned."""
    image = Image.new("RGB", (width, width * 4 // 3), (252, 249, 235))
    draw = ImageDraw.Draw(image)
    for row in range(80, image.height, width // 11):
        draw.line((0, row, width, row), fill=(200, 215, 235), width=2)
    hand = _Hand(bold=False, serif=True, traditional=traditional)
    top = width * 0.14
    for line in lines:
        font = _fitting(hand, line, width // 16, width * 0.76)
        size = font.size
        strip = Image.new("RGBA", (int(font.getlength(line)) + size, int(size * 2.2)))
        ImageDraw.Draw(strip).text((size / 2, size * 0.3), line, font=font, fill=(25, 35, 90))
        strip = strip.rotate(chance.real(-4, 4), Image.Resampling.BICUBIC, expand=True)
        image.paste(strip, (int(width * chance.real(0.04, 0.12)), int(top)), strip)
        top += strip.height * 1.15
    return image.rotate(chance.real(-7, 7), Image.Resampling.BICUBIC, fillcolor=(96, 84, 70))


def _on_photo(chance: Chance, lines: tuple[str, ...], width: int, traditional: bool) -> Image.Image:
    """White with a dark rim over a busy ground."""
    image = busy(chance, (width, width * 4 // 3))
    draw = ImageDraw.Draw(image)
    hand = _Hand(bold=True, serif=False, traditional=traditional)
    top = image.height * chance.real(0.1, 0.45)
    for line in lines:
        font = _fitting(hand, line, width // 17, width * 0.88)
        draw.text(
            (width * 0.06, top), line, font=font, fill=(255, 255, 255),
            stroke_width=max(1, font.size // 14), stroke_fill=(30, 30, 30),
        )  # fmt: skip
        top += font.size * 1.7
    return image


def _small(chance: Chance, lines: tuple[str, ...], width: int, traditional: bool) -> Image.Image:
    """A product's picture with little print below it, an eighteenth of a hand high."""
    image = busy(chance, (width, width * 4 // 3))
    draw = ImageDraw.Draw(image)
    hand = _Hand(bold=False, serif=False, traditional=traditional)
    size = width // 34
    top = image.height - size * 2.0 * (len(lines) + 0.5)
    draw.rectangle((0, top - size, width, image.height), fill=(250, 250, 250))
    for line in lines:
        draw.text((width * 0.05, top), line, font=hand.font(size), fill=(70, 70, 70))
        top += size * 2.0
    return image


def busy(chance: Chance, size: tuple[int, int]) -> Image.Image:
    """A ground as of a photograph without text: soft light, things, leaves, noise."""
    coarse = chance.random.integers(40, 220, (7, 5, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(chance.whole(20, 160)):
        x, y = chance.real(0, size[0]), chance.real(0, size[1])
        wide, tall = (size[0] * chance.real(0.01, 0.16) for _ in range(2))
        shade = tuple(chance.whole(20, 235) for _ in range(3))
        draw.ellipse((x, y, x + wide, y + tall), fill=shade)  # type: ignore[arg-type]
    noise = chance.random.normal(0, 5, (size[1], size[0], 1))
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))


_DRAWN: dict[str, Callable[[Chance, tuple[str, ...], int, bool], Image.Image]] = {
    "poster": _poster, "chat": _chat, "price list": _list, "note": _note,
    "on a photo": _on_photo, "small print": _small,
}  # fmt: skip

"""Pictures that the project makes itself: layouts with QR codes, distortions, benign twins."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import segno
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

LAYOUTS = ("poster", "chat", "collage", "card")
TWINS = ("menu", "slide", "school poster", "crossword", "checked cloth", "timetable")
_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
_SELLING = (
    "新款面膜 七天见效", "全国招代理 一件代发", "扫码加我 领优惠", "限时特价 89元一盒",
    "老顾客回购 正品保证", "Scan to order today", "长按识别二维码", "月入过万不是梦",
)  # fmt: skip
_BENIGN = (
    "今日菜单", "番茄炒蛋 18元", "红烧茄子 22元", "米饭 2元", "第三章 光合作用", "实验步骤与结果",
    "六年级一班 话剧《小红帽》", "时间：周五下午三点", "地点：学校礼堂", "欢迎家长观看",
    "Quarterly review", "Lesson 4: fractions", "Soup of the day", "数学 语文 英语 体育",
)  # fmt: skip
_PAYLOADS = (
    "https://u.wechat.com/{}", "https://weixin.qq.com/g/{}", "wxp://f2f0{}",
    "https://qr.alipay.com/fkx{}", "https://qm.qq.com/q/{}", "https://t.me/shop_{}",
    "https://wa.me/15550{:.5}", "https://shop.example.com/item?id={}", "加微信 shop_{:.8} 下单",
)  # fmt: skip
_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class Chance:
    """Seeded choices."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high."""
        return int(self.random.integers(low, high + 1))

    def real(self, low: float, high: float) -> float:
        """A number between low and high."""
        return float(self.random.uniform(low, high))

    def one(self, of: tuple[str, ...]) -> str:
        """One of some words."""
        return of[self.whole(0, len(of) - 1)]

    def payload(self) -> str:
        """What a code may say."""
        token = "".join(_LETTERS[self.whole(0, len(_LETTERS) - 1)] for _ in range(18))
        return self.one(_PAYLOADS).format(token)


@dataclass(frozen=True)
class Made:
    """A picture and what its codes say."""

    image: Image.Image
    texts: frozenset[str]

    def jpeg(self, quality: int) -> bytes:
        """The picture as a JPEG file."""
        into = io.BytesIO()
        self.image.convert("RGB").save(into, "JPEG", quality=quality)
        return into.getvalue()


@functools.cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Noto Sans CJK SC where Debian has it, else Pillow's own."""
    if _FONT.exists():
        return ImageFont.truetype(str(_FONT), size, index=2)
    return ImageFont.load_default(size)


def qr(text: str, side: int, *, logo: bool = False, light: str = "white") -> Image.Image:
    """A QR code of about so many pixels, with its quiet zone."""
    code = segno.make(text, error="h" if logo else "m", micro=False, boost_error=False)
    into = io.BytesIO()
    scale = max(1, round(side / code.symbol_size(border=3)[0]))
    code.save(into, kind="png", scale=scale, border=3, light=light)
    image = Image.open(into).convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
    if logo:
        mark = side // 5
        badge = Image.new("RGB", (mark, mark), "white")
        ImageDraw.Draw(badge).rounded_rectangle(
            (3, 3, mark - 4, mark - 4), mark // 5, fill=(7, 193, 96)
        )
        image.paste(badge, ((side - mark) // 2, (side - mark) // 2))
    return image


def _ground(chance: Chance, size: tuple[int, int]) -> Image.Image:
    """Soft shapes and colours, with noise as of a camera."""
    coarse = chance.random.integers(90, 256, (6, 5, 3), dtype=np.uint8)
    soft = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    noise = chance.random.normal(0, 6, (size[1], size[0], 1))
    return Image.fromarray((np.asarray(soft) + noise).clip(0, 255).astype(np.uint8))


def _write(
    image: Image.Image, chance: Chance, lines: tuple[str, ...], top: float, count: int
) -> None:
    draw = ImageDraw.Draw(image)
    size = image.width // 16
    for number in range(count):
        place = (image.width * chance.real(0.05, 0.25), image.height * top + number * size * 1.5)
        shade = chance.whole(0, 90)
        draw.text(place, chance.one(lines), font=_font(size), fill=(shade, 20, 40))


def layout(name: str, chance: Chance, width: int, *, logo: bool = False) -> Made:
    """A selling picture of a layout; every fourth has more than one code."""
    image = _ground(chance, (width, width * 4 // 3))
    number = chance.whole(2, 3) if chance.whole(0, 3) == 0 else 1
    texts = [chance.payload() for _ in range(number)]
    if name == "chat":
        _bubbles(image, chance)
    elif name == "collage":
        _tiles(image, chance)
    _write(image, chance, _SELLING, 0.04, 4 if name == "poster" else 2)
    share = {"poster": 0.26, "chat": 0.3, "collage": 0.2, "card": 0.34}[name]
    for at, text in enumerate(texts):
        side = int(width * share * chance.real(0.8, 1.0))
        left = int((at + 0.5) * width / number - side / 2)
        top = int(image.height * chance.real(0.45, 0.68))
        image.paste(qr(text, side, logo=logo), (left, top))
    return Made(image, frozenset(texts))


def _bubbles(image: Image.Image, chance: Chance) -> None:
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, *image.size), fill=(237, 237, 237))
    for row in range(5):
        top = int(image.height * (0.12 + row * 0.17))
        left = int(image.width * chance.real(0.12, 0.3))
        box = (left, top, left + image.width // 2, top + image.height // 12)
        draw.rounded_rectangle(box, 14, fill=(149, 236, 105) if row % 2 else (255, 255, 255))


def _tiles(image: Image.Image, chance: Chance) -> None:
    side = image.width // 3
    for row in range(4):
        for column in range(3):
            tile = _ground(chance, (side - 6, side - 6))
            ImageDraw.Draw(tile).ellipse(
                (side * 0.2, side * 0.2, side * 0.7, side * 0.8),
                fill=(chance.whole(0, 255), chance.whole(0, 255), chance.whole(0, 255)),
            )
            image.paste(tile, (column * side, row * side))


def twin(name: str, chance: Chance, width: int) -> Made:
    """A picture that looks like the others or like a code, and has none."""
    image = _ground(chance, (width, width * 4 // 3))
    if name in {"menu", "slide", "school poster"}:
        if name == "slide":
            image = _ground(chance, (width, width * 9 // 16))
        _write(image, chance, _BENIGN, 0.06, 8 if name != "slide" else 4)
    elif name == "timetable":
        _write(image, chance, _BENIGN, 0.1, 5)
        _grid(image, chance, 9, 0.0)
    else:
        _grid(image, chance, 21 if name == "crossword" else 12, 0.4)
    return Made(image, frozenset())


def _grid(image: Image.Image, chance: Chance, cells: int, filled: float) -> None:
    """A square of cells, some of them black: a crossword, or checked cloth."""
    side = int(image.width * 0.6)
    cell = side // cells
    draw = ImageDraw.Draw(image)
    left, top = image.width // 5, image.height // 3
    draw.rectangle((left, top, left + cell * cells, top + cell * cells), fill="white")
    for row in range(cells):
        for column in range(cells):
            black = (row + column) % 2 if cells == 12 else chance.real(0, 1) < filled
            box = (
                left + column * cell, top + row * cell,
                left + (column + 1) * cell, top + (row + 1) * cell,
            )  # fmt: skip
            draw.rectangle(box, fill="black" if black else "white", outline=(120, 120, 120))


def perspective(image: Image.Image, chance: Chance, most: float) -> Image.Image:
    """The picture as seen from aside: each corner moved inwards by up to a share."""
    width, height = image.size
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    moved = [
        (x + (1 if x == 0 else -1) * chance.real(0, most) * width,
         y + (1 if y == 0 else -1) * chance.real(0, most) * height)
        for x, y in corners
    ]  # fmt: skip
    rows = []
    for (x, y), (u, v) in zip(moved, corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    values = np.array([value for corner in corners for value in corner], dtype=np.float64)
    plane = np.linalg.solve(np.array(rows, dtype=np.float64), values)
    return image.transform(
        image.size, Image.Transform.PERSPECTIVE, tuple(plane), Image.Resampling.BICUBIC,
        fillcolor=(90, 90, 90),
    )  # fmt: skip


Distortion = Callable[[Made, Chance], bytes]


def _to(change: Callable[[Image.Image, Chance], Image.Image], quality: int = 80) -> Distortion:
    return lambda made, chance: Made(change(made.image, chance), made.texts).jpeg(quality)


def _quality(quality: int) -> Distortion:
    return lambda made, _: made.jpeg(quality)


def _turned(low: float, high: float) -> Distortion:
    return _to(
        lambda image, chance: image.rotate(
            chance.real(low, high), Image.Resampling.BICUBIC, expand=True, fillcolor=(90, 90, 90)
        )
    )


def _scaled(share: float) -> Distortion:
    return _to(lambda image, _: ImageOps.scale(image, share, Image.Resampling.LANCZOS))


def _blurred(share: float) -> Distortion:
    """Blurred by a share of the picture's width, as a shaking hand does."""
    return _to(lambda image, _: image.filter(ImageFilter.GaussianBlur(image.width * share)))


def _photographed(image: Image.Image, chance: Chance) -> Image.Image:
    """From aside, in uneven light, with noise, a little out of focus."""
    seen = perspective(image, chance, 0.1).rotate(
        chance.real(-8, 8), Image.Resampling.BICUBIC, fillcolor=(90, 90, 90)
    )
    light = Image.linear_gradient("L").resize(seen.size).point(lambda v: 130 + v * 125 // 255)
    seen = ImageChops.multiply(seen, light.convert("RGB"))
    noise = chance.random.normal(0, 9, (seen.height, seen.width, 1))
    noisy = Image.fromarray((np.asarray(seen) + noise).clip(0, 255).astype(np.uint8))
    return noisy.filter(ImageFilter.GaussianBlur(1.0))


def _again(made: Made, chance: Chance) -> bytes:
    """Passed on five times: scaled and recompressed at each."""
    image = made.image
    for _ in range(5):
        smaller = ImageOps.scale(image, chance.real(0.9, 0.98), Image.Resampling.BILINEAR)
        image = Image.open(io.BytesIO(Made(smaller, made.texts).jpeg(chance.whole(40, 75))))
    return Made(image, made.texts).jpeg(60)


WITH_LOGO = "with a logo"
"""Its pictures are laid out with a mark over a fifth of each code's side."""
DISTORTIONS: dict[str, Distortion] = {
    "none (JPEG 90)": _quality(90),
    "JPEG 60": _quality(60),
    "JPEG 40": _quality(40),
    "JPEG 20": _quality(20),
    "passed on five times": _again,
    "turned by up to 15°": _turned(-15, 15),
    "turned by any angle": _turned(-180, 180),
    "scaled to 1/2": _scaled(0.5),
    "scaled to 1/3": _scaled(1 / 3),
    "scaled to 1/4": _scaled(0.25),
    "from aside, up to 10 %": _to(lambda image, chance: perspective(image, chance, 0.10)),
    "from aside, up to 20 %": _to(lambda image, chance: perspective(image, chance, 0.20)),
    "blur, 0.15 % of width": _blurred(0.0015),
    "blur, 0.3 % of width": _blurred(0.003),
    "blur, 0.5 % of width": _blurred(0.005),
    "inverted": _to(lambda image, _: ImageOps.invert(image)),
    "contrast of 30 %": _to(lambda image, _: ImageEnhance.Contrast(image).enhance(0.3)),
    WITH_LOGO: _quality(80),
    "photographed": _to(_photographed),
    "mirrored": _to(lambda image, _: ImageOps.mirror(image)),
}

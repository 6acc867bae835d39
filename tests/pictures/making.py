"""Small pictures for the tests."""

import io
import struct
import zlib

import numpy as np
import segno
from PIL import Image, ImageDraw


def file(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    into = io.BytesIO()
    image.save(into, kind, **options)
    return into.getvalue()


def qr(text: str, side: int = 180, error: str = "m") -> Image.Image:
    into = io.BytesIO()
    segno.make(text, error=error, micro=False).save(into, kind="png", scale=8, border=4)
    return Image.open(into).convert("RGB").resize((side, side), Image.Resampling.LANCZOS)


def photo(seed: int = 1, width: int = 640) -> Image.Image:
    """Shapes that make a hash of good quality; another for each seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 9, 3), np.uint8)
    size = (width, width * 4 // 3)
    image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for at in range(9):
        left, top = (seed * 97 + at * 71) % width, (seed * 53 + at * 113) % width
        draw.ellipse(
            (left, top, left + 90 + 9 * seed, top + 140), fill=(at * 28, 200 - at * 20, 60)
        )
    return image


def poster(*texts: str, width: int = 640) -> Image.Image:
    image = photo(width=width)
    for at, text in enumerate(texts):
        image.paste(qr(text), (20 + at * 200, 420))
    return image


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that decodes to as many pixels as asked."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + width)) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )

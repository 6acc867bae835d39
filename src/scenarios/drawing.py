"""Pictures that people of the scenarios share: words on a ground, and codes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import segno
from PIL import Image, ImageDraw, ImageFont

FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
"""Debian's fonts-noto-cjk; Chinese cannot be drawn without it."""
_SIZE = (720, 720)
_QUALITY = 80


def lacking() -> str | None:
    """Why Chinese words cannot be drawn here; None when they can."""
    return None if FONT.exists() else "no Chinese font is installed (Debian: fonts-noto-cjk)"


def words(lines: Sequence[str], ground: str = "#f4e9d8") -> bytes:
    """A poster with a few lines, as a JPEG."""
    image = Image.new("RGB", _SIZE, ground)
    draw = ImageDraw.Draw(image)
    for at, line in enumerate(lines):
        font = ImageFont.truetype(FONT, 56 if at == 0 else 44)
        draw.text((50, 90 + at * 130), line, "#403020", font)
    return _jpeg(image)


def code(says: str) -> bytes:
    """A photo-like ground with a QR code on it, as a JPEG."""
    image = Image.linear_gradient("L").resize(_SIZE).convert("RGB")
    file = io.BytesIO()
    segno.make(says, error="m").save(file, kind="png", scale=6, border=4)
    image.paste(Image.open(file), (240, 280))
    return _jpeg(image)


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()

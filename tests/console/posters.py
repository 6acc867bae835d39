"""Pictures that people of the invented world publish, drawn when the world is made."""

from __future__ import annotations

import io

import segno
from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"


def poster(*lines: str, code: str, ground: str = "#f4e6c8", width: int = 720) -> bytes:
    """A poster with words and a QR code, as a JPEG."""
    image = Image.new("RGB", (720, 960), ground)
    draw = ImageDraw.Draw(image)
    draw.ellipse((430, -160, 900, 310), fill="#d98f5c")
    draw.rectangle((0, 860, 720, 960), fill="#3f5d57")
    font = ImageFont.truetype(FONT, 52)
    for at, line in enumerate(lines):
        draw.text((56, 250 + at * 84), line, "#2b2118", font)
    drawn = io.BytesIO()
    segno.make(code, error="m").save(drawn, kind="png", scale=7, border=3)
    square = Image.open(drawn)
    image.paste(square, (664 - square.width, 830 - square.height))
    out = io.BytesIO()
    image.resize((width, width * 4 // 3)).save(out, "JPEG", quality=82)
    return out.getvalue()

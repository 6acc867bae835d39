"""The process that copies pictures: ``python -m portreeve.pictures.copy_worker``.

It is started by :class:`portreeve.pictures.copying.Copier`, can open neither a file nor a
connection, and ends when nothing was asked of it for a minute.
"""

from __future__ import annotations

import io

from PIL import Image

from portreeve.pictures.copying import Copy, wanted
from portreeve.pictures.decoding import Frame, decode
from portreeve.pictures.limits import Limits
from portreeve.pictures.serving import serve
from portreeve.pictures.structs import Fault, FaultError

IDLE_SECONDS = 60
MOST_SIDE = 1_600
"""Pixels of the longer side of a copy."""
_QUALITY = 88


def read(message: bytes, limits: Limits) -> Copy | Fault:
    """A copy of a picture's frame."""
    number, data = wanted(message)
    try:
        frames = dict(decode(data, limits).frames)
        image = _whole(frames.get(number, frames[0]))
        image.thumbnail((MOST_SIDE, MOST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
        image.info.clear()  # a comment of the file would be written along
        out = io.BytesIO()
        image.save(out, "JPEG", quality=_QUALITY)
    except FaultError as error:
        return Fault(error.kind)
    except MemoryError:
        return Fault("out_of_memory")
    return Copy(image.width, image.height, out.getvalue())


def _whole(frame: Frame) -> Image.Image:
    """A frame as one picture: a see-through one on grey, where white and black are both seen."""
    if frame.on_black is None:
        return frame.shown
    return Image.blend(frame.shown, frame.on_black, 0.5)


if __name__ == "__main__":
    serve(read, IDLE_SECONDS)

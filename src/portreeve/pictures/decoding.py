"""From a file's bytes to frames, within limits. Runs in a worker only.

The pixels that come out have no metadata with them: EXIF is read for the orientation and goes no
further.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from portreeve.pictures.limits import Limits
from portreeve.pictures.structs import FaultError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
_ALIASES = {"MPO": "JPEG"}
"""Several JPEG pictures in one file, as telephones write them."""
_FAILURES = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError,
             OverflowError, AttributeError, RuntimeError, ArithmeticError)  # fmt: skip
"""What Pillow's decoders raise for files that are not as they should be."""
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)

Image.MAX_IMAGE_PIXELS = None  # sizes are checked here, by the limits
warnings.simplefilter("ignore")


@dataclass(frozen=True)
class Frame:
    """A frame or page, upright: ``shown`` on white; ``on_black`` too where it is see-through."""

    shown: Image.Image
    on_black: Image.Image | None


@dataclass
class Decoded:
    """The frames that were read of a file, and what the file is.

    ``frames``: each with its number; ``count``: the frames that the file says it has.
    """

    format: str
    count: int = 1
    frames: list[tuple[int, Frame]] = field(default_factory=list)
    cut_off: bool = False


def decode(data: bytes, limits: Limits) -> Decoded:
    """The frames of a picture, as many as the limits allow. Raises :class:`FaultError`.

    A file that ends early, or whose later frames are damaged, is read as far as it goes, as
    browsers show it.
    """
    if not data:
        raise FaultError("empty")
    if len(data) > limits.bytes:
        raise FaultError("too_many_bytes")
    decoded = _frames(data, limits, lenient=False)
    if not decoded.frames:
        decoded = _frames(data, limits, lenient=True)
    if not decoded.frames:
        raise FaultError("damaged")
    return decoded


def _frames(data: bytes, limits: Limits, *, lenient: bool) -> Decoded:
    ImageFile.LOAD_TRUNCATED_IMAGES = lenient
    image = _open(data)
    format_ = image.format or ""
    decoded = Decoded(_ALIASES.get(format_, format_), cut_off=lenient)
    try:
        _check_size(image, limits)
        decoded.frames.append((0, _upright(image)))
        pixels = image.width * image.height
        decoded.count = getattr(image, "n_frames", 1)
        for number in _chosen(decoded.count, limits)[1:]:
            image.seek(number)
            _check_size(image, limits)
            pixels += image.width * image.height
            if pixels > limits.pixels:
                break
            decoded.frames.append((number, _upright(image)))
    except FaultError:
        if not decoded.frames:
            raise
    except _FAILURES:
        decoded.cut_off = True
    return decoded


def _open(data: bytes) -> ImageFile.ImageFile:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise FaultError("not_a_picture") from None
    except _FAILURES:
        raise FaultError("damaged") from None


def _check_size(image: Image.Image, limits: Limits) -> None:
    """Refuse before decoding. Very long sides are refused for what reads codes: it crashes."""
    if image.width * image.height > limits.pixels or max(image.size) > limits.side:
        raise FaultError("too_many_pixels")


def _chosen(count: int, limits: Limits) -> list[int]:
    """The numbers of the frames to read, spread from the first to the last, in order.

    >>> _chosen(3, Limits()), _chosen(100, Limits(frames=4))
    ([0, 1, 2], [0, 33, 66, 99])
    """
    reached = min(count, limits.frames_passed)
    if reached <= limits.frames:
        return list(range(reached))
    steps = limits.frames - 1
    return [number * (reached - 1) // steps for number in range(steps + 1)] if steps else [0]


def _upright(image: Image.Image) -> Frame:
    turned = ImageOps.exif_transpose(image)
    if turned.mode.startswith(("I", "F")):
        return Frame(_stretched(turned), None)
    if not turned.has_transparency_data:
        return Frame(turned.convert("RGB"), None)
    clear = turned.convert("RGBA")
    low, _ = clear.getextrema()[3]  # type: ignore[misc]
    return Frame(_over(clear, _WHITE), _over(clear, _BLACK) if low < 255 else None)


def _over(clear: Image.Image, ground: tuple[int, int, int]) -> Image.Image:
    below = Image.new("RGB", clear.size, ground)
    below.paste(clear, mask=clear.getchannel("A"))
    return below


def _stretched(image: Image.Image) -> Image.Image:
    """Pixels of more than eight bits, from the darkest to the lightest."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    low, high = float(values.min()), float(values.max())
    spread = (values - low) * (255.0 / max(high - low, 1e-9))
    return Image.fromarray(spread.astype(np.uint8)).convert("RGB")

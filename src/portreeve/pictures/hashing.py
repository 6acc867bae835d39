"""PDQ hashes: one picture told from another, and the same one found again. Runs in a worker only.

PDQ is 256 bits of a picture's coarse shape. Scaling, recompression and small marks change few of
them. Hashes of blank or very plain pictures say little: their quality is low.
"""

from __future__ import annotations

import numpy as np
import pdqhash
from PIL import Image

_SIZE = (504, 512)
"""Columns and rows. At 512 columns all rows of a float picture fall upon the same few lines of the
processor's cache, and hashing takes three times as long."""


def pdq(grey: Image.Image) -> tuple[str, int]:
    """The PDQ hash of an 8-bit grey picture, in hex as ThreatExchange writes it, and its quality.

    The picture is brought to 504 by 512 first: the hash is then nearly the same for all sizes of a
    picture. Makers of PDQ differ in this; some hash all pixels, which tells sizes apart.
    """
    width, height = grey.size
    factor = (max(1, width // _SIZE[0]), max(1, height // _SIZE[1]))
    if max(factor) > 1:
        grey = grey.reduce(factor)
    return pdq_of_all(grey.resize(_SIZE, Image.Resampling.BILINEAR))


def pdq_of_all(grey: Image.Image) -> tuple[str, int]:
    """The PDQ hash of all pixels, as python-threatexchange and HMA make it."""
    values = np.asarray(grey)
    bits, quality = pdqhash.compute(np.broadcast_to(values[:, :, None], (*values.shape, 3)))
    return np.packbits(bits).tobytes().hex(), int(quality)

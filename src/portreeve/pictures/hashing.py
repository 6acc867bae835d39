"""PDQ hashes: one picture told from another, and the same one found again. Runs in a worker only.

PDQ is 256 bits of a picture's coarse shape. Scaling, recompression and small marks change few of
them. Hashes of blank or very plain pictures say little: their quality is low.
"""

from __future__ import annotations

import numpy as np
import pdqhash
from PIL import Image

_SIDE = 512


def pdq(grey: Image.Image) -> tuple[str, int]:
    """The PDQ hash of an 8-bit grey picture, in hex as ThreatExchange writes it, and its quality.

    Pictures are brought to 512 by 512 first, as PDQ's makers do in C++ and Rust: the hash is then
    nearly the same for all sizes of a picture, which a hash of all its pixels is not.
    """
    width, height = grey.size
    if max(width, height) > _SIDE:
        factor = (max(1, width // _SIDE), max(1, height // _SIDE))
        if max(factor) > 1:
            grey = grey.reduce(factor)
        grey = grey.resize((min(width, _SIDE), min(height, _SIDE)), Image.Resampling.BILINEAR)
    values = np.asarray(grey)
    bits, quality = pdqhash.compute(np.broadcast_to(values[:, :, None], (*values.shape, 3)))
    return np.packbits(bits).tobytes().hex(), int(quality)

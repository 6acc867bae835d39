"""Is there text in a picture that is worth reading? A cheap test before a costly one.

Text is short runs of strokes: dark beside light and light beside dark, many times in a little
space, with even ground between, and the same again to the right or below. Leaves and cloth have
many edges too, but seldom with even ground between. The test looks at two small copies of the
picture, so that both little and large, soft letters show.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIDE = 600
"""Pixels of the longer side of the larger copy, at most."""
_ROWS, _COLUMNS = 8, 16
"""Pixels of a tile."""
_EDGE, _EVEN = 16, 6
"""Differences of neighbouring pixels that are an edge, and that are still even ground."""
_LEAST_STROKES, _LEAST_EVEN = 8, 40
"""Of a tile's 128 pixels: edges up and as many down; even ground."""
_ACROSS, _DOWN = 3, 5
"""Tiles in a row, or one below the other, that are a line of text."""


def worth_reading(grey: Image.Image) -> bool:
    """Whether there may be text in an 8-bit grey picture."""
    larger = grey.reduce(max(1, -(-max(grey.size) // _SIDE)))
    return _has_line(np.asarray(larger)) or _has_line(np.asarray(larger.reduce(2)))


def _has_line(pixels: NDArray[np.uint8]) -> bool:
    rows, columns = pixels.shape[0] // _ROWS, (pixels.shape[1] - 1) // _COLUMNS
    if rows < 1 or columns < 1:
        return False
    kept = pixels[: rows * _ROWS, : columns * _COLUMNS + 1].astype(np.int16)
    steps = kept[:, 1:] - kept[:, :-1]
    strokes = np.minimum(_by_tile(steps > _EDGE), _by_tile(steps < -_EDGE))
    even = _by_tile(np.abs(steps) < _EVEN)
    texty = (strokes >= _LEAST_STROKES) & (even >= _LEAST_EVEN)
    return _has_run(texty.T, _ACROSS) or _has_run(texty, _DOWN)


def _by_tile(marks: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """How many pixels of each tile are marked; at most 128."""
    height, width = marks.shape
    by_row = np.add.reduce(marks.reshape(-1, _ROWS, width), axis=1, dtype=np.uint8)
    tiles: NDArray[np.uint8] = np.add.reduce(
        by_row.reshape(height // _ROWS, -1, _COLUMNS), axis=2, dtype=np.uint8
    )
    return tiles


def _has_run(tiles: NDArray[np.bool_], length: int) -> bool:
    """Whether so many tiles follow one another along the first axis."""
    if len(tiles) < length:
        return False
    run = tiles[: len(tiles) - length + 1].copy()
    for step in range(1, length):
        run &= tiles[step : step + len(run)]
    return bool(run.any())

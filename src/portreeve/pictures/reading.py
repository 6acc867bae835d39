"""Reading the text of pictures with PP-OCR models, on one thread. Runs in a worker only.

The models are those inside the wheel of rapidocr, named by their files, so that nothing is ever
fetched: where one is missing, reading fails. They read Chinese, simplified and traditional, and
English.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import rapidocr
from numpy.typing import NDArray
from PIL import Image

from portreeve.pictures import gate
from portreeve.pictures.decoding import Decoded
from portreeve.pictures.structs import Box
from portreeve.pictures.texts import PictureText, Seen, joined

PIXELS = 400_000
"""Of the copy in which lines are looked for; they are read from the picture itself."""
MOST_LINES = 200
_MOST_VIEWS = 3
"""Of an animation or of many pages: the first, one in the middle and the last."""
_LEAST_CONFIDENCE = 0.5
_SURELY_TURNED = 0.9
_LEAST_SIDE = 32
"""Pixels; sides of what the model looks at are so many, or many times so many."""
_LINE_HEIGHT = 48
"""Pixels that the model reads of a line's height."""
_MODELS = Path(rapidocr.__file__).parent / "models"
_SETTINGS = {
    "Global.log_level": "critical",
    "Global.use_preprocess_img": False,
    "Global.use_vertical_padding": False,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "Det.model_path": str(_MODELS / "PP-OCRv6_det_small.onnx"),
    "Cls.model_path": str(_MODELS / "ch_ppocr_mobile_v2.0_cls_mobile.onnx"),
    "Rec.model_path": str(_MODELS / "PP-OCRv6_rec_small.onnx"),
    # the copy that is looked at has its size already
    "Det.limit_type": "max",
    "Det.limit_side_len": 1 << 20,
}
_NO_STEPS = {"use_det": False, "use_cls": False, "use_rec": False}


class _View(NamedTuple):
    frame: int
    image: Image.Image


class Reader:
    """The models. Each is loaded when it is first asked, or all by :meth:`load`."""

    def __init__(self, pixels: int = PIXELS) -> None:
        self._pixels = pixels
        self._engine = rapidocr.RapidOCR(params=_SETTINGS)

    def load(self) -> None:
        """Load all models and use each once: from then on no file is opened."""
        blank = np.full((_LINE_HEIGHT, 4 * _LINE_HEIGHT, 3), 255, np.uint8)
        for step in _NO_STEPS:
            self._ask(blank, **{step: True})

    def read(self, decoded: Decoded, *, always: bool = False) -> PictureText:
        """What is written in the frames of a picture; ``always``: do not ask the gate."""
        views = [
            view for view in _views(decoded)
            if always or gate.worth_reading(view.image.convert("L"))
        ]  # fmt: skip
        seen: list[Seen] = []
        known: set[str] = set()
        for view in views:
            lines = list(self._lines(view, MOST_LINES + 1 - len(seen)))
            # what stays from frame to frame is told once
            seen += [line for line in lines if line.text not in known]
            known.update(line.text for line in lines)
        width, height = decoded.frames[0][1].shown.size
        return joined(width, height, seen, len(views), MOST_LINES)

    def _lines(self, view: _View, most: int) -> Iterator[Seen]:
        for place in self._places(view.image)[:most]:
            line, begins = self._upright(_cut_out(view.image, place), place)
            told = self._ask(line, use_rec=True)
            text = told.txts[0].strip() if told.txts else ""
            if text and told.scores[0] >= _LEAST_CONFIDENCE:
                yield Seen(text, round(float(told.scores[0]), 3), begins, view.frame)

    def _places(self, image: Image.Image) -> list[Box]:
        """Where lines are, each from the corner at which it begins if it is not upside down."""
        scale = min(1.0, math.sqrt(self._pixels / (image.width * image.height)))
        size = tuple(
            max(_LEAST_SIDE, round(side * scale / _LEAST_SIDE) * _LEAST_SIDE) for side in image.size
        )
        smaller = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)  # type: ignore[arg-type]
        found = self._ask(_pixels_of(smaller), use_det=True)
        if getattr(found, "boxes", None) is None:
            return []
        by = np.array([image.width / size[0], image.height / size[1]])
        return [_oriented(box) for box in np.rint(np.asarray(found.boxes) * by).astype(int)]

    def _upright(self, line: NDArray[np.uint8], place: Box) -> tuple[NDArray[np.uint8], Box]:
        """A line that stands on its head is turned, and begins at the other end."""
        label, confidence = self._ask(line, use_cls=True).cls_res[0]
        if label == "180" and confidence > _SURELY_TURNED:
            return line[::-1, ::-1], (*place[2:], *place[:2])
        return line, place

    def _ask(self, pixels: NDArray[np.uint8], **steps: bool) -> Any:
        return self._engine(pixels, **(_NO_STEPS | steps))


def _views(decoded: Decoded) -> list[_View]:
    last = len(decoded.frames) - 1
    chosen = [decoded.frames[at] for at in sorted({0, last // 2, last})]
    return [
        _View(number, image)
        for number, frame in chosen
        for image in (frame.shown, frame.on_black)
        if image is not None
    ]


def _oriented(box: NDArray[np.int_]) -> Box:
    """The corners of a line; one that stands is taken to run from the top down."""
    corners = [(int(x), int(y)) for x, y in box]
    wide, tall = math.dist(corners[0], corners[1]), math.dist(corners[0], corners[3])
    if tall >= 1.5 * wide:
        corners = [*corners[1:], corners[0]]
    return (corners[0], corners[1], corners[2], corners[3])


def _cut_out(image: Image.Image, place: Box) -> NDArray[np.uint8]:
    """A line made straight, no higher than the model reads."""
    top_left, top_right, bottom_right, bottom_left = place
    width = max(4, round(max(math.dist(top_left, top_right), math.dist(bottom_left, bottom_right))))
    height = max(
        4, round(max(math.dist(top_left, bottom_left), math.dist(top_right, bottom_right)))
    )
    corners = (*top_left, *bottom_left, *bottom_right, *top_right)
    line = image.transform((width, height), Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)
    if height > _LINE_HEIGHT:
        size = (max(4, round(width * _LINE_HEIGHT / height)), _LINE_HEIGHT)
        line = line.resize(size, Image.Resampling.BICUBIC)
    return _pixels_of(line)


def _pixels_of(image: Image.Image) -> NDArray[np.uint8]:
    """Pixels in the order that the models know: blue, green, red."""
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])

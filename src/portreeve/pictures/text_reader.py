"""The text of pictures, for whoever has their bytes: read in a process of its own.

>>> with TextReader() as reader:
...     print(reader.read(b""))
Fault(kind='empty')
"""

from __future__ import annotations

from importlib.util import find_spec

from portreeve.pictures.limits import Limits
from portreeve.pictures.pool import Job, Workers
from portreeve.pictures.texts import PictureText

TEXT_LIMITS = Limits(seconds=20.0, memory=2048 * 1024 * 1024)
"""Address space, of which the models and the decoded picture take less than half in memory."""
_NEEDED = ("PIL", "rapidocr", "onnxruntime")
_JOB = Job("portreeve.pictures.text_worker", PictureText)


def missing() -> str | None:
    """The module that reading needs and that is not installed; None when all are."""
    return next((name for name in _NEEDED if find_spec(name) is None), None)


class TextReader(Workers[PictureText]):
    """Processes that read text. One starts when it is first asked, and ends after a quiet minute.

    A picture in which a cheap test sees no text is answered at once, with no lines.
    """

    def __init__(self, limits: Limits = TEXT_LIMITS, workers: int = 1) -> None:
        super().__init__(_JOB, workers, limits)

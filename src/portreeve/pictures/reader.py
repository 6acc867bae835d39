"""The door to pictures: files go in, what is known of each comes out.

Nothing is decoded in the process that asks, and no file makes it wait longer than its limits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from types import TracebackType
from typing import Self

import msgspec

from portreeve.pictures.limits import Limits
from portreeve.pictures.payloads import LeadsTo, parse
from portreeve.pictures.pool import Pool
from portreeve.pictures.structs import FAULTS, Box, Fault, FaultKind, Picture

_NEEDED = ("PIL", "pdqhash", "zxingcpp")
_TOGETHER = 64
"""Pictures whose codes are parsed together when there is no end of them."""


class CodeRead(msgspec.Struct, frozen=True, kw_only=True):
    """A QR or bar code in a picture, and what it leads to.

    ``kind``: what it is by itself, such as ``QR Code``. ``box``: its four corners, clockwise from
    its own top left, in pixels of the picture as it is shown. ``frame``: which frame, from 0.
    """

    kind: str
    text: str
    box: Box
    frame: int
    leads_to: LeadsTo


class Pdq(msgspec.Struct, frozen=True):
    """A PDQ hash: 64 hexadecimal digits, and its quality from 0 to 100."""

    hex: str
    quality: int


class PictureRead(msgspec.Struct, frozen=True, kw_only=True, tag="picture"):
    """What is known of a picture; none of its metadata.

    ``sha256``: of the file. ``width``, ``height`` and ``pdq``: of the first frame, as it is shown.
    ``frames``: those of the file; ``frames_read``: those looked at. ``cut_off``: whether the file
    ends early or is damaged, and what is there was read.
    """

    sha256: str
    format: str
    width: int
    height: int
    frames: int
    frames_read: int
    cut_off: bool
    codes: tuple[CodeRead, ...]
    pdq: Pdq


class SetAside(msgspec.Struct, frozen=True, kw_only=True, tag="set_aside"):
    """A file that was not read: why, and what to do. ``FAULTS`` has the words in Chinese."""

    sha256: str
    kind: FaultKind
    reason: str
    remedy: str


def missing() -> str | None:
    """The module that pictures need and that is not installed; None when all are."""
    return next((name for name in _NEEDED if find_spec(name) is None), None)


def aside(kind: FaultKind, sha256: str = "") -> SetAside:
    """A file set aside for a reason."""
    told = FAULTS[kind]
    return SetAside(sha256=sha256, kind=kind, reason=told.reason, remedy=told.remedy)


class PictureReader:
    """Reads pictures in worker processes. Close it, or use it in a ``with``.

    Threads may read at the same time; they share the workers. A worker starts with the first
    picture that needs it. Without what ``portreeve[pictures]`` installs,
    :class:`ModuleNotFoundError` is raised.

    >>> with PictureReader() as reader:
    ...     print(reader.read([b"not a picture"])[0].kind)
    not_a_picture
    """

    def __init__(self, limits: Limits | None = None, workers: int = 1) -> None:
        lacking = missing()
        if lacking is not None:
            raise ModuleNotFoundError(
                f"pictures need {lacking}; install it by `pip install 'portreeve[pictures]'`",
                name=lacking,
            )
        self._pool = Pool(workers, limits)

    @property
    def limits(self) -> Limits:
        """What one picture may cost."""
        return self._pool.limits

    def read(self, pictures: Sequence[bytes]) -> list[PictureRead | SetAside]:
        """What is in each picture, in the order given."""
        return list(self.read_all(pictures))

    def read_all(self, pictures: Iterable[bytes]) -> Iterator[PictureRead | SetAside]:
        """What is in each picture of many, in order; only a few are held at a time."""
        digests: list[str] = []
        held: list[Picture | Fault] = []
        for answer in self._pool.read_all(_noted(pictures, digests)):
            held.append(answer)
            if len(held) == _TOGETHER:
                yield from _told(digests[:_TOGETHER], held)
                del digests[:_TOGETHER]
                held = []
        yield from _told(digests, held)

    def close(self) -> None:
        """End the workers, after what they are reading."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _noted(pictures: Iterable[bytes], digests: list[str]) -> Iterator[bytes]:
    for data in pictures:
        digests.append(hashlib.sha256(data).hexdigest())
        yield data


def _told(
    digests: Sequence[str], answers: Sequence[Picture | Fault]
) -> Iterator[PictureRead | SetAside]:
    """Answers of workers with what their codes lead to, all parsed at once."""
    codes = [code for one in answers if isinstance(one, Picture) for code in one.codes]
    leads = iter(parse([(code.kind, code.text) for code in codes]))
    for digest, answer in zip(digests, answers, strict=True):
        if isinstance(answer, Fault):
            yield aside(answer.kind, digest)
            continue
        yield PictureRead(
            sha256=digest,
            format=answer.format,
            width=answer.width,
            height=answer.height,
            frames=answer.frames,
            frames_read=answer.frames_read,
            cut_off=answer.cut_off,
            codes=tuple(
                CodeRead(
                    kind=code.kind,
                    text=code.text,
                    box=code.box,
                    frame=code.frame,
                    leads_to=next(leads),
                )
                for code in answer.codes
            ),
            pdq=Pdq(answer.pdq, answer.quality),
        )

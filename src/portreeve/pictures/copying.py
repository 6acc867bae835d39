"""Clean copies of pictures, for people to look at: made anew from pixels in a process of its own.

What a browser gets is never what somebody sent: a copy has no metadata, no odd format, and nothing
of the file but how it looks.
"""

from __future__ import annotations

import struct

import msgspec

from portreeve.pictures.limits import Limits
from portreeve.pictures.pool import Job, Workers
from portreeve.pictures.structs import Fault

_FRAME = struct.Struct(">I")
"""Before the file: which frame is wanted."""


class Copy(msgspec.Struct, frozen=True, tag="copy"):
    """A JPEG picture and its size in pixels."""

    width: int
    height: int
    data: bytes


_JOB = Job("portreeve.pictures.copy_worker", Copy)


class Copier(Workers[Copy]):
    """Processes that copy. One starts when it is first asked, and ends after a quiet minute.

    >>> with Copier() as copier:
    ...     print(copier.copy(b"not a picture"))
    Fault(kind='not_a_picture')
    """

    def __init__(self, limits: Limits | None = None, workers: int = 1) -> None:
        given = limits or Limits()
        room = msgspec.structs.replace(given, bytes=given.bytes + _FRAME.size)
        super().__init__(_JOB, workers, room)

    def copy(self, data: bytes, frame: int = 0) -> Copy | Fault:
        """A copy of a frame of a picture; of the first where there is no such frame."""
        return self.read(_FRAME.pack(frame) + data) if data else Fault("empty")


def wanted(message: bytes) -> tuple[int, bytes]:
    """The number of the frame, and the file, as the worker gets them."""
    return _FRAME.unpack_from(message)[0], message[_FRAME.size :]

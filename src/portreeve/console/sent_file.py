"""A file that is sent piece by piece: what does not fit into memory several times over."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import BinaryIO

from portreeve.console.desk import GUARD
from portreeve.http.call import Call, Reply, Send

_PIECE = 256 * 1024


@dataclass(slots=True)
class FileReply(Reply):
    """An answer that is a file, to be kept; it is closed when it is sent."""

    file: BinaryIO | None = None

    @classmethod
    def of(cls, file: BinaryIO, media_type: str, name: str) -> FileReply:
        """The whole of a file; ``name`` is of letters, digits and ``. - _``."""
        disposition = f'attachment; filename="{name}"'.encode("ascii")
        headers = [(b"content-disposition", disposition)]
        return cls(200, b"", media_type.encode(), headers, GUARD, file)

    async def send(self, call: Call, send: Send) -> None:
        """Send it."""
        assert self.file is not None
        with self.file as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            headers = [
                *self.guard,
                (b"x-request-id", call.id.encode()),
                (b"content-length", b"%d" % size),
                (b"content-type", self.content_type),
                *self.headers,
            ]
            await send({"type": "http.response.start", "status": self.status, "headers": headers})
            while call.method != "HEAD" and (piece := await asyncio.to_thread(file.read, _PIECE)):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

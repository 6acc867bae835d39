"""HTTP/1.1 as uvicorn speaks it, with a bound on all that is not the body, and on its time.

The parser itself would take a line, a header or a trailer of any length from anybody, and keep it
in memory before the application sees the request; and it would wait for the rest for ever.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 65_536
"""How long the first line and the headers of a request may be, and the trailers of its body."""

HEAD_SECONDS = 10.0
"""How long a request's first line and headers may take to come, counted from the connection or
from their first byte."""

WHOLE_SECONDS = 60.0
"""How long a request may take to come whole, its body too."""

_REFUSAL = b"The first line and the headers of a request may have 65536 bytes. Send less."
_LATE = b"The request did not come in time. Send it anew, and faster."


def _plain(status: bytes, words: bytes) -> bytes:
    return b"\r\n".join([
        b"HTTP/1.1 " + status,
        b"content-type: text/plain; charset=utf-8",
        b"content-length: %d" % len(words),
        b"connection: close",
        b"",
        words,
    ])  # fmt: skip


_TOO_LONG = _plain(b"431 Request Header Fields Too Large", _REFUSAL)
_TOO_SLOW = _plain(b"408 Request Timeout", _LATE)


class BoundedProtocol(HttpToolsProtocol):
    """A connection that ends when a request's head does not, or when its bytes do not come."""

    _unfinished = 0
    """Bytes since a head, a part of a body or a message was whole."""

    _awaited = True
    """Whether more must come before there is something to answer."""

    _headed = False
    """Whether the head of what is awaited is whole."""

    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody connected, and may take so long for a request."""
        super().connection_made(transport)
        self._limit = self.loop.call_later(HEAD_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """They went."""
        self._unlimit()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._unfinished += len(data)
        super().data_received(data)
        if self._unfinished > MOST_HEAD_BYTES and not self.transport.is_closing():
            self._end(_TOO_LONG)
        if not self._awaited:
            self._unlimit()
        elif self._limit is None:
            self._limit = self.loop.call_later(HEAD_SECONDS, self._look)

    def on_message_begin(self) -> None:
        """The first bytes of a request."""
        self._awaited, self._headed = True, False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._unfinished = 0
        self._headed = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._unfinished = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._unfinished = 0
        self._awaited = False
        super().on_message_complete()

    def _look(self) -> None:
        """The time for a head is over; whoever has sent one may take longer for the rest."""
        if self._headed:
            left = WHOLE_SECONDS - HEAD_SECONDS
            self._limit = self.loop.call_later(left, self._end, _TOO_SLOW)
        else:
            self._end(_TOO_SLOW)

    def _end(self, answer: bytes) -> None:
        """Close, with an answer where the request's own is not under way, nor one before it."""
        if self.transport.is_closing():
            return
        if not self._headed and (self.cycle is None or self.cycle.response_complete):
            self.transport.write(answer)
        self.transport.close()

    def _unlimit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

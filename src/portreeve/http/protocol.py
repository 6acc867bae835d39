"""HTTP/1.1 as uvicorn speaks it, with a bound on all that is not the body.

The parser itself would take a line, a header or a trailer of any length from anybody, and keep it
in memory before the application sees the request.
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 65_536
"""How long the first line and the headers of a request may be, and the trailers of its body."""

_REFUSAL = b"The first line and the headers of a request may have 65536 bytes. Send less."
_ANSWER = b"\r\n".join([
    b"HTTP/1.1 431 Request Header Fields Too Large",
    b"content-type: text/plain; charset=utf-8",
    b"content-length: %d" % len(_REFUSAL),
    b"connection: close",
    b"",
    _REFUSAL,
])  # fmt: skip


class BoundedProtocol(HttpToolsProtocol):
    """A connection that ends when a request's head does not."""

    _unfinished = 0
    """Bytes since a head, a part of a body or a message was whole."""

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._unfinished += len(data)
        super().data_received(data)
        if self._unfinished > MOST_HEAD_BYTES and not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete:
                self.transport.write(_ANSWER)
            self.transport.close()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._unfinished = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._unfinished = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._unfinished = 0
        super().on_message_complete()

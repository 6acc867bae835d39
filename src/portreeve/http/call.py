"""One request as it came, and one answer as it goes."""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from portreeve.service.errors import ServiceError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

JSON = b"application/json"
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")
_PROCESS = secrets.token_hex(6)
_NUMBERS = itertools.count()
"""A request is named by its process and its number in it: nothing secret hangs on the name."""
STRICT: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
]
"""Headers of an answer that no browser shall do anything with."""


MOST_HELD = 134_217_728
"""How many bytes of bodies are held at once, of all requests together."""

_EACH = 65_536
"""What a body may have without being counted: of so small ones there are never too many."""


class Held:
    """The bytes of the bodies that this process holds: each in a request that is not answered yet.

    >>> held = Held(most=100_000)
    >>> held.take(90_000)
    >>> held.take(20_000)
    Traceback (most recent call last):
    portreeve.service.errors.ServiceError: Too much is sent at once. Try again in a moment.
    >>> held.give(90_000)
    >>> held.take(20_000)
    """

    def __init__(self, most: int = MOST_HELD) -> None:
        self._most = most
        self._bytes = 0

    def take(self, size: int) -> None:
        """There is room for so many bytes more.

        Raises:
            ServiceError: ``unavailable``.
        """
        if self._bytes + size > self._most:
            raise ServiceError("unavailable", "Too much is sent at once. Try again in a moment.")
        self._bytes += size

    def give(self, size: int) -> None:
        """So many are held no longer."""
        self._bytes -= size


HELD = Held()


class ClientGoneError(Exception):
    """The client went away before the request was read."""


@dataclass(slots=True)
class Call:
    """A request. What is found out about it on the way is noted here, for log and metrics."""

    scope: Scope
    receive: Receive
    method: str
    headers: dict[bytes, bytes]
    id: str
    route: str = "unmatched"
    key: str | None = None
    actor: str | None = None
    code: str | None = None
    held: int = 0
    """Bytes of its body that are counted as held."""

    @classmethod
    def of(cls, scope: Scope, receive: Receive) -> Call:
        """The request of an ASGI scope; of a header that comes twice the last one counts."""
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        return cls(
            scope=scope,
            receive=receive,
            method=scope["method"],
            headers=headers,
            id=given if _REQUEST_ID.fullmatch(given) else f"req_{_PROCESS}{next(_NUMBERS):08x}",
        )

    @property
    def raw_path(self) -> str:
        """The path as it was sent, still encoded."""
        raw: bytes = self.scope.get("raw_path") or self.scope["path"].encode()
        return raw.partition(b"?")[0].decode("latin-1")

    def query(self) -> dict[str, list[str]]:
        """The query: every name with its values.

        Raises:
            ServiceError: ``bad-request``, when it is not UTF-8.
        """
        values: dict[str, list[str]] = {}
        try:
            pairs = parse_qsl(
                self.scope["query_string"].decode("ascii"), keep_blank_values=True, errors="strict"
            )
        except ValueError:
            raise ServiceError(
                "bad-request", "The query is not UTF-8, percent-encoded. Encode it so."
            ) from None
        for name, value in pairs:
            values.setdefault(name, []).append(value)
        return values

    async def body(self, limit: int) -> bytes:
        """The body, of at most so many bytes, also when it comes without its length.

        What is long counts as held until :meth:`done`.

        Raises:
            ServiceError: ``too-large``; ``unavailable``, when too much is held already.
            ClientGoneError: it does not come.
        """
        length = self.headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > limit:
            raise _too_large(limit)
        self._hold(int(length))
        message = await self.receive()
        if not message.get("more_body", False) and message["type"] == "http.request":
            body: bytes = message.get("body", b"")
            if len(body) > limit:
                raise _too_large(limit)
            return body
        parts = bytearray()
        while True:
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            parts += message.get("body", b"")
            if len(parts) > limit:
                raise _too_large(limit)
            self._hold(len(parts))
            if not message.get("more_body", False):
                return bytes(parts)
            message = await self.receive()

    def done(self) -> None:
        """It is answered: its body is held no longer."""
        HELD.give(self.held)
        self.held = 0

    def _hold(self, size: int) -> None:
        """Count a body as held, up to so many bytes."""
        if size > max(_EACH, self.held):
            HELD.take(size - self.held)
            self.held = size


@dataclass(slots=True)
class Reply:
    """An answer."""

    status: int
    body: bytes = b""
    content_type: bytes = JSON
    headers: Headers = field(default_factory=list)
    guard: Headers = field(default_factory=lambda: STRICT)
    """What a browser may do with it, and keep of it."""

    async def send(self, call: Call, send: Send) -> None:
        """Send it."""
        headers = [
            *self.guard,
            (b"x-request-id", call.id.encode()),
            (b"content-length", b"%d" % len(self.body)),
            *self.headers,
        ]
        if self.body:
            headers.append((b"content-type", self.content_type))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        body = b"" if call.method == "HEAD" else self.body
        await send({"type": "http.response.body", "body": body})


def need_json(call: Call) -> None:
    """See that a body is said to be JSON.

    Raises:
        ServiceError: ``unsupported``.
    """
    kind, _, parameters = call.headers.get(b"content-type", b"").partition(b";")
    charset = parameters.replace(b" ", b"").replace(b'"', b"").lower()
    if kind.strip().lower() != JSON or charset not in (b"", b"charset=utf-8"):
        raise ServiceError(
            "unsupported",
            "The body must be JSON in UTF-8. Send it with `Content-Type: application/json`.",
            field="Content-Type",
        )


def _too_large(limit: int) -> ServiceError:
    return ServiceError(
        "too-large",
        f"The body is longer than {limit} bytes. Send less at once, or let an administrator "
        "raise `body_limit`.",
    )

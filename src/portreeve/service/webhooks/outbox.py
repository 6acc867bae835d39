"""One message sent to one address, and what was answered."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Self

import httpcore
import httpx

from portreeve.links.network import ForbiddenAddressError, UnknownHostError
from portreeve.service.webhooks.address import guarded

TIMEOUT_SECONDS = 15.0
"""How long a receiver has to answer, connecting included."""

_MOST_ANSWER_BYTES = 65_536


@dataclass(frozen=True)
class Answered:
    """What became of an attempt: the status of an answer, or why none came."""

    status: int | None = None
    error: str | None = None
    retry_after: timedelta | None = None

    @property
    def arrived(self) -> bool:
        """Whether the receiver took the message."""
        return self.status is not None and 200 <= self.status < 300


class Outbox:
    """Sends messages over connections that are kept and checked; for one event loop."""

    def __init__(self, *, private: bool) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=None,
            max_keepalive_connections=100,
            keepalive_expiry=30.0,
            network_backend=guarded(private=private),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._pool.aclose()

    async def post(
        self, url: str, body: bytes, message: str, timestamp: int, signature: str
    ) -> Answered:
        """Send a message; what it answers is not kept, but for the status and Retry-After."""
        parsed = httpx.URL(url)
        headers = [
            ("Host", parsed.netloc.decode("ascii")),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("User-Agent", "portreeve"),
            ("webhook-id", message),
            ("webhook-timestamp", str(timestamp)),
            ("webhook-signature", signature),
        ]
        target = httpcore.URL(
            scheme=parsed.raw_scheme,
            host=parsed.raw_host,
            port=parsed.port,
            target=parsed.raw_path,
        )
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._answer(target, headers, body)
        except (TimeoutError, httpcore.TimeoutException):
            return Answered(error="timeout")
        except ForbiddenAddressError:
            return Answered(error="address")
        except UnknownHostError:
            return Answered(error="dns")
        except httpcore.ConnectError as error:
            return Answered(error="tls" if _is_tls(error) else "refused")
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            return Answered(error="protocol")

    async def _answer(
        self, target: httpcore.URL, headers: list[tuple[str, str]], body: bytes
    ) -> Answered:
        async with self._pool.stream("POST", target, headers=headers, content=body) as response:
            received = 0
            async for part in response.aiter_stream():
                received += len(part)
                if received > _MOST_ANSWER_BYTES:
                    break
            return Answered(status=response.status, retry_after=_retry_after(response))


def _retry_after(response: httpcore.Response) -> timedelta | None:
    for name, value in response.headers:
        if name.lower() == b"retry-after" and value.isdigit() and len(value) < 8:
            return timedelta(seconds=int(value))
    return None


def _is_tls(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False

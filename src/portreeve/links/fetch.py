"""One request to one checked address: what it answers, read no further than needed."""

from __future__ import annotations

import ssl
from typing import NamedTuple

import httpcore
import httpx

from portreeve.links.addresses import Address, is_public
from portreeve.links.network import (
    ForbiddenAddressError,
    GuardedNetwork,
    TooMuchError,
    UnknownHostError,
)
from portreeve.links.refresh import page_sends_on, readable, sent_on
from portreeve.links.refusals import RefusedError
from portreeve.links.web_address import WebAddress

_MOST_HEADER_BYTES = 32 * 1024
_MOST_PAGE_BYTES = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_AGENT = "portreeve (follows short links)"
_PAGES = (b"text/html", b"application/xhtml+xml")


class Answer(NamedTuple):
    """What a server answered: where it sends us on, by what means and from what base."""

    status: int
    via: str | None = None
    location: str | None = None
    base: str | None = None


class Fetcher:
    """Asks one address after the other, each over a connection of its own; for one event loop.

    Nothing is sent but the address, ``Host``, ``User-Agent``, ``Accept`` and ``Accept-Encoding``:
    no cookies, no credentials, no referrer. Proxies that the environment names are not used, as a
    proxy would resolve the name anew.
    """

    def __init__(self) -> None:
        self._tls = httpx.create_ssl_context(trust_env=False)

    async def ask(self, address: WebAddress) -> Answer:
        """What an address answers to GET.

        Raises:
            RefusedError: it was not asked, or did not answer as it should.
        """
        try:
            return await self._asked(address)
        except ForbiddenAddressError:
            raise RefusedError("address") from None
        except UnknownHostError:
            raise RefusedError("dns") from None
        except (TimeoutError, httpcore.TimeoutException):
            raise RefusedError("time") from None
        except httpcore.ConnectError as error:
            raise RefusedError("tls" if _is_tls(error) else "connection") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, TooMuchError, OSError, ValueError):
            raise RefusedError("protocol") from None

    async def _asked(self, address: WebAddress) -> Answer:
        network = GuardedNetwork(_is_public, most_bytes=_MOST_HEADER_BYTES + _MOST_PAGE_BYTES)
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=self._tls, max_keepalive_connections=0, network_backend=network
            ) as pool,
            pool.stream("GET", _url(address), headers=_headers(address)) as response,
        ):
            return await _read(response)


async def _read(response: httpcore.Response) -> Answer:
    headers = {name.lower(): value for name, value in reversed(response.headers)}
    if sum(len(name) + len(value) for name, value in response.headers) > _MOST_HEADER_BYTES:
        raise RefusedError("protocol")
    status = response.status
    location = headers.get(b"location")
    if status in _REDIRECTS and location:
        return Answer(status, "location", location.decode("utf-8", errors="replace"))
    if (sent := sent_on(_text(headers, b"refresh"))) is not None:
        return Answer(status, "refresh", sent)
    if not headers.get(b"content-type", b"").lower().startswith(_PAGES):
        return Answer(status)
    body = await _beginning(response)
    encoding = _text(headers, b"content-encoding").strip().lower()
    found = page_sends_on(readable(body, encoding, _MOST_PAGE_BYTES))
    return Answer(status) if found is None else Answer(status, "meta", *found)


async def _beginning(response: httpcore.Response) -> bytes:
    """The first bytes of a body; what comes after them is never received."""
    body = bytearray()
    try:
        async for part in response.aiter_stream():
            body += part
            if len(body) >= _MOST_PAGE_BYTES:
                break
    except TooMuchError:
        pass  # its chunks are wrapped in so much that the page was cut: what came is what counts
    return bytes(body[:_MOST_PAGE_BYTES])


def _is_public(_: str, address: Address) -> bool:
    return is_public(address)


def _url(address: WebAddress) -> httpcore.URL:
    return httpcore.URL(
        scheme=address.scheme.encode(),
        host=address.host.encode("ascii"),
        port=address.port,
        target=address.target.encode("ascii"),
    )


def _headers(address: WebAddress) -> list[tuple[str, str]]:
    host = f"[{address.host}]" if ":" in address.host else address.host
    usual = {"http": 80, "https": 443}[address.scheme]
    return [
        ("Host", host if address.port == usual else f"{host}:{address.port}"),
        ("User-Agent", _AGENT),
        ("Accept", "text/html,*/*;q=0.1"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]


def _text(headers: dict[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("utf-8", errors="replace")


def _is_tls(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False

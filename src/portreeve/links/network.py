"""Connections to checked addresses only.

A name is resolved once for every connection; every address that it has is checked, and the
connection goes to one of those, as a number. A name that changes its mind between check and
connection (DNS rebinding) gains nothing: nobody asks it again.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import typing
from collections.abc import Callable, Iterable

import httpcore

from portreeve.links.addresses import Address

Allows = Callable[[str, Address], bool]
"""Whether a host, as it is written, may lead to an address."""


class ForbiddenAddressError(Exception):
    """The name leads to an address that is not allowed."""


class UnknownHostError(Exception):
    """The name leads nowhere."""


class TooMuchError(Exception):
    """The other side sent more than anybody needs."""


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses only.

    ``most_bytes``: how much a connection may receive, headers and their encoding included; None
    leaves it to whoever reads.
    """

    def __init__(self, allows: Allows, *, most_bytes: int | None = None) -> None:
        self._allows = allows
        self._most_bytes = most_bytes
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[typing.Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first checked address that answers.

        Raises:
            ForbiddenAddressError: one of the host's addresses is not allowed.
            UnknownHostError: the name leads nowhere.
        """
        failed: Exception = UnknownHostError(host)
        for address in await self._addresses(host, port):
            try:
                stream = await self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return stream if self._most_bytes is None else _Metered(stream, self._most_bytes)
        raise failed

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002
        socket_options: Iterable[typing.Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Never: what is asked is a web address."""
        raise ForbiddenAddressError(path)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._network.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError):
            raise UnknownHostError(host) from None
        addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        if not all(self._allows(host, address) for address in addresses):
            raise ForbiddenAddressError(host)
        return [str(address) for address in dict.fromkeys(addresses)]


class _Metered(httpcore.AsyncNetworkStream):
    """A connection that ends when it has received too much."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, left: int) -> None:
        self._stream = stream
        self._left = left

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._left <= 0:
            raise TooMuchError
        data = await self._stream.read(min(max_bytes, self._left), timeout)
        self._left -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: typing.Any,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        inner = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return _Metered(inner, self._left)

    def get_extra_info(self, info: str) -> typing.Any:
        return self._stream.get_extra_info(info)

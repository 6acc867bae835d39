"""Where webhooks may go: out to the internet by https, or to this machine itself.

Whoever may add a webhook could else make the service call addresses that only the service can
reach (server-side request forgery). So an address is checked twice: as it is written, when the
webhook is made, and as it is resolved, with every connection: to the address that was checked, so
that a name which changes its mind in between gains nothing. Redirects are not followed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import typing
from collections.abc import Iterable

import httpcore
import httpx

from portreeve.service.errors import ServiceError

_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_UNICAST = ipaddress.ip_network("2000::/3")
"""All IPv6 addresses of the internet that IANA has given out."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""IPv4 addresses as networks without IPv4 write them (RFC 6052)."""


class ForbiddenAddressError(Exception):
    """The name leads to an address to which webhooks do not go."""


class UnknownHostError(Exception):
    """The name leads nowhere."""


def check_url(url: str, *, private: bool) -> str:
    """The URL in its normal form.

    ``private``: http is allowed, and addresses of inner networks.

    Raises:
        ServiceError: ``invalid``, when webhooks may not go there.
    """
    parsed = _parsed(url)
    host = parsed.raw_host.decode("ascii")
    if parsed.scheme not in {"https", "http"} or not _HOST.fullmatch(host):
        raise _wrong("`url` is not a web address. Give one that starts with https://.")
    if parsed.userinfo:
        raise _wrong("`url` holds a user name or password. Leave it out: messages are signed.")
    if parsed.fragment:
        raise _wrong("`url` has a part after #. Leave it out: it is never sent.")
    if private or _is_loopback(parsed.host):
        return str(parsed)
    if parsed.scheme == "http":
        raise _wrong(
            "`url` is http. Use https; http goes to this machine only, or set "
            "PORTREEVE_WEBHOOK_PRIVATE=true."
        )
    address = _as_address(parsed.host)
    if address is not None and not _is_public(address):
        raise _wrong(
            "`url` is an address of an inner network. Give a public one, or set "
            "PORTREEVE_WEBHOOK_PRIVATE=true."
        )
    return str(parsed)


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses only."""

    def __init__(self, *, private: bool) -> None:
        self._private = private
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
            ForbiddenAddressError: the name leads to an address that is not allowed.
            UnknownHostError: the name leads nowhere.
        """
        failed: Exception = UnknownHostError(host)
        for address in await self._addresses(host, port):
            try:
                return await self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError as error:
                failed = error
        raise failed

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002
        socket_options: Iterable[typing.Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Never: a webhook is a web address."""
        raise ForbiddenAddressError(path)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._network.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except OSError:
            raise UnknownHostError(host) from None
        addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        if not self._private:
            allowed = _is_this_machine if _is_loopback(host) else _is_public
            if not all(allowed(address) for address in addresses):
                raise ForbiddenAddressError(host)
        return [str(address) for address in dict.fromkeys(addresses)]


def _parsed(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise _wrong("`url` is not a web address. Give one that starts with https://.") from None


def _wrong(detail: str) -> ServiceError:
    return ServiceError("invalid", detail, field="url")


def _is_loopback(host: str) -> bool:
    address = _as_address(host)
    return host == "localhost" if address is None else _is_this_machine(address)


def _is_this_machine(address: _Address) -> bool:
    return address.is_loopback


def _is_public(address: _Address) -> bool:
    """Whether it is an address of the internet, also where it only wraps an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _wrapped(address)
        if inner is not None:
            return _is_public(inner)
        if address not in _UNICAST:
            return False
    return address.is_global and not address.is_multicast


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address to which packets for an IPv6 address go in the end, if they do."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _as_address(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None

"""Where webhooks may go: out to the internet by https, or to this machine itself.

Whoever may add a webhook could else make the service call addresses that only the service can
reach (server-side request forgery). So an address is checked twice: as it is written, when the
webhook is made, and as it is resolved, with every connection, by the guard that links have too
(:mod:`portreeve.links.network`). Redirects are not followed.
"""

from __future__ import annotations

import re

import httpx

from portreeve.links.addresses import Address, as_address, is_public, is_this_machine
from portreeve.links.network import GuardedNetwork
from portreeve.service.errors import ServiceError

_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|[0-9A-Fa-f:.]{2,45}")

_LAST_PORT = 65_535


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
    if parsed.port is not None and not 1 <= parsed.port <= _LAST_PORT:
        raise _wrong(f"`url` has the port {parsed.port}. Give one from 1 to {_LAST_PORT}.")
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
    address = as_address(parsed.host)
    if address is not None and not is_public(address):
        raise _wrong(
            "`url` is an address of an inner network. Give a public one, or set "
            "PORTREEVE_WEBHOOK_PRIVATE=true."
        )
    return str(parsed)


def guarded(*, private: bool) -> GuardedNetwork:
    """The network as webhooks may use it. ``private``: inner networks too."""

    def allows(host: str, address: Address) -> bool:
        return private or (is_this_machine if _is_loopback(host) else is_public)(address)

    return GuardedNetwork(allows)


def _parsed(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise _wrong("`url` is not a web address. Give one that starts with https://.") from None


def _wrong(detail: str) -> ServiceError:
    return ServiceError("invalid", detail, field="url")


def _is_loopback(host: str) -> bool:
    address = as_address(host)
    return host == "localhost" if address is None else is_this_machine(address)

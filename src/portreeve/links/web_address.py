"""Web addresses as browsers read them, and which of them may be asked at all.

The URL standard (WHATWG) is what makes a browser see 127.0.0.1 in ``http://0x7f.1``, in
``http://2130706433`` and in ``http://①②⑦.0.0.1``; a reader of its own would see names there.
"""

from __future__ import annotations

from typing import NamedTuple

import ada_url

from portreeve.links.addresses import Address, as_address, is_public
from portreeve.links.refusals import RefusedError

LONGEST = 4_096
PORTS = frozenset({80, 443, 8080, 8443})
_DEFAULT_PORT = {"http:": 80, "https:": 443}
_INNER_NAMES = frozenset(
    {"localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "onion",
     "test", "invalid", "localdomain", "arpa"}
)  # fmt: skip
"""Last labels of names that no public server answers for, or that mean an inner network."""


class WebAddress(NamedTuple):
    """An address in its normal form, without what stands after #."""

    url: str
    scheme: str
    host: str
    """A name in its ASCII form, or an IP address without brackets."""
    port: int
    target: str
    """Path and query, as they are sent."""


def web_address(text: str, base: str | None = None) -> WebAddress:
    """The address that a browser would ask.

    ``base``: the page where it was found, for relative ones.

    >>> web_address("HTTP://0x7F.1/a/../b?c#d", "https://example.com").url
    Traceback (most recent call last):
    portreeve.links.refusals.RefusedError: The host leads to an address that ... internet.
    >>> web_address("//例子.中国/a b", "https://example.com/x").url
    'https://xn--fsqu00a.xn--fiqs8s/a%20b'

    Raises:
        RefusedError: it is none, or may not be asked.
    """
    if len(text) > LONGEST:
        raise RefusedError("length")
    parsed = _parsed(text, base)
    if parsed.protocol not in _DEFAULT_PORT:
        raise RefusedError("scheme")
    if len(parsed.href) > LONGEST:
        raise RefusedError("length")
    if parsed.username or parsed.password:
        raise RefusedError("userinfo")
    port = int(parsed.port) if parsed.port else _DEFAULT_PORT[parsed.protocol]
    if port not in PORTS:
        raise RefusedError("port")
    host = parsed.hostname.removeprefix("[").removesuffix("]")
    _check_host(host, as_address(host))
    parsed.hash = ""
    return WebAddress(
        parsed.href, parsed.protocol[:-1], host, port, parsed.pathname + parsed.search
    )


def normal_form(text: str, base: str | None = None) -> str | None:
    """An address as a browser writes it, whether it may be asked or not; None for no address.

    >>> normal_form("http://Example.COM:80/a/./b"), normal_form("http://a b")
    ('http://example.com/a/b', None)
    """
    try:
        return str(ada_url.URL(text, base).href)
    except ValueError:
        return None


def _parsed(text: str, base: str | None) -> ada_url.URL:
    try:
        return ada_url.URL(text, base)
    except ValueError:
        raise RefusedError("url") from None


def _check_host(host: str, address: Address | None) -> None:
    if address is not None:
        if not is_public(address):
            raise RefusedError("address")
        return
    labels = host.rstrip(".").split(".")
    if len(labels) == 1 or labels[-1] in _INNER_NAMES:
        raise RefusedError("name")

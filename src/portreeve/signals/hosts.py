"""Hosts of links: their registrable domain, and what kind of place they are."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from portreeve.signals.goods_table import load_table

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_HOST = re.compile(r"^(?:[^/@?#]*@)?([^/:?#\s]+)")
_NUMERIC = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*:)(?:[^0-9]|$)")


class Target(NamedTuple):
    """Where a link leads: its host, the class of the place, the domain somebody registered."""

    host: str | None
    host_class: str | None
    registrable: str | None


@functools.lru_cache(maxsize=65_536)
def target(address: str) -> Target:
    """Where an address without its http:// leads.

    The table may know the scheme of a link (weixin:), the host with a path, or the host; words in
    the address, such as those of a bargain, outweigh it.

    >>> target("detail.m.tmall.com/item?id=1")
    Target(host='detail.m.tmall.com', host_class='marketplace', registrable='tmall.com')
    """
    host = _first(_HOST, address)
    entry = _first(_SCHEME, address) or _first(_paths(), address) or host
    kind = registrable = None
    if entry is not None:
        kind = host_class(entry)
        if not entry.endswith(":"):
            registrable = registrable_domain(entry.split("/", maxsplit=1)[0])
    for told, words in _address_words().items():
        if words.search(address):
            kind = told
    return Target(host, kind, registrable)


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[1] if found else None


@functools.lru_cache(maxsize=65_536)
def host_class(entry: str) -> str | None:
    """The class of a host: its own, or that of the nearest parent in the table; else NULL.

    An entry of the table may have a path, may be a scheme (``weixin:``), and may end with ``.*``,
    which stands for a name under any public suffix.

    >>> host_class("detail.m.tmall.com")
    'marketplace'
    >>> host_class("www.amazon.co.jp")
    'marketplace'
    >>> host_class("weixin:")
    'im'
    >>> host_class("example.org") is None
    True
    """
    table = _host_table()
    if entry in table:
        return table[entry]
    host = entry.split("/", maxsplit=1)[0].rstrip(".")
    labels = host.split(".")
    for i in range(len(labels) - 1):
        known = table.get(".".join(labels[i:]))
        if known is not None:
            return known
    registered = registrable_domain(host)
    return table.get(f"{registered.split('.')[0]}.*") if registered else None


@functools.lru_cache(maxsize=65_536)
def registrable_domain(host: str | None) -> str | None:
    """The part of a host that somebody registered, by the public suffix list; NULL for none.

    A numeric address has no such part and counts whole.

    >>> registrable_domain("shop.example.co.uk"), registrable_domain("203.0.113.5")
    ('example.co.uk', '203.0.113.5')
    """
    if not host:
        return None
    if _NUMERIC.fullmatch(host):
        return host
    return _suffixes().privatesuffix(host.rstrip("."))


@functools.cache
def _host_table() -> Mapping[str, str]:
    table = load_table("hosts.yaml")
    schemes = {f"{scheme}:": kind for scheme, kind in table["schemes"].items()}
    return {**table["hosts"], **schemes}


@functools.cache
def _paths() -> re.Pattern[str]:
    """Captures, from an address, an entry of the table with a path."""
    return re.compile(f"^({'|'.join(re.escape(entry) for entry in _host_table() if '/' in entry)})")


@functools.cache
def _address_words() -> Mapping[str, re.Pattern[str]]:
    """Class of place -> the words in an address that tell it."""
    edge = r"[/?&=._#:-]"
    return {
        kind: re.compile(rf"(?:^|{edge})(?:{'|'.join(map(re.escape, words))})(?:{edge}|$)")
        for kind, words in load_table("hosts.yaml")["address_words"].items()
    }


@functools.cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()

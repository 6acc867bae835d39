"""Hosts of links: their registrable domain, and what kind of place they are."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING

from portreeve.signals.goods_table import load_table

if TYPE_CHECKING:
    import polars as pl
    from publicsuffixlist import PublicSuffixList


def classify(addresses: pl.DataFrame) -> pl.DataFrame:
    """Add ``host_class`` and ``registrable`` to unique addresses.

    ``addresses``: columns ``host`` and ``key`` (the address from its host on), both String. The
    class is NULL for a host the table does not know.
    """
    import polars as pl

    pairs = addresses.select("host", "key").iter_rows()
    found = [host_class(host, _beginning(key)) for host, key in pairs]
    domains = [registrable_domain(host) for host in addresses["host"]]
    return addresses.with_columns(
        host_class=pl.Series(found, dtype=pl.String),
        registrable=pl.Series(domains, dtype=pl.String),
    )


def _beginning(address: str) -> str:
    """As much of an address as an entry may name, so that look-ups repeat."""
    return "/".join(address.split("?", 1)[0].split("/", 3)[:3])


@functools.lru_cache(maxsize=65_536)
def host_class(host: str | None, address: str | None = None) -> str | None:
    """The class of a host: its own, or that of the nearest parent in the table; else NULL.

    An entry with a path stands for addresses that begin with it, one that ends with a colon for
    addresses of that scheme, and one that ends with ``.*`` for a name under any public suffix.

    >>> host_class("detail.m.tmall.com")
    'marketplace'
    >>> host_class("www.amazon.co.jp")
    'marketplace'
    >>> host_class("example.org") is None
    True
    """
    if host is None:
        return None
    table = _host_table()
    if address is not None:
        for entry in _beginnings():
            if address.removeprefix("www.").startswith(entry):
                return table[entry]
    labels = host.rstrip(".").split(".")
    for i in range(len(labels) - 1):
        known = table.get(".".join(labels[i:]))
        if known is not None:
            return known
    registered = registrable_domain(host)
    return table.get(f"{registered.split('.')[0]}.*") if registered else None


@functools.lru_cache(maxsize=65_536)
def registrable_domain(host: str | None) -> str | None:
    """The part of a host that somebody registered, by the public suffix list; NULL for none.

    >>> registrable_domain("shop.example.co.uk")
    'example.co.uk'
    """
    if not host:
        return None
    return _suffixes().privatesuffix(host.rstrip("."))  # type: ignore[no-any-return]


@functools.cache
def _host_table() -> Mapping[str, str]:
    return dict(load_table("hosts.yaml")["hosts"])


@functools.cache
def _beginnings() -> tuple[str, ...]:
    """Entries that an address is compared with from its start: paths and schemes."""
    return tuple(entry for entry in _host_table() if "/" in entry or entry.endswith(":"))


@functools.cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()

"""Hosts of links: their registrable domain, and what kind of place they are."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from portreeve.signals.goods_table import load_table

if TYPE_CHECKING:
    import polars as pl
    from publicsuffixlist import PublicSuffixList


def classify(entries: pl.Series) -> pl.DataFrame:
    """Class and registrable domain of unique entries: hosts, hosts with a path, or schemes.

    Returns columns ``entry``, ``host_class`` (NULL for one the table does not know) and
    ``registrable``.
    """
    import polars as pl

    return pl.DataFrame(
        {
            "entry": entries.alias("entry"),
            "host_class": pl.Series([host_class(e) for e in entries], dtype=pl.String),
            "registrable": pl.Series(
                [None if e.endswith(":") else registrable_domain(e.split("/")[0]) for e in entries],
                dtype=pl.String,
            ),
        }
    )


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

    >>> registrable_domain("shop.example.co.uk")
    'example.co.uk'
    """
    if not host:
        return None
    return _suffixes().privatesuffix(host.rstrip("."))


@functools.cache
def _host_table() -> Mapping[str, str]:
    table = load_table("hosts.yaml")
    schemes = {f"{scheme}:": kind for scheme, kind in table["schemes"].items()}
    return {**table["hosts"], **schemes}


@functools.cache
def path_pattern() -> str:
    """A regular expression that captures, from an address, an entry of the table with a path."""
    return f"^({'|'.join(re.escape(entry) for entry in _host_table() if '/' in entry)})"


@functools.cache
def address_words() -> Mapping[str, str]:
    """Class of place -> a regular expression of the words in an address that tell it."""
    edge = r"[/?&=._#:-]"
    return {
        kind: f"{edge}(?:{'|'.join(re.escape(word) for word in words)})(?:{edge}|$)"
        for kind, words in load_table("hosts.yaml")["address_words"].items()
    }


@functools.cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()

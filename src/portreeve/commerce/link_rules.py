"""Where a link leads that hides it: a bounded walk, through a port that knows the next step.

Nothing here asks the network. A host that has resolved a link gives the chain it found; another may
give a resolver of its own.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from portreeve.commerce.rulebook import Head, Limit, Reader, Table, limits, read_rules, required
from portreeve.policy import Words
from portreeve.policy.source import Map, Node
from portreeve.signals.goods_table import load_table
from portreeve.signals.hosts import target

LinkRefusal = Literal["hops", "hidden", "circle"]
_REFUSALS: dict[LinkRefusal, bool] = {"hops": True, "hidden": False, "circle": False}


@dataclass(frozen=True)
class OneToOne:
    """What holds for links in a chat between two people."""

    clause: str
    because: Words
    shown_first: tuple[str, ...]
    """Classes of which the client shows where they lead before it opens them."""


@dataclass(frozen=True)
class LinkRules:
    """The rules of opening links."""

    head: Head
    hiding: frozenset[str]
    refusals: dict[str, Limit]
    one_to_one: OneToOne


class Resolver(Protocol):
    """The port: whoever knows where a link is passed on to."""

    def next(self, address: str) -> str | None:
        """The address that this one is passed on to; None when it is not, or nobody knows."""


class GivenChain:
    """The port answered by the chain that a host has found: no network is asked.

    >>> chain = GivenChain("http://t.cn/abc1234", ["https://item.taobao.com/item.htm?id=1"])
    >>> chain.next("t.cn/abc1234")
    'item.taobao.com/item.htm?id=1'
    """

    def __init__(self, first: str, chain: Sequence[str]) -> None:
        listed = [bare(address) for address in (first, *chain)]
        self._next: dict[str, str] = {}
        for one, after in itertools.pairwise(listed):
            self._next.setdefault(one, after)

    def next(self, address: str) -> str | None:
        """The address that follows in the chain."""
        return self._next.get(address)


@dataclass(frozen=True)
class Walk:
    """The addresses from the first to the last, and why the walk led nowhere, if so."""

    addresses: tuple[str, ...]
    refusal: LinkRefusal | None = None


def follow(address: str, resolver: Resolver, rules: LinkRules) -> Walk:
    """Where an address leads in the end.

    >>> follow("http://t.cn/abc1234", GivenChain("", []), link_rules()).refusal
    'hidden'
    """
    most = rules.refusals["hops"].most or 0
    walked = [bare(address)]
    while (onward := resolver.next(walked[-1])) is not None:
        onward = bare(onward)
        if onward in walked:
            return Walk(tuple(walked), "circle")
        walked.append(onward)
        if len(walked) - 1 > most:
            return Walk(tuple(walked), "hops")
    hidden = target(walked[-1]).host_class in rules.hiding
    return Walk(tuple(walked), "hidden" if hidden else None)


def bare(address: str) -> str:
    """An address from its host on, without the scheme of the web; host and scheme in small letters.

    >>> bare(" HTTPS://Item.Taobao.com/Item?ID=1 ")
    'item.taobao.com/Item?ID=1'
    """
    text = address.strip()
    for scheme in ("https://", "http://", "//"):
        if text[: len(scheme)].lower() == scheme:
            text = text[len(scheme) :]
            break
    host, slash, rest = text.partition("/")
    return f"{host.lower()}{slash}{rest}"


@functools.cache
def link_classes() -> dict[str, Words]:
    """Every class of links, with what it does for whoever opens one."""
    listed = load_table("hosts.yaml")["classes"]
    return {name: Words(words["en"], words["zh"]) for name, words in listed.items()}


_ONE_TO_ONE = Table(
    "one_to_one",
    "Links one to one",
    (
        required("clause", "the clause it stands in"),
        required("because", "the reason"),
        required("shown_first", "classes whose target is shown before they open"),
    ),
)


@functools.cache
def link_rules(folder: Path | None = None) -> LinkRules:
    """The rules of ``links.yaml``.

    Raises:
        PolicyError: the file has errors.
    """
    keys = tuple(required(name, "") for name in ("hiding", "refusals", "one_to_one"))
    return read_rules("links", keys, _build, folder)


def _build(reader: Reader, root: Map, head: Head) -> LinkRules | None:
    hiding = _classes(reader, root.get("hiding"))
    refusals = limits(reader, root.get("refusals"), _REFUSALS, "The refusals")
    one_to_one = _one_to_one(reader, root.get("one_to_one"))
    if refusals is None or one_to_one is None:
        return None
    return LinkRules(head, frozenset(hiding), refusals, one_to_one)


def _one_to_one(reader: Reader, node: Node | None) -> OneToOne | None:
    found = None if node is None else reader.table(node, _ONE_TO_ONE)
    if found is None:
        return None
    clause, because = reader.text(found.get("clause")), reader.words(found.get("because"))
    shown = _classes(reader, found.get("shown_first"))
    return None if clause is None or because is None else OneToOne(clause, because, tuple(shown))


def _classes(reader: Reader, node: Node | None) -> list[str]:
    listed = reader.items(node, "classes of links")
    named = [reader.choice(one, link_classes(), "a class of links") for one in listed]
    return [one for one in named if one is not None]

"""The rules of advertising on pages of search results: data, with their clauses."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from portreeve.commerce.rulebook import Head, Reader, Table, read_rules, required
from portreeve.policy import Words
from portreeve.policy.source import Map, Node, Text

CURRENCY = r"^[A-Z]{3}$(?!\n)"
"""How a currency is named: ISO 4217."""


@dataclass(frozen=True)
class Load:
    """How much of a page may be paid for: a share, exactly as it is written."""

    clause: str
    share: Fraction
    because: Words


@dataclass(frozen=True)
class Mark:
    """What stands on everything that is paid for."""

    clause: str
    text: Words


@dataclass(frozen=True)
class AdRules:
    """The rules of advertising."""

    head: Head
    currency: str
    load: Load
    mark: Mark


_LOAD = Table(
    "load",
    "The load of a page",
    (
        required("clause", "the clause it stands in"),
        required("share", "the share of a page that may be paid for"),
        required("because", "the reason"),
    ),
)
_MARK = Table(
    "mark",
    "The mark of advertising",
    (required("clause", "the clause it stands in"), required("text", "what it says")),
)


@functools.cache
def ad_rules(folder: Path | None = None) -> AdRules:
    """The rules of advertising, of ``ads.yaml``.

    Raises:
        PolicyError: the file has errors.

    >>> ad_rules().load.share
    Fraction(3, 10)
    """
    keys = (
        required("currency", "the money that is bid in"),
        required("load", "how much of a page may be paid for"),
        required("mark", "what stands on everything that is paid for"),
    )
    return read_rules("ads", keys, _build, folder)


def _build(reader: Reader, root: Map, head: Head) -> AdRules | None:
    currency = _currency(reader, root.get("currency"))
    load, mark = _load(reader, root.get("load")), _mark(reader, root.get("mark"))
    if currency is None or load is None or mark is None:
        return None
    return AdRules(head, currency, load, mark)


def _currency(reader: Reader, node: Node | None) -> str | None:
    text = reader.text(node, "a currency")
    if text is None or node is None or re.match(CURRENCY, text):
        return text
    reader.problems.add(
        "P007", f"`{text}` is not a currency", node.span, "Write its ISO 4217 code, such as CNY."
    )
    return None


def _load(reader: Reader, node: Node | None) -> Load | None:
    found = None if node is None else reader.table(node, _LOAD)
    if found is None:
        return None
    clause, because = reader.text(found.get("clause")), reader.words(found.get("because"))
    written = found.get("share")
    if reader.share(written) is None or clause is None or because is None:
        return None
    assert isinstance(written, Text)  # else the share would have been refused
    return Load(clause, Fraction(written.value), because)


def _mark(reader: Reader, node: Node | None) -> Mark | None:
    found = None if node is None else reader.table(node, _MARK)
    if found is None:
        return None
    clause, text = reader.text(found.get("clause")), reader.words(found.get("text"))
    return None if clause is None or text is None else Mark(clause, text)

"""Whether somebody is licensed for goods: by what is on file, whoever they are."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from portreeve.commerce.rulebook import Head, Key, Reader, Table, read_rules, required
from portreeve.model import Licence, Standing
from portreeve.policy import Words
from portreeve.policy.source import Map, Node
from portreeve.signals.goods_table import goods_table

LicenceState = Literal["claimed", "verified", "refused", "revoked"]
GENERAL = "business"
"""The kind of licence that makes whoever holds it a registered business."""


@dataclass(frozen=True)
class Kind:
    """One kind of licence, and the goods that it covers."""

    id: str
    clause: str
    title: Words
    covers: frozenset[str]
    general: bool


@dataclass(frozen=True)
class Licences:
    """Every kind of licence."""

    head: Head
    kinds: dict[str, Kind]

    def covering(self, category: str | None) -> frozenset[str]:
        """The kinds that cover a category; none where nobody knows what the goods are."""
        if category is None:
            return frozenset()
        special = frozenset(k.id for k in self.kinds.values() if category in k.covers)
        return special or frozenset(k.id for k in self.kinds.values() if k.general)


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A licence on file: what kind it is, how far it got, until when it holds."""

    kind: str
    state: LicenceState
    expires: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        """Whether a person has verified it, and it has not expired."""
        return self.state == "verified" and self.lasts(now)

    def lasts(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return self.expires is None or now < self.expires


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """What an account is registered as here."""

    licences: list[Held] = []

    def standing(self, now: datetime) -> Standing:
        """What it is: a merchant, verified once its business licence is."""
        general = [one for one in self.licences if one.kind == GENERAL]
        return "verified_merchant" if any(one.in_force(now) for one in general) else "merchant"


def licence_for(
    rules: Licences, category: str | None, held: Iterable[Held], now: datetime
) -> Licence:
    """Whether a licence for goods of a category is on file, and verified.

    >>> when = datetime(2014, 6, 1)
    >>> ours = [Held(kind="medical_institution", state="verified")]
    >>> licence_for(licence_rules(), "hospitals", ours, when)
    'verified'
    >>> licence_for(licence_rules(), "medicines", ours, when)
    'none'
    """
    covering = rules.covering(category)
    fitting = [one for one in held if one.kind in covering and one.lasts(now)]
    if any(one.state == "verified" for one in fitting):
        return "verified"
    return "claimed" if any(one.state == "claimed" for one in fitting) else "none"


_KIND = Table(
    "kind",
    "A kind of licence",
    (
        required("clause", "the clause it stands in"),
        required("title", "what it is called"),
        Key("covers", "list", "the categories of goods that it covers"),
        Key("general", "truth", "it covers every category that no other kind names"),
    ),
)


@functools.cache
def licence_rules(folder: Path | None = None) -> Licences:
    """The kinds of licences, of ``licences.yaml``.

    Raises:
        PolicyError: the file has errors.
    """
    return read_rules("licences", (required("kinds", "the kinds of licences"),), _build, folder)


def _build(reader: Reader, root: Map, head: Head) -> Licences | None:
    kinds: dict[str, Kind] = {}
    for key, node in reader.named(root.get("kinds"), "{clause: ..., title: ..., covers: [...]}"):
        name, kind = reader.name(key, "a kind of licence"), _kind(reader, node, key.value)
        if name is not None and kind is not None:
            kinds[name] = kind
    if GENERAL not in kinds and not reader.problems.errors:
        reader.problems.add("P006", f"the kind `{GENERAL}` is missing", root.keys["kinds"].span,
                            f"Add `{GENERAL}:` with `general: true`.")  # fmt: skip
    return Licences(head, kinds)


def _kind(reader: Reader, node: Node, id: str) -> Kind | None:
    found = reader.table(node, _KIND)
    if found is None:
        return None
    clause, title = reader.text(found.get("clause")), reader.words(found.get("title"))
    general = reader.truth(found.get("general")) or False
    covers = [
        reader.defined(one, goods_table(), "category of goods")
        for one in reader.items(found.get("covers"), "categories")
    ]
    if clause is None or title is None:
        return None
    return Kind(id, clause, title, frozenset(one for one in covers if one), general)

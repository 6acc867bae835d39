"""Which scopes an app may have: published criteria, each a test of one fact.

What an app is called, whose it is, and whether the company has a stake in it are no facts: the
types here have no place for them, so that they cannot decide.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from portreeve.commerce.rulebook import (
    Head,
    Key,
    Limit,
    Reader,
    Table,
    limits,
    read_rules,
    required,
)
from portreeve.policy import Words
from portreeve.policy.reading import key_place
from portreeve.policy.source import Map, Node


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What an app does, as far as criteria may ask for it."""

    entity_verified: bool
    privacy_policy: bool
    asks_people: bool
    passes_data_on: bool
    sells_goods: bool
    keeps_days: int
    violation_free_days: int


_KINDS: dict[str, type] = typing.get_type_hints(Facts)


@dataclass(frozen=True)
class Criterion:
    """A test of one fact, for some scopes. One of ``must``, ``at_most``, ``at_least`` is given."""

    id: str
    clause: str
    scopes: frozenset[str]
    fact: str
    because: Words
    comply: Words | None = None
    must: bool | None = None
    at_most: int | None = None
    at_least: int | None = None

    def met(self, facts: Facts) -> bool:
        """Whether an app meets it."""
        value = getattr(facts, self.fact)
        if self.must is not None:
            return bool(value is self.must)
        if self.at_most is not None:
            return bool(value <= self.at_most)
        return bool(value >= (self.at_least or 0))


@dataclass(frozen=True)
class ScopeRule:
    """A scope of the open platform."""

    clause: str
    title: Words


@dataclass(frozen=True)
class PartnerRules:
    """The scopes, the criteria, and what holds for tokens."""

    head: Head
    scopes: dict[str, ScopeRule]
    criteria: tuple[Criterion, ...]
    tokens: dict[str, Limit]


Refused = dict[str, list[Criterion]]
"""The criteria that are not met, by scope; scopes that are granted are left out."""


def decide(facts: Facts, asked: Iterable[str], rules: PartnerRules) -> Refused:
    """Which of the scopes asked for are refused, and by which criteria.

    >>> shop = Facts(
    ...     entity_verified=True, privacy_policy=True, asks_people=True, passes_data_on=False,
    ...     sells_goods=True, keeps_days=7, violation_free_days=400,
    ... )
    >>> refused = decide(shop, ["feed.read", "share.link"], partner_rules())
    >>> [(scope, [one.clause for one in why]) for scope, why in refused.items()]
    [('feed.read', ['O2.7'])]
    """
    unmet = [criterion for criterion in rules.criteria if not criterion.met(facts)]
    against = {scope: [one for one in unmet if scope in one.scopes] for scope in asked}
    return {scope: why for scope, why in against.items() if why}


_SCOPE = Table("scope", "A scope", (required("clause", ""), required("title", "")))
_CRITERION = Table(
    "criterion",
    "A criterion",
    (
        required("id", "its own name"),
        required("clause", "the clause it stands in"),
        Key("scopes", "list", "the scopes that it holds for; all if left out"),
        required("fact", "what it looks at"),
        Key("must", "truth", "what the fact must be"),
        Key("at_most", "whole number", "how much it may be"),
        Key("at_least", "whole number", "how much it must be"),
        required("because", "the reason, for whoever is refused"),
        Key("comply", "words", "how to meet it"),
    ),
)
_TESTS = {"must": bool, "at_most": int, "at_least": int}
_TOKENS = {"days": True, "unknown": False, "revoked": False, "expired": False, "not_granted": False}


@functools.cache
def partner_rules(folder: Path | None = None) -> PartnerRules:
    """The rules of ``partners.yaml``.

    Raises:
        PolicyError: the file has errors.
    """
    keys = (
        required("scopes", "the scopes there are"),
        required("criteria", "what an app must meet"),
        required("tokens", "what holds for tokens"),
    )
    return read_rules("partners", keys, _build, folder)


def _build(reader: Reader, root: Map, head: Head) -> PartnerRules | None:
    scopes = {
        key.value: scope
        for key, node in reader.named(root.get("scopes"), "scope")
        if (scope := _scope(reader, node)) is not None
    }
    criteria: dict[str, Criterion] = {}
    for node in reader.items(root.get("criteria"), "criteria"):
        found = _criterion(reader, node, scopes)
        if found is None:
            continue
        if found.id in criteria:
            reader.problems.add(
                "P013", f"two criteria are called `{found.id}`", node.span, "Rename one of the two."
            )
        criteria[found.id] = found
    tokens = limits(reader, root.get("tokens"), _TOKENS, "The rules of tokens")
    return None if tokens is None else PartnerRules(head, scopes, tuple(criteria.values()), tokens)


def _scope(reader: Reader, node: Node) -> ScopeRule | None:
    found = reader.table(node, _SCOPE)
    if found is None:
        return None
    clause, title = reader.text(found.get("clause")), reader.words(found.get("title"))
    return None if clause is None or title is None else ScopeRule(clause, title)


def _criterion(reader: Reader, node: Node, scopes: dict[str, ScopeRule]) -> Criterion | None:
    found = reader.table(node, _CRITERION)
    if found is None:
        return None
    id, clause = reader.text(found.get("id")), reader.text(found.get("clause"))
    because, comply = reader.words(found.get("because")), reader.words(found.get("comply"))
    fact = reader.choice(found.get("fact"), _KINDS, "a fact")
    listed = [
        reader.defined(one, scopes, "scope") for one in reader.items(found.get("scopes"), "scopes")
    ]
    named = frozenset(one for one in listed if one is not None)
    if id is None or clause is None or because is None or fact is None:
        return None
    if not _tests_well(reader, found, fact):
        return None
    return Criterion(
        id,
        clause,
        named if found.get("scopes") is not None else frozenset(scopes),
        fact,
        because,
        comply,
        must=reader.truth(found.get("must")),
        at_most=reader.whole(found.get("at_most"), 0, "a number"),
        at_least=reader.whole(found.get("at_least"), 0, "a number"),
    )


def _tests_well(reader: Reader, found: Map, fact: str) -> bool:
    """See that a criterion has one test, and of the kind that its fact has."""
    tests = [name for name in _TESTS if name in found.entries]
    wanted = [name for name, kind in _TESTS.items() if kind is _KINDS[fact]]
    if len(tests) == 1 and tests[0] in wanted:
        return True
    reader.problems.add(
        "P007",
        f"`{fact}` is tested by {' and '.join(tests) or 'nothing'}",
        key_place(found, "fact"),
        f"Give {' or '.join(f'`{name}`' for name in wanted)}, once.",
    )
    return False

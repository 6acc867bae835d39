"""Loading a policy: read, merge, check, compile. One call does it all: :func:`load`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from portreeve.model import Layer, Surface, SurfaceState, Tier
from portreeve.policy import files
from portreeve.policy.builder import Built, build
from portreeve.policy.checks import check as check_meaning
from portreeve.policy.errors import PolicyError, Problem, Problems, suggest
from portreeve.policy.fields import HOUSE_ONLY, HOUSE_REQUIRED, POLICY
from portreeve.policy.files import File
from portreeve.policy.merge import merge, removed_ids, rule_id
from portreeve.policy.parts import (
    Definition,
    Form,
    Ladder,
    Matrix,
    Rule,
    SurfaceRule,
    WayOut,
    Words,
)
from portreeve.policy.program import Program
from portreeve.policy.reading import Reader
from portreeve.policy.source import Items, Map, Span, Text, parse

What = str | os.PathLike[str] | Mapping[str, Any]


@dataclass(frozen=True)
class Policy:
    """A checked and compiled policy, its law layer included.

    ``rules`` holds the law's rules, then the written rules, then those of the matrix. ``tiers``
    gives a tier for every category of the table of goods. ``announcement`` and ``network`` are
    None for a law file loaded by itself.
    """

    name: str
    version: str
    effective: datetime
    layer: Layer
    title: Words
    announcement: Words | None
    network: Words | None
    law: str | None
    """Label of the law layer under it."""
    surface_rules: dict[Surface, SurfaceRule]
    rules: tuple[Rule, ...]
    definitions: dict[str, Definition]
    tiers: dict[str, Tier]
    default_tier: Tier
    forms: dict[str, Form]
    matrix: Matrix | None
    ways_out: dict[str, WayOut]
    ladders: dict[str, Ladder]
    warnings: tuple[Problem, ...] = field(compare=False, repr=False)
    _program: Program = field(compare=False, repr=False)

    @property
    def label(self) -> str:
        """Name and version, such as acquaintance@2014-06."""
        return f"{self.name}@{self.version}"

    @property
    def surfaces(self) -> dict[Surface, SurfaceState]:
        """The state of every surface."""
        return {surface: rule.state for surface, rule in self.surface_rules.items()}

    @property
    def signals_used(self) -> frozenset[str]:
        """Names of the catalog's signals that the policy reads."""
        return self._program.signals_used

    def rule(self, id: str) -> Rule:
        """A rule by its id.

        Raises:
            KeyError: no rule has this id; the message suggests the nearest.
        """
        for rule in self.rules:
            if rule.id == id:
                return rule
        hint = suggest(id, [rule.id for rule in self.rules])
        raise KeyError(f"{self.label} has no rule `{id}`. {hint}".strip())

    def tier_of(self, category: str | None, *, law: bool = False) -> Tier | None:
        """The tier of a goods category; None without one. ``law``: as the law layer has it."""
        return self._program.tier_of(category, law=law)

    def evaluate(self, signals: pl.DataFrame) -> pl.DataFrame:
        """What holds for each item: one row per row of ``signals``.

        Args:
            signals: one column per signal of the catalog that the policy reads, except
                ``goods_tier`` and ``protected_sale``, which the policy decides.

        Returns:
            ``goods_tier`` (text), then one Boolean column per definition (``protected_sale`` is
            one) and per rule, named by its id. A rule is False off its surfaces; NULL where its
            condition is unknown.

        Raises:
            ValueError: a column is missing, or of the wrong type.
        """
        return self._program.run(signals)


def load(what: What) -> Policy:
    """Load a policy: a path, the name of a shipped policy, or a mapping.

    Raises:
        PolicyError: the policy has errors; ``str`` of it is the full report.
    """
    policy, problems = check(what)
    if policy is None:
        raise PolicyError(problems)
    return policy


def check(what: What) -> tuple[Policy | None, list[Problem]]:
    """Load a policy and give everything found, warnings too. No policy when it has errors."""
    problems = Problems()
    try:
        file = files.find(what)
        policy = _load(file, problems)
    except PolicyError as error:
        problems.found += [p for p in error.problems if p not in problems.found]
        policy = None
    return (None if problems.errors else policy), problems.sorted()


def _load(file: File, problems: Problems) -> Policy | None:
    document = _document(file, problems, [])
    if document is None:
        return None
    is_law = _is_law(document)
    _check_top(document, problems, is_law)
    law = None if is_law else _law(document, file, problems)
    built = build(document, problems, law, is_law=is_law)
    check_meaning(built, problems)
    if problems.errors:
        return None
    program = Program(built.rules, built.definitions, built.tiers, built.law_tiers)
    return _policy(built, program, problems)


def _policy(built: Built, program: Program, problems: Problems) -> Policy:
    return Policy(
        name=built.name,
        version=built.version,
        effective=built.effective,
        layer=built.layer,
        title=built.title,
        announcement=built.announcement,
        network=built.network,
        law=built.law,
        surface_rules=built.surface_rules,
        rules=built.rules,
        definitions=built.definitions,
        tiers=built.tiers,
        default_tier=built.default_tier,
        forms=built.forms,
        matrix=built.matrix,
        ways_out=built.ways_out,
        ladders=built.ladders,
        warnings=tuple(problems.sorted()),
        _program=program,
    )


# --- files that build on files ------------------------------------------------------------------


def _document(file: File, problems: Problems, below: list[File]) -> Map | None:
    """The document of a file, laid over what it extends."""
    document = parse(file.source, problems)
    if document is None:
        return None
    _check_file(document, problems)
    extends = document.get("extends")
    name = Reader(problems).text(extends, "the name of a policy")
    if name is None or extends is None:
        return document
    parent_file = _parent(file, name, extends.span, problems, is_law=_is_law(document))
    if parent_file is None:
        return None
    chain = [*below, file]
    if any(_same(parent_file, earlier) for earlier in chain):
        names = [f.source.name for f in chain] + [parent_file.source.name]
        start = next(i for i, f in enumerate(chain) if _same(parent_file, f))
        circle = " → ".join(names[start:])
        problems.add("P011", f"policies extend one another in a circle: {circle}", extends.span)
        return None
    parent = _document(parent_file, problems, chain)
    if parent is None:
        return None
    if _is_law(parent) != _is_law(document):
        message = "a law file and a house policy cannot extend one another"
        problems.add("P010", message, extends.span, "Name a law file with `law:` instead.")
        return None
    _check_removals(document, parent, problems)
    return merge(parent, document)


def _same(first: File, second: File) -> bool:
    if first.path is None or second.path is None:
        return first is second
    return first.path.resolve() == second.path.resolve()


def _parent(file: File, name: str, span: Span, problems: Problems, *, is_law: bool) -> File | None:
    beside = file.beside(name)
    named = files.shipped(f"law/{name}" if is_law else name)
    itself = beside is not None and file.path is not None and beside.samefile(file.path)
    if itself and named is not None and not named.samefile(file.path or named):
        beside = None  # a changed copy may extend the shipped policy of its own name
    return _read(beside or named, name, span, problems)


def _read(path: Any, name: str, span: Span, problems: Problems) -> File | None:
    if path is None:
        known = [n.removeprefix("law/") for n in files.shipped_names()]
        hint = suggest(name, known) or "Mend the name, or put the file beside this one."
        problems.add("P010", f"there is no policy `{name}`", span, hint)
        return None
    try:
        return files.read(path)
    except PolicyError as error:
        problems.found += error.problems
        return None


def _law(document: Map, file: File, problems: Problems) -> Built | None:
    """The law layer under a house policy, built by itself."""
    node = document.get("law")
    name = Reader(problems).text(node, "the name of a law file")
    if name is None or node is None:
        return None
    # the policy that names the law may be the extended one, in another folder
    folder = file if node.span.source is file.source else None
    beside = folder.beside(f"law/{name}") if folder is not None else None
    law_file = _read(beside or files.shipped(f"law/{name}"), name, node.span, problems)
    if law_file is None:
        return None
    law_document = _document(law_file, problems, [])
    if law_document is None:
        return None
    if not _is_law(law_document):
        problems.add(
            "P010",
            f"`{name}` is not a law file",
            node.span,
            "A law file says `layer: law` at its top.",
        )
        return None
    _check_top(law_document, problems, is_law=True)
    return build(law_document, problems, None, is_law=True)


# --- checks of one file by itself ---------------------------------------------------------------


def _is_law(document: Map) -> bool:
    layer = document.get("layer")
    return isinstance(layer, Text) and layer.value == "law"


def _check_file(document: Map, problems: Problems) -> None:
    """Keys, and ids that occur twice: before anything is merged."""
    reader = Reader(problems)
    bare = Map(document.entries, document.keys, document.span)
    allowed = POLICY.names
    for key, _ in bare:
        if key.value not in allowed:
            help = suggest(key.value, allowed) or f"The keys here are: {', '.join(allowed)}."
            problems.add("P005", f"unknown key `{key.value}`", key.span, help)
    reader.choice(document.get("layer"), ("law", "house"), "a layer")
    own = [n for n in ("policy", "version", "effective") if n not in document.entries]
    if own:
        reader.missing(document, own)
    first: dict[str, Span] = {}
    rules = document.get("rules")
    for rule in rules.items if isinstance(rules, Items) else ():
        id = rule.get("id") if isinstance(rule, Map) else None
        if not isinstance(id, Text):
            continue
        if id.value in first:
            problems.add(
                "P013",
                f"two rules have the id `{id.value}`",
                id.span,
                f"Rename one of the two; the first is in line {first[id.value].line}.",
            )
        first.setdefault(id.value, id.span)


def _check_top(document: Map, problems: Problems, is_law: bool) -> None:
    """What the whole document needs, after merging."""
    reader = Reader(problems)
    wanted = [
        k.name
        for k in POLICY.keys
        if k.required and k.name not in ("policy", "version", "effective")
    ]
    missing = [
        name
        for name in wanted
        if name not in document.entries and not (is_law and name in HOUSE_REQUIRED)
    ]
    if missing:
        reader.missing(document, missing)
    for name in HOUSE_ONLY if is_law else ():
        if name in document.keys:
            problems.add(
                "P005",
                f"`{name}` does not belong in a law file",
                document.keys[name].span,
                "Put it in the house policy.",
            )


def _check_removals(document: Map, parent: Map, problems: Problems) -> None:
    rules = parent.get("rules")
    known = [rule_id(rule) for rule in rules.items] if isinstance(rules, Items) else []
    ids = [id for id in known if id is not None]
    listed = document.get("remove")
    for node in Reader(problems).items(listed, "rule ids"):
        if isinstance(node, Text) and node.value in removed_ids(document) and node.value not in ids:
            problems.add(
                "P012",
                f"the extended policy has no rule `{node.value}`",
                node.span,
                suggest(node.value, ids),
            )

"""Loading a policy: read, merge, check, compile. One call does it all: :func:`load`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from portreeve.model import Layer, Surface, SurfaceState, Tier, Verdict
from portreeve.policy import files
from portreeve.policy.bits import MOST_ROWS, BitCounting, BitProgram
from portreeve.policy.builder import Built, build
from portreeve.policy.chain import Chain, is_law
from portreeve.policy.checks import check as check_meaning
from portreeve.policy.errors import PolicyError, Problem, Problems, suggest
from portreeve.policy.expression import Expr, Not, Ref
from portreeve.policy.files import File
from portreeve.policy.parts import (
    Counter,
    Definition,
    Form,
    Ladder,
    Matrix,
    Rule,
    SurfaceRule,
    WayOut,
    Words,
)
from portreeve.policy.program import Program, Steps
from portreeve.policy.source import Source
from portreeve.signals.catalog import GIVEN_SIGNALS

What = str | os.PathLike[str] | Mapping[str, Any]


class Candidates(NamedTuple):
    """Rules that may hold, the strongest first, with the rank and the layer of each."""

    rules: tuple[Rule, ...]
    ranks: NDArray[np.int8]
    law: NDArray[np.bool_]

    @classmethod
    def of(cls, rules: tuple[Rule, ...]) -> Candidates:
        """Rules with what deciding asks of them."""
        return cls(
            rules,
            np.array([rule.verdict.rank for rule in rules], dtype=np.int8),
            np.array([rule.layer == "law" for rule in rules], dtype=np.bool_),
        )


@dataclass(frozen=True)
class Holding:
    """Which rules hold for which items.

    ``rows`` and ``at``: item and place among ``candidates.rules`` of every rule that holds, by
    item, the strongest first; ``goods_tier`` and ``protected_sale``: what the policy decides of
    every item.
    """

    goods_tier: pl.Series
    protected_sale: pl.Series
    candidates: Candidates
    rows: NDArray[np.int64]
    at: NDArray[np.int64]


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
    counters: dict[str, Counter]
    tiers: dict[str, Tier]
    default_tier: Tier
    forms: dict[str, Form]
    matrix: Matrix | None
    ways_out: dict[str, WayOut]
    ladders: dict[str, Ladder]
    warnings: tuple[Problem, ...] = field(compare=False, repr=False)
    _program: Program = field(compare=False, repr=False)
    _narrowed: dict[frozenset[str], tuple[Steps, Candidates]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @cached_property
    def label(self) -> str:
        """Name and version, such as acquaintance@2014-06."""
        return f"{self.name}@{self.version}"

    @cached_property
    def surfaces(self) -> dict[Surface, SurfaceState]:
        """The state of every surface."""
        return {surface: rule.state for surface, rule in self.surface_rules.items()}

    @property
    def signals_used(self) -> frozenset[str]:
        """Names of the catalog's signals that the policy reads."""
        return self._program.signals_used

    @cached_property
    def remembered(self) -> tuple[str, ...]:
        """Names of the counters, and of the signals that must be given, that it asks for."""
        signals = [name for name in GIVEN_SIGNALS if name in self.signals_used]
        return (*signals, *(name for name in self.counters if name in self._program.counters_used))

    @cached_property
    def _by_id(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def strongest_first(self) -> tuple[Rule, ...]:
        """The rules by the rank of their verdict, the strongest first; else as they stand."""
        return tuple(sorted(self.rules, key=lambda rule: -Verdict(rule.verdict).rank))

    @cached_property
    def signals_asked(self) -> dict[str, frozenset[str]]:
        """For each rule's id the signals that its condition asks for, through its definitions.

        What a condition only excludes is left out: it is no evidence.
        """
        return {rule.id: frozenset(self._asked(rule.condition)) for rule in self.rules}

    def _asked(self, condition: Expr) -> set[str]:
        if isinstance(condition, Not):
            return set()
        if isinstance(condition, Ref):
            definition = self.definitions.get(condition.name)
            return self._asked(definition.condition) if definition else {condition.name}
        return set().union(*(self._asked(child) for child in condition.children))

    def rule(self, id: str) -> Rule:
        """A rule by its id.

        Raises:
            KeyError: no rule has this id; the message suggests the nearest.
        """
        if id in self._by_id:
            return self._by_id[id]
        hint = suggest(id, [rule.id for rule in self.rules])
        raise KeyError(f"{self.label} has no rule `{id}`. {hint}".strip())

    def tier_of(self, category: str | None, *, law: bool = False) -> Tier | None:
        """The tier of a goods category; None without one. ``law``: as the law layer has it."""
        return self._program.tier_of(category, law=law)

    def evaluate(self, signals: pl.DataFrame) -> pl.DataFrame:
        """What holds for each item: one row per row of ``signals``.

        Args:
            signals: one column per signal of the catalog that the policy reads, except
                ``goods_tier`` and ``protected_sale``, which the policy decides; and one per
                counter that its conditions name.

        Returns:
            ``goods_tier`` (text), then one Boolean column per definition (``protected_sale`` is
            one) and per rule, named by its id. A rule is False off its surfaces; NULL where its
            condition is unknown.

        Raises:
            ValueError: a column is missing, or of the wrong type.
        """
        return self._program.run(signals)

    def holding(self, signals: pl.DataFrame) -> Holding:
        """Which rules hold for which items: what :meth:`evaluate` says, for deciding.

        Args:
            signals: as for :meth:`evaluate`, each of the catalog's type.
        """
        if len(signals) <= MOST_ROWS:
            rows, at, tiers, sales = self._bits.run(signals)
            return Holding(tiers, sales, self._candidates, rows, at)
        surfaces = frozenset(signals["surface"].unique().drop_nulls().to_list())
        if surfaces not in self._narrowed:
            on_them = tuple(r for r in self.strongest_first if not surfaces.isdisjoint(r.surfaces))
            self._narrowed[surfaces] = (self._program.narrow(surfaces), Candidates.of(on_them))
        steps, candidates = self._narrowed[surfaces]
        found = steps.run(signals)
        ids = [rule.id for rule in candidates.rules]
        held = found.select(ids).to_numpy() if ids else np.zeros((0, 0), dtype=np.bool_)
        rows, at = np.nonzero(held)
        return Holding(found["goods_tier"], found["protected_sale"], candidates, rows, at)

    def counting(self, signals: pl.DataFrame) -> NDArray[np.bool_]:
        """Which items each counter counts: a row per counter, a column per item.

        Args:
            signals: as for :meth:`evaluate`, each of the catalog's type; without what memory tells.

        Returns:
            Whether the counter's condition holds; True throughout for a counter without one.
        """
        size = len(signals)
        if size <= MOST_ROWS:
            return self._counting_bits.run(signals)
        held = self._counting.run(signals)
        every = np.ones(size, dtype=np.bool_)
        rows = [held[n].to_numpy() if n in held.columns else every for n in self.counters]
        return np.array(rows, dtype=np.bool_).reshape(len(rows), size)

    @cached_property
    def _counting(self) -> Steps:
        return self._program.counting()

    @cached_property
    def _counting_bits(self) -> BitCounting:
        return self._program.counting_bits()

    @cached_property
    def _bits(self) -> BitProgram:
        return self._program.bits(self.strongest_first)

    @cached_property
    def _candidates(self) -> Candidates:
        return Candidates.of(self.strongest_first)


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
    try:
        return _checked(files.find(what))
    except PolicyError as error:
        return None, list(error.problems)


def check_text(text: str, name: str = "<text>") -> tuple[Policy | None, list[Problem]]:
    """The same for the text of a policy that is in no file, such as one being written.

    ``name`` is what messages call it. Policies that it extends are shipped ones.
    """
    return _checked(File(Source(name, text), None))


def _checked(file: File) -> tuple[Policy | None, list[Problem]]:
    problems = Problems()
    try:
        policy = _load(file, problems)
    except PolicyError as error:
        problems.found += [p for p in error.problems if p not in problems.found]
        policy = None
    return (None if problems.errors else policy), problems.sorted()


def _load(file: File, problems: Problems) -> Policy | None:
    chain = Chain(problems)
    document = chain.document(file)
    if document is None:
        return None
    law_document = chain.law(document)
    law = None if law_document is None else build(law_document, problems, None, is_law=True)
    built = build(document, problems, law, is_law=is_law(document))
    check_meaning(built, problems)
    if problems.errors:
        return None
    program = Program(built.rules, built.definitions, built.tiers, built.law_tiers, built.counters)
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
        counters=built.counters,
        tiers=built.tiers,
        default_tier=built.default_tier,
        forms=built.forms,
        matrix=built.matrix,
        ways_out=built.ways_out,
        ladders=built.ladders,
        warnings=tuple(problems.sorted()),
        _program=program,
    )

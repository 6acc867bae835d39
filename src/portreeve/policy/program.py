"""The compiled form of a policy: columns in, columns out, with polars."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import polars as pl

from portreeve.model import TIERS, Surface, Tier
from portreeve.policy import domains
from portreeve.policy.bits import BitCounting, BitProgram
from portreeve.policy.errors import PolicyError, Problem
from portreeve.policy.expression import (
    And,
    Expr,
    IsBool,
    Lit,
    Not,
    Or,
    Ref,
)
from portreeve.policy.parts import Counter, Definition, Rule
from portreeve.policy.sqltext import (
    exact_sql,
)
from portreeve.signals.catalog import CATALOG, POLICY_SIGNALS, column_type

_TIER = "goods_tier"
_LAW_TIER = domains.LAW + _TIER
_SALE = "protected_sale"
# the steps below leave the optimiser nothing to find, and planning costs more than one row does
_AS_WRITTEN = pl.QueryOptFlags.none()


class Steps(NamedTuple):
    """What is computed of the signals, one polars call a step."""

    inputs: list[pl.Expr]
    steps: list[list[pl.Expr]]
    outputs: list[pl.Expr]

    def run(self, signals: pl.DataFrame) -> pl.DataFrame:
        """The outputs, one row per row of the signals."""
        frame = signals.lazy().select(self.inputs)
        for step in self.steps:
            frame = frame.with_columns(step)
        return frame.select(self.outputs).collect(optimizations=_AS_WRITTEN)


class Program:
    """All conditions of a policy, compiled once.

    It runs in steps, each one polars call: the signals; the tiers and the surfaces; every
    comparison that some condition makes, once each; the definitions, those first that others
    use; the rules.
    """

    def __init__(
        self,
        rules: tuple[Rule, ...],
        definitions: Mapping[str, Definition],
        tiers: Mapping[str, Tier],
        law_tiers: Mapping[str, Tier],
        counters: Mapping[str, Counter] | None = None,
    ) -> None:
        self._tiers = {_TIER: tiers, _LAW_TIER: law_tiers}
        self._definitions = definitions
        self._categories = list(tiers)
        self._comparisons: dict[str, pl.Expr] = {}
        conditions = {name: d.condition for name, d in definitions.items()}
        self._counted = {name: counter.condition for name, counter in (counters or {}).items()}
        when = [condition for condition in self._counted.values() if condition is not None]
        named = _names([*(rule.condition for rule in rules), *conditions.values(), *when])
        signals = {name.removeprefix(domains.LAW) for name in named} & set(CATALOG)
        self.signals_used = frozenset(
            (signals - set(POLICY_SIGNALS)) | {"surface", "goods_category"}
        )
        layers = [
            [self._compile(conditions[name], name).alias(_column(name)) for name in layer]
            for layer in _layered(conditions)
        ]
        self._rules = rules
        self._held = {
            rule.id: pl.col(_place(rule.surfaces)) & self._compile(rule.condition, rule.id)
            for rule in rules
        }
        held = [expr.alias(name) for name, expr in self._held.items()]
        self.counters_used = frozenset(named & self._counted.keys())
        self._taken = sorted(self.signals_used | self.counters_used)
        self._inputs = [self._input(name) for name in self._taken]
        self._counts = [
            self._compile(condition, name).fill_null(False).alias(name)
            for name, condition in self._counted.items()
            if condition is not None
        ]
        self._steps = [
            [*self._place_exprs(rules), *self._tier_exprs(named), *_no_sale(conditions)],
            list(self._comparisons.values()),
            *layers,
        ]
        names = dict.fromkeys([_SALE, *conditions])
        self._outputs = [
            pl.col(_column(_TIER)).cast(pl.String).alias(_TIER),
            *(pl.col(_column(name)).alias(name) for name in names),
            *held,
        ]
        self._accepted: pl.Schema | None = None

    def run(self, signals: pl.DataFrame) -> pl.DataFrame:
        """See :meth:`portreeve.policy.Policy.evaluate`."""
        if signals.schema != self._accepted:
            self._check(signals)
        return Steps(self._inputs, self._steps, self._outputs).run(signals)

    def narrow(self, surfaces: frozenset[str]) -> Steps:
        """What is computed where only these surfaces are: the same expressions, without those
        that nothing depends on. Outputs: the tier, the protected sale, and the rules that can
        hold there, False where unknown.
        """
        held = [
            self._held[rule.id].fill_null(False).alias(rule.id)
            for rule in self._rules
            if not surfaces.isdisjoint(rule.surfaces)
        ]
        return self._leading_to(
            [
                pl.col(_column(_TIER)).cast(pl.String).alias(_TIER),
                pl.col(_column(_SALE)).alias(_SALE),
                *held,
            ]
        )

    def counting(self) -> Steps:
        """What is computed to tell which items each counter with a condition counts: a column each,
        False where unknown.
        """
        return self._leading_to(self._counts)

    def _leading_to(self, outputs: list[pl.Expr]) -> Steps:
        """The steps without what these outputs do not depend on."""
        wanted = _sources(outputs)
        steps: list[list[pl.Expr]] = []
        for step in reversed(self._steps):
            kept = [expr for expr in step if expr.meta.output_name() in wanted]
            wanted |= _sources(kept)
            steps.insert(0, kept)
        inputs = [expr for expr in self._inputs if expr.meta.output_name() in wanted]
        return Steps(inputs, steps, outputs)

    def bits(self, rules: tuple[Rule, ...]) -> BitProgram:
        """The same conditions for few rows; what comes out is numbered as ``rules`` are."""
        return BitProgram(rules, self._definitions, self._tiers)

    def counting_bits(self) -> BitCounting:
        """Which items each counter counts, for few rows."""
        return BitCounting(list(self._counted.values()), self._definitions, self._tiers)

    def tier_of(self, category: str | None, *, law: bool = False) -> Tier | None:
        """The tier of a goods category: the policy's, or that of the law layer under it."""
        return None if category is None else self._tiers[_LAW_TIER if law else _TIER].get(category)

    # --- signals --------------------------------------------------------------------------------

    def _input(self, name: str) -> pl.Expr:
        """A signal in the type of the catalog; names of a short list as numbers: it is faster."""
        kind = column_type(name)
        column = pl.col(name).cast(kind)
        if kind == pl.Float32:
            column = column.fill_nan(None)  # polars would take it for the largest number
        known = self._known(name)
        return column if known is None else column.cast(pl.Enum(known), strict=False)

    def _known(self, name: str) -> list[str] | None:
        if name == "goods_category":
            return self._categories
        if name == "surface":
            return [s.value for s in Surface]
        return None

    def _check(self, signals: pl.DataFrame) -> None:
        missing = [name for name in self._taken if name not in signals.columns]
        if missing:
            raise ValueError(f"the signals {', '.join(missing)} are missing")
        for name in self._taken:
            kind, wanted = signals.schema[name], column_type(name)
            fits = kind in (wanted, pl.Null) or (kind.is_numeric() and wanted.is_numeric())
            coded = wanted == pl.String and isinstance(kind, pl.Enum | pl.Categorical)
            if not fits and not coded:
                raise ValueError(f"the signal {name} must be {wanted}, not {kind}")
        self._accepted = signals.schema

    def _tier_exprs(self, named: set[str]) -> list[pl.Expr]:
        wanted = [_TIER, *([_LAW_TIER] if _LAW_TIER in named else [])]
        return [
            pl.lit(
                pl.Series([self._tiers[name][c] for c in self._categories], dtype=pl.Enum(TIERS))
            )
            .gather(pl.col("goods_category").to_physical())
            .alias(_column(name))
            for name in wanted
        ]

    def _place_exprs(self, rules: tuple[Rule, ...]) -> list[pl.Expr]:
        return [
            pl.col("surface").is_in([s.value for s in place]).fill_null(False).alias(_place(place))
            for place in sorted({rule.surfaces for rule in rules})
        ]

    # --- conditions -----------------------------------------------------------------------------

    def _compile(self, expr: Expr, name: str) -> pl.Expr:
        """A condition over the columns of comparisons and definitions."""
        if isinstance(expr, Ref) and expr.definition:
            return pl.col(_column(expr.name))
        if not _uses_definitions(expr) and not isinstance(expr, And | Or):
            return self._comparison(expr, name)
        match expr:
            case And(items):
                return functools.reduce(operator.and_, [self._compile(i, name) for i in items])
            case Or(items):
                return functools.reduce(operator.or_, [self._compile(i, name) for i in items])
            case Not(item):
                return ~self._compile(item, name)
            case IsBool(item, value):
                part = self._compile(item, name)
                return (part if value else ~part).fill_null(False)
            case _:
                return _parse(expr, name)

    def _comparison(self, expr: Expr, name: str) -> pl.Expr:
        """The column of a comparison, which all conditions share that make it."""
        column = f"? {exact_sql(expr, _inner)}"
        if column not in self._comparisons:
            self._comparisons[column] = _parse(expr, name).alias(column)
        return pl.col(column)


def _sources(exprs: Iterable[pl.Expr]) -> set[str]:
    return {name for expr in exprs for name in expr.meta.root_names()}


def _parse(expr: Expr, name: str) -> pl.Expr:
    try:
        parsed = pl.sql_expr(exact_sql(expr, _inner))
    except pl.exceptions.PolarsError as error:
        message = f"the condition of `{name}` cannot be compiled: {error}"
        raise PolicyError([Problem("P030", message)]) from None
    # nothing but NULL has no type of its own
    return parsed.cast(pl.Boolean) if isinstance(expr, Lit) else parsed


def _column(name: str) -> str:
    """The inner column of a definition, or of a signal that the policy decides."""
    return f"= {name}"


def _place(surfaces: tuple[Surface, ...]) -> str:
    return "on " + " ".join(surfaces)


def _inner(ref: Ref) -> str:
    return _column(ref.name) if ref.definition or ref.name in (_TIER, _LAW_TIER) else ref.name


def _no_sale(conditions: Mapping[str, Expr]) -> list[pl.Expr]:
    """A law file by itself protects no sale."""
    return [] if _SALE in conditions else [pl.lit(False).alias(_column(_SALE))]


def _uses_definitions(expr: Expr) -> bool:
    return any(isinstance(part, Ref) and part.definition for part in expr.walk())


def _names(exprs: list[Expr]) -> set[str]:
    return {part.name for expr in exprs for part in expr.walk() if isinstance(part, Ref)}


def _layered(conditions: Mapping[str, Expr]) -> list[list[str]]:
    """Definitions in layers: each uses only those of layers before it."""
    depth: dict[str, int] = {}

    def measure(name: str) -> int:
        if name not in depth:
            used = [p for p in conditions[name].walk() if isinstance(p, Ref) and p.definition]
            depth[name] = 1 + max((measure(p.name) for p in used), default=0)
        return depth[name]

    layers: dict[int, list[str]] = {}
    for name in conditions:
        layers.setdefault(measure(name), []).append(name)
    return [layers[level] for level in sorted(layers)]

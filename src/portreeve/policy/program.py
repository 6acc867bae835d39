"""The compiled form of a policy: columns in, columns out, with polars."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from portreeve.model import TIERS, Surface, Tier
from portreeve.policy import domains
from portreeve.policy.errors import PolicyError, Problem
from portreeve.policy.expression import Expr, Lit, Ref, exact_sql
from portreeve.policy.parts import Definition, Rule
from portreeve.signals.catalog import CATALOG, POLICY_SIGNALS

_TIER = "goods_tier"
_LAW_TIER = domains.LAW + _TIER


class Program:
    """All conditions of a policy, compiled once.

    Definitions are computed before the rules that use them, layer by layer, and what conditions
    have in common is computed once.
    """

    def __init__(
        self,
        rules: tuple[Rule, ...],
        definitions: Mapping[str, Definition],
        tiers: Mapping[str, Tier],
        law_tiers: Mapping[str, Tier],
    ) -> None:
        self._tiers = {_TIER: tiers, _LAW_TIER: law_tiers}
        self._categories = list(tiers)
        conditions = {name: d.condition for name, d in definitions.items()}
        named = _names([*(r.condition for r in rules), *conditions.values()])
        self._tier_columns = [_TIER, *([_LAW_TIER] if _LAW_TIER in named else [])]
        self._layers = [
            [_compile(conditions[name], name).alias(_column(name)) for name in layer]
            for layer in _layered(conditions)
        ]
        places = sorted({rule.surfaces for rule in rules})
        self._places = [
            pl.col("surface").is_in([s.value for s in place]).fill_null(False).alias(_place(place))
            for place in places
        ]
        self._outputs = [
            pl.col(_column(_TIER)).alias(_TIER),
            *(pl.col(_column(name)).alias(name) for name in _with_protected_sale(conditions)),
            *(
                (pl.col(_place(rule.surfaces)) & _compile(rule.condition, rule.id)).alias(rule.id)
                for rule in rules
            ),
        ]
        self._constants = [] if "protected_sale" in conditions else ["protected_sale"]
        signals = {name.removeprefix(domains.LAW) for name in named} & set(CATALOG)
        self.signals_used = frozenset(
            (signals - set(POLICY_SIGNALS)) | {"surface", "goods_category"}
        )

    def run(self, signals: pl.DataFrame) -> pl.DataFrame:
        """See :meth:`portreeve.policy.Policy.evaluate`."""
        self._check(signals)
        frame = signals.lazy().select(self._inputs())
        frame = frame.with_columns(*self._places, *self._tier_exprs())
        if self._constants:
            frame = frame.with_columns(pl.lit(False).alias(_column("protected_sale")))
        for layer in self._layers:
            frame = frame.with_columns(layer)
        return frame.select(self._outputs).collect()

    def _inputs(self) -> list[pl.Expr]:
        """Signals in the types of the catalog; names of a short list as numbers, which is faster."""
        return [self._input(name) for name in sorted(self.signals_used)]

    def _input(self, name: str) -> pl.Expr:
        column = pl.col(name).cast(CATALOG[name].column_type)
        known = self._known(name)
        return column if known is None else column.cast(pl.Enum(known), strict=False)

    def _known(self, name: str) -> list[str] | None:
        if name == "goods_category":
            return self._categories
        if name == "surface":
            return [s.value for s in Surface]
        return None

    def _tier_exprs(self) -> list[pl.Expr]:
        return [
            pl.lit(pl.Series([self._tiers[name][c] for c in self._categories], dtype=pl.Enum(TIERS)))
            .gather(pl.col("goods_category").to_physical())
            .alias(_column(name))
            for name in self._tier_columns
        ]

    def _check(self, signals: pl.DataFrame) -> None:
        missing = sorted(self.signals_used - set(signals.columns))
        if missing:
            raise ValueError(f"the signals {', '.join(missing)} are missing")
        for name in self.signals_used:
            kind, wanted = signals.schema[name], CATALOG[name].column_type
            fits = kind == wanted or kind == pl.Null or (kind.is_numeric() and wanted.is_numeric())
            if not fits and not (wanted == pl.String and isinstance(kind, pl.Enum | pl.Categorical)):
                raise ValueError(f"the signal {name} must be {wanted}, not {kind}")


def _column(name: str) -> str:
    """The inner column of a definition or of the policy's own signals."""
    return f"= {name}"


def _place(surfaces: tuple[Surface, ...]) -> str:
    return "on " + " ".join(surfaces)


def _compile(expr: Expr, name: str) -> pl.Expr:
    text = exact_sql(expr, _inner)
    try:
        compiled = pl.sql_expr(text)
    except pl.exceptions.PolarsError as error:
        raise PolicyError(
            [Problem("P030", f"the condition of `{name}` cannot be compiled: {error}")]
        ) from None
    # a condition that is nothing but NULL has no type of its own
    return compiled.cast(pl.Boolean) if isinstance(expr, Lit) else compiled


def _inner(ref: Ref) -> str:
    return _column(ref.name) if ref.definition or ref.name in (_TIER, _LAW_TIER) else ref.name


def _names(exprs: list[Expr]) -> set[str]:
    return {part.name for expr in exprs for part in expr.walk() if isinstance(part, Ref)}


def _with_protected_sale(conditions: Mapping[str, Expr]) -> list[str]:
    return list(dict.fromkeys(["protected_sale", *conditions]))


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

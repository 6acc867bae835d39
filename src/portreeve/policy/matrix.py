"""The matrix of products and commerce forms: from cells to rules.

Every item falls into exactly one row: a protected sale into ``protected`` (unless its goods are
of a strict tier), named goods into the row that names them, the rest into the row of their tier.
Each cell that is not ``allow`` becomes a rule ``matrix.ROW.FORM``.
"""

from __future__ import annotations

from portreeve.policy.expression import (
    And,
    Call,
    Compare,
    Expr,
    In,
    IsBool,
    Lit,
    Not,
    Or,
    Ref,
)
from portreeve.policy.fields import STRICT_TIERS

PREFIX = "matrix."

_CATEGORY = Ref("goods_category", "text")
_TIER = Ref("goods_tier", "text")
_PROTECTED = Ref("protected_sale", "boolean", True)


def cell_id(row: str, form: str) -> str:
    """The id of the rule of a cell.

    >>> cell_id("white", "friends_feed")
    'matrix.white.friends_feed'
    """
    return f"{PREFIX}{row}.{form}"


def tier_row(tier: str, default: str, named: list[str]) -> Expr:
    """What puts an item into the row of a tier; ``named`` categories have rows of their own."""
    of_tier: Expr = Compare("=", _TIER, Lit(tier))
    if tier == default:  # goods that nobody recognised
        of_tier = Compare("=", Call("coalesce", (_TIER, Lit(default)), "text"), Lit(tier))
    parts = [of_tier]
    if named:
        parts.append(Not(IsBool(_among(named), True)))
    if tier not in STRICT_TIERS:
        parts.append(Not(IsBool(_PROTECTED, True)))
    return And(tuple(parts)) if len(parts) > 1 else parts[0]


def protected_row() -> Expr:
    """What puts an item into the row of protected sales."""
    return And((_PROTECTED, Not(IsBool(_strict(), True))))


def named_row(categories: list[str]) -> Expr:
    """What puts an item into a row that names its goods."""
    return And((_among(categories), Or((Not(IsBool(_PROTECTED, True)), _strict()))))


def cell_condition(when: Expr, row: Expr) -> Expr:
    """The condition of a cell: that of the whole matrix, and that of its row."""
    return And(tuple(part for expr in (when, row) for part in _conjuncts(expr)))


def _conjuncts(expr: Expr) -> tuple[Expr, ...]:
    return expr.items if isinstance(expr, And) else (expr,)


def _among(categories: list[str]) -> Expr:
    return In(_CATEGORY, tuple(Lit(category) for category in categories))


def _strict() -> Expr:
    return In(_TIER, tuple(Lit(tier) for tier in STRICT_TIERS))

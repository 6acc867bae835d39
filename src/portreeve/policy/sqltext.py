"""Conditions as SQL: for people, and exact for polars."""

from __future__ import annotations

from collections.abc import Callable

from portreeve.policy.expression import (
    And,
    Arith,
    Between,
    Call,
    Case,
    Compare,
    Expr,
    In,
    IsBool,
    IsNull,
    Like,
    Lit,
    Not,
    Or,
    Ref,
    width,
)


def sql(expr: Expr) -> str:
    """The expression as SQL a person would write.

    >>> sql(And((Compare(">=", Ref("promotion", "number"), Lit(0.9, "0.90")),
    ...          Not(Ref("protected_sale", "boolean")))))
    'promotion >= 0.90 AND NOT protected_sale'
    """
    return _Sql(lambda ref: ref.name, exact=False).text(expr)


def exact_sql(expr: Expr, column: Callable[[Ref], str]) -> str:
    """The expression as SQL for polars: parentheses everywhere, numbers of a fixed width.

    ``column`` names the column that holds a signal or definition. Arithmetic is done in 64 bits,
    so that counts cannot overflow; division by zero gives NULL.
    """
    return _Sql(column, exact=True).text(expr)


def _precedence(expr: Expr) -> int:
    match expr:
        case Or():
            return 1
        case And():
            return 2
        case Not(In() | IsNull() | IsBool() | Like() | Between()):
            return 4
        case Not():
            return 3
        case Compare() | Between() | In() | Like() | IsNull() | IsBool():
            return 4
        case Arith(op):
            return 5 if op in "+-" else 6
        case _:
            return _ATOM


_ATOM = 7


class _Sql:
    def __init__(self, column: Callable[[Ref], str], *, exact: bool) -> None:
        self.column = column
        self.exact = exact

    def text(self, expr: Expr) -> str:
        match expr:
            case Ref():
                name = self.column(expr)
                return '"' + name + '"' if self.exact else name
            case Lit():
                return literal(expr)
            case And(items):
                return " AND ".join(self.inner(item, 3) for item in items)
            case Or(items):
                return " OR ".join(self.inner(item, 3) for item in items)
            case Not(In() | IsNull() | IsBool() | Like() | Between() as item):
                return self.form(item, "NOT ")
            case Not(item):
                return f"NOT {self.inner(item, _ATOM)}"
            case Compare(op, left, right):
                return f"{self.operand(left, right)} {op} {self.operand(right, left)}"
            case Between() | In() | Like() | IsNull() | IsBool():
                return self.form(expr, "")
            case Arith(op, left, right):
                return self.arithmetic(op, left, right)
            case Call(name, args):
                return self.call(expr, name, args)
            case Case(branches, default):
                parts = [
                    f"WHEN {self.text(when)} THEN {self.in_call(expr, then)}"
                    for when, then in branches
                ]
                return f"CASE {' '.join(parts)} ELSE {self.in_call(expr, default)} END"
            case _:
                raise TypeError(f"no SQL for {expr!r}")

    def form(self, expr: Expr, negation: str) -> str:
        """IN, LIKE, BETWEEN and IS, with their own place for NOT."""
        spelt_out = _spelt_out(expr) if self.exact else None
        if spelt_out is not None:
            return f"{negation}({self.text(spelt_out)})"
        match expr:
            case In(item, options):
                listed = ", ".join(literal(option) for option in options)
                return f"{self.inner(item, 5)} {negation}IN ({listed})"
            case Like(item, pattern, fold):
                word = "ILIKE" if fold else "LIKE"
                return f"{self.plain_text(item)} {negation}{word} {quoted(pattern)}"
            case Between(item, low, high):
                limits = f"{self.operand(low, item)} AND {self.operand(high, item)}"
                return f"{self.operand(item, low)} {negation}BETWEEN {limits}"
            case IsNull(item):
                return f"{self.inner(item, 5)} IS {negation}NULL"
            case IsBool(item, value) if self.exact:
                # polars leaves NULL IS TRUE unknown
                word = "" if value != bool(negation) else "NOT "
                other = str(not value).upper()
                return f"{word}coalesce({self.text(item)}, {other})"
            case IsBool(item, value):
                return f"{self.inner(item, 5)} IS {negation}{str(value).upper()}"
            case _:
                raise TypeError(f"no SQL for {expr!r}")

    def inner(self, expr: Expr, least: int) -> str:
        """The text of a part, in parentheses where it binds less tightly than ``least``."""
        text = self.text(expr)
        return f"({text})" if _precedence(expr) < (_ATOM if self.exact else least) else text

    def operand(self, expr: Expr, other: Expr) -> str:
        """One side of a comparison, as wide as the other side."""
        text = self.inner(expr, 5)
        if self.exact and expr.type == "text" and not isinstance(other, Lit):
            return self.plain_text(expr)
        if not self.exact or expr.type not in ("number", "count"):
            return text
        mine, beside = width(expr), width(other)
        if mine == "literal":
            # beside a bare column polars itself reads the literal in the column's own width
            return cast(text, "REAL") if beside == "single" and not isinstance(other, Ref) else text
        return text if beside in ("literal", mine) else cast(text, "DOUBLE")

    def plain_text(self, expr: Expr) -> str:
        """Text as text: names of a short list are kept as numbers, which only = and IN can read."""
        text = self.inner(expr, 5)
        return cast(text, "VARCHAR") if self.exact and isinstance(expr, Ref) else text

    def arithmetic(self, op: str, left: Expr, right: Expr) -> str:
        if not self.exact:
            binding = 5 if op in "+-" else 6
            return f"{self.inner(left, binding)} {op} {self.inner(right, binding + 1)}"
        first, second = cast(self.text(left), "DOUBLE"), cast(self.text(right), "DOUBLE")
        if op == "/":
            second = f"nullif({second}, 0.0)"
        return f"{first} {op} {second}"

    def call(self, expr: Expr, name: str, args: tuple[Expr, ...]) -> str:
        text = f"{name}({', '.join(self.in_call(expr, arg) for arg in args)})"
        # polars counts characters without a sign
        return cast(text, "BIGINT") if self.exact and name == "length" else text

    def in_call(self, whole: Expr, part: Expr) -> str:
        """An argument, as wide as the result of the call."""
        if part.type == "text":
            return self.plain_text(part)
        text = self.text(part)
        if not self.exact or whole.type != "number":
            return text
        return cast(text, "REAL" if width(whole) == "single" else "DOUBLE")


def _spelt_out(expr: Expr) -> Expr | None:
    """BETWEEN, and IN of numbers, as comparisons: polars reads each limit of these in a width
    that depends on the other limits."""
    match expr:
        case Between(item, low, high):
            return And((Compare(">=", item, low), Compare("<=", item, high)))
        case In(item, options) if item.type == "number":
            return Or(tuple(Compare("=", item, option) for option in options))
        case _:
            return None


def cast(text: str, kind: str) -> str:
    return f"CAST({text} AS {kind})"


def literal(lit: Lit) -> str:
    """A value as SQL writes it."""
    if lit.value is None:
        return "NULL"
    if isinstance(lit.value, bool):
        return str(lit.value).upper()
    if isinstance(lit.value, str):
        return quoted(lit.value)
    return lit.text or repr(lit.value)


def quoted(text: str) -> str:
    """Text in single quotes, quotes in it doubled.

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"

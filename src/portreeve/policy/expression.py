"""Conditions as small typed trees: their SQL text, and what they are worth for one row.

The tree is what everything else works on: the checks, the compiled form, the explanation and the
diff. Truth has three values, as in SQL: True, False and None (unknown, SQL's NULL).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

Type = Literal["number", "count", "boolean", "text", "null"]
Value = float | int | bool | str | None


@dataclass(frozen=True)
class Expr:
    """A part of a condition. ``start`` and ``end`` are its characters in the condition's text."""

    start: int = field(default=0, compare=False, kw_only=True)
    end: int = field(default=0, compare=False, kw_only=True)

    @property
    def type(self) -> Type:
        return "boolean"

    @property
    def children(self) -> tuple[Expr, ...]:
        return ()

    def walk(self) -> Iterator[Expr]:
        """The expression and everything in it, outermost first."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Ref(Expr):
    """A signal, or a definition of the policy."""

    name: str
    of: Type
    definition: bool = False

    @property
    def type(self) -> Type:
        return self.of


@dataclass(frozen=True)
class Lit(Expr):
    """A written value; ``text`` is a number as it was written (0.90)."""

    value: Value
    text: str = field(default="", compare=False)

    @property
    def type(self) -> Type:
        if self.value is None:
            return "null"
        if isinstance(self.value, bool):
            return "boolean"
        if isinstance(self.value, str):
            return "text"
        return "count" if isinstance(self.value, int) else "number"


@dataclass(frozen=True)
class And(Expr):
    items: tuple[Expr, ...]

    @property
    def children(self) -> tuple[Expr, ...]:
        return self.items


@dataclass(frozen=True)
class Or(Expr):
    items: tuple[Expr, ...]

    @property
    def children(self) -> tuple[Expr, ...]:
        return self.items


@dataclass(frozen=True)
class Not(Expr):
    item: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.item,)


@dataclass(frozen=True)
class Compare(Expr):
    op: Literal["=", "<>", "<", "<=", ">", ">="]
    left: Expr
    right: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.left, self.right)


@dataclass(frozen=True)
class Between(Expr):
    item: Expr
    low: Expr
    high: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.item, self.low, self.high)


@dataclass(frozen=True)
class In(Expr):
    item: Expr
    options: tuple[Lit, ...]

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.item, *self.options)


@dataclass(frozen=True)
class Like(Expr):
    item: Expr
    pattern: str
    fold: bool = False

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.item,)


@dataclass(frozen=True)
class IsNull(Expr):
    item: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.item,)


@dataclass(frozen=True)
class IsBool(Expr):
    """``item IS TRUE`` or ``item IS FALSE``; never unknown."""

    item: Expr
    value: bool

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.item,)


@dataclass(frozen=True)
class Arith(Expr):
    """``+ - * /`` in 64-bit floating point; division by zero is NULL."""

    op: Literal["+", "-", "*", "/"]
    left: Expr
    right: Expr

    @property
    def type(self) -> Type:
        return "number"

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.left, self.right)


@dataclass(frozen=True)
class Call(Expr):
    name: str
    args: tuple[Expr, ...]
    of: Type

    @property
    def type(self) -> Type:
        return self.of

    @property
    def children(self) -> tuple[Expr, ...]:
        return self.args


@dataclass(frozen=True)
class Case(Expr):
    """``CASE WHEN condition THEN value ... ELSE value END``."""

    branches: tuple[tuple[Expr, Expr], ...]
    default: Expr
    of: Type

    @property
    def type(self) -> Type:
        return self.of

    @property
    def children(self) -> tuple[Expr, ...]:
        return (*(part for branch in self.branches for part in branch), self.default)


def rename(expr: Expr, names: Mapping[str, str]) -> Expr:
    """The same expression with some signals or definitions named otherwise."""
    if isinstance(expr, Ref):
        return replace(expr, name=names.get(expr.name, expr.name))
    changes: dict[str, Any] = {}
    for part in fields(expr):
        value = getattr(expr, part.name)
        if isinstance(value, Expr):
            changes[part.name] = rename(value, names)
        elif isinstance(value, tuple):
            changes[part.name] = tuple(
                rename(v, names) if isinstance(v, Expr) else tuple(rename(x, names) for x in v)
                for v in value
            )
    return replace(expr, **changes) if changes else expr


# --- text ---------------------------------------------------------------------------------------


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
        match expr:
            case In(item, options):
                listed = ", ".join(literal(option) for option in options)
                return f"{self.inner(item, 5)} {negation}IN ({listed})"
            case Like(item, pattern, fold):
                word = "ILIKE" if fold else "LIKE"
                return f"{self.inner(item, 5)} {negation}{word} {quoted(pattern)}"
            case Between(item, low, high):
                limits = f"{self.operand(low, item)} AND {self.operand(high, item)}"
                return f"{self.operand(item, low)} {negation}BETWEEN {limits}"
            case IsNull(item):
                return f"{self.inner(item, 5)} IS {negation}NULL"
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
        if not self.exact or expr.type not in ("number", "count"):
            return text
        mine, beside = width(expr), width(other)
        if mine == "literal":
            # beside a bare column polars itself reads the literal in the column's own width
            return cast(text, "REAL") if beside == "single" and not isinstance(other, Ref) else text
        return text if beside in ("literal", mine) else cast(text, "DOUBLE")

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
        text = self.text(part)
        if not self.exact or whole.type != "number":
            return text
        return cast(text, "REAL" if width(whole) == "single" else "DOUBLE")


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


Width = Literal["literal", "whole", "single", "double"]


def width(expr: Expr) -> Width:
    """How many bits a numeric expression is computed in.

    Measured numbers are 32-bit floats (single), counts are whole; arithmetic is 64-bit (double).
    A written number takes the width of what stands beside it.
    """
    match expr:
        case Lit():
            return "literal"
        case Ref(of=kind):
            return "single" if kind == "number" else "whole"
        case Arith():
            return "double"
        case Call(args=args, of=kind):
            if kind == "count":
                return "whole"
            return "double" if any(width(a) == "double" for a in args) else "single"
        case Case(branches, default, kind):
            if kind == "count":
                return "whole"
            parts = [then for _, then in branches] + [default]
            return "double" if any(width(p) == "double" for p in parts) else "single"
        case _:
            return "double"


# --- value --------------------------------------------------------------------------------------


def evaluate(expr: Expr, row: Mapping[str, Any]) -> Value:
    """What the expression is worth for one row: the plain reading of SQL's rules.

    ``row`` holds a value (or None) for every signal and definition it names. Used for
    explanations, and by the tests to judge the compiled form.

    >>> evaluate(Not(Ref("disclosure", "boolean")), {"disclosure": None}) is None
    True
    """
    match expr:
        case Ref(name, kind):
            value = row[name]
            return single(value) if kind == "number" and value is not None else value
        case Lit(value):
            return value
        case And(items):
            return _all(evaluate(item, row) for item in items)
        case Or(items):
            return _any(evaluate(item, row) for item in items)
        case Not(item):
            value = evaluate(item, row)
            return None if value is None else not value
        case Compare(op, left, right):
            return _compare(op, *_operands(row, left, right))
        case Between(item, low, high):
            return _all(
                [
                    _compare(">=", *_operands(row, item, low)),
                    _compare("<=", *_operands(row, item, high)),
                ]
            )
        case In(item, options):
            return _any(_compare("=", *_operands(row, item, option)) for option in options)
        case Like(item, pattern, fold):
            value = evaluate(item, row)
            return None if value is None else like(str(value), pattern, fold)
        case IsNull(item):
            return evaluate(item, row) is None
        case IsBool(item, wanted):
            return evaluate(item, row) is wanted
        case Arith(op, left, right):
            return _arithmetic(op, evaluate(left, row), evaluate(right, row))
        case Call(name, args):
            return _call(name, [_narrow(expr, evaluate(arg, row)) for arg in args])
        case Case(branches, default):
            chosen = next((t for when, t in branches if evaluate(when, row) is True), default)
            return _narrow(expr, evaluate(chosen, row))
        case _:
            raise TypeError(f"no value for {expr!r}")


def single(value: float) -> float:
    """The 32-bit float nearest to a number.

    >>> single(0.9)
    0.8999999761581421
    """
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def like(text: str, pattern: str, fold: bool = False) -> bool:
    """SQL's LIKE: ``%`` is any characters, ``_`` is one; ``fold`` ignores case.

    >>> like("campus:a", "campus:%")
    True
    """
    expression = "".join(
        ".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern
    )
    flags = re.DOTALL | (re.IGNORECASE if fold else 0)
    return re.fullmatch(expression, text, flags) is not None


def _operands(row: Mapping[str, Any], left: Expr, right: Expr) -> tuple[Value, Value]:
    first, second = evaluate(left, row), evaluate(right, row)
    if width(left) == "literal" and width(right) == "single":
        first = _as_single(first)
    if width(right) == "literal" and width(left) == "single":
        second = _as_single(second)
    return first, second


def _narrow(whole: Expr, value: Value) -> Value:
    return _as_single(value) if whole.type == "number" and width(whole) == "single" else value


def _as_single(value: Value) -> Value:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return single(value) if number else value  # type: ignore[arg-type]


def _all(values: Any) -> bool | None:
    seen = list(values)
    if any(v is False for v in seen):
        return False
    return None if any(v is None for v in seen) else True


def _any(values: Any) -> bool | None:
    seen = list(values)
    if any(v is True for v in seen):
        return True
    return None if any(v is None for v in seen) else False


def _compare(op: str, left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return None
    result = {
        "=": lambda: left == right,
        "<>": lambda: left != right,
        "<": lambda: left < right,
        "<=": lambda: left <= right,
        ">": lambda: left > right,
        ">=": lambda: left >= right,
    }[op]()
    return bool(result)


def _arithmetic(op: str, left: Any, right: Any) -> float | None:
    if left is None or right is None:
        return None
    first, second = float(left), float(right)
    if op == "/":
        return None if second == 0 else first / second
    return {"+": first + second, "-": first - second, "*": first * second}[op]


def _call(name: str, values: list[Any]) -> Value:
    known = [v for v in values if v is not None]
    if name == "coalesce":
        return known[0] if known else None
    if name == "least":
        return min(known, default=None)
    if name == "greatest":
        return max(known, default=None)
    if len(known) < len(values):
        return None
    one = values[0]
    results: dict[str, Callable[[], Value]] = {
        "lower": lambda: str(one).lower(),
        "upper": lambda: str(one).upper(),
        "length": lambda: len(one),
        "abs": lambda: abs(one),
        "starts_with": lambda: str(one).startswith(values[1]),
        "ends_with": lambda: str(one).endswith(values[1]),
    }
    return results[name]()

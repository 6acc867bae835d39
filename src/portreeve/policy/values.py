"""What a condition is worth for one row: the plain reading of SQL's rules."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Mapping
from typing import Any

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
    Value,
    width,
)


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
            return _measured(value) if kind == "number" else value
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


def _measured(value: float | None) -> float | None:
    """A measured number as its column keeps it; what is not a number is not known."""
    return None if value is None or math.isnan(value) else single(value)


def like(text: str, pattern: str, fold: bool = False) -> bool:
    """SQL's LIKE: ``%`` is any characters, ``_`` is one; ``fold`` ignores case.

    >>> like("campus:a", "campus:%")
    True
    """
    expression = "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern)
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

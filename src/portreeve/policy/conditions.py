"""SQL conditions: from text to a typed expression, with every mistake at its place.

sqlglot parses; this module admits the part of SQL that is the condition language, checks names
and types, and keeps the place of every part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from portreeve.policy import domains
from portreeve.policy.errors import Problems, suggest
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
    Type,
)
from portreeve.policy.source import Span, Text
from portreeve.policy.sqltext import (
    sql,
)
from portreeve.signals.catalog import CATALOG

MAX_LENGTH = 8_000
"""Longest condition, in characters."""
MAX_DEPTH = 10
"""Deepest nesting of a condition. polars' own parser gives up soon after."""

FUNCTIONS: dict[str, str] = {
    "coalesce": "coalesce(a, b, ...): the first that is not NULL",
    "least": "least(a, b, ...): the smallest that is not NULL",
    "greatest": "greatest(a, b, ...): the largest that is not NULL",
    "abs": "abs(number): without its sign",
    "length": "length(text): how many characters",
    "lower": "lower(text): in small letters",
    "upper": "upper(text): in capitals",
    "starts_with": "starts_with(text, start): whether the text starts so",
    "ends_with": "ends_with(text, end): whether the text ends so",
}


@dataclass(frozen=True)
class Scope:
    """The names a condition may use: all signals, and these definitions and counters."""

    definitions: frozenset[str]
    forbidden: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Names that must not be used here, with the code of the error and the reason."""
    counters: frozenset[str] = frozenset()

    def names(self) -> list[str]:
        return [*CATALOG, *sorted(self.definitions | self.counters)]


class _Place(TypedDict):
    start: int
    end: int


class _RefusedError(Exception):
    """A part that has been reported already."""


def parse_condition(text: Text, scope: Scope, problems: Problems) -> Expr | None:
    """Parse and check one condition. None when it has errors, which went to ``problems``."""
    reader = _Reader(text, scope, problems)
    tree = reader.tree()
    if tree is None:
        return None
    before = len(problems.found)
    try:
        expr = reader.condition(tree)
    except (_RefusedError, RecursionError):
        expr = None
    if len(problems.found) > before or expr is None:
        return None
    if _depth(expr) > MAX_DEPTH:
        problems.add("P030", f"nested more than {MAX_DEPTH} levels deep", first_line(text))
        return None
    return expr


def first_line(text: Text) -> Span:
    """The first written line of a condition."""
    line = text.value.splitlines()[0] if text.value.strip() else text.value
    span = text.part(0, len(line))
    end = span.source.text.find("\n", span.start, span.end)
    return Span(span.source, span.start, span.end if end < 0 else end)


def _depth(expr: Expr) -> int:
    return 1 + max((_depth(child) for child in expr.children), default=0)


class _Reader:
    def __init__(self, text: Text, scope: Scope, problems: Problems) -> None:
        self.text = text
        self.scope = scope
        self.problems = problems

    # --- parsing --------------------------------------------------------------------------------

    def tree(self) -> Any:
        """sqlglot's tree, or None with the problem reported."""
        value = self.text.value
        if not value.strip():
            self.problems.add("P020", "the condition is empty", self.text.span)
            return None
        if len(value) > MAX_LENGTH:
            message = f"the condition is longer than {MAX_LENGTH} characters"
            self.problems.add("P030", message, first_line(self.text))
            return None
        try:
            return sqlglot.parse_one(value, dialect="duckdb")
        except ParseError as error:
            self.syntax_error(error.errors[0] if error.errors else {})
        except SqlglotError as error:
            message = "the condition cannot be read: " + _token_problem(value, str(error))
            self.problems.add("P020", message, first_line(self.text))
        except RecursionError:
            self.problems.add("P030", "the condition is nested too deeply", first_line(self.text))
        return None

    def syntax_error(self, error: Mapping[str, Any]) -> None:
        description = str(error.get("description") or "it ends too early")
        highlight = str(error.get("highlight") or "")
        context = str(error.get("start_context") or "")
        end = self.offset(error) if error else len(self.text.value)
        start = max(0, end - len(highlight))
        after = f" after `{highlight}`" if highlight else ""
        if description.startswith("Required keyword"):
            message, help = f"something is missing{after}", "Write the other side."
        elif description.startswith("Expecting )"):
            message, help = f"a closing parenthesis is missing{after}", "Add `)`."
        elif description.startswith("Invalid expression"):
            message = f"`{highlight}` is not expected here"
            help = "Join conditions with AND or OR."
            if highlight == ")" and "(" not in context:
                help = "Remove it: no parenthesis is open."
        else:
            message, help = f"the condition cannot be read{after}: {description}", ""
        self.problems.add("P020", message, self.text.part(start, end), help)

    def offset(self, error: Mapping[str, Any]) -> int:
        """sqlglot's line and column (of the last character of the token) as an offset."""
        lines = self.text.value.split("\n")
        line = min(int(error.get("line") or 1), len(lines))
        before = sum(len(text) + 1 for text in lines[: line - 1])
        return min(before + int(error.get("col") or 0), len(self.text.value))

    # --- places ---------------------------------------------------------------------------------

    def reach(self, node: Any) -> tuple[int, int]:
        """First and last character of a node: that of everything placed inside it."""
        places = [
            (part.meta["start"], part.meta["end"] + 1)
            for part in node.walk()
            if "start" in part.meta
        ]
        if not places:
            return 0, len(self.text.value)
        return min(p[0] for p in places), max(p[1] for p in places)

    def place(self, node: Any) -> _Place:
        start, end = self.reach(node)
        return {"start": start, "end": end}

    def refuse(self, code: str, message: str, node: Any, help: str = "") -> _RefusedError:
        start, end = self.reach(node) if not isinstance(node, Expr) else (node.start, node.end)
        self.problems.add(code, message, self.text.part(start, end), help)
        return _RefusedError()

    # --- reading --------------------------------------------------------------------------------

    def condition(self, node: Any) -> Expr:
        """A part that must be true or false."""
        expr = self.expression(node)
        if expr.type in ("boolean", "null"):
            return expr
        raise self.refuse("P022", *_not_a_condition(expr, node))

    def expression(self, node: Any) -> Expr:
        comparisons = {
            exp.EQ: "=",
            exp.NEQ: "<>",
            exp.LT: "<",
            exp.LTE: "<=",
            exp.GT: ">",
            exp.GTE: ">=",
        }
        arithmetic = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
        kind = type(node)
        if kind is exp.Paren:
            return self.expression(node.this)
        if kind in (exp.And, exp.Or):
            return self.joined(node, kind)
        if kind is exp.Not:
            return Not(self.condition(node.this), **self.place(node))
        if kind in comparisons:
            return self.comparison(node, comparisons[kind])
        if kind in arithmetic:
            left, right = self.number(node.this), self.number(node.expression)
            return Arith(arithmetic[kind], left, right, **self.place(node))  # type: ignore[arg-type]
        if kind is exp.Neg:
            return self.negative(node)
        if kind is exp.Column:
            return self.column(node)
        if kind is exp.Literal:
            return self.literal(node)
        if kind is exp.Boolean:
            return Lit(bool(node.this), **self.place(node))
        if kind is exp.Null:
            return Lit(None, **self.place(node))
        if kind is exp.Between:
            return self.between(node)
        if kind is exp.In:
            return self.membership(node)
        if kind is exp.Is:
            return self.is_(node)
        if kind in (exp.Like, exp.ILike):
            return self.like(node, fold=kind is exp.ILike)
        if kind is exp.Case:
            return self.case(node)
        return self.call(node)

    def joined(self, node: Any, kind: type[Any]) -> Expr:
        """A chain of AND or of OR, read without recursion: chains may be long."""
        parts: list[Any] = []
        pending: list[Any] = [node]
        while pending:
            part = pending.pop()
            inner = part.unnest()
            if type(inner) is kind:
                pending += [inner.expression, inner.this]
            else:
                parts.append(part)
        items = []
        for part in parts:
            try:
                items.append(self.condition(part))
            except _RefusedError:
                continue  # go on, to report the mistakes of the other parts too
        if len(items) < len(parts):
            raise _RefusedError
        joined = And if kind is exp.And else Or
        return joined(tuple(items), **self.place(node))

    def comparison(self, node: Any, op: str) -> Expr:
        left, right = self.pair(node.this, node.expression)
        whole = self.place(node)
        self.agree(left, right, node)
        if "boolean" in (left.type, right.type) and op not in ("=", "<>"):
            raise self.refuse(
                "P022",
                f"true and false have no order: `{op}` does not fit `{sql(left)}`",
                node,
                "Use it as a condition by itself, or NOT before it.",
            )
        if left.type == "text" and op not in ("=", "<>"):
            raise self.refuse(
                "P022",
                f"names have no order: `{op}` does not fit `{sql(left)}`",
                node,
                "Use =, <>, IN or LIKE.",
            )
        return Compare(op, left, right, **whole)  # type: ignore[arg-type]

    def pair(self, first: Any, second: Any) -> tuple[Expr, Expr]:
        """Two parts; both are read before giving up, so that both are checked."""
        results: list[Expr] = []
        for node in (first, second):
            try:
                results.append(self.expression(node))
            except _RefusedError:
                continue
        if len(results) < 2:
            raise _RefusedError
        return results[0], results[1]

    def agree(self, left: Expr, right: Expr, node: Any) -> None:
        """Both sides of a comparison must be of one type, and a value one that can occur."""
        for side, other in ((left, right), (right, left)):
            if side.type == "null":
                name = sql(other)
                raise self.refuse(
                    "P026",
                    "a comparison with NULL is never true",
                    node,
                    f"Write `{name} IS NULL` or `{name} IS NOT NULL`.",
                )
        numeric = ("number", "count")
        if left.type != right.type and not (left.type in numeric and right.type in numeric):
            for side, other in ((right, left), (left, right)):
                if isinstance(side, Lit):
                    raise self.refuse("P022", *_misfit(other, side))
            raise self.refuse(
                "P022",
                f"`{sql(left)}` is {_a(left.type)} and `{sql(right)}` is {_a(right.type)}",
                node,
                "Compare values of one type.",
            )
        for side, other in ((right, left), (left, right)):
            if isinstance(side, Lit):
                self.check_value(other, side)

    def check_value(self, expr: Expr, lit: Lit) -> None:
        if not isinstance(expr, Ref):
            return
        if expr.type == "count" and isinstance(lit.value, float):
            floor = int(lit.value)
            raise self.refuse(
                "P022",
                f"`{expr.name}` is a count: it is a whole number, never {lit.text}",
                lit,
                f"Write `{expr.name} > {floor}` or `{expr.name} >= {floor + 1}`.",
            )
        known = domains.names(expr.name)
        if expr.type == "text" and known is not None and lit.value not in known:
            shown = ", ".join(known) if len(known) <= 12 else ""
            help = suggest(str(lit.value), known)
            raise self.refuse(
                "P025",
                f"'{lit.value}' is never a value of `{expr.name}`",
                lit,
                " ".join(x for x in (help, f"It is one of: {shown}." if shown else "") if x)
                or f"`portreeve policy signals` tells where the values of {expr.name} are listed.",
            )

    def between(self, node: Any) -> Expr:
        item = self.expression(node.this)
        low, high = self.pair(node.args["low"], node.args["high"])
        if item.type not in ("number", "count"):
            raise self.refuse(
                "P022", f"BETWEEN needs a number, and `{sql(item)}` is {_a(item.type)}", node
            )
        self.agree(item, low, node)
        self.agree(item, high, node)
        return Between(item, low, high, **self.place(node))

    def membership(self, node: Any) -> Expr:
        if node.args.get("query") is not None or node.args.get("unnest") is not None:
            raise self.not_in_language(node, "a query inside IN")
        item = self.expression(node.this)
        options = []
        for part in node.expressions:
            option = self.expression(part)
            if not isinstance(option, Lit):
                raise self.refuse(
                    "P024", "IN takes a list of written values", part, "Use = and OR instead."
                )
            self.agree(item, option, part)
            options.append(option)
        if not options:
            raise self.refuse("P020", "the list after IN is empty", node)
        return In(item, tuple(options), **self.place(node))

    def is_(self, node: Any) -> Expr:
        item = self.expression(node.this)
        if isinstance(node.expression, exp.Null):
            return IsNull(item, **self.place(node))
        if isinstance(node.expression, exp.Boolean):
            if item.type != "boolean":
                raise self.refuse("P022", *_not_a_condition(item, node))
            return IsBool(item, bool(node.expression.this), **self.place(node))
        raise self.refuse(
            "P024", "IS is followed by NULL, TRUE or FALSE", node, "Use = to compare values."
        )

    def like(self, node: Any, *, fold: bool) -> Expr:
        item = self.expression(node.this)
        pattern = self.expression(node.expression)
        if item.type != "text":
            raise self.refuse(
                "P022",
                f"LIKE needs text, and `{sql(item)}` is {_a(item.type)}",
                node,
                f"Compare it as {_a(item.type)}, such as `{sql(item)} {_SAMPLES[item.type]}`.",
            )
        if not isinstance(pattern, Lit) or not isinstance(pattern.value, str):
            raise self.refuse("P022", "LIKE needs a pattern in single quotes", node)
        if "\\" in pattern.value:
            raise self.refuse(
                "P024", "a pattern has only % and _; it has no escapes", pattern, "Use = or IN."
            )
        expr: Expr = Like(item, pattern.value, fold, **self.place(node))
        return Not(expr, **self.place(node)) if node.args.get("negate") else expr

    def negative(self, node: Any) -> Expr:
        item = self.number(node.this)
        place = self.place(node)
        place["start"] = max(0, self.text.value.rfind("-", 0, place["start"] + 1))
        if isinstance(item, Lit) and isinstance(item.value, int | float):
            return Lit(-item.value, f"-{item.text}".replace("--", ""), **place)
        zero = Lit(0, "0", **place)
        return Arith("-", zero, item, **place)

    def number(self, node: Any) -> Expr:
        expr = self.expression(node)
        if expr.type not in ("number", "count"):
            raise self.refuse(
                "P022", f"`{sql(expr)}` is {_a(expr.type)}, and cannot be reckoned with", node
            )
        return expr

    def column(self, node: Any) -> Expr:
        name = str(node.name)
        if node.args.get("table") is not None:
            raise self.not_in_language(node, "a name with a dot")
        if name in self.scope.forbidden:
            code, reason = self.scope.forbidden[name]
            raise self.refuse(code, reason, node)
        if name in self.scope.definitions:
            return Ref(name, "boolean", True, **self.place(node))
        if name in self.scope.counters:
            return Ref(name, "number", **self.place(node))
        if name in CATALOG:
            return Ref(name, CATALOG[name].type, **self.place(node))
        help = suggest(name, self.scope.names())
        if node.this.args.get("quoted"):
            help = f"Text stands in single quotes: '{name}'."
        raise self.refuse(
            "P021",
            f"unknown signal `{name}`",
            node,
            help or "`portreeve policy signals` lists the signals.",
        )

    def literal(self, node: Any) -> Expr:
        place = self.place(node)
        if node.is_string:
            return Lit(str(node.this), **place)
        text = str(node.this)
        try:
            value = float(text)
        except ValueError:
            raise self.refuse("P022", f"`{text}` is not a number", node) from None
        if abs(value) > 1e12:
            raise self.refuse("P022", f"{text} is larger than anything measured here", node)
        whole = value.is_integer() and "." not in text and "e" not in text.lower()
        return Lit(int(value) if whole else value, str(int(value)) if whole else text, **place)

    def case(self, node: Any) -> Expr:
        if node.this is not None:
            raise self.not_in_language(node, "CASE with a value before WHEN")
        branches = [
            (self.condition(b.this), self.expression(b.args["true"])) for b in node.args["ifs"]
        ]
        default = node.args.get("default")
        last = self.expression(default) if default is not None else Lit(None, **self.place(node))
        results = [then for _, then in branches] + [last]
        return Case(tuple(branches), last, self.common_type(results, node), **self.place(node))

    def call(self, node: Any) -> Expr:
        classes = {
            exp.Coalesce: "coalesce",
            exp.Least: "least",
            exp.Greatest: "greatest",
            exp.Abs: "abs",
            exp.Length: "length",
            exp.Lower: "lower",
            exp.Upper: "upper",
            exp.StartsWith: "starts_with",
            exp.EndsWith: "ends_with",
        }
        name = classes.get(type(node))
        written = "start" in node.meta
        if name is None or not written:
            if isinstance(node, exp.Func) and written:
                called = self.text.value[node.meta["start"] : node.meta["end"] + 1].lower()
                place = self.text.part(node.meta["start"], node.meta["end"] + 1)
                listed = f"The functions are: {', '.join(FUNCTIONS)}."
                help = f"{suggest(called, FUNCTIONS)} {listed}".strip()
                self.problems.add("P023", f"the function {called} is not on the list", place, help)
                raise _RefusedError
            raise self.not_in_language(node, _described(node))
        args = [self.expression(arg) for arg in _arguments(node)]
        return Call(name, tuple(args), self.call_type(name, args, node), **self.place(node))

    def call_type(self, name: str, args: list[Expr], node: Any) -> Type:
        if name in ("coalesce", "least", "greatest"):
            kind = self.common_type(args, node)
            if name != "coalesce" and kind not in ("number", "count"):
                raise self.refuse("P022", f"{name} takes numbers, and this is {_a(kind)}", node)
            if len(args) < 2:
                raise self.refuse("P022", f"{name} takes two values or more", node)
            return kind
        wanted: tuple[Type, ...] = ("number", "count") if name == "abs" else ("text",)
        count = 2 if name in ("starts_with", "ends_with") else 1
        if len(args) != count:
            raise self.refuse("P022", f"{name} takes {count} value{'s' * (count > 1)}", node)
        for arg in args:
            if arg.type not in wanted:
                raise self.refuse(
                    "P022",
                    f"{name} takes {_a(wanted[0])}, and `{sql(arg)}` is {_a(arg.type)}",
                    node,
                    FUNCTIONS[name] + ".",
                )
        if name == "abs":
            return args[0].type
        if name == "length":
            return "count"
        return "boolean" if name in ("starts_with", "ends_with") else "text"

    def common_type(self, parts: list[Expr], node: Any) -> Type:
        kinds = {part.type for part in parts} - {"null"}
        if kinds <= {"number", "count"} and kinds:
            return "number" if "number" in kinds else "count"
        if len(kinds) == 1:
            return kinds.pop()
        if not kinds:
            raise self.refuse("P022", "all values are NULL", node)
        shown = " and ".join(sorted(_a(kind) for kind in kinds))
        raise self.refuse("P022", f"the values differ in type: {shown}", node)

    def not_in_language(self, node: Any, what: str) -> _RefusedError:
        return self.refuse("P024", f"{what} is not part of the condition language", node)


def _arguments(node: Any) -> Iterator[Any]:
    for name in ("this", "expression"):
        part = node.args.get(name)
        if part is not None:
            yield part
    yield from node.args.get("expressions") or ()


_SAMPLES = {"number": ">= 0.5", "count": "> 0", "boolean": "= TRUE", "text": "= '...'", "null": ""}


def _not_a_condition(expr: Expr, node: Any) -> tuple[str, Any, str]:
    help = f"Write `{sql(expr)} {_SAMPLES[expr.type]}`."
    return f"`{sql(expr)}` is {_a(expr.type)}, not a condition", node, help


def _misfit(expr: Expr, lit: Lit) -> tuple[str, Lit, str]:
    """Message, place and remedy for a value of the wrong type."""
    shown = sql(lit)
    message = f"`{sql(expr)}` is {_a(expr.type)}, and {shown} is {_a(lit.type)}"
    if expr.type == "text":
        return message, lit, f"Put it in single quotes: '{shown}'."
    if lit.type == "text":
        if expr.type == "boolean":
            return message, lit, f"Write `{sql(expr)}` or `NOT {sql(expr)}`."
        return (
            message,
            lit,
            f"Write a number without quotes, as in `{sql(expr)} {_SAMPLES[expr.type]}`.",
        )
    if expr.type == "boolean":
        return message, lit, f"Write `{sql(expr)}` or `NOT {sql(expr)}`."
    return message, lit, f"Write `{sql(expr)} {_SAMPLES[expr.type]}`."


def _a(kind: Type) -> str:
    return {
        "number": "a number",
        "count": "a count",
        "boolean": "true or false",
        "text": "text",
        "null": "NULL",
    }[kind]


def _described(node: Any) -> str:
    named = {
        exp.Cast: "a cast",
        exp.Select: "a query",
        exp.Subquery: "a query",
        exp.Block: "more than one statement",
        exp.Alias: "a name after a condition",
        exp.DPipe: "`||`",
        exp.ArrayOverlaps: "`&&`",
        exp.Placeholder: "a placeholder",
        exp.If: "IF",
    }
    return named.get(type(node), f"`{node.key}`")


def _token_problem(value: str, error: str) -> str:
    if value.count("'") % 2:
        return "a single quote is not closed"
    return error.splitlines()[0]

"""What may be asked of the log: one SQL condition over its columns, and nothing else.

The grammar is that of a policy's conditions, with times and lists added. sqlglot parses; only
the parts named here are let through, and what DuckDB gets is written anew from the tree, so that
nothing reaches it that was not understood.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from portreeve.policy.conditions import MAX_DEPTH, MAX_LENGTH
from portreeve.policy.errors import Problem, report, suggest
from portreeve.policy.source import Source, Span
from portreeve.store.columns import micros
from portreeve.store.log.columns import LOG, LogType

_NUMBERS: tuple[LogType, ...] = ("number", "count")
_ORDERED: tuple[LogType, ...] = ("number", "count", "time")

FUNCTIONS: dict[str, str] = {
    "list_contains": "list_contains(list, text): whether the text is in it",
    "coalesce": "coalesce(a, b, ...): the first that is not NULL",
    "length": "length(text): how many characters",
    "lower": "lower(text): in small letters",
    "upper": "upper(text): in capitals",
    "starts_with": "starts_with(text, start): whether the text starts so",
    "ends_with": "ends_with(text, end): whether the text ends so",
    "abs": "abs(number): without its sign",
}
"""The functions of a condition."""

_CALLS: dict[type[Any], str] = {
    exp.ArrayContains: "list_contains",
    exp.Coalesce: "coalesce",
    exp.Length: "length",
    exp.Lower: "lower",
    exp.Upper: "upper",
    exp.StartsWith: "starts_with",
    exp.EndsWith: "ends_with",
    exp.Abs: "abs",
}
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div)

Kind = LogType | None
"""The type of a part; None for NULL."""


class ConditionError(ValueError):
    """A condition that the log does not take; ``problem`` points at the place."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(report([problem]))
        self.problem = problem


def checked(where: str) -> str:
    """The condition as SQL for DuckDB, once it is known to be one.

    Raises:
        ConditionError: it is not; the error points at the place and says how to mend it.

    >>> checked("verdict = 'refuse' AND promotion > 0.9")
    '"verdict" = \\'refuse\\' AND "promotion" > 0.9'
    """
    return _Checker(where).result()


class _Checker:
    def __init__(self, where: str) -> None:
        self.text = where
        self._columns: list[Any] = []

    def result(self) -> str:
        tree = self.tree()
        try:
            kind = self.kind(tree, 0)
        except RecursionError:
            raise self.error("P030", "the condition is nested too deeply", None, "") from None
        if kind not in ("boolean", None):
            raise self.error(
                "P022", f"this is {_a(kind)}, not a condition", tree, "Compare it with a value."
            )
        for column in self._columns:
            column.set("quoted", True)
        return str(tree.sql(dialect="duckdb", comments=False))

    def tree(self) -> Any:
        if not self.text.strip():
            raise self.error("P020", "the condition is empty", None, "Leave it out to ask for all.")
        if len(self.text) > MAX_LENGTH:
            message = f"the condition is longer than {MAX_LENGTH} characters"
            raise self.error("P030", message, None, "Ask in parts.")
        try:
            return sqlglot.parse_one(self.text, dialect="duckdb")
        except ParseError as error:
            raise self.syntax_error(error) from None
        except (SqlglotError, RecursionError):
            help = "Mend it: most often a quote that is not closed."
            raise self.error("P020", "the condition cannot be read", None, help) from None

    def syntax_error(self, error: ParseError) -> ConditionError:
        found = error.errors[0] if error.errors else {}
        shown = str(found.get("highlight") or "")
        lines = self.text.split("\n")
        line = min(int(found.get("line") or len(lines)), len(lines))
        end = sum(len(text) + 1 for text in lines[: line - 1]) + int(found.get("col") or 0)
        end = min(end, len(self.text))
        after = f" after `{shown}`" if shown else ""
        span = Span(Source("where", self.text), max(0, end - max(1, len(shown))), end)
        help = "Write comparisons joined with AND or OR."
        return ConditionError(Problem("P020", f"the condition cannot be read{after}", span, help))

    def error(self, code: str, message: str, node: Any, help: str) -> ConditionError:
        places = [] if node is None else [p.meta for p in node.walk() if "start" in p.meta]
        start = min((p["start"] for p in places), default=0)
        end = max((p["end"] + 1 for p in places), default=len(self.text.split("\n")[0]))
        return ConditionError(
            Problem(code, message, Span(Source("where", self.text), start, end), help)
        )

    def kind(self, node: Any, depth: int) -> Kind:
        """The type of a part, everything in it checked; names become quoted columns."""
        if depth > MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} levels deep"
            raise self.error("P030", message, node, "Ask for less at once.")
        kind = type(node)
        if any(value for key, value in node.args.items() if key not in _PARTS):
            raise self.not_allowed(node)
        if kind is exp.Paren:
            return self.kind(node.this, depth)
        if kind in (exp.And, exp.Or):
            for part in list(node.flatten()):
                self.boolean(part, depth + 1)
            return "boolean"
        if kind is exp.Not:
            self.boolean(node.this, depth + 1)
            return "boolean"
        if kind in _COMPARISONS:
            return self.comparison(node, depth)
        if kind in _ARITHMETIC or kind is exp.Neg:
            for part in (node.this, node.args.get("expression")):
                if part is not None:
                    self.one_of(_NUMBERS, part, depth, "cannot be reckoned with")
            return "number"
        if kind is exp.Column:
            return self.column(node)
        if kind is exp.Literal:
            return self.literal(node)
        if kind is exp.Boolean:
            return "boolean"
        if kind is exp.Null:
            return None
        return self.form(node, depth)

    def form(self, node: Any, depth: int) -> Kind:
        """The forms with words of their own: BETWEEN, IN, IS, LIKE, and calls."""
        kind = type(node)
        if kind is exp.Between:
            item = self.one_of(_ORDERED, node.this, depth, "has no order")
            for part in (node.args["low"], node.args["high"]):
                self.agree(item, node.this, part, depth)
            return "boolean"
        if kind is exp.In and not (node.args.get("query") or node.args.get("unnest")):
            item = self.kind(node.this, depth + 1)
            self.no_list(item, node.this)
            for part in node.expressions:
                self.agree(item, node.this, part, depth)
            return "boolean"
        if kind is exp.Is and isinstance(node.expression, exp.Null | exp.Boolean):
            self.kind(node.this, depth + 1)
            return "boolean"
        if kind in (exp.Like, exp.ILike):
            for part in (node.this, node.expression):
                self.one_of(("text",), part, depth, "is not text, which LIKE needs")
            return "boolean"
        return self.call(node, depth)

    def boolean(self, node: Any, depth: int) -> None:
        kind = self.kind(node, depth)
        if kind is not None and kind != "boolean":
            help = f"Compare it, such as `{self.shown(node)} {_SAMPLES[kind]}`."
            if kind == "list":
                help = f"Write `list_contains({self.shown(node)}, '...')`."
            message = f"`{self.shown(node)}` is {_a(kind)}, not a condition"
            raise self.error("P022", message, node, help)

    def comparison(self, node: Any, depth: int) -> Kind:
        left = self.kind(node.this, depth + 1)
        right = self.kind(node.expression, depth + 1)
        for side, other in ((left, node.expression), (right, node.this)):
            if side is None:
                shown = self.shown(other)
                help = f"Write `{shown} IS NULL` or `{shown} IS NOT NULL`."
                raise self.error("P026", "a comparison with NULL is never true", node, help)
        self.no_list(left, node.this)
        self.no_list(right, node.expression)
        if left == "time":
            self.agree(left, node.this, node.expression, depth)
        elif right == "time":
            self.agree(right, node.expression, node.this, depth)
        else:
            self.agree(left, node.this, node.expression, depth)
        if (
            left in ("text", "boolean")
            and right != "time"
            and not isinstance(node, exp.EQ | exp.NEQ)
        ):
            message = f"`{self.shown(node.this)}` is {_a(left)}, which has no order"
            raise self.error("P022", message, node, "Use =, <>, IN or LIKE.")
        return "boolean"

    def agree(self, kind: Kind, of: Any, node: Any, depth: int) -> None:
        """A value compared with something must be of its type; times are read here."""
        other = self.kind(node, depth + 1)
        if kind == "time" and other == "text" and isinstance(node, exp.Literal):
            node.replace(self.moment(node))
            return
        if kind == other or (kind in _NUMBERS and other in _NUMBERS):
            return
        message = f"`{self.shown(of)}` is {_a(kind)}, and `{self.shown(node)}` is {_a(other)}"
        help = f"Write it as `{self.shown(of)} {_SAMPLES[kind]}`." if kind else ""
        raise self.error("P022", message, node, help)

    def no_list(self, kind: Kind, node: Any) -> None:
        if kind == "list":
            shown = self.shown(node)
            message = f"`{shown}` is a list"
            raise self.error("P022", message, node, f"Write `list_contains({shown}, '...')`.")

    def one_of(self, kinds: Iterable[LogType], node: Any, depth: int, else_: str) -> Kind:
        kind = self.kind(node, depth + 1)
        if kind not in (*kinds, None):
            message = f"`{self.shown(node)}` is {_a(kind)}; it {else_}"
            raise self.error("P022", message, node, "Use a column of another type.")
        return kind

    def column(self, node: Any) -> Kind:
        name = str(node.name)
        if node.args.get("table") is not None or isinstance(node.this, exp.Star):
            raise self.error("P024", "this is no column of the log", node, "Give a name alone.")
        if node.this.args.get("quoted"):
            help = f"Text stands in single quotes: '{name}'."
            raise self.error("P021", f"unknown column `{name}`", node, help)
        if name not in LOG:
            help = suggest(name, LOG) or "docs/log.md lists the columns."
            raise self.error("P021", f"unknown column `{name}`", node, help)
        self._columns.append(node.this)
        return LOG[name].type

    def literal(self, node: Any) -> Kind:
        if node.is_string:
            return "text"
        try:
            number = float(str(node.this))
        except ValueError:
            raise self.error("P022", f"`{node.this}` is not a number", node, "") from None
        if abs(number) > 1e15:
            raise self.error("P022", f"{node.this} is larger than anything in the log", node, "")
        return "count" if number.is_integer() else "number"

    def moment(self, node: Any) -> Any:
        """A time as DuckDB's function makes it from microseconds; UTC where it has no offset."""
        try:
            time = datetime.fromisoformat(str(node.this))
        except ValueError:
            message = f"'{node.this}' is not a time"
            help = "Write it such as '2014-06-01T08:00:00+08:00' or '2014-06-01'."
            raise self.error("P022", message, node, help) from None
        if time.tzinfo is None:
            time = time.replace(tzinfo=UTC)
        return exp.func("make_timestamptz", exp.Literal.number(micros(time)))

    def call(self, node: Any, depth: int) -> Kind:
        name = _CALLS.get(type(node))
        if name is None or "start" not in node.meta:
            raise self.not_allowed(node)
        args = [arg for key in ("this", "expression") if (arg := node.args.get(key)) is not None]
        args += node.args.get("expressions") or []
        kinds = [self.kind(arg, depth + 1) for arg in args]
        if name == "coalesce":
            known = {kind for kind in kinds if kind is not None}
            if known <= set(_NUMBERS) and known:
                return "number"
            if len(known) == 1:
                return known.pop()
        elif [_wide(kind) for kind in kinds] == _TAKES[name]:
            return _GIVES[name]
        message = f"{name} does not take {', '.join(_a(kind) for kind in kinds)}"
        raise self.error("P022", message, node, FUNCTIONS[name] + ".")

    def not_allowed(self, node: Any) -> ConditionError:
        if isinstance(node, exp.Func) and "start" in node.meta:
            called = self.text[node.meta["start"] : node.meta["end"] + 1].lower()
            help = f"{suggest(called, FUNCTIONS)} The functions are: {', '.join(FUNCTIONS)}."
            return self.error(
                "P023", f"the function {called} is not on the list", node, help.strip()
            )
        help = "Write comparisons, AND, OR, NOT, IN, BETWEEN, LIKE and IS NULL."
        message = f"`{node.key.upper()}` is not part of the condition language"
        return self.error("P024", message, node, help)

    def shown(self, node: Any) -> str:
        return str(node.sql(dialect="duckdb", comments=False)).replace('"', "")


_PARTS = {
    "this", "expression", "expressions", "low", "high", "query", "table",
    "is_string", "negate", "typed", "safe",
}  # fmt: skip
"""What the parts of a condition consist of; anything else, such as DISTINCT, is refused."""

_TAKES: dict[str, list[str]] = {
    "list_contains": ["list", "text"],
    "length": ["text"],
    "lower": ["text"],
    "upper": ["text"],
    "starts_with": ["text", "text"],
    "ends_with": ["text", "text"],
    "abs": ["number"],
}
_GIVES: dict[str, LogType] = {
    "list_contains": "boolean",
    "length": "count",
    "lower": "text",
    "upper": "text",
    "starts_with": "boolean",
    "ends_with": "boolean",
    "abs": "number",
}
_SAMPLES: dict[str, str] = {
    "number": ">= 0.5",
    "count": "> 0",
    "boolean": "= TRUE",
    "text": "= '...'",
    "time": ">= '2014-06-01T00:00:00+08:00'",
    "list": "",
}


def _wide(kind: Kind) -> str | None:
    return "number" if kind == "count" else kind


def _a(kind: Kind) -> str:
    if kind is None:
        return "NULL"
    names = {"boolean": "true or false", "text": "text"}
    return names.get(kind, f"a {kind}")

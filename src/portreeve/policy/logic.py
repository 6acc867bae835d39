"""Can a condition hold at all? Does one condition imply another?

A condition is turned into what it asks of each signal: an interval of numbers, a set of names,
whether it may be NULL. A conjunction that asks for the impossible is unsatisfiable. What cannot
be taken apart (arithmetic, two signals compared) counts as a signal of its own that may be
anything, so the answers "never" and "implies" are always right, and "don't know" is no.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from portreeve.policy import domains
from portreeve.policy.expression import (
    And,
    Between,
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
)
from portreeve.policy.sqltext import (
    sql,
)
from portreeve.policy.values import (
    evaluate,
    like,
)
from portreeve.signals.catalog import CATALOG

Mode = Literal["T", "F", "NT", "NF"]
"""What is asked of a condition: true, false, not true (false or NULL), not false."""

_BUDGET = 4_000
"""How many steps a question may take before the answer is "don't know"."""


@dataclass(frozen=True)
class Values:
    """What one signal may still be. ``only`` is None for any value within the limits."""

    only: frozenset[object] | None = None
    excluded: frozenset[object] = frozenset()
    low: float = float("-inf")
    low_open: bool = False
    high: float = float("inf")
    high_open: bool = False
    whole: bool = False
    null: bool = True
    something: bool = True
    """Whether it may be anything but NULL."""

    def meet(self, other: Values) -> Values:
        """What both allow."""
        only = self.only if other.only is None else other.only
        if self.only is not None and other.only is not None:
            only = self.only & other.only
        low, low_open = max((self.low, self.low_open), (other.low, other.low_open))
        high, closed = min((self.high, not self.high_open), (other.high, not other.high_open))
        return Values(
            only,
            self.excluded | other.excluded,
            low,
            low_open,
            high,
            not closed,
            self.whole or other.whole,
            self.null and other.null,
            self.something and other.something,
        )

    @property
    def empty(self) -> bool:
        return not self.null and not (self.something and self._some_value())

    def _some_value(self) -> bool:
        if self.only is not None:
            return any(self._within(v) for v in self.only - self.excluded)
        low, high, low_open, high_open = self.low, self.high, self.low_open, self.high_open
        if self.whole:
            low, low_open = _up(low, low_open), False
            high, high_open = _down(high, high_open), False
            if low > high:
                return False
            count = high - low + 1
            if count > len(self.excluded):
                return True
            return any(low + i not in self.excluded for i in range(int(count)))
        if low == high:
            return not (low_open or high_open) and low not in self.excluded
        return low < high

    def _within(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return True
        above = value > self.low or (value == self.low and not self.low_open)
        below = value < self.high or (value == self.high and not self.high_open)
        return above and below and (not self.whole or float(value).is_integer())


def _up(low: float, is_open: bool) -> float:
    if low in (float("inf"), float("-inf")):
        return low
    whole = float(-(-low // 1))
    return whole + 1 if is_open and whole == low else whole


def _down(high: float, is_open: bool) -> float:
    if high in (float("inf"), float("-inf")):
        return high
    whole = float(high // 1)
    return whole - 1 if is_open and whole == high else whole


NULL = Values(something=False)
KNOWN = Values(null=False)


@dataclass(frozen=True)
class Ask:
    """One signal (or opaque part), and what is asked of it."""

    key: str
    values: Values


@dataclass(frozen=True)
class All:
    parts: tuple[Formula, ...]


@dataclass(frozen=True)
class Any:
    parts: tuple[Formula, ...]


Formula = Ask | All | Any
TRUE: Formula = All(())
FALSE: Formula = Any(())
_IMPOSSIBLE = Ask("", Values(null=False, something=False))


class Reasoner:
    """Answers questions about conditions that may use these definitions and counters."""

    def __init__(
        self, definitions: Mapping[str, Expr], counters: Collection[str] = frozenset()
    ) -> None:
        self.definitions = definitions
        self.counters = counters
        self._asked: dict[tuple[int, Mode], tuple[Expr, Formula]] = {}
        self._domains: dict[str, Values] = {}
        self._left = 0

    def never(self, expr: Expr) -> bool:
        """The condition can hold for no item."""
        return not self.possible([self.ask(expr, "T")])

    def always(self, expr: Expr) -> bool:
        """The condition holds for every item."""
        return not self.possible([self.ask(expr, "NT")])

    def idle(self, comparison: Expr) -> bool:
        """The comparison holds whatever the value of its signal: it compares nothing.

        A score of the model is NULL without a text, and what memory tells without memory; that
        alone makes no comparison useful.
        """
        known: list[Formula] = []
        if not isinstance(comparison, IsNull):
            names = {part.name for part in comparison.walk() if isinstance(part, Ref)}
            known = [Ask(name, KNOWN) for name in names if self._circumstantial(name)]
        return not self.possible([self.ask(comparison, "NT"), *known])

    def implies(self, first: Expr, second: Expr) -> bool:
        """Whenever the first holds, the second holds."""
        if second in conjuncts(first):
            return True
        return not self.possible([self.ask(first, "T"), self.ask(second, "NT")])

    def _circumstantial(self, name: str) -> bool:
        """Whether it is NULL for want of a text or of memory, and not for what the item says."""
        return name in self.counters or domains.from_model(name) or domains.from_memory(name)

    # --- satisfiability -------------------------------------------------------------------------

    def possible(self, formulas: list[Formula]) -> bool:
        """Whether all of these can hold together, as far as can be told."""
        self._left = _BUDGET
        return self._search(formulas, {})

    def _search(self, pending: list[Formula], known: dict[str, Values]) -> bool:
        self._left -= 1
        if self._left < 0:
            return True
        known = dict(known)
        choices: list[Any] = []
        stack = list(pending)
        while stack:
            formula = stack.pop()
            if isinstance(formula, All):
                stack += formula.parts
            elif isinstance(formula, Any):
                choices.append(formula)
            else:
                met = self._met(formula, known)
                if met.empty:
                    return False
                known[formula.key] = met
            if not stack:  # what is known now may leave a choice with one part, or with none
                forced, choices = self._narrowed(choices, known)
                stack += forced
        if not choices:
            return True
        first = min(choices, key=lambda choice: len(choice.parts))
        rest = [choice for choice in choices if choice is not first]
        return any(self._search([part, *rest], known) for part in first.parts)

    def _narrowed(
        self, choices: list[Any], known: dict[str, Values]
    ) -> tuple[list[Formula], list[Any]]:
        """Choices that are open still, without the parts that are impossible by now; and those
        parts of which a choice has no other left."""
        forced: list[Formula] = []
        still_open: list[Any] = []
        for choice in choices:
            parts = self._possible_parts(choice, known)
            if parts is None:
                continue
            if not parts:
                return [_IMPOSSIBLE], []
            if len(parts) == 1:
                forced.append(parts[0])
            else:
                still_open.append(choice if len(parts) == len(choice.parts) else Any(parts))
        return forced, still_open

    def _possible_parts(self, choice: Any, known: dict[str, Values]) -> tuple[Formula, ...] | None:
        """The parts that are possible by now; None when one of them holds already."""
        parts: list[Formula] = []
        for part in choice.parts:
            if isinstance(part, Ask) and part.key in known:
                met = known[part.key].meet(part.values)
                if met == known[part.key]:
                    return None
                if met.empty:
                    continue
            parts.append(part)
        return tuple(parts)

    def _met(self, ask: Ask, known: dict[str, Values]) -> Values:
        return known.get(ask.key, self.domain(ask.key)).meet(ask.values)

    def domain(self, key: str) -> Values:
        """What a signal can be at all."""
        if key not in self._domains:
            counter = key in self.counters
            self._domains[key] = Values(low=domains.limits(key)[0]) if counter else _domain(key)
        return self._domains[key]

    # --- what a condition asks ------------------------------------------------------------------

    def ask(self, expr: Expr, mode: Mode) -> Formula:
        """The condition, in one of the four modes, as what it asks of the signals."""
        key = (id(expr), mode)
        if key not in self._asked:  # the expression is kept, so that its id stays its own
            self._asked[key] = (expr, self._ask(expr, mode))
        return self._asked[key][1]

    def _ask(self, expr: Expr, mode: Mode) -> Formula:
        match expr:
            case And(items):
                parts = tuple(self.ask(item, mode) for item in items)
                return All(parts) if mode in ("T", "NF") else Any(parts)
            case Or(items):
                parts = tuple(self.ask(item, mode) for item in items)
                return Any(parts) if mode in ("T", "NF") else All(parts)
            case Not(item):
                turned: dict[Mode, Mode] = {"T": "F", "F": "T", "NT": "NF", "NF": "NT"}
                return self.ask(item, turned[mode])
            case IsBool(item, value):
                asked: dict[tuple[bool, bool], Mode] = {
                    (True, True): "T",
                    (True, False): "NT",
                    (False, True): "F",
                    (False, False): "NF",
                }
                return self.ask(item, asked[value, mode in ("T", "NF")])
            case Lit(value):
                return _constant(value, mode)
            case Ref(name, definition=True) if name in self.definitions:
                return self.ask(self.definitions[name], mode)
            case Compare(op, left, Lit(bool(value))) if left.type == "boolean":
                same = value is (op == "=")
                return self.ask(left if same else Not(left), mode)
            case Compare(op, Lit(bool(value)), right) if right.type == "boolean":
                same = value is (op == "=")
                return self.ask(right if same else Not(right), mode)
            case Between(item, low, high):
                return self.ask(And((Compare(">=", item, low), Compare("<=", item, high))), mode)
            case Compare(op, Lit(left), Lit(right)):
                return _constant(_judge(op, left, right), mode)
            case _:
                return self.atom(expr, mode)

    def atom(self, expr: Expr, mode: Mode) -> Formula:
        """A single question about a single signal."""
        true, false, key = _sides(expr)
        values = true if mode in ("T", "NF") else false
        if isinstance(expr, IsNull):  # never NULL itself
            return Ask(key, values)
        return Ask(key, replace(values, null=mode in ("NT", "NF")))


def _constant(value: object, mode: Mode) -> Formula:
    holds = {
        "T": value is True,
        "F": value is False,
        "NT": value is not True,
        "NF": value is not False,
    }[mode]
    return TRUE if holds else FALSE


def _judge(op: str, left: object, right: object) -> bool | None:
    result = evaluate(Compare(op, Lit(left), Lit(right)), {})  # type: ignore[arg-type]
    return None if result is None else bool(result)


_FLIPPED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def _sides(expr: Expr) -> tuple[Values, Values, str]:
    """What an atom asks to be true, what to be false, and of which signal."""
    match expr:
        case IsNull(item) if item.type != "boolean" or isinstance(item, Ref):
            return NULL, KNOWN, sql(item)
        case Compare(op, Lit(), right):
            return _sides(Compare(_FLIPPED[op], right, expr.left))  # type: ignore[arg-type]
        case Compare(op, left, Lit(value)):
            return _limit(op, value), _limit(_OPPOSITE[op], value), sql(left)
        case In(item, options):
            chosen = frozenset(option.value for option in options)
            return Values(only=chosen), Values(excluded=chosen), sql(item)
        case Like(item, pattern, fold):
            return _pattern(expr, item, pattern, fold)
        case Ref(name):
            return Values(only=frozenset({True})), Values(only=frozenset({False})), name
        case _:
            return Values(only=frozenset({True})), Values(only=frozenset({False})), sql(expr)


def _limit(op: str, value: object) -> Values:
    if op == "=":
        return Values(only=frozenset({value}))
    if op == "<>":
        return Values(excluded=frozenset({value}))
    number = float(value)  # type: ignore[arg-type]
    if op in (">", ">="):
        return Values(low=number, low_open=op == ">")
    return Values(high=number, high_open=op == "<")


def _pattern(expr: Expr, item: Expr, pattern: str, fold: bool) -> tuple[Values, Values, str]:
    known = domains.names(item.name) if isinstance(item, Ref) else None
    if known is None:
        yes, no = frozenset({True}), frozenset({False})
        return Values(only=yes), Values(only=no), sql(expr)
    fits = frozenset(name for name in known if like(name, pattern, fold))
    return Values(only=fits), Values(only=frozenset(known) - fits), sql(item)


def _domain(key: str) -> Values:
    signal = CATALOG.get(key.removeprefix(domains.LAW))
    if signal is None:
        return Values()
    null = domains.nullable(key)
    if signal.type == "boolean":
        return Values(only=frozenset({True, False}), null=null)
    if signal.type == "text":
        known = domains.names(key)
        return Values(only=None if known is None else frozenset(known), null=null)
    low, high = domains.limits(key)
    return Values(low=low, high=high, whole=signal.type == "count", null=null)


def conjuncts(expr: Expr) -> tuple[Expr, ...]:
    """The parts that must all hold; the expression itself when it is no AND."""
    return expr.items if isinstance(expr, And) else (expr,)


def atoms(expr: Expr) -> list[Expr]:
    """The comparisons in a condition: boolean parts that are not made of boolean parts."""
    if isinstance(expr, And | Or | Not | IsBool):
        return [atom for child in expr.children for atom in atoms(child)]
    return [expr]

"""The compiled form of a policy for few rows: one bit a row, a whole column in one number.

A column call costs polars some microseconds whatever the number of rows, and a policy makes
hundreds. Of a few rows, as an online service decides them, all truth values of a comparison fit in
a Python integer, and AND, OR and NOT of columns are single operations on it. Comparisons that are
not of the common kinds are read row by row. What comes out is what :mod:`portreeve.policy.program`
gives; the tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from portreeve.policy import domains
from portreeve.policy.expression import (
    And,
    Arith,
    Between,
    Call,
    Compare,
    Expr,
    In,
    IsBool,
    IsNull,
    Lit,
    Not,
    Or,
    Ref,
    width,
)
from portreeve.policy.parts import Definition, Rule
from portreeve.policy.values import evaluate, single
from portreeve.signals.catalog import CATALOG

MOST_ROWS = 256
"""Beyond, columns are quicker."""

_TIER = "goods_tier"
_LAW_TIER = domains.LAW + _TIER
_SALE = "protected_sale"
_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": np.equal, "<>": np.not_equal, "<": np.less, "<=": np.less_equal,
    ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip
_COMPUTED: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply,
}  # fmt: skip


Truth: TypeAlias = tuple[int, int]
"""For which rows something is true, and for which false; for the others it is unknown."""


@dataclass
class _Rows:
    """The rows at hand. Columns are fetched when they are asked for, once."""

    signals: pl.DataFrame
    tiers: Mapping[str, Mapping[str, str]]
    every: int
    lists: dict[str, list[Any]] = field(default_factory=dict)
    arrays: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    words: dict[str, dict[str | None, int]] = field(default_factory=dict)
    limits: dict[tuple[str, int], Truth] = field(default_factory=dict)

    def column(self, name: str) -> list[Any]:
        """A signal's values."""
        if name not in self.lists:
            if name in self.tiers:
                tier_of = self.tiers[name]
                goods = self.column("goods_category")
                self.lists[name] = [None if g is None else tier_of.get(g) for g in goods]
            elif name == _SALE:
                self.lists[name] = [False] * len(self.signals)
            else:
                self.lists[name] = self.signals.get_column(name).to_list()
        return self.lists[name]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A signal's values, NaN where it is unknown."""
        found = self.arrays.get(name)
        if found is None:
            given = self.signals.get_column(name).to_numpy()
            if name not in CATALOG or CATALOG[name].type == "number":
                given = given.astype(np.float32, copy=False)
            found = self.arrays[name] = given.astype(np.float64)
        return found

    def places(self, name: str) -> dict[str | None, int]:
        """For each word of a text signal, the rows that have it."""
        if name not in self.words:
            found: dict[str | None, int] = {}
            for row, word in enumerate(self.column(name)):
                found[word] = found.get(word, 0) | 1 << row
            self.words[name] = found
        return self.words[name]


_Compiled = Callable[[_Rows, Sequence[Truth]], Truth]


class _Limits:
    """All comparisons of a numeric signal with a written number, made in one pass a comparison."""

    def __init__(self) -> None:
        self._asked: dict[str, list[tuple[str, float]]] = {op: [] for op in _COMPARED}
        self._signals: dict[str, int] = {}

    def add(self, name: str, op: str, limit: float) -> tuple[str, int]:
        """Note a comparison; where its truth will be found."""
        self._signals.setdefault(name, len(self._signals))
        self._asked[op].append((name, limit))
        return op, len(self._asked[op]) - 1

    def read(self, rows: _Rows) -> dict[tuple[str, int], Truth]:
        """The truth of all of them."""
        if not self._signals:
            return {}
        values = np.stack([rows.numbers(name) for name in self._signals])
        lost = np.isnan(values)
        unknown = [0] * len(values)
        for signal in np.flatnonzero(lost.any(axis=1)).tolist():
            unknown[signal] = _packed(lost[signal])
        found: dict[tuple[str, int], Truth] = {}
        for op, asked in self._asked.items():
            if not asked:
                continue
            at = [self._signals[name] for name, _ in asked]
            limits = np.array([[limit] for _, limit in asked])
            bits = np.packbits(_COMPARED[op](values[at], limits), axis=1, bitorder="little")
            width, data = bits.shape[1], bits.tobytes()
            for number, signal in enumerate(at):
                known = rows.every & ~unknown[signal]
                row = data[number * width : (number + 1) * width]
                true = int.from_bytes(row, "little") & known
                found[op, number] = true, known & ~true
        return found


class _Conditions:
    """Some conditions of a policy, each distinct part computed once."""

    def __init__(
        self, definitions: Mapping[str, Definition], tiers: Mapping[str, Mapping[str, str]]
    ) -> None:
        self._tiers = tiers
        self._definitions = definitions
        self._limits = _Limits()
        self._steps: list[_Compiled] = []
        self._known: dict[Expr, int] = {}

    def _read(self, signals: pl.DataFrame) -> tuple[_Rows, list[Truth]]:
        """The rows, and what each part is worth for them."""
        rows = _Rows(signals, self._tiers, (1 << len(signals)) - 1)
        rows.limits = self._limits.read(rows)
        truths: list[Truth] = []
        for step in self._steps:
            truths.append(step(rows, truths))
        return rows, truths

    # --- compiling --------------------------------------------------------------------------------

    def _slot(self, expr: Expr) -> int:
        """Where the truth of an expression will stand; equal expressions share one place."""
        if isinstance(expr, Ref) and expr.definition:
            return self._slot(self._definitions[expr.name].condition)
        if expr not in self._known:
            step = self._compiled(expr)
            self._steps.append(step)
            self._known[expr] = len(self._steps) - 1
        return self._known[expr]

    def _compiled(self, expr: Expr) -> _Compiled:
        match expr:
            case And(items):
                return _all_of([self._slot(item) for item in items])
            case Or(items):
                return _any_of([self._slot(item) for item in items])
            case Not(item):
                return _negation(self._slot(item))
            case IsBool(item, wanted):
                return _certain(self._slot(item), wanted)
            case Call("coalesce", (item, Lit(value=False))) if item.type == "boolean":
                return _certain(self._slot(item), True)
            case Between(item, low, high):
                return self._compiled(And((Compare(">=", item, low), Compare("<=", item, high))))
            case Compare(op, Ref(name, "number" | "count") as left, Lit(value=value)) if isinstance(
                value, int | float
            ) and not isinstance(value, bool):
                limit = single(value) if width(left) == "single" else float(value)
                return _limit(self._limits.add(name, op, limit))
            case Compare(op, left, right):
                return _comparison(op, left, right) or self._by_row(expr)
            case In(Ref(name, "text"), options):
                return _one_of(name, frozenset(option.value for option in options))
            case IsNull(Ref(name, kind)) if kind in ("text", "number", "count"):
                return _is_null(name, kind)
            case Ref(name, "boolean"):
                return _flag(name)
            case _:
                return self._by_row(expr)

    def _by_row(self, expr: Expr) -> _Compiled:
        """The plain reading, for what has no quicker one."""
        names = [part.name for part in expr.walk() if isinstance(part, Ref) and not part.definition]
        inner = {part for part in expr.walk() if isinstance(part, Ref) and part.definition}
        slots = {part.name: self._slot(part) for part in inner}

        def read(rows: _Rows, truths: Sequence[Truth]) -> Truth:
            columns = {name: rows.column(name) for name in names}
            true = false = 0
            for row in range(len(rows.signals)):
                values = {name: column[row] for name, column in columns.items()}
                values |= {name: _value(truths[slot], row) for name, slot in slots.items()}
                value = evaluate(expr, values)
                true |= (value is True) << row
                false |= (value is False) << row
            return true, false

        return read


class BitProgram(_Conditions):
    """All conditions of a policy's rules."""

    def __init__(
        self,
        rules: Sequence[Rule],
        definitions: Mapping[str, Definition],
        tiers: Mapping[str, Mapping[str, str]],
    ) -> None:
        """``tiers``: of ``goods_tier`` and ``law.goods_tier``, the tier of each category."""
        super().__init__(definitions, tiers)
        self._rules = [
            (frozenset(s.value for s in rule.surfaces), self._slot(rule.condition))
            for rule in rules
        ]
        self._sale = self._slot(definitions[_SALE].condition) if _SALE in definitions else None

    def run(
        self, signals: pl.DataFrame
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], pl.Series, pl.Series]:
        """Row and rule of all that holds, by row, then by rule; the tiers; the protected sales."""
        size = len(signals)
        rows, truths = self._read(signals)
        places = rows.places("surface")
        held = sorted(
            (row, at)
            for at, (surfaces, slot) in enumerate(self._rules)
            if (found := truths[slot][0] & _rows_of(places, surfaces))
            for row in _ones(found)
        )
        pairs = np.array(held, dtype=np.int64).reshape(-1, 2)
        sale, no_sale = (0, rows.every) if self._sale is None else truths[self._sale]
        unknown = rows.every & ~sale & ~no_sale
        sales = [None if unknown >> row & 1 else bool(sale >> row & 1) for row in range(size)]
        return (
            pairs[:, 0],
            pairs[:, 1],
            pl.Series(_TIER, rows.column(_TIER), dtype=pl.String),
            pl.Series(_SALE, sales, dtype=pl.Boolean),
        )


class BitCounting(_Conditions):
    """The conditions of a policy's counters: which items each of them counts."""

    def __init__(
        self,
        conditions: Sequence[Expr | None],
        definitions: Mapping[str, Definition],
        tiers: Mapping[str, Mapping[str, str]],
    ) -> None:
        """``conditions``: None for a counter that counts every item."""
        super().__init__(definitions, tiers)
        self._slots = [None if expr is None else self._slot(expr) for expr in conditions]

    def run(self, signals: pl.DataFrame) -> NDArray[np.bool_]:
        """For each condition a row, for each item a column: whether it holds."""
        rows, truths = self._read(signals)
        size = len(signals)
        width = -(-size // 8)
        held = [rows.every if slot is None else truths[slot][0] for slot in self._slots]
        data = b"".join(bits.to_bytes(width, "little") for bits in held)
        bits = np.frombuffer(data, np.uint8).reshape(len(held), width)
        return np.unpackbits(bits, axis=1, count=size, bitorder="little").view(np.bool_)


def _all_of(slots: list[int]) -> _Compiled:
    def read(rows: _Rows, truths: Sequence[Truth]) -> Truth:
        true, false = rows.every, 0
        for slot in slots:
            yes, no = truths[slot]
            true &= yes
            false |= no
        return true, false

    return read


def _any_of(slots: list[int]) -> _Compiled:
    def read(rows: _Rows, truths: Sequence[Truth]) -> Truth:
        true, false = 0, rows.every
        for slot in slots:
            yes, no = truths[slot]
            true |= yes
            false &= no
        return true, false

    return read


def _negation(slot: int) -> _Compiled:
    def read(_rows: _Rows, truths: Sequence[Truth]) -> Truth:
        true, false = truths[slot]
        return false, true

    return read


def _certain(slot: int, wanted: bool) -> _Compiled:
    """IS TRUE and IS FALSE."""

    def read(rows: _Rows, truths: Sequence[Truth]) -> Truth:
        true = truths[slot][0 if wanted else 1]
        return true, rows.every & ~true

    return read


def _limit(place: tuple[str, int]) -> _Compiled:
    def read(rows: _Rows, _truths: Sequence[Truth]) -> Truth:
        return rows.limits[place]

    return read


def _flag(name: str) -> _Compiled:
    def read(rows: _Rows, _truths: Sequence[Truth]) -> Truth:
        places = rows.places(name)
        return places.get(True, 0), places.get(False, 0)  # type: ignore[call-overload]

    return read


def _is_null(name: str, kind: str) -> _Compiled:
    def read(rows: _Rows, _truths: Sequence[Truth]) -> Truth:
        if kind == "text":
            null = rows.places(name).get(None, 0)
        else:
            null = _packed(np.isnan(rows.numbers(name)))
        return null, rows.every & ~null

    return read


def _one_of(name: str, options: frozenset[Any], *, found_is: bool = True) -> _Compiled:
    """A text signal is one of some words, or is none of them."""

    def read(rows: _Rows, _truths: Sequence[Truth]) -> Truth:
        places = rows.places(name)
        among = _rows_of(places, options)
        others = rows.every & ~among & ~places.get(None, 0)
        return (among, others) if found_is else (others, among)

    return read


def _comparison(op: str, left: Expr, right: Expr) -> _Compiled | None:
    """A comparison of a text signal with a word, or of numbers; None for others."""
    match left, right:
        case Ref(name, "text"), Lit(value=str(word)) if op in ("=", "<>"):
            return _one_of(name, frozenset([word]), found_is=op == "=")
        case Call("coalesce", (Ref(name, "text"), Lit(value=str(other)))), Lit(value=str(word)) if (
            op in ("=", "<>")
        ):
            named = [word, None] if other == word else [word]
            return _never_null(_one_of(name, frozenset(named)), op)
    first, second = _number(left, right), _number(right, left)
    if first is None or second is None:
        return None
    compare = _COMPARED[op]

    def read(rows: _Rows, _truths: Sequence[Truth]) -> Truth:
        a, b = first(rows), second(rows)
        compared, lost = compare(a, b), np.isnan(a) | np.isnan(b)
        if compared.ndim == 0:  # two written numbers
            compared, lost = (np.full(len(rows.signals), flag) for flag in (compared, lost))
        unknown = _packed(lost) if lost.any() else 0
        true = _packed(compared) & ~unknown
        return true, rows.every & ~true & ~unknown

    return read


def _never_null(inner: _Compiled, op: str) -> _Compiled:
    def read(rows: _Rows, truths: Sequence[Truth]) -> Truth:
        true, _ = inner(rows, truths)
        false = rows.every & ~true
        return (true, false) if op == "=" else (false, true)

    return read


_Numbers = Callable[[_Rows], Any]


def _number(expr: Expr, beside: Expr) -> _Numbers | None:
    """A numeric expression over columns, NaN where it is unknown; None for functions."""
    match expr:
        case Ref(name, "number" | "count"):
            return lambda rows: rows.numbers(name)
        case Lit(value=int() | float() as value) if not isinstance(value, bool):
            fixed = np.float64(single(value) if width(beside) == "single" else value)
            return lambda _rows: fixed
        case Arith(op, left, right):
            first, second = _number(left, Lit(0)), _number(right, Lit(0))
            if first is None or second is None:
                return None
            if op == "/":
                return lambda rows: _quotient(first(rows), second(rows))
            compute = _COMPUTED[op]
            return lambda rows: compute(first(rows), second(rows))
        case _:
            return None


def _quotient(first: Any, second: Any) -> Any:
    """Division by zero gives NULL."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(second == 0, np.nan, first / second)


def _value(truth: Truth, row: int) -> bool | None:
    true, false = truth
    if true >> row & 1:
        return True
    return False if false >> row & 1 else None


def _rows_of(places: Mapping[Any, int], words: frozenset[Any]) -> int:
    found = 0
    if len(words) < len(places):
        for word in words:
            found |= places.get(word, 0)
    else:
        for word, rows in places.items():
            if word in words:
                found |= rows
    return found


def _packed(flags: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")


def _ones(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest

"""Conditions as small typed trees.

The tree is what everything else works on: the checks, the compiled form, the explanation. Truth
has three values, as in SQL: True, False and None (unknown, SQL's NULL).
"""

from __future__ import annotations

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
    return _with_refs(expr, lambda ref: replace(ref, name=names.get(ref.name, ref.name)))


def spelled_out(expr: Expr, definitions: Mapping[str, Expr]) -> Expr:
    """The same expression with the conditions of definitions in place of their names."""

    def meant(ref: Ref) -> Expr:
        if not ref.definition or ref.name not in definitions:
            return ref
        others = {name: of for name, of in definitions.items() if name != ref.name}  # no circle
        return spelled_out(definitions[ref.name], others)

    return _with_refs(expr, meant)


def _with_refs(expr: Expr, change: Callable[[Ref], Expr]) -> Expr:
    """The same expression with something else in place of each name."""

    def changed(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(changed(one) for one in value)
        return _with_refs(value, change) if isinstance(value, Expr) else value

    if isinstance(expr, Ref):
        return change(expr)
    if not expr.children:
        return expr
    parts = {part.name: getattr(expr, part.name) for part in fields(expr)}
    return replace(expr, **{name: changed(value) for name, value in parts.items()})


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

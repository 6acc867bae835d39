"""The parts of a loaded policy: rules, definitions, forms, ladders, ways out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from portreeve.model import Layer, Surface, SurfaceState, Verdict
from portreeve.policy.expression import (
    Expr,
)


@dataclass(frozen=True)
class Words:
    """One text in English and Chinese."""

    en: str
    zh: str

    def said(self, lang: str) -> str:
        """The text in a language, ``en`` or ``zh``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class SurfaceRule:
    """What the policy says of one surface, and when it will change if it says so."""

    state: SurfaceState
    until: Words | None = None


@dataclass(frozen=True)
class Definition:
    """A named condition, in words and in SQL."""

    name: str
    words: Words
    when: str
    layer: Layer
    file: str = field(compare=False)
    line: int = field(compare=False)
    condition: Expr = field(repr=False, compare=False)


Counted = Literal["posts", "contacts", "links", "audiences", "accounts", "hours"]
CountedBy = Literal["account", "contact", "link", "copy"]


@dataclass(frozen=True)
class Counter:
    """Something counted over a window of time: a number that conditions may name.

    ``against`` makes it a rate: the count divided by the same key's own average before. Of ``when``
    the text is None for a counter that counts every item; ``condition`` is the same, checked.
    """

    name: str
    words: Words
    count: Counted
    by: CountedBy
    over: timedelta
    against: timedelta | None
    when: str | None
    layer: Layer
    file: str = field(compare=False)
    line: int = field(compare=False)
    condition: Expr | None = field(repr=False, compare=False)
    spelled: str = field(default="", repr=False)
    """The condition with its definitions spelled out."""

    @property
    def identity(self) -> str:
        """What it counts, as 16 hex digits: the same in every version that counts the same."""
        spans = (span.total_seconds() if span else 0 for span in (self.over, self.against))
        parts = (self.count, self.by, *(f"{seconds:.0f}" for seconds in spans), self.spelled)
        return hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()


def in_units(span: timedelta) -> str:
    """A length of time as a policy writes it.

    >>> in_units(timedelta(days=7)), in_units(timedelta(hours=36))
    ('7d', '36h')
    """
    hours = int(span.total_seconds()) // 3600
    return f"{hours}h" if hours % 24 else f"{hours // 24}d"


@dataclass(frozen=True)
class Example:
    """A text (with its circumstances) and the verdict that must come out for it.

    ``known``: values of counters and of signals of memory; the others are NULL.
    """

    verdict: Verdict
    text: str
    surface: Surface
    account: str | None = None
    audience: str | None = None
    standing: str | None = None
    licence: str | None = None
    links: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    picture_text: str | None = None
    disclosed: bool | None = None
    known: Mapping[str, float | bool] = field(default_factory=dict, hash=False)
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Rule:
    """A condition with a verdict. ``when`` is its SQL; ``condition`` the same, checked.

    ``strike`` counts on ``ladder``. ``reach`` is the share of the audience left by ``limit``.
    ``line`` is where it stands in ``file``.
    """

    id: str
    clause: str
    layer: Layer
    surfaces: tuple[Surface, ...]
    when: str
    verdict: Verdict
    because: Words
    comply: Words | None
    way_out: str | None
    label: Words | None
    reach: float | None
    strike: int
    ladder: str | None
    examples: tuple[Example, ...]
    file: str = field(compare=False)
    line: int = field(compare=False)
    condition: Expr = field(repr=False, compare=False)
    from_matrix: bool = False


@dataclass(frozen=True)
class Form:
    """A commerce form: a column of the matrix."""

    name: str
    title: Words
    surfaces: tuple[Surface, ...]


@dataclass(frozen=True)
class Cell:
    """One decision of the matrix; ``rule`` is the id of the rule made from it."""

    verdict: Verdict
    rule: str | None


@dataclass(frozen=True)
class Row:
    """A row of the matrix: a tier, the protected sales, or named goods."""

    name: str
    title: Words
    categories: tuple[str, ...]
    cells: dict[str, Cell]


@dataclass(frozen=True)
class Matrix:
    """Product by commerce form, every cell decided."""

    when: str
    clause: str
    rows: dict[str, Row]


@dataclass(frozen=True)
class WayOut:
    """Where people can do properly what a rule refuses."""

    name: str
    title: Words
    how: Words


Sanction = Literal["warn", "limit", "mute", "disgorge", "block_links", "suspend", "ban"]


@dataclass(frozen=True)
class Step:
    """What happens at a number of strikes; ``lasts`` is None for what has no end or no length."""

    at: int
    sanctions: tuple[Sanction, ...]
    lasts: timedelta | None


@dataclass(frozen=True)
class Ladder:
    """From strikes to sanctions."""

    name: str
    strikes_expire: timedelta | None
    steps: tuple[Step, ...]

"""What a scenario expects, what it finds, and whether the two agree."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scenarios.stage import Stage

NOT_REACHED = "not reached"
LEFT_OUT = "left out"
_Z95 = 1.959963984540054


@dataclass(frozen=True)
class AtLeast:
    """A number is expected that is this or more.

    >>> AtLeast(0.98).holds(0.99), AtLeast(0.98).holds(None), str(AtLeast(3))
    (True, False, 'at least 3')
    """

    least: float

    def holds(self, found: object) -> bool:
        """Whether it is."""
        return isinstance(found, int | float) and found >= self.least

    def __str__(self) -> str:
        return f"at least {self.least}"


@dataclass(frozen=True)
class AtMost:
    """A number is expected that is this or less.

    >>> AtMost(0.3).holds(0.2), AtMost(0.3).holds(0.31)
    (True, False)
    """

    most: float

    def holds(self, found: object) -> bool:
        """Whether it is."""
        return isinstance(found, int | float) and found <= self.most

    def __str__(self) -> str:
        return f"at most {self.most}"


@dataclass(frozen=True)
class Check:
    """One thing that was expected, and what came out."""

    what: str
    expected: object
    found: object
    evidence: str
    ok: bool | None
    """None: it was left out, for the reason that ``evidence`` says."""


@dataclass
class Findings:
    """What came out of one scenario.

    >>> findings = Findings({"verdict": "refuse", "people who see it": 0})
    >>> findings("verdict", "refuse", "dec-1, clause 3.1")
    >>> [(check.what, check.found, check.ok) for check in findings.checks()]
    [('verdict', 'refuse', True), ('people who see it', 'not reached', False)]
    """

    expected: Mapping[str, object]
    found: dict[str, tuple[object, str]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __call__(self, what: str, found: object, evidence: str = "") -> None:
        """Say what came out of something that is expected."""
        if what not in self.expected:
            raise KeyError(f"nothing is expected of {what!r}")
        if what in self.found:
            raise KeyError(f"{what!r} was found before")
        self.found[what] = (found, evidence)

    def leave_out(self, what: str, why: str) -> None:
        """Say that something expected cannot be looked at here."""
        self.left_out[what] = why

    def note(self, words: str) -> None:
        """Say something that belongs to the table and is not expected to be one way or another."""
        self.notes.append(words)

    def checks(self) -> list[Check]:
        """Everything that was expected, in its order, beside what came out."""
        made = []
        for what, expected in self.expected.items():
            if what in self.left_out:
                made.append(Check(what, expected, LEFT_OUT, self.left_out[what], None))
                continue
            found, evidence = self.found.get(what, (NOT_REACHED, ""))
            made.append(Check(what, expected, found, evidence, _agree(expected, found)))
        return made


@dataclass(frozen=True)
class Scenario:
    """One story, with what must come out of it as literal data."""

    number: int
    title: str
    expected: Mapping[str, object]
    play: Callable[[Stage, Findings], None]


@dataclass(frozen=True)
class Outcome:
    """How one scenario ended."""

    scenario: Scenario
    checks: list[Check]
    notes: list[str]
    seconds: float
    broken: str | None = None
    """What kept it from being played to its end."""

    @property
    def ok(self) -> bool:
        """Whether everything came out as expected."""
        return self.broken is None and all(check.ok is not False for check in self.checks)


def wilson(hits: int, total: int) -> tuple[float, float, float]:
    """A share with the 95 % interval of Wilson.

    >>> [round(value, 4) for value in wilson(294, 300)]
    [0.98, 0.9571, 0.9908]
    """
    share, square = hits / total, _Z95**2
    middle = (share + square / (2 * total)) / (1 + square / total)
    spread = share * (1 - share) / total + square / (4 * total**2)
    half = _Z95 * math.sqrt(spread) / (1 + square / total)
    return share, max(0.0, middle - half), min(1.0, middle + half)


def shown(value: Any) -> str:
    """A value as the table shows it.

    >>> shown([True, None]), shown(AtLeast(1)), shown(0.123456), shown({"a": 1})
    ('yes, -', 'at least 1', '0.1235', 'a: 1')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {shown(one)}" for key, one in value.items()) or "none"
    return str(value)


def _agree(expected: object, found: object) -> bool:
    if isinstance(expected, AtLeast | AtMost):
        return expected.holds(found)
    return type(expected) is type(found) and expected == found

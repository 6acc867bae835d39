"""The written policy: load it, check it, evaluate it, explain it, compare it."""

from __future__ import annotations

from portreeve.policy.document import Policy, check, load
from portreeve.policy.errors import CODES, PolicyError, Problem, report
from portreeve.policy.parts import (
    Cell,
    Definition,
    Example,
    Form,
    Ladder,
    Matrix,
    Row,
    Rule,
    Step,
    WayOut,
    Words,
)

__all__ = [
    "CODES",
    "Cell",
    "Definition",
    "Example",
    "Form",
    "Ladder",
    "Matrix",
    "Policy",
    "PolicyError",
    "Problem",
    "Row",
    "Rule",
    "Step",
    "WayOut",
    "Words",
    "check",
    "load",
    "report",
]

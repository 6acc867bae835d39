"""The written policy: load it, check it, evaluate it, explain it, compare it."""

from __future__ import annotations

from portreeve.policy.diff import Change, diff, diff_on
from portreeve.policy.document import Policy, check, check_text, load
from portreeve.policy.errors import CODES, PolicyError, Problem, report
from portreeve.policy.examples import ExampleResult, example_items, example_memory, run_examples
from portreeve.policy.explain import Explanation, Finding, explain
from portreeve.policy.parts import (
    Cell,
    Counter,
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
    "Change",
    "Counter",
    "Definition",
    "Example",
    "ExampleResult",
    "Explanation",
    "Finding",
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
    "check_text",
    "diff",
    "diff_on",
    "example_items",
    "example_memory",
    "explain",
    "load",
    "report",
    "run_examples",
]

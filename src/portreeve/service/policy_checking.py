"""A policy text that somebody writes: checked as they write, with all of its examples.

What was checked is kept in memory for a while, by its text: who looks again, tries a post or
proposes it does not wait a second time.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import polars as pl

from portreeve.policy import ExampleResult, Policy, Problem, run_examples
from portreeve.policy.document import check_text
from portreeve.schemas.policies import PolicyProblem

TEXT = "the text"
"""What problems call a text that is in no file."""

_KEPT = 32


@dataclass(frozen=True)
class CheckedText:
    """What was found about a text. ``policy`` is None when it does not load.

    ``problems`` are those of the loader; examples that come out otherwise than they say stand in
    ``examples``, of which there are none without a policy.
    """

    policy: Policy | None
    problems: tuple[PolicyProblem, ...]
    examples: tuple[ExampleResult, ...]

    @property
    def errors(self) -> tuple[PolicyProblem, ...]:
        """The problems that refuse the text."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def failed(self) -> tuple[ExampleResult, ...]:
        """The examples that come out otherwise than they say."""
        return tuple(result for result in self.examples if not result.passed)

    @property
    def is_law(self) -> bool:
        """Whether it is a law file: in force only under a house policy."""
        return self.policy is not None and self.policy.announcement is None

    @property
    def good(self) -> bool:
        """Whether it can be proposed."""
        return self.policy is not None and not self.failed and not self.is_law


@functools.lru_cache(maxsize=_KEPT)
def check_policy_text(text: str) -> CheckedText:
    """Load a text and run its examples; it may build on shipped policies."""
    policy, problems = check_text(text, TEXT)
    told = tuple(told_problem(problem) for problem in problems)
    if policy is None:
        return CheckedText(None, told, ())
    return CheckedText(policy, told, run_all(policy))


def run_all(policy: Policy) -> tuple[ExampleResult, ...]:
    """What comes out for each example of a policy's own rules."""
    return tuple(run_examples(policy, _screen))


def told_problem(problem: Problem) -> PolicyProblem:
    """A problem of the loader as the service tells it."""
    facts = problem.to_dict()
    return PolicyProblem(
        code=facts["code"],
        severity=facts["severity"],
        file=facts["file"],
        line=facts["line"],
        column=facts["column"],
        message=facts["message"],
        mend=facts["help"],
    )


def _screen(items: pl.DataFrame, policy: Policy, remembered: pl.DataFrame | None) -> pl.DataFrame:
    from portreeve.engine import screen

    return screen(items, policy, remembered=remembered)

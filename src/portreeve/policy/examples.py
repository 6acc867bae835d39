"""The examples of a policy are its tests: run them through the whole policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from portreeve.model import Item, SurfaceState, Verdict, columns
from portreeve.policy.document import Policy
from portreeve.policy.explain import Explanation, explain
from portreeve.policy.parts import Example, Rule
from portreeve.signals.catalog import column_type

Screen = Callable[["pl.DataFrame", Policy, "pl.DataFrame | None"], "pl.DataFrame"]
"""Items (columns of :class:`portreeve.model.Item`), a policy, and what memory knows of the items
(see :func:`example_memory`) in, decisions out, in order."""


@dataclass(frozen=True)
class ExampleResult:
    """What came out for one example.

    ``reason`` says in a sentence what is wrong, and is empty when it passed. ``explanations``
    are there for failures, if the decisions came with a column ``signals``: first of the rule
    itself, then of the rules that decided instead.
    """

    rule: str
    example: Example
    verdict: Verdict
    rules: tuple[str, ...]
    passed: bool
    reason: str = ""
    explanations: tuple[Explanation, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "rule": self.rule,
            "file": self.example.file,
            "line": self.example.line,
            "text": self.example.text,
            "surface": self.example.surface.value,
            "expected": self.example.verdict.value,
            "verdict": self.verdict.value,
            "rules": list(self.rules),
            "passed": self.passed,
            "reason": self.reason,
            "explanations": [e.to_dict() for e in self.explanations],
        }


def run_examples(policy: Policy, screen: Screen) -> list[ExampleResult]:
    """Run all examples of a policy's own rules.

    An example under ``allow`` must come out as exactly ``allow``. Under another verdict, the
    whole policy must decide so or more severely, and the rule itself must hold. Examples of the
    law layer are run when the law file is tested by itself: what the law allows, a house may
    refuse.
    """
    cases = [
        (rule, example)
        for rule in policy.rules
        if rule.layer == policy.layer
        for example in rule.examples
    ]
    closed = [policy.surfaces[example.surface] is not SurfaceState.governed for _, example in cases]
    open_ones = [example for (_, example), shut in zip(cases, closed, strict=True) if not shut]
    decided: Iterator[dict[str, Any]] = iter(())
    if open_ones:
        items, remembered = example_items(open_ones), example_memory(open_ones)
        decided = screen(items, policy, remembered).iter_rows(named=True)
    return [
        _nowhere(policy, rule, example) if shut else _judge(policy, rule, example, next(decided))
        for (rule, example), shut in zip(cases, closed, strict=True)
    ]


def example_items(examples: list[Example]) -> pl.DataFrame:
    """Examples as items: the columns of :class:`portreeve.model.Item`, ids from 0 as text."""
    rows = [
        {
            "id": str(number),
            "surface": example.surface.value,
            "account": example.account,
            "audience": example.audience,
            "time": None,
            "standing": example.standing,
            "licence": example.licence,
            "text": example.text,
            "links": list(example.links),
            "disclosed": example.disclosed,
            "codes": list(example.codes),
            "picture_text": example.picture_text,
        }
        for number, example in enumerate(examples)
    ]
    return pl.DataFrame(rows, schema=columns(Item))


def example_memory(examples: list[Example]) -> pl.DataFrame | None:
    """What examples say that memory knows of them: a column per counter and signal of memory that
    any of them names. None when none does.
    """
    names = dict.fromkeys(name for example in examples for name in example.known)
    if not names:
        return None
    return pl.DataFrame(
        [
            pl.Series(name, [example.known.get(name) for example in examples], column_type(name))
            for name in names
        ]
    )


def _nowhere(policy: Policy, rule: Rule, example: Example) -> ExampleResult:
    """What comes of an example on a surface where the policy decides nothing."""
    state = policy.surfaces[example.surface]
    reason = f"it is on the surface {example.surface}, which is {state}: nothing is decided there"
    return ExampleResult(rule.id, example, Verdict.allow, (), passed=False, reason=reason)


def _judge(policy: Policy, rule: Rule, example: Example, decision: dict[str, Any]) -> ExampleResult:
    verdict, rules = Verdict(decision["verdict"]), tuple(decision["rules"])
    reason = _wrong(rule, example, verdict, rules)
    return ExampleResult(
        rule=rule.id,
        example=example,
        verdict=verdict,
        rules=rules,
        passed=not reason,
        reason=reason,
        explanations=_explanations(policy, rule, example, decision) if reason else (),
    )


def _wrong(rule: Rule, example: Example, verdict: Verdict, rules: tuple[str, ...]) -> str:
    if example.verdict is Verdict.allow:
        if verdict is Verdict.allow:
            return ""
        return f"it should be allowed, and {' and '.join(rules)} made it {verdict}"
    if rule.id not in rules:
        others = f"; what holds is {', '.join(rules)}" if rules else "; no rule holds"
        return f"the rule does not hold for it{others}"
    if verdict.rank < example.verdict.rank:
        return f"it should be {example.verdict}, and the strongest rule says {verdict}"
    return ""


def _explanations(
    policy: Policy, rule: Rule, example: Example, decision: dict[str, Any]
) -> tuple[Explanation, ...]:
    signals = decision.get("signals")
    if signals is None:
        return ()
    ids = decision["rules"] if example.verdict is Verdict.allow else [rule.id]
    return tuple(explain(policy, signals, id) for id in ids)

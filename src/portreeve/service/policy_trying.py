"""A post that nobody published, decided by two policies: what each makes of it, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import polars as pl

from portreeve.engine import Assessed, assess, judge
from portreeve.model import Evidence, Item, Verdict, columns
from portreeve.policy import Explanation, Policy, Rule, explain
from portreeve.schemas.policy_drafts import TryPost
from portreeve.signals.catalog import MEMORY_SIGNALS, column_type


def known_to(policy: Policy, known: Mapping[str, float | bool]) -> pl.DataFrame | None:
    """What is known of one post: counters of the policy, and signals of memory."""
    told = {name: known[name] for name in (*MEMORY_SIGNALS, *policy.counters) if name in known}
    if not told:
        return None
    return pl.DataFrame(
        [pl.Series(name, [value]).cast(column_type(name)) for name, value in told.items()]
    )


@dataclass(frozen=True)
class Tried:
    """What one policy decides of a post.

    ``evidence``: places in the text, as decisions have them; ``rules``: those that hold, the
    strongest first; ``explained``: why, first of the rule that was asked about.
    """

    policy: str
    verdict: Verdict
    rules: tuple[Rule, ...]
    evidence: list[Evidence]
    signals: dict[str, Any]
    explained: tuple[Explanation, ...]


def try_post(post: TryPost, *policies: Policy) -> list[Tried]:
    """What policies decide of one post, measured once."""
    row: dict[str, Any] = {
        "id": "tried", "surface": post.surface.value, "standing": post.standing,
        "licence": post.licence, "text": post.text, "links": [], "disclosed": post.disclosed,
        "codes": [], "picture_text": None,
    }  # fmt: skip
    assessed = assess(pl.DataFrame([row], schema=columns(Item)))
    return [_tried(post, assessed, policy) for policy in policies]


def _tried(post: TryPost, assessed: Assessed, policy: Policy) -> Tried:
    decisions, facts = judge(assessed, policy, known_to(policy, post.known))
    decision, signals = decisions.row(0, named=True), facts.row(0, named=True)
    rules = tuple(policy.rule(id) for id in decision["rules"])
    asked = [post.rule] if post.rule in {rule.id for rule in policy.rules} else []
    ids = dict.fromkeys([*asked, *decision["rules"]])
    return Tried(
        policy=policy.label,
        verdict=Verdict(decision["verdict"]),
        rules=rules,
        evidence=msgspec.convert(decision["evidence"], list[Evidence]),
        signals=signals,
        explained=tuple(explain(policy, signals, str(id)) for id in ids),
    )

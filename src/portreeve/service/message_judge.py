"""What a policy says of one message of a private chat, once its recipient has opened it.

The rules of the house are about public places: who sells to a friend in a chat breaks none of them.
So of all rules only those count that forbid something anywhere: the law layer's, and those that
hold when the goods are black.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol

from portreeve.model import Surface, Verdict
from portreeve.policy import Policy
from portreeve.service.case_opening import SEALED_TIER
from portreeve.service.decisions import PoliciesInForce


class MessageJudgement(NamedTuple):
    """What a policy says of a message. ``rules`` that count, with their ``clauses``."""

    policy: str
    verdict: Verdict
    lawful: bool
    rules: list[str]
    clauses: list[str]
    goods_category: str | None
    goods_tier: str | None


class MessageJudge(Protocol):
    """Judges messages."""

    def __call__(self, network: str, text: str, time: datetime) -> MessageJudgement:
        """What the policy of a network says of a message at a time."""


class PolicyMessageJudge:
    """Judges messages by the policy in force, on the surface whose rules see most."""

    def __init__(self, policies: PoliciesInForce) -> None:
        self._policies = policies

    def __call__(self, network: str, text: str, time: datetime) -> MessageJudgement:
        """What the policy in force says; ``hold`` when it says nothing: a person decides then."""
        import polars as pl

        from portreeve.engine import screen

        policy = self._policies.at(network, time).policy
        items = pl.DataFrame({"id": ["message"], "surface": [Surface.moments], "text": [text]})
        found = screen(items, policy).row(0, named=True)
        return _anywhere(policy, found["rules"], found["goods_category"], found["goods_tier"])


def _anywhere(
    policy: Policy, held: list[str], category: str | None, tier: str | None
) -> MessageJudgement:
    rules = [policy.rule(id) for id in held]
    counted = [rule for rule in rules if rule.layer == "law" or tier == SEALED_TIER]
    strongest = Verdict.strongest(rule.verdict for rule in counted)
    refused = strongest.rank == Verdict.remove.rank
    return MessageJudgement(
        policy=policy.label,
        verdict=Verdict.remove if refused else Verdict.hold,
        lawful=not any(
            rule.layer == "law" and rule.verdict.rank == Verdict.remove.rank for rule in counted
        ),
        rules=[rule.id for rule in counted],
        clauses=[rule.clause for rule in counted],
        goods_category=category,
        goods_tier=tier,
    )

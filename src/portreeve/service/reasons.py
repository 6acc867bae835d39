"""Why: the rules of a policy in the words that the person concerned reads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from portreeve.enforcement.reach import reach
from portreeve.model import Verdict
from portreeve.policy import Policy
from portreeve.policy.parts import Rule
from portreeve.schemas.screening import Destination, Reason, Text, as_text

SANCTION_RULE = "account."
"""Rules that start so are no rules of a policy: a sanction of the account decided."""

_SANCTIONS = {
    "suspend": Text(
        en="The account is suspended: nothing it publishes appears until the suspension ends.",
        zh="账号处于停用期：停用结束之前，它发布的内容不会出现。",
    ),
    "ban": Text(
        en="The account is closed for breaches of the policy.", zh="账号因违反规则已被关闭。"
    ),
    "mute": Text(
        en="The account is muted: it cannot publish until the time is over.",
        zh="账号处于禁言期：期满之前不能发布内容。",
    ),
    "block_links": Text(
        en="The account may not publish links until the time is over.",
        zh="账号在期满之前不能发布链接。",
    ),
    "limit": Text(
        en="What the account publishes appears to fewer people until the time is over.",
        zh="账号处于限流期：期满之前，它发布的内容只给较少的人看到。",
    ),
}
"""What is said when a sanction decides, by its kind."""
_REMEMBERED = 4096


def reasons_of(policy: Policy, rules: Iterable[str]) -> list[Reason]:
    """The reasons behind rules of a policy, and behind sanctions (``account.`` and the kind).

    A rule that the policy does not have is left out: it is of another version.
    """
    known = {rule.id: rule for rule in policy.rules}
    found = []
    for name in rules:
        rule = known.get(name)
        kind = name.removeprefix(SANCTION_RULE)
        if rule is not None:
            found.append(_reason(policy, rule))
        elif kind != name and kind in _SANCTIONS:
            verdict = Verdict.limit if kind == "limit" else Verdict.refuse
            found.append(
                Reason(
                    rule=name, clause="", layer="house", verdict=verdict, because=_SANCTIONS[kind]
                )
            )
    return found


class ReasonBook:
    """A policy, and its reasons as JSON: remembered, since a few combinations of rules make up
    nearly all posts."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._known: dict[tuple[str, ...], bytes] = {(): b"[]"}

    def json(self, rules: list[str]) -> bytes:
        """The reasons behind rules, as a JSON array."""
        key = tuple(rules)
        known = self._known.get(key)
        if known is None:
            known = msgspec.json.encode(reasons_of(self.policy, rules))
            if len(self._known) < _REMEMBERED:
                self._known[key] = known
        return known


def reach_of(policy: Policy, rules: Iterable[str]) -> float | None:
    """The share of the audience that rules, and a sanction of the account, leave; None for all."""
    named = list(rules)
    return reach(
        [policy.rule(name) for name in named if not name.startswith(SANCTION_RULE)],
        account_limited=f"{SANCTION_RULE}limit" in named,
    )


def appeal_until(verdict: str, decided: datetime, days: int) -> datetime | None:
    """Until when a decision can be appealed; None where nothing is settled against the person."""
    open_to_none = verdict in (Verdict.allow, Verdict.hold)
    return None if open_to_none else decided + timedelta(days=days)


def _reason(policy: Policy, rule: Rule) -> Reason:
    way = policy.ways_out.get(rule.way_out) if rule.way_out else None
    return Reason(
        rule=rule.id,
        clause=rule.clause,
        layer=rule.layer,
        verdict=rule.verdict,
        because=Text(en=rule.because.en, zh=rule.because.zh),
        comply=as_text(rule.comply),
        way_out=None
        if way is None
        else Destination(
            name=way.name,
            title=Text(en=way.title.en, zh=way.title.zh),
            how=Text(en=way.how.en, zh=way.how.zh),
        ),
        label=as_text(rule.label),
    )

"""A case as its page shows it: gathered from the service, before it becomes HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portreeve.console.desk import Desk
from portreeve.console.signal_words import Said, telling
from portreeve.policy import Policy
from portreeve.policy.explain import Finding
from portreeve.policy.explain import telling as settling
from portreeve.policy.parts import Rule
from portreeve.report.highlight import kind_of
from portreeve.schemas.accounts import Account
from portreeve.schemas.base import Paging
from portreeve.schemas.cases import CaseEvidence, CaseItem, CaseRecord, ItemEvidence, Release
from portreeve.schemas.review import Measured
from portreeve.service.errors import ServiceError
from portreeve.service.reasons import SANCTION_RULE

ITEMS = 20
"""Items whose content is opened at once."""


@dataclass(frozen=True)
class RuleShown:
    """A rule that held, with the policy's words and why it held."""

    id: str
    clause: str
    items: int
    """For how many items of the case it held."""
    rule: Rule | None
    """As the policy has it; None for a sanction of the account, or one of another version."""
    findings: tuple[Finding, ...]

    @property
    def judged(self) -> bool:
        """Whether a reviewer judges it: not a sanction, which follows from other decisions."""
        return not self.id.startswith(SANCTION_RULE)


@dataclass(frozen=True)
class Opened:
    """What was opened of a case, or why not."""

    evidence: CaseEvidence | None = None
    shut: bool = False
    """It is sealed, and no release lets the reader in."""
    releases: Sequence[Release] = ()


def opened(desk: Desk, case: str, cursor: str | None, *, sealed: bool) -> Opened:
    """Open the evidence of a case, which the audit log notes."""
    releases = desk.service.evidence.releases(desk.actor, case).items if sealed else []
    try:
        paging = Paging(cursor=cursor, limit=ITEMS)
        evidence = desk.service.evidence.read(desk.actor, case, paging)
    except ServiceError as refusal:
        if refusal.code != "forbidden" or not sealed:
            raise
        return Opened(shut=True, releases=releases)
    return Opened(evidence, releases=releases)


@dataclass(frozen=True)
class Reasons:
    """Why the machine decided as it did."""

    rules: list[RuleShown]
    others: list[Rule]
    """Rules of the policy that did not hold, for a reviewer who finds that they should."""
    signals: list[Said]
    measured: Measured | None
    policy: Policy | None


def reasons(desk: Desk, network: str, contents: Sequence[CaseItem]) -> Reasons:
    """The rules that held for the items of a case, explained by what was measured."""
    shown = contents[:ITEMS]
    measured = desk.service.measurements.of(desk.actor, [item.decision for item in shown])
    first = next((measured[one.decision] for one in shown if one.decision in measured), None)
    policy = _policy(desk, network, first)
    held = Counter(rule for item in contents for rule in item.rules)
    clauses = {
        rule: clause
        for item in contents
        for rule, clause in zip(item.rules, item.clauses, strict=True)
    }
    findings = _findings(desk, shown, measured)
    said: set[str] = set()
    told = {rule: settling(findings.get(rule, ()), said) for rule in held}
    known = {} if policy is None else {rule.id: rule for rule in policy.rules}
    return Reasons(
        rules=[
            RuleShown(rule, clauses[rule], count, known.get(rule), told[rule])
            for rule, count in held.items()
        ],
        others=[rule for rule in known.values() if rule.id not in held],
        signals=[] if first is None else telling(first.signals),
        measured=first,
        policy=policy,
    )


def _policy(desk: Desk, network: str, first: Measured | None) -> Policy | None:
    """The policy that decided, or else the one in force."""
    if first is not None:
        return desk.service.policies.named(first.policy)
    try:
        return desk.service.policies.at(network, desk.now).policy
    except ServiceError:
        return None


def _findings(
    desk: Desk, items: Sequence[CaseItem], measured: dict[str, Measured]
) -> dict[str, tuple[Finding, ...]]:
    """For each rule why it held, by the first item for which it did."""
    found: dict[str, tuple[Finding, ...]] = {}
    for item in items:
        wanted = [rule for rule in item.rules if rule not in found]
        if wanted and item.decision in measured:
            for one in desk.service.measurements.explain(measured[item.decision], wanted):
                found[one.rule] = one.findings
    return found


def legend(items: Sequence[ItemEvidence]) -> list[str]:
    """The kinds of evidence that are marked in texts and pictures, in the order they come in."""
    whats: list[str] = []
    for item in items:
        whats += [place.what for place in item.evidence if place.field == "text"]
        whats += [place.what for picture in item.pictures for place in picture.evidence]
    return list(dict.fromkeys(map(kind_of, whats)))


def account(desk: Desk, record: CaseRecord) -> Account | None:
    """The account of a case; None where it is not known, or not the reader's to see."""
    name = next((item.account for item in record.contents if item.account is not None), None)
    if name is None:
        return None
    try:
        return desk.service.accounts.get(desk.actor, name)
    except ServiceError as refusal:
        if refusal.code not in ("not-found", "forbidden"):
            raise
        return None


def verdict_words(contents: Sequence[Any]) -> str:
    """``remove`` where people saw an item, else ``refuse``: the name of the strongest verdict."""
    seen = any(item.state in ("published", "removed") for item in contents)
    return "remove" if seen else "refuse"

"""What decisions mean for their item and cost its account: the law, without a database.

* **In force** on an item is its latest decision on the current revision that was not undone and has
  an effect. Where there is none, the item is published, as it would be without Portreeve.
* **A mere claim** of a reporter has no effect by itself; a person who believes it decides.
* **A strike counts** until its decision is undone, or a person decides the same revision again:
  then the person's decision says what it costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from portreeve.franking.grade import EvidenceGrade
from portreeve.model import Verdict
from portreeve.policy import Rule

PERSON = "person"
"""The stage of a person's decision."""

STATES: dict[str, str] = {
    "allow": "published",
    "label": "published",
    "limit": "published",
    "hold": "held",
    "refuse": "refused",
    "remove": "removed",
}
"""Verdict -> state of the item."""

DOWN: frozenset[str] = frozenset({"held", "refused", "removed"})
"""States in which nobody sees the item, nor the comments under it."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What the law needs to know of a decision; ``seq`` is their order."""

    seq: int
    id: str
    revision: int
    decided: datetime
    stage: str
    verdict: str
    grade: str
    undone: bool

    @property
    def has_effect(self) -> bool:
        """Whether anything follows from it: a person made it, or its evidence is attested."""
        return not self.undone and (self.stage == PERSON or EvidenceGrade(self.grade).automatic)


def in_force(decisions: Iterable[Decided], revision: int) -> Decided | None:
    """The decision in force on an item's current revision; None when there is none."""
    effective = (d for d in decisions if d.revision == revision and d.has_effect)
    return max(effective, key=lambda d: d.seq, default=None)


def state_of(decision: Decided | None) -> str:
    """The state of an item by the decision in force.

    >>> state_of(None)
    'published'
    """
    return "published" if decision is None else STATES[decision.verdict]


def counting(decisions: Sequence[Decided]) -> set[str]:
    """Ids of those decisions on one item whose strikes count."""
    judged: dict[int, int] = {}
    for decision in decisions:
        if decision.stage == PERSON and not decision.undone:
            judged[decision.revision] = max(judged.get(decision.revision, 0), decision.seq)
    return {d.id for d in decisions if d.has_effect and d.seq >= judged.get(d.revision, 0)}


@dataclass(frozen=True, slots=True)
class Cost:
    """Strikes on a ladder, and the rule that costs them."""

    ladder: str
    count: int
    rule: Rule


def costs(verdict: str, rules: Sequence[Rule], *, by_person: bool) -> list[Cost]:
    """The strikes that a decision costs: on each ladder those of the heaviest rule, not the sum.

    ``rules``: those that hold, strongest first. Nothing while a person has yet to decide: not for
    the verdict ``hold``, nor by a rule that asks to hold, unless a person names it.
    """
    if verdict in (Verdict.allow, Verdict.hold):
        return []
    heaviest: dict[str, Cost] = {}
    for rule in rules:
        if rule.ladder is None or not rule.strike:
            continue
        if rule.verdict is Verdict.hold and not by_person:
            continue
        if rule.ladder not in heaviest or heaviest[rule.ladder].count < rule.strike:
            heaviest[rule.ladder] = Cost(rule.ladder, rule.strike, rule)
    return list(heaviest.values())


def shown(
    decisions: Sequence[Decided], id: str, published: datetime
) -> tuple[datetime, datetime] | None:
    """From when until when people could see what a decision took down; None when they never could.

    ``decisions``: all on the item. ``published``: when its first revision was; a later one is
    taken as published when it was first decided, and ends the one before. What was down already
    was not shown until then.
    """
    removal = next(d for d in decisions if d.id == id)
    if removal.verdict != Verdict.remove:
        return None
    same = [d for d in decisions if d.revision == removal.revision]
    before = in_force((d for d in same if d.seq < removal.seq), removal.revision)
    since = published if removal.revision == 1 else min(d.decided for d in same)
    edited = (d.decided for d in decisions if d.revision > removal.revision)
    until = min([removal.decided, *edited])
    if state_of(before) in DOWN or since >= until:
        return None
    return since, until


def told(verdict: str, stage: str, *, strikes: bool) -> bool:
    """Whether the account gets a notice: of restrictions, of strikes, of what a person decided."""
    return strikes or stage == PERSON or Verdict(verdict).rank >= Verdict.limit.rank

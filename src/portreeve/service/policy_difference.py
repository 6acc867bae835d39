"""What a version or a draft would change: decided beside the version in force, over stored posts.

Both decide the same posts, measured once, so that every difference is one of the texts. What people
have decided of them is set beside it.
"""

from __future__ import annotations

import threading
import time as clocks
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import polars as pl

from portreeve.enforcement.consequences import PERSON
from portreeve.engine import judge
from portreeve.model import Evidence, Verdict
from portreeve.policy import Explanation, Policy, Rule, explain
from portreeve.schemas.access import Scope
from portreeve.schemas.policies import PreviewOrder
from portreeve.service.actor import Actor
from portreeve.service.case_opening import SEALED_TIER
from portreeve.service.context import Context
from portreeve.service.policies import Policies
from portreeve.service.policy_comparison import SCHEMA, Comparison, Part, language_of
from portreeve.service.policy_drafts import Drafts
from portreeve.service.policy_texts import sha256
from portreeve.service.preview import newest
from portreeve.service.rescreening import Rescreening
from portreeve.store.tables.core import decisions, items

CHUNK = 500
"""Posts that are decided together."""

SAMPLES = 10
"""Posts that are shown at once."""

_KEPT, _KEPT_SECONDS = 8, 600.0

_SEEN = (
    items.c.id, items.c.account, items.c.surface, decisions.c.id.label("decision"),
    decisions.c.verdict, decisions.c.stage, decisions.c.undone, decisions.c.goods_tier,
)  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """What is compared with the version in force: a version or a draft.

    ``key`` tells texts apart.
    """

    policy: Policy
    network: str
    key: str


@dataclass(frozen=True)
class Side:
    """What one version makes of a post."""

    policy: str
    verdict: Verdict
    rules: tuple[Rule, ...]
    explained: Explanation | None
    """Why its strongest rule holds."""


@dataclass(frozen=True)
class DifferenceSample:
    """A post that changes, to be read: its words, its evidence, both versions' reasons."""

    item: str
    decision: str
    account: str | None
    surface: str
    text: str | None
    links: list[str]
    evidence: list[Evidence]
    person: str | None
    """What a person decided of it, if one did."""
    before: Side
    after: Side


class Differences:
    """Compares versions and drafts with what is in force."""

    def __init__(
        self, context: Context, policies: Policies, drafts: Drafts, rescreening: Rescreening
    ) -> None:
        self._context = context
        self._policies = policies
        self._drafts = drafts
        self._rescreening = rescreening
        self._kept: OrderedDict[Any, tuple[float, Comparison]] = OrderedDict()
        self._lock = threading.Lock()

    def version(self, network: str, version: str) -> Subject:
        """A stored version, to be compared."""
        label = f"{network}@{version}"
        return Subject(self._policies.named(label), network, label)

    def draft(self, actor: Actor, id: str, network: str | None = None) -> Subject:
        """One of one's own drafts, to be compared; with what is in force on its own network.

        Raises:
            ServiceError: ``policy-errors``, when it does not load.
        """
        text = self._drafts.get(actor, id).text
        policy = self._drafts.compiled(actor, id)
        return Subject(policy, network or policy.name, sha256(text))

    def compare(self, actor: Actor, subject: Subject, order: PreviewOrder) -> Comparison:
        """What a version would decide of the newest stored posts, beside the one in force.

        The same question within ten minutes has the same answer.

        Raises:
            ServiceError: ``not-found``, when nothing is in force on the network.
        """
        _need(actor)
        before = self._before(subject)
        key = (before.label, subject.key, msgspec.json.encode(order))
        kept = self._known(key)
        if kept is None:
            kept = self._compared(before, subject, order)
            self._keep(key, kept)
        return kept

    def samples(
        self, actor: Actor, subject: Subject, order: PreviewOrder, part: Part
    ) -> list[DifferenceSample]:
        """Some posts of a part of a comparison, to be read; the reading is in the audit log.

        Black goods are sealed, and never among them.
        """
        actor.need(Scope.evidence)
        comparison = self.compare(actor, subject, order).part(part)
        wanted = comparison.samples(SAMPLES)
        rows = {row["item"]: row for row in comparison.frame.iter_rows(named=True)}
        found, assessed = self._rescreening.measured(wanted)
        if assessed is None:
            return []
        with self._context.database.write() as tx:
            tx.audit(
                actor.name,
                "policy.evidence-read",
                subject.policy.label,
                decisions=[rows[str(s.id)]["decision"] for s in found],
            )
        sides = [judge(assessed, policy) for policy in (self._before(subject), subject.policy)]
        policies = (self._before(subject), subject.policy)
        shown = []
        for at, submission in enumerate(found):
            row = rows[str(submission.id)]
            before, after = (
                _side(policy, decided.row(at, named=True), facts.row(at, named=True))
                for policy, (decided, facts) in zip(policies, sides, strict=True)
            )
            shown.append(
                DifferenceSample(
                    item=row["item"],
                    decision=row["decision"],
                    account=row["account"],
                    surface=row["surface"],
                    text=submission.text,
                    links=list(submission.links),
                    evidence=_evidence(at, *(decided for decided, _ in sides)),
                    person=row["person"],
                    before=before,
                    after=after,
                )
            )
        return shown

    def _before(self, subject: Subject) -> Policy:
        return self._policies.at(subject.network, self._context.now()).policy

    def _compared(self, before: Policy, subject: Subject, order: PreviewOrder) -> Comparison:
        with self._context.database.read() as connection:
            rows = connection.execute(newest(subject.network, order, _SEEN)).all()
        frames = [self._chunk(chunk, before, subject.policy) for chunk in _chunks(rows)]
        frame = pl.concat([pl.DataFrame(schema=SCHEMA), *frames])
        return Comparison(
            before=before.label,
            after=subject.policy.label,
            asked=len(rows),
            unreadable=len(rows) - len(frame),
            frame=frame,
        )

    def _chunk(self, rows: Sequence[Any], before: Policy, after: Policy) -> pl.DataFrame:
        found, assessed = self._rescreening.measured([row.id for row in rows])
        if assessed is None:
            return pl.DataFrame(schema=SCHEMA)
        known = {row.id: row for row in rows}
        seen = [known[str(submission.id)] for submission in found]
        first, _ = judge(assessed, before)
        second, _ = judge(assessed, after)
        shares = assessed.facts["cjk_share"].to_list()
        texts = assessed.items["text"].to_list()
        return pl.DataFrame(
            {
                "item": [row.id for row in seen],
                "decision": [row.decision for row in seen],
                "account": [row.account for row in seen],
                "surface": [row.surface for row in seen],
                "tier": second["goods_tier"].cast(pl.String),
                "language": [
                    language_of(share if any(map(str.isalpha, text or "")) else None)
                    for share, text in zip(shares, texts, strict=True)
                ],
                "before": first["verdict"].cast(pl.String),
                "after": second["verdict"].cast(pl.String),
                "rule_before": first["rules"].list.first(),
                "rule_after": second["rules"].list.first(),
                "person": [_by_person(row) for row in seen],
                "sealed": [row.goods_tier == SEALED_TIER for row in seen],
            },
            schema=SCHEMA,
        ).with_columns(pl.col("sealed") | pl.col("tier").eq_missing(pl.lit(SEALED_TIER)))

    def _known(self, key: Any) -> Comparison | None:
        with self._lock:
            made, found = self._kept.get(key, (0.0, None))
            return found if clocks.monotonic() - made < _KEPT_SECONDS else None

    def _keep(self, key: Any, comparison: Comparison) -> None:
        with self._lock:
            self._kept[key] = (clocks.monotonic(), comparison)
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def _need(actor: Actor) -> None:
    """Whoever proposes or approves sees what would change."""
    if not actor.may(Scope.policies_approve):
        actor.need(Scope.policies_propose)


def _by_person(row: Any) -> str | None:
    """What a person decided of a post: a verdict, or that it was wrong to decide anything."""
    if row.undone is not None:
        return Verdict.allow.value
    return row.verdict if row.stage == PERSON else None


def _side(policy: Policy, decision: dict[str, Any], signals: dict[str, Any]) -> Side:
    rules = tuple(policy.rule(id) for id in decision["rules"])
    return Side(
        policy=policy.label,
        verdict=Verdict(decision["verdict"]),
        rules=rules,
        explained=explain(policy, signals, rules[0].id) if rules else None,
    )


def _evidence(at: int, *decided: pl.DataFrame) -> list[Evidence]:
    """The places in the text that either decision rests on, each once."""
    places = [place for frame in decided for place in frame["evidence"][at].to_list()]
    seen = {(p["field"], p["start"], p["end"], p["what"]): p for p in places}
    return msgspec.convert([seen[key] for key in sorted(seen)], list[Evidence])


def _chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))

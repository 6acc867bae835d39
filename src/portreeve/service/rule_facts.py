"""What is known of one rule, from the decision log, the judgements and the versions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import sqlalchemy as sa

from portreeve.enforcement.agreement import wilson
from portreeve.model import Surface, Verdict
from portreeve.policy import Change, Policy, Rule, diff
from portreeve.policy.describe import definitions_used
from portreeve.policy.sqltext import quoted
from portreeve.schemas.access import Scope
from portreeve.schemas.cases import ItemEvidence
from portreeve.schemas.rule_facts import (
    HitCount,
    Measured,
    Overlap,
    RuleChange,
    RuleQuery,
    RuleReport,
    RuleSample,
)
from portreeve.service.actor import Actor
from portreeve.service.case_opening import SEALED_TIER
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.evidence import EvidenceRoom
from portreeve.service.policies import Policies
from portreeve.service.reasons import SANCTION_RULE
from portreeve.store.log import LogLimitError, LogReader, Query, checked
from portreeve.store.log.export import FOLDER
from portreeve.store.tables.cases import judgements
from portreeve.store.tables.policies import policy_changes, policy_versions

SAMPLES = 10
"""Decisions that are shown at once."""

VERSIONS = 12
"""Versions that are looked through for changes, the newest."""

_OVERLAPS = 12
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class RuleFacts:
    """Facts about rules."""

    def __init__(self, context: Context, policies: Policies, evidence: EvidenceRoom) -> None:
        self._context = context
        self._policies = policies
        self._evidence = evidence
        self._log = LogReader(context.database, context.folder / FOLDER)

    def rule(self, actor: Actor, network: str, id: str) -> tuple[Policy, Rule]:
        """A rule, and the version that it stands in: the one in force, else the newest with it.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.policies_read)
        for label in self._labels(network):
            policy = self._policies.named(label)
            if any(rule.id == id for rule in policy.rules):
                return policy, policy.rule(id)
        raise not_found(f"rule on {network!r} called", id)

    def report(self, actor: Actor, network: str, id: str, query: RuleQuery) -> RuleReport:
        """How often a rule holds, where, with which verdict and which other rules.

        Raises:
            ServiceError: ``too-much``, when the log cannot answer in its time.
        """
        actor.need(Scope.policies_read)
        until = self._context.now()
        step = _HOUR if query.days == 1 else _DAY
        since = _floor(until - timedelta(days=query.days), step)
        counts, alone = self._counts(network, id, since, step)
        hits = sum(count.hits for count in counts)
        others = self._totals(network, since)
        decided = others.pop("", 0)
        together = self._together(network, id, since) if hits else {}
        return RuleReport(
            network=network,
            rule=id,
            since=since,
            until=until,
            hits=hits,
            decided=decided,
            alone=alone,
            counts=counts,
            precision=self._judged(network, id),
            appeals=self._judged(network, id, "appeal"),
            overlaps=_overlaps(id, hits, together, others),
        )

    def samples(self, actor: Actor, network: str, id: str) -> list[RuleSample]:
        """The newest decisions of the machine for which a rule held, without their content."""
        actor.need(Scope.policies_read)
        rows = self._ask(
            Query(
                select=(
                    "decision", "item", "account", "surface", "verdict", "decided", "in_force",
                    "goods_tier",
                ),
                where=(_held(network, id), checked("stage <> 'person'")),
                limit=SAMPLES,
            )
        )  # fmt: skip
        return [
            RuleSample(
                decision=row["decision"],
                item=row["item"],
                account=row["account"],
                surface=Surface(row["surface"]),
                verdict=Verdict(row["verdict"]),
                decided=row["decided"].astimezone(UTC),
                in_force=row["in_force"],
                sealed=row["goods_tier"] == SEALED_TIER,
            )
            for row in rows.to_pylist()
        ]

    def read(self, actor: Actor, network: str, id: str) -> list[tuple[RuleSample, ItemEvidence]]:
        """The same decisions with what was said; the reading is in the audit log.

        Black goods are sealed, and left out.
        """
        open_ones = {one.decision: one for one in self.samples(actor, network, id)
                     if not one.sealed}  # fmt: skip
        subject = f"{network}/{id}"
        found = self._evidence.read_decisions(actor, list(open_ones), "rule.evidence-read", subject)
        return [(open_ones[one.decision], one) for one in found]

    def changes(self, actor: Actor, network: str, id: str) -> list[RuleChange]:
        """The versions in which a rule came, went or changed, or a definition that it uses.

        Versions in the order in which they were first in force; those that never were come last,
        each compared with what is in force now. The newest first.
        """
        actor.need(Scope.policies_read)
        forced, waiting = self._versions(network)
        found: list[RuleChange] = []
        before: Policy | None = None
        for label, since in forced[-VERSIONS:]:
            policy = self._policies.named(label)
            found += _changed(before, policy, id, since)
            before = policy
        for label in waiting[-VERSIONS:]:
            found += _changed(before, self._policies.named(label), id, None)
        return found[::-1]

    # --- the decision log -------------------------------------------------------------------------

    def _counts(
        self, network: str, id: str, since: datetime, step: timedelta
    ) -> tuple[list[HitCount], int]:
        length = step // timedelta(microseconds=1)
        rows = self._ask(
            Query(
                select=(
                    f"epoch_us(decided) // {length} AS step", "surface", "verdict",
                    "len(rules) = 1 AS alone", "count(*) AS hits",
                ),
                where=(_held(network, id),),
                since=since,
                group=True,
                order="step, surface, verdict",
                limit=100_000,
            )
        ).to_pylist()  # fmt: skip
        counted: dict[tuple[int, str, str], int] = {}
        for row in rows:
            key = (row["step"], row["surface"], row["verdict"])
            counted[key] = counted.get(key, 0) + row["hits"]
        counts = [
            HitCount(
                start=datetime.fromtimestamp(at * step.total_seconds(), UTC),
                surface=Surface(surface),
                verdict=Verdict(verdict),
                hits=hits,
            )
            for (at, surface, verdict), hits in counted.items()
        ]
        return counts, sum(row["hits"] for row in rows if row["alone"])

    def _together(self, network: str, id: str, since: datetime) -> dict[str, int]:
        """For each rule, for how many decisions it holds together with this one."""
        rows = self._ask(
            Query(
                select=("rules", "count(*) AS n"),
                where=(_held(network, id),),
                since=since,
                group=True,
                each="rules",
                order="n DESC",
                limit=1_000,
            )
        )
        return {row["rules"]: row["n"] for row in rows.to_pylist()}

    def _totals(self, network: str, since: datetime) -> dict[str, int]:
        """For how many decisions each rule holds; under the empty name, how many there are."""
        within = (checked(f"network = {quoted(network)}"),)
        rules = self._ask(
            Query(
                select=("rules", "count(*) AS n"),
                where=within,
                since=since,
                group=True,
                each="rules",
                order="n DESC",
                limit=10_000,
            )
        )
        whole = self._ask(
            Query(select=("count(*) AS n",), where=within, since=since, order="n", limit=1)
        )
        found = {row["rules"]: row["n"] for row in rules.to_pylist()}
        return found | {"": whole.to_pylist()[0]["n"]}

    def _ask(self, query: Query) -> pa.Table:
        try:
            return self._log.ask(query)
        except LogLimitError as error:
            raise ServiceError(
                "too-much", f"The log cannot answer this at once: {error}. Ask for fewer days."
            ) from None

    # --- people and versions ----------------------------------------------------------------------

    def _judged(self, network: str, id: str, source: str | None = None) -> Measured | None:
        c = judgements.c
        right = sa.func.coalesce(sa.func.sum(sa.case((c.confirmed, 1), else_=0)), 0)
        wanted = sa.select(right, sa.func.count()).where(
            c.network == network, c.rule == id, c.withdrawn.is_(None)
        )
        if source is not None:
            wanted = wanted.where(c.source == source)
        with self._context.database.read() as connection:
            confirmed, judged = connection.execute(wanted).one()
        if not judged:
            return None
        found = wilson(int(confirmed), judged)
        return Measured(
            right=int(confirmed), judged=judged, share=found.value, low=found.low, high=found.high
        )

    def _labels(self, network: str) -> list[str]:
        """Versions to look for a rule in: the one in force, then the others, the newest first."""
        forced, waiting = self._versions(network)
        now = self._policies.at(network, self._context.now()).policy.label
        others = [*reversed(waiting), *(label for label, _ in reversed(forced))]
        return list(dict.fromkeys([now, *others]))[:VERSIONS]

    def _versions(self, network: str) -> tuple[list[tuple[str, datetime]], list[str]]:
        """Versions that were in force, with since when first; and those that never were."""
        change, version = policy_changes.c, policy_versions.c
        now = self._context.now()
        first = (
            sa.select(change.label, sa.func.min(change.effective).label("since"))
            .where(
                change.network == network,
                change.kind.in_(["default", "activation", "rollback"]),
                change.effective <= now,
            )
            .group_by(change.label)
        )
        proposed = (
            sa.select(version.label)
            .where(version.network == network)
            .order_by(version.proposed, version.label)
        )
        with self._context.database.read() as connection:
            forced = sorted(connection.execute(first).all(), key=lambda row: row.since)
            labels = connection.execute(proposed).scalars().all()
        known = {row.label for row in forced}
        return [(row.label, row.since) for row in forced], [n for n in labels if n not in known]


def _held(network: str, id: str) -> str:
    return checked(f"network = {quoted(network)} AND list_contains(rules, {quoted(id)})")


def _floor(time: datetime, step: timedelta) -> datetime:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    return start + (time - start) // step * step


def _overlaps(
    id: str, hits: int, together: dict[str, int], totals: dict[str, int]
) -> list[Overlap]:
    found = [
        Overlap(rule=rule, both=both, other=totals[rule],
                jaccard=both / (hits + totals[rule] - both))
        for rule, both in together.items()
        if rule != id and rule in totals and not rule.startswith(SANCTION_RULE)
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.jaccard, one.rule))[:_OVERLAPS]


def _changed(
    before: Policy | None, after: Policy, id: str, since: datetime | None
) -> list[RuleChange]:
    """What a version changed of a rule: one entry, or none."""
    if before is None:
        rules = {rule.id for rule in after.rules}
        what: list[tuple[str, str, str | None, str | None]] = (
            [("added", id, None, None)] if id in rules else []
        )
    else:
        what = [
            (change.how, _named(change), change.before, change.after)
            for change in diff(before, after)
            if _concerns(change, id, (before, after))
        ]
    return [RuleChange(policy=after.label, since=since, what=what)] if what else []


def _named(change: Change) -> str:
    name = change.id if change.section in ("definition", "tier") else ""
    return " ".join(part for part in (name, change.field) if part)


def _concerns(change: Change, id: str, policies: Sequence[Policy]) -> bool:
    if change.section == "rule":
        return change.id == id
    if change.section == "matrix" and id.startswith("matrix."):
        return change.id in ("(all cells)", " x ".join(id.split(".")[1:]))
    if change.section == "definition":
        return any(
            change.id in definitions_used(policy, rule)
            for policy in policies
            for rule in policy.rules
            if rule.id == id
        )
    return False


def hits_by_step(
    report: RuleReport, step: timedelta
) -> tuple[list[datetime], dict[Verdict, list[int]]]:
    """Where columns of a chart begin, without gaps, and for each verdict the hits in each."""
    count = max(1, -((report.since - report.until) // step))
    starts = [report.since + at * step for at in range(count)]
    found: dict[Verdict, list[int]] = {}
    for one in report.counts:
        values = found.setdefault(one.verdict, [0] * count)
        values[min((one.start - report.since) // step, count - 1)] += one.hits
    return starts, dict(sorted(found.items(), key=lambda pair: pair[0].rank))


def by_surface(counts: Sequence[HitCount]) -> list[tuple[Surface, dict[str, int]]]:
    """Hits on each surface, by verdict, the most first."""
    found: dict[Surface, dict[str, int]] = {}
    for one in counts:
        of = found.setdefault(one.surface, {})
        of[one.verdict.value] = of.get(one.verdict.value, 0) + one.hits
    return sorted(found.items(), key=lambda pair: (-sum(pair[1].values()), pair[0]))

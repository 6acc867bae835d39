"""Versions of policies: proposed, read, approved, disagreed with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.enforcement.timeline import Change, standing_at, standings
from portreeve.policy import Policy
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.policies import (
    Approval,
    Approved,
    Dissent,
    Dissented,
    PolicyProblem,
    PolicyRecord,
    PolicyVersion,
    Proposal,
    VersionState,
)
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.in_force import read_changes, trusted_keys
from portreeve.service.policy_records import (
    RecordError,
    announcement,
    record_of,
    verify_record,
)
from portreeve.service.policy_texts import PolicyTexts, bases_of, checked, keep_bases, sha256
from portreeve.store import Transaction
from portreeve.store.tables.policies import policy_opinions, policy_records, policy_versions


class Versions:
    """The versions of a store."""

    def __init__(self, context: Context, texts: PolicyTexts) -> None:
        self._context = context
        self._texts = texts

    @property
    def approvals_needed(self) -> int:
        """How many people other than the proposer must approve a version."""
        return self._context.settings.policy_approvals

    def propose(self, actor: Actor, proposal: Proposal) -> PolicyVersion:
        """Keep a new version, if its text loads and its own examples come out as it says.

        It is in force at the earliest when its text says (``effective``), or later if the proposal
        does.

        Raises:
            ServiceError: ``policy-errors`` with the list of ``problems``; ``conflict``, when there
                is a version of that name; ``invalid``, when ``effective`` is before the text's.
        """
        actor.need(Scope.policies_propose)
        policy, warnings = checked(proposal.text)
        effective = _not_before(policy, proposal.effective)
        with self._context.database.write() as tx:
            _need_new(tx, policy.label)
            insert_version(
                tx,
                policy,
                proposal.text,
                rationale=proposal.rationale,
                proposer=actor.name,
                effective=effective,
            )
            facts = {"policy": policy.label, "sha256": sha256(proposal.text)}
            tx.audit(actor.name, "policy.propose", policy.label, **facts)
            tx.announce("policy.proposed", policy.label, **facts)
        return self._shown(policy.label, warnings)

    def get(self, actor: Actor, network: str, version: str) -> PolicyVersion:
        """One version, with its text and its announcement."""
        actor.need(Scope.policies_read)
        return self._shown(f"{network}@{version}")

    def page(
        self, actor: Actor, network: str | None = None, paging: Paging | None = None
    ) -> Page[PolicyVersion]:
        """Versions, of one network or of all, ordered by their label, without their texts."""
        actor.need(Scope.policies_read)
        asked = paging or Paging()
        label = policy_versions.c.label
        wanted = sa.select(policy_versions).order_by(label).limit(asked.limit + 1)
        if network is not None:
            wanted = wanted.where(policy_versions.c.network == network)
        if asked.cursor is not None:
            wanted = wanted.where(label > asked.cursor)
        with self._context.database.read() as connection:
            rows = connection.execute(wanted).all()
            shown = self._told(connection, rows[: asked.limit])
        more = len(rows) > asked.limit
        return Page(items=shown, next=shown[-1].policy if more else None)

    def approve(
        self, actor: Actor, network: str, version: str, approval: Approval
    ) -> PolicyVersion:
        """Consent to exactly one text.

        Raises:
            ServiceError: ``same-person``, for the proposer; ``invalid``, when the SHA-256 is of
                another text; ``conflict``, when this person has given an opinion already.
        """
        actor.need(Scope.policies_approve)
        label = f"{network}@{version}"
        with self._context.database.write() as tx:
            row = version_row(tx.connection, label)
            if approval.sha256 != row.sha256:
                raise ServiceError(
                    "invalid",
                    f"`sha256` is not of the text of {label}. Read the text again, and approve the "
                    f"one whose SHA-256 is {row.sha256}.",
                    field="sha256",
                )
            self._add_opinion(tx, actor, row, "approval", None)
        return self._shown(label)

    def dissent(self, actor: Actor, network: str, version: str, dissent: Dissent) -> PolicyVersion:
        """Disagree, with reasons: they stand in every record that is signed from now on.

        Whoever may read policies may disagree with one.

        Raises:
            ServiceError: ``same-person``, for the proposer; ``conflict``, when this person has
                given an opinion already.
        """
        actor.need(Scope.policies_read)
        label = f"{network}@{version}"
        with self._context.database.write() as tx:
            row = version_row(tx.connection, label)
            self._add_opinion(tx, actor, row, "dissent", dissent.words)
        return self._shown(label)

    def record(self, actor: Actor, id: str) -> PolicyRecord:
        """A signed decision record."""
        actor.need(Scope.policies_read)
        with self._context.database.read() as connection:
            wanted = sa.select(policy_records).where(policy_records.c.id == id)
            row = connection.execute(wanted).one_or_none()
        if row is None:
            raise not_found("decision record", id)
        return record_of(row)

    def verified(self, record: PolicyRecord) -> bool:
        """Whether a key that is trusted has signed exactly this record."""
        try:
            verify_record(record, trusted_keys(self._context))
        except RecordError:
            return False
        return True

    def _add_opinion(
        self, tx: Transaction, actor: Actor, row: Any, kind: str, words: str | None
    ) -> None:
        if actor.name == row.proposer:
            raise ServiceError(
                "same-person",
                f"{actor.name!r} proposed {row.label}, and cannot give an opinion on it too. "
                "Ask somebody else.",
            )
        opinion = policy_opinions.c
        given = tx.execute(
            sa.select(opinion.kind).where(opinion.label == row.label, opinion.who == actor.name)
        ).scalar()
        if given is not None:
            raise ServiceError(
                "conflict",
                f"{actor.name!r} has given an opinion on {row.label} before: {given}. It stands.",
            )
        tx.execute(
            sa.insert(policy_opinions).values(
                label=row.label,
                who=actor.name,
                kind=kind,
                sha256=row.sha256,
                words=words,
                time=tx.time,
            )
        )
        action = {"approval": "policy.approve", "dissent": "policy.dissent"}[kind]
        tx.audit(actor.name, action, row.label, sha256=row.sha256)

    def _shown(self, label: str, warnings: Sequence[PolicyProblem] = ()) -> PolicyVersion:
        with self._context.database.read() as connection:
            row = version_row(connection, label)
            told = self._told(connection, [row])[0]
        return msgspec.structs.replace(
            told,
            text=row.text,
            announcement=announcement(self._texts.named(label), row.effective),
            warnings=list(warnings),
        )

    def _told(self, connection: sa.Connection, rows: Sequence[Any]) -> list[PolicyVersion]:
        labels = [row.label for row in rows]
        opinions = opinions_on(connection, labels)
        records = _records_of(connection, labels)
        states: dict[str, VersionState] = {}
        for network in sorted({row.network for row in rows}):
            changes, _ = read_changes(connection, network, trusted_keys(self._context))
            states |= states_of(changes, self._context.now())
        return [self._version(row, *opinions[row.label], records, states) for row in rows]

    def _version(
        self,
        row: Any,
        approvals: list[Approved],
        dissent: list[Dissented],
        records: Mapping[str, list[str]],
        states: Mapping[str, VersionState],
    ) -> PolicyVersion:
        missing = missing_of(row, approvals, self.approvals_needed)
        return PolicyVersion(
            policy=row.label,
            network=row.network,
            version=row.version,
            state=states.get(row.label, "proposed" if missing else "approved"),
            sha256=row.sha256,
            bases=row.bases,
            rationale=row.rationale,
            proposer=row.proposer,
            proposed=row.proposed,
            effective=row.effective,
            approvals=approvals,
            dissent=dissent,
            missing=missing,
            records=records.get(row.label, []),
        )


def insert_version(
    tx: Transaction,
    policy: Policy,
    text: str,
    *,
    rationale: str,
    proposer: str,
    effective: datetime,
) -> None:
    """Keep a checked text, with the texts that it builds on."""
    bases = bases_of(text)
    keep_bases(tx, bases.values())
    tx.execute(
        sa.insert(policy_versions).values(
            label=policy.label,
            network=policy.name,
            version=policy.version,
            sha256=sha256(text),
            text=text,
            bases={name: sha256(base) for name, base in bases.items()},
            rationale=rationale,
            proposer=proposer,
            proposed=tx.time,
            effective=effective,
        )
    )


def version_row(connection: sa.Connection, label: str) -> Any:
    """The row of a version.

    Raises:
        ServiceError: ``not-found``.
    """
    wanted = sa.select(policy_versions).where(policy_versions.c.label == label)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        raise not_found("policy version", label)
    return row


def opinions_on(
    connection: sa.Connection, labels: Sequence[str]
) -> dict[str, tuple[list[Approved], list[Dissented]]]:
    """For each version who approved it and who disagreed, in the order of time."""
    opinion = policy_opinions.c
    found: dict[str, tuple[list[Approved], list[Dissented]]] = {name: ([], []) for name in labels}
    wanted = sa.select(policy_opinions).where(opinion.label.in_(labels))
    for row in connection.execute(wanted.order_by(opinion.time, opinion.who)):
        approvals, dissent = found[row.label]
        if row.kind == "approval":
            approvals.append(Approved(who=row.who, time=row.time))
        else:
            dissent.append(Dissented(who=row.who, words=row.words, time=row.time))
    return found


def missing_of(row: Any, approvals: Sequence[Approved], needed: int) -> list[str]:
    """What a version's decision record still lacks, in words."""
    lacking = needed - len(approvals)
    if lacking <= 0:
        return []
    people = "approval by one person" if lacking == 1 else f"approvals by {lacking} people"
    return [f"{people} other than the proposer {row.proposer!r}"]


def states_of(changes: Sequence[Change], now: datetime) -> dict[str, VersionState]:
    """How far each version has come that a change has named."""
    known = standings(changes)
    states: dict[str, VersionState] = {}
    for standing in known:
        if standing.since > now:
            states.setdefault(standing.policy, "scheduled")
            if standing.candidate is not None:
                states.setdefault(standing.candidate, "scheduled")
        else:
            states[standing.policy] = "past"
            if standing.candidate is not None:
                states[standing.candidate] = "past"
    current = standing_at(known, now)
    if current is not None:
        states[current.policy] = "in_force"
        if current.candidate is not None:
            states[current.candidate] = "rollout"
    return states


def _not_before(policy: Policy, asked: datetime | None) -> datetime:
    begins = policy.effective.astimezone(UTC)
    if asked is None:
        return begins
    if asked < begins:
        raise ServiceError(
            "invalid",
            f"`effective` is before {policy.effective.isoformat()}, from which the text says it "
            "is effective. Give that time or a later one, or change the text.",
            field="effective",
        )
    return asked.astimezone(UTC)


def _need_new(tx: Transaction, label: str) -> None:
    there = sa.select(policy_versions.c.label).where(policy_versions.c.label == label)
    if tx.execute(there).first() is not None:
        raise ServiceError(
            "conflict",
            f"There is a version {label} already, and versions never change. "
            "Give the text another `version`.",
            field="text",
        )


def _records_of(connection: sa.Connection, labels: Sequence[str]) -> dict[str, list[str]]:
    record = policy_records.c
    wanted = sa.select(record.label, record.id).where(record.label.in_(labels))
    found: dict[str, list[str]] = {}
    for row in connection.execute(wanted.order_by(record.made, record.id)):
        found.setdefault(row.label, []).append(row.id)
    return found

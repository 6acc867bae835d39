"""The policies as everybody may read them: what is in force, and how it came to be.

Public is what was put in force, or will be at a time that is fixed, by a signed record. What was
only proposed, drafted or tried without effect is not.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.enforcement.rollout import WHOLE
from portreeve.enforcement.timeline import (
    FORCING,
    Change,
    Standing,
    standing_at,
    standings,
    withdrawals,
)
from portreeve.schemas.base import Paging
from portreeve.schemas.policies import Bilingual, PolicyRecord
from portreeve.schemas.policy_reading import PolicyReading
from portreeve.schemas.public_policies import (
    ChangeLog,
    ChangeTiming,
    Difference,
    PublicChange,
    PublicNetwork,
    PublicText,
)
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.in_force import read_changes, trusted_keys
from portreeve.service.policies import Policies
from portreeve.service.policy_differences import differences
from portreeve.service.policy_reading import read_policy
from portreeve.service.policy_records import record_of
from portreeve.service.sanctions import sequence
from portreeve.store.tables.policies import policy_changes, policy_records, policy_versions

_REMEMBERED = 64


class PublicPolicies:
    """The policies for everybody, without login."""

    def __init__(self, context: Context, policies: Policies) -> None:
        self._context = context
        self._policies = policies
        self._read = functools.lru_cache(_REMEMBERED)(self._reading)
        self._compared = functools.lru_cache(_REMEMBERED)(self._differences)

    def networks(self) -> list[PublicNetwork]:
        """All networks on which something is in force."""
        found = []
        now = self._context.now()
        for name in self._policies.lookup.networks():
            try:
                standing = self._policies.at(name, now)
            except ServiceError:  # nothing yet
                continue
            policy = standing.policy
            found.append(
                PublicNetwork(
                    name=name,
                    title=_both(policy.title),
                    network=_both(policy.network) if policy.network else None,
                    policy=policy.label,
                    since=standing.since,
                )
            )
        return found

    def reading(self, network: str, version: str | None = None) -> PolicyReading:
        """The policy in force as a document, or another version that was or will be in force.

        Raises:
            ServiceError: ``not-found``.
        """
        label, effective = self._public(network, version)
        return self._read(label, effective)

    def text(self, network: str, version: str | None = None) -> PublicText:
        """The same as it is written, in YAML.

        Raises:
            ServiceError: ``not-found``.
        """
        label, _ = self._public(network, version)
        v = policy_versions.c
        with self._context.database.read() as connection:
            row = connection.execute(sa.select(v.text, v.sha256).where(v.label == label)).one()
        return PublicText(policy=label, text=row.text, sha256=row.sha256)

    def changes(self, network: str, paging: Paging) -> ChangeLog:
        """The change log, the latest change first, each with its signed record.

        Raises:
            ServiceError: ``not-found``, when no policy governs such a network.
        """
        current = self._policies.at(network, self._context.now()).policy
        with self._context.database.read() as connection:
            rows = connection.execute(_recorded(network, paging)).all()
            applied, refused = read_changes(connection, network, trusted_keys(self._context))
        page = rows[: paging.limit]
        timings = _timings(applied, self._context.now())
        shown = [_change(row, timings.get(row.id, "void"), refused) for row in page]
        return ChangeLog(
            name=network,
            title=_both(current.title),
            changes=shown,
            differences={one.id: self._compared(*_compared_with(one)) for one in shown},
            next=str(page[-1].seq) if len(rows) > paging.limit else None,
        )

    def _public(self, network: str, version: str | None) -> tuple[str, datetime]:
        """The label of a public version, and since when it holds, or first held."""
        now = self._context.now()
        if version is None:
            standing = self._policies.at(network, now)
            return standing.policy.label, standing.since
        with self._context.database.read() as connection:
            applied, _ = read_changes(connection, network, trusted_keys(self._context))
        label = f"{network}@{version}"
        held = [one for one in standings(applied) if label in (one.policy, one.candidate)]
        if not held:
            raise not_found("public policy version", label)
        return label, held[0].since

    def _reading(self, label: str, effective: datetime) -> PolicyReading:
        policy = self._policies.named(label)
        return read_policy(policy, effective.astimezone(policy.effective.tzinfo))

    def _differences(self, before: str | None, after: str) -> list[Difference]:
        if before is None or before == after:
            return []
        return differences(self._policies.named(before), self._policies.named(after))


def _recorded(network: str, paging: Paging) -> sa.Select[Any]:
    """Changes on a network that have a record, the last made first."""
    c, r = policy_changes.c, policy_records.c
    wanted = (
        sa.select(policy_changes, r.body, r.signature, r.key_id, r.public_key)
        .join_from(policy_changes, policy_records, c.record == r.id)
        .where(c.network == network)
        .order_by(c.seq.desc())
        .limit(paging.limit + 1)
    )
    return wanted if paging.cursor is None else wanted.where(c.seq < sequence(paging.cursor))


def _timings(applied: Sequence[Change], now: datetime) -> Mapping[str, ChangeTiming]:
    """Where each change that counts stands in time."""
    gone = withdrawals(applied)
    current = standing_at(standings(applied), now)
    timings: dict[str, ChangeTiming] = {}
    for change in applied:
        if change.id in gone:
            timings[change.id] = "withdrawn"
        elif change.effective > now:
            timings[change.id] = "coming"
        elif current is not None and change.id in (current.change, _rollout(applied, current)):
            timings[change.id] = "in_force"
        else:
            timings[change.id] = "past"
    return timings


def _rollout(applied: Sequence[Change], current: Standing) -> str | None:
    """The change by which a version is being rolled out now."""
    steps = [c.id for c in applied if c.kind == "rollout" and c.policy == current.candidate]
    return steps[-1] if steps else None


def _change(row: Any, timing: ChangeTiming, refused: frozenset[str]) -> PublicChange:
    return PublicChange(
        id=row.id,
        kind=row.kind,
        policy=row.label,
        version=row.label.partition("@")[2],
        effective=row.effective,
        percent=row.share * 100 / WHOLE if row.kind == "rollout" else None,
        timing=timing,
        verified=row.id not in refused,
        record=_record(row),
    )


def _record(row: Any) -> PolicyRecord | None:
    try:
        return record_of(row)
    except msgspec.MsgspecError:
        return None


def _compared_with(change: PublicChange) -> tuple[str | None, str]:
    """The version in force before, and the one that the change puts in force."""
    forces = change.kind in (*FORCING, "rollout") and change.verified
    replaced = change.record.body.replaces if forces and change.record is not None else None
    return replaced, change.policy


def _both(words: Any) -> Bilingual:
    return Bilingual(en=words.en, zh=words.zh)

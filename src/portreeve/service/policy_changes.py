"""What people do about the versions in force: activate, roll back, roll out, shadow, take back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

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
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.policies import (
    Activation,
    ChangeKind,
    PolicyChange,
    PolicyInForce,
    RecordBody,
    RecordKind,
    Rollback,
    Rollout,
    ShadowSwitch,
    Withdrawal,
)
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.in_force import LEAD, Lookup, read_changes, trusted_keys
from portreeve.service.policy_records import announcement, write_record
from portreeve.service.policy_texts import compiled_row
from portreeve.service.policy_versions import missing_of, opinions_on, version_row
from portreeve.store import Transaction, new_id
from portreeve.store.statements import insert_missing
from portreeve.store.tables.policies import policy_changes, policy_networks


@dataclass(frozen=True)
class _Locked:
    """A network whose changes nobody else can add to until the transaction ends."""

    network: str
    changes: list[Change]
    now: datetime

    @property
    def standing(self) -> Standing | None:
        return standing_at(standings(self.changes), self.now)


class Changes:
    """Everything that changes what decides on a network."""

    def __init__(self, context: Context, lookup: Lookup) -> None:
        self._context = context
        self._lookup = lookup

    def activate(
        self, actor: Actor, network: str, version: str, activation: Activation
    ) -> PolicyChange:
        """Sign the version's decision record and put it in force for everybody.

        In force from ``effective`` on, to the microsecond, in every process. A roll-out that runs
        then ends.

        Raises:
            ServiceError: ``no-record``, saying what the record lacks; ``conflict``, when the
                version is in force; ``invalid``, when ``effective`` is too early.
        """
        actor.need(Scope.policies_approve)
        with self._context.database.write() as tx:
            locked = self._lock(tx, network)
            row = version_row(tx.connection, f"{network}@{version}")
            self._need_complete(tx, row)
            standing = locked.standing
            if standing is not None and standing.policy == row.label:
                raise ServiceError("conflict", f"{row.label} is in force already.")
            effective = _moment(locked.now, activation.effective, row.effective)
            change = self._record_and_change(
                tx, actor, locked, row, "activation", effective, rationale=row.rationale
            )
            _tell(tx, actor, "policy.activate", "policy.activated", change)
        return _change(change)

    def rollback(self, actor: Actor, network: str, rollback: Rollback) -> PolicyChange:
        """Go back to a version that was in force, with a record of its own.

        It was approved when it came into force, so one person can do it, at once. A roll-out that
        runs ends; a change that is scheduled stays, until it is taken back.

        Raises:
            ServiceError: ``conflict``, when the version is in force or never was.
        """
        actor.need(Scope.policies_approve)
        with self._context.database.write() as tx:
            locked = self._lock(tx, network)
            forced = _forced(locked)
            label = _target(locked, forced, rollback.to)
            row = version_row(tx.connection, label)
            effective = _moment(locked.now, rollback.effective, None)
            first = next(change for change in forced if change.policy == label)
            change = self._record_and_change(
                tx, actor, locked, row, "rollback", effective,
                rationale=rollback.rationale, proposer=actor.name,
                earlier=_record_id(tx, first.id),
            )  # fmt: skip
            _tell(tx, actor, "policy.rollback", "policy.rolled_back", change)
        return _change(change)

    def rollout(self, actor: Actor, network: str, version: str, rollout: Rollout) -> PolicyChange:
        """Let a version decide for a part of the accounts; each step has a record of its own.

        When the percentage grows, every account that was in stays in. 0 ends the roll-out.

        Raises:
            ServiceError: ``no-record``, saying what the record lacks; ``conflict``, when the
                version is in force already, nothing is, or there is no roll-out to end.
        """
        actor.need(Scope.policies_approve)
        with self._context.database.write() as tx:
            locked = self._lock(tx, network)
            row = version_row(tx.connection, f"{network}@{version}")
            self._need_complete(tx, row)
            share = _share(rollout.percent)
            _need_rollout(locked, row.label, share)
            effective = _moment(locked.now, rollout.effective, row.effective)
            change = self._record_and_change(
                tx, actor, locked, row, "rollout", effective, rationale=row.rationale, share=share
            )
            _tell(tx, actor, "policy.rollout", "policy.rollout", change, share=share)
        return _change(change)

    def shadow(
        self, actor: Actor, network: str, version: str, switch: ShadowSwitch
    ) -> PolicyChange:
        """Let a version decide beside the one in force, or end that. It has no effect on anybody.

        Raises:
            ServiceError: ``conflict``, when nothing is in force, the version itself is, or another
                version than this is the shadow that shall end.
        """
        actor.need(Scope.policies_propose)
        with self._context.database.write() as tx:
            locked = self._lock(tx, network)
            row = version_row(tx.connection, f"{network}@{version}")
            _need_shadow(locked, row.label, on=switch.on)
            change = self._insert(
                tx, actor, locked, "shadow", row.label if switch.on else None, locked.now + LEAD
            )
            _tell(tx, actor, "policy.shadow", "policy.shadow", change, shadow=row.label)
        return _change(change)

    def withdraw(self, actor: Actor, network: str, withdrawal: Withdrawal) -> PolicyChange:
        """Take back a change before its moment comes, with a record of its own.

        Raises:
            ServiceError: ``conflict``, when it is too late: roll back instead.
        """
        actor.need(Scope.policies_approve)
        with self._context.database.write() as tx:
            locked = self._lock(tx, network)
            found = [change for change in locked.changes if change.id == withdrawal.change]
            if not found or found[0].policy is None:
                raise not_found("change to withdraw", withdrawal.change)
            meant, effective = found[0], locked.now + LEAD
            if effective > meant.effective or meant.kind == "withdrawal":
                raise ServiceError(
                    "conflict",
                    f"{meant.id} takes effect at {meant.effective.isoformat()}: too late to take "
                    "it back. Roll back to another version instead.",
                    field="change",
                )
            if meant.id in withdrawals(locked.changes):
                raise ServiceError("conflict", f"{meant.id} is withdrawn already.", field="change")
            row = version_row(tx.connection, str(meant.policy))
            change = self._record_and_change(
                tx, actor, locked, row, "withdrawal", effective,
                rationale=withdrawal.rationale, proposer=actor.name, withdraws=meant.id,
            )  # fmt: skip
            _tell(tx, actor, "policy.withdraw", "policy.withdrawn", change, change=meant.id)
        return _change(change)

    def history(
        self, actor: Actor, network: str, paging: Paging | None = None
    ) -> Page[PolicyChange]:
        """All changes on a network, the last made first."""
        actor.need(Scope.policies_read)
        page, seq = paging or Paging(), policy_changes.c.seq
        wanted = sa.select(policy_changes).where(policy_changes.c.network == network)
        if page.cursor is not None:
            wanted = wanted.where(seq < _number(page.cursor))
        with self._context.database.read() as connection:
            rows = connection.execute(wanted.order_by(seq.desc()).limit(page.limit + 1)).all()
            applied, refused = read_changes(connection, network, trusted_keys(self._context))
        withdrawn = withdrawals(applied)
        shown = [_change(row, withdrawn, refused) for row in rows[: page.limit]]
        more = len(rows) > page.limit
        return Page(items=shown, next=str(rows[page.limit - 1].seq) if more else None)

    def in_force(self, actor: Actor, network: str, time: datetime | None = None) -> PolicyInForce:
        """What decides on a network now, or at another time."""
        actor.need(Scope.policies_read)
        asked = time or self._context.now()
        found = self._lookup.at(network, asked)
        with self._context.database.read() as connection:
            wanted = sa.select(policy_changes.c.record, policy_changes.c.effective)
            row = connection.execute(wanted.where(policy_changes.c.id == found.change)).one()
        return PolicyInForce(
            network=network,
            time=asked,
            policy=found.policy.label,
            since=row.effective,
            change=found.change,
            record=row.record,
            candidate=found.candidate.label if found.candidate else None,
            percent=found.percent,
            shadow=found.shadow.label if found.shadow else None,
            until=found.until,
            announcement=announcement(found.policy, row.effective),
        )

    def put_default(self, tx: Transaction, actor: Actor, label: str, effective: datetime) -> None:
        """Put a version that ships with Portreeve in force, on a network that has none."""
        row = version_row(tx.connection, label)
        locked = self._lock(tx, row.network)
        change = self._record_and_change(
            tx, actor, locked, row, "default", effective, rationale=row.rationale
        )
        _tell(tx, actor, "policy.activate", "policy.activated", change)

    # --- writing --------------------------------------------------------------------------------

    def _lock(self, tx: Transaction, network: str) -> _Locked:
        insert_missing(tx, policy_networks, [{"network": network, "changes": 0}])
        mine = policy_networks.c.network == network
        tx.execute(sa.select(policy_networks.c.changes).where(mine).with_for_update())
        applied, _ = read_changes(tx.connection, network, trusted_keys(self._context))
        return _Locked(network, applied, self._context.now())

    def _need_complete(self, tx: Transaction, row: Any) -> None:
        approvals, _ = opinions_on(tx.connection, [row.label])[row.label]
        missing = missing_of(row, approvals, self._context.settings.policy_approvals)
        if missing:
            raise ServiceError(
                "no-record",
                f"{row.label} has no decision record: it lacks {' and '.join(missing)}.",
                missing=missing,
            )

    def _record_and_change(
        self,
        tx: Transaction,
        actor: Actor,
        locked: _Locked,
        row: Any,
        kind: RecordKind,
        effective: datetime,
        *,
        rationale: str,
        proposer: str | None = None,
        share: int = WHOLE,
        earlier: str | None = None,
        withdraws: str | None = None,
    ) -> Any:
        """Sign what was decided, then make the change that it is the record of."""
        approvers, dissent = opinions_on(tx.connection, [row.label])[row.label]
        standing = locked.standing
        body = RecordBody(
            id=new_id("rec"),
            kind=kind,
            network=locked.network,
            policy=row.label,
            sha256=row.sha256,
            bases=row.bases,
            proposer=proposer or row.proposer,
            approvers=approvers,
            dissent=dissent,
            rationale=rationale,
            announcement=announcement(compiled_row(tx.connection, row), effective),
            effective=effective,
            share=share,
            replaces=standing.policy if standing else None,
            earlier=earlier,
            withdraws=withdraws,
            signed_for=actor.name,
            signed=locked.now,
        )
        write_record(tx, self._context.signer, body)
        return self._insert(
            tx, actor, locked, kind, row.label, effective,
            share=share, record=body.id, withdraws=withdraws,
        )  # fmt: skip

    def _insert(
        self,
        tx: Transaction,
        actor: Actor,
        locked: _Locked,
        kind: ChangeKind,
        label: str | None,
        effective: datetime,
        *,
        share: int = 0,
        record: str | None = None,
        withdraws: str | None = None,
    ) -> Any:
        id = new_id("chg")
        tx.execute(
            sa.insert(policy_changes).values(
                id=id,
                network=locked.network,
                kind=kind,
                label=label,
                effective=effective,
                share=share,
                record=record,
                withdraws=withdraws,
                by=actor.name,
                made=locked.now,
            )
        )
        network = policy_networks.c
        tx.execute(
            sa.update(policy_networks)
            .where(network.network == locked.network)
            .values(changes=network.changes + 1)
        )
        tx.then(self._lookup.expire)
        return tx.execute(sa.select(policy_changes).where(policy_changes.c.id == id)).one()


def _tell(tx: Transaction, actor: Actor, action: str, event: str, row: Any, **facts: Any) -> None:
    told = {
        "policy": row.label,
        "effective": row.effective,
        "change": row.id,
        "record": row.record,
        **facts,
    }
    tx.audit(actor.name, action, row.network, **told)
    tx.announce(event, row.network, **told)


def _moment(now: datetime, asked: datetime | None, floor: datetime | None) -> datetime:
    """When a change takes effect: never before every process can know of it."""
    earliest = now + LEAD
    if asked is None:
        return max(earliest, floor) if floor is not None else earliest
    if asked < earliest:
        raise ServiceError(
            "invalid",
            f"`effective` is past, or less than {LEAD.total_seconds():g} seconds ahead. "
            "Give a later time, or leave it out to begin as early as can be.",
            field="effective",
        )
    if floor is not None and asked < floor:
        raise ServiceError(
            "invalid",
            f"`effective` is before {floor.isoformat()}, the time that was proposed and approved. "
            "Give that time or a later one, or propose another version.",
            field="effective",
        )
    return asked.astimezone(UTC)


def _forced(locked: _Locked) -> list[Change]:
    """Changes that put a version in force so far, in the order in which they did."""
    withdrawn = withdrawals(locked.changes)
    forced = [
        change
        for change in locked.changes
        if change.kind in FORCING and change.effective <= locked.now and change.id not in withdrawn
    ]
    return sorted(forced, key=lambda change: (change.effective, change.seq))


def _target(locked: _Locked, forced: Sequence[Change], asked: str | None) -> str:
    """The label that a rollback goes back to."""
    network = locked.network
    if not forced:
        raise ServiceError("conflict", f"Nothing is in force on {network!r} to go back from.")
    current = forced[-1].policy
    earlier = [change.policy for change in forced if change.policy != current]
    if asked is None:
        if not earlier:
            raise ServiceError(
                "conflict",
                f"{current} is the first version that was in force on {network!r}. "
                f"{_instead(locked)}",
            )
        return str(earlier[-1])
    label = f"{network}@{asked}"
    if label == current:
        raise ServiceError(
            "conflict", f"{label} is in force already. {_instead(locked)}", field="to"
        )
    if label not in earlier:
        raise ServiceError(
            "conflict",
            f"{label} was never in force on {network!r}. Activate it instead.",
            field="to",
        )
    return label


def _instead(locked: _Locked) -> str:
    """What to do where there is nothing to go back to."""
    candidate = locked.standing.candidate if locked.standing else None
    if candidate is None:
        return "Activate another version."
    return f"To end the roll-out of {candidate}, set its percent to 0."


def _share(percent: float) -> int:
    share = round(percent * 100)
    if abs(share - percent * 100) > 1e-6:
        raise ServiceError(
            "invalid", "`percent` has more than two decimals. Give it to two.", field="percent"
        )
    return share


def _need_rollout(locked: _Locked, label: str, share: int) -> None:
    standing = locked.standing
    if standing is None:
        raise ServiceError(
            "conflict",
            f"Nothing is in force on {locked.network!r} that a roll-out could take the place of. "
            "Activate the version.",
        )
    if standing.policy == label:
        raise ServiceError("conflict", f"{label} is in force already.")
    if share == 0 and standing.candidate != label:
        raise ServiceError("conflict", f"{label} is not being rolled out.")


def _need_shadow(locked: _Locked, label: str, *, on: bool) -> None:
    standing = locked.standing
    if standing is None:
        raise ServiceError(
            "conflict", f"Nothing is in force on {locked.network!r} to compare a shadow with."
        )
    if on and standing.policy == label:
        raise ServiceError("conflict", f"{label} is in force already.")
    if not on and standing.shadow != label:
        raise ServiceError("conflict", f"{label} is not the shadow on {locked.network!r}.")


def _record_id(tx: Transaction, change: str) -> str:
    wanted = sa.select(policy_changes.c.record).where(policy_changes.c.id == change)
    return str(tx.execute(wanted).scalar_one())


def _number(cursor: str) -> int:
    if not cursor.isdecimal():
        raise ServiceError(
            "invalid", "`cursor` is not one that was given out. Begin without it.", field="cursor"
        )
    return int(cursor)


def _change(
    row: Any, withdrawn: Collection[str] = (), refused: Collection[str] = ()
) -> PolicyChange:
    return PolicyChange(
        id=row.id,
        network=row.network,
        kind=row.kind,
        policy=row.label,
        effective=row.effective,
        percent=row.share * 100 / WHOLE if row.kind == "rollout" else None,
        record=row.record,
        withdraws=row.withdraws,
        withdrawn=row.id in withdrawn,
        verified=row.id not in refused,
        by=row.by,
        made=row.made,
    )

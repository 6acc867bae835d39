"""Alarms about rules that suddenly hold more often: counted, watched, acknowledged.

What is a jump is decided in :mod:`portreeve.enforcement.hit_rate`; the thresholds are settings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from portreeve.enforcement.hit_rate import Jump, Thresholds, jump
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.policies import Acknowledgement, Alarm
from portreeve.service.actor import PORTREEVE, Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.in_force import Lookup
from portreeve.service.policy_texts import PolicyTexts
from portreeve.store import Transaction, new_id
from portreeve.store.columns import micros, moment
from portreeve.store.counts import add_counts
from portreeve.store.statements import insert_missing
from portreeve.store.tables.policies import policy_alarms, policy_hits

BUCKET = timedelta(minutes=5)
"""Hits are counted in steps of this length, from the full hour on."""

BASELINE = timedelta(days=1)
"""How far back the rate before is measured."""

WINDOWS = (1, 12)
"""Lengths of the time in which a rate may jump: 5 minutes for busy rules, an hour for others."""

QUIET = BASELINE
"""After an alarm about a rule was acknowledged, none is raised about it for so long: by then what
was new has become the baseline."""

GRACE = timedelta(seconds=30)
"""How long after a bucket ends it is looked at: late transactions count into it."""

_ALARM, _HIT = policy_alarms.c, policy_hits.c
_Counts = NDArray[np.int64]


class Alarms:
    """Hit counts of rules, and alarms about them."""

    def __init__(self, context: Context, texts: PolicyTexts, lookup: Lookup) -> None:
        self._context = context
        self._texts = texts
        self._lookup = lookup
        self._writer = new_id("prc")
        self._watched: dict[str, datetime] = {}

    def note(
        self, tx: Transaction, network: str, policy: str, counts: Mapping[str, int], total: int
    ) -> None:
        """Count items and the rules that held on them, in the transaction that writes them."""
        key = {"bucket": _bucket(tx.time), "policy": policy, "writer": self._writer}
        rows = [
            {**key, "rule": rule, "network": network, "hits": hits}
            for rule, hits in sorted({"": total, **counts}.items())
        ]
        add_counts(tx, policy_hits, "hits", rows)

    def watch(self) -> int:
        """Look at the buckets that ended last, and raise alarms; how many were raised.

        A worker calls it every few seconds. It does something once per bucket.
        """
        end = _bucket(self._context.now() - GRACE)
        raised = 0
        for network in self._lookup.networks():
            if self._watched.get(network) != end:
                raised += self._examine(network, end)
                self._watched[network] = end
        return raised

    def tidy(self, before: datetime) -> None:
        """Forget what was counted before a time."""
        with self._context.database.write() as tx:
            tx.execute(sa.delete(policy_hits).where(_HIT.bucket < before))

    def page(
        self,
        actor: Actor,
        network: str | None = None,
        paging: Paging | None = None,
        *,
        rule: str | None = None,
        is_open: bool = False,
    ) -> Page[Alarm]:
        """Alarms, the last raised first; of one network, about one rule, or open ones only."""
        actor.need(Scope.policies_read)
        asked = paging or Paging()
        wanted = sa.select(policy_alarms).order_by(_ALARM.seq.desc()).limit(asked.limit + 1)
        if network is not None:
            wanted = wanted.where(_ALARM.network == network)
        if rule is not None:
            wanted = wanted.where(_ALARM.rule == rule)
        if is_open:
            wanted = wanted.where(_ALARM.acknowledged.is_(None))
        with self._context.database.read() as connection:
            if asked.cursor is not None:
                wanted = wanted.where(_ALARM.seq < _row(connection, asked.cursor).seq)
            rows = connection.execute(wanted).all()
        shown = [_alarm(row) for row in rows[: asked.limit]]
        return Page(items=shown, next=shown[-1].id if len(rows) > asked.limit else None)

    def acknowledge(self, actor: Actor, id: str, acknowledgement: Acknowledgement) -> Alarm:
        """Take note of an alarm; the rule is then quiet for a day.

        Raises:
            ServiceError: ``conflict``, when somebody has already.
        """
        actor.need(Scope.policies_propose)
        with self._context.database.write() as tx:
            row = _row(tx.connection, id)
            done = tx.execute(
                sa.update(policy_alarms)
                .where(_ALARM.id == id, _ALARM.acknowledged.is_(None))
                .values(acknowledged=tx.time, acknowledged_by=actor.name, note=acknowledgement.note)
            )
            if done.rowcount == 0:
                raise ServiceError("conflict", f"{row.id} is acknowledged already.")
            tx.audit(actor.name, "alarm.acknowledge", id, network=row.network, rule=row.rule)
            return _alarm(_row(tx.connection, id))

    def _examine(self, network: str, end: datetime) -> int:
        settings = self._context.settings
        thresholds = Thresholds(settings.alarm_hits, settings.alarm_ratio, settings.alarm_chance)
        with self._context.database.read() as connection:
            hits, totals = self._series(connection, network, end)
            quiet = _quiet(connection, network, end - QUIET)
        raised = 0
        for rule, counts in sorted(hits.items()):
            if rule in quiet:
                continue
            for window in WINDOWS:
                before = int(BASELINE / BUCKET) + window
                found = jump(counts[-before:], totals[rule][-before:], window, thresholds)
                if found is not None:
                    raised += self._raise(network, rule, window, end, found)
                    break
        return raised

    def _series(
        self, connection: sa.Connection, network: str, end: datetime
    ) -> tuple[dict[str, _Counts], dict[str, _Counts]]:
        """For every rule that held: hits and items per bucket, up to ``end``.

        An item counts for a rule only if the version that decided it has the rule: what a new rule
        does is no jump from nothing.
        """
        length = int(BASELINE / BUCKET) + max(WINDOWS)
        start = end - length * BUCKET
        hits: dict[str, _Counts] = defaultdict(lambda: np.zeros(length, np.int64))
        decided: dict[str, _Counts] = defaultdict(lambda: np.zeros(length, np.int64))
        wanted = sa.select(_HIT.bucket, _HIT.policy, _HIT.rule, sa.func.sum(_HIT.hits)).where(
            _HIT.network == network, _HIT.bucket >= start, _HIT.bucket < end
        )
        rows = connection.execute(wanted.group_by(_HIT.bucket, _HIT.policy, _HIT.rule))
        for bucket, policy, rule, count in rows:
            counted = hits[rule] if rule else decided[policy]
            counted[(bucket - start) // BUCKET] += int(count)
        totals: dict[str, _Counts] = defaultdict(lambda: np.zeros(length, np.int64))
        for policy, items in decided.items():
            for known in self._texts.named(policy).rules:
                if known.id in hits:
                    totals[known.id] += items
        return hits, totals

    def _raise(self, network: str, rule: str, window: int, end: datetime, found: Jump) -> int:
        id = new_id("alm")
        row = {
            "id": id,
            "network": network,
            "rule": rule,
            "policy": self._lookup.at(network, end - timedelta(microseconds=1)).policy.label,
            "window_start": end - window * BUCKET,
            "window_end": end,
            "facts": found,
            "raised": self._context.now(),
        }
        with self._context.database.write() as tx:
            insert_missing(tx, policy_alarms, [row], "network", "rule", "window_end")
            if tx.execute(sa.select(_ALARM.id).where(_ALARM.id == id)).first() is None:
                return 0  # another process has raised it
            facts = {"network": network, "rule": rule, "hits": found.hits, "total": found.total}
            tx.audit(PORTREEVE.name, "alarm.raise", id, **facts)
            tx.announce("alarm.raised", id, **facts, policy=row["policy"], ratio=found.ratio)
        return 1


def _quiet(connection: sa.Connection, network: str, since: datetime) -> set[str]:
    """Rules about which no alarm is raised: one is open, or was acknowledged since."""
    wanted = sa.select(_ALARM.rule).where(
        _ALARM.network == network, _ALARM.acknowledged.is_(None) | (_ALARM.acknowledged > since)
    )
    return set(connection.execute(wanted).scalars())


def _row(connection: sa.Connection, id: str) -> Any:
    row = connection.execute(sa.select(policy_alarms).where(_ALARM.id == id)).one_or_none()
    if row is None:
        raise not_found("alarm", id)
    return row


def _alarm(row: Any) -> Alarm:
    facts = msgspec.convert(row.facts, Jump)
    return Alarm(
        id=row.id,
        network=row.network,
        rule=row.rule,
        policy=row.policy,
        window_start=row.window_start,
        window_end=row.window_end,
        hits=facts.hits,
        total=facts.total,
        baseline_hits=facts.baseline_hits,
        baseline_total=facts.baseline_total,
        ratio=facts.ratio,
        dispersion=facts.dispersion,
        chance=facts.chance,
        raised=row.raised,
        acknowledged=row.acknowledged,
        acknowledged_by=row.acknowledged_by,
        note=row.note,
    )


def _bucket(time: datetime) -> datetime:
    step = BUCKET // timedelta(microseconds=1)
    return moment(micros(time) // step * step)

"""What a shadow would have decided otherwise: counted as it happens, queried later.

Counted are all items that both versions decided, by hour, surface, pair of verdicts and pair of
strongest rules. Of those that differ a few decisions of each kind and hour are kept as samples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from portreeve.model import Surface, Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.policies import Difference, ShadowQuery, ShadowReport
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.in_force import Lookup
from portreeve.store import Transaction, new_id
from portreeve.store.counts import add_counts
from portreeve.store.statements import insert_missing
from portreeve.store.tables.policies import policy_shadow_counts, policy_shadow_samples

SAMPLES = 20
"""Decisions kept of one kind and hour by each process, and shown of one kind."""

ShadowRow = tuple[str, str, str | None, str, str, Sequence[str], Sequence[str]]
"""Decision, surface, account, verdict, the shadow's verdict, rules, the shadow's rules."""


class _Kind(NamedTuple):
    surface: str
    verdict: str
    shadow_verdict: str
    rule: str
    shadow_rule: str

    @property
    def differs(self) -> bool:
        return (self.verdict, self.rule) != (self.shadow_verdict, self.shadow_rule)


_COUNT, _SAMPLE = policy_shadow_counts.c, policy_shadow_samples.c


class Shadows:
    """The differences that shadows have made."""

    def __init__(self, context: Context, lookup: Lookup) -> None:
        self._context = context
        self._lookup = lookup
        self._writer = new_id("prc")
        self._hour: datetime | None = None
        self._sampled: Counter[tuple[str, _Kind]] = Counter()

    def note(self, tx: Transaction, shadow: str, rows: Iterable[ShadowRow]) -> None:
        """Count items that a shadow decided too, in the transaction that writes the decisions."""
        hour = _hour(tx.time)
        counted: Counter[_Kind] = Counter()
        samples: list[dict[str, Any]] = []
        for decision, surface, _, verdict, other, rules, other_rules in rows:
            kind = _Kind(surface, verdict, other, _first(rules), _first(other_rules))
            counted[kind] += 1
            if kind.differs and self._wanted(hour, shadow, kind):
                samples.append(
                    {"decision": decision, "shadow": shadow, "hour": hour, **kind._asdict()}
                )
        key = {"shadow": shadow, "hour": hour, "writer": self._writer}
        add_counts(
            tx,
            policy_shadow_counts,
            "items",
            [{**key, **kind._asdict(), "items": n} for kind, n in sorted(counted.items())],
        )
        insert_missing(tx, policy_shadow_samples, samples)

    def report(self, actor: Actor, network: str, query: ShadowQuery) -> ShadowReport:
        """How a shadow compares with what was decided.

        Raises:
            ServiceError: ``not-found``, when no version is named and there is no shadow now.
        """
        actor.need(Scope.policies_read)
        shadow = self._label(network, query)
        until = query.until or self._context.now()
        since = _hour(query.since or until - timedelta(days=1))
        with self._context.database.read() as connection:
            kinds = _counted(connection, shadow, since, until)
            wanted = {kind: n for kind, n in kinds.items() if _asked(kind, query)}
            samples = _samples(connection, shadow, since, until)
        totals: Counter[str] = Counter()
        for kind, n in kinds.items():
            totals[kind.surface] += n
        differing = {kind: n for kind, n in wanted.items() if kind.differs}
        return ShadowReport(
            network=network,
            shadow=shadow,
            since=since,
            until=until,
            items=sum(wanted.values()),
            same=sum(wanted.values()) - sum(differing.values()),
            differences=[
                _difference(kind, n, totals[kind.surface], samples.get(kind, []))
                for kind, n in sorted(differing.items(), key=lambda pair: (-pair[1], pair[0]))
            ],
        )

    def tidy(self, before: datetime) -> None:
        """Forget what was counted before a time."""
        with self._context.database.write() as tx:
            tx.execute(sa.delete(policy_shadow_counts).where(_COUNT.hour < before))
            tx.execute(sa.delete(policy_shadow_samples).where(_SAMPLE.hour < before))

    def _label(self, network: str, query: ShadowQuery) -> str:
        if query.version is not None:
            return f"{network}@{query.version}"
        found = self._lookup.at(network, self._context.now()).shadow
        if found is None:
            raise ServiceError(
                "not-found",
                f"There is no shadow on {network!r} now. Name in `version` one that there was.",
                field="version",
            )
        return found.label

    def _wanted(self, hour: datetime, shadow: str, kind: _Kind) -> bool:
        """Whether another sample of this kind is kept."""
        if hour != self._hour:
            self._hour = hour
            self._sampled.clear()
        self._sampled[shadow, kind] += 1
        return self._sampled[shadow, kind] <= SAMPLES


def _counted(
    connection: sa.Connection, shadow: str, since: datetime, until: datetime
) -> dict[_Kind, int]:
    columns = [_COUNT[name] for name in _Kind._fields]
    wanted = (
        sa.select(*columns, sa.func.sum(_COUNT["items"]).label("items"))
        .where(_COUNT.shadow == shadow, _COUNT.hour >= since, _COUNT.hour < until)
        .group_by(*columns)
    )
    return {_Kind(*row[:-1]): int(row[-1]) for row in connection.execute(wanted)}


def _samples(
    connection: sa.Connection, shadow: str, since: datetime, until: datetime
) -> dict[_Kind, list[str]]:
    """The last samples of each kind, the latest hour first."""
    columns = [_SAMPLE[name] for name in _Kind._fields]
    place = sa.func.row_number().over(
        partition_by=columns, order_by=[_SAMPLE.hour.desc(), _SAMPLE.decision]
    )
    ranked = (
        sa.select(_SAMPLE.decision, *columns, place.label("place"))
        .where(_SAMPLE.shadow == shadow, _SAMPLE.hour >= since, _SAMPLE.hour < until)
        .subquery()
    )
    found: dict[_Kind, list[str]] = {}
    wanted = sa.select(ranked).where(ranked.c.place <= SAMPLES).order_by(ranked.c.place)
    for row in connection.execute(wanted):
        found.setdefault(_Kind(*row[1:-1]), []).append(row.decision)
    return found


def _asked(kind: _Kind, query: ShadowQuery) -> bool:
    return (
        query.surface in (None, kind.surface)
        and query.rule in (None, kind.rule, kind.shadow_rule)
        and query.verdict in (None, kind.verdict)
        and query.other_verdict in (None, kind.shadow_verdict)
    )


def _difference(kind: _Kind, items: int, of: int, samples: list[str]) -> Difference:
    return Difference(
        surface=Surface(kind.surface),
        verdict=Verdict(kind.verdict),
        other_verdict=Verdict(kind.shadow_verdict),
        rule=kind.rule or None,
        other_rule=kind.shadow_rule or None,
        items=items,
        share=items / of,
        samples=samples,
    )


def _first(rules: Sequence[str]) -> str:
    return rules[0] if rules else ""


def _hour(time: datetime) -> datetime:
    return time.replace(minute=0, second=0, microsecond=0)

"""What a version would decide of what is stored already."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import sqlalchemy as sa

from portreeve.model import Surface, Verdict
from portreeve.policy import Policy
from portreeve.schemas.access import Scope
from portreeve.schemas.policies import Difference, Preview, PreviewOrder
from portreeve.service.actor import PORTREEVE, Actor
from portreeve.service.context import Context
from portreeve.service.policies import Policies
from portreeve.store.tables.core import decisions, items

CHUNK = 500
"""Items that are decided together."""

SAMPLES = 20
"""Items shown of one kind of difference."""

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

Rescreened = tuple[str, str, str, str | None, Sequence[str]]
"""Item, verdict in force, new verdict, decision written (None when dry), rules strongest first."""

SEEN = (
    items.c.id,
    items.c.surface,
    items.c.account,
    decisions.c.verdict,
    decisions.c.rules,
    decisions.c.stage,
    decisions.c.undone,
)
"""What is known of a stored item and the decision in force on it."""


class Rescreen(Protocol):
    """Decides stored items again; those whose content is gone are left out of what it gives."""

    def __call__(
        self, item_ids: Sequence[str], policy: Policy, *, stage: str, by: str, dry: bool
    ) -> Sequence[Rescreened]:
        """``dry``: nothing is written."""


class Previews:
    """Previews of versions over stored items."""

    def __init__(self, context: Context, policies: Policies, rescreen: Rescreen) -> None:
        self._context = context
        self._policies = policies
        self._rescreen = rescreen

    def preview(self, actor: Actor, network: str, version: str, order: PreviewOrder) -> Preview:
        """What a version would decide of the newest stored items. Nothing is changed."""
        actor.need(Scope.policies_propose)
        policy = self._policies.named(f"{network}@{version}")
        with self._context.database.read() as connection:
            rows = connection.execute(newest(network, order, SEEN)).all()
        decided = [
            (row, again)
            for chunk in _chunks(rows)
            for row, again in decide_again(self._rescreen, chunk, policy)
        ]
        changed = [row for row, again in decided if rank(row.verdict) != rank(again[2])]
        return Preview(
            policy=policy.label,
            items=len(decided),
            unreadable=len(rows) - len(decided),
            changed=len(changed),
            accounts=len({row.account for row in changed if row.account is not None}),
            differences=_differences(decided),
        )


def decide_again(
    rescreen: Rescreen, rows: Sequence[Any], policy: Policy
) -> Iterator[tuple[Any, Rescreened]]:
    """Rows of ``SEEN`` that can be read still, each with what the policy decides of it now."""
    if not rows:
        return
    ids = [row.id for row in rows]
    found = rescreen(ids, policy, stage="retroactive", by=PORTREEVE.name, dry=True)
    again = {rescreened[0]: rescreened for rescreened in found}
    yield from ((row, again[row.id]) for row in rows if row.id in again)


def rank(verdict: str) -> int:
    """Place of a verdict in the lattice; ``refuse`` and ``remove`` are one."""
    return Verdict(verdict).rank


def newest(
    network: str, order: PreviewOrder, columns: Sequence[sa.ColumnElement[Any]]
) -> sa.Select[Any]:
    """The newest stored items that an order means; ``columns`` of them and of their decisions."""
    wanted = (
        sa.select(*columns)
        .join_from(
            decisions,
            items,
            sa.and_(items.c.id == decisions.c.item, items.c.decision == decisions.c.id),
        )
        .where(
            decisions.c.network == network,
            items.c.state != "deleted",
            items.c.received >= (order.since or BEGINNING),
        )
        .order_by(decisions.c.seq.desc())
        .limit(order.limit)
    )
    if order.until is not None:
        wanted = wanted.where(items.c.received < order.until)
    return wanted.where(items.c.surface.in_(order.surfaces)) if order.surfaces else wanted


def _differences(decided: Sequence[tuple[Any, Rescreened]]) -> list[Difference]:
    """What comes out otherwise; ``refuse`` and ``remove`` are one step."""
    on_surface = Counter(row.surface for row, _ in decided)
    samples: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for row, (id, _, verdict, _, rules) in decided:
        if rank(row.verdict) != rank(verdict):
            rule, other = (next(iter(held), None) for held in (row.rules, rules))
            samples[row.surface, row.verdict, verdict, rule, other].append(id)
    ranked = sorted(samples.items(), key=lambda pair: (-len(pair[1]), str(pair[0])))
    return [
        Difference(
            surface=Surface(surface),
            verdict=Verdict(before),
            other_verdict=Verdict(after),
            rule=rule,
            other_rule=other,
            items=len(ids),
            share=len(ids) / on_surface[surface],
            samples=ids[:SAMPLES],
        )
        for (surface, before, after, rule, other), ids in ranked
    ]


def _chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))

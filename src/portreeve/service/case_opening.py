"""How cases come to be: from decisions that need a person, and from reports; near copies together.

Locks are taken in one order everywhere: first the items, by id, then the case. So nobody waits in
a circle, and two reports of one item cannot open two cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sqlalchemy as sa

from portreeve.enforcement import copies, priority, queues
from portreeve.enforcement.priority import rank, severity
from portreeve.policy.document import Policy
from portreeve.service import case_steps, claims
from portreeve.service.actor import PORTREEVE
from portreeve.service.bulk import fetch_in
from portreeve.service.case_steps import Step
from portreeve.service.context import Context
from portreeve.store import Transaction, micros, new_id
from portreeve.store.tables.cases import case_items, case_prints, cases
from portreeve.store.tables.core import accounts, contents, decisions, items
from portreeve.store.vault import NOBODY, Content

Row = sa.Row[Any]

MOST_ITEMS = 1_000
"""A case this large takes no more items; the next near copy opens another."""

SEALED_TIER = "black"
"""Goods whose evidence is shown only after two people released it."""


@dataclass
class _Group:
    """A case that is being made or added to."""

    id: str
    network: str
    queue: str
    sealed: bool
    severity: float
    reach: int
    reports: int
    opened: int
    size: int
    new: bool
    print: copies.Print | None = None
    decisions: list[Row] = field(default_factory=list)


class CaseOpening:
    """Opens cases, inside the transaction of what gives rise to them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._seed = context.vault.digest(NOBODY, b"prints of near copies").encode()

    def open_for(self, tx: Transaction, rows: Iterable[Row], policy: Policy) -> None:
        """Open cases for decisions that a person must judge; near copies come into one.

        Decisions that are in a case already, or no longer in force, are passed over.

        Args:
            rows: rows of the table ``decisions``, with the verdict ``hold``, or of black goods.
            policy: the policy that they were decided by.
        """
        law = {rule.id for rule in policy.rules if rule.layer == "law"}
        waiting = self._in_force(tx, {row.item: row for row in rows})
        waiting = self._rejoined(tx, waiting)
        if not waiting:
            return
        reach = _reach(tx, waiting)
        prints = self._prints(tx, waiting)
        groups = self._candidates(tx, prints.values())
        by_band = _bands_of(groups)
        for row in waiting:
            group = _new_group(tx, row, law)
            found = prints.get(row.id)
            near = _nearest(group, found, by_band)
            if near is None:
                group.print = found
                groups.append(group)
                _note_bands(group, by_band)
                near = group
            near.decisions.append(row)
            near.reach = priority.reach(near.reach, reach.get(row.account))
            near.severity = max(near.severity, group.severity)
        self._write(tx, [group for group in groups if group.decisions])

    def for_report(self, tx: Transaction, item: Row, decision: Row) -> str:
        """The open case of a reported item, a new one if there is none; counts the report.

        ``item`` must be locked. ``decision`` is the one in force.
        """
        found = tx.execute(
            sa.select(cases)
            .join(case_items, case_items.c.case == cases.c.id)
            .where(case_items.c.item == item.id, cases.c.state == "open")
            .with_for_update(of=cases)
        ).first()
        if found is None:
            group = _new_group(tx, decision, frozenset(), origin="report")
            group.reports = 1
            group.reach = _reach(tx, [decision]).get(decision.account, 0)
            group.decisions.append(decision)
            self._write(tx, [group], origin="report")
            return group.id
        self.count_report(tx, found)
        return str(found.id)

    def gather_again(self, tx: Transaction, case: str) -> None:
        """Let a case that is open again find near copies of its first item again."""
        first = tx.execute(
            sa.select(decisions)
            .join(case_items, case_items.c.decision == decisions.c.id)
            .where(case_items.c.case == case)
            .order_by(case_items.c.added, case_items.c.item)
            .limit(1)
        ).all()
        for found in self._prints(tx, first).values():
            tx.execute(sa.insert(case_prints), _print_rows(case, found))

    def count_report(self, tx: Transaction, case: Row) -> None:
        """One more person reports what a case is about: it moves up."""
        place = rank(micros(case.opened), case.severity, case.reach, case.reports + 1)
        tx.execute(
            sa.update(cases)
            .where(cases.c.id == case.id)
            .values(reports=case.reports + 1, rank=place)
        )
        detail = {"reports": case.reports + 1}
        case_steps.write(tx, [Step(case.id, PORTREEVE.name, "reported", detail)])

    def for_claim(self, tx: Transaction, network: str, account: str) -> tuple[str, bool]:
        """The open case of claims against an account, and whether it is new; nothing is counted."""
        found = tx.execute(
            sa.select(cases.c.id).where(
                cases.c.account == account,
                cases.c.network == network,
                cases.c.origin == "claim",
                cases.c.state == "open",
            )
        ).first()
        if found is not None:
            return str(found.id), False
        group = _Group(
            id=new_id("cas"),
            network=network,
            queue=queues.route(None, None, "claim").name,
            sealed=False,
            severity=severity(tier=None),
            reach=0,
            reports=1,
            opened=micros(tx.time),
            size=0,
            new=True,
        )
        self._write(tx, [group], origin="claim", account=account)
        return group.id, True

    def for_campaign(
        self,
        tx: Transaction,
        network: str,
        account: str | None,
        members: Iterable[str],
        *,
        unlawful: bool,
    ) -> str:
        """A new case for a campaign, which has no items of its own.

        ``account``: whose key seals its notes; ``members``: who is in it; ``unlawful``: it looks
        like a pyramid.
        """
        a = accounts.c
        known = fetch_in(tx.connection, sa.select(a.friends, a.followers), a.id, members)
        group = _Group(
            id=new_id("cas"),
            network=network,
            queue=queues.route(None, None, "campaign").name,
            sealed=False,
            severity=severity(tier=None, lawful=not unlawful),
            reach=priority.reach(*(n for row in known for n in (row["friends"], row["followers"]))),
            reports=0,
            opened=micros(tx.time),
            size=0,
            new=True,
        )
        self._write(tx, [group], origin="campaign", account=account)
        return group.id

    def for_message(self, tx: Transaction, decision: Row) -> str:
        """A new case for one message that was reported with proof."""
        group = _new_group(tx, decision, frozenset(), origin="franked")
        group.reports = 1
        group.decisions.append(decision)
        self._write(tx, [group], origin="franked")
        return group.id

    def _in_force(self, tx: Transaction, rows: Mapping[str, Row]) -> list[Row]:
        """The rows whose item still stands as they decided it; locks the items."""
        locked = lock_items(tx, rows)
        return [
            row
            for item, row in rows.items()
            if item in locked
            and locked[item].decision == row.id
            and locked[item].state != "deleted"
        ]

    def _rejoined(self, tx: Transaction, rows: Sequence[Row]) -> list[Row]:
        """Put new decisions on items of open cases into those; give the rows that are left."""
        known = tx.execute(
            sa.select(case_items.c.item, case_items.c.decision, cases)
            .join(cases, cases.c.id == case_items.c.case)
            .where(case_items.c.item.in_([row.item for row in rows]), cases.c.state == "open")
            .with_for_update(of=cases)
        ).all()
        by_item = {row.item: row for row in known}
        fresh = []
        for row in rows:
            case = by_item.get(row.item)
            if case is None:
                fresh.append(row)
            elif case.decision != row.id:
                self._rejoin(tx, case, row)
        return fresh

    def _rejoin(self, tx: Transaction, case: Row, row: Row) -> None:
        """An item of an open case was edited and decided anew."""
        sealed = row.goods_tier == SEALED_TIER
        heavier = max(case.severity, severity(tier=row.goods_tier, lawful=row.lawful))
        queue = queues.route(row.goods_tier, row.goods_category, "decision").name
        tx.execute(
            sa.update(case_items)
            .where(case_items.c.case == case.id, case_items.c.item == row.item)
            .values(decision=row.id)
        )
        tx.execute(
            sa.update(cases)
            .where(cases.c.id == case.id)
            .values(
                revision=cases.c.revision + 1,
                sealed=case.sealed or sealed,
                queue=queue if sealed else case.queue,
                severity=heavier,
                rank=rank(micros(case.opened), heavier, case.reach, case.reports),
            )
        )
        detail = {"item": row.item, "decision": row.id}
        case_steps.write(tx, [Step(case.id, PORTREEVE.name, "edited", detail)])

    def _prints(self, tx: Transaction, rows: Sequence[Row]) -> dict[str, copies.Print]:
        """The print of what each decision was made on; none where there is too little text."""
        sealed = tx.execute(
            sa.select(contents).where(contents.c.decision.in_([row.id for row in rows]))
        ).all()
        opened = self._context.vault.open_many(
            tx.connection,
            [row.account for row in sealed],
            [row.sealed for row in sealed],
            [row.decision for row in sealed],
        )
        found = {
            row.decision: copies.print_of(Content.from_bytes(data).text or "", self._seed)
            for row, data in zip(sealed, opened, strict=True)
            if data is not None
        }
        return {decision: made for decision, made in found.items() if made is not None}

    def _candidates(self, tx: Transaction, prints: Iterable[copies.Print]) -> list[_Group]:
        """Open cases that nobody holds and that share a part of a print."""
        parts = sorted({part for found in prints for part in copies.bands(found)})
        if not parts:
            return []
        size = (
            sa.select(sa.func.count())
            .where(case_items.c.case == cases.c.id)
            .scalar_subquery()
            .label("size")
        )
        near = sa.select(case_prints.c.case).where(case_prints.c.band.in_(parts)).distinct()
        # somebody who reads a case must not have it grow under their eyes
        rows = tx.execute(
            sa.select(cases, size)
            .where(cases.c.id.in_(near), cases.c.state == "open", claims.free(cases, tx.time))
            .order_by(cases.c.id)
            .with_for_update(of=cases)
        ).all()
        stored = tx.execute(
            sa.select(case_prints.c.case, case_prints.c.print)
            .where(case_prints.c.case.in_([row.id for row in rows]))
            .distinct()
        ).all()
        prints_of = {row.case: np.frombuffer(row.print, np.uint32) for row in stored}
        return [_group_of(row, prints_of[row.id]) for row in rows]

    def _write(
        self,
        tx: Transaction,
        groups: Sequence[_Group],
        *,
        origin: queues.Origin = "decision",
        account: str | None = None,
    ) -> None:
        new = [group for group in groups if group.new]
        grown = [group for group in groups if not group.new]
        if new:
            tx.execute(sa.insert(cases), [_case_row(tx, g, origin, account) for g in new])
            parts = [part for group in new for part in _print_rows(group.id, group.print)]
            if parts:
                tx.execute(sa.insert(case_prints), parts)
        if grown:
            tx.execute(
                sa.update(cases)
                .where(cases.c.id == sa.bindparam("of"))
                .values(
                    severity=sa.bindparam("to_severity"),
                    reach=sa.bindparam("to_reach"),
                    rank=sa.bindparam("to_rank"),
                    revision=cases.c.revision + 1,
                ),
                [_grown_row(group) for group in grown],
            )
        joined = [
            {
                "case": group.id,
                "item": row.item,
                "decision": row.id,
                "account": row.account,
                "added": tx.time,
            }
            for group in groups
            for row in group.decisions
        ]
        if joined:
            tx.execute(sa.insert(case_items), joined)
        case_steps.write(
            tx,
            [
                Step(
                    group.id,
                    PORTREEVE.name,
                    "opened" if group.new else "joined",
                    {"queue": group.queue, "decisions": [row.id for row in group.decisions]},
                )
                for group in groups
            ],
        )
        for group in new:
            tx.announce("case.opened", group.id, queue=group.queue, network=group.network)


def lock_items(tx: Transaction, ids: Iterable[str]) -> dict[str, Row]:
    """The items' rows, kept from changing until the transaction ends."""
    rows = tx.execute(
        sa.select(items).where(items.c.id.in_(sorted(ids))).order_by(items.c.id).with_for_update()
    )
    return {row.id: row for row in rows}


def decision_row(tx: Transaction, id: str) -> Row | None:
    """A decision's row."""
    return tx.execute(sa.select(decisions).where(decisions.c.id == id)).first()


def _reach(tx: Transaction, rows: Sequence[Row]) -> dict[str, int]:
    """How many people follow or befriend each account, as far as it is known."""
    named = sorted({row.account for row in rows if row.account is not None})
    found = tx.execute(
        sa.select(accounts.c.id, accounts.c.friends, accounts.c.followers).where(
            accounts.c.id.in_(named)
        )
    )
    return {row.id: priority.reach(row.friends, row.followers) for row in found}


def _new_group(
    tx: Transaction, row: Row, law: Iterable[str], origin: queues.Origin = "decision"
) -> _Group:
    unlawful = not row.lawful or not set(law).isdisjoint(row.rules)
    return _Group(
        id=new_id("cas"),
        network=row.network,
        queue=queues.route(row.goods_tier, row.goods_category, origin).name,
        sealed=row.goods_tier == SEALED_TIER,
        severity=severity(tier=row.goods_tier, lawful=not unlawful, franked=origin == "franked"),
        reach=0,
        reports=0,
        opened=micros(tx.time),
        size=0,
        new=True,
    )


def _group_of(row: Row, found: copies.Print) -> _Group:
    return _Group(
        id=row.id,
        network=row.network,
        queue=row.queue,
        sealed=row.sealed,
        severity=row.severity,
        reach=row.reach,
        reports=row.reports,
        opened=micros(row.opened),
        size=row.size,
        new=False,
        print=found,
    )


def _bands_of(groups: Iterable[_Group]) -> dict[int, list[_Group]]:
    by_band: dict[int, list[_Group]] = {}
    for group in groups:
        _note_bands(group, by_band)
    return by_band


def _note_bands(group: _Group, by_band: dict[int, list[_Group]]) -> None:
    if group.print is not None:
        for part in copies.bands(group.print):
            by_band.setdefault(part, []).append(group)


def _nearest(
    group: _Group, found: copies.Print | None, by_band: Mapping[int, list[_Group]]
) -> _Group | None:
    """The case most alike, of the same network, queue and seal; None when none is a near copy."""
    if found is None:
        return None
    place = (group.network, group.queue, group.sealed)
    near = {
        other.id: other
        for part in copies.bands(found)
        for other in by_band.get(part, ())
        if (other.network, other.queue, other.sealed) == place
        and other.size + len(other.decisions) < MOST_ITEMS
    }
    scored = [(copies.alike(found, o.print), o) for o in near.values() if o.print is not None]
    best = max(scored, key=lambda pair: pair[0], default=None)
    return best[1] if best is not None and best[0] >= copies.ALIKE else None


def _case_row(
    tx: Transaction, group: _Group, origin: queues.Origin, account: str | None
) -> dict[str, Any]:
    return {
        "id": group.id,
        "network": group.network,
        "origin": origin,
        "queue": group.queue,
        "state": "open",
        "sealed": group.sealed,
        "account": group.decisions[0].account if group.decisions else account,
        "severity": group.severity,
        "reach": group.reach,
        "reports": group.reports,
        "rank": rank(group.opened, group.severity, group.reach, group.reports),
        "revision": 1,
        "opened": tx.time,
        "due": queues.due(group.queue, tx.time),
    }


def _print_rows(case: str, found: copies.Print | None) -> list[dict[str, Any]]:
    if found is None:
        return []
    whole = found.tobytes()
    return [{"band": part, "case": case, "print": whole} for part in copies.bands(found)]


def _grown_row(group: _Group) -> dict[str, Any]:
    return {
        "of": group.id,
        "to_severity": group.severity,
        "to_reach": group.reach,
        "to_rank": rank(group.opened, group.severity, group.reach, group.reports),
    }

"""Taking decisions out, and what rested on sanctions that are no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portreeve.enforcement.consequences import PERSON
from portreeve.enforcement.ladder import ACTS
from portreeve.model import Verdict
from portreeve.service import case_steps
from portreeve.service.bulk import announce_all, fetch_in
from portreeve.service.case_steps import Step
from portreeve.service.reasons import SANCTION_RULE
from portreeve.service.settling import Settled, decided_by_item, settle
from portreeve.service.standing import PolicyBook, Recomputed
from portreeve.service.telling import Row, give_notices, item_event, rules_of
from portreeve.store import Transaction
from portreeve.store.tables import core, enforcement
from portreeve.store.tables.cases import case_items


def take_out(tx: Transaction, rows: Sequence[Row], by: str, policies: PolicyBook) -> Settled:
    """Mark decisions as undone, settle their items and comments, tell hosts, mark cases.

    What follows from the decisions is not drawn any more. Strikes are the caller's to settle.
    """
    d, i = core.decisions, core.items.c
    items = fetch_in(
        tx.connection, sa.select(i.id, i.state, i.decision), i.id, [row.item for row in rows]
    )
    governed = {row["decision"] for row in items if row["state"] != "deleted"}
    tx.execute(
        sa.update(d)
        .where(d.c.id == sa.bindparam("decision"))
        .values(undone=tx.time, undone_by=by, followed=True),
        [{"decision": row.id} for row in rows],
    )
    settled = settle(tx, decided_by_item(tx, [row.item for row in rows]))
    _tell_of_items(tx, [row for row in rows if row.id in governed], settled, policies)
    for row in rows:
        tx.announce(
            "decision.reversed", row.id,
            item=row.item, revision=row.revision, account=row.account, network=row.network,
            verdict=row.verdict, stage=row.stage,
        )  # fmt: skip
    members = fetch_in(
        tx.connection, sa.select(case_items), case_items.c.decision, [row.id for row in rows]
    )
    case_steps.write(
        tx,
        [
            Step(member["case"], "portreeve", "undone", {"decision": member["decision"]})
            for member in members
        ],
    )
    return settled


def correct(tx: Transaction, rows: Iterable[Row]) -> list[str]:
    """Tell accounts that were told of decisions that these are undone; the notices' ids."""
    n = enforcement.notices.c
    told = {
        notice["decision"]
        for notice in fetch_in(
            tx.connection,
            sa.select(n.decision).where(n.kind == "decision"),
            n.decision,
            [row.id for row in rows],
        )
    }
    return give_notices(
        tx,
        [
            {"account": row.account, "kind": "correction", "decision": row.id}
            for row in rows
            if row.id in told
        ],
    )


def free(tx: Transaction, changed: Recomputed, by: str, policies: PolicyBook) -> list[str]:
    """Undo the decisions that rested on sanctions whose cause is gone; their ids.

    So a post that was refused for nothing but a mute comes back with the strike that caused the
    mute. It stays as it is when a rule of the policy holds that would stop it or costs a strike,
    or when another sanction restricted the account then; one that goes on in the place of another,
    such as when a person confirms what the machine decided, counts from when that began.
    """
    gone: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for sanction in [*changed.reversed, *changed.lapsed]:
        if sanction["kind"] not in ACTS:
            gone[sanction["account"], sanction["network"]].append(sanction)
    if not gone:
        return []
    candidates = _under_sanctions(tx, gone)
    others = _others(tx, gone)
    for key, on in _going_on(tx, changed).items():
        others[key] += on
    rules = rules_of(candidates, policies)
    freed = [
        row
        for row in candidates
        if any(
            f"{SANCTION_RULE}{one['kind']}" in row.rules and _ran_at(one, row.decided)
            for one in gone[row.account, row.network]
        )
        and not any(_ran_at(one, row.decided) for one in others[row.account, row.network])
        and all(rule.verdict.rank < Verdict.hold.rank and not rule.strike for rule in rules[row.id])
    ]
    if freed:
        take_out(tx, freed, by, policies)
        correct(tx, freed)
        for row in freed:
            tx.audit(by, "decision.free", row.id, item=row.item)
    return [row.id for row in freed]


def _under_sanctions(
    tx: Transaction, gone: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]
) -> list[Row]:
    """The machine's decisions by which a sanction of these accounts decided, since it began."""
    d = core.decisions
    first = min(row["begins"] for of in gone.values() for row in of)
    rows = tx.execute(
        sa.select(d).where(
            d.c.account.in_({account for account, _ in gone}),
            d.c.decided >= first,
            d.c.undone.is_(None),
            d.c.stage != PERSON,
            sa.type_coerce(d.c.rules, sa.Text).like(f'%"{SANCTION_RULE}%'),
        ).order_by(d.c.seq)
    ).all()  # fmt: skip
    return [row for row in rows if (row.account, row.network) in gone]


def _others(
    tx: Transaction, gone: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]
) -> dict[tuple[str, str], list[Mapping[Any, Any]]]:
    """The sanctions of these accounts that stand, or stood, beside those that are gone."""
    s = enforcement.sanctions.c
    standing = sa.and_(s.kind.not_in(ACTS), sa.or_(s.outcome.is_(None), s.outcome != "reversed"))
    found: dict[tuple[str, str], list[Mapping[Any, Any]]] = defaultdict(list)
    statement = sa.select(enforcement.sanctions).where(standing)
    accounts = {account for account, _ in gone}
    left_out = {row["id"] for of in gone.values() for row in of}
    for row in fetch_in(tx.connection, statement, s.account, accounts):
        if row["id"] not in left_out:
            found[row["account"], row["network"]].append(row)
    return found


def _going_on(
    tx: Transaction, changed: Recomputed
) -> dict[tuple[str, str], list[Mapping[Any, Any]]]:
    """Sanctions that have begun where others are reversed, for the same decision or for one that
    took its place on the same revision, as if they had begun with those."""
    d, older = core.decisions, core.decisions.alias()
    named = {row["decision"] for row in changed.started}
    again = sa.select(d.c.id, d.c.supersedes).join_from(
        d, older, (d.c.supersedes == older.c.id) & (d.c.revision == older.c.revision)
    )
    before = {row["id"]: row["supersedes"] for row in fetch_in(tx.connection, again, d.c.id, named)}
    found: dict[tuple[str, str], list[Mapping[Any, Any]]] = defaultdict(list)
    for started in changed.started:
        if started["kind"] in ACTS:
            continue
        causes = {started["decision"], before.get(started["decision"])}
        place = (started["account"], started["network"])
        found[place] += [
            {**started, "begins": min(started["begins"], row["begins"])}
            for row in changed.reversed
            if (row["account"], row["network"]) == place
            and row["kind"] not in ACTS
            and row["decision"] in causes
        ]
    return found


def _ran_at(row: Mapping[Any, Any], time: datetime) -> bool:
    """Whether a sanction restricted at a time: begun, and neither over nor ended by then."""
    return row["begins"] <= time and all(
        end is None or time < end for end in (row["ends"], row["ended"])
    )


def _tell_of_items(
    tx: Transaction, rows: Sequence[Row], settled: Settled, policies: PolicyBook
) -> None:
    """Tell hosts what to do with items, now that an older decision or none is in force."""
    d = core.decisions
    now = {row.item: settled.in_force[row.item] for row in rows}
    older = {
        row.id: row
        for row in tx.execute(
            sa.select(d).where(d.c.id.in_([id for id in now.values() if id is not None]))
        ).all()
    }
    rules = rules_of(older.values(), policies)
    for row in rows:
        in_force = now[row.item]
        if in_force is None:
            facts = {"decision": row.id, "account": row.account, "network": row.network}
            tx.announce("item.restored", row.item, **facts)
        else:
            announce_all(tx, [item_event(older[in_force], rules[in_force])])

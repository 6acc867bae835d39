"""The state of items, settled by their decisions; and of the comments under them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portreeve.enforcement import consequences
from portreeve.enforcement.consequences import Decided
from portreeve.service.bulk import announce_all, fetch_in
from portreeve.store import Transaction
from portreeve.store.tables import core, enforcement

_EVENT_ITEMS = 500
"""Comments named in one event."""

_DEEPEST = 1_000
"""Levels of answers to answers; hosts that close them to a ring are left there."""


@dataclass(frozen=True)
class Change:
    """An item whose state, or decision in force, changed."""

    item: str
    before: str
    after: str
    was: str
    """The decision that was in force."""
    decision: str
    """The decision in force now; where all were undone, the last of them."""


@dataclass(frozen=True)
class Settled:
    """What settling changed. ``in_force``: the decision in force of each item; None without one."""

    changes: list[Change]
    hidden: list[str]
    restored: list[str]
    in_force: dict[str, str | None]


def decided_by_item(tx: Transaction, items: Iterable[str]) -> dict[str, list[Decided]]:
    """All decisions on items, in their order; nobody decides these items until the end."""
    items = sorted(set(items))
    _lock(tx, items)
    c = core.decisions.c
    columns = (c.item, c.seq, c.id, c.revision, c.decided, c.stage, c.verdict, c.grade, c.undone)
    found: dict[str, list[Decided]] = defaultdict(list)
    for row in fetch_in(tx.connection, sa.select(*columns).order_by(c.seq), c.item, items):
        facts = {name: row[name] for name in Decided.__slots__}
        found[row["item"]].append(Decided(**facts | {"undone": row["undone"] is not None}))
    return found


def _lock(tx: Transaction, items: Sequence[str]) -> None:
    """Keep items from being decided by others until the transaction ends.

    In the order in which screening locks them, so that neither waits for the other in a ring.
    SQLite has one writer at a time anyway.
    """
    if tx.connection.dialect.name == "postgresql":
        i = core.items.c
        list(fetch_in(tx.connection, sa.select(i.id).order_by(i.id).with_for_update(), i.id, items))


def settle(tx: Transaction, decided: Mapping[str, list[Decided]]) -> Settled:
    """Give items the state that their decisions say, hide or restore the comments under them.

    ``decided``: by item, from :func:`decided_by_item`. What the host deleted stays deleted. Hosts
    are told of comments that were hidden or restored; of the items themselves the caller tells.
    """
    c = core.items.c
    columns = (c.id, c.revision, c.state, c.decision, c.hidden_by)
    rows = list(fetch_in(tx.connection, sa.select(*columns), c.id, decided))
    changes, hides, in_force = [], {}, {}
    for row in rows:
        of = decided[row["id"]]
        now = consequences.in_force(of, row["revision"])
        in_force[row["id"]] = now.id if now else None
        deleted = row["state"] == "deleted"
        state = "deleted" if deleted else consequences.state_of(now)
        decision = now.id if now else row["decision"]
        if (state, decision) != (row["state"], row["decision"]):
            changes.append(Change(row["id"], row["state"], state, row["decision"], decision))
        hides[row["id"]] = decision if state in consequences.DOWN else row["hidden_by"]
    _write(tx, changes)
    hidden, restored = _settle_comments(tx, hides)
    return Settled(changes, hidden, restored, in_force)


def settle_strikes(tx: Transaction, decided: Mapping[str, list[Decided]]) -> set[str]:
    """Say of the strikes of items which count, and when people saw what they are for.

    Returns the accounts for which something changed.
    """
    s = enforcement.strikes.c
    columns = (s.id, s.item, s.decision, s.account, s.withdrawn, s.shown_from, s.shown_until)
    rows = list(fetch_in(tx.connection, sa.select(*columns), s.item, decided))
    published = _published(tx, {row["item"] for row in rows})
    count = {item: consequences.counting(of) for item, of in decided.items()}
    changed, accounts = [], set()
    for row in rows:
        item, decision = row["item"], row["decision"]
        withdrawn = None if decision in count[item] else row["withdrawn"] or tx.time
        shown = None
        if item in published:
            shown = consequences.shown(decided[item], decision, published[item])
        values = (withdrawn, *(shown or (None, None)))
        if values != (row["withdrawn"], row["shown_from"], row["shown_until"]):
            names = ("since", "shown_since", "shown_till")
            changed.append({"strike": row["id"], **dict(zip(names, values, strict=True))})
            accounts.add(row["account"])
    if changed:
        tx.execute(
            sa.update(enforcement.strikes)
            .where(s.id == sa.bindparam("strike"))
            .values(
                withdrawn=sa.bindparam("since"),
                shown_from=sa.bindparam("shown_since"),
                shown_until=sa.bindparam("shown_till"),
            ),
            changed,
        )
    return accounts


def _published(tx: Transaction, items: Iterable[str]) -> dict[str, datetime]:
    """When items were published, as the host said, or else when they were first heard of."""
    i = core.items.c
    rows = fetch_in(tx.connection, sa.select(i.id, i.time, i.received), i.id, items)
    return {row["id"]: row["time"] or row["received"] for row in rows}


def _write(tx: Transaction, changes: list[Change]) -> None:
    """Write the new states, but for items on which something newer was decided meanwhile."""
    if changes:
        tx.execute(
            sa.update(core.items)
            .where(
                core.items.c.id == sa.bindparam("item"),
                core.items.c.decision == sa.bindparam("was"),
            )
            .values(
                state=sa.bindparam("after"),
                decision=sa.bindparam("in_force"),
                updated=sa.bindparam("at"),
            ),
            [
                {
                    "item": c.item,
                    "was": c.was,
                    "after": c.after,
                    "in_force": c.decision,
                    "at": tx.time,
                }
                for c in changes
            ],
        )


def _settle_comments(
    tx: Transaction, hides: Mapping[str, str | None]
) -> tuple[list[str], list[str]]:
    """Hide or restore what stands under items, level by level; ids of both.

    ``hides``: by item the decision that hides what is under it, None when nothing does.
    """
    hidden: list[str] = []
    restored: list[str] = []
    told: dict[tuple[str, str], list[str]] = defaultdict(list)
    for _ in range(_DEEPEST):
        if not hides:
            break
        moved = _moved(tx, hides)
        _hide(tx, {row["parent"]: hides[row["parent"]] for row in moved})
        for row in moved:
            by = hides[row["parent"]]
            if (row["hidden_by"] is None) != (by is None):
                (restored if by is None else hidden).append(row["id"])
                type = "comments.restored" if by is None else "comments.hidden"
                told[type, row["hidden_by"] or by or ""].append(row["id"])
        hides = {
            row["id"]: row["decision"]
            if row["state"] in consequences.DOWN
            else hides[row["parent"]]
            for row in moved
        }
    announce_all(
        tx,
        (
            (type, decision, {"items": items[start : start + _EVENT_ITEMS]})
            for (type, decision), items in told.items()
            for start in range(0, len(items), _EVENT_ITEMS)
        ),
    )
    return hidden, restored


def _moved(tx: Transaction, hides: Mapping[str, str | None]) -> list[sa.RowMapping]:
    """The comments under items that are not hidden as they should be."""
    c = core.items.c
    wanted = sa.select(c.id, c.parent, c.state, c.decision, c.hidden_by)
    shown = [parent for parent, by in hides.items() if by is None]
    down = [parent for parent, by in hides.items() if by is not None]
    under = fetch_in(tx.connection, wanted, c.parent, down)
    return [
        *fetch_in(tx.connection, wanted.where(c.hidden_by.is_not(None)), c.parent, shown),
        *(row for row in under if row["hidden_by"] != hides[row["parent"]]),
    ]


def _hide(tx: Transaction, hides: Mapping[str, str | None]) -> None:
    """Note by what decision everything under items is hidden."""
    c, by = core.items.c, sa.bindparam("by", type_=sa.Text)
    if hides:
        tx.execute(
            sa.update(core.items)
            .where(c.parent == sa.bindparam("under"), c.hidden_by.is_distinct_from(by))
            .values(hidden_by=by, updated=sa.bindparam("at")),
            [{"under": parent, "by": hidden, "at": tx.time} for parent, hidden in hides.items()],
        )

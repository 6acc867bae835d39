"""The retroactive pass: a version in force takes down what was published before.

A pass has two steps with a person between them. It *lists* what the version would take down, then
waits; once it is told to *run*, it takes down exactly what was listed. Both go in chunks, each of
which leaves the store as if it were the last: after a crash, any process goes on where it stopped.
What a person has decided is left to people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portreeve.enforcement.consequences import PERSON
from portreeve.model import Surface, SurfaceState, Verdict
from portreeve.policy import Policy
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.policies import (
    PassItem,
    RetroactivePass,
    Selection,
)
from portreeve.service.actor import PORTREEVE, Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.policies import Policies
from portreeve.service.preview import BEGINNING, SEEN, Rescreen, decide_again, rank
from portreeve.store import Transaction, new_id
from portreeve.store.statements import insert_missing
from portreeve.store.tables.core import decisions, items
from portreeve.store.tables.policies import policy_pass_items, policy_passes

LIST_CHUNK = 500
"""Items that are looked at together."""

RUN_CHUNK = 200
"""Items that are taken down together, with one entry in the audit log."""

LEASE = timedelta(seconds=60)
"""How long a process has for a chunk before another may take it over."""

_DOWN = Verdict.refuse.rank

_PASS, _LISTED, _ITEM, _DECISION = policy_passes.c, policy_pass_items.c, items.c, decisions.c


class Retroactive:
    """The retroactive passes of a store."""

    def __init__(self, context: Context, policies: Policies, rescreen: Rescreen) -> None:
        self._context = context
        self._policies = policies
        self._rescreen = rescreen

    def begin(
        self, actor: Actor, network: str, version: str, selection: Selection
    ) -> RetroactivePass:
        """Begin to list what the version in force would take down of what is published.

        Raises:
            ServiceError: ``conflict``, when the version is not in force, or a pass of it is under
                way; ``invalid``, when it governs none of the surfaces.
        """
        actor.need(Scope.policies_propose)
        policy = self._policies.named(f"{network}@{version}")
        surfaces = _surfaces(policy, selection)
        id = new_id("pas")
        with self._context.database.write() as tx:
            self._need_in_force(policy.label, network)
            _need_no_other(tx, policy.label)
            tx.execute(
                sa.insert(policy_passes).values(
                    id=id,
                    network=network,
                    label=policy.label,
                    state="listing",
                    since=(selection.since or BEGINNING),
                    until=selection.until or tx.time,
                    surfaces=surfaces,
                    by=actor.name,
                    created=tx.time,
                    examined=0,
                    unreadable=0,
                    left_to_people=0,
                    chunks=0,
                )
            )
            tx.audit(actor.name, "policy.retroactive.list", id, policy=policy.label)
        return self.get(actor, id)

    def run(self, actor: Actor, id: str) -> RetroactivePass:
        """Let a pass take down what it has listed.

        Raises:
            ServiceError: ``conflict``, when it has not listed everything yet, or the version is no
                longer in force.
        """
        actor.need(Scope.policies_approve)
        with self._context.database.write() as tx:
            row = _pass_row(tx.connection, id)
            if row.state != "listed":
                raise ServiceError(
                    "conflict", f"The pass {id} is {row.state}; only one that is listed can run."
                )
            self._need_in_force(row.label, row.network)
            _set(tx, id, "listed", state="running", started=tx.time, run_by=actor.name)
            tx.audit(actor.name, "policy.retroactive.run", id, policy=row.label)
            tx.announce("policy.retroactive.started", id, policy=row.label)
        return self.get(actor, id)

    def stop(self, actor: Actor, id: str) -> RetroactivePass:
        """End a pass. What it has taken down stays down; each decision can be undone.

        Raises:
            ServiceError: ``conflict``, when it has ended.
        """
        actor.need(Scope.policies_approve)
        with self._context.database.write() as tx:
            row = _pass_row(tx.connection, id)
            if row.state in ("done", "stopped"):
                raise ServiceError("conflict", f"The pass {id} is {row.state} already.")
            self._end(tx, row, "stopped", actor.name)
        return self.get(actor, id)

    def get(self, actor: Actor, id: str) -> RetroactivePass:
        """A pass and how far it is."""
        actor.need(Scope.policies_read)
        with self._context.database.read() as connection:
            return _told(connection, [_pass_row(connection, id)])[0]

    def passes(
        self, actor: Actor, network: str, paging: Paging | None = None
    ) -> Page[RetroactivePass]:
        """The passes of a network, the last begun first."""
        actor.need(Scope.policies_read)
        asked = paging or Paging()
        wanted = sa.select(policy_passes).where(_PASS.network == network)
        with self._context.database.read() as connection:
            if asked.cursor is not None:
                wanted = wanted.where(_PASS.seq < _pass_row(connection, asked.cursor).seq)
            rows = connection.execute(
                wanted.order_by(_PASS.seq.desc()).limit(asked.limit + 1)
            ).all()
            shown = _told(connection, rows[: asked.limit])
        return Page(items=shown, next=shown[-1].id if len(rows) > asked.limit else None)

    def listed(self, actor: Actor, id: str, paging: Paging | None = None) -> Page[PassItem]:
        """What a pass takes down, by item."""
        actor.need(Scope.policies_read)
        asked = paging or Paging()
        wanted = sa.select(policy_pass_items).where(_LISTED.pass_id == id)
        if asked.cursor is not None:
            wanted = wanted.where(_LISTED.item > asked.cursor)
        with self._context.database.read() as connection:
            _pass_row(connection, id)
            rows = connection.execute(wanted.order_by(_LISTED.item).limit(asked.limit + 1)).all()
        shown = [_pass_item(row) for row in rows[: asked.limit]]
        return Page(items=shown, next=shown[-1].item if len(rows) > asked.limit else None)

    def advance(self) -> bool:
        """Do one chunk of one pass; whether there was one. A worker calls it again until not."""
        row = self._claim()
        if row is None:
            return False
        if not self._in_force(row.label, row.network):
            with self._context.database.write() as tx:
                self._end(tx, row, "stopped", PORTREEVE.name, why="not in force any more")
        elif row.state == "listing":
            self._list(row)
        else:
            self._take_down(row)
        return True

    # --- one chunk ------------------------------------------------------------------------------

    def _claim(self) -> Any:
        """A pass with work left, for this process alone until the lease ends; None if none."""
        with self._context.database.write() as tx:
            free = _PASS.lease.is_(None) | (_PASS.lease < tx.time)
            row = tx.execute(
                sa.select(policy_passes)
                .where(_PASS.state.in_(["listing", "running"]), free)
                .order_by(_PASS.seq)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).one_or_none()
            if row is not None:
                _set(tx, row.id, row.state, lease=tx.time + LEASE)
            return row

    def _list(self, row: Any) -> None:
        with self._context.database.read() as connection:
            found = connection.execute(_published(row)).all()
        others = [item for item in found if not _by_person(item)]
        decided = list(decide_again(self._rescreen, others, self._policies.named(row.label)))
        wanted = [
            {
                "pass_id": row.id,
                "item": item.id,
                "surface": item.surface,
                "account": item.account,
                "before": item.verdict,
                "verdict": again[2],
                "rules": list(again[4]),
                "state": "listed",
            }
            for item, again in decided
            if rank(again[2]) == _DOWN > rank(item.verdict)
        ]
        with self._context.database.write() as tx:
            going_on = _set(
                tx,
                row.id,
                "listing",
                _PASS.after_item.is_not_distinct_from(row.after_item),
                lease=None,
                state="listing" if len(found) == LIST_CHUNK else "listed",
                after_item=found[-1].id if found else row.after_item,
                examined=_PASS.examined + len(found),
                unreadable=_PASS.unreadable + len(others) - len(decided),
                left_to_people=_PASS.left_to_people + len(found) - len(others),
            )
            if going_on:
                insert_missing(tx, policy_pass_items, wanted)
                if len(found) < LIST_CHUNK:
                    tx.announce("policy.retroactive.listed", row.id, policy=row.label)

    def _take_down(self, row: Any) -> None:
        mine = (_LISTED.pass_id == row.id) & (_LISTED.state == "listed")
        with self._context.database.read() as connection:
            ids = connection.execute(
                sa.select(_LISTED.item).where(mine).order_by(_LISTED.item).limit(RUN_CHUNK)
            ).scalars().all()  # fmt: skip
            done = _taken_down(connection, row, ids)
            open_ones = _still_published(connection, set(ids) - done.keys())
        if not ids:
            with self._context.database.write() as tx:
                self._end(tx, row, "done", row.run_by)
            return
        if open_ones:
            policy = self._policies.named(row.label)
            for item, _, verdict, decision, _ in self._rescreen(
                open_ones, policy, stage="retroactive", by=row.run_by, dry=False
            ):
                if rank(verdict) == _DOWN and decision is not None:
                    done[item] = decision
        with self._context.database.write() as tx:
            chunk = row.chunks + 1
            if _set(tx, row.id, "running", _PASS.chunks == row.chunks, lease=None, chunks=chunk):
                self._note(tx, row, ids, done, chunk)

    def _note(
        self, tx: Transaction, row: Any, ids: Sequence[str], done: dict[str, str], chunk: int
    ) -> None:
        """What became of a chunk, and its entry in the audit log."""
        tx.execute(
            sa.update(policy_pass_items)
            .where(_LISTED.pass_id == row.id, _LISTED.item == sa.bindparam("which"))
            .values(state=sa.bindparam("became"), decision=sa.bindparam("by_decision")),
            [
                {
                    "which": id,
                    "became": "done" if id in done else "skipped",
                    "by_decision": done.get(id),
                }
                for id in ids
            ],
        )
        tx.audit(
            row.run_by,
            "policy.retroactive.chunk",
            row.id,
            policy=row.label,
            chunk=chunk,
            items=len(ids),
            taken_down=len(done),
        )

    def _end(self, tx: Transaction, row: Any, state: str, who: str, **facts: str) -> None:
        if _set(tx, row.id, row.state, state=state, finished=tx.time, lease=None):
            told = {"policy": row.label, **_counts(tx.connection, [row.id])[row.id], **facts}
            tx.audit(who, f"policy.retroactive.{state}", row.id, **told)
            tx.announce(f"policy.retroactive.{state}", row.id, **told)

    def _in_force(self, label: str, network: str) -> bool:
        return self._policies.at(network, self._context.now()).policy.label == label

    def _need_in_force(self, label: str, network: str) -> None:
        if not self._in_force(label, network):
            raise ServiceError(
                "conflict",
                f"{label} is not in force now. Activate it first; `preview` shows what any "
                "version would decide.",
            )


# --- questions to the store -----------------------------------------------------------------------


def _published(row: Any) -> sa.Select[Any]:
    """The next items that a pass looks at."""
    wanted = (
        sa.select(*SEEN)
        .join_from(items, decisions, _ITEM.decision == _DECISION.id)
        .where(
            _ITEM.network == row.network,
            _ITEM.state == "published",
            _ITEM.received >= row.since,
            _ITEM.received < row.until,
            _ITEM.surface.in_(row.surfaces),
        )
        .order_by(_ITEM.id)
        .limit(LIST_CHUNK)
    )
    return wanted if row.after_item is None else wanted.where(_ITEM.id > row.after_item)


def _taken_down(connection: sa.Connection, row: Any, ids: Sequence[str]) -> dict[str, str]:
    """Items that this pass has taken down already, before a crash; each with its decision."""
    wanted = (
        sa.select(_DECISION.item, _DECISION.id, _DECISION.verdict)
        .where(
            _DECISION.item.in_(ids),
            _DECISION.stage == "retroactive",
            _DECISION.policy == row.label,
            _DECISION.decided >= row.started,
        )
        .order_by(_DECISION.seq)
    )
    found = connection.execute(wanted)
    return {item: id for item, id, verdict in found if rank(verdict) == _DOWN}


def _still_published(connection: sa.Connection, ids: Iterable[str]) -> list[str]:
    """Those that are out, and that no person has decided since they were listed."""
    wanted = (
        sa.select(_ITEM.id)
        .join(decisions, _ITEM.decision == _DECISION.id)
        .where(
            _ITEM.id.in_(sorted(ids)),
            _ITEM.state == "published",
            _DECISION.stage != PERSON,
            _DECISION.undone.is_(None),
        )
        .order_by(_ITEM.id)
    )
    return list(connection.execute(wanted).scalars())


def _by_person(item: Any) -> bool:
    """Whether a person decided an item, or undid what was decided of it."""
    return item.stage == PERSON or item.undone is not None


def _pass_row(connection: sa.Connection, id: str) -> Any:
    row = connection.execute(sa.select(policy_passes).where(_PASS.id == id)).one_or_none()
    if row is None:
        raise not_found("retroactive pass", id)
    return row


def _need_no_other(tx: Transaction, label: str) -> None:
    ended = ["done", "stopped"]
    under_way = sa.select(_PASS.id).where(_PASS.label == label, _PASS.state.not_in(ended))
    found = tx.execute(under_way).scalar()
    if found is not None:
        raise ServiceError(
            "conflict", f"The pass {found} of {label} is under way. Run it or stop it first."
        )


def _set(tx: Transaction, id: str, was: str, *where: Any, **values: Any) -> bool:
    """Change a pass that is in this state still; whether it was."""
    change = sa.update(policy_passes).where(_PASS.id == id, _PASS.state == was, *where)
    return tx.execute(change.values(**values)).rowcount == 1


# --- answers --------------------------------------------------------------------------------------


def _counts(connection: sa.Connection, ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """For each pass how much it lists, has taken down and has skipped, and of how many accounts."""
    of = {id: {"listed": 0, "accounts": 0, "taken_down": 0, "skipped": 0} for id in ids}
    by_state = (
        sa.select(_LISTED.pass_id, _LISTED.state, sa.func.count())
        .where(_LISTED.pass_id.in_(ids))
        .group_by(_LISTED.pass_id, _LISTED.state)
    )
    for id, state, n in connection.execute(by_state):
        of[id]["listed"] += n
        if state != "listed":
            of[id]["taken_down" if state == "done" else "skipped"] += n
    by_account = (
        sa.select(_LISTED.pass_id, sa.func.count(sa.distinct(_LISTED.account)))
        .where(_LISTED.pass_id.in_(ids))
        .group_by(_LISTED.pass_id)
    )
    for id, n in connection.execute(by_account):
        of[id]["accounts"] = n
    return of


def _told(connection: sa.Connection, rows: Sequence[Any]) -> list[RetroactivePass]:
    counts = _counts(connection, [row.id for row in rows])
    return [
        RetroactivePass(
            id=row.id,
            policy=row.label,
            state=row.state,
            since=row.since,
            until=row.until,
            surfaces=[Surface(name) for name in row.surfaces],
            by=row.by,
            created=row.created,
            run_by=row.run_by,
            started=row.started,
            finished=row.finished,
            examined=row.examined,
            unreadable=row.unreadable,
            left_to_people=row.left_to_people,
            **counts[row.id],
        )
        for row in rows
    ]


def _pass_item(row: Any) -> PassItem:
    return PassItem(
        item=row.item,
        surface=Surface(row.surface),
        account=row.account,
        before=Verdict(row.before),
        verdict=Verdict(row.verdict),
        rules=row.rules,
        state=row.state,
        decision=row.decision,
    )


def _surfaces(policy: Policy, selection: Selection) -> list[str]:
    governed = [s.value for s, state in policy.surfaces.items() if state is SurfaceState.governed]
    asked = [surface.value for surface in selection.surfaces] or governed
    shut = [surface for surface in asked if surface not in governed]
    if shut:
        raise ServiceError(
            "invalid",
            f"`surfaces` names {', '.join(shut)}, where {policy.label} decides nothing. "
            f"It governs {', '.join(governed)}.",
            field="surfaces",
        )
    return asked

"""Decisions as screening writes them, for tests of what follows from them."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from portreeve.enforcement.consequences import STATES
from portreeve.policy import Policy, load
from portreeve.schemas.access import Scope
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.store import Database, new_id
from portreeve.store.tables import core
from portreeve.store.vault import NOBODY, Content

ANN = Actor("ann", frozenset(Scope))
"""Who may do everything."""

SELLING = "moments.no-product-promotion"
"""A rule of the acquaintance policy: verdict refuse, one strike on the ladder ``promotion``."""

named = functools.cache(load)


class InForce(NamedTuple):
    """What governs a network."""

    policy: Policy


class Shipped:
    """The shipped policies, as if they were stored and in force."""

    def named(self, label: str) -> Policy:
        """A shipped policy by its label."""
        return named(label.partition("@")[0])

    def at(self, network: str, _time: datetime) -> InForce:
        """The shipped policy of a network, in force at all times."""
        return InForce(named(network))


class NoCases:
    """Opens no cases; notes the decisions that it should open some for."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def open_for(self, _tx: Any, rows: Any, _policy: Policy) -> None:
        """Note the decisions."""
        self.opened += [row.id for row in rows]


def account(database: Database, id: str = "baker", **facts: Any) -> str:
    """An account."""
    with database.write() as tx:
        tx.execute(sa.insert(core.accounts), {"id": id, "first_seen": tx.time} | facts)
    return id


def decision(
    database: Database,
    item: str = "post-1",
    verdict: str = "refuse",
    rules: tuple[str, ...] = (SELLING,),
    *,
    id: str | None = None,
    account: str | None = "baker",
    network: str = "acquaintance",
    stage: str = "before",
    parent: str | None = None,
    context: Context | None = None,
    content: Content | None = None,
    edit: bool = False,
    followed: bool = False,
    **facts: Any,
) -> str:
    """Write a decision on an item as screening does, with the item; the decision's id.

    A known item is decided again: an ``edit`` is a new revision, else the revision stays. With
    ``context`` its content is sealed too.
    """
    policy = named(network)
    clauses = {rule.id: rule.clause for rule in policy.rules}
    id = id or new_id("dec")
    with database.write() as tx:
        i = core.items
        known = tx.execute(sa.select(i).where(i.c.id == item)).first()
        revision = 1 if known is None else known.revision + edit
        tx.execute(
            sa.insert(core.decisions),
            {
                "id": id, "item": item, "revision": revision, "account": account,
                "network": network, "surface": "comment" if parent else "moments", "stage": stage,
                "decided": tx.time, "verdict": verdict, "lawful": True,
                "permitted": verdict not in ("refuse", "remove"), "rules": list(rules),
                "clauses": [clauses.get(rule, "") for rule in rules], "policy": policy.label,
                "supersedes": known.decision if known else None, "by": "screen",
                "followed": followed,
            } | facts,
        )  # fmt: skip
        state = {"state": STATES[verdict], "decision": id, "revision": revision}
        if known is None:
            tx.execute(
                sa.insert(i),
                {
                    "id": item, "network": network, "account": account, "parent": parent,
                    "surface": "comment" if parent else "moments", "digest": "0" * 32,
                    "received": tx.time, "updated": tx.time,
                    "submitted": tx.time,
                } | state,
            )  # fmt: skip
        elif known.state != "deleted":
            tx.execute(sa.update(i).where(i.c.id == item).values(updated=tx.time, **state))
        if context is not None:
            kept = content or Content(text="面膜89元一盒 加微信 abc12345 下单")
            sealed = context.vault.seal_many(tx, [account or NOBODY], [kept.to_bytes()], [id])
            tx.execute(
                sa.insert(core.contents),
                {"decision": id, "item": item, "account": account or NOBODY,
                 "sealed": sealed[0], "stored": tx.time},
            )  # fmt: skip
    return id


def published(database: Database, item: str = "post-1", **facts: Any) -> str:
    """Write an item that was allowed; the decision's id."""
    return decision(database, item, "allow", (), followed=True, **facts)


def events(database: Database, *types: str) -> list[tuple[str, str, dict[str, Any]]]:
    """What was announced so far: type, subject, data; only these types when any is given."""
    e = core.events
    with database.read() as connection:
        rows = connection.execute(sa.select(e).order_by(e.c.seq)).all()
    return [(row.type, row.subject, row.data) for row in rows if not types or row.type in types]

"""Decisions and items as they stand in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from portreeve.model import Surface, Verdict
from portreeve.schemas.access import Scope
from portreeve.schemas.screening import MESSAGE_ITEM, DecisionRecord, ItemRecord, Screened
from portreeve.service.actor import Actor
from portreeve.service.bulk import fetch_in
from portreeve.service.context import Context
from portreeve.service.decision_links import DecisionLinks
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.reasons import appeal_until, reach_of, reasons_of
from portreeve.service.standing import PolicyBook
from portreeve.store import Transaction
from portreeve.store.tables.core import contents, decisions, items
from portreeve.store.vault import Content

_UNDONE: dict[str, Any] = {
    "verdict": "allow", "lawful": True, "permitted": True, "rules": [], "clauses": [],
}  # fmt: skip
"""What a decision says that was undone."""


class Stored:
    """Reads what was decided."""

    def __init__(self, context: Context, policies: PolicyBook) -> None:
        self._context = context
        self._policies = policies
        self._links = DecisionLinks(context.vault, context.settings)

    def decision(self, actor: Actor, id: str) -> DecisionRecord:
        """One decision, with the reasons in the words of the policy that decided.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.screen)
        with self._context.database.read() as connection:
            row = _one(connection, sa.select(decisions).where(decisions.c.id == id))
        if row is None:
            raise not_found("decision", id)
        policy = self._policies.named(row["policy"])
        names = [n for n in DecisionRecord.__struct_fields__ if n in row]
        return DecisionRecord(
            **{name: row[name] for name in names} | {
                "surface": Surface(row["surface"]), "verdict": Verdict(row["verdict"]),
                "reasons": reasons_of(policy, row["rules"]),
            }
        )  # fmt: skip

    def item(self, actor: Actor, id: str) -> ItemRecord:
        """One item, without its content.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.screen)
        with self._context.database.read() as connection:
            row = _one(connection, sa.select(items).where(items.c.id == id))
        if row is None:
            raise not_found("item", id)
        values = {name: row[name] for name in ItemRecord.__struct_fields__}
        return ItemRecord(**values | {"surface": Surface(row["surface"])})

    def delete(self, actor: Actor, id: str) -> ItemRecord:
        """The host says that the item is gone. What was decided stays, and can be appealed.

        Raises:
            ServiceError: ``not-found``; ``conflict``: it is a private message that was reported.
        """
        actor.need(Scope.screen)
        if id.startswith(MESSAGE_ITEM):
            raise ServiceError(
                "conflict",
                "A reported private message is not on the network: there is nothing to delete. "
                "What was decided on it can be undone.",
            )
        with self._context.database.write() as tx:
            self._delete(tx, actor, id)
        return self.item(actor, id)

    def _delete(self, tx: Transaction, actor: Actor, id: str) -> None:
        done = tx.execute(
            sa.update(items)
            .where(items.c.id == id, items.c.state != "deleted")
            .values(state="deleted", updated=tx.time, submitted=tx.time)
        )
        if done.rowcount:
            tx.audit(actor.name, "item.delete", id)
            tx.announce("item.deleted", id)

    def screened(
        self, connection: sa.Connection, given: Sequence[tuple[str, str | int]]
    ) -> list[Screened]:
        """Decisions as answers to the submission of the same items again, in the order given.

        ``given``: decision, and the item's id as the host gives it. The content of an erased
        account is left out.
        """
        named = [decision for decision, _ in given]
        rows = {
            row["id"]: row
            for row in fetch_in(connection, sa.select(decisions), decisions.c.id, named)
        }
        sealed = list(fetch_in(connection, sa.select(contents), contents.c.decision, named))
        opened = self._context.vault.open_many(
            connection,
            [row["account"] for row in sealed],
            [row["sealed"] for row in sealed],
            [row["decision"] for row in sealed],
        )
        known = {
            row["decision"]: Content.from_bytes(data)
            for row, data in zip(sealed, opened, strict=True)
            if data is not None
        }
        states = {
            row["id"]: row["state"]
            for row in fetch_in(
                connection,
                sa.select(items.c.id, items.c.state),
                items.c.id,
                [row["item"] for row in rows.values()],
            )
        }
        return [
            self._answer(
                rows[decision], id, known.get(decision, Content()), states[rows[decision]["item"]]
            )
            for decision, id in given
        ]

    def _answer(
        self, row: Mapping[Any, Any], id: str | int, content: Content, state: Any
    ) -> Screened:
        copied = (
            "revision", "stage", "lawful", "permitted", "rules", "clauses", "promotion", "intent",
            "goods_category", "goods_tier", "policy",
        )  # fmt: skip
        if row["undone"] is not None:
            # nothing of it holds any more: the item stands as it would without Portreeve
            row = {**row, **_UNDONE}
        policy = self._policies.named(row["policy"])
        return Screened(
            id=id,
            decision=row["id"],
            state=state,
            surface=Surface(row["surface"]),
            verdict=Verdict(row["verdict"]),
            reach=reach_of(policy, row["rules"]) if row["verdict"] == "limit" else None,
            reasons=reasons_of(policy, row["rules"]),
            appeal_until=appeal_until(
                row["verdict"], row["decided"], self._context.settings.appeal_days
            ),
            link=None if row["verdict"] == Verdict.allow else self._links.link(row["id"]),
            contacts=content.contacts,
            prices=content.prices,
            links=content.hosts,
            evidence=content.evidence,
            repeated=True,
            **{name: row[name] for name in copied},
        )


def _one(connection: sa.Connection, statement: sa.Select[Any]) -> sa.RowMapping | None:
    return connection.execute(statement).mappings().first()

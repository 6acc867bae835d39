"""What notices and the page of a decision are made from, fetched for many decisions together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, tzinfo
from typing import Any

import sqlalchemy as sa

from portreeve.enforcement import notice as words
from portreeve.model import Verdict
from portreeve.schemas.enforcement import Language
from portreeve.schemas.screening import Reason
from portreeve.service.bulk import fetch_in
from portreeve.store.tables import core, enforcement

SEALED_TIER = "black"
"""Goods whose evidence two people must release; nothing that is told quotes it."""

Row = sa.RowMapping


class DecisionFacts:
    """Decisions of one account, with what they cost and what became of them."""

    def __init__(self, connection: sa.Connection, account: str | None, ids: Iterable[str]) -> None:
        d, k, s, r = (
            core.decisions,
            enforcement.strikes,
            enforcement.sanctions,
            enforcement.reversals,
        )
        named = set(ids)
        self.decisions: dict[str, Row] = {
            row["id"]: row for row in fetch_in(connection, sa.select(d), d.c.id, named)
        }
        self.reversals: dict[str, dict[str, Any]] = {
            row["decision"]: row["facts"]
            for row in fetch_in(connection, sa.select(r), r.c.decision, named)
        }
        i = core.items.c
        named_items = {row["item"] for row in self.decisions.values()}
        self.states: dict[str, str] = {
            row["id"]: row["state"]
            for row in fetch_in(connection, sa.select(i.id, i.state), i.id, named_items)
        }
        self.strikes: dict[str, list[Row]] = defaultdict(list)
        counting = sa.select(k).where(k.c.withdrawn.is_(None))
        for row in fetch_in(connection, counting, k.c.decision, named):
            self.strikes[row["decision"]].append(row)
        self.sanctions: dict[str, list[Row]] = defaultdict(list)
        standing = sa.or_(s.c.outcome.is_(None), s.c.outcome == "expired")
        # by account: what a decision brought is its own account's, and they are indexed so
        brought = sa.select(s).where(s.c.account == account, standing).order_by(s.c.seq)
        for row in fetch_in(connection, brought, s.c.decision, named):
            self.sanctions[row["decision"]].append(row)

    def contents(self, connection: sa.Connection, quoting: Iterable[str]) -> dict[str, Row]:
        """The sealed content of each decision that is quoted: a person's is what was screened.

        Sealed evidence is left out.
        """
        d, c = core.decisions.c, core.contents.c
        wanted = {
            id: (self.decisions[id]["item"], self.decisions[id]["revision"])
            for id in quoting
            if id in self.decisions and self.decisions[id]["goods_tier"] != SEALED_TIER
        }
        statement = sa.select(
            c.decision, c.account, c.sealed, d.item, d.revision
        ).join_from(core.contents, core.decisions, c.decision == d.id).order_by(d.seq)  # fmt: skip
        latest, own = {}, {}
        items = {item for item, _ in wanted.values()}
        for row in fetch_in(connection, statement, d.item, items):
            latest[row["item"], row["revision"]] = row
            own[row["decision"]] = row
        found = {id: own.get(id) or latest.get(where) for id, where in wanted.items()}
        return {id: row for id, row in found.items() if row is not None}

    def consequences(self, id: str, language: Language, zone: tzinfo = UTC) -> list[str]:
        """What a decision costs, in words; that it was reversed, when it was."""
        undone = self.decisions[id]["undone"]
        if undone is not None:
            return [words.reversed_on(undone, language, zone)]
        return [
            *(words.strike(k["count"], k["expires"], language, zone) for k in self.strikes[id]),
            *(words.sanction(s["kind"], s["ends"], language, zone) for s in self.sanctions[id]),
        ]

    def put_right(self, id: str, language: Language) -> list[str]:
        """What was restored when a decision turned out wrong, in words."""
        undone = self.reversals.get(id)
        shown = self.states.get(self.decisions[id]["item"]) == "published"
        if undone is None:
            return [words.appears(language)] if shown else []
        return reversed_in_words(undone, language, shown=shown)


def telling(verdict: str, reasons: Sequence[Reason]) -> Sequence[Reason]:
    """The reasons that explain a decision: a stronger rule settles what another would only hold.

    Who named both would say in one breath that it is decided and that it will be.
    """
    if verdict == Verdict.hold:
        return reasons
    return [reason for reason in reasons if reason.verdict is not Verdict.hold] or reasons


def reversed_in_words(undone: dict[str, Any], language: Language, *, shown: bool) -> list[str]:
    """What an undo reversed, in words. ``shown``: the item appears now, be it that an older
    decision held it when the undo was done, and a person allowed it then."""
    follows = []
    if undone["state_before"] != "published" and (undone["state"] == "published" or shown):
        follows.append(words.appears(language))
    if undone["strikes_withdrawn"]:
        follows.append(words.withdrawn(undone["strikes_withdrawn"], language))
    kinds = dict.fromkeys(one["kind"] for one in undone["sanctions_lifted"])
    return follows + [words.lifted(kind, language) for kind in kinds]

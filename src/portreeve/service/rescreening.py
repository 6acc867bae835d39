"""Deciding again what is stored: for previews, and for the retroactive pass."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from portreeve.model import Surface
from portreeve.policy import Policy
from portreeve.schemas.screening import Submission
from portreeve.service.bulk import fetch_in
from portreeve.service.context import Context
from portreeve.service.judged import Judged, judge_all
from portreeve.service.preview import Rescreened
from portreeve.service.reasons import ReasonBook
from portreeve.service.records import Lot, Recorder, Written
from portreeve.store.tables.core import accounts, contents, decisions, items
from portreeve.store.vault import Content


class Rescreening:
    """Decides stored items by another version."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._recorder = Recorder(context.vault)

    def __call__(
        self, item_ids: Sequence[str], policy: Policy, *, stage: str, by: str, dry: bool
    ) -> list[Rescreened]:
        """Item, verdict in force, new verdict, the new decision (None when dry), its rules.

        Items that are gone are left out: deleted by the host, erased, or beyond retention. Unless
        ``dry``, each is written as a decision in place of the one in force. ``stage`` is
        ``retroactive``, and the items count as published.
        """
        if stage != "retroactive":
            raise ValueError(f"stored items are decided again retroactively, not {stage!r}")
        found, before = self._stored(item_ids)
        if not found:
            return []
        standings = self._standings(found)
        judged = judge_all(
            found, ReasonBook(policy), published=True, standings=standings, barred={}
        )
        written: Sequence[Written | None] = (
            [None] * len(found) if dry else self._write(judged, policy, by)
        )
        return [
            (
                str(s.id),
                before[str(s.id)],
                judged.verdict[at],
                None if w is None else w.decision,
                judged.rules[at],
            )
            for at, (s, w) in enumerate(zip(found, written, strict=True))
        ]

    def _write(self, judged: Judged, policy: Policy, by: str) -> list[Written]:
        count = len(judged.submissions)
        now = self._context.now()
        lot = Lot(judged, policy.name, ["retroactive"] * count, [now] * count)
        with self._context.database.write() as tx:
            return self._recorder.write(tx, lot, by=by, force=True, audited={})

    def _stored(self, item_ids: Sequence[str]) -> tuple[list[Submission], dict[str, str]]:
        """Items as they were submitted, in the order asked for, and the verdict in force."""
        statement = (
            sa.select(
                items,
                decisions.c.verdict,
                contents.c.sealed,
                contents.c.account.label("owner"),
                contents.c.decision.label("name"),
            )
            .join(decisions, decisions.c.id == items.c.decision)
            .join(contents, _latest_content())
            .where(items.c.state != "deleted")
        )
        with self._context.database.read() as connection:
            rows = {row["id"]: row for row in fetch_in(connection, statement, items.c.id, item_ids)}
            order = [rows[id] for id in item_ids if id in rows]
            opened = self._context.vault.open_many(
                connection,
                [row["owner"] for row in order],
                [row["sealed"] for row in order],
                [row["name"] for row in order],
            )
        found = [
            _submission(row, Content.from_bytes(data))
            for row, data in zip(order, opened, strict=True)
            if data is not None
        ]
        return found, {id: row["verdict"] for id, row in rows.items()}

    def _standings(self, found: Sequence[Submission]) -> dict[str, str]:
        named = {s.account for s in found if s.account}
        statement = sa.select(accounts.c.id, accounts.c.standing)
        with self._context.database.read() as connection:
            rows = list(fetch_in(connection, statement, accounts.c.id, named))
        return {row["id"]: row["standing"] for row in rows if row["standing"]}


def _latest_content() -> sa.ColumnElement[bool]:
    """An item's content is that of its newest decision which has one: people's have none."""
    other = contents.alias()
    newest = (
        sa.select(sa.func.max(other.c.decision)).where(other.c.item == items.c.id).scalar_subquery()
    )
    return contents.c.decision == newest


def _submission(row: sa.RowMapping, content: Content) -> Submission:
    return Submission(
        id=row["id"],
        surface=Surface(row["surface"]),
        account=row["account"],
        audience=row["audience"],
        time=row["time"],
        text=content.text,
        links=content.links,
        disclosed=content.disclosed,
        network=row["network"],
        parent=row["parent"],
        published=True,
    )

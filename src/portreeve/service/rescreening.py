"""Deciding again what is stored: for previews, and for the retroactive pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from portreeve.engine import Assessed
from portreeve.model import Surface, Verdict
from portreeve.policy import Policy
from portreeve.schemas.screening import Submission
from portreeve.service.bulk import fetch_in
from portreeve.service.context import Context
from portreeve.service.judged import Judged, judge_all, measure
from portreeve.service.leads import LedSubmission
from portreeve.service.preview import Rescreened
from portreeve.service.reasons import ReasonBook
from portreeve.service.records import Lot, Recorder, Written
from portreeve.service.registers import Registers, registers_of
from portreeve.store.tables.core import contents, decisions, items
from portreeve.store.vault import Content


class Rescreening:
    """Decides stored items by another version."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._recorder = Recorder(context.vault)

    def __call__(
        self, item_ids: Sequence[str], policy: Policy, *, stage: str, by: str, dry: bool
    ) -> list[Rescreened]:
        """Item, verdict in force, new verdict, the new decision if one was written, its rules.

        Items that are gone are left out: deleted by the host, erased, or beyond retention. Unless
        ``dry``, what is refused now is written as a decision in place of the one in force; what
        was edited, deleted or decided otherwise since it was read is left as it is. ``stage`` is
        ``retroactive``, and the items count as published.
        """
        if stage != "retroactive":
            raise ValueError(f"stored items are decided again retroactively, not {stage!r}")
        found, rows = self.stored(item_ids)
        if not found:
            return []
        judged = judge_all(
            found, ReasonBook(policy), published=True, barred={}, registers=self.registers(found)
        )
        written: Sequence[Written | None] = (
            [None] * len(found) if dry else self._write(judged, policy, by, rows)
        )
        return [
            (
                str(s.id),
                rows[str(s.id)]["verdict"],
                judged.verdict[at],
                None if w is None else w.decision,
                judged.rules[at],
            )
            for at, (s, w) in enumerate(zip(found, written, strict=True))
        ]

    def _write(
        self, judged: Judged, policy: Policy, by: str, rows: Mapping[str, sa.RowMapping]
    ) -> list[Written]:
        ids = [str(s.id) for s in judged.submissions]
        submitted = [rows[id]["submitted"] for id in ids]
        lot = Lot(judged, policy.name, ["retroactive"] * len(ids), submitted)
        refused = {
            id: rows[id]["decision"]
            for id, verdict in zip(ids, judged.verdict, strict=True)
            if Verdict(verdict).rank >= Verdict.refuse.rank
        }
        with self._context.database.write() as tx:
            return self._recorder.write(tx, lot, by=by, instead_of=refused, audited={})

    def measured(self, item_ids: Sequence[str]) -> tuple[list[Submission], Assessed | None]:
        """Items as they were submitted, and what was measured of them, for any policy to decide.

        Items that are gone are left out; nothing is measured when all are.
        """
        found, _ = self.stored(item_ids)
        if not found:
            return [], None
        return found, measure(found, self.registers(found))

    def stored(self, item_ids: Sequence[str]) -> tuple[list[Submission], dict[str, sa.RowMapping]]:
        """Items as they were submitted, in the order asked for, and their rows by id."""
        statement = (
            sa.select(
                items,
                decisions.c.verdict,
                decisions.c.stage,
                decisions.c.undone,
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
        return found, rows

    def registers(self, found: Sequence[Submission]) -> Registers:
        """What is known of the accounts of submissions."""
        named = {s.account for s in found if s.account}
        with self._context.database.read() as connection:
            return registers_of(self._context, connection, named, self._context.now(), found)


def _latest_content() -> sa.ColumnElement[bool]:
    """An item's content is that of its newest decision which has one: people's have none."""
    other, made = contents.alias(), decisions.alias()
    newest = (
        sa.select(other.c.decision)
        .join(made, made.c.id == other.c.decision)
        .where(other.c.item == items.c.id)
        .order_by(made.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    return contents.c.decision == newest


def _submission(row: sa.RowMapping, content: Content) -> Submission:
    own = len(content.links) - content.leads
    submission = Submission(
        id=row["id"],
        surface=Surface(row["surface"]),
        account=row["account"],
        audience=row["audience"],
        standing=row["standing"],
        licence=row["licence"],
        time=row["time"],
        text=content.text,
        links=content.links[:own],
        pictures=content.pictures,
        codes=content.codes,
        picture_text=content.picture_text,
        disclosed=content.disclosed,
        category=content.category,
        network=row["network"],
        parent=row["parent"],
        published=True,
    )
    return LedSubmission.of(submission, content.links[own:]) if content.leads else submission

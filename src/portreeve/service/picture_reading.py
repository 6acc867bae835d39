"""Reading the words in pictures: the most urgent first, while items are decided without them.

What is read is put into the items that show the picture, and these are decided again. A decision
is only ever made stricter so: what waits for a person keeps waiting.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.enforcement import priority
from portreeve.pictures.structs import Fault
from portreeve.pictures.text_reader import TextReader
from portreeve.pictures.texts import PictureText
from portreeve.schemas.pictures import Words
from portreeve.service.context import Context
from portreeve.service.deciding_again import DecidingAgain
from portreeve.service.lots import JudgedLot
from portreeve.service.metrics import Metrics
from portreeve.service.picture_facts import Facts, PictureFacts, facts_name
from portreeve.service.records import Written
from portreeve.store import Transaction
from portreeve.store.rows import rows_by_key
from portreeve.store.statements import insert_missing
from portreeve.store.tables.core import accounts, items
from portreeve.store.tables.pictures import item_pictures, pictures

LEASE = timedelta(seconds=120)
"""How long a process has for a picture before another may take it over."""
_P = pictures.c
_log = logging.getLogger("portreeve.pictures")


class PictureReading:
    """The queue of pictures whose words are to be read, and the reading."""

    def __init__(
        self,
        context: Context,
        facts: PictureFacts,
        deciding: DecidingAgain,
        *,
        metrics: Metrics | None = None,
        decided: Callable[[], None] = lambda: None,
    ) -> None:
        self._context = context
        self._facts = facts
        self._deciding = deciding
        self._metrics = metrics
        self._decided = decided
        self._reader = TextReader()
        self.waiting = 0
        """How many pictures waited when it was last looked."""

    def note(self, tx: Transaction, judged: JudgedLot, written: Sequence[Written]) -> None:
        """Which pictures new decisions show, and how urgent it is to read them.

        Urgency is reach times suspicion: the logarithm of how many people may see what the account
        publishes, times how likely the item sells, a code in a picture counting for much.
        """
        of = judged.lot.judged
        shows = [
            (at, s)
            for at, (s, w) in enumerate(zip(of.submissions, written, strict=True))
            if w.decision and s.pictures
        ]
        if not shows:
            return
        named = {s.account for _, s in shows if s.account}
        found = rows_by_key(tx.connection, accounts, ("id", "friends", "followers"), named)
        reach = {row[0]: priority.reach(row[1], row[2]) for row in map(tuple, found)}
        rows, urgent = [], []
        for at, s in shows:
            suspicion = min(1.0, (of.promotion[at] or 0.0) + (0.5 if s.codes else 0.0) + 0.05)
            urgency = suspicion * (1.0 + math.log10(1.0 + reach.get(s.account or "", 0)))
            for place, id in enumerate(s.pictures):
                rows.append({"item": str(s.id), "picture": id, "place": place, "shown": tx.time})
                urgent.append({"which": id, "so": urgency})
        insert_missing(tx, item_pictures, rows)
        tx.execute(
            sa.update(pictures)
            .where(_P.id == sa.bindparam("which"), _P.urgency < sa.bindparam("so"))
            .values(urgency=sa.bindparam("so")),
            urgent,
        )

    def advance(self) -> bool:
        """Read one picture; whether there was one. A worker calls it again until not."""
        self._shed()
        claimed = self._claim()
        if claimed is None:
            return False
        id, account, sealed = claimed
        with self._context.database.read() as connection:
            data = self._context.vault.open_many(connection, [account], [sealed], [id])[0]
        told = None if data is None else self._reader.read(data)
        shown = self._keep(id, account, told)
        if shown and self._deciding.again(shown):
            self._decided()
        return True

    def close(self) -> None:
        """End the process that reads."""
        self._reader.close()

    def _shed(self) -> None:
        """Give up the least urgent of too many, and say so."""
        most = self._context.settings.picture_queue
        wanted = sa.select(sa.func.count()).where(_P.words == "waiting")
        with self._context.database.read() as connection:
            self.waiting = int(connection.execute(wanted).scalar_one())
        if self.waiting <= most:
            return
        with self._context.database.write() as tx:
            least = (
                sa.select(_P.id).where(_P.words == "waiting")
                .order_by(_P.urgency, _P.stored).limit(self.waiting - most)
            )  # fmt: skip
            gone = tx.execute(sa.update(pictures).where(_P.id.in_(least)).values(words="shed"))
        _log.warning("pictures shed", extra={"facts": {"pictures": gone.rowcount, "most": most}})
        self._count("shed", gone.rowcount)
        self.waiting = most

    def _claim(self) -> tuple[str, str, bytes] | None:
        """The most urgent picture, for this process alone until the lease ends."""
        with self._context.database.write() as tx:
            left = (_P.words == "reading") & (_P.tried < tx.time - LEASE)
            row = tx.execute(
                sa.select(_P.id, _P.account, _P.sealed)
                .where((_P.words == "waiting") | left, _shown_by_an_item())
                .order_by(_P.urgency.desc(), _P.stored)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if row is None:
                return None
            tx.execute(
                sa.update(pictures).where(_P.id == row.id).values(words="reading", tried=tx.time)
            )
            return row.id, row.account, row.sealed

    def _keep(self, id: str, account: str, told: PictureText | Fault | None) -> list[str]:
        """Keep what was read; the items that show it, if there are words."""
        words = _outcome(told)
        self._count(words, 1)
        with self._context.database.write() as tx:
            values: dict[str, Any] = {"words": words}
            opened = self._facts.opened(tx.connection, [id]).get(id)
            if opened is None or opened.facts is None:
                return []
            if isinstance(told, PictureText) and told.text:
                facts = Facts(codes=opened.facts.codes, text=told.text, lines=list(told.lines))
                plain = msgspec.json.encode(facts)
                [values["facts"]] = self._context.vault.seal_many(
                    tx, [account], [plain], [facts_name(id)]
                )
            tx.execute(sa.update(pictures).where(_P.id == id).values(values))
            if words != "read":
                return []
            shown = sa.select(item_pictures.c.item).where(item_pictures.c.picture == id)
            return list(tx.execute(shown.order_by(item_pictures.c.item)).scalars())

    def _count(self, outcome: str, many: int) -> None:
        if self._metrics is not None:
            self._metrics.picture_words.labels(outcome).inc(many)


def _shown_by_an_item() -> sa.ColumnElement[bool]:
    """A picture that no item shows yet is not read: what it is worth is not known."""
    shown = sa.select(item_pictures.c.item).join(items, items.c.id == item_pictures.c.item)
    return shown.where(item_pictures.c.picture == _P.id, items.c.state != "deleted").exists()


def _outcome(told: PictureText | Fault | None) -> Words:
    if isinstance(told, PictureText):
        return "read" if told.text else "none"
    return "failed"

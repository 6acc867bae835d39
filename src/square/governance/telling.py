"""What Portreeve is told without being asked: facts of accounts, new ties, posts that are gone.

Whatever is to be told is written down in the transaction in which it happened, and told by a
thread of its own right after. So no page waits for it, and nothing of it is lost while Portreeve
does not answer.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Sequence
from datetime import datetime

import msgspec

from portreeve.client import Client, PortreeveError
from portreeve.model import RelationKind
from portreeve.schemas.accounts import AccountFacts, RelationEvent, RelationEvents
from square.database import Database, Row, new_id

_AT_ONCE = 500
_log = logging.getLogger("square.governance")


class Telling:
    """Tells Portreeve, in the order in which things happened."""

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client
        self._one = threading.Lock()
        self.due = threading.Event()
        """There is something to tell."""

    def facts(self, tx: sqlite3.Connection, account: str) -> None:
        """Tell what Square knows of a person or a public account: what is there when it is told."""
        self._owe(tx, "facts", account, None)

    def relation(
        self, tx: sqlite3.Connection, kind: RelationKind, account: str, time: str,
        *, other: str | None = None, once: str | None = None,
    ) -> None:  # fmt: skip
        """Tell that an account has a new tie: that, and not to whom.

        ``once``: what happens to a group or room once only; told again, it does not count.
        """
        event = RelationEvent(
            id=once or new_id("e"), kind=kind, account=account, other=other,
            time=datetime.fromisoformat(time),
        )  # fmt: skip
        self._owe(tx, "relation", account, msgspec.json.encode(event).decode())

    def gone(self, tx: sqlite3.Connection, post: str) -> None:
        """Tell that a post was deleted by its author."""
        self._owe(tx, "gone", post, None)

    def settle(self) -> None:
        """Tell everything that is to be told.

        Raises:
            PortreeveError: Portreeve does not answer, or cannot now. It is told later.
        """
        with self._one:
            self.due.clear()
            while rows := self._database.all("SELECT * FROM owed ORDER BY seq LIMIT ?", _AT_ONCE):
                for kind, part in _runs(rows):
                    self._told(kind, part)

    def _owe(self, tx: sqlite3.Connection, kind: str, subject: str, body: str | None) -> None:
        tx.execute("INSERT INTO owed (kind, subject, body) VALUES (?, ?, ?)", (kind, subject, body))
        self.due.set()

    def _told(self, kind: str, rows: Sequence[Row]) -> None:
        try:
            if kind == "relation":
                events = [msgspec.json.decode(row["body"], type=RelationEvent) for row in rows]
                self._client.add_relations(RelationEvents(events=events))
            for row in rows:
                if kind == "facts":
                    self._tell_facts(row["subject"])
                elif kind == "gone":
                    self._client.delete_item(row["subject"])
        except PortreeveError as error:
            if error.status not in (404, 409, 422):
                raise
            _log.warning("Portreeve does not want to know: %s %s", kind, error.code)
        with self._database.write() as tx:
            tx.execute(
                "DELETE FROM owed WHERE seq BETWEEN ? AND ?", (rows[0]["seq"], rows[-1]["seq"])
            )

    def _tell_facts(self, account: str) -> None:
        found = self._database.one("SELECT * FROM accounts WHERE id = ?", account)
        if found is not None:
            facts = AccountFacts(
                standing=found["standing"],
                language=found["language"],
                created=datetime.fromisoformat(found["created"]),
                friends=found["friends"],
                followers=found["followers"],
            )
            self._client.put_account(account, facts)


def _runs(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Ties that stand in a row are told together; everything else one by one."""
    runs: list[tuple[str, list[Row]]] = []
    for row in rows:
        if runs and row["kind"] == "relation" == runs[-1][0]:
            runs[-1][1].append(row)
        else:
            runs.append((row["kind"], [row]))
    return runs

"""What follows for an account: whether it is closed, and which of its followers it lost.

Whether a muted account may publish is no question here: Portreeve refuses what it publishes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from portreeve.client import Client
from portreeve.schemas.webhooks import Message
from square.database import Database, now

CLOSING = ("suspend", "ban")
"""Sanctions that close an account: it may read what it was told and appeal, nothing else."""


class Standing:
    """Keeps what restricts accounts, so that no page has to ask."""

    def __init__(self, database: Database, client: Client, network: str) -> None:
        self._database = database
        self._client = client
        self._network = network

    def refresh(self, account: str) -> None:
        """Keep what restricts an account now.

        Raises:
            PortreeveError: it cannot be asked.
        """
        found = [
            (account, one.kind, None if one.ends is None else one.ends.isoformat())
            for one in self._client.get_account(account).sanctions
            if one.network == self._network
        ]
        with self._database.write() as tx:
            tx.execute("DELETE FROM restrictions WHERE account = ?", (account,))
            tx.executemany("INSERT INTO restrictions VALUES (?, ?, ?)", found)

    def closed(self, account: str) -> bool:
        """Whether an account is suspended or banned: a matter of times alone."""
        rows = self._database.all(
            "SELECT kind, ends FROM restrictions WHERE account = ? AND kind IN (?, ?)",
            account, *CLOSING,
        )  # fmt: skip
        return any(
            row["ends"] is None or datetime.fromisoformat(row["ends"]) > datetime.now(UTC)
            for row in rows
        )

    def move_followers(self, message: Message) -> None:
        """Take followers away who came through a breach, or give them back.

        Messages may come in another order than things happened, so each follower goes by the
        latest.
        """
        told, taken = message.timestamp.isoformat(), message.type == "followers.disgorge"
        account = message.data["subject"]
        with self._database.write() as tx:
            for window in message.data["windows"]:
                tx.execute(
                    "UPDATE members SET taken = ?, told = ? WHERE place = ? AND since >= ? "
                    "AND since < ? AND (told IS NULL OR told < ?)",
                    (taken, told, account, _kept(window["from"]), _kept(window["until"]), told),
                )
            tx.execute("INSERT INTO owed (kind, subject) VALUES ('facts', ?)", (account,))


def _kept(moment: str) -> str:
    """A moment as the database keeps them, so that they compare as text; the next millisecond."""
    return now(datetime.fromisoformat(moment).astimezone(UTC) + timedelta(microseconds=999))

"""A door for many at once: people, friendships and posts that come from elsewhere.

It writes what the pages write, and asks Portreeve about every post before it may appear, as they
do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

import msgspec

from portreeve.client import Client
from portreeve.model import Surface
from portreeve.schemas.accounts import AccountFacts, RelationEvent, RelationEvents
from portreeve.schemas.screening import Batch, Screened, Submission
from square.database import Database
from square.governance.core import Ruling, shown
from square.pages import people as pages

_AT_ONCE = 500
T = TypeVar("T")


class NewPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who comes."""

    id: str
    name: str
    shown: str
    language: str
    joined: datetime
    password: str | None = None


class NewPost(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was written elsewhere; a parent comes before what answers it."""

    id: str
    author: str
    surface: str
    parent: str | None
    text: str
    written: datetime


class Bulk:
    """The door."""

    def __init__(self, database: Database, client: Client, network: str = "acquaintance") -> None:
        self._database = database
        self._client = client
        self._network = network

    def people(self, new: Iterable[NewPerson]) -> None:
        """People join; whoever has no password cannot sign in."""
        with self._database.write() as tx:
            tx.executemany(
                "INSERT INTO people (id, name, shown, password, language, joined) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (one.id, one.name, one.shown, one.password and pages.hashed(one.password),
                     one.language, _kept(one.joined))
                    for one in new
                ],
            )  # fmt: skip

    def friendships(self, pairs: Iterable[tuple[str, str, datetime]]) -> None:
        """People are friends since a time. Portreeve hears that each has a friend, not whom."""
        events = []
        with self._database.write() as tx:
            for one, two, since in pairs:
                told = _kept(since)
                tx.executemany(
                    "INSERT OR IGNORE INTO friendships (person, friend, since, asked_by) "
                    "VALUES (?, ?, ?, ?)",
                    [(one, two, told, one), (two, one, told, one)],
                )
                events += [
                    RelationEvent(kind="friend_added", account=who, time=since)
                    for who in (one, two)
                ]
        for part in _parts(events, 10_000):
            self._client.add_relations(RelationEvents(events=part))

    def tell_of_all(self) -> None:
        """Tell Portreeve what is known of everybody."""
        rows = self._database.all(
            "SELECT id, language, joined, (SELECT count(*) FROM friendships "
            "WHERE person = people.id AND since IS NOT NULL) AS friends FROM people"
        )
        for row in rows:
            facts = AccountFacts(
                language=row["language"],
                created=datetime.fromisoformat(row["joined"]),
                friends=row["friends"],
            )
            self._client.put_account(row["id"], facts)

    def posts(self, new: Iterable[NewPost]) -> Iterator[Screened]:
        """Posts are asked about, and appear as Portreeve says; the answers, in their order."""
        for part in _parts(new, _AT_ONCE):
            with self._database.write() as tx:
                tx.executemany(
                    "INSERT INTO posts (id, author, surface, parent, text, written, state) "
                    "VALUES (?, ?, ?, ?, ?, ?, 'held')",
                    [
                        (one.id, one.author, one.surface, one.parent, one.text, _kept(one.written))
                        for one in part
                    ],
                )
            answer = self._client.screen_batch(Batch(items=[self._submission(one) for one in part]))
            self._note(answer.items)
            yield from answer.items

    def _submission(self, post: NewPost) -> Submission:
        return Submission(
            id=post.id,
            network=self._network,
            surface=Surface(post.surface),
            account=post.author,
            parent=post.parent,
            text=post.text,
            time=post.written,
        )

    def _note(self, answers: Sequence[Screened]) -> None:
        with self._database.write() as tx:
            for one in answers:
                ruling = Ruling(one.verdict, one.reasons, one.evidence, one.appeal_until)
                decided = {"state": one.state, "decision": one.decision, "reach": one.reach}
                changes = decided | shown(ruling)
                columns = ", ".join(f"{name} = ?" for name in changes)
                tx.execute(
                    f"UPDATE posts SET {columns} WHERE id = ? AND decision IS NULL",
                    (*changes.values(), one.id),
                )


def _kept(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _parts(values: Iterable[T], most: int) -> Iterator[list[T]]:
    stream = iter(values)
    while part := list(islice(stream, most)):
        yield part

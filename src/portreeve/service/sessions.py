"""Where people are signed in: sessions begun, recognised with every request, rotated and ended.

A cookie holds a secret of 256 random bits; the store has its digest only. A session ends 12 hours
after its last use and 7 days after it began. Whoever has passed one factor of two has a session
that :meth:`Sessions.find` does not know: it serves to give the second, within minutes.

Each process remembers for a second whom a secret stands for, so that pages in a row cost no query.
What another process ends stops to work here within that second.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from portreeve.schemas.people import Preferences, Role, Session, SignedIn
from portreeve.service.context import Context
from portreeve.service.keys import digest
from portreeve.service.roles import scopes_of
from portreeve.service.worker import Worker
from portreeve.store import StoreUnavailableError, Transaction
from portreeve.store.tables.people import console_sessions as table
from portreeve.store.tables.people import people

IDLE = timedelta(hours=12)
"""A session not used for so long is over."""
LONGEST = timedelta(days=7)
"""A session this old is over, however much it is used."""
HALF = timedelta(minutes=10)
"""The time for the second factor."""

Method = Literal["password", "link", "oidc"]

_REMEMBERED_SECONDS = 1.0
_MOST_REMEMBERED = 10_000
_NOTE_USE_AFTER = timedelta(minutes=1)
_NOTE_USE_EVERY_SECONDS = 30.0


@dataclass(frozen=True)
class Begun:
    """A session that began or got a new secret: the only time that the secret is known."""

    secret: str
    id: str
    whole: bool
    """All factors were passed."""


@dataclass(frozen=True)
class Half:
    """Somebody who has passed the first of two factors."""

    id: str
    person: str
    method: Method
    agent: str
    expires: datetime


@dataclass(frozen=True)
class _Known:
    signed_in: SignedIn
    used: datetime
    expires: datetime
    read: float
    """When it was read, on the monotonic clock."""


class Sessions:
    """The sessions of everybody."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[str, _Known] = {}
        self._used: dict[str, datetime] = {}
        self._worker = Worker("sessions", self._note_use, every=_NOTE_USE_EVERY_SECONDS)

    def find(self, secret: str) -> SignedIn | None:
        """Who is signed in with this secret, if they still are.

        Raises:
            StoreUnavailableError: it was not asked for within the last second, and the database
                does not answer.
        """
        return self.known(secret) or self._read(digest(secret))

    def known(self, secret: str) -> SignedIn | None:
        """As :meth:`find`, from memory only: None as well for who was not seen lately."""
        id = digest(secret)
        known = self._known.get(id)
        now = self._context.now()
        if known is None or time.monotonic() - known.read > _REMEMBERED_SECONDS:
            return None
        if now >= known.expires or now - known.used >= IDLE:
            return None
        self._note(id, known.used, now)
        return known.signed_in

    def lives(self, id: str) -> bool:
        """Whether a session goes on, with the secret it had; to ask is no use of it."""
        wanted = _alive(self._context.now()).where(table.c.id == id)
        with self._context.database.read() as connection:
            return connection.execute(wanted).first() is not None

    def half(self, secret: str) -> Half | None:
        """Who has passed the first factor with this secret and still has time for the second."""
        wanted = _alive(self._context.now()).where(
            table.c.id == digest(secret), table.c.stepped.is_(None)
        )
        with self._context.database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        if row is None:
            return None
        return Half(row.id, row.person, row.method, row.agent, row.expires)

    def of(self, person: str) -> list[Session]:
        """Where a person is signed in, the last used first."""
        wanted = _alive(self._context.now()).where(
            table.c.person == person, table.c.stepped.is_not(None)
        )
        with self._context.database.read() as connection:
            rows = connection.execute(wanted.order_by(table.c.used.desc())).all()
        fields = Session.__struct_fields__
        return [Session(**{name: getattr(row, name) for name in fields}) for row in rows]

    def begin(
        self, tx: Transaction, person: str, method: Method, agent: str, *, whole: bool = True
    ) -> Begun:
        """Sign a person in; not ``whole``: the second factor is still due."""
        tx.execute(sa.delete(table).where(table.c.expires <= tx.time))
        secret = secrets.token_urlsafe(32)
        row = {
            "id": digest(secret), "person": person, "method": method, "agent": agent,
            "stepped": tx.time if whole else None, "csrf": secrets.token_urlsafe(32),
            "created": tx.time, "used": tx.time, "expires": tx.time + (LONGEST if whole else HALF),
        }  # fmt: skip
        tx.execute(sa.insert(table), row)
        return Begun(secret, str(row["id"]), whole)

    def rotate(self, tx: Transaction, id: str) -> Begun:
        """Give a session a new secret: the old one is worth nothing any more.

        Raises:
            LookupError: the session has ended.
        """
        secret = secrets.token_urlsafe(32)
        new = {"id": digest(secret), "csrf": secrets.token_urlsafe(32)}
        changed = tx.execute(sa.update(table).where(table.c.id == id).values(new))
        if changed.rowcount == 0:
            raise LookupError("the session has ended")
        self._forget(tx, {id})
        return Begun(secret, new["id"], whole=True)

    def end(self, id: str) -> bool:
        """End one session; whether it was there."""
        with self._context.database.write() as tx:
            return self.end_in(tx, id)

    def end_in(self, tx: Transaction, id: str) -> bool:
        """End one session within a transaction; whether it was there."""
        ended = tx.execute(sa.delete(table).where(table.c.id == id)).rowcount > 0
        self._forget(tx, {id})
        return ended

    def end_of(self, tx: Transaction, person: str, id: str) -> bool:
        """End a session if it is a person's; whether it was."""
        wanted = sa.select(table.c.person).where(table.c.id == id)
        return tx.execute(wanted).scalar() == person and self.end_in(tx, id)

    def end_all(self, tx: Transaction, person: str, *, but: str | None = None) -> int:
        """End all of a person's sessions, half ones too, but one; how many."""
        theirs = sa.select(table.c.id).where(table.c.person == person)
        ids = {id for id in tx.execute(theirs).scalars() if id != but}
        tx.execute(sa.delete(table).where(table.c.id.in_(sorted(ids))))
        self._forget(tx, ids)
        return len(ids)

    def changed(self, tx: Transaction, person: str) -> None:
        """What sessions say of a person changed: it is read anew once this is committed."""
        theirs = sa.select(table.c.id).where(table.c.person == person)
        self._forget(tx, set(tx.execute(theirs).scalars()))

    def start(self) -> None:
        """Note from time to time which sessions are used."""
        self._worker.start()

    def stop(self) -> None:
        """Stop noting, after a last time."""
        self._worker.stop()
        try:
            self._note_use()
        except StoreUnavailableError:
            return

    def _read(self, id: str) -> SignedIn | None:
        now = self._context.now()
        wanted = (
            sa.select(table, people.c.name, people.c.shown, people.c.roles, people.c.preferences)
            .join(people, people.c.name == table.c.person)
            .where(
                table.c.id == id,
                table.c.stepped.is_not(None),
                table.c.expires > now,
                table.c.used > now - IDLE,
                people.c.disabled.is_(None),
            )
        )
        read = time.monotonic()
        with self._context.database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        if row is None:
            self._known.pop(id, None)
            return None
        signed_in = _signed_in(row)
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[id] = _Known(signed_in, row.used, row.expires, read)
        self._note(id, row.used, now)
        return signed_in

    def _note(self, id: str, used: datetime, now: datetime) -> None:
        if now - used >= _NOTE_USE_AFTER:
            self._used[id] = now

    def _note_use(self) -> bool:
        used, self._used = self._used, {}
        if used:
            with self._context.database.write() as tx:
                tx.execute(
                    sa.update(table)
                    .where(table.c.id == sa.bindparam("session"))
                    .values(used=sa.bindparam("at")),
                    [{"session": id, "at": at} for id, at in sorted(used.items())],
                )
        return False

    def _forget(self, tx: Transaction, ids: set[str]) -> None:
        """Ask the database for these again, now and after the transaction."""

        def forget() -> None:
            for id in ids:
                self._known.pop(id, None)
                self._used.pop(id, None)

        forget()
        tx.then(forget)


def _alive(now: datetime) -> sa.Select[Any]:
    return sa.select(table).where(table.c.expires > now, table.c.used > now - IDLE)


def _signed_in(row: Any) -> SignedIn:
    roles = tuple(Role(role) for role in row.roles)
    return SignedIn(
        name=row.name,
        shown=row.shown,
        roles=roles,
        scopes=scopes_of(roles),
        preferences=msgspec.convert(row.preferences, Preferences),
        session=row.id,
        csrf=row.csrf,
    )

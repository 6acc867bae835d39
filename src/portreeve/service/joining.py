"""Coming in by a one-time link: the first administrator, the invited, those who lost their way."""

from __future__ import annotations

from typing import NamedTuple

from portreeve.schemas.people import Link, NewPerson, Preferences, Role
from portreeve.service import links
from portreeve.service import people_records as records
from portreeve.service.actor import PORTREEVE
from portreeve.service.attempts import Attempts, Came
from portreeve.service.context import Context
from portreeve.service.passwords import Passwords, need_good
from portreeve.service.sessions import Begun, Sessions
from portreeve.service.signing_in import SigningIn
from portreeve.store import Transaction


class Invited(NamedTuple):
    """What a link is for, as its page shows it."""

    purpose: links.Purpose
    name: str | None
    shown: str | None


class Joining:
    """What one-time links let people do."""

    def __init__(
        self,
        context: Context,
        sessions: Sessions,
        attempts: Attempts,
        passwords: Passwords,
        signing_in: SigningIn,
    ) -> None:
        self._context = context
        self._sessions = sessions
        self._attempts = attempts
        self._passwords = passwords
        self._signing_in = signing_in

    def first_link(self) -> Link | None:
        """A link that makes the first administrator; None, where there is somebody already."""
        with self._context.database.write() as tx:
            if not records.is_empty(tx):
                return None
            return links.make(tx, "first", None, PORTREEVE.name)

    def look(self, secret: str) -> Invited:
        """What a link is for; it can still be used afterwards.

        Raises:
            ServiceError: ``gone``.
        """
        with self._context.database.write() as tx:
            return self.look_in(tx, secret)

    def look_in(self, tx: Transaction, secret: str) -> Invited:
        """As :meth:`look`, within a transaction."""
        given = links.look(tx, secret)
        if given.person is None:
            if not records.is_empty(tx):
                raise links.gone()
            return Invited(given.purpose, None, None)
        person = records.row_of(tx.connection, given.person)
        if person.disabled is not None:
            raise links.gone()
        return Invited(given.purpose, person.name, person.shown)

    def first(
        self,
        secret: str,
        name: str,
        shown: str | None,
        password: str,
        preferences: Preferences,
        came: Came,
    ) -> Begun:
        """Be the first administrator.

        Raises:
            ServiceError: ``gone``, when the link is none for that; ``invalid``, naming the field.
        """
        self._signing_in.need_local()
        if self.look(secret).purpose != "first":
            raise links.gone()
        records.need_name(name)
        need_good(password, name, shown or "")
        hashed = self._passwords.hashed(password)
        new = NewPerson(name=name, shown=shown, roles=[Role.administrator])
        with self._context.database.write() as tx:
            made = self.make_first(tx, secret, new, password=hashed, preferences=preferences)
            person = records.row_of(tx.connection, made)
            return self._signing_in.begin(tx, person, "link", came.agent)

    def make_first(
        self,
        tx: Transaction,
        secret: str,
        new: NewPerson,
        *,
        password: str | None = None,
        preferences: Preferences | None = None,
    ) -> str:
        """Use the link for the first administrator up, and add them; their name.

        Raises:
            ServiceError: ``gone``; ``invalid``, when the name cannot be had.
        """
        if links.take(tx, secret).purpose != "first" or not records.is_empty(tx):
            raise links.gone()
        by = new.name.lower()
        return records.insert(tx, new, by, password=password, preferences=preferences)

    def accept(self, secret: str, password: str, came: Came) -> Begun:
        """Set a password by a link, and be in. With it goes whatever let in before.

        Raises:
            ServiceError: ``gone``; ``invalid``, when the password is not good enough.
        """
        self._signing_in.need_local()
        invited = self.look(secret)
        if invited.name is None:
            raise links.gone()
        need_good(password, invited.name, invited.shown or "")
        hashed = self._passwords.hashed(password)
        with self._context.database.write() as tx:
            name = self.taken(tx, secret)
            records.change(tx, name, password=hashed)
            person = records.row_of(tx.connection, name)
            return self._signing_in.begin(tx, person, "link", came.agent)

    def taken(self, tx: Transaction, secret: str) -> str:
        """Use a person's link up: what let them in before does no more; their name.

        Raises:
            ServiceError: ``gone``.
        """
        given = links.take(tx, secret)
        if given.person is None:
            raise links.gone()
        person = records.row_of(tx.connection, given.person, lock=True)
        if person.disabled is not None:
            raise links.gone()
        records.change(tx, person.name, password=None, recovery=[], **records.NO_FACTOR)
        ended = self._sessions.end_all(tx, person.name)
        self._attempts.forgive(tx, person.name)
        self._attempts.forgive(tx, person.name, "code")
        tx.audit(person.name, "person.accept", person.name, purpose=given.purpose, sessions=ended)
        return str(person.name)

"""The ways in to the console, over one store, with passwords that are hashed quickly."""

from __future__ import annotations

from typing import Any

import pyotp
import sqlalchemy as sa
from argon2 import PasswordHasher

from portreeve.schemas.access import Scope
from portreeve.schemas.people import NewPerson, Preferences, Role, SignedIn
from portreeve.service.actor import Actor
from portreeve.service.attempts import Attempts, Came
from portreeve.service.context import Context
from portreeve.service.joining import Joining
from portreeve.service.passwords import Passwords
from portreeve.service.people import People
from portreeve.service.profiles import Profiles
from portreeve.service.sessions import Begun, Sessions
from portreeve.service.signing_in import SigningIn
from portreeve.service.single_sign_on import SingleSignOn
from portreeve.store.tables.core import audit

ADMIN = Actor("root-key", frozenset({Scope.admin}))
HERE = Came("192.0.2.7", "Firefox, Linux")
PASSWORD = "six quiet herons"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Door:
    """Everything about signing in, as the service puts it together."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.sessions = Sessions(context)
        self.attempts = Attempts(context)
        self.passwords = Passwords(QUICK)
        shared = (context, self.sessions, self.attempts, self.passwords)
        self.people = People(context, self.sessions, self.attempts)
        self.signing_in = SigningIn(*shared)
        self.profiles = Profiles(*shared, self.signing_in)
        self.joining = Joining(*shared, self.signing_in)
        self.single_sign_on = SingleSignOn(context, self.sessions, self.joining)

    def add(self, name: str, *roles: Role) -> Begun:
        """Somebody with :data:`PASSWORD`, signed in by the link that invited them."""
        self.people.add(ADMIN, NewPerson(name=name, roles=list(roles or [Role.reviewer])))
        return self.joining.accept(self.people.link(ADMIN, name).secret, PASSWORD, HERE)

    def first(self, name: str = "ada") -> Begun:
        """The first administrator, by the link that the service prints."""
        link = self.joining.first_link()
        assert link is not None
        return self.joining.first(link.secret, name, None, PASSWORD, Preferences(), HERE)

    def sign_in(self, name: str, password: str = PASSWORD, *, address: str = "192.0.2.7") -> Begun:
        """Sign in with a password."""
        return self.signing_in.with_password(name, password, Came(address, "Firefox, Linux"))

    def who(self, begun: Begun) -> SignedIn | None:
        """Who is signed in with what began."""
        return self.sessions.find(begun.secret)

    def need(self, begun: Begun) -> SignedIn:
        """As :meth:`who`, of somebody who is signed in."""
        signed_in = self.who(begun)
        assert signed_in is not None
        return signed_in

    def with_factor(self, begun: Begun) -> tuple[pyotp.TOTP, list[str], Begun]:
        """Set a second factor up: the app, the recovery codes, the session that goes on."""
        signed_in = self.need(begun)
        app = pyotp.TOTP(self.profiles.offer_factor(signed_in).secret)
        code = app.at(self.context.now())
        begun, codes = self.profiles.confirm_factor(signed_in, PASSWORD, code, HERE)
        return app, codes, begun

    def audited(self, action: str = "person.%") -> list[tuple[str, str, str, dict[str, Any]]]:
        """The audit log's entries about people: actor, action, subject, detail."""
        wanted = sa.select(audit.c.actor, audit.c.action, audit.c.subject, audit.c.detail)
        with self.context.database.read() as connection:
            rows = connection.execute(wanted.where(audit.c.action.like(action)))
            return [tuple(row) for row in rows]  # type: ignore[misc]

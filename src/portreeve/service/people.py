"""People who may sign in: added, invited, given roles, disabled. All of it is the administrators'.

A person's name is the name under which the audit log, cases and policy records know them. So it
never changes and nobody else ever gets it: people are disabled, not deleted.
"""

from __future__ import annotations

import functools
import zoneinfo
from collections.abc import Iterable

import msgspec

from portreeve.schemas.access import Scope
from portreeve.schemas.people import Link, NewPerson, Person, Preferences, Role
from portreeve.service import links
from portreeve.service import people_records as records
from portreeve.service.actor import Actor
from portreeve.service.attempts import Attempts
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.sessions import Begun, Sessions


class People:
    """Everybody who may sign in to the console."""

    def __init__(self, context: Context, sessions: Sessions, attempts: Attempts) -> None:
        self._context = context
        self._sessions = sessions
        self._attempts = attempts

    def list(self, actor: Actor) -> list[Person]:
        """Everybody, in the order of their names."""
        actor.need(Scope.admin)
        with self._context.database.read() as connection:
            return records.shown_people(connection)

    def get(self, actor: Actor, name: str) -> Person:
        """One person; everybody may ask for themselves."""
        if actor.name != name:
            actor.need(Scope.admin)
        with self._context.database.read() as connection:
            records.row_of(connection, name)
            return records.shown_people(connection, name)[0]

    def add(self, actor: Actor, new: NewPerson) -> Person:
        """Add somebody; they can sign in once they have used a link, see :meth:`link`."""
        actor.need(Scope.admin)
        with self._context.database.write() as tx:
            name = records.insert(tx, new, actor.name)
        return self.get(actor, name)

    def link(self, actor: Actor, name: str) -> Link:
        """Make a one-time link with which a person sets a password, or signs in elsewhere.

        It invites who never signed in. To anybody else it gives a new beginning: once it is used,
        the old password and the second factor are worth nothing.

        Raises:
            ServiceError: ``conflict``, when they are disabled.
        """
        actor.need(Scope.admin)
        with self._context.database.write() as tx:
            person = records.row_of(tx.connection, name)
            if person.disabled is not None:
                raise ServiceError(
                    "conflict",
                    f"{person.name!r} is disabled. Enable them first.",
                    zh=f"“{person.name}”已停用，请先启用。",
                )
            purpose: links.Purpose = "invitation" if person.signed_in is None else "recovery"
            link = links.make(tx, purpose, person.name, actor.name)
            self._attempts.forgive(tx, person.name)
            action = "person.invite" if purpose == "invitation" else "person.recovery-link"
            tx.audit(actor.name, action, person.name, expires=link.expires)
        return link

    def set_roles(
        self, actor: Actor, name: str, roles: Iterable[Role], *, session: str | None = None
    ) -> Begun | None:
        """Give a person other roles; from now on they are given here.

        Their sessions end, so that what a session may do never changes. ``session``: the one of
        whoever asks, which goes on with a new secret if it is their own roles.

        Raises:
            ServiceError: ``invalid``, when no role is left; ``conflict``, when it is the last
                administrator.
        """
        actor.need(Scope.admin)
        chosen = records.ordered(roles)
        if not chosen:
            raise ServiceError(
                "invalid",
                "Choose one role or more. Whoever is to do nothing here is disabled.",
                field="roles",
                zh="请至少选择一个角色；不再需要登录的人员应予停用。",
            )
        with self._context.database.write() as tx:
            records.lock_all(tx)
            person = records.row_of(tx.connection, name)
            if Role.administrator in person.roles and Role.administrator not in chosen:
                records.need_another_administrator(tx, person.name, self._context.settings)
            if person.roles == chosen:
                records.change(tx, person.name, roles_from="portreeve")
                return None
            records.change(tx, person.name, roles=chosen, roles_from="portreeve")
            tx.audit(actor.name, "person.roles", person.name, roles=chosen, before=person.roles)
            tx.announce("person.roles", person.name, roles=chosen)
            own = session if person.name == actor.name else None
            self._sessions.end_all(tx, person.name, but=own)
            return None if own is None else self._sessions.rotate(tx, own)

    def disable(self, actor: Actor, name: str) -> Person:
        """Let somebody sign in no more, and end all their sessions; again changes nothing.

        Raises:
            ServiceError: ``conflict``, when it is the last administrator.
        """
        actor.need(Scope.admin)
        with self._context.database.write() as tx:
            records.lock_all(tx)
            person = records.row_of(tx.connection, name)
            if person.disabled is None:
                if Role.administrator in person.roles:
                    records.need_another_administrator(tx, person.name, self._context.settings)
                records.change(tx, person.name, disabled=tx.time)
                links.cancel(tx, person.name)
                ended = self._sessions.end_all(tx, person.name)
                tx.audit(actor.name, "person.disable", person.name, sessions=ended)
                tx.announce("person.disabled", person.name)
        return self.get(actor, person.name)

    def enable(self, actor: Actor, name: str) -> Person:
        """Let somebody sign in again, as they did before; again changes nothing."""
        actor.need(Scope.admin)
        with self._context.database.write() as tx:
            person = records.row_of(tx.connection, name, lock=True)
            if person.disabled is not None:
                records.change(tx, person.name, disabled=None)
                tx.audit(actor.name, "person.enable", person.name)
                tx.announce("person.enabled", person.name)
        return self.get(actor, person.name)

    def prefer(self, actor: Actor, preferences: Preferences) -> None:
        """Keep how whoever asks wants to have the console.

        Raises:
            ServiceError: ``invalid``, when there is no such time zone.
        """
        if preferences.zone not in zones():
            raise ServiceError(
                "invalid",
                f"There is no time zone {preferences.zone!r}. Give one such as Asia/Shanghai.",
                field="zone",
                zh=f"没有名为“{preferences.zone}”的时区，请填写如 Asia/Shanghai 的名称。",
            )
        with self._context.database.write() as tx:
            records.change(tx, actor.name, preferences=msgspec.to_builtins(preferences))
            self._sessions.changed(tx, actor.name)

    def sign_out(self, actor: Actor, name: str) -> int:
        """End all sessions of somebody; how many there were."""
        actor.need(Scope.admin)
        with self._context.database.write() as tx:
            person = records.row_of(tx.connection, name)
            ended = self._sessions.end_all(tx, person.name)
            if ended:
                tx.audit(actor.name, "person.end-sessions", person.name, sessions=ended)
        return ended


@functools.cache
def zones() -> frozenset[str]:
    """The names of all time zones."""
    return frozenset(zoneinfo.available_timezones())

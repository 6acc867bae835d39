"""Who it is here that comes from the provider of single sign-on, and what they may do.

The provider's own name for somebody (``iss`` and ``sub``) is connected with one person, once: by
a one-time link, by somebody who is signed in, or by the first sign-in of who has a role by the
setting ``oidc_roles``. A name in a claim never opens the account of somebody who is known already:
many providers let people choose it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from portreeve.schemas.people import NewPerson, Role, SignedIn
from portreeve.service import people_records as records
from portreeve.service.attempts import Came
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.joining import Joining
from portreeve.service.oidc import Departure, Identity, Journey, Provider, claim
from portreeve.service.sessions import Begun, Sessions
from portreeve.store import Transaction
from portreeve.store.statements import insert_missing
from portreeve.store.tables.people import console_sessions, identities


class Arrival(NamedTuple):
    """Somebody who came back from the provider."""

    begun: Begun
    next: str
    connected: bool
    """They were signed in, and have connected who they are there."""


class SingleSignOn:
    """Signing in through an OpenID Connect provider."""

    def __init__(self, context: Context, sessions: Sessions, joining: Joining) -> None:
        """Nothing is asked of the provider yet.

        Raises:
            ServiceError: ``invalid``, when the settings do not fit together.
        """
        self._context = context
        self._sessions = sessions
        self._joining = joining
        self._roles = role_map(context.settings.oidc_roles)
        self.provider = Provider(context)

    def depart(self, back: str, *, next: str, link: str | None = None) -> Departure:
        """Send somebody to the provider to sign in; ``link``: with a one-time link.

        Raises:
            ServiceError: ``not-found``, when there is no provider; ``unavailable``; ``gone``.
        """
        if link is not None:
            self._joining.look(link)
        return self.provider.depart(back, next=next, link=link)

    def connect(self, signed_in: SignedIn, back: str, *, next: str) -> Departure:
        """Send somebody to the provider who is to sign in that way from then on.

        Raises:
            ServiceError: ``not-found``, when there is no provider; ``unavailable``.
        """
        return self.provider.depart(back, next=next, session=signed_in.session)

    def arrive(
        self, sealed: str, answer: dict[str, str], came: Came, *, session: str | None = None
    ) -> Arrival:
        """Let somebody in who came back. ``session``: the one of their browser, if it has one.

        Who goes away to connect comes back in the same session: a browser that was handed
        another's journey connects nobody, and is handed no session.

        Raises:
            ServiceError: ``unauthenticated``, when it is not to be trusted; ``forbidden``, when
                they have no role or are disabled; ``conflict``, when their name is somebody's;
                ``gone``, when the link or the session is over; ``unavailable``.
        """
        journey, identity = self.provider.finish(sealed, answer)
        if journey.session is not None and journey.session != session:
            raise _over()
        with self._context.database.write() as tx:
            if journey.session is not None:
                begun = self._connected(tx, journey.session, identity)
                return Arrival(begun, journey.next, connected=True)
            name = self._who(tx, journey, identity)
            if name is not None:
                return Arrival(self._begun(tx, name, came), journey.next, connected=False)
        raise ServiceError(
            "forbidden",
            "You have no role here. Ask an administrator to give you one.",
            zh="您在本系统没有角色，请联系管理员。",
        )

    def disconnect(self, signed_in: SignedIn, issuer: str) -> None:
        """Let the provider no more let somebody in.

        Raises:
            ServiceError: ``conflict``, when they have no other way in.
        """
        with self._context.database.write() as tx:
            person = records.row_of(tx.connection, signed_in.name, lock=True)
            if person.password is None or not self._context.settings.local_accounts:
                raise ServiceError(
                    "conflict",
                    "Single sign-on is your only way in. Ask an administrator for a link to set "
                    "a password first.",
                    zh="单点登录是您唯一的登录方式。请先向管理员索取链接并设置密码。",
                )
            gone = tx.execute(
                sa.delete(identities).where(
                    identities.c.person == person.name, identities.c.issuer == issuer
                )
            )
            if gone.rowcount:
                tx.audit(person.name, "person.disconnect", person.name, issuer=issuer)

    def _who(self, tx: Transaction, journey: Journey, identity: Identity) -> str | None:
        """The name of who came back; None, when they may not do anything."""
        if journey.link is not None:
            return self._by_link(tx, journey.link, identity)
        known = _person_of(tx, identity)
        if known is None:
            return self._added(tx, identity)
        records.lock_all(tx)
        person = records.row_of(tx.connection, known)
        if person.disabled is not None:
            raise ServiceError(
                "forbidden",
                "You were disabled here. Ask an administrator.",
                zh="您的账号已停用，请联系管理员。",
            )
        if person.roles_from == "oidc" and self._roles:
            return self._with_roles_of_today(tx, person, identity)
        return known

    def _by_link(self, tx: Transaction, link: str, identity: Identity) -> str:
        if self._joining.look_in(tx, link).purpose == "first":
            new = self._new(identity, [Role.administrator])
            name = self._joining.make_first(tx, link, new)
        else:
            name = self._joining.taken(tx, link)
        self._connect(tx, name, identity)
        return name

    def _added(self, tx: Transaction, identity: Identity) -> str | None:
        """Somebody who was never here, with the roles that the provider gives."""
        roles = self._mapped(identity)
        if not roles:
            return None
        new = self._new(identity, roles)
        name = records.insert(tx, new, new.name.lower(), roles_from="oidc")
        self._connect(tx, name, identity)
        return name

    def _with_roles_of_today(self, tx: Transaction, person: Any, identity: Identity) -> str | None:
        """Give a person the roles that the provider gives now; None, when it gives none.

        The last administrator stays one.
        """
        roles = self._mapped(identity)
        if Role.administrator in person.roles and Role.administrator not in roles:
            settings = self._context.settings
            if not records.has_another_administrator(tx, person.name, settings):
                roles = records.ordered([*roles, Role.administrator])
        if roles == person.roles:
            return str(person.name) if roles else None
        self._sessions.end_all(tx, person.name)
        records.change(tx, person.name, roles=roles)
        tx.audit("oidc", "person.roles", person.name, roles=roles, before=person.roles)
        tx.announce("person.roles", person.name, roles=roles)
        return str(person.name) if roles else None

    def _connected(self, tx: Transaction, session: str, identity: Identity) -> Begun:
        """Connect who is signed in; the session goes on with a new secret."""
        wanted = sa.select(console_sessions.c.person).where(console_sessions.c.id == session)
        name = tx.execute(wanted).scalar()
        if name is None:
            raise _over()
        self._connect(tx, name, identity)
        return self._sessions.rotate(tx, session)

    def _connect(self, tx: Transaction, name: str, identity: Identity) -> None:
        key = {"issuer": identity.issuer, "subject": identity.subject}
        insert_missing(tx, identities, [{**key, "person": name, "created": tx.time}])
        if _person_of(tx, identity) != name:
            raise ServiceError(
                "conflict",
                "Whom you signed in as there is connected with somebody else here.",
                zh="该单点登录账号已与本系统的其他人员关联。",
            )
        tx.audit(name, "person.connect", name, issuer=identity.issuer)

    def _begun(self, tx: Transaction, name: str, came: Came) -> Begun:
        records.change(tx, name, signed_in=tx.time)
        tx.audit(name, "person.sign-in", name, method="oidc")
        return self._sessions.begin(tx, name, "oidc", came.agent)

    def _mapped(self, identity: Identity) -> list[Role]:
        """The roles that what the provider says of somebody gives them here."""
        given = claim(identity.claims, self._context.settings.oidc_roles_claim)
        values = list(given) if isinstance(given, list | dict) else [given]
        return records.ordered(
            role
            for value in values
            if isinstance(value, str)
            for role in self._roles.get(value, [])
        )

    def _new(self, identity: Identity, roles: list[Role]) -> NewPerson:
        named = self._context.settings.oidc_name_claim
        name = ".".join(str(claim(identity.claims, named) or "").split())
        if not records.is_name(name):
            raise ServiceError(
                "invalid",
                f"The provider does not name you in the claim `{named}` as people are named here: "
                "letters, digits and . _ @ + : -. An administrator can choose another claim.",
                zh=f"单点登录返回的 `{named}` 不能用作名称（仅限字母、数字和 . _ @ + : -）。"
                "请管理员改用其他字段。",
            )
        shown = claim(identity.claims, "name")
        return NewPerson(
            name=name,
            shown=shown[:100] if isinstance(shown, str) and shown.strip() else None,
            roles=roles,
        )


def role_map(setting: str) -> dict[str, list[Role]]:
    """Which roles a value of the roles' claim gives, from the setting ``oidc_roles``.

    >>> role_map("trust-safety=reviewer, trust-safety=analyst")
    {'trust-safety': [<Role.reviewer: 'reviewer'>, <Role.analyst: 'analyst'>]}

    Raises:
        ServiceError: ``invalid``, naming what cannot be read.
    """
    mapped: dict[str, list[Role]] = {}
    for part in setting.split(","):
        if not part.strip():
            continue
        value, _, role = (one.strip() for one in part.rpartition("="))
        if not value or role not in set(Role):
            raise ServiceError(
                "invalid",
                f"PORTREEVE_OIDC_ROLES: {part.strip()!r} is not a value and a role, such as "
                f"`admins=administrator`. Roles are {', '.join(Role)}.",
                field="PORTREEVE_OIDC_ROLES",
            )
        mapped.setdefault(value, []).append(Role(role))
    return mapped


def _over() -> ServiceError:
    return ServiceError(
        "gone", "Your session is over. Sign in again.", zh="会话已结束，请重新登录。"
    )


def _person_of(tx: Transaction, identity: Identity) -> str | None:
    wanted = sa.select(identities.c.person).where(
        identities.c.issuer == identity.issuer, identities.c.subject == identity.subject
    )
    name: str | None = tx.execute(wanted).scalar()
    return name

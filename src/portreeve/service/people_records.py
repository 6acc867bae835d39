"""Reading and writing the rows of people; who is the last administrator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.schemas.people import NewPerson, Person, Preferences, Role
from portreeve.service.actor import OWN_NAMES
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.roles import ROLES
from portreeve.service.settings import Settings
from portreeve.store import Transaction
from portreeve.store.tables.people import identities, people

NO_OFFER = {"totp_offered": None, "totp_offered_at": None}
"""The columns of somebody who sets up no second factor."""

NO_FACTOR = {"totp": None, "totp_step": None, **NO_OFFER}
"""The columns of somebody without a second factor, but for the recovery codes."""


def row_of(connection: sa.Connection, name: str, *, lock: bool = False) -> Any:
    """A person's row; locked, nobody else changes it before the transaction ends.

    Raises:
        ServiceError: ``not-found``.
    """
    row = find_row(connection, name, lock=lock)
    if row is None:
        raise not_found("person", name.lower())
    return row


def find_row(connection: sa.Connection, name: str, *, lock: bool = False) -> Any:
    """A person's row, or None."""
    wanted = sa.select(people).where(people.c.name == name.lower())
    return connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()


def lock_all(tx: Transaction) -> None:
    """Let nobody else change people before the transaction ends: of two administrators who take
    each other's role at once, one is too late.
    """
    tx.execute(sa.select(people.c.name).order_by(people.c.name).with_for_update()).all()


def change(tx: Transaction, name: str, **values: Any) -> None:
    """Change a person's row."""
    tx.execute(sa.update(people).where(people.c.name == name).values(values))


def shown_people(connection: sa.Connection, name: str | None = None) -> list[Person]:
    """People as others see them: one, or all in the order of their names."""
    wanted, linked = sa.select(people).order_by(people.c.name), sa.select(identities)
    if name is not None:
        wanted = wanted.where(people.c.name == name.lower())
        linked = linked.where(identities.c.person == name.lower())
    issuers: dict[str, list[str]] = {}
    for row in connection.execute(linked.order_by(identities.c.issuer)):
        issuers.setdefault(row.person, []).append(row.issuer)
    return [_person(row, issuers.get(row.name, [])) for row in connection.execute(wanted)]


def is_empty(tx: Transaction) -> bool:
    """Whether there is nobody yet."""
    return tx.execute(sa.select(people.c.name).limit(1)).first() is None


def insert(
    tx: Transaction,
    new: NewPerson,
    by: str,
    *,
    password: str | None = None,
    roles_from: str = "portreeve",
    preferences: Preferences | None = None,
) -> str:
    """Add somebody; their name.

    Raises:
        ServiceError: ``invalid``, when the name is none or the service's own, or there is no role;
            ``conflict``, when somebody has it.
    """
    need_name(new.name)
    if not new.roles:
        raise ServiceError(
            "invalid", "Choose one role or more.", field="roles", zh="请至少选择一个角色。"
        )
    name = new.name.lower()
    if name in OWN_NAMES:
        raise ServiceError(
            "invalid",
            f"{new.name!r} is the service's own name. Give another.",
            field="name",
            zh=f"“{new.name}”是系统保留的名称，请换一个。",
        )
    if find_row(tx.connection, name) is not None:
        raise ServiceError(
            "conflict",
            f"There is somebody called {name!r} already. Give another name.",
            field="name",
            zh=f"已有名为“{name}”的人员，请换一个名称。",
        )
    row = {
        "name": name, "shown": (new.shown or "").strip() or new.name, "email": new.email,
        "password": password, "recovery": [], **NO_FACTOR,
        "roles": ordered(new.roles), "roles_from": roles_from,
        "preferences": msgspec.to_builtins(preferences or Preferences()), "created": tx.time,
        "created_by": by, "disabled": None, "signed_in": None,
    }  # fmt: skip
    tx.execute(sa.insert(people), row)
    tx.audit(by, "person.create", name, roles=row["roles"])
    tx.announce("person.created", name, roles=row["roles"])
    return name


def ordered(roles: Iterable[Role]) -> list[Role]:
    """Roles, each once, in the order in which pages show them."""
    chosen = set(roles)
    return [role for role in ROLES if role in chosen]


def need_another_administrator(tx: Transaction, name: str, settings: Settings) -> None:
    """Refuse to take the last administrator away: somebody else must be able to sign in as one.

    Raises:
        ServiceError: ``conflict``.
    """
    if not has_another_administrator(tx, name, settings):
        raise ServiceError(
            "conflict",
            "This is the last administrator who can sign in. Make another one first.",
            zh="这是最后一位能登录的管理员。请先设置另一位管理员。",
        )


def has_another_administrator(tx: Transaction, name: str, settings: Settings) -> bool:
    """Whether somebody else is an administrator, is not disabled, and has a way to sign in."""
    linked = set(tx.execute(sa.select(identities.c.person)).scalars())
    rows = tx.execute(
        sa.select(people.c.name, people.c.roles, people.c.password).where(
            people.c.disabled.is_(None)
        )
    ).all()
    return any(
        row.name != name
        and Role.administrator in row.roles
        and (row.name in linked or (row.password is not None and settings.local_accounts))
        for row in rows
    )


def need_name(text: str) -> None:
    """Refuse what nobody may be named.

    Raises:
        ServiceError: ``invalid``.
    """
    if not is_name(text):
        raise ServiceError(
            "invalid",
            "A name has 1 to 100 letters, digits and . _ @ + : - and no spaces.",
            field="name",
            zh="用户名为 1 至 100 个字母、数字或 . _ @ + : -，不含空格。",
        )


def is_name(text: str) -> bool:
    """Whether somebody may be named so.

    >>> is_name("ann@square.example"), is_name("Ann Lee")
    (True, False)
    """
    try:
        msgspec.convert({"name": text, "roles": [Role.reviewer]}, NewPerson)
    except msgspec.ValidationError:
        return False
    return True


def _person(row: Any, issuers: list[str]) -> Person:
    return Person(
        name=row.name,
        shown=row.shown,
        email=row.email,
        roles=[Role(role) for role in row.roles],
        roles_from=row.roles_from,
        password=row.password is not None,
        second_factor=row.totp is not None,
        recovery_codes=len(row.recovery),
        identities=issuers,
        created=row.created,
        created_by=row.created_by,
        disabled=row.disabled,
        signed_in=row.signed_in,
    )

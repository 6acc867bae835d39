"""One-time links: to be the first administrator, to accept an invitation, to recover.

Looking at a link does not use it up, as programs look at links that are sent around; what the
page's form sends does. A new link for a person takes the place of the one before.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Literal, NamedTuple

import sqlalchemy as sa

from portreeve.schemas.people import Link
from portreeve.service.errors import ServiceError
from portreeve.service.keys import digest
from portreeve.store import Transaction
from portreeve.store.tables.people import sign_in_links as table

Purpose = Literal["first", "invitation", "recovery"]
LASTS: dict[Purpose, timedelta] = {
    "first": timedelta(days=1),
    "invitation": timedelta(days=7),
    "recovery": timedelta(days=1),
}
"""How long a link can be used."""


class Given(NamedTuple):
    """What a link is for."""

    purpose: Purpose
    person: str | None


def make(tx: Transaction, purpose: Purpose, person: str | None, by: str) -> Link:
    """Make a link."""
    if person is not None:
        cancel(tx, person)
    tx.execute(sa.delete(table).where(table.c.expires <= tx.time))
    secret = secrets.token_urlsafe(24)
    expires = tx.time + LASTS[purpose]
    row = {
        "digest": digest(secret), "purpose": purpose, "person": person, "created": tx.time,
        "created_by": by, "expires": expires,
    }  # fmt: skip
    tx.execute(sa.insert(table), row)
    return Link(secret=secret, purpose=purpose, person=person, expires=expires)


def look(tx: Transaction, secret: str) -> Given:
    """What a link is for; it stays as it is.

    Raises:
        ServiceError: ``gone``.
    """
    wanted = sa.select(table.c.purpose, table.c.person)
    row = tx.execute(wanted.where(table.c.digest == digest(secret), table.c.expires > tx.time))
    found = row.one_or_none()
    if found is None:
        raise gone()
    return Given(found.purpose, found.person)


def take(tx: Transaction, secret: str) -> Given:
    """Use a link up. Of two who do so at once one succeeds.

    With one link for the first administrator all of them are used up.

    Raises:
        ServiceError: ``gone``.
    """
    given = look(tx, secret)
    same = table.c.digest == digest(secret)
    if given.purpose == "first":
        same = table.c.purpose == "first"
    if tx.execute(sa.delete(table).where(same)).rowcount == 0:
        raise gone()
    return given


def cancel(tx: Transaction, person: str) -> None:
    """A person's link is worth nothing any more."""
    tx.execute(sa.delete(table).where(table.c.person == person))


def gone() -> ServiceError:
    """A link that is none."""
    return ServiceError(
        "gone",
        "This link was used already, or its time is over. Ask an administrator for a new one; "
        "whoever runs the service makes one with `portreeve people link`.",
        zh="此链接已使用或已过期。请向管理员索取新链接；运行本服务的人可以用 "
        "`portreeve people link` 生成。",
    )

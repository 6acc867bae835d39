"""Who has a case open in front of them: so that two reviewers do not read it at once unawares."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.service.actor import Actor
from portreeve.service.case_records import case_row
from portreeve.service.context import Context
from portreeve.store.statements import upsert
from portreeve.store.tables.cases import case_readers

STAYS = timedelta(seconds=60)
"""How long somebody counts as there who was not seen again; pages say so every 25 seconds."""


class Readers:
    """Notes who reads which case. It is no part of any record, and forgotten within a minute."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def enter(self, actor: Actor, case: str) -> None:
        """The actor has the case open, now and for the next minute.

        Raises:
            ServiceError: ``not-found``: what is told to all who listen is the name of a case.
        """
        actor.need(Scope.cases)
        with self._context.database.write() as tx:
            case_row(tx.connection, case)
            tx.execute(sa.delete(case_readers).where(case_readers.c.until <= tx.time))
            row = {"case": case, "name": actor.name, "until": tx.time + STAYS}
            upsert(tx, case_readers, [row])

    def leave(self, actor: Actor, case: str) -> None:
        """The actor has closed it."""
        r = case_readers.c
        with self._context.database.write() as tx:
            tx.execute(sa.delete(case_readers).where(r.case == case, r.name == actor.name))

    def everybody(self) -> dict[str, list[str]]:
        """Who reads which case now, for pages that are open."""
        r = case_readers.c
        wanted = sa.select(r.case, r.name).where(r.until > self._context.now())
        with self._context.database.read() as connection:
            return _by_case(connection.execute(wanted.order_by(r.case, r.name)))

    def of(self, actor: Actor, cases: Collection[str]) -> dict[str, list[str]]:
        """Who reads cases now, by case, in the order of their names; the actor too."""
        actor.need(Scope.cases)
        r = case_readers.c
        wanted = (
            sa.select(r.case, r.name)
            .where(r.case.in_(sorted(cases)), r.until > self._context.now())
            .order_by(r.case, r.name)
        )
        with self._context.database.read() as connection:
            return _by_case(connection.execute(wanted))


def _by_case(rows: Iterable[sa.Row[Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.case, []).append(row.name)
    return found

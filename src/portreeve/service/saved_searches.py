"""Searches of the decision log that people keep: their own, and those that others share."""

from __future__ import annotations

import builtins
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.policy.errors import suggest
from portreeve.schemas.access import Scope
from portreeve.schemas.saved_searches import MOST_SAVED, SavedSearch, SaveSearch, SearchWords
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.log import checked_where
from portreeve.store import Transaction, new_id
from portreeve.store.log import LOG
from portreeve.store.statements import upsert
from portreeve.store.tables.log import saved_searches

_SAVED = saved_searches.c


class SavedSearches:
    """Keeps searches."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def list(self, actor: Actor) -> builtins.list[SavedSearch]:
        """The actor's own searches, then those of others that are shared; by name."""
        actor.need(Scope.log)
        mine = _SAVED.owner == actor.name
        wanted = (
            sa.select(saved_searches)
            .where(mine | _SAVED.shared)
            .order_by(mine.desc(), sa.func.lower(_SAVED.name), _SAVED.id)
        )
        with self._context.database.read() as connection:
            return [_answer(row) for row in connection.execute(wanted)]

    def get(self, actor: Actor, id: str) -> SavedSearch:
        """One of them.

        Raises:
            ServiceError: ``not-found``, also for one that another keeps for themselves.
        """
        actor.need(Scope.log)
        with self._context.database.read() as connection:
            return _answer(_visible(connection, actor, id))

    def save(self, actor: Actor, request: SaveSearch) -> SavedSearch:
        """Keep a search; the actor's own one of the same name is replaced.

        Raises:
            ServiceError: ``invalid``, when the condition or a column cannot be asked for;
                ``conflict``, when the actor keeps too many.
        """
        actor.need(Scope.log)
        _check(request.search)
        with self._context.database.write() as tx:
            same = (_SAVED.owner == actor.name) & (_SAVED.name == request.name)
            known = tx.execute(sa.select(_SAVED.id).where(same).with_for_update()).scalar()
            if known is None:
                _need_room(tx, actor.name)
            id = known or new_id("srch")
            row = {
                "id": id, "owner": actor.name, "name": request.name, "shared": request.shared,
                "search": request.search, "saved": tx.time,
            }  # fmt: skip
            upsert(tx, saved_searches, [row])
            tx.audit(actor.name, "search.save", id, shared=request.shared)
            return _answer(_visible(tx.connection, actor, id))

    def remove(self, actor: Actor, id: str) -> None:
        """Keep a search no longer. One that is shared goes for all.

        Raises:
            ServiceError: ``not-found``; ``forbidden``, when it is another's.
        """
        actor.need(Scope.log)
        with self._context.database.write() as tx:
            row = _visible(tx.connection, actor, id)
            if row.owner != actor.name and not actor.may(Scope.admin):
                raise ServiceError(
                    "forbidden", f"This search is kept by {row.owner!r}. Ask them to remove it."
                )
            tx.execute(sa.delete(saved_searches).where(_SAVED.id == id))
            tx.audit(actor.name, "search.remove", id)


def _visible(connection: sa.Connection, actor: Actor, id: str) -> sa.Row[Any]:
    row = connection.execute(sa.select(saved_searches).where(_SAVED.id == id)).one_or_none()
    if row is None or not (row.shared or row.owner == actor.name or actor.may(Scope.admin)):
        raise not_found("saved search", id)
    return row


def _check(search: SearchWords) -> None:
    """See that it can be asked."""
    checked_where(search.where)
    for field in ("columns", "group_by"):
        for at, name in enumerate(getattr(search, field)):
            if name not in LOG:
                hint = suggest(name, LOG) or "docs/log.md lists the columns."
                raise ServiceError(
                    "invalid",
                    f"The log has no column `{name}`. {hint}",
                    field=f"search.{field}[{at}]",
                )


def _need_room(tx: Transaction, owner: str) -> None:
    kept = sa.select(sa.func.count()).select_from(saved_searches).where(_SAVED.owner == owner)
    if tx.execute(kept).scalar_one() >= MOST_SAVED:
        raise ServiceError(
            "conflict", f"{MOST_SAVED} searches are kept for you. Remove one of them first."
        )


def _answer(row: sa.Row[Any]) -> SavedSearch:
    return SavedSearch(
        id=row.id,
        name=row.name,
        owner=row.owner,
        shared=row.shared,
        search=msgspec.convert(row.search, SearchWords),
        saved=row.saved,
    )

"""What is like a case: near copies in others, open or decided; other cases of its account."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from portreeve.enforcement.copies import BANDS, HASHES
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.review import PastDecision, SimilarCase
from portreeve.service.actor import Actor
from portreeve.service.case_records import Row, case_row, facts, reads_blind
from portreeve.service.context import Context
from portreeve.store.tables.cases import case_items, case_prints, cases, past_prints
from portreeve.store.tables.core import decisions

_LEAST_PARTS = 2
"""Fewer parts of a print in common are chance."""

_PER_PART = 200
"""Of a text that comes all the time the latest cases are enough."""


class Likeness:
    """Finds what helps to judge a case alike."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def similar(self, actor: Actor, case: str, limit: int = 8) -> Page[SimilarCase]:
        """Cases with nearly the same text, the likest first, then others of the same account.

        How like two texts are is estimated from the parts of their prints; see
        :mod:`portreeve.enforcement.copies`.
        """
        actor.need(Scope.cases)
        with self._context.database.read() as connection:
            row = case_row(connection, case)
            alike = _alike(connection, case)
            theirs = set(_of_account(connection, row, limit))
            named = list(dict.fromkeys([*alike, *sorted(theirs, reverse=True)]))
            found = {
                one.id: one
                for one in connection.execute(sa.select(cases).where(cases.c.id.in_(named)))
            }
            account = row.account
        listed = [found[id] for id in named if id in found and id != case][:limit]
        return Page(
            items=[
                _similar(one, alike.get(one.id), same=one.account == account is not None)
                for one in listed
            ]
        )

    def recent(self, actor: Actor, case: str, limit: int = 8) -> list[PastDecision]:
        """The last decisions on the account of a case, the latest first.

        To whoever reads the case blind those on its own items are not shown.
        """
        actor.need(Scope.cases)
        d = decisions.c
        with self._context.database.read() as connection:
            row = case_row(connection, case)
            if row.account is None:
                return []
            own = sa.select(case_items.c.item).where(case_items.c.case == case)
            columns = [d[name] for name in PastDecision.__struct_fields__]
            wanted = sa.select(*columns).where(d.account == row.account)
            if reads_blind(connection, case, actor.name):
                wanted = wanted.where(d.item.not_in(own))
            rows = connection.execute(wanted.order_by(d.seq.desc()).limit(limit)).all()
        return msgspec.convert([facts(one) for one in rows], list[PastDecision])


def _alike(connection: sa.Connection, case: str) -> dict[str, float]:
    """Other cases by how like their text is, the likest first."""
    parts = list(
        connection.execute(
            sa.union(
                *(
                    sa.select(table.c.band).where(table.c.case == case)
                    for table in (case_prints, past_prints)
                )
            )
        ).scalars()
    )
    if not parts:
        return {}
    latest = [
        sa.select(
            sa.select(table.c.case)
            .where(table.c.band == part, table.c.case != case)
            .order_by(table.c.case.desc())
            .limit(_PER_PART)
            .subquery()
        )
        for part in parts
        for table in (case_prints, past_prints)
    ]
    shared = sa.union_all(*latest).subquery()
    count = sa.func.count().label("parts")
    rows = connection.execute(
        sa.select(shared.c.case, count)
        .group_by(shared.c.case)
        .having(count >= _LEAST_PARTS)
        .order_by(count.desc(), shared.c.case.desc())
    )
    return {row.case: likeness(row.parts) for row in rows}


def likeness(parts: int) -> float:
    """The share of pairs of characters in common, from how many parts of two prints are equal.

    A part is equal when its four numbers are, so with the fourth power of the share.

    >>> likeness(16), round(likeness(2), 2)
    (1.0, 0.59)
    """
    share: float = (min(parts, BANDS) / BANDS) ** (BANDS / HASHES)
    return share


def _of_account(connection: sa.Connection, case: Row, limit: int) -> Sequence[str]:
    """The latest cases of the account of a case."""
    if case.account is None:
        return []
    i = case_items.c
    rows = connection.execute(
        sa.select(i.case)
        .where(i.account == case.account, i.case != case.id)
        .order_by(i.added.desc())
        .limit(limit)
    )
    return list(dict.fromkeys(rows.scalars()))


def _similar(row: Row, alike: float | None, *, same: bool) -> SimilarCase:
    shown = facts(row) | {"likeness": alike, "same_account": same}
    return msgspec.convert(shown, SimilarCase)

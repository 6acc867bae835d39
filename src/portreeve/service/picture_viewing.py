"""Pictures for those who decide: clean copies to look at, and items that show the like.

A copy is evidence, and opens as the words of its item do: to the scope ``evidence``, of black goods
only while a release of two people stands, and every opening is in the audit log.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from portreeve.model import Surface
from portreeve.pictures.copying import Copier
from portreeve.pictures.index import LEAST_QUALITY, Index
from portreeve.pictures.limits import Limits
from portreeve.pictures.reader import missing
from portreeve.pictures.structs import FAULTS, Fault
from portreeve.schemas.access import Scope
from portreeve.schemas.pictures import SimilarPicture
from portreeve.service.actor import Actor
from portreeve.service.bulk import fetch_in
from portreeve.service.case_records import case_row
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.evidence import EvidenceRoom
from portreeve.store.tables.cases import case_items
from portreeve.store.tables.core import decisions, items
from portreeve.store.tables.pictures import item_pictures, pictures

SIMILAR = 20
"""Items that are named at most."""
_OF_A_CASE = 200
"""Pictures of a case that others are compared with, the first shown first."""
_NEAR = 1_000
"""Pictures, and then items that show them, which are looked at: the nearest first."""
_P, _SHOWN = pictures.c, item_pictures.c


class PictureViewing:
    """Opens copies of pictures, and finds the like."""

    def __init__(self, context: Context, evidence: EvidenceRoom) -> None:
        self._context = context
        self._evidence = evidence
        self._hashes = _Hashes()
        self._copier: Copier | None = None
        if missing() is None:
            self._copier = Copier(Limits(bytes=context.settings.picture_bytes))

    def copy(self, actor: Actor, decision: str, picture: str, frame: int = 0) -> bytes:
        """A picture that the item of a decision shows, as a JPEG of at most 1600 pixels.

        Raises:
            ServiceError: ``not-found`` where the item does not show it, or it is gone;
                ``forbidden`` for black goods without a release; ``unavailable`` when no copy can
                be made.
        """
        actor.need(Scope.evidence)
        if self._copier is None:
            raise ServiceError(
                "unavailable",
                "Pictures cannot be shown here: install portreeve with the extra `pictures`.",
            )
        with self._context.database.write() as tx:
            said, release = self._evidence.open_decision(tx, actor, decision)
            if said is None or picture not in said.pictures:
                raise not_found("picture", picture)
            row = tx.execute(
                sa.select(_P.account, _P.sealed).where(_P.id == picture)
            ).first()  # fmt: skip
            [data] = (
                [None] if row is None
                else self._context.vault.open_many(
                    tx.connection, [row.account], [row.sealed], [picture]
                )
            )  # fmt: skip
            if data is None:
                raise not_found("picture", picture)
            tx.audit(
                actor.name, "picture.evidence-read", decision, picture=picture, release=release
            )
        copy = self._copier.copy(data, frame)
        if isinstance(copy, Fault):
            raise ServiceError(
                "unavailable", f"The picture cannot be shown: {FAULTS[copy.kind].reason}."
            )
        return copy.data

    def similar(self, actor: Actor, case: str, limit: int = SIMILAR) -> list[SimilarPicture]:
        """Items with a picture that looks like one of a case, the likest first, then the latest.

        Items of the case itself and private chats are left out.
        """
        actor.need(Scope.cases)
        with self._context.database.read() as connection:
            row = case_row(connection, case)
            own = sa.select(case_items.c.item).where(case_items.c.case == case)
            hashes = connection.execute(
                sa.select(_P.pdq)
                .join(item_pictures, _SHOWN.picture == _P.id)
                .where(_SHOWN.item.in_(own), _P.quality >= LEAST_QUALITY)
                .order_by(_SHOWN.shown, _P.id)
                .limit(_OF_A_CASE)
            ).scalars()
            wanted = list(dict.fromkeys(hashes))
            if not wanted:
                return []
            bits = self._hashes.near(connection, wanted)
            found = _showing(connection, bits, own)
            named = sorted(found, key=lambda item: (found[item], item))[:_NEAR]
            rows = _records(connection, named)
        listed = sorted(
            rows,
            key=lambda one: (found[one["item"]], -one["decided"].timestamp(), one["item"]),
        )[:limit]
        return [
            msgspec.convert(
                {str(name): value for name, value in one.items()}
                | {
                    "bits": found[one["item"]],
                    "same_account": one["account"] == row.account is not None,
                },
                SimilarPicture,
            )
            for one in listed
        ]

    def close(self) -> None:
        """End the process that copies."""
        if self._copier is not None:
            self._copier.close()


def _showing(
    connection: sa.Connection, bits: dict[str, int], own: sa.Select[tuple[str]]
) -> dict[str, int]:
    """Other items that show pictures, each with the least of these pictures' distances."""
    nearest = sorted(bits, key=lambda id: (bits[id], id))[:_NEAR]
    wanted = sa.select(_SHOWN.item, _SHOWN.picture).where(_SHOWN.item.not_in(own))
    found: dict[str, int] = {}
    for one in fetch_in(connection, wanted, _SHOWN.picture, nearest):
        distance = bits[one["picture"]]
        found[one["item"]] = min(distance, found.get(one["item"], distance))
    return found


def _records(connection: sa.Connection, named: list[str]) -> Sequence[sa.RowMapping]:
    """Items with the decision in force and the latest case that holds each."""
    i, d = items.c, decisions.c
    held = sa.select(sa.func.max(case_items.c.case)).where(case_items.c.item == i.id)
    return connection.execute(
        sa.select(
            i.id.label("item"), i.surface, i.account, i.state, d.id.label("decision"), d.verdict,
            d.by, d.decided, held.scalar_subquery().label("case"),
        )
        .join(decisions, d.id == i.decision)
        .where(i.id.in_(named), i.surface != Surface.private_chat)
    ).mappings().all()  # fmt: skip


class _Hashes:
    """The hashes of all pictures, kept in memory; those that came since are added when asked.

    A picture that was deleted stays until the process ends: no item shows it any more.
    """

    OVERLAP = timedelta(minutes=5)
    """A picture may be seen later than others that were stored after it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: datetime | None = None
        self._ids: dict[str, str] = {}
        self._old = Index()
        self._fresh: list[str] = []

    def near(self, connection: sa.Connection, hashes: Iterable[str]) -> dict[str, int]:
        """The pictures that look like one of these, and in how many bits they differ at least."""
        with self._lock:
            self._follow(connection)
            ids = list(self._ids)
            parts = [(0, self._old), (len(self._old), Index(self._fresh))]
        found: dict[str, int] = {}
        for hash_ in hashes:
            for begins, index in parts:
                for place, distance in index.near(hash_):
                    id = ids[begins + place]
                    found[id] = min(distance, found.get(id, distance))
        return found

    def _follow(self, connection: sa.Connection) -> None:
        wanted = sa.select(_P.id, _P.pdq, _P.stored).where(_P.quality >= LEAST_QUALITY)
        if self._until is not None:
            wanted = wanted.where(_P.stored >= self._until - self.OVERLAP)
        for id, pdq, stored in connection.execute(wanted.order_by(_P.stored)):
            self._until = stored
            if id not in self._ids:
                self._ids[id] = pdq
                self._fresh.append(pdq)
        if len(self._fresh) > 10_000:
            self._old, self._fresh = Index(self._ids.values()), []

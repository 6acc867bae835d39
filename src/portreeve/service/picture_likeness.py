"""One name for pictures that look alike, so that whoever shows the same poster is joined."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import sqlalchemy as sa

from portreeve.pictures.index import LEAST_QUALITY, Index
from portreeve.service.context import Context
from portreeve.store import Transaction, new_id
from portreeve.store.tables.pictures import pictures

MOST = 50_000
"""So many of the latest pictures are compared with; a search among them takes a tenth of a
millisecond."""
_OVERLAP = timedelta(seconds=5)
"""For which pictures that are known are read again: another process may commit late."""
_LOCK = 0x706F73746572  # "poster"

_P = pictures.c


class PictureLikeness:
    """Names pictures by the earliest that looks like them.

    Names are random, so that they say nothing of an account or a file. A name of which every
    picture is erased, or gone with time, is not given any more. Of pictures that come at the same
    moment, also to several processes, one is named after the other, so that a new poster gets one
    name.
    """

    def __init__(self, context: Context, most: int = MOST) -> None:
        self._context = context
        self._most = most
        self._index = Index()
        self._names: list[str] = []
        self._seen: dict[str, datetime] = {}
        """When each picture came that may be read again."""
        self._latest: datetime | None = None
        self._lock = threading.Lock()

    def load(self) -> None:
        """Read what is there; quick when it was done before.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        with self._context.database.read() as connection, self._lock:
            self._read(connection)

    def name(self, tx: Transaction, pdq: str, quality: int) -> str | None:
        """The name for a picture that this transaction keeps; None where its hash says too little.

        Until the transaction ends no other names a picture: it could not see this one.
        """
        if quality < LEAST_QUALITY:
            return None
        # SQLite has one writer at a time anyway
        if tx.connection.dialect.name == "postgresql":
            tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        with self._lock:
            self._read(tx.connection)
            alike = sorted(near.place for near in self._index.near(pdq))
            names = list(dict.fromkeys(self._names[place] for place in alike))
        for name in names:
            if tx.execute(sa.select(_P.id).where(_P.alike == name).limit(1)).first() is not None:
                return name
        return new_id("lik")

    def _read(self, connection: sa.Connection) -> None:
        """Take in the pictures that came since."""
        wanted = sa.select(_P.id, _P.pdq, _P.alike, _P.stored).where(_P.alike.is_not(None))
        if self._latest is not None:
            wanted = wanted.where(_P.stored >= self._latest - _OVERLAP)
        rows = connection.execute(wanted.order_by(_P.stored.desc()).limit(self._most)).all()
        news = [row for row in reversed(rows) if row.id not in self._seen]
        if not news:
            return
        self._index = self._index.extended([row.pdq for row in news], self._most)
        self._names = [*self._names, *(row.alike for row in news)][-self._most :]
        self._latest = latest = max(row.stored for row in (*news, *rows))
        known = self._seen | {row.id: row.stored for row in news}
        self._seen = {id: time for id, time in known.items() if time >= latest - _OVERLAP}

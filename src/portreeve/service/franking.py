"""Franked reports in the service: the networks' public keys, and what was reported before."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portreeve.franking import (
    Franked,
    FrankingError,
    InMemorySeen,
    PublicKey,
    Report,
    Verifier,
)
from portreeve.franking.wire import from_base64url, to_base64url
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.reports import AddFrankingKey, FrankingKey
from portreeve.service.actor import Actor
from portreeve.service.case_records import Row
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.store import Transaction
from portreeve.store.statements import insert_missing
from portreeve.store.tables.cases import franked_seen, franking_keys


def refused(error: FrankingError) -> ServiceError:
    """A refusal of the franking library as one of the service; it says why, and shows no value."""
    return ServiceError("franking", str(error), field=error.field, refusal=error.refusal.value)


class LastingSeen:
    """Remembers reported messages of a network in the database, for ever.

    It lives in the transaction that opens the case: a report that is not taken in the end has not
    used its message up. Of two reports of one message at the same time, in any processes, one is
    told that it is new; the other waits for the first to commit.
    """

    def __init__(self, tx: Transaction, network: str, report: str) -> None:
        self._tx = tx
        self._network = network
        self._report = report

    def add(self, message_id: str) -> bool:
        """Remember a message; whether it is new."""
        row = {
            "network": self._network,
            "message": message_id,
            "report": self._report,
            "time": self._tx.time,
        }
        insert_missing(self._tx, franked_seen, [row])
        c = franked_seen.c
        first = self._tx.execute(
            sa.select(c.report).where(c.network == self._network, c.message == message_id)
        ).scalar_one()
        return bool(first == self._report)


def verifier(tx: Transaction, network: str, report: str) -> Verifier:
    """Verifies one report under the keys of a network, inside the transaction that takes it."""
    keys = _public_keys(tx.connection, network)
    return Verifier(keys, LastingSeen(tx, network, report), now=lambda: tx.time)


def glance(context: Context, network: str, report: Report) -> Franked:
    """What a report proves, whether or not its message was reported before; nothing is kept.

    Raises:
        FrankingError: it is refused.
    """
    with context.database.read() as connection:
        keys = _public_keys(connection, network)
    return Verifier(keys, InMemorySeen(), now=context.now).verify(report)


class FrankingKeys:
    """The public keys under which franked reports are verified."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def add(self, actor: Actor, request: AddFrankingKey) -> FrankingKey:
        """Register a key; again with the same id and key to set the end of its use.

        Raises:
            ServiceError: ``franking`` when the key or its times cannot be right; ``conflict`` when
                the id has another key, or the key another id or network.
        """
        actor.need(Scope.admin)
        network = request.network or self._context.settings.network
        try:
            key = PublicKey(
                key_id=request.key_id,
                public_key=from_base64url(request.public_key, "keys.public_key"),
                valid_from=request.valid_from,
                valid_until=request.valid_until,
            )
            Verifier([key], InMemorySeen())
        except FrankingError as error:
            raise refused(error) from None
        with self._context.database.write() as tx:
            self._put(tx, actor, network, key)
            tx.audit(
                actor.name,
                "franking-key.add",
                f"{network}/{key.key_id}",
                valid_from=key.valid_from,
                valid_until=key.valid_until,
            )
            return _answer(_row(tx, network, key.key_id))

    def list(self, actor: Actor, network: str | None = None) -> Page[FrankingKey]:
        """The keys of a network, or of all."""
        actor.need(Scope.reports)
        wanted = sa.select(franking_keys).order_by(
            franking_keys.c.network, franking_keys.c.valid_from, franking_keys.c.key_id
        )
        if network is not None:
            wanted = wanted.where(franking_keys.c.network == network)
        with self._context.database.read() as connection:
            return Page(items=[_answer(row) for row in connection.execute(wanted)])

    def _put(self, tx: Transaction, actor: Actor, network: str, key: PublicKey) -> None:
        c = franking_keys.c
        known = tx.execute(
            sa.select(franking_keys).where(
                sa.or_(
                    sa.and_(c.network == network, c.key_id == key.key_id),
                    c.public_key == key.public_key,
                )
            )
        ).all()
        for row in known:
            if (row.network, row.key_id, row.public_key) != (network, key.key_id, key.public_key):
                raise ServiceError(
                    "conflict",
                    "`key_id` has another key, or `public_key` another id or network. Give every "
                    "key an id of its own, and never use an id or a key again.",
                    field="key_id",
                )
        times: dict[str, datetime | None] = {
            "valid_from": key.valid_from,
            "valid_until": key.valid_until,
        }
        if known:
            same = sa.and_(c.network == network, c.key_id == key.key_id)
            tx.execute(sa.update(franking_keys).where(same).values(**times))
        else:
            new = {
                "network": network, "key_id": key.key_id, "public_key": key.public_key,
                "added": tx.time, "added_by": actor.name, **times,
            }  # fmt: skip
            tx.execute(sa.insert(franking_keys), new)


def _row(tx: Transaction, network: str, key_id: str) -> Row:
    c = franking_keys.c
    return tx.execute(
        sa.select(franking_keys).where(c.network == network, c.key_id == key_id)
    ).one()


def _public_keys(connection: sa.Connection, network: str) -> list[PublicKey]:
    rows = connection.execute(sa.select(franking_keys).where(franking_keys.c.network == network))
    return [
        PublicKey(
            key_id=row.key_id,
            public_key=row.public_key,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )
        for row in rows
    ]


def _answer(row: Row) -> FrankingKey:
    return FrankingKey(
        network=row.network,
        key_id=row.key_id,
        public_key=to_base64url(row.public_key),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        added=row.added,
        added_by=row.added_by,
    )

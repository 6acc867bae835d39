"""Answers kept for a day, so that a request sent again with its idempotency key does nothing twice.

An answer is sealed with a key made of the API key's secret and the idempotency key, which the store
has neither of: it can be opened only by whoever sends the request again. So an answer that shows a
secret or what an item said is as safe here as if it were not kept.

Only success is kept. A refusal changed nothing, so the request may be tried again as if new. When
the service is killed between doing and keeping, the request is done again if it is sent again.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.worker import Worker
from portreeve.store.statements import insert_missing
from portreeve.store.tables.doors import kept_answers

KEPT = timedelta(hours=24)
"""How long an answer is kept."""

LEASE = timedelta(seconds=60)
"""How long a request may run before another one with the same key takes its place."""

_CLEAN_EVERY_SECONDS = 300.0
_NONCE = 12


@dataclass(frozen=True)
class Once:
    """One request with an idempotency key: its name in the store, its digest, its sealing key.

    ``holder`` tells this sending of the request from others.
    """

    id: str
    request: str
    key: bytes = field(repr=False)
    holder: str

    @classmethod
    def of(cls, secret: str, idempotency_key: str, request: bytes) -> Once:
        """``secret`` is the API key's; ``request`` is all that makes the request what it is."""
        root = hmac.digest(secret.encode(), idempotency_key.encode(), "sha256")
        return cls(
            id=hashlib.sha256(b"name " + root).hexdigest(),
            request=hmac.digest(root, b"request " + request, "sha256").hex(),
            key=hmac.digest(root, b"seal", "sha256"),
            holder=os.urandom(16).hex(),
        )


Begun = Literal["first", "running"] | tuple[int, bytes]


class KeptAnswers:
    """The answers kept, of all processes on one database."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._worker = Worker("kept-answers", self._clean, every=_CLEAN_EVERY_SECONDS)

    def begin(self, once: Once) -> Begun:
        """``first``: do it, then :meth:`keep` or :meth:`forget`; ``running``: another does it.

        Else the status and body that were answered.

        Raises:
            ServiceError: ``key-reused``, when another request had this key.
        """
        with self._context.database.write() as tx:
            tx.execute(
                sa.delete(kept_answers).where(
                    kept_answers.c.id == once.id, kept_answers.c.until <= tx.time
                )
            )
            mine = {
                "id": once.id, "request": once.request, "holder": once.holder, "status": None,
                "answer": None, "until": tx.time + LEASE,
            }  # fmt: skip
            insert_missing(tx, kept_answers, [mine])
            row = tx.execute(sa.select(kept_answers).where(kept_answers.c.id == once.id)).one()
        if row.holder == once.holder:
            return "first"
        if row.request != once.request:
            raise ServiceError(
                "key-reused",
                "`Idempotency-Key` came with another request before. Give each request its own.",
                field="Idempotency-Key",
            )
        if row.status is None:
            return "running"
        sealed = row.answer
        body = AESGCM(once.key).decrypt(sealed[:_NONCE], sealed[_NONCE:], once.id.encode())
        return row.status, body

    def keep(self, once: Once, status: int, body: bytes) -> None:
        """Keep an answer."""
        nonce = os.urandom(_NONCE)
        sealed = nonce + AESGCM(once.key).encrypt(nonce, body, once.id.encode())
        with self._context.database.write() as tx:
            tx.execute(
                sa.update(kept_answers)
                .where(_held(once))
                .values(status=status, answer=sealed, until=tx.time + KEPT)
            )

    def forget(self, once: Once) -> None:
        """The request was refused: it may be tried again."""
        with self._context.database.write() as tx:
            tx.execute(sa.delete(kept_answers).where(_held(once)))

    def start(self) -> None:
        """Forget what is older than a day, from time to time."""
        self._worker.start()

    def stop(self) -> None:
        """Stop forgetting."""
        self._worker.stop()

    def _clean(self) -> bool:
        with self._context.database.write() as tx:
            tx.execute(sa.delete(kept_answers).where(kept_answers.c.until <= tx.time))
        return False


def _held(once: Once) -> sa.ColumnElement[bool]:
    return sa.and_(kept_answers.c.id == once.id, kept_answers.c.holder == once.holder)

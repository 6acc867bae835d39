"""API keys: made, listed, revoked, and recognised with every request.

Every process keeps all keys that work in memory and reads them again every second. So a request
never waits for the database to be recognised, a revoked key stops to work everywhere within two
seconds, and while the database is away the keys that were known go on working. A key that is not
known may have been made a moment ago elsewhere: for it the keys are read at once.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.keys import ApiKey, MadeKey, NewKey
from portreeve.service.actor import OWN_NAMES, PORTREEVE, Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.worker import Worker
from portreeve.store import StoreUnavailableError, Transaction, new_id
from portreeve.store.tables.doors import api_keys

FIRST_KEY_FILE = "admin.key"
"""Where the first administrator key is written, in the data folder."""

_FIRST_KEY = "key_" + 26 * "0"
_REFRESH_SECONDS = 1.0
_STALE_SECONDS = 0.1
_NOTE_USE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Known:
    """A key that works, as a request needs it. ``rate`` is in requests a second."""

    id: str
    name: str
    scopes: frozenset[Scope]
    rate: float
    expires: datetime | None

    @cached_property
    def actor(self) -> Actor:
        """Who asks with it, when it acts for nobody else: its name in small letters."""
        return Actor(self.name.lower(), self.scopes)


class Keys:
    """The API keys of the service."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[str, Known] = {}
        self._used: set[str] = set()
        self._noted = context.now()
        self._refreshing = threading.Lock()
        self._read = 0.0
        self._worker = Worker("keys", self._tick, every=_REFRESH_SECONDS)

    def create(self, actor: Actor, new: NewKey) -> MadeKey:
        """Make a key; its secret is in the answer and nowhere else."""
        actor.need(Scope.admin)
        if new.name.lower() in OWN_NAMES:
            raise ServiceError(
                "invalid", f"{new.name!r} is the service's own name. Give another.", field="name"
            )
        if new.expires is not None and new.expires <= self._context.now():
            raise ServiceError(
                "invalid", "`expires` is in the past. Give a later time.", field="expires"
            )
        with self._context.database.write() as tx:
            made = self._insert(tx, actor, new, new_id("key"))
        self.refresh()
        return made

    def list(self, actor: Actor, paging: Paging) -> Page[ApiKey]:
        """All keys, the newest first, revoked ones too."""
        actor.need(Scope.admin)
        wanted = sa.select(api_keys).order_by(api_keys.c.id.desc()).limit(paging.limit + 1)
        if paging.cursor is not None:
            wanted = wanted.where(api_keys.c.id < paging.cursor)
        with self._context.database.read() as connection:
            rows = connection.execute(wanted).all()
        shown = [_api_key(row) for row in rows[: paging.limit]]
        return Page(items=shown, next=shown[-1].id if len(rows) > paging.limit else None)

    def get(self, actor: Actor, id: str) -> ApiKey:
        """One key."""
        actor.need(Scope.admin)
        with self._context.database.read() as connection:
            return _api_key(_row(connection, id))

    def revoke(self, actor: Actor, id: str) -> ApiKey:
        """Stop a key from working, for good; the last administrator's cannot be revoked."""
        actor.need(Scope.admin)
        with self._context.database.write() as tx:
            key = _api_key(_row(tx.connection, id))
            if key.revoked is None:
                self._need_another_administrator(tx, key)
                tx.execute(sa.update(api_keys).where(api_keys.c.id == id).values(revoked=tx.time))
                tx.audit(actor.name, "key.revoke", id, name=key.name)
                tx.announce("key.revoked", id, name=key.name)
            revoked = _api_key(_row(tx.connection, id))
        self.refresh()
        return revoked

    def first_key(self) -> Path | None:
        """Make the first administrator key, if the store has no key; the file that holds it.

        Of two processes that start on one empty database, one makes it.
        """
        path = self._context.folder / FIRST_KEY_FILE
        try:
            with self._context.database.write() as tx:
                if tx.execute(sa.select(api_keys.c.id).limit(1)).first() is not None:
                    return None
                new = NewKey(name="admin", scopes=[Scope.admin])
                made = self._insert(tx, PORTREEVE, new, _FIRST_KEY)
                _write_secret(path, made.secret)
        except sa.exc.IntegrityError:
            return None
        self.refresh()
        return path

    def known(self, secret: str) -> Known | None:
        """The key with this secret, if it works now."""
        key = self._known.get(digest(secret))
        if key is None or (key.expires is not None and key.expires <= self._context.now()):
            return None
        self._used.add(key.id)
        return key

    @property
    def stale(self) -> bool:
        """Whether it is worth to read the keys anew for one that is not known.

        Not so soon after the last time: whoever tries many secrets shall not keep the database
        busy.
        """
        return time.monotonic() - self._read > _STALE_SECONDS

    def refresh(self) -> None:
        """Read the keys that work.

        Raises:
            StoreUnavailableError: the database does not answer; what was known stays.
        """
        now = self._context.now()
        columns = api_keys.c
        wanted = sa.select(api_keys).where(
            columns.revoked.is_(None), sa.or_(columns.expires.is_(None), columns.expires > now)
        )
        self._read = time.monotonic()
        with self._refreshing, self._context.database.read() as connection:
            rows = connection.execute(wanted).all()
            self._known = {
                row.digest: Known(
                    id=row.id,
                    name=row.name,
                    scopes=frozenset(Scope(scope) for scope in row.scopes),
                    rate=row.rate or self._context.settings.rate_limit,
                    expires=row.expires,
                )
                for row in rows
            }

    def start(self) -> None:
        """Read the keys, and go on reading them every second."""
        self.refresh()
        self._worker.start()

    def stop(self) -> None:
        """Stop reading; note which keys were used."""
        self._worker.stop()
        try:
            self._note_use()
        except StoreUnavailableError:
            return

    def _tick(self) -> bool:
        self.refresh()
        if self._context.now() - self._noted >= _NOTE_USE_EVERY:
            self._note_use()
        return False

    def _note_use(self) -> None:
        used, self._used = self._used, set()
        self._noted = self._context.now()
        if used:
            with self._context.database.write() as tx:
                tx.execute(
                    sa.update(api_keys)
                    .where(api_keys.c.id.in_(sorted(used)))
                    .values(last_used=tx.time)
                )

    def _insert(self, tx: Transaction, actor: Actor, new: NewKey, id: str) -> MadeKey:
        secret = f"ptr_{id.removeprefix('key_')}_{secrets.token_urlsafe(32)}"
        scopes = sorted(set(new.scopes), key=list(Scope).index)
        row: dict[str, Any] = {
            "id": id, "name": new.name, "scopes": scopes, "rate": new.rate, "created": tx.time,
            "created_by": actor.name, "expires": new.expires, "revoked": None, "last_used": None,
        }  # fmt: skip
        tx.execute(sa.insert(api_keys), {**row, "digest": digest(secret)})
        facts: dict[str, Any] = {"name": new.name, "scopes": scopes, "expires": new.expires}
        tx.audit(actor.name, "key.create", id, **facts)
        tx.announce("key.created", id, **facts)
        return MadeKey(**row, secret=secret)

    def _need_another_administrator(self, tx: Transaction, key: ApiKey) -> None:
        if Scope.admin not in key.scopes:
            return
        others = tx.execute(
            sa.select(api_keys.c.scopes).where(
                api_keys.c.id != key.id,
                api_keys.c.revoked.is_(None),
                sa.or_(api_keys.c.expires.is_(None), api_keys.c.expires > tx.time),
            )
        ).scalars()
        if not any(Scope.admin in scopes for scopes in others):
            raise ServiceError(
                "conflict",
                "This is the last key with the scope `admin`. Make another one first.",
            )


def digest(secret: str) -> str:
    """What is kept of a secret: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _row(connection: sa.Connection, id: str) -> Any:
    row = connection.execute(sa.select(api_keys).where(api_keys.c.id == id)).one_or_none()
    if row is None:
        raise not_found("key", id)
    return row


def _api_key(row: Any) -> ApiKey:
    return ApiKey(
        **{name: getattr(row, name) for name in ApiKey.__struct_fields__ if name != "scopes"},
        scopes=[Scope(scope) for scope in row.scopes],
    )


def _write_secret(path: Path, secret: str) -> None:
    """Write a file that only the service's own user can read, in place of one that is there."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secret + "\n")

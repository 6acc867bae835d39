"""One database, embedded or a server, behind the same three words: open, read, write."""

from __future__ import annotations

import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from weakref import WeakSet

import sqlalchemy as sa

from portreeve.schemas.events import EVENTS
from portreeve.store import audit, beginning
from portreeve.store.ids import new_id
from portreeve.store.statements import insert_missing
from portreeve.store.tables import core

Clock = Callable[[], datetime]


class StoreUnavailableError(Exception):
    """The database cannot be reached, or did not answer in time. Nothing was written."""


class StoreConflictError(StoreUnavailableError):
    """Another transaction was in the way. Nothing was written; at once again it may go well."""


class StoreLimitError(Exception):
    """A value is longer than the database takes. Nothing was written, nor will it be."""


_NOTICED = {
    "connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}  # fmt: skip
"""How long until a connection whose other end has vanished counts as broken, for libpq."""

_TOO_LONG = "54000"
"""What PostgreSQL says of a value that is longer than an index takes."""

_CONFLICTS = frozenset({"40001", "40P01"})
"""What PostgreSQL says of a transaction that it gave up for another one."""


_PATIENCE_SECONDS = 10.0
"""How long a writer of SQLite waits for others."""

_LOOK_SECONDS = 0.0005
"""How long it waits until it looks again whether one is done."""


def utc_now() -> datetime:
    """The time now, with offset."""
    return datetime.now(UTC)


class Transaction:
    """Everything done in one ``Database.write()``: it happens wholly or not at all."""

    def __init__(self, connection: sa.Connection, time: datetime) -> None:
        self.connection = connection
        self.time = time
        """When the transaction began; the time of all that it writes."""
        self._entries: list[audit.Entry] = []
        self._events: list[dict[str, Any]] = []
        self._once: list[dict[str, Any]] = []
        self._after: list[Callable[[], None]] = []

    def execute(self, statement: sa.Executable, rows: Any = None) -> sa.CursorResult[Any]:
        """Run a statement; ``rows`` are its parameters, many at once if it is a list."""
        result: sa.CursorResult[Any] = self.connection.execute(statement, rows)
        return result

    def audit(self, actor: str, action: str, subject: str, **detail: Any) -> None:
        """Note who did what, in the hash chain, when the transaction commits.

        Where a key acts in a person's name, the entry names the key too, as ``through``.
        """
        key = audit.through.get()
        if key is not None:
            detail["through"] = key
        self._entries.append(audit.Entry(actor, action, subject, detail))

    def announce(self, type: str, subject: str, **data: Any) -> None:
        """Tell webhooks and live pages what happened, when the transaction commits.

        ``type`` is one of :data:`portreeve.schemas.events.EVENTS`; ``data`` holds facts, never
        content.
        """
        self._events.append(self._event(new_id("evt"), type, subject, data))

    def announce_once(self, id: str, type: str, subject: str, **data: Any) -> None:
        """As :meth:`announce`, unless an event of this id was announced before."""
        self._once.append(self._event(id, type, subject, data))

    def then(self, action: Callable[[], None]) -> None:
        """Do this once the transaction is committed; never, when it is rolled back."""
        self._after.append(action)

    def finish(self) -> None:
        """Write what was noted for the audit log, and the events.

        The lock on the end of the audit log is held from here only. Events are numbered under it,
        so in the order of the commits: whoever reads them by number misses none.
        """
        if self._entries:
            audit.append(self.connection, self._entries, self.time)
        elif self._events or self._once:
            audit.lock(self.connection)
        if self._events:
            self.execute(sa.insert(core.events), self._events)
        insert_missing(self, core.events, self._once, "id")

    def _event(self, id: str, type: str, subject: str, data: dict[str, Any]) -> dict[str, Any]:
        if type not in EVENTS:
            raise KeyError(f"{type} is not in portreeve.schemas.events")
        return {"id": id, "type": type, "subject": subject, "data": data, "time": self.time}

    def committed(self) -> None:
        """Do what was to be done after the commit."""
        for action in self._after:
            action()


class Database:
    """A SQLite file (WAL, one writer at a time) or a PostgreSQL server.

    >>> database = Database("sqlite://")
    >>> database.create()
    >>> with database.write() as tx:
    ...     tx.audit("ann", "key.create", "key_1", scopes=["screen"])
    >>> with database.read() as connection:
    ...     connection.execute(sa.select(core.audit.c.action)).scalar()
    'key.create'
    """

    def __init__(self, url: str, *, clock: Clock = utc_now, pool_size: int = 8) -> None:
        self.url = sa.make_url(url)
        self.clock = clock
        self._writing = threading.RLock()
        self._made: WeakSet[Any] = WeakSet()
        self._is_abandoned = False
        if self.url.drivername in ("postgres", "postgresql"):
            self.url = self.url.set(drivername="postgresql+psycopg")
        if self.dialect == "sqlite":
            self.engine = _sqlite(self.url)
        else:
            self.engine = sa.create_engine(
                self.url,
                pool_size=pool_size,
                pool_pre_ping=True,
                pool_timeout=5,
                connect_args=_NOTICED,
                hide_parameters=True,
            )
            sa.event.listen(self.engine, "do_connect", lambda *_: self._need_hope())
            sa.event.listen(self.engine, "connect", lambda made, _: self._made.add(made))

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        """Which kind of database it is."""
        return "sqlite" if self.url.get_backend_name() == "sqlite" else "postgresql"

    def create(self) -> None:
        """Make every table at once, in an empty database; a service migrates instead."""
        from portreeve.store.tables import metadata

        metadata.create_all(self.engine)
        with self._connected() as connection, connection.begin():
            if connection.execute(sa.select(core.audit_head.c.id)).first() is None:
                beginning.install(connection)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def abandon(self) -> None:
        """Break every connection to a server and open none any more: who waits is told at once.

        For the end of a process that has waited long enough for a server that does not answer.
        """
        self._is_abandoned = True
        for made in list(self._made):
            _break(made)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection to read with.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        with self._connected() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """A connection that reads one moment, however many statements it takes.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        with self._connected() as connection:
            if self.dialect == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin() as reading:
                if self.dialect == "sqlite":
                    connection.exec_driver_sql("BEGIN")
                yield connection
                reading.rollback()

    @contextmanager
    def write(self, *, wipe: bool = False) -> Iterator[Transaction]:
        """A transaction: committed at the end, rolled back when anything is raised.

        In SQLite writers of one process wait for each other here, which is fairer and quicker than
        its own lock. ``wipe``: it overwrites all that it deletes, which takes longer; without it
        whole pages that become free stay as they were until they are used again.

        Raises:
            StoreUnavailableError: the database does not answer, or does not commit.
        """
        if self.dialect == "sqlite":
            with self._writing, self._transaction(wipe=wipe) as tx:
                yield tx
        else:
            with self._transaction() as tx:
                yield tx

    def scrub(self, table: sa.Table) -> None:
        """Overwrite what deleted and changed rows of a table left behind on the disk.

        In SQLite the pages were overwritten by the transaction, see :meth:`write`; here the copies
        in the write-ahead log go, as soon as nobody reads them any more. Archives and backups are
        not reached.
        """
        with self._connected() as connection:
            if self.dialect == "sqlite":
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql(f"VACUUM {table.name}")

    @contextmanager
    def _transaction(self, *, wipe: bool = False) -> Iterator[Transaction]:
        with self._connected() as connection, connection.begin():
            if self.dialect == "sqlite":
                # set for each one: connections are used again
                connection.exec_driver_sql(f"PRAGMA secure_delete = {'ON' if wipe else 'FAST'}")
                _begin(connection)
            tx = Transaction(connection, self.clock())
            yield tx
            tx.finish()
        tx.committed()

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        self._need_hope()
        try:
            with self.engine.connect() as connection:
                yield connection
        except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
            reason = (
                str(error.orig or error) if isinstance(error, sa.exc.DBAPIError) else str(error)
            )
            state = getattr(getattr(error, "orig", None), "sqlstate", None)
            if state == _TOO_LONG:
                raise StoreLimitError(reason.strip().splitlines()[0]) from error
            kind = StoreConflictError if state in _CONFLICTS else StoreUnavailableError
            raise kind(reason.strip().splitlines()[0]) from error

    def _need_hope(self) -> None:
        if self._is_abandoned:
            raise StoreUnavailableError("it was given up")


def _begin(connection: sa.Connection) -> None:
    """Begin to write in SQLite as soon as no other process does.

    SQLite itself looks again after ever longer pauses, up to a tenth of a second.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        while not _has_begun(connection, hopeful=time.monotonic() < until):
            time.sleep(_LOOK_SECONDS)
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {1000 * _PATIENCE_SECONDS:.0f}")


def _has_begun(connection: sa.Connection, *, hopeful: bool) -> bool:
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except sa.exc.OperationalError as error:
        # the low byte is the kind; above it, why: another recovers what a fault left, for example
        kind = (getattr(error.orig, "sqlite_errorcode", None) or 0) & 0xFF
        if hopeful and kind == sqlite3.SQLITE_BUSY:
            return False
        raise
    return True


def _break(connection: Any) -> None:
    """Shut a psycopg connection's socket, while another thread waits for it."""
    try:
        with socket.socket(fileno=os.dup(connection.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)
    except (OSError, sa.exc.DBAPIError):
        return


def _sqlite(url: sa.URL) -> sa.Engine:
    memory = url.database in (None, "", ":memory:")
    if not memory:
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        url,
        poolclass=sa.pool.StaticPool if memory else sa.pool.QueuePool,
        connect_args={
            "check_same_thread": False,
            "timeout": _PATIENCE_SECONDS,
            "isolation_level": None,
        },
        hide_parameters=True,
    )

    @sa.event.listens_for(engine, "do_connect")
    def _make(*_: Any) -> None:
        if not memory and not Path(str(url.database)).exists():
            # for its owner only; SQLite gives the files beside it the same mode
            os.close(os.open(str(url.database), os.O_RDWR | os.O_CREAT, 0o600))

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "wal_autocheckpoint = 4000",
            "cache_size = -8000",
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine

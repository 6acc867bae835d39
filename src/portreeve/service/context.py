"""What every part of the service needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from portreeve.service import secrets
from portreeve.service.errors import ServiceError
from portreeve.service.settings import Settings
from portreeve.store import Database
from portreeve.store.database import Clock, utc_now
from portreeve.store.migrations import MigrationError, migrate
from portreeve.store.vault import SealError, Vault

DATABASE_FILE = "portreeve.sqlite"
"""The embedded database, in the data folder."""


@dataclass(frozen=True)
class Context:
    """The settings, the database, the folder, the keys, and through the database the clock."""

    settings: Settings
    database: Database
    folder: Path
    vault: Vault
    """Seals and opens what accounts wrote."""
    signer: secrets.Signer
    """Signs in the service's name."""

    def now(self) -> datetime:
        """The time; a test may set another clock in the database."""
        return self.database.clock()


def open_context(settings: Settings, *, clock: Clock = utc_now) -> Context:
    """Open the store: make the folder and the keys on the first start, bring tables up to date.

    ``clock`` is what the service goes by; only tools that make a past of a store set another.

    Raises:
        ServiceError: ``invalid``, when a key cannot be used or is not this database's, or the
            database is of a newer version of Portreeve.
        StoreUnavailableError: the database does not answer.
    """
    folder = Path(settings.data)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    vault = Vault(secrets.master_key(settings, folder))
    signer = secrets.signer(settings, folder)
    database = open_database(settings, clock=clock)
    try:
        migrate(database)
        with database.write() as tx:
            vault.check(tx)
    except MigrationError as error:
        raise ServiceError("invalid", str(error)) from None
    except SealError as error:
        raise ServiceError("invalid", f"The master key cannot be used: {error}") from None
    return Context(settings=settings, database=database, folder=folder, vault=vault, signer=signer)


def open_database(settings: Settings, *, clock: Clock = utc_now) -> Database:
    """The database that the settings name; nothing is read yet."""
    embedded = f"sqlite:///{Path(settings.data) / DATABASE_FILE}"
    return Database(settings.database or embedded, clock=clock)


def missing_file(settings: Settings) -> Path | None:
    """The file of the embedded database, when the settings mean one that is not there."""
    path = Path(settings.data) / DATABASE_FILE
    return path if settings.database is None and not path.exists() else None

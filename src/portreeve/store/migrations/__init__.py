"""Bringing a database up to date, whatever version of Portreeve made it.

``python -m portreeve.store.migrations MESSAGE`` writes a new revision when tables have changed.
Revisions go forward only: the way back is the backup made before.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from portreeve.store.database import Database
from portreeve.store.tables import metadata

_LOCK = 0x706F7274
"""Names the lock of PostgreSQL that lets one process at a time migrate."""


class MigrationError(Exception):
    """The database cannot be brought up to date. The message says why and what to do."""


def migrate(database: Database) -> None:
    """Make every table of an empty database, or change those of an older one; all or nothing.

    Processes that start together wait for each other here.

    Raises:
        MigrationError: the database is of a newer version of Portreeve.
        StoreUnavailableError: it does not answer.
    """
    with database.write() as tx:
        if database.dialect == "postgresql":
            tx.connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        if revision(tx.connection) == head():
            return
        configuration = config()
        configuration.attributes["connection"] = tx.connection
        try:
            command.upgrade(configuration, "head")
        except CommandError:
            raise MigrationError(
                f"The database is at revision {revision(tx.connection)!r}, which this version of "
                "Portreeve does not know. Run the newer version that made it, or restore a backup."
            ) from None


def revision(connection: sa.Connection) -> str | None:
    """The revision a database is at; None when it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The revision that this version of Portreeve needs."""
    return ScriptDirectory.from_config(config()).get_current_head()


def differences(connection: sa.Connection) -> list[str]:
    """How a database differs from what the code says: one line each, naming the table."""
    context = MigrationContext.configure(connection, opts=COMPARED)
    return [_told(difference) for difference in _flat(compare_metadata(context, metadata))]


def config() -> Config:
    """How Alembic finds the revisions; they lie in this package."""
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent))
    configuration.set_main_option("path_separator", "os")
    configuration.set_main_option("file_template", "r%%(rev)s_%%(slug)s")
    return configuration


def write_revision(message: str) -> None:
    """Write a revision that leads from the last one to the tables as the code has them now."""
    scratch = Database("sqlite://")
    migrate(scratch)
    with scratch.write() as tx:
        configuration = config()
        configuration.attributes["connection"] = tx.connection
        number = f"{len(list(ScriptDirectory.from_config(configuration).walk_revisions())) + 1:04}"
        command.revision(configuration, message, autogenerate=True, rev_id=number)


def _flat(found: list[Any]) -> list[tuple[Any, ...]]:
    """Alembic gives changes of one column as a list of their own."""
    return [part for item in found for part in (item if isinstance(item, list) else [item])]


def _told(difference: tuple[Any, ...]) -> str:
    kind, *parts = difference
    if isinstance(parts[0], sa.Table):
        return f"{parts[0].name}: {kind}"
    if isinstance(parts[0], sa.Index | sa.Constraint):
        table = parts[0].table
        return f"{table.name if table is not None else '?'}: {kind} {parts[0].name}"
    _schema, table, what = parts[:3]
    return f"{table}: {kind} {what.name if isinstance(what, sa.Column) else what}"


COMPARED: dict[str, Any] = {"compare_type": True, "compare_server_default": False}
"""What of a column counts when a database is compared with the code."""

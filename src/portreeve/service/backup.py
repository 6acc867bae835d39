"""Backup while the service runs, and restore into an empty place.

A backup is a folder: the database as of one moment, the files of the decision log that it lists,
on demand the keys, and ``manifest.json``, which names every file with its SHA-256.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from portreeve.service.context import DATABASE_FILE, missing_file, open_database
from portreeve.service.errors import ServiceError
from portreeve.service.remembering import FOLDER as MEMORY
from portreeve.service.secrets import KEY_FOLDER, MASTER_KEY, SIGNING_KEY
from portreeve.service.settings import Settings
from portreeve.store import Database, StoreUnavailableError
from portreeve.store.chain import Chain, verify_database
from portreeve.store.log.export import FOLDER as LOG
from portreeve.store.migrations import revision
from portreeve.store.tables.log import log_files

MANIFEST = "manifest.json"
DUMP = "portreeve.dump"
_FORMAT = 1
_BLOCK = 1024 * 1024


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds."""

    format: Annotated[int, Meta(description="version of this layout")]
    portreeve: Annotated[str, Meta(description="version that made it")]
    made: Annotated[datetime, Meta(description="when")]
    database: Annotated[str, Meta(description="sqlite or postgresql")]
    revision: Annotated[str | None, Meta(description="revision of the database's tables")]
    entries: Annotated[int, Meta(description="entries of the audit log")]
    head: Annotated[str, Meta(description="hash of the last of them")]
    keys: Annotated[bool, Meta(description="the keys are in it")]
    files: Annotated[dict[str, str], Meta(description="path -> SHA-256 of every file")]


def backup(settings: Settings, target: Path, *, with_keys: bool = False) -> Manifest:
    """Back a store up into a new folder, whether the service runs or not.

    Without the keys, whoever has the backup cannot read what people wrote; nor can anybody else,
    so keep them apart from it.

    Raises:
        ServiceError: ``conflict``, when the folder is there; ``invalid``, when the store has not
            what is needed.
        StoreUnavailableError: the database does not answer.
    """
    if target.exists() and any(target.iterdir()):
        _refuse("conflict", f"{target} is not empty. Name a folder that is not there yet.")
    source = Path(settings.data)
    keys = _keys(settings, source) if with_keys else []
    with _database(settings) as database:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        if database.dialect == "sqlite":
            listed, found, at = _copy_sqlite(database, target)
            _copy_log(source / LOG, target / LOG, listed)
        else:
            with database.snapshot() as connection:
                listed, found, at = _state(connection)
                _copy_log(source / LOG, target / LOG, listed)
                snapshot = str(connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar())
                _dump(database, target / DUMP, snapshot)
        made = database.clock()
    for path in keys:
        _copy(path, target / KEY_FOLDER / path.name)
    _copy_memory(source / MEMORY, target / MEMORY)
    manifest = Manifest(
        format=_FORMAT,
        portreeve=version("portreeve"),
        made=made,
        database=database.dialect,
        revision=at,
        entries=found.entries,
        head=found.head,
        keys=bool(keys),
        files={path: _sha256(target / path) for path in _files(target)},
    )
    (target / MANIFEST).touch(0o600)
    (target / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    return manifest


def restore(settings: Settings, source: Path) -> Manifest:
    """Put a backup where the settings point to; nothing that is there is overwritten.

    Raises:
        ServiceError: ``invalid``, when the backup is damaged; ``conflict``, when there is a store.
        StoreUnavailableError: the database does not answer.
    """
    manifest = _checked(source)
    target = Path(settings.data)
    kind = "sqlite" if settings.database is None else "postgresql"
    if manifest.database != kind:
        _refuse(
            "invalid",
            f"The backup is of a {manifest.database} database, and the settings "
            f"name a {kind} one. Set PORTREEVE_DATABASE, or leave it out, accordingly.",
        )
    for name in (DATABASE_FILE, LOG):
        if (target / name).exists():
            _refuse("conflict", f"{target / name} is there already. Name an empty folder.")
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    (target / LOG).mkdir(mode=0o700)
    for path in manifest.files:
        if path.startswith((f"{LOG}/", f"{MEMORY}/")):
            _copy(source / path, target / path)
    keys = [source / path for path in manifest.files if path.startswith(f"{KEY_FOLDER}/")]
    _restore_keys(keys, target / KEY_FOLDER)
    if manifest.database == "sqlite":
        draft = target / f".{DATABASE_FILE}.draft"
        _copy(source / DATABASE_FILE, draft)
        draft.rename(target / DATABASE_FILE)
    else:
        with _database(settings) as database:
            _load(database, source / DUMP)
    return manifest


def _copy_sqlite(database: Database, target: Path) -> tuple[list[str], Chain, str | None]:
    """Copy the database as of one moment; what it says of the log, its audit log, its revision."""
    copy = target / DATABASE_FILE
    copy.touch(0o600)
    with (
        closing(sqlite3.connect(str(database.url.database))) as source,
        closing(sqlite3.connect(copy)) as draft,
    ):
        source.backup(draft, pages=-1)
        draft.execute("PRAGMA journal_mode = DELETE")
    copied = Database(f"sqlite:///{copy}")
    try:
        with copied.snapshot() as connection:
            state = _state(connection)
    finally:
        copied.close()
    with closing(sqlite3.connect(copy)) as done:
        done.execute("PRAGMA journal_mode = DELETE")
    return state


def _copy_memory(source: Path, target: Path) -> None:
    """What is remembered, as of now: it may know some items more than the database's copy, which
    it does not count again when they come again."""
    for journal in sorted(source.glob("*.db")):
        target.mkdir(mode=0o700, exist_ok=True)
        copy = target / journal.name
        copy.touch(0o600)
        with closing(sqlite3.connect(journal)) as from_, closing(sqlite3.connect(copy)) as to:
            from_.backup(to)


def _state(connection: sa.Connection) -> tuple[list[str], Chain, str | None]:
    listed = sa.select(log_files.c.path).where(log_files.c.replaced.is_(None))
    try:
        paths = list(connection.execute(listed).scalars())
        found = verify_database(connection)
    except sa.exc.DBAPIError:
        _refuse(
            "invalid",
            "The database has no store of Portreeve. Name its data folder, or set "
            "PORTREEVE_DATABASE.",
        )
    if not found.intact:
        _refuse(
            "invalid",
            f"The audit log is broken at entry {found.broken}: {found.what}. "
            "`portreeve audit verify` shows it. Restore an earlier backup.",
        )
    return paths, found, revision(connection)


def _copy_log(source: Path, target: Path, listed: list[str]) -> None:
    target.mkdir(mode=0o700)
    for path in listed:
        if not (source / path).exists():
            _refuse(
                "invalid",
                f"{source / path} is missing, though the database lists it. Name "
                "the data folder that the service uses.",
            )
        _copy(source / path, target / path)


def _keys(settings: Settings, source: Path) -> list[Path]:
    given = {MASTER_KEY: settings.master_key, SIGNING_KEY: settings.signing_key}
    paths = [source / KEY_FOLDER / name for name, value in given.items() if value is None]
    for path in paths:
        if not path.exists():
            _refuse("invalid", f"{path} is missing. Name the data folder that the service uses.")
    return paths


def _restore_keys(keys: list[Path], target: Path) -> None:
    for path in keys:
        there = target / path.name
        if there.exists() and there.read_bytes() != path.read_bytes():
            _refuse(
                "conflict", f"{there} is there already and is another key. Name an empty folder."
            )
        _copy(path, there)


def _checked(source: Path) -> Manifest:
    """The manifest, once every file is known to be as it was written."""
    try:
        manifest = msgspec.json.decode((source / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        _refuse("invalid", f"{source} is no backup: it has no {MANIFEST}.")
    except msgspec.DecodeError as error:
        _refuse("invalid", f"{source / MANIFEST} is damaged: {error}.")
    if manifest.format != _FORMAT:
        _refuse("invalid", f"{source} is of a newer version of Portreeve. Restore it with that.")
    for path, wanted in manifest.files.items():
        file = source / path
        if file.resolve() != source.resolve() / path:
            _refuse("invalid", f"{source / MANIFEST} names {path}, which lies outside of it.")
        if not file.exists() or _sha256(file) != wanted:
            _refuse("invalid", f"{file} is missing or was changed. Take another backup.")
    return manifest


def _dump(database: Database, file: Path, snapshot: str) -> None:
    file.touch(0o600)
    arguments = ["--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={file}"]
    _run("pg_dump", database, arguments)


def _load(database: Database, file: Path) -> None:
    with database.read() as connection:
        if sa.inspect(connection).get_table_names():
            _refuse("conflict", "The database is not empty. Make a new one, such as with createdb.")
    _run(
        "pg_restore", database, ["--no-owner", "--exit-on-error", "--single-transaction", str(file)]
    )


def _run(program: str, database: Database, arguments: list[str]) -> None:
    """Run a program of PostgreSQL; the password goes by the environment, never by the arguments."""
    path = shutil.which(program) or _newest(program)
    if path is None:
        _refuse(
            "invalid",
            f"{program} is missing: a PostgreSQL database is backed up with it. "
            "Install PostgreSQL's client programs (Debian: postgresql-client), or use your "
            "provider's backup.",
        )
    address, secret = connection_of(database.url)
    done = subprocess.run(
        [path, f"--dbname={address}", *arguments],
        env={**os.environ, **secret},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["it says nothing"]
        _refuse("invalid", f"{program} failed: {lines[-1]}")


def connection_of(url: sa.URL) -> tuple[str, dict[str, str]]:
    """An address for PostgreSQL's programs, without password, and the environment that has it."""
    password = url.password or url.query.get("password")
    shown = sa.URL.create(
        "postgresql",
        url.username,
        None,
        url.host,
        url.port,
        url.database,
        url.difference_update_query(["password"]).query,
    )
    secret = {} if password is None else {"PGPASSWORD": str(password)}
    return shown.render_as_string(hide_password=False), secret


def _newest(program: str) -> str | None:
    """Where Debian keeps the programs of each version."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return str(found[-1]) if found else None


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    missing = missing_file(settings)
    if missing is not None:
        raise StoreUnavailableError(
            f"there is no {missing}. Name the data folder that the service uses."
        )
    database = open_database(settings)
    try:
        yield database
    finally:
        database.close()


def _files(folder: Path) -> list[str]:
    paths = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in paths if path != MANIFEST)


def _copy(source: Path, target: Path) -> None:
    """A file only for whoever copies it, on the disk for good when this returns."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.touch(0o600)
    shutil.copyfile(source, target)
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _refuse(code: str, detail: str) -> NoReturn:
    raise ServiceError(code, detail)

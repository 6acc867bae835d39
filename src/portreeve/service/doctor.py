"""What may be wrong with a store, checked without changing anything, each with what to do."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from portreeve.pictures import reader, text_reader
from portreeve.policy import PolicyError, load
from portreeve.policy.files import shipped_names
from portreeve.service.context import missing_file, open_database
from portreeve.service.doctor_findings import Finding, finding
from portreeve.service.errors import ServiceError
from portreeve.service.secrets import KEY_FOLDER, MASTER_KEY, SIGNING_KEY, decoded
from portreeve.service.settings import Settings
from portreeve.store import Database, StoreUnavailableError
from portreeve.store.audit import GENESIS
from portreeve.store.columns import micros
from portreeve.store.log.export import FOLDER as LOG
from portreeve.store.migrations import differences, head, revision
from portreeve.store.tables.core import audit, audit_head, person_keys
from portreeve.store.tables.log import log_files
from portreeve.store.vault import SealError, Vault

_FEW_BYTES, _NO_BYTES = 2_000_000_000, 200_000_000
_SKEW = timedelta(seconds=5)


def examine(settings: Settings) -> list[Finding]:
    """Check everything that can be checked, in order; nothing is made or changed."""
    folder = Path(settings.data)
    findings = [
        _folder(folder),
        _space(folder),
        _key(settings.master_key, folder / KEY_FOLDER / MASTER_KEY, "master key"),
        _key(settings.signing_key, folder / KEY_FOLDER / SIGNING_KEY, "signing key"),
    ]
    findings += _of_database(settings, folder)
    findings += [_policies(settings), _clock(), _kernels(), _pictures(settings)]
    return findings


def _folder(folder: Path) -> Finding:
    check = "data folder"
    if not folder.exists():
        return finding(check, "folder-missing", folder=folder)
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return finding(check, "folder-closed", folder=folder)
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return finding(check, "folder-open", folder=folder)
    return finding(check, "folder-ok", folder=folder)


def _space(folder: Path) -> Finding:
    nearest = next(
        path for path in (folder.absolute(), *folder.absolute().parents) if path.exists()
    )
    free = shutil.disk_usage(nearest).free
    shown = f"{free / 1e9:.1f}"
    if free < _NO_BYTES:
        return finding("disk space", "space-none", free=shown)
    if free < _FEW_BYTES:
        return finding("disk space", "space-low", free=shown)
    return finding("disk space", "space-ok", free=shown)


def _key(given: str | None, path: Path, check: str) -> Finding:
    if given is not None:
        usable = _usable(given)
        return finding(check, "key-given") if usable else finding(check, "key-given-unusable")
    try:
        if not path.exists():
            return finding(check, "key-missing", path=path)
        usable = _usable(path.read_text("ascii", "replace"))
    except PermissionError:
        return finding(check, "key-closed", path=path)
    if not usable:
        return finding(check, "key-unusable", path=path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return finding(check, "key-open", path=path)
    return finding(check, "key-ok", path=path)


def _usable(key: str) -> bool:
    try:
        decoded(key, "it")
    except ServiceError:
        return False
    return True


def _of_database(settings: Settings, folder: Path) -> Iterator[Finding]:
    """The checks that need the database; the first that fails ends them."""
    missing = missing_file(settings)
    if missing is not None:
        yield finding("database", "database-missing", file=missing)
        return
    database = open_database(settings)
    try:
        with database.snapshot() as connection:
            yield _named(database, connection)
            migrated = _migrated(connection)
            yield migrated
            if migrated.state == "ok":
                yield _head(connection)
                yield _fitting(settings, folder, connection)
                yield _log(connection, folder / LOG)
                yield _database_clock(connection)
    except StoreUnavailableError as error:
        yield finding("database", "database-away", error=error)
    finally:
        database.close()


def _named(database: Database, connection: sa.Connection) -> Finding:
    if database.dialect == "sqlite":
        name, wanted = "SQLite", "SELECT sqlite_version()"
    else:
        name, wanted = "PostgreSQL", "SHOW server_version"
    version = connection.exec_driver_sql(wanted).scalar()
    return finding("database", "database-ok", name=name, version=version)


def _migrated(connection: sa.Connection) -> Finding:
    at, wanted = revision(connection), head()
    if at is None:
        return finding("tables", "tables-none")
    if at != wanted:
        return finding("tables", "tables-old", at=at, wanted=wanted)
    different = differences(connection)
    if different:
        return finding("tables", "tables-changed", differences="; ".join(different))
    return finding("tables", "tables-ok", at=at)


def _head(connection: sa.Connection) -> Finding:
    told = connection.execute(sa.select(audit_head.c.seq, audit_head.c.hash)).first()
    last = connection.execute(
        sa.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    ).first()
    if told is None or tuple(told) != (tuple(last) if last else (0, GENESIS)):
        return finding("audit log", "audit-broken")
    return finding("audit log", "audit-ok", entries=told.seq, hash=told.hash[:16])


def _fitting(settings: Settings, folder: Path, connection: sa.Connection) -> Finding:
    check = "master key and database"
    sealed = sa.select(person_keys.c.account).where(person_keys.c.wrapped.is_not(None)).limit(1)
    path = folder / KEY_FOLDER / MASTER_KEY
    if connection.execute(sealed).first() is None:
        return finding(check, "sealed-nothing")
    try:
        text = settings.master_key or path.read_text("ascii", "replace")
        Vault(decoded(text, str(path))).fits(connection)
    except (OSError, ServiceError):
        return finding(check, "sealed-no-key")
    except SealError:
        return finding(check, "sealed-other-key")
    return finding(check, "sealed-ok")


def _log(connection: sa.Connection, folder: Path) -> Finding:
    listed = list(
        connection.execute(
            sa.select(log_files.c.path).where(log_files.c.replaced.is_(None))
        ).scalars()
    )
    missing = [path for path in listed if not (folder / path).exists()]
    if missing:
        return finding(
            "decision log", "log-missing", missing=len(missing), files=len(listed),
            first=folder / missing[0],
        )  # fmt: skip
    return finding("decision log", "log-ok", files=len(listed))


def _database_clock(connection: sa.Connection) -> Finding:
    check = "clock of the database"
    if connection.dialect.name == "postgresql":
        shown = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"
        theirs = int(connection.exec_driver_sql(shown).scalar() or 0)
        apart = timedelta(microseconds=abs(theirs - micros(datetime.now(UTC))))
        if apart > _SKEW:
            return finding(check, "clocks-apart", seconds=round(apart.total_seconds()))
    newest = connection.execute(sa.select(sa.func.max(audit.c.time))).scalar()
    if newest is not None and newest > datetime.now(UTC) + _SKEW:
        return finding(check, "clocks-future")
    return finding(check, "clocks-ok")


def _policies(settings: Settings) -> Finding:
    check = "policies"
    names = [name for name in shipped_names() if "/" not in name]
    for name in names:
        try:
            load(name)
        except PolicyError as error:
            first = error.problems[0]
            return finding(
                check, "policy-broken", name=name, code=first.code, message=first.message
            )
    if settings.network not in names:
        return finding(check, "policy-unknown", network=settings.network)
    return finding(check, "policies-ok", names=", ".join(names))


def _clock() -> Finding:
    now = datetime.now(UTC)
    if now.year < 2024:
        return finding("clock", "clock-wrong", day=f"{now:%Y-%m-%d}")
    return finding("clock", "clock-ok", time=f"{now:%Y-%m-%d %H:%M}")


def _kernels() -> Finding:
    from portreeve.signals.compiled import cache_folder

    try:
        folder = cache_folder()
    except OSError as error:
        return finding("kernels", "kernels-no-cache", error=error.strerror)
    if not os.access(folder, os.W_OK):
        return finding("kernels", "kernels-closed", folder=folder)
    if not any(folder.rglob("*.nbi")):
        return finding("kernels", "kernels-missing")
    return finding("kernels", "kernels-ok", folder=folder)


def _pictures(settings: Settings) -> Finding:
    lacking = reader.missing()
    if lacking is None and settings.picture_words:
        lacking = text_reader.missing()
    if lacking is not None:
        return finding("pictures", "pictures-lacking", module=lacking)
    if not settings.picture_words:
        return finding("pictures", "pictures-codes")
    return finding("pictures", "pictures-ok")

"""What may be wrong with a store, checked without changing anything, each with what to do."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from portreeve.pictures import reader, text_reader
from portreeve.policy import PolicyError, load
from portreeve.policy.files import shipped_names
from portreeve.service.context import missing_file, open_database
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

State = Literal["ok", "warn", "fail"]
_FEW_BYTES, _NO_BYTES = 2_000_000_000, 200_000_000
_SKEW = timedelta(seconds=5)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one check found."""

    check: Annotated[str, Meta(description="what was looked at")]
    state: Annotated[State, Meta(description="ok, warn or fail")]
    found: Annotated[str, Meta(description="what was found")]
    remedy: Annotated[str | None, Meta(description="what to do")] = None


def _ok(check: str, found: str) -> Finding:
    return Finding(check=check, state="ok", found=found)


def _warn(check: str, found: str, remedy: str) -> Finding:
    return Finding(check=check, state="warn", found=found, remedy=remedy)


def _fail(check: str, found: str, remedy: str) -> Finding:
    return Finding(check=check, state="fail", found=found, remedy=remedy)


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
        return _warn(
            check,
            f"{folder} is not there yet",
            "`portreeve serve` makes it. If it should be there: give --data.",
        )
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return _fail(
            check, f"{folder} cannot be written", "Give it to the user that the service runs as."
        )
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return _warn(check, f"{folder} can be read by others", f"chmod 700 {folder}")
    return _ok(check, f"{folder} is there and can be written")


def _space(folder: Path) -> Finding:
    nearest = next(
        path for path in (folder.absolute(), *folder.absolute().parents) if path.exists()
    )
    free = shutil.disk_usage(nearest).free
    found = f"{free / 1e9:.1f} GB are free"
    remedy = "Free some space, or move the data folder to a larger disk."
    if free < _NO_BYTES:
        return _fail("disk space", found, remedy)
    if free < _FEW_BYTES:
        return _warn("disk space", found, remedy)
    return _ok("disk space", found)


def _key(given: str | None, path: Path, check: str) -> Finding:
    try:
        if given is not None:
            decoded(given, "the setting")
            return _ok(check, "it is given in the settings")
        if not path.exists():
            return _warn(
                check,
                f"{path} is not there yet",
                "`portreeve serve` makes it on the first start. If there is a "
                "database already: restore it from a backup.",
            )
        decoded(path.read_text("ascii", "replace"), str(path))
    except PermissionError:
        return _fail(
            check, f"{path} cannot be read", "Give it to the user that the service runs as."
        )
    except ServiceError as error:
        return _fail(check, error.detail.split(". ")[0], "Restore it from a backup.")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return _fail(
            check,
            f"{path} can be read by others",
            f"chmod 600 {path}; think of whether somebody has read it.",
        )
    return _ok(check, f"{path} is readable by its owner only")


def _of_database(settings: Settings, folder: Path) -> Iterator[Finding]:
    """The checks that need the database; the first that fails ends them."""
    missing = missing_file(settings)
    if missing is not None:
        yield _warn(
            "database",
            f"{missing} is not there yet",
            "`portreeve serve` makes it. If it should be there: give --data, or set "
            "PORTREEVE_DATABASE.",
        )
        return
    database = open_database(settings)
    try:
        with database.snapshot() as connection:
            yield _ok("database", _named(database, connection))
            migrated = _migrated(connection)
            yield migrated
            if migrated.state == "ok":
                yield _head(connection)
                yield _fitting(settings, folder, connection)
                yield _log(connection, folder / LOG)
                yield _database_clock(connection)
    except StoreUnavailableError as error:
        yield _fail(
            "database", f"it does not answer: {error}", "Start it, or mend PORTREEVE_DATABASE."
        )
    finally:
        database.close()


def _named(database: Database, connection: sa.Connection) -> str:
    if database.dialect == "sqlite":
        return f"SQLite {connection.exec_driver_sql('SELECT sqlite_version()').scalar()}"
    return f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar()}"


def _migrated(connection: sa.Connection) -> Finding:
    at, wanted = revision(connection), head()
    if at != wanted:
        return _warn(
            "tables",
            f"at revision {at}, and {wanted} is due",
            "Make a backup; `portreeve serve` brings the tables up to date.",
        )
    different = differences(connection)
    if different:
        return _fail(
            "tables",
            "; ".join(different),
            "Somebody changed the tables by hand: undo it, or restore.",
        )
    return _ok("tables", f"at revision {at}")


def _head(connection: sa.Connection) -> Finding:
    told = connection.execute(sa.select(audit_head.c.seq, audit_head.c.hash)).first()
    last = connection.execute(
        sa.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    ).first()
    remedy = "`portreeve audit verify` names the first broken entry."
    if told is None or tuple(told) != (tuple(last) if last else (0, GENESIS)):
        return _fail("audit log", "its end is not where it should be", remedy)
    return _ok("audit log", f"{told.seq} entries, the last with hash {told.hash[:16]}")


def _fitting(settings: Settings, folder: Path, connection: sa.Connection) -> Finding:
    check = "master key and database"
    sealed = sa.select(person_keys.c.account).where(person_keys.c.wrapped.is_not(None)).limit(1)
    path = folder / KEY_FOLDER / MASTER_KEY
    if connection.execute(sealed).first() is None:
        return _ok(check, "nothing is sealed yet")
    try:
        text = settings.master_key or path.read_text("ascii", "replace")
        Vault(decoded(text, str(path))).fits(connection)
    except (OSError, ServiceError):
        return _fail(
            check,
            "there is no usable master key, and what people wrote is sealed with one",
            "Restore it from a backup, or set PORTREEVE_MASTER_KEY_FILE.",
        )
    except SealError:
        return _fail(
            check,
            "the database is sealed with another key",
            "Restore the master key that belongs to this database.",
        )
    return _ok(check, "they belong together")


def _log(connection: sa.Connection, folder: Path) -> Finding:
    listed = list(
        connection.execute(
            sa.select(log_files.c.path).where(log_files.c.replaced.is_(None))
        ).scalars()
    )
    missing = [path for path in listed if not (folder / path).exists()]
    if missing:
        return _fail(
            "decision log",
            f"{len(missing)} of {len(listed)} files are missing, such as {folder / missing[0]}",
            "All processes of one database need one data folder: share it, or "
            "restore the files from a backup.",
        )
    return _ok("decision log", f"{len(listed)} files, all there")


def _database_clock(connection: sa.Connection) -> Finding:
    check = "clock of the database"
    if connection.dialect.name == "postgresql":
        shown = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"
        theirs = int(connection.exec_driver_sql(shown).scalar() or 0)
        apart = timedelta(microseconds=abs(theirs - micros(datetime.now(UTC))))
        if apart > _SKEW:
            return _warn(
                check,
                f"{apart.total_seconds():.0f} s from ours",
                "Let both machines keep time with NTP.",
            )
    newest = connection.execute(sa.select(sa.func.max(audit.c.time))).scalar()
    if newest is not None and newest > datetime.now(UTC) + _SKEW:
        return _warn(
            check,
            "the audit log has entries of the future",
            "A clock was wrong, or is: let the machine keep time with NTP.",
        )
    return _ok(check, "it shows our time")


def _policies(settings: Settings) -> Finding:
    names = [name for name in shipped_names() if "/" not in name]
    for name in names:
        try:
            load(name)
        except PolicyError as error:
            return _fail(
                "policies",
                f"{name}: {error.problems[0].message}",
                f"`portreeve policy check {name}` shows it; install anew.",
            )
    if settings.network not in names:
        return _warn(
            "policies",
            f"`{settings.network}`, the network of items that name none, is no shipped policy",
            "Propose and activate a policy of that name, or mend PORTREEVE_NETWORK.",
        )
    return _ok("policies", f"{', '.join(names)} load")


def _clock() -> Finding:
    if time.gmtime().tm_year < 2024:
        return _fail(
            "clock",
            f"it shows {datetime.now(UTC):%Y-%m-%d}",
            "Set it, and let the machine keep time with NTP.",
        )
    return _ok("clock", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")


def _kernels() -> Finding:
    from portreeve.signals.compiled import cache_folder

    try:
        folder = cache_folder()
    except OSError as error:
        return _fail(
            "kernels",
            f"no cache folder: {error.strerror}",
            "Name a writable folder in PORTREEVE_CACHE.",
        )
    if not os.access(folder, os.W_OK):
        return _fail(
            "kernels", f"{folder} cannot be written", "Name a writable folder in PORTREEVE_CACHE."
        )
    if not any(folder.rglob("*.nbi")):
        return _warn(
            "kernels",
            "not compiled yet",
            "The first start takes half a minute longer; later ones do not.",
        )
    return _ok("kernels", f"compiled, in {folder}")


def _pictures(settings: Settings) -> Finding:
    lacking = reader.missing()
    if lacking is None and settings.picture_words:
        lacking = text_reader.missing()
    if lacking is not None:
        return _warn(
            "pictures",
            f"{lacking} is not installed, so that they cannot be read",
            "Install portreeve with the extra `pictures`; a host may give `codes` and "
            "`picture_text` of its own instead.",
        )
    if not settings.picture_words:
        return _ok("pictures", "their codes are read, their words are not, as is set")
    return _ok("pictures", "their codes and words are read")

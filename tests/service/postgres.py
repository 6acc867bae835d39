"""A private PostgreSQL server for tests: one per test session, in a temporary folder.

``python tests/service/postgres.py`` installs PostgreSQL from Debian where it is missing.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

MISSING = (
    "PostgreSQL is missing and could not be installed: NOTHING WAS TESTED ON POSTGRESQL. "
    "Install it (Debian: apt-get install postgresql)."
)
_QUICK = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
          "max_connections": "60", "shared_buffers": "64MB", "listen_addresses": "",
          "max_wal_size": "256MB"}  # fmt: skip


def programs() -> Path | None:
    """The folder of ``initdb`` and ``postgres``, or None where there is no PostgreSQL."""
    found = shutil.which("postgres")
    if found and shutil.which("initdb"):
        return Path(found).parent
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    return None


class Server:
    """A running server, reached over a socket in its folder; it ends with the process."""

    def __init__(self, bin: Path, **options: str) -> None:
        """``options``: of the server, instead of those that make tests quick."""
        self.folder = Path(tempfile.mkdtemp(prefix="portreeve-pg-"))
        as_user = _as_user(self.folder)
        subprocess.run(
            [*as_user, bin / "initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust",
             "-E", "UTF8", "--locale", "C", "--no-sync"],
            check=True, capture_output=True, cwd=self.folder,
        )  # fmt: skip
        chosen = _QUICK | options
        self._command = [
            *as_user, bin / "postgres", "-D", self.folder / "data", "-k", self.folder,
            *(part for key, value in chosen.items() for part in ("-c", f"{key}={value}")),
        ]  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start it, or start it again; it ends with the thread that does this."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, cwd=self.folder)
        self._wait()

    def halt(self) -> None:
        """End it, cutting off who is connected; its data stay."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(30)

    def freeze(self) -> None:
        """Let it stand still: it keeps every connection and answers nothing."""
        for pid in self._pids():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        for pid in self._pids():
            os.kill(pid, signal.SIGCONT)

    def _pids(self) -> list[int]:
        """The server, before the processes that it made."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [self._process.pid, *map(int, children.read_text().split())]

    def url(self, name: str) -> str:
        """The address of one of its databases."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def run(self, statement: str) -> None:
        """Run a statement outside any transaction, such as CREATE DATABASE."""
        with self._connect() as connection:
            connection.execute(statement)

    def empty(self, name: str) -> None:
        """Empty every table of a database, as if it were new; who is still connected is cut off."""
        with self._connect(name) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            # the triggers of the audit log refuse this to anybody else
            connection.execute("SET session_replication_role = replica")
            tables = connection.execute("SELECT relname FROM pg_stat_user_tables").fetchall()
            statements = [f'DELETE FROM "{table}"' for (table,) in tables]
            statements.append(f"INSERT INTO audit_head VALUES (1, 0, '{'0' * 64}')")
            connection.execute("; ".join(statements))
            connection.execute("SELECT setval(seqrelid, 1, false) FROM pg_sequence")

    def stop(self) -> None:
        """End the server and remove its folder."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _connect(self, name: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(host=str(self.folder), user="postgres", dbname=name, autocommit=True)

    def _wait(self) -> None:
        end = time.monotonic() + 30
        while True:
            try:
                return self._connect().close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.05)


def _as_user(folder: Path) -> list[str]:
    """What to put before a command, so that it does not run as root and ends with us."""
    setpriv = shutil.which("setpriv")
    ends_with_us = [setpriv, "--pdeathsig", "QUIT"] if setpriv else []
    if os.geteuid() != 0:
        return ends_with_us
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    identity = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return [*ends_with_us, *identity]


def install() -> bool:
    """Install PostgreSQL from Debian where it is missing; whether it is there at the end."""
    if programs() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", "postgresql"]):
            subprocess.run(["apt-get", "-qq", *command], check=False, env=quiet)
    return programs() is not None


if __name__ == "__main__":
    if not install():
        print(MISSING, file=sys.stderr)

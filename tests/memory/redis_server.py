"""A private Redis server for tests: one per test session, reached over a socket in its folder.

``python tests/memory/redis_server.py`` installs Redis from Debian where it is missing.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import redis

MISSING = (
    "Redis is missing and could not be installed: NOTHING WAS TESTED ON REDIS. "
    "Install it (Debian: apt-get install redis-server)."
)


def program() -> str | None:
    """Where the server's program is, or None where there is none."""
    return shutil.which("redis-server")


class Server:
    """A running server without persistence, which ends with the thread that started it."""

    def __init__(self, program: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="portreeve-redis-"))
        setpriv = shutil.which("setpriv")
        self._command = [
            *([setpriv, "--pdeathsig", "KILL"] if setpriv else []), program, "--port", "0",
            "--unixsocket", str(self.folder / "redis.sock"), "--save", "", "--dir",
            str(self.folder),
        ]  # fmt: skip
        self.url = f"unix://{self.folder}/redis.sock"
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("redis-server does not start")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self.url).ping())
        except redis.RedisError:
            return False

    def freeze(self) -> None:
        """Let it stand still: it keeps every connection and answers nothing."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it and remove its folder."""
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def install() -> bool:
    """Install Redis from Debian where it is missing; whether it is there at the end."""
    if program() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", "redis-server"]):
            subprocess.run(["apt-get", "-qq", *command], check=False, env=quiet)
    return program() is not None


if __name__ == "__main__":
    if not install():
        print(MISSING, file=sys.stderr)

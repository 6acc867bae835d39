"""``portreeve serve`` as a real process, which a test kills, stops and starts again."""

from __future__ import annotations

import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SHARED_SECRETS = {
    "PORTREEVE_MASTER_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "PORTREEVE_SIGNING_KEY": "Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=",
}
"""So that two processes can open what the other sealed."""


class Service:
    """One data folder, one port, and whatever process serves them now."""

    def __init__(
        self,
        data: Path,
        *,
        database: str | None = None,
        file_limit: int | None = None,
        program: Sequence[str] = ("-m", "portreeve"),
        **settings: str,
    ) -> None:
        """``file_limit``: the largest file that the process may write, in bytes, once it is ready:
        beyond it the disk is full. ``program``: what Python runs. ``settings``: as in the
        environment, in small letters."""
        self.data = data
        self.database = database
        self.port = _free_port()
        self.log = data.with_name(data.name + ".log")
        self.process: subprocess.Popen[str] | None = None
        self._file_limit = file_limit
        self._program = program
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("PORTREEVE_")},
            **SHARED_SECRETS,
            **{f"PORTREEVE_{name.upper()}": value for name, value in settings.items()},
            **({} if database is None else {"PORTREEVE_DATABASE": database}),
        }

    @property
    def key(self) -> str:
        """The administrator's key."""
        return (self.data / "admin.key").read_text().strip()

    def start(self) -> float:
        """Start, and wait until it is ready; the seconds that took."""
        began = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self._program, "serve", "--port", str(self.port),
                 "--data", str(self.data)],
                stdout=subprocess.PIPE, stderr=log, text=True, env=self._environment,
                cwd=self.data.parent,
            )  # fmt: skip
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line == "Ready.\n":
                if self._file_limit is not None:
                    limits = (self._file_limit, self._file_limit)
                    resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, limits)
                return time.monotonic() - began
        raise RuntimeError(f"it does not start: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """End it at once, as a power failure would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def terminate(self) -> None:
        """Ask it to end."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    def stop(self, seconds: float = 60.0) -> int:
        """Ask it to end and wait; its exit code."""
        assert self.process is not None
        self.terminate()
        return self.process.wait(seconds)

    def close(self) -> None:
        """Leave nothing behind, whatever happened."""
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def request(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """One request with the administrator's key: the status, and the answer's JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            given = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
            sent = None if body is None else json.dumps(body).encode()
            connection.request(method, path, sent, {**given, **(headers or {})})
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if answer.getheader("content-type", "").endswith("json"):
            return answer.status, json.loads(data)
        return answer.status, data.decode()

    def processes(self) -> list[int]:
        """Its number, and those of the processes that it started: the one that screens."""
        assert self.process is not None
        own = self.process.pid
        tasks = Path(f"/proc/{own}/task").glob("*/children")
        return [own, *(int(pid) for task in tasks for pid in task.read_text().split())]

    def resident_bytes(self) -> int:
        """Memory that it has now; what its processes share counts once."""
        used = 0
        for pid in self.processes():
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            [line] = [line for line in lines if line.startswith("Pss:")]
            used += int(line.split()[1])
        return used * 1024


def portreeve(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command of ``portreeve``, run to its end."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PORTREEVE_")}
    return subprocess.run(
        [sys.executable, "-m", "portreeve", *arguments],
        capture_output=True, text=True, check=False, env={**environment, **settings},
    )  # fmt: skip


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

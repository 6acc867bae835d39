"""Service and host as two processes on free ports, with fresh stores in one folder."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from portreeve.client import Client
from portreeve.schemas.access import Scope
from portreeve.schemas.keys import NewKey

HOST_SCOPES = [
    Scope.screen, Scope.accounts, Scope.reports, Scope.appeals, Scope.webhooks, Scope.merchants,
    Scope.ads, Scope.live_sales, Scope.group_buying, Scope.partners, Scope.policies_read,
]  # fmt: skip
"""What a host's key allows: to ask, to tell and to listen; nothing that people decide."""

_START_SECONDS = 180.0
_STOP_SECONDS = 30.0
_SETTINGS = {
    # Square listens on this machine
    "PORTREEVE_WEBHOOK_PRIVATE": "true",
    # what is drawn by chance for a second reading would make no two runs alike
    "PORTREEVE_SECOND_READING_RATE": "0",
}


class NotStartedError(RuntimeError):
    """A process did not come up."""


class Process:
    """One server: started, asked to end, and gone in any case."""

    def __init__(self, name: str, command: list[str], log: Path, ready: str) -> None:
        """``ready``: a pattern that a line of its output fits once it answers."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PORTREEVE_")}
        self.name = name
        self.said: list[str] = []
        self.log = log
        self._ready = threading.Event()
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command], stdout=subprocess.PIPE, stderr=errors, text=True,
                env={**environment, **_SETTINGS, "PYTHONUNBUFFERED": "1"}, cwd=log.parent,
            )  # fmt: skip
        assert self._process.stdout is not None
        reader = threading.Thread(
            target=self._read, args=(self._process.stdout, re.compile(ready)), daemon=True
        )
        reader.start()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Wait until it answers.

        Raises:
            NotStartedError: it ended, or took too long.
        """
        until = time.monotonic() + _START_SECONDS
        while not self._ready.wait(0.1):
            if self._process.poll() is not None or time.monotonic() > until:
                raise NotStartedError(f"{self.name} does not start: {self._last_words()}")

    def stop(self) -> None:
        """Ask it to end, and end it if it does not."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _read(self, output: IO[str], ready: re.Pattern[str]) -> None:
        for line in output:
            self.said.append(line.rstrip())
            if ready.search(line):
                self._ready.set()

    def _last_words(self) -> str:
        return self.log.read_text("utf-8", "replace")[-1_500:].strip() or "it says nothing."


class Pair:
    """Portreeve and Square, each in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "portreeve"
        self.squares: dict[str, str] = {}
        """Address of the Square of each network."""
        self._processes: list[Process] = []
        self._url: str | None = None

    @property
    def processes(self) -> dict[str, Process]:
        """All that runs, by name."""
        return {process.name: process for process in self._processes}

    @property
    def url(self) -> str:
        """Address of the service."""
        assert self._url is not None
        return self._url

    @property
    def admin_key(self) -> str:
        """The administrator's key."""
        return (self.data / "admin.key").read_text().strip()

    def __enter__(self) -> Self:
        try:
            self._start_service()
            self.start_square("acquaintance")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start_square(self, network: str) -> str:
        """Start a Square that is governed by a policy; its address."""
        key = self.folder / f"square-{network}.key"
        with Client(self.url, self.admin_key) as admin:
            made = admin.create_key(NewKey(name=f"square-{network}", scopes=HOST_SCOPES))
        key.touch(0o600)
        key.write_text(made.secret)
        port, data = _free_port(), self.folder / f"square-{network}"
        process = self._start(
            f"square-{network}",
            ["square", "--portreeve", self.url, "--key-file", str(key), "--data", str(data),
             "--port", str(port), "--network", network],
            "^Square at ",
        )  # fmt: skip
        process.wait_until_ready()
        address = f"http://127.0.0.1:{port}"
        _wait_for_port(port, process.name)
        self.squares[network] = address
        return address

    def stop(self) -> None:
        """End both, the host first."""
        for process in reversed(self._processes):
            process.stop()
        self._processes.clear()

    def _start_service(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        process = self._start(
            "portreeve",
            ["portreeve", "serve", "--port", "0", "--data", str(self.data)],
            "^Ready",
        )
        process.wait_until_ready()
        found = re.search(r"http://\S+", process.said[0])
        if found is None:
            raise NotStartedError(f"portreeve names no address: {process.said[0]}")
        self._url = found[0]

    def _start(self, name: str, command: list[str], ready: str) -> Process:
        process = Process(name, command, self.folder / f"{name}.log", ready)
        self._processes.append(process)
        return process


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for_port(port: int, name: str) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise NotStartedError(f"{name} does not listen.")

"""``make up``: Portreeve, Square and a small town in them, until Ctrl+C."""

from __future__ import annotations

import argparse
import contextlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import msgspec

from town.settle import Settled, settle

_PATIENCE = 60.0


class _Program:
    """A program that was started, and what it says."""

    def __init__(self, name: str, arguments: list[str]) -> None:
        self.name = name
        # a session of its own: Ctrl+C comes to us alone, and we stop them one after the other
        self._process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._lines: list[str] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def wait_for(self, words: str) -> str:
        """All it has said, as soon as it says this."""
        until = time.monotonic() + _PATIENCE
        while words not in (said := "".join(self._lines)):
            if not self.running or time.monotonic() > until:
                raise SystemExit(f"{self.name} did not start:\n{said}")
            time.sleep(0.05)
        return said

    def stop(self) -> None:
        """Stop it, and wait until it has."""
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line)


def up(data: Path, *, port: int, square_port: int, accounts: int, seed: int) -> None:
    """Start everything, say where it is, and stay until told to stop."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    keys = data / "portreeve" / "admin.key"
    with contextlib.suppress(KeyboardInterrupt), contextlib.ExitStack() as stack:
        service = stack.enter_context(
            _started(
                "Portreeve",
                ["portreeve", "serve", "--port", str(port), "--data", str(data / "portreeve"),
                 "--log-level", "warning"],
            )
        )  # fmt: skip
        said = service.wait_for("Ready.")
        address = re.findall(r"at (http://\S+)", said)[0]
        first = re.findall(r"http://\S+/console/first\?token=\S+", said)
        free = square_port or _free_port()
        square = stack.enter_context(
            _started(
                "Square",
                ["square", "--portreeve", address, "--key-file", str(keys), "--port", str(free),
                 "--data", str(data / "square")],
            )
        )  # fmt: skip
        home = re.findall(r"at (http://\S+)", square.wait_for("Square at http"))[0]
        _wait_for_port(free)
        town = _town(data, address, keys.read_text().strip(), accounts, seed)
        print(_told(address, first[0] if first else None, home, town), flush=True)
        while service.running and square.running:
            time.sleep(0.3)
        raise SystemExit("One of the two has ended; see above.")
    print("Stopped. What is there stays, for the next time.", flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Stop, from wherever it is, and once: a lock taken here may be held by what was interrupted.

    Raises:
        KeyboardInterrupt: always.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextlib.contextmanager
def _started(name: str, arguments: list[str]) -> Iterator[_Program]:
    program = _Program(name, arguments)
    try:
        yield program
    finally:
        program.stop()


def _town(data: Path, address: str, key: str, accounts: int, seed: int) -> Settled:
    """The town that lives there; it moves in when there is none."""
    kept = data / "town.json"
    if kept.exists():
        return msgspec.json.decode(kept.read_bytes(), type=Settled)
    print(f"A town of {accounts} people moves in ...", flush=True)
    town = settle(data / "square", address, key, accounts=accounts, seed=seed)
    kept.touch(mode=0o600)
    kept.write_bytes(msgspec.json.encode(town))
    return town


def _told(address: str, first: str | None, home: str, town: Settled) -> str:
    reader, seller = town.guests
    console = first or f"{address}/console"
    once = "   (open once: you are its first administrator)" if first else ""
    return f"""
Square, the network     {home}/sign-in
   as a reader          {reader.name}   {reader.password}   {reader.shown}
   as a busy poster     {seller.name}   {seller.password}   {seller.shown}
Portreeve's console     {console}{once}
The policy, public      {address}/policy/acquaintance

{town.people} people, {town.friendships:,} friendships, {town.posts:,} posts: \
{", ".join(f"{many:,} {state}" for state, many in town.states.items())}

Three things to try
1. Sign in to Square as the reader and share: 面膜89元一盒 加微信 abc12345 下单
   It is refused, with the reason, the way out and the appeal. Then: 这个面膜敷完脸真的很软
2. Sign in as the busy poster and open Notices: what was refused, and why. Appeal one.
3. Become the console's administrator, open the queue, and decide that appeal.

Ctrl+C stops everything.
"""


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for_port(port: int) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit("Square did not start.")


def main() -> None:
    """Read the options and begin."""
    parser = argparse.ArgumentParser(prog="python -m town.up", description=__doc__)
    parser.add_argument("--data", default="build/up", type=Path, help="folder of everything")
    parser.add_argument("--port", default=8014, type=int, help="Portreeve's port; 0: a free one")
    parser.add_argument("--square-port", default=8024, type=int, help="Square's; 0: a free one")
    parser.add_argument("--accounts", default=300, type=int, help="people of the town")
    parser.add_argument("--seed", default=1, type=int, help="the town's seed")
    given = parser.parse_args()
    given.data.mkdir(parents=True, exist_ok=True)
    up(
        given.data, port=given.port, square_port=given.square_port, accounts=given.accounts,
        seed=given.seed,
    )  # fmt: skip


if __name__ == "__main__":
    main()

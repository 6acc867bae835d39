"""A host under load: it sends items, and sends them again until it has an answer."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from faults.process import Service

SALE = "面膜89元一盒 加微信 abc12345 下单"
LIFE = "这个面膜敷完脸真的很软"
_RETRY_SECONDS = 0.05
_AGAIN = 0.1
"""Share of the answered items that the host sends once more."""


@dataclass(frozen=True)
class Answer:
    """What the host was told of an item. ``seconds``: how long that one request took."""

    item: str
    surface: str
    decision: str | None
    verdict: str
    state: str
    provisional: bool
    seconds: float
    at: float
    """When it came, by the monotonic clock."""


@dataclass
class Load:
    """Threads that screen items over HTTP with ids of their own, until they are stopped.

    They go on over connections that break, refusals and restarts, as a host does.
    """

    services: Sequence[Service]
    name: str = "p"
    threads: int = 6
    pause: float = 0.004
    surfaces: Sequence[str] = ("moments",)
    timeout: float = 60.0
    answers: list[Answer] = field(default_factory=list)
    refused: list[tuple[float, int, float]] = field(default_factory=list)
    """Of each answer that was no decision: when, its status, and how long the request took."""
    broken: Counter[str] = field(default_factory=Counter)
    """How many requests broke off, by item."""

    def start(self) -> Load:
        """Start the threads."""
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(number,), daemon=True)
            for number in range(self.threads)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def stop(self, seconds: float = 90.0) -> None:
        """Send no new items; wait until each that was sent is answered.

        Raises:
            AssertionError: some request is never answered.
        """
        self._stopping.set()
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        assert not any(thread.is_alive() for thread in self._threads), "a request has no answer"

    def _run(self, thread: int) -> None:
        chance = random.Random(f"{self.name}-{thread}")
        host = _Host(self.services[thread % len(self.services)], self.timeout)
        number = 0
        while not self._stopping.is_set():
            number += 1
            body = {
                "id": f"{self.name}-{thread}-{number}",
                "account": f"a{chance.randrange(200)}",
                "surface": chance.choice(self.surfaces),
                "text": SALE if chance.random() < 0.3 else LIFE,
            }
            self._until_answered(host, body)
            if chance.random() < _AGAIN:
                self._until_answered(host, body)
            time.sleep(self.pause)
        host.close()

    def _until_answered(self, host: _Host, body: dict[str, Any]) -> None:
        while True:
            began = time.monotonic()
            try:
                status, answer = host.screen(body)
            except (OSError, http.client.HTTPException):
                host.close()
                self.broken[body["id"]] += 1
                time.sleep(_RETRY_SECONDS)
                continue
            now = time.monotonic()
            if status != 200:
                self.refused.append((now, status, now - began))
                time.sleep(_RETRY_SECONDS)
                continue
            self.answers.append(
                Answer(
                    item=body["id"], surface=body["surface"], decision=answer["decision"],
                    verdict=answer["verdict"], state=answer["state"],
                    provisional=answer.get("provisional", False), seconds=now - began, at=now,
                )
            )  # fmt: skip
            return


class _Host:
    """One connection, made anew when it breaks."""

    def __init__(self, service: Service, timeout: float) -> None:
        self._service = service
        self._timeout = timeout
        self._connection: http.client.HTTPConnection | None = None

    def screen(self, body: dict[str, Any]) -> tuple[int, Any]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self._service.port, timeout=self._timeout
            )
            self._headers = {
                "Authorization": f"Bearer {self._service.key}",
                "Content-Type": "application/json",
            }
        self._connection.request("POST", "/v1/screen", json.dumps(body).encode(), self._headers)
        answer = self._connection.getresponse()
        data = answer.read()
        return answer.status, json.loads(data)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

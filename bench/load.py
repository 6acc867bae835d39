"""A load generator: requests sent at fixed times over kept connections, whatever comes back.

Each request has a moment at which it is due. Its latency counts from that moment, not from when a
connection was free for it, so a server that stalls is charged for all the requests it kept waiting
(no coordinated omission). Requests are written before the run begins.

As a program: reads a plan from standard input (JSON, see :class:`Plan`) and prints a
:class:`Result`. It runs in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import uvloop


@dataclass(frozen=True)
class Plan:
    """What to send: ``count`` bodies from a file (one JSON a line), ``rate`` a second."""

    host: str
    port: int
    path: str
    key: str
    bodies: str
    first: int
    count: int
    rate: float
    connections: int = 256


@dataclass(frozen=True)
class Result:
    """What came back. Latencies in milliseconds; ``cpu``: of the generator, in seconds."""

    sent: int
    failed: int
    seconds: float
    per_second: float
    p50: float
    p95: float
    p99: float
    p999: float
    worst: float
    cpu: float


class _Connection(asyncio.Protocol):
    def __init__(self, pool: _Pool) -> None:
        self.pool = pool
        self.number = -1
        self.answer = b""
        self.left = -1

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.pool.free.append(self)

    def send(self, number: int) -> None:
        self.number = number
        self.transport.write(self.pool.requests[number])

    def data_received(self, data: bytes) -> None:
        if self.left < 0:
            self.answer += data
            end = self.answer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.answer[:end].lower()
            at = head.find(b"content-length: ")
            size = int(head[at + 16 :].split(b"\r\n", 1)[0])
            self.left = size - (len(self.answer) - end - 4)
            self.good = self.answer[9:12] == b"200"
        else:
            self.left -= len(data)
        if self.left <= 0:
            self.pool.done(self, self.good)
            self.answer, self.left = b"", -1

    def connection_lost(self, _error: Exception | None) -> None:
        self.pool.lost()


class _Pool:
    def __init__(self, requests: list[bytes], rate: float) -> None:
        self.requests = requests
        self.rate = rate
        self.free: deque[_Connection] = deque()
        self.late: deque[int] = deque()
        self.latency = np.full(len(requests), np.nan)
        self.failed = 0
        self.answered = 0
        self.finished = asyncio.get_running_loop().create_future()
        self.began = 0.0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        self.began = loop.time()
        for number in range(len(self.requests)):
            due = self.began + number / self.rate
            wait = due - loop.time()
            if wait > 0.0003:
                await asyncio.sleep(wait)
            elif number % 16 == 0:
                await asyncio.sleep(0)
            if self.free:
                self.free.popleft().send(number)
            else:
                self.late.append(number)
        await self.finished

    def done(self, connection: _Connection, good: bool) -> None:
        number = connection.number
        due = self.began + number / self.rate
        self.latency[number] = 1000 * (asyncio.get_running_loop().time() - due)
        self.failed += not good
        self.answered += 1
        if self.answered == len(self.requests) and not self.finished.done():
            self.finished.set_result(None)
        if self.late:
            connection.send(self.late.popleft())
        else:
            self.free.append(connection)

    def lost(self) -> None:
        if self.answered < len(self.requests) and not self.finished.done():
            self.finished.set_exception(ConnectionError("the server closed a connection"))


async def _drive(plan: Plan) -> Result:
    head = (
        f"POST {plan.path} HTTP/1.1\r\nHost: {plan.host}\r\nAuthorization: Bearer {plan.key}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    ).encode()
    requests = []
    with Path(plan.bodies).open("rb") as file:
        for number, line in enumerate(file):
            if plan.first <= number < plan.first + plan.count:
                body = line.rstrip(b"\n")
                requests.append(head + str(len(body)).encode() + b"\r\n\r\n" + body)
    if len(requests) < plan.count:
        raise ValueError(f"{plan.bodies} has too few bodies: {len(requests)} of {plan.count}")
    loop = asyncio.get_running_loop()
    pool = _Pool(requests, plan.rate)
    for _ in range(plan.connections):
        await loop.create_connection(lambda: _Connection(pool), plan.host, plan.port)
    cpu = time.process_time()
    began = time.perf_counter()
    await pool.run()
    seconds = time.perf_counter() - began
    at = np.percentile(pool.latency, [50, 95, 99, 99.9, 100])
    return Result(
        plan.count, pool.failed, seconds, plan.count / seconds, *map(float, at),
        time.process_time() - cpu,
    )  # fmt: skip


if __name__ == "__main__":
    uvloop.install()
    print(json.dumps(asdict(asyncio.run(_drive(Plan(**json.load(sys.stdin)))))))

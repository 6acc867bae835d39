"""Workers that decode pictures: each a process of its own, replaced when it fails.

Whatever a file does to its decoder, whoever asks gets an answer or a :class:`Fault`.
"""

from __future__ import annotations

import collections
import os
import queue
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Self, TypeVar

import msgspec

from portreeve.pictures import wire
from portreeve.pictures.limits import Limits
from portreeve.pictures.structs import Fault, Picture

_TASKS = 1_000
"""Pictures of one worker before it is replaced, so that what decoders leak stays small."""
_MOST_ANSWER = 8 * 1024 * 1024
_START_SECONDS = 30.0
_KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT")

Answer = TypeVar("Answer", bound=msgspec.Struct)


class Job(Generic[Answer]):
    """What a worker does: the module that it runs, and what that answers besides faults."""

    def __init__(self, module: str, answer: type[Answer]) -> None:
        self.module = module
        self._decoder = msgspec.msgpack.Decoder(answer | Fault)

    def answer(self, message: bytes) -> Answer | Fault:
        """An answer as the worker sent it. Raises :class:`msgspec.MsgspecError`."""
        told: Answer | Fault = self._decoder.decode(message)
        return told


class _Worker(Generic[Answer]):
    """One process, started when it is first asked."""

    def __init__(self, job: Job[Answer], limits: Limits) -> None:
        self._job = job
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._tasks = 0

    def read(self, data: bytes) -> Answer | Fault:
        if self._tasks >= _TASKS:
            self.stop()
        connection = self._start()
        # the first picture of a process also waits for its start
        spare = 0.0 if self._tasks else _START_SECONDS
        self._tasks += 1
        until = time.monotonic() + self._limits.seconds + spare
        try:
            wire.send(connection, data, until)
            answer = wire.receive(connection, _MOST_ANSWER, until)
            told = self._job.answer(answer or b"")  # nothing at all: it hung up
        except TimeoutError:
            self.stop()
            return Fault("out_of_time")
        except (OSError, wire.BrokenError, msgspec.MsgspecError):
            served, ended = self._tasks - 1, self.stop()
            if served and ended == 0:
                # it had nothing to do for so long that it left
                return self.read(data)
            return Fault("out_of_time" if ended == -signal.SIGXCPU else "crashed")
        if told == Fault("out_of_memory"):
            self.stop()
        return told

    def _start(self) -> socket.socket:
        if self._socket is not None:
            return self._socket
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable, "-I", "-m", self._job.module,
                    str(theirs.fileno()), msgspec.json.encode(self._limits).decode(),
                ],
                env={name: os.environ[name] for name in _KEPT if name in os.environ}
                | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},
                cwd=os.path.sep,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
        self._socket = ours
        return ours

    def stop(self) -> int | None:
        """End the process; what it ended by."""
        if self._process is None or self._socket is None:
            return None
        self._socket.close()
        try:
            # one that hangs up by dying is about to be gone: its own end says more than ours
            ended = self._process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            ended = self._process.wait()
        self._process = self._socket = None
        self._tasks = 0
        return ended


class Workers(Generic[Answer]):
    """Some workers of one job. Close them, or use them in a ``with``."""

    def __init__(self, job: Job[Answer], workers: int, limits: Limits) -> None:
        self.limits = limits
        self._workers = [_Worker(job, limits) for _ in range(workers)]
        self._threads = ThreadPoolExecutor(workers, "pictures")
        self._free: queue.SimpleQueue[_Worker[Answer]] = queue.SimpleQueue()
        for worker in self._workers:
            self._free.put(worker)

    def read(self, data: bytes) -> Answer | Fault:
        """Read a picture; waits for a free worker. Threads may call it at the same time."""
        if not data:
            return Fault("empty")
        if len(data) > self.limits.bytes:
            return Fault("too_many_bytes")
        worker = self._free.get()
        try:
            return worker.read(data)
        finally:
            self._free.put(worker)

    def read_all(self, files: Iterable[bytes]) -> Iterator[Answer | Fault]:
        """Read pictures in order, as many at a time as there are workers."""
        waiting: collections.deque[Future[Answer | Fault]] = collections.deque()
        for data in files:
            waiting.append(self._threads.submit(self.read, data))
            if len(waiting) >= 2 * len(self._workers):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def close(self) -> None:
        """End the workers, after what they are reading."""
        self._threads.shutdown()
        for worker in self._workers:
            worker.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


_PICTURE = Job("portreeve.pictures.worker", Picture)


class Pool(Workers[Picture]):
    """Workers that read codes and hash.

    >>> with Pool(1) as pool:
    ...     print(pool.read(b"not a picture"))
    Fault(kind='not_a_picture')
    """

    def __init__(self, workers: int = 1, limits: Limits | None = None) -> None:
        super().__init__(_PICTURE, workers, limits or Limits())

"""How often something may be asked for: per address, and by everybody together, in this process."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from portreeve.service.errors import ServiceError

_REMEMBERED = 10_000


@dataclass
class _Bucket:
    tokens: float
    then: float


class Rate:
    """Tokens that come back at a rate: for each name, and for all names together.

    >>> now = [0.0]
    >>> rate = Rate(each=1.0, at_once=2, all=100.0, clock=lambda: now[0])
    >>> rate.wait("a"), rate.wait("a"), rate.wait("a"), rate.wait("b")
    (0, 0, 1, 0)
    >>> now[0] = 1.0
    >>> rate.wait("a")
    0
    """

    def __init__(
        self,
        *,
        each: float,
        at_once: int,
        all: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``each``: a second, for a name, which may have ``at_once`` together; ``all``: a second,
        for everybody together."""
        self._each, self._burst, self._all, self._clock = each, float(at_once), all, clock
        self._known: OrderedDict[str, _Bucket] = OrderedDict()
        self._everybody = _Bucket(all, clock())
        self._taking = threading.Lock()

    def wait(self, name: str) -> int:
        """Take a token; how many seconds until there is one, 0 when there was."""
        with self._taking:
            now = self._clock()
            mine = self._known.pop(name, None) or _Bucket(self._burst, now)
            self._known[name] = mine
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
            wait = _take(mine, self._each, self._burst, now)
            return wait or _take(self._everybody, self._all, self._all, now)

    def spend(self, name: str) -> None:
        """Take a token.

        Raises:
            ServiceError: ``rate-limited``, with ``more["retry_after"]`` in seconds.
        """
        seconds = self.wait(name)
        if seconds:
            raise ServiceError(
                "rate-limited",
                f"This was asked for too often. Try again in {seconds} s.",
                zh=f"访问过于频繁，请在{seconds}秒后再试。",
                retry_after=seconds,
            )


def _take(bucket: _Bucket, rate: float, burst: float, now: float) -> int:
    bucket.tokens = min(burst, bucket.tokens + (now - bucket.then) * rate)
    bucket.then = now
    if bucket.tokens < 1.0:
        return math.ceil((1.0 - bucket.tokens) / rate)
    bucket.tokens -= 1.0
    return 0

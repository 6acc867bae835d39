"""Who asks, and how often they may."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable

from portreeve.schemas.access import NAME, Scope
from portreeve.service.actor import OWN_NAMES, Actor
from portreeve.service.errors import ServiceError
from portreeve.service.keys import Keys, Known

_NAME = re.compile(NAME)


class Access:
    """Recognises API keys and counts requests against their rate, in this process."""

    def __init__(self, keys: Keys, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys = keys
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def key(self, headers: dict[bytes, bytes]) -> tuple[Known, str]:
        """The key of a request and its secret.

        Raises:
            ServiceError: ``unauthenticated``.
        """
        kind, _, secret = headers.get(b"authorization", b"").partition(b" ")
        if kind.lower() != b"bearer" or not secret:
            raise ServiceError(
                "unauthenticated",
                "There is no API key. Give one in the header `Authorization: Bearer ...`; "
                "`portreeve keys create` makes one.",
                field="Authorization",
            )
        text = secret.strip().decode("latin-1")
        known = self._keys.known(text)
        if known is None:
            raise ServiceError(
                "unauthenticated",
                "The API key is unknown, expired or revoked. Ask an administrator for one.",
                field="Authorization",
            )
        return known, text

    def spend(self, key: Known) -> None:
        """Count one request.

        Raises:
            ServiceError: ``rate-limited``, with ``more["retry_after"]`` in seconds.
        """
        bucket = self._buckets.get(key.id)
        if bucket is None or bucket.rate != key.rate:
            bucket = self._buckets[key.id] = _Bucket(key.rate, self._clock())
        wait = bucket.take(self._clock())
        if wait > 0:
            seconds = math.ceil(wait)
            raise ServiceError(
                "rate-limited",
                f"The key may make {key.rate:g} requests a second. Try again in {seconds} s.",
                retry_after=seconds,
            )

    def actor(self, key: Known, headers: dict[bytes, bytes]) -> Actor:
        """Who asks: the key, or the person in whose name it acts.

        Their name in small letters, so that nobody is two people by writing it otherwise.

        Raises:
            ServiceError: ``forbidden``, when the key may not act for others; ``invalid``.
        """
        given = headers.get(b"portreeve-actor")
        if given is None:
            return key.actor
        key.actor.need(Scope.on_behalf)
        name = given.decode("latin-1").lower()
        if not _NAME.match(name) or name in OWN_NAMES:
            raise ServiceError(
                "invalid",
                "`Portreeve-Actor` must be a name of 1 to 100 letters, digits and . _ @ + : -, "
                f"and not {' or '.join(sorted(OWN_NAMES))}.",
                field="Portreeve-Actor",
            )
        return Actor(name, key.scopes)


class _Bucket:
    """Tokens that come back at a rate; as many at once as a second brings, at least one."""

    __slots__ = ("burst", "rate", "then", "tokens")

    def __init__(self, rate: float, now: float) -> None:
        self.rate = rate
        self.burst = self.tokens = max(1.0, rate)
        self.then = now

    def take(self, now: float) -> float:
        """Take a token; how many seconds until there is one, 0 when there was."""
        self.tokens = min(self.burst, self.tokens + (now - self.then) * self.rate)
        self.then = now
        if self.tokens < 1.0:
            return (1.0 - self.tokens) / self.rate
        self.tokens -= 1.0
        return 0.0

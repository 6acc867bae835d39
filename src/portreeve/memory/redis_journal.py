"""A journal in Redis, for several processes that shall remember the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

import redis

from portreeve.memory.journals import JournalAwayError, Snapshot, packed, restored

_PAGE = 1_000
_SEQUENCE_BITS = 20
"""A position is a stream's id in one number: milliseconds, then the number within one."""
_SETTINGS, _POSITION = b"=settings", b"=position"

Found = TypeVar("Found")


class RedisJournal:
    """A journal in a stream of Redis 6.2 or later.

    ``url``: of the server, such as ``redis://127.0.0.1:6379/0``; ``name``: what its keys begin
    with. How safe an event is, is Redis's setting (``appendonly``).
    """

    def __init__(self, url: str, name: str = "portreeve:memory", timeout: float = 0.25) -> None:
        """``timeout``: seconds after which a server that does not answer is away."""
        self._redis = redis.Redis.from_url(
            url, socket_timeout=timeout, socket_connect_timeout=timeout
        )
        self._stream, self._snapshot = f"{name}:journal", f"{name}:snapshot"

    def append(self, event: bytes) -> int:
        """See :class:`~portreeve.memory.journals.Journal`."""
        return _position(cast(bytes, self._ask(lambda r: r.xadd(self._stream, {"e": event}))))

    def after(self, position: int) -> Iterator[tuple[int, bytes]]:
        """See :class:`~portreeve.memory.journals.Journal`."""
        while True:
            first = f"({_id(position)}"
            page: Any = self._ask(
                lambda r, first=first: r.xrange(self._stream, first, "+", count=_PAGE)  # type: ignore[misc]
            )
            for id, fields in page:
                position = _position(id)
                yield position, fields[b"e"]
            if len(page) < _PAGE:
                return

    def keep(self, snapshot: Snapshot) -> None:
        """See :class:`~portreeve.memory.journals.Journal`."""
        fields: dict[bytes, bytes] = {
            name.encode(): packed(array) for name, array in snapshot.arrays.items()
        }
        fields[_SETTINGS] = snapshot.settings.encode()
        fields[_POSITION] = str(snapshot.position).encode()

        def write(server: redis.Redis) -> None:
            with server.pipeline(transaction=True) as pipe:
                pipe.delete(self._snapshot)
                pipe.hset(self._snapshot, mapping=cast(Any, fields))
                pipe.xtrim(self._stream, minid=_id(snapshot.position + 1), approximate=False)
                pipe.execute()

        self._ask(write)

    def kept(self) -> Snapshot | None:
        """See :class:`~portreeve.memory.journals.Journal`."""
        fields: Any = self._ask(lambda r: r.hgetall(self._snapshot))
        if not fields:
            return None
        settings, position = fields.pop(_SETTINGS), fields.pop(_POSITION)
        arrays = {name.decode(): data for name, data in fields.items()}
        return restored(int(position), settings, arrays)

    def close(self) -> None:
        """See :class:`~portreeve.memory.journals.Journal`."""
        self._redis.close()

    def _ask(self, what: Callable[[redis.Redis], Found]) -> Found:
        try:
            return what(self._redis)
        except redis.RedisError as error:
            # what Redis says may hold an address, never an event
            raise JournalAwayError(f"Redis does not answer: {type(error).__name__}") from None


def _position(id: bytes) -> int:
    milliseconds, _, number = id.decode().partition("-")
    return (int(milliseconds) << _SEQUENCE_BITS) | int(number)


def _id(position: int) -> str:
    return f"{position >> _SEQUENCE_BITS}-{position & ((1 << _SEQUENCE_BITS) - 1)}"

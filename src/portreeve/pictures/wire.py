"""Messages between the pool and its workers: a length, then so many bytes."""

from __future__ import annotations

import socket
import struct
import time

_LENGTH = struct.Struct(">I")


class BrokenError(Exception):
    """The other side went away, or sent what it must not."""


def send(to: socket.socket, message: bytes, until: float | None = None) -> None:
    """Send a message; by a time of the monotonic clock, else :class:`TimeoutError`."""
    to.settimeout(_left(until))
    to.sendall(_LENGTH.pack(len(message)))
    to.settimeout(_left(until))
    to.sendall(message)


def receive(of: socket.socket, most: int, until: float | None = None) -> bytes | None:
    """The next message; None when the other side hung up between two."""
    head = _exactly(of, _LENGTH.size, until)
    if head is None:
        return None
    size = _LENGTH.unpack(head)[0]
    if size > most:
        raise BrokenError
    body = _exactly(of, size, until)
    if body is None:
        raise BrokenError
    return body


def _exactly(of: socket.socket, size: int, until: float | None) -> bytes | None:
    """So many bytes; None when there are none at all."""
    got = bytearray()
    while len(got) < size:
        of.settimeout(_left(until))
        part = of.recv(min(size - len(got), 1 << 20))
        if not part:
            if got:
                raise BrokenError
            return None if size else b""
        got += part
    return bytes(got)


def _left(until: float | None) -> float | None:
    if until is None:
        return None
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left

"""Names of records: unguessable, sortable by the time they were made."""

from __future__ import annotations

import os
import time


def new_id(kind: str) -> str:
    """A new name: ``kind``, then 32 hex digits: 48 bits of time in milliseconds, 80 random bits.

    ``kind`` is a short word such as ``dec`` for a decision. Later names sort after earlier ones, to
    the millisecond; nobody can guess one from another.

    >>> len(new_id("dec"))
    36
    """
    return new_ids(kind, 1)[0]


def new_ids(kind: str, count: int) -> list[str]:
    """Many new names at once, in no order among themselves."""
    now = (time.time_ns() // 1_000_000).to_bytes(6, "big")
    random = os.urandom(10 * count)
    return [f"{kind}_{(now + random[at : at + 10]).hex()}" for at in range(0, 10 * count, 10)]

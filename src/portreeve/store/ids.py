"""Names of records: unguessable, sortable by the time they were made."""

from __future__ import annotations

import secrets
import time

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(kind: str) -> str:
    """A new name: ``kind``, then 48 bits of time in milliseconds and 80 random bits in base 32.

    ``kind`` is a short word such as ``dec`` for a decision. Later names sort after earlier ones, to
    the millisecond; nobody can guess one from another.

    >>> len(new_id("dec"))
    30
    """
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return f"{kind}_" + "".join(_DIGITS[number >> shift & 31] for shift in range(125, -1, -5))

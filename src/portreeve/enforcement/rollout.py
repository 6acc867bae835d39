"""Which accounts a roll-out takes in: a stable part of all, which grows and never moves."""

from __future__ import annotations

import hashlib

WHOLE = 10_000
"""All accounts, in the ten-thousandths in which a share is counted."""


def bucket(account: str, policy: str) -> int:
    """The account's place in the roll-out of a version, 0 to 9,999.

    It rests on both names and nothing else. Another version draws other accounts, so that it is not
    always the same people who try what is new.

    >>> bucket("ann", "acquaintance@2014-07"), bucket("ann", "acquaintance@2014-08")
    (5149, 6661)
    """
    digest = hashlib.blake2b(f"{policy}\0{account}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % WHOLE


def takes_in(account: str | None, policy: str, share: int) -> bool:
    """Whether a roll-out to ``share`` ten-thousandths decides for the account.

    An item without an account stays with the version in force.
    """
    return account is not None and bucket(account, policy) < share

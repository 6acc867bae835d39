"""The numbers by which memory knows accounts, and whose they are.

Memory keeps no names (:mod:`portreeve.memory.traces`). Each account's number stands beside its name
in the table of accounts, so that who is in a campaign can be named again.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

import numpy as np
import sqlalchemy as sa

from portreeve.memory.hashing import numbers
from portreeve.memory.traces import Secret
from portreeve.service.bulk import fetch_in
from portreeve.service.context import Context
from portreeve.store.tables.core import accounts
from portreeve.store.vault import NOBODY, Vault


def memory_secret(context: Context) -> Secret:
    """What names become numbers with, in this service."""
    return _secret(context.vault)


def account_numbers(vault: Vault, names: Iterable[str]) -> list[int]:
    """The numbers of accounts as the database keeps them: with a sign."""
    signed: list[int] = numbers(list(names), _secret(vault).account).view(np.int64).tolist()
    return signed


def account_names(connection: sa.Connection, wanted: Iterable[int]) -> dict[int, str]:
    """The names of accounts by memory's numbers; erased accounts have none."""
    signed = {number - (1 << 64) if number >> 63 else number: number for number in wanted}
    a = accounts.c
    rows = fetch_in(connection, sa.select(a.id, a.number), a.number, signed)
    return {signed[row["number"]]: row["id"] for row in rows}


@functools.lru_cache(maxsize=4)
def _secret(vault: Vault) -> Secret:
    return Secret.of(vault.digest(NOBODY, b"memory").encode())

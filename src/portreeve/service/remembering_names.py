"""Accounts by their numbers in memory."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from portreeve.memory.hashing import numbers
from portreeve.memory.traces import Secret
from portreeve.service.context import Context
from portreeve.store.vault import NOBODY


def memory_secret(context: Context) -> Secret:
    """The keys that names become numbers with, made from the master key."""
    return Secret.of(context.vault.digest(NOBODY, b"memory").encode())


def account_numbers(context: Context, names: Iterable[str]) -> list[int]:
    """The numbers of accounts as a database keeps them: signed, of 64 bits."""
    found = numbers(list(names), memory_secret(context).account)
    return [int(number) for number in found.view(np.int64)]

"""The known pictures of all banks in memory, as fresh as the store in every process."""

from __future__ import annotations

import threading
import time as clocks
from typing import NamedTuple

import sqlalchemy as sa

from portreeve.pictures.index import LEAST_QUALITY, Banks, KnownPicture
from portreeve.service.context import Context
from portreeve.store import StoreUnavailableError
from portreeve.store.tables.pictures import bank_pictures, picture_banks

LOOK_EVERY = 1.0
"""Seconds after which a process looks for what another changed in a bank."""


class _Loaded(NamedTuple):
    """An enabled bank: how often it was changed when it was read, and its pictures."""

    changes: int
    known: list[KnownPicture]


class BankIndex:
    """Finds the banks that know a picture. Nothing is asked of the store while it is searched."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._loaded: dict[str, _Loaded] = {}
        self._banks: Banks | None = None
        """None: no bank is at hand."""
        self._looking = threading.Lock()
        self._next_look = 0.0
        self._is_kept = False

    def known(self, pdq: str, quality: int) -> list[str] | None:
        """The names of the banks that hold a picture like this one, that of the nearest first.

        None where no bank is at hand: none is enabled, or the store never answered.
        """
        self._look()
        banks = self._banks
        if banks is None:
            return None
        return list(dict.fromkeys(match.known.bank for match in banks.find(pdq, quality)))

    def kept(self) -> None:
        """Read the banks; a worker looks for changes from now on, and no search waits for it.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        self.refresh()
        self._is_kept = True

    def refresh(self) -> None:
        """Look for changes now.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        with self._looking:
            self._refresh()

    def _look(self) -> None:
        if self._is_kept or clocks.monotonic() < self._next_look:
            return
        with self._looking:
            if clocks.monotonic() < self._next_look:
                return
            try:
                self._refresh()
            except StoreUnavailableError:
                # what is known stays; deciding goes on while the database is away
                self._next_look = clocks.monotonic() + LOOK_EVERY

    def _refresh(self) -> None:
        b = picture_banks.c
        with self._context.database.read() as connection:
            enabled = connection.execute(
                sa.select(b.id, b.name, b.changes).where(b.enabled).order_by(b.name)
            ).all()
            loaded = {}
            for row in enabled:
                before = self._loaded.get(row.id)
                if before is not None and before.changes == row.changes:
                    loaded[row.id] = before
                else:
                    loaded[row.id] = _Loaded(row.changes, _read(connection, row.id, row.name))
        self._next_look = clocks.monotonic() + LOOK_EVERY
        changed = {id: one.changes for id, one in self._loaded.items()}
        if {id: one.changes for id, one in loaded.items()} == changed:
            return
        self._loaded = loaded
        known = [one for bank in loaded.values() for one in bank.known]
        self._banks = Banks(known) if loaded else None


def _read(connection: sa.Connection, id: str, name: str) -> list[KnownPicture]:
    p = bank_pictures.c
    compared = p.quality.is_(None) | (p.quality >= LEAST_QUALITY)
    rows = connection.execute(sa.select(p.pdq).where(p.bank == id, compared).order_by(p.id))
    return [KnownPicture(pdq=pdq, bank=name) for pdq in rows.scalars()]

"""Attempts to sign in: counted by name and by address, and made to wait when many fail.

An attempt is counted before it is looked at, so that many at the same time are as slow as one
after the other. Names that nobody has are counted as well: what is answered tells nothing about
them. Of names and addresses only keyed digests are kept, for a day.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
from datetime import timedelta
from typing import Literal, NamedTuple

import sqlalchemy as sa

from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.store import Transaction
from portreeve.store.statements import insert_missing
from portreeve.store.tables.people import sign_in_failures as table

_log = logging.getLogger("portreeve.sign-in")

FREE_BY_NAME = 5
FREE_BY_ADDRESS = 30
"""So many attempts may fail before the next has to wait: a second, then always twice as long."""
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN = timedelta(days=1)
"""After so long without another failure."""


What = Literal["name", "code"]
"""What is tried for a name: to sign in with a password, or to give the second factor."""


class Came(NamedTuple):
    """Where an attempt comes from; neither is kept as it is."""

    address: str
    agent: str
    """Browser and system, see :func:`family`."""


class Attempts:
    """Counts what fails."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._key = context.vault.derived("failed sign-ins")

    def begin(self, name: str, address: str, what: What = "name") -> int:
        """Count an attempt, and say how many failed before it in a row for this name.

        Whoever succeeds calls :meth:`succeeded`; else it stays counted as failed.

        Raises:
            ServiceError: ``rate-limited``: it is not to be looked at, and is not counted.
        """
        by_name, by_address = self._id(what, name), self._id("address", _network(address))
        with self._context.database.write() as tx:
            tx.execute(sa.delete(table).where(table.c.last < tx.time - FORGOTTEN))
            nothing = [
                {"id": id, "failures": 0, "last": tx.time, "until": tx.time}
                for id in sorted({by_name, by_address})
            ]
            insert_missing(tx, table, nothing)
            ids = [row["id"] for row in nothing]
            rows = {
                row.id: row
                for row in tx.execute(
                    sa.select(table)
                    .where(table.c.id.in_(ids))
                    .order_by(table.c.id)
                    .with_for_update()
                )
            }
            wait = max(row.until for row in rows.values()) - tx.time
            if wait > timedelta(0):
                _log.warning("an attempt to sign in must wait", extra={"facts": {
                    "failures": rows[by_name].failures,
                    "failures_from_there": rows[by_address].failures,
                }})  # fmt: skip
                raise _too_many(wait)
            self._count(tx, by_name, rows[by_name].failures + 1, FREE_BY_NAME)
            self._count(tx, by_address, rows[by_address].failures + 1, FREE_BY_ADDRESS)
        return int(rows[by_name].failures)

    def succeeded(self, tx: Transaction, name: str, address: str, what: What = "name") -> None:
        """The attempt begun last did not fail: the name's count begins anew.

        The address keeps what others failed from it; only this attempt is taken back.
        """
        tx.execute(sa.delete(table).where(table.c.id == self._id(what, name)))
        tx.execute(
            sa.update(table)
            .where(table.c.id == self._id("address", _network(address)), table.c.failures > 0)
            .values(failures=table.c.failures - 1, until=tx.time)
        )

    def forgive(self, tx: Transaction, name: str, what: What = "name") -> None:
        """Forget what failed for a name."""
        tx.execute(sa.delete(table).where(table.c.id == self._id(what, name)))

    def _count(self, tx: Transaction, id: str, count: int, free: int) -> None:
        until = tx.time + wait_after(count, free)
        values = {"failures": count, "last": tx.time, "until": until}
        tx.execute(sa.update(table).where(table.c.id == id).values(values))

    def _id(self, kind: str, value: str) -> str:
        return hmac.digest(self._key, f"{kind}\0{value}".encode(), "sha256").hex()


def wait_after(count: int, free: int) -> timedelta:
    """How long the next attempt has to wait after so many failures in a row.

    >>> [str(wait_after(count, 5)) for count in (4, 5, 6, 10, 60)]
    ['0:00:00', '0:00:01', '0:00:02', '0:00:32', '0:15:00']
    """
    if count < free:
        return timedelta(0)
    return min(timedelta(seconds=2.0 ** min(count - free, 30)), LONGEST_WAIT)


_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"),
             ("Chromium", "Chrome"), ("Safari", "Safari"))  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iOS"), ("Windows", "Windows"),
            ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip


def family(user_agent: str) -> str:
    """Browser and system that a browser says it is; nothing that tells one from its like.

    >>> family("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
    'Firefox, Linux'
    >>> family("curl/8.1")
    ''
    """
    browser = next((name for mark, name in _BROWSERS if f"{mark}/" in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return ", ".join(part for part in (browser, system) if part)


def _network(address: str) -> str:
    """Who can be told apart by an address: of IPv6 only the network belongs to one place."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _too_many(wait: timedelta) -> ServiceError:
    seconds = max(1, -(-int(wait.total_seconds() * 1000) // 1000))
    return ServiceError(
        "rate-limited",
        f"Too many attempts failed. Try again in {seconds} seconds.",
        zh=f"失败次数过多，请在 {seconds} 秒后重试。",
        retry_after=seconds,
    )

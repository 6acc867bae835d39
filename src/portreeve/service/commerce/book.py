"""The ledger in the store: entries are added, and never changed.

Nothing here updates or deletes; what was wrong gets a counter-entry. Whoever posts holds a lock on
the subject of the entries, so that of two who post one key the second finds it there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from portreeve.commerce.ledger import Account, Entry, Posting, reversal
from portreeve.commerce.money import Money
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.commerce import ledger as schemas
from portreeve.service.actor import Actor
from portreeve.service.bulk import fetch_in
from portreeve.service.context import Context
from portreeve.service.sanctions import sequence
from portreeve.store import Transaction
from portreeve.store.tables.trade import ledger_entries, ledger_postings

_SHOWN_UNBALANCED = 100


class Book:
    """Every entry of the ledger."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def entries(self, actor: Actor, query: schemas.LedgerQuery) -> Page[schemas.LedgerEntry]:
        """Entries with their postings, the newest first."""
        actor.need(Scope.ledger)
        e = ledger_entries
        wanted = sa.select(e).order_by(e.c.seq.desc()).limit(query.limit + 1)
        if query.subject is not None:
            wanted = wanted.where(e.c.subject == query.subject)
        if query.cursor is not None:
            wanted = wanted.where(e.c.seq < sequence(query.cursor))
        with self._context.database.read() as connection:
            rows = connection.execute(wanted).mappings().all()
            shown = rows[: query.limit]
            moved = _postings(connection, [row["key"] for row in shown])
        return Page(
            items=[_shown(row, moved[row["key"]]) for row in shown],
            next=str(shown[-1]["seq"]) if len(rows) > query.limit else None,
        )

    def balances(self, actor: Actor, of: str) -> schemas.Balances:
        """What lies in the accounts of money of somebody, or of a deal."""
        actor.need(Scope.ledger)
        p = ledger_postings.c
        held = sa.func.sum(p.minor)
        wanted = (
            sa.select(p.purpose, p.currency, held.label("minor"))
            .where(p.of == of)
            .group_by(p.purpose, p.currency)
            .having(held != 0)
            .order_by(p.purpose, p.currency)
        )
        with self._context.database.read() as connection:
            rows = connection.execute(wanted).all()
        return schemas.Balances(
            items=[
                schemas.Balance(
                    purpose=row.purpose, of=of, amount=amount(Money(int(row.minor), row.currency))
                )
                for row in rows
            ]
        )

    def trial(self, actor: Actor) -> schemas.Trial:
        """Whether every entry that is stored comes to zero; somebody may have changed a table."""
        actor.need(Scope.ledger)
        p = ledger_postings.c
        wrong = (
            sa.select(p.entry)
            .group_by(p.entry, p.currency)
            .having(sa.func.sum(p.minor) != 0)
            .distinct()
            .order_by(p.entry)
            .limit(_SHOWN_UNBALANCED)
        )
        with self._context.database.snapshot() as connection:
            count = connection.execute(sa.select(sa.func.count()).select_from(ledger_entries))
            found = list(connection.execute(wrong).scalars())
            return schemas.Trial(entries=count.scalar_one(), balanced=not found, unbalanced=found)

    def post(self, tx: Transaction, entries: Sequence[Entry], *, subject: str, by: str) -> int:
        """Write the entries whose key is not there yet; how many. The caller holds the lock."""
        there = {
            row["key"]
            for row in fetch_in(
                tx.connection,
                sa.select(ledger_entries.c.key),
                ledger_entries.c.key,
                [entry.key for entry in entries],
            )
        }
        fresh = [entry for entry in entries if entry.key not in there]
        if not fresh:
            return 0
        tx.execute(
            sa.insert(ledger_entries),
            [
                {
                    "key": entry.key, "why": entry.why, "subject": subject,
                    "reverses": entry.reverses, "time": tx.time, "by": by,
                }
                for entry in fresh
            ],
        )  # fmt: skip
        tx.execute(
            sa.insert(ledger_postings),
            [
                {
                    "entry": entry.key, "line": line, "purpose": posting.account.purpose,
                    "of": posting.account.of, "minor": posting.money.minor,
                    "currency": posting.money.currency,
                }
                for entry in fresh
                for line, posting in enumerate(entry.postings)
            ],
        )  # fmt: skip
        return len(fresh)

    def reverse(
        self, tx: Transaction, keys: Mapping[str, str], *, why: str, subject: str, by: str
    ) -> int:
        """Post the counter-entries of entries; how many were new. ``keys``: of each its own."""
        counter = [reversal(entry, keys[entry.key], why) for entry in self.read(tx, keys)]
        return self.post(tx, counter, subject=subject, by=by)

    def read(self, tx: Transaction, keys: Iterable[str]) -> list[Entry]:
        """Entries as they are stored."""
        listed = list(keys)
        e = ledger_entries
        moved = _postings(tx.connection, listed)
        return [
            Entry(row["key"], row["why"], tuple(map(_posting, moved[row["key"]])), row["reverses"])
            for row in fetch_in(tx.connection, sa.select(e), e.c.key, listed)
        ]


def amount(money: Money) -> schemas.Amount:
    """A sum as an answer."""
    return schemas.Amount(minor=money.minor, currency=money.currency, shown=str(money))


def _postings(connection: sa.Connection, keys: Sequence[str]) -> Mapping[str, list[Any]]:
    p = ledger_postings
    found: dict[str, list[Any]] = defaultdict(list)
    wanted = sa.select(p).order_by(p.c.entry, p.c.line)
    for row in fetch_in(connection, wanted, p.c.entry, keys):
        found[row["entry"]].append(row)
    return found


def _posting(row: Mapping[Any, Any]) -> Posting:
    return Posting(Account(row["purpose"], row["of"]), Money(row["minor"], row["currency"]))


def _shown(row: Mapping[Any, Any], moved: Sequence[Any]) -> schemas.LedgerEntry:
    return schemas.LedgerEntry(
        **{name: row[name] for name in ("key", "why", "subject", "reverses", "time", "by")},
        postings=[
            schemas.LedgerPosting(
                purpose=one["purpose"], of=one["of"], amount=amount(_posting(one).money)
            )
            for one in moved
        ],
    )

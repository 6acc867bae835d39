"""The ledger in the store: entries are added, and never changed.

Nothing here updates or deletes; what was wrong gets a counter-entry. Whoever posts holds a lock on
the subject of the entries, so that of two who post one key the second finds it there.
"""

from __future__ import annotations

import base64
import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.commerce.ledger import Account, Entry, Posting, reversal
from portreeve.commerce.money import Money
from portreeve.files.cells import cell
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.commerce import ledger as schemas
from portreeve.service.actor import Actor
from portreeve.service.bulk import fetch_in
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.sanctions import sequence
from portreeve.store import Transaction
from portreeve.store.tables.trade import ledger_entries, ledger_postings

_SHOWN_UNBALANCED = 100
EXPORTED = 20_000
"""Entries in one file; more come in parts."""
_COLUMNS = ("number", "key", "time", "why", "subject", "reverses", "by", "line", "purpose", "of",
            "minor", "currency", "amount")  # fmt: skip


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

    def accounts(self, actor: Actor, query: schemas.AccountQuery) -> Page[schemas.Balance]:
        """Every account of money that is not at zero, by purpose and owner."""
        actor.need(Scope.ledger)
        p = ledger_postings.c
        held = sa.func.sum(p.minor)
        place = sa.tuple_(p.purpose, p.of, p.currency)
        wanted = (
            sa.select(p.purpose, p.of, p.currency, held.label("minor"))
            .group_by(p.purpose, p.of, p.currency)
            .having(held != 0)
            .order_by(p.purpose, p.of, p.currency)
            .limit(query.limit + 1)
        )
        if query.purpose is not None:
            wanted = wanted.where(p.purpose == query.purpose)
        if query.cursor is not None:
            wanted = wanted.where(place > sa.tuple_(*_account_at(query.cursor)))
        with self._context.database.read() as connection:
            rows = connection.execute(wanted).all()
        shown = [
            schemas.Balance(
                purpose=row.purpose, of=row.of, amount=amount(Money(int(row.minor), row.currency))
            )
            for row in rows[: query.limit]
        ]
        return Page(items=shown, next=_cursor_of(shown[-1]) if len(rows) > query.limit else None)

    def totals(self, actor: Actor) -> schemas.PurposeTotals:
        """What lies in all accounts of money, by purpose; it comes to zero in each currency."""
        actor.need(Scope.ledger)
        p = ledger_postings.c
        minor = sa.func.sum(p.minor).label("minor")
        each = (
            sa.select(p.purpose, p.currency, minor).group_by(p.purpose, p.of, p.currency).subquery()
        )
        whole = sa.func.sum(each.c.minor)
        counted = sa.func.sum(sa.case((each.c.minor != 0, 1), else_=0))
        wanted = (
            sa.select(
                each.c.purpose, each.c.currency, whole.label("minor"), counted.label("accounts")
            )
            .group_by(each.c.purpose, each.c.currency)
            .order_by(each.c.currency, each.c.purpose)
        )
        with self._context.database.read() as connection:
            rows = connection.execute(wanted).all()
        return schemas.PurposeTotals(
            items=[
                schemas.PurposeTotal(
                    purpose=row.purpose,
                    accounts=int(row.accounts),
                    amount=amount(Money(int(row.minor), row.currency)),
                )
                for row in rows
            ]
        )

    def export(self, actor: Actor, after: int = 0) -> schemas.LedgerPart:
        """The entries after one of them as CSV, a line for each posting, at most ``EXPORTED``
        entries. It is noted.
        """
        actor.need(Scope.ledger)
        e = ledger_entries
        wanted = sa.select(e).where(e.c.seq > after).order_by(e.c.seq).limit(EXPORTED + 1)
        with self._context.database.snapshot() as connection:
            rows = connection.execute(wanted).mappings().all()
            part = rows[:EXPORTED]
            moved = _postings(connection, [row["key"] for row in part])
        first, last = (part[0]["seq"], part[-1]["seq"]) if part else (0, 0)
        with self._context.database.write() as tx:
            tx.audit(actor.name, "ledger.export", "ledger", first=first, last=last)
        return schemas.LedgerPart(
            lines=_as_csv(part, moved), first=first, last=last, more=len(rows) > EXPORTED
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


def _cursor_of(balance: schemas.Balance) -> str:
    place = (balance.purpose, balance.of, balance.amount.currency)
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def _account_at(cursor: str) -> tuple[str, str, str]:
    """The account of money that a cursor names.

    Raises:
        ServiceError: ``invalid``.
    """
    try:
        packed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(packed, type=tuple[str, str, str])
    except (ValueError, msgspec.MsgspecError):
        raise ServiceError(
            "invalid", "`cursor` is not one. Give `next` of the page before.", field="cursor"
        ) from None


def _as_csv(entries: Sequence[Mapping[Any, Any]], moved: Mapping[str, list[Any]]) -> bytes:
    file = io.StringIO()
    write = csv.writer(file)
    write.writerow(_COLUMNS)
    for entry in entries:
        told = (entry["why"], entry["subject"], entry["reverses"] or "", entry["by"])
        for one in moved[entry["key"]]:
            money = _posting(one).money
            shown = str(money).partition(" ")[0]
            write.writerow([
                entry["seq"], cell(entry["key"]), entry["time"].isoformat(), *map(cell, told),
                one["line"], one["purpose"], cell(one["of"]), money.minor, money.currency, shown,
            ])  # fmt: skip
    return file.getvalue().encode("utf-8-sig")


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

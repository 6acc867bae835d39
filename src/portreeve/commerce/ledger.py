"""Double entry: what leaves one account arrives in another, and nothing is ever rubbed out.

An entry's postings come to zero in every currency. What was wrong is put right by a counter-entry,
which names the entry that it reverses; an entry is reversed once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from portreeve.commerce.money import Money


class LedgerError(ValueError):
    """Entries that no ledger can hold. Nothing of them counts."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where money lies or is owed: what it is for, and whose it is.

    >>> str(Account("held", "deal-1"))
    'held:deal-1'
    """

    purpose: str
    of: str

    def __str__(self) -> str:
        return f"{self.purpose}:{self.of}"


@dataclass(frozen=True, slots=True)
class Posting:
    """Money that comes into an account; that leaves it when it is below zero."""

    account: Account
    money: Money


@dataclass(frozen=True, slots=True)
class Entry:
    """Postings that belong together. ``key`` names the entry: posted again, it counts once.

    >>> buyer, held = Account("buyer", "lin"), Account("held", "deal-1")
    >>> paid = transfer("join:1", "joined", buyer, held, Money(9_900, "CNY"))
    >>> [(str(p.account), str(p.money)) for p in paid.postings]
    [('buyer:lin', '-99.00 CNY'), ('held:deal-1', '99.00 CNY')]
    """

    key: str
    why: str
    postings: tuple[Posting, ...]
    reverses: str | None = None

    def __post_init__(self) -> None:
        if not self.postings or not all(posting.money for posting in self.postings):
            raise LedgerError(f"the entry {self.key} moves nothing, or posts nothing somewhere")
        for currency, minor in _sums(self.postings).items():
            if minor:
                raise LedgerError(f"{self.key} does not balance: {Money(minor, currency)} is over")


def transfer(key: str, why: str, source: Account, target: Account, money: Money) -> Entry:
    """Money from one account to another."""
    return Entry(key, why, (Posting(source, -money), Posting(target, money)))


def reversal(entry: Entry, key: str, why: str) -> Entry:
    """The counter-entry: every posting with the other sign.

    Raises:
        LedgerError: the entry is a counter-entry itself; post anew what it reversed.
    """
    if entry.reverses is not None:
        raise LedgerError(f"the entry {entry.key} is a reversal: post anew what it reversed")
    undone = tuple(Posting(posting.account, -posting.money) for posting in entry.postings)
    return Entry(key, why, undone, reverses=entry.key)


Balances = dict[tuple[Account, str], int]
"""Minor units by account and currency; accounts at zero are left out."""


def balances(entries: Iterable[Entry]) -> Balances:
    """What lies in each account, in whatever order the entries came.

    Raises:
        LedgerError: two entries have one key, or a reversal is not one of an entry given, or not
            its first.
    """
    known: dict[str, Entry] = {}
    for entry in entries:
        if entry.key in known:
            raise LedgerError(f"two entries are named {entry.key}")
        known[entry.key] = entry
    _check_reversals(known)
    found: dict[tuple[Account, str], int] = defaultdict(int)
    for entry in known.values():
        for posting in entry.postings:
            found[posting.account, posting.money.currency] += posting.money.minor
    return {where: minor for where, minor in found.items() if minor}


def _check_reversals(known: dict[str, Entry]) -> None:
    reversed_by: dict[str, str] = {}
    for entry in known.values():
        if entry.reverses is None:
            continue
        first = known.get(entry.reverses)
        if first is None or reversal(first, entry.key, entry.why) != entry:
            raise LedgerError(f"{entry.key} reverses {entry.reverses}, of which it is no mirror")
        if entry.reverses in reversed_by:
            raise LedgerError(f"{entry.reverses} was reversed by {reversed_by[entry.reverses]}")
        reversed_by[entry.reverses] = entry.key


def _sums(postings: Iterable[Posting]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for posting in postings:
        found[posting.money.currency] += posting.money.minor
    return found

"""The ledger in the store: added to, never changed; posted again, an entry counts once."""

import csv
import io
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portreeve.commerce.ledger import Account, balances, reversal, transfer
from portreeve.commerce.money import Money
from portreeve.schemas.commerce.ledger import AccountQuery, LedgerQuery
from portreeve.service.commerce import book as module
from portreeve.service.commerce.book import Book
from portreeve.store.tables.core import audit
from portreeve.store.tables.trade import ledger_entries, ledger_postings
from service.desk import refusal
from service.factories import ANN

SOURCE = Path(__file__).parents[2] / "src" / "portreeve"
FEE = Money(1_200, "CNY")


def entry(key="pay-1", of="lin", money=FEE):
    return transfer(key, "joined", Account("buyer", of), Account("held", "deal"), money)


@pytest.fixture
def book(context):
    return Book(context)


def post(book, *entries, subject="deal"):
    with book._context.database.write() as tx:
        return book.post(tx, entries, subject=subject, by="ann")


def test_posted_again_it_counts_once(book):
    assert post(book, entry(), entry("pay-2", "wei")) == 2
    assert post(book, entry(), entry("pay-3", "bo")) == 1
    assert book.trial(ANN).entries == 3
    [held] = book.balances(ANN, "deal").items
    assert held.amount.shown == "36.00 CNY"


def test_a_counter_entry_is_posted_once(book):
    post(book, entry())
    for _ in range(2):
        with book._context.database.write() as tx:
            book.reverse(tx, {"pay-1": "back"}, why="left", subject="deal", by="ann")
    assert [one.reverses for one in book.entries(ANN, LedgerQuery()).items] == ["pay-1", None]
    assert book.balances(ANN, "deal").items == book.balances(ANN, "lin").items == []


def test_an_entry_cannot_be_reversed_under_two_keys(book):
    post(book, entry())
    with book._context.database.write() as tx:
        book.reverse(tx, {"pay-1": "back"}, why="left", subject="deal", by="ann")
    with pytest.raises(sa.exc.IntegrityError), book._context.database.write() as tx:
        book.reverse(tx, {"pay-1": "again"}, why="left", subject="deal", by="ann")
    assert book.trial(ANN).entries == 2


def test_a_transaction_that_fails_leaves_nothing_of_an_entry(book):
    def fail():
        with book._context.database.write() as tx:
            book.post(tx, [entry()], subject="deal", by="ann")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert book.trial(ANN).entries == 0
    assert book.balances(ANN, "lin").items == []


drawn = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(1, 10**12), st.sampled_from(["CNY", "JPY"]),
              st.booleans()), max_size=8,
)  # fmt: skip


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn)
def test_what_is_stored_is_what_was_posted(book, history):
    with book._context.database.write() as tx:
        tx.execute(sa.delete(ledger_postings))
        tx.execute(sa.delete(ledger_entries))
    entries = []
    for at, (of, minor, currency, undone) in enumerate(history):
        one = entry(f"e{at}", of, Money(minor, currency))
        entries += [one, reversal(one, f"r{at}", "wrong")] if undone else [one]
    post(book, *entries)
    stored = {
        (Account(one.purpose, of), one.amount.currency): one.amount.minor
        for of in ("a", "b", "c", "deal")
        for one in book.balances(ANN, of).items
    }
    assert stored == balances(entries)
    assert book.trial(ANN).balanced


def test_entries_are_paged(book):
    post(book, *(entry(f"pay-{at}") for at in range(5)))
    post(book, entry("other"), subject="another")
    first = book.entries(ANN, LedgerQuery(subject="deal", limit=3))
    second = book.entries(ANN, LedgerQuery(subject="deal", limit=3, cursor=first.next))
    assert [one.key for one in (*first.items, *second.items)] == [
        f"pay-{at}" for at in (4, 3, 2, 1, 0)
    ]
    assert second.next is None
    assert refusal(lambda: book.entries(ANN, LedgerQuery(cursor="x")))[0] == "invalid"


def test_no_code_changes_or_deletes_an_entry():
    changing = re.compile(r"(?:update|delete)\(\s*(?:trade\.)?ledger_(?:entries|postings)")
    found = [path.name for path in SOURCE.rglob("*.py") if changing.search(path.read_text("utf-8"))]
    assert found == []
    kept = (SOURCE / "service" / "retention.py").read_text("utf-8")
    assert "ledger_" not in kept


def test_accounts_of_money_and_their_totals(book):
    post(book, entry(), entry("pay-2", "wei"), entry("pay-3", "bo", Money(500, "JPY")))
    with book._context.database.write() as tx:
        book.reverse(tx, {"pay-2": "back"}, why="left", subject="deal", by="ann")
    query, found = AccountQuery(limit=2), []
    while True:
        page = book.accounts(ANN, query)
        found += [(one.purpose, one.of, one.amount.shown) for one in page.items]
        if page.next is None:
            break
        query = AccountQuery(limit=2, cursor=page.next)
    assert found == [
        ("buyer", "bo", "-500 JPY"), ("buyer", "lin", "-12.00 CNY"),
        ("held", "deal", "12.00 CNY"), ("held", "deal", "500 JPY"),
    ]  # fmt: skip
    only = book.accounts(ANN, AccountQuery(purpose="held")).items
    assert [one.of for one in only] == ["deal", "deal"]
    totals = book.totals(ANN).items
    assert [(one.purpose, one.accounts, one.amount.minor) for one in totals] == [
        ("buyer", 1, -1_200), ("held", 1, 1_200), ("buyer", 1, -500), ("held", 1, 500),
    ]  # fmt: skip
    assert refusal(lambda: book.accounts(ANN, AccountQuery(cursor="x")))[0] == "invalid"


def test_the_ledger_as_a_file(book, monkeypatch):
    post(book, entry(of="=1+1"), entry("pay-2"), entry("pay-3"))
    monkeypatch.setattr(module, "EXPORTED", 2)
    part = book.export(ANN)
    assert (part.first, part.last, part.more) == (1, 2, True)
    rows = list(csv.DictReader(io.StringIO(part.lines.decode("utf-8-sig"))))
    assert [(row["key"], row["purpose"], row["of"], row["minor"], row["amount"]) for row in rows
            ] == [
        ("pay-1", "buyer", "'=1+1", "-1200", "-12.00"), ("pay-1", "held", "deal", "1200", "12.00"),
        ("pay-2", "buyer", "lin", "-1200", "-12.00"), ("pay-2", "held", "deal", "1200", "12.00"),
    ]  # fmt: skip
    rest = book.export(ANN, part.last)
    assert (rest.first, rest.last, rest.more) == (3, 3, False)
    with book._context.database.read() as connection:
        noted = connection.execute(
            sa.select(audit.c.detail).where(audit.c.action == "ledger.export")
        ).scalars()
        assert list(noted) == [{"first": 1, "last": 2}, {"first": 3, "last": 3}]

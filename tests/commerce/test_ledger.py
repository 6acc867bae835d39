"""Double entry: sums are zero, a reversal restores, order does not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portreeve.commerce.ledger import (
    Account,
    Entry,
    LedgerError,
    Posting,
    balances,
    reversal,
    transfer,
)
from portreeve.commerce.money import Money, split

LIN, HELD = Account("buyer", "lin"), Account("held", "deal-1")
FEE = Money(9_900, "CNY")
PAID = transfer("join:lin", "joined", LIN, HELD, FEE)

accounts = st.builds(Account, st.sampled_from(["buyer", "held", "owed"]), st.sampled_from("abc"))
currencies = st.sampled_from(["CNY", "JPY"])


@st.composite
def entries(draw, key="e"):
    """A sum taken from one account and divided among others, in one or two currencies."""
    postings = []
    for currency in draw(st.lists(currencies, min_size=1, max_size=2, unique=True)):
        whole = Money(draw(st.integers(1, 10**9)), currency)
        parts = split(whole, draw(st.lists(st.integers(1, 9), min_size=1, max_size=4)))
        postings.append(Posting(draw(accounts), -whole))
        postings += [Posting(draw(accounts), part) for part in parts if part]
    return Entry(key, "drawn", tuple(postings))


@st.composite
def histories(draw):
    """Entries, some of them with their reversal."""
    listed = []
    for number in range(draw(st.integers(0, 8))):
        entry = draw(entries(key=f"e{number}"))
        listed.append(entry)
        if draw(st.booleans()):
            listed.append(reversal(entry, f"r{number}", "wrong"))
    return listed


@given(histories())
def test_all_accounts_together_come_to_zero(history):
    for currency in ("CNY", "JPY"):
        assert sum(m for (_, held), m in balances(history).items() if held == currency) == 0


@given(histories(), entries(key="new"))
def test_a_reversal_restores(history, entry):
    undone = reversal(entry, "undo", "wrong")
    assert balances([*history, entry, undone]) == balances(history)


@given(histories().flatmap(lambda h: st.tuples(st.just(h), st.permutations(h))))
def test_order_does_not_matter(both):
    first, second = both
    assert balances(first) == balances(second)


@pytest.mark.parametrize(
    ("reason", "postings"),
    [
        ("nothing", ()),
        ("one side only", (Posting(LIN, FEE),)),
        ("a unit is lost", (Posting(LIN, -FEE), Posting(HELD, Money(9_899, "CNY")))),
        ("two currencies never balance", (Posting(LIN, -FEE), Posting(HELD, Money(9_900, "JPY")))),
        ("a posting of nothing", (*PAID.postings, Posting(LIN, Money(0, "CNY")))),
    ],
)
def test_what_is_no_entry(reason, postings):
    with pytest.raises(LedgerError):
        Entry("wrong", "wrong", postings)


def test_what_no_ledger_holds():
    undone = reversal(PAID, "undo", "left")
    cases = {
        "two entries are named join:lin": [PAID, PAID],
        "of which it is no mirror": [undone],
        "join:lin was reversed by undo": [PAID, undone, reversal(PAID, "again", "left")],
    }
    for message, listed in cases.items():
        with pytest.raises(LedgerError, match=message):
            balances(listed)
    with pytest.raises(LedgerError, match="is a reversal: post anew"):
        reversal(undone, "back", "came back")
    other = Entry("undo", "left", transfer("x", "", HELD, LIN, FEE * 2).postings, "join:lin")
    with pytest.raises(LedgerError, match="no mirror"):
        balances([PAID, other])


def test_entries_cannot_be_changed():
    with pytest.raises(AttributeError):
        PAID.key = "other"
    with pytest.raises(AttributeError):
        PAID.postings[0].money = FEE

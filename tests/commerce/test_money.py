"""Money: exact, of one currency, divided without loss."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portreeve.commerce.money import Money, MoneyError, decimals, split, total

currencies = st.sampled_from(["CNY", "JPY", "KWD", "USD"])
sums = st.builds(Money, st.integers(-(10**12), 10**12), currencies)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)


@pytest.mark.parametrize(
    ("reason", "text", "minor"),
    [
        ("two decimals are usual", "99.00 CNY", 9_900),
        ("decimals may be left out", "500 CNY", 50_000),
        ("one decimal is tenths", "0.5 CNY", 50),
        ("yen have none", "500 JPY", 500),
        ("dinars have three", "1.234 KWD", 1_234),
        ("what is owed", "-0.01 CNY", -1),
    ],
)
def test_written_sums(reason, text, minor):
    assert Money.parse(text).minor == minor


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("more decimals than the currency has", "1.234 CNY"),
        ("decimals of a currency without", "1.5 JPY"),
        ("no currency", "99.00"),
        ("a currency in small letters", "99 cny"),
        ("a separator", "1,000 CNY"),
        ("an exponent", "1e3 CNY"),
        ("digits of another script", "９９ CNY"),
        ("a line after it", "99.00 CNY\n"),
    ],
)
def test_what_is_no_sum(reason, text):
    with pytest.raises(MoneyError):
        Money.parse(text)


@given(sums)
def test_a_sum_reads_as_it_is_written(money):
    assert Money.parse(str(money)) == money


@pytest.mark.parametrize("operation", ["__add__", "__sub__", "__lt__", "__le__"])
def test_two_currencies_do_not_mix(operation):
    with pytest.raises(MoneyError, match=r"1\.00 CNY and 100 JPY are of two currencies"):
        getattr(Money(100, "CNY"), operation)(Money(100, "JPY"))


def test_sums_are_ordered_and_added():
    one, two = Money(100, "CNY"), Money(250, "CNY")
    assert (one < two, two <= one, one <= Money(100, "CNY")) == (True, False, True)
    assert not one - one
    assert total([one, two, -one], "CNY") == Money(250, "CNY")
    assert total([], "JPY") == Money(0, "JPY")
    assert max(one * 3, two) == Money(300, "CNY")


@pytest.mark.parametrize(
    ("reason", "minor", "weights", "remainder", "parts"),
    [
        ("the first of equals", 100, [1, 1, 1], "largest", [34, 33, 33]),
        ("whoever was cut most", 100, [1, 5, 1], "largest", [14, 72, 14]),
        ("by place", 101, [1, 1, 1], "first", [34, 34, 33]),
        ("by place from the end", 101, [1, 1, 1], "last", [33, 34, 34]),
        ("never one who has no part", 100, [0, 1, 1, 1], "first", [0, 34, 33, 33]),
        ("what is owed likewise", -100, [1, 1, 1], "first", [-34, -33, -33]),
        ("fewer units than parts", 1, [5, 5], "last", [0, 1]),
    ],
)
def test_division(reason, minor, weights, remainder, parts):
    found = split(Money(minor, "CNY"), weights, remainder)
    assert [part.minor for part in found] == parts


@given(sums, weights, st.sampled_from(["largest", "first", "last"]))
def test_parts_come_to_the_sum_and_are_off_by_less_than_a_unit(whole, weights, remainder):
    parts = split(whole, weights, remainder)
    assert total(parts, whole.currency) == whole
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.minor - Fraction(whole.minor * weight, sum(weights))) < 1
        assert weight or not part


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_what_cannot_be_divided_by(weights):
    with pytest.raises(MoneyError, match="not all 0"):
        split(Money(100, "CNY"), weights)


def test_decimals():
    assert [decimals(name) for name in ("CNY", "JPY", "KWD")] == [2, 0, 3]

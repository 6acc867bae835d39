"""Money: whole minor units of one currency, never a fraction of one.

Division is exact: what does not come out even is handed out unit by unit, by a rule that is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Remainder = Literal["largest", "first", "last"]
"""Who gets the units that are left over: those whose part was cut most, or by their place."""

DECIMALS = {
    "BHD": 3, "CLP": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "LYD": 3,
    "OMR": 3, "PYG": 0, "TND": 3, "UGX": 0, "VND": 0, "XAF": 0, "XOF": 0,
}  # fmt: skip
"""Decimals of currencies that do not have two (ISO 4217)."""

_WRITTEN = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,3}))? ([A-Z]{3})")


class MoneyError(ValueError):
    """Sums that cannot be reckoned with: of two currencies, or written wrongly."""


@dataclass(frozen=True, slots=True)
class Money:
    """A sum. ``minor``: in the smallest unit, such as fen or cents; below zero is owed.

    >>> Money(9_900, "CNY") + Money(50_000, "CNY")
    Money(minor=59900, currency='CNY')
    >>> print(Money(59_900, "CNY"))
    599.00 CNY
    """

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str) -> Money:
        """A sum as :func:`str` writes it.

        Raises:
            MoneyError: it is written otherwise, or has more decimals than the currency.

        >>> Money.parse("500.00 CNY"), Money.parse("500 JPY")
        (Money(minor=50000, currency='CNY'), Money(minor=500, currency='JPY'))
        """
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise MoneyError(f"`{text}` is not a sum of money")
        sign, whole, part, currency = found.groups(default="")
        places = decimals(currency)
        if len(part) > places:
            raise MoneyError(f"{currency} has {places} decimals")
        minor = int(whole) * 10**places + int((part or "0").ljust(places, "0") if places else 0)
        return cls(-minor if sign else minor, currency)

    def __str__(self) -> str:
        places = decimals(self.currency)
        whole, part = divmod(abs(self.minor), 10**places)
        shown = f"{whole}.{part:0{places}}" if places else f"{whole}"
        return f"{'-' if self.minor < 0 else ''}{shown} {self.currency}"

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.minor * times, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other).minor

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise MoneyError(f"{self} and {other} are of two currencies")
        return other


def decimals(currency: str) -> int:
    """How many decimals a currency has.

    >>> decimals("CNY"), decimals("JPY")
    (2, 0)
    """
    return DECIMALS.get(currency, 2)


def total(sums: Iterable[Money], currency: str) -> Money:
    """What sums come to; nothing, of ``currency``, when there are none.

    Raises:
        MoneyError: one is of another currency.
    """
    return sum(sums, start=Money(0, currency))


def split(whole: Money, weights: Sequence[int], remainder: Remainder = "largest") -> list[Money]:
    """A sum in parts that stand to each other as ``weights`` and come to the sum exactly.

    Every part is the exact one cut off to a whole unit; each unit left over goes to one part whose
    weight is not 0. ``largest``: to the parts that were cut most, the first among equals;
    ``first`` and ``last``: by place.

    Raises:
        MoneyError: a weight is below 0, or all are 0.

    >>> [str(part) for part in split(Money(10_000, "CNY"), [1, 1, 1])]
    ['33.34 CNY', '33.33 CNY', '33.33 CNY']
    """
    of = sum(weights)
    if of <= 0 or min(weights) < 0:
        raise MoneyError("weights are 0 or more, and not all 0")
    sign = -1 if whole.minor < 0 else 1
    exact = [Fraction(abs(whole.minor) * weight, of) for weight in weights]
    parts = [int(part) for part in exact]
    places = [at for at, weight in enumerate(weights) if weight]
    if remainder == "last":
        places.reverse()
    elif remainder == "largest":
        places.sort(key=lambda at: parts[at] - exact[at])
    for at in places[: abs(whole.minor) - sum(parts)]:
        parts[at] += 1
    return [Money(sign * part, whole.currency) for part in parts]

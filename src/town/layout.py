"""Who lives where in the town, and as what: worked out from the seed and a number, never kept.

The town has districts of about a thousand accounts. In each, every account has a slot; slots of
one kind lie side by side, and which account has which slot is scattered by the seed, so that
neither an id nor a place in a file tells what somebody is.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator

import msgspec

from town.chance import Chance, key, mix

DISTRICT = 1000
LEVELS = 4
"""Levels of a tree of agents, its leader among them."""
_AT_HOME = ("person", "student", "graduate")
_ADVERTISERS = ("hospital", "quack", "shoe_shop")


class Plan(msgspec.Struct, frozen=True):
    """How large a town is, and its seed."""

    accounts: int
    seed: int

    @property
    def districts(self) -> int:
        """How many districts it has."""
        return max(1, self.accounts // DISTRICT)

    def district(self, number: int) -> District:
        """One district."""
        return _district(self.accounts, self.seed, number)

    def all_districts(self) -> Iterator[District]:
        """One after another."""
        return (self.district(number) for number in range(self.districts))

    def id(self, account: int) -> str:
        """The name that everybody knows an account by."""
        return f"u-{mix((account + key('account', self.seed)) % 2**64):016x}"


class District(msgspec.Struct, frozen=True):
    """Accounts from ``first`` on, ``size`` of them, and what each slot is."""

    number: int
    seed: int
    first: int
    size: int
    roles: tuple[str, ...]
    """The role of each slot."""
    slots: tuple[int, ...]
    """The slot of each account, by its place in the district."""
    holders: tuple[int, ...]
    """The place of each slot's account."""
    circles: tuple[tuple[int, ...], ...]
    """People who know each other from school or work, by place."""
    circle_of: tuple[int, ...]
    at_home: tuple[bool, ...]
    """Whether each account shares a roof with its neighbours."""

    def role(self, place: int) -> str:
        """What the account at a place is."""
        return self.roles[self.slots[place]]

    def places(self, *roles: str) -> list[int]:
        """Where accounts of some roles are, in the order of their slots."""
        return [self.holders[slot] for slot, role in enumerate(self.roles) if role in roles]

    def household(self, place: int) -> list[int]:
        """Who lives under one roof with an account, itself among them."""
        if not self.at_home[place]:
            return [place]
        first = place // 4 * 4
        return [at for at in range(first, min(first + 4, self.size)) if self.at_home[at]]


def upline(seed: int, district: int, slot: int) -> int | None:
    """The slot of an agent's upline; None for the leader, who has slot 0.

    >>> [upline(1, 0, slot) for slot in range(8)]
    [None, 0, 0, 1, 3, 0, 0, 1]
    """
    if slot < 5:
        return (None, 0, 0, 1, 3)[slot]
    above = Chance("upline", seed, district, slot).below(slot)
    while level(seed, district, above) >= LEVELS - 1:
        above = upline(seed, district, above) or 0
    return above


def level(seed: int, district: int, slot: int) -> int:
    """How many uplines are above an agent.

    >>> [level(1, 0, slot) for slot in range(8)]
    [0, 1, 1, 2, 3, 1, 1, 2]
    """
    above = upline(seed, district, slot)
    return 0 if above is None else 1 + level(seed, district, above)


@functools.lru_cache(maxsize=4)
def _district(accounts: int, seed: int, number: int) -> District:
    count = max(1, accounts // DISTRICT)
    first = accounts * number // count
    size = accounts * (number + 1) // count - first
    quotas = {
        "agent": max(12, size * 4 // 100),
        "seller": max(2, size * 3 // 100),
        "shop": max(1, size // 300),
        "anchor": max(1, size // 500),
        "student": size * 15 // 100,
        "graduate": size * 2 // 100,
    }
    roles = [role for role, many in quotas.items() for _ in range(many)]
    roles += _ADVERTISERS if number == 0 else ()
    roles += ["person"] * (size - len(roles))
    slots = _scattered(Chance("slots", seed, number), size)
    holders = [0] * size
    for place, slot in enumerate(slots):
        holders[slot] = place
    met = _scattered(Chance("circles", seed, number), size)
    circle_of = [at // 25 for at in met]
    circles: list[list[int]] = [[] for _ in range(size // 25 + 1)]
    for place, circle in enumerate(circle_of):
        circles[circle].append(place)
    return District(
        number=number,
        seed=seed,
        first=first,
        size=size,
        roles=tuple(roles),
        slots=tuple(slots),
        holders=tuple(holders),
        circles=tuple(tuple(circle) for circle in circles),
        circle_of=tuple(circle_of),
        at_home=tuple(
            roles[slots[place]] in _AT_HOME and Chance("home", seed, first + place).hit(0.8)
            for place in range(size)
        ),
    )


def _scattered(chance: Chance, size: int) -> list[int]:
    """Each number below ``size`` once, out of order."""
    step = chance.between(size // 3, size - 1) | 1
    while math.gcd(step, size) != 1:
        step += 2
    shift = chance.below(size)
    return [(step * at + shift) % size for at in range(size)]

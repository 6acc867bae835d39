"""A whole town, handed out piece by piece; no piece is larger than a district's day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import msgspec

from town.layout import District, Plan, level, upline
from town.people import Person, person
from town.posts import Diary, Written, campus_of
from town.second import Second
from town.sellers import First, Sellers
from town.ties import Relation, Ties

UNTIL = "2014-06-01"
"""The day after the last one, when nobody names another: the day of the ban."""
LEAST, MOST = 100, 1_000_000
_ZONE = timezone(timedelta(hours=8))
_SELLERS: dict[str, type[First] | type[Second]] = {"first": First, "second": Second}


class AccountTruth(msgspec.Struct, frozen=True):
    """What somebody really is: a row of the truth."""

    account: str
    role: str
    kind: str | None
    goods: str | None
    handle: str | None
    phone: str | None
    tree: str | None
    upline: str | None
    level: int | None
    campus: str | None


class Town:
    """An invented town.

    >>> town = Town(accounts=100, days=7, seed=1)
    >>> sum(1 for district in town.districts() for _ in town.people(district))
    100
    """

    def __init__(
        self, *, accounts: int, days: int, seed: int, sellers: str = "first", until: str = UNTIL
    ) -> None:
        self.plan = Plan(accounts, seed)
        self.days = days
        self._until = datetime.fromisoformat(until).replace(tzinfo=_ZONE)
        self._begin = self._until - timedelta(days=days)
        self._sellers: Sellers = _SELLERS[sellers]()
        self._ties = Ties(self.plan, self._begin)

    def districts(self) -> Iterator[District]:
        """Its districts, one after another."""
        return self.plan.all_districts()

    def people(self, district: District) -> Iterator[Person]:
        """The accounts of a district, as the network shows them."""
        for place in range(district.size):
            yield person(self.plan, district, place, self._sellers, self._begin)

    def relations(self, district: District) -> Iterator[Relation]:
        """The ties that begin in a district."""
        yield from self._ties.friendships(district)
        yield from self._ties.gathered(district)

    def truth(self, district: District) -> Iterator[AccountTruth]:
        """What the accounts of a district are that are not simply people."""
        diary = self._diary(district)
        for place in range(district.size):
            role = district.role(place)
            if role == "person":
                continue
            own = diary.trade(place)
            slot = district.slots[place]
            tree = above = depth = None
            if role == "agent":
                tree = f"tree-{district.number}"
                higher = upline(self.plan.seed, district.number, slot)
                above = None if higher is None else district.holders[higher]
                depth = level(self.plan.seed, district.number, slot)
            yield AccountTruth(
                account=self.plan.id(district.first + place),
                role=role,
                kind=own.kind if own else None,
                goods=own.goods if own else None,
                handle=own.handle if own else None,
                phone=own.phone if own else None,
                tree=tree,
                upline=None if above is None else self.plan.id(district.first + above),
                level=depth,
                campus=campus_of(self.plan, district, place)
                if role in ("student", "graduate")
                else None,
            )

    def posts(self, district: District) -> Iterator[list[Written]]:
        """What is written in a district: first the lines about oneself, then day by day."""
        diary = self._diary(district)
        yield sorted(
            diary.profiles(list(self.people(district))), key=lambda one: (one[0].time, one[0].id)
        )
        for day in range(self.days):
            yield diary.day(day)

    def _diary(self, district: District) -> Diary:
        return Diary(self.plan, district, self._sellers, self._ties, self._begin)


def utc(time: str) -> datetime:
    """A time of the town's."""
    return datetime.fromisoformat(time).astimezone(UTC)

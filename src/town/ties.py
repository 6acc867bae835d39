"""Who knows whom: households, circles, and acquaintances far and wide with a heavy tail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from town.chance import Chance, key
from town.layout import District, Plan, upline

_HALF = 1 << 64


class Relation(msgspec.Struct, frozen=True):
    """A tie of an account to another, a group or a public account: a row of ``relations``."""

    kind: str
    """friend, member or follower."""
    account: str
    other: str
    since: str


class Ties:
    """The ties of a town."""

    def __init__(self, plan: Plan, until: datetime) -> None:
        self._plan = plan
        self._until = until

    def near(self, district: District, place: int) -> list[int]:
        """Friends of the same household and circle, and the upline, by their places."""
        found = self._met(district, place)
        above = self._upline(district, place)
        return found if above is None or above in found else [*found, above]

    def friendships(self, district: District) -> Iterator[Relation]:
        """Every friendship that begins in a district, each pair once."""
        first = district.first
        wide = [self._wide(first + place, district) for place in range(district.size)]
        for place in range(district.size):
            account = first + place
            met = set(self._met(district, place))
            for at in sorted(met):
                if at > place:
                    yield self._friends(account, first + at)
            above = self._upline(district, place)
            if above is not None and above not in met:
                yield self._friends(account, first + above)
            for other in sorted(wide[place]):
                at = other - first
                if 0 <= at < district.size and (
                    at in met
                    or at == above
                    or self._upline(district, at) == place
                    or (account in wide[at] and other < account)
                ):
                    continue
                yield self._friends(account, other)

    def gathered(self, district: District) -> Iterator[Relation]:
        """Members of the groups of anchors, and followers of the public accounts of shops."""
        for place in district.places("anchor"):
            for group in self.groups(district, place):
                yield from self._draw("member", group, district, least=6.0)
        for place in district.places("shop", "shoe_shop", "hospital"):
            yield from self._draw("follower", self.public_account(district, place), district, 9.0)

    def groups(self, district: District, place: int) -> list[str]:
        """The groups that an anchor owns."""
        account = district.first + place
        many = Chance("groups", self._plan.seed, account).between(3, 25)
        return [f"g-{key('group', self._plan.seed, account, at):016x}" for at in range(many)]

    def public_account(self, district: District, place: int) -> str:
        """The public account of a shop."""
        return f"a-{key('public', self._plan.seed, district.first + place):016x}"

    def _met(self, district: District, place: int) -> list[int]:
        """Who shares a household or circle and is a friend; it holds for both or for neither."""
        found = [at for at in district.household(place) if at != place]
        circle = district.circles[district.circle_of[place]]
        return found + [at for at in circle if at not in found and self._meet(district, place, at)]

    def _meet(self, district: District, one: int, two: int) -> bool:
        """Whether two of a circle are friends; the sociable are with more of them."""
        if one == two:
            return False
        low, high = district.first + min(one, two), district.first + max(one, two)
        return key("meet", self._plan.seed, low, high) < _HALF * 3 // 10

    def _upline(self, district: District, place: int) -> int | None:
        if district.role(place) != "agent":
            return None
        above = upline(self._plan.seed, district.number, district.slots[place])
        return None if above is None else district.holders[above]

    def _wide(self, account: int, district: District) -> set[int]:
        """Acquaintances that somebody made: most at home, some in the districts that were there
        before; the popular gain most."""
        plan = self._plan
        chance = Chance("wide", plan.seed, account)
        busy = district.role(account - district.first) in ("seller", "agent", "anchor")
        many = chance.heavy(9.0 if busy else 1.2, district.size // 3)
        found = set()
        for _ in range(many):
            first, size = district.first, district.size
            if district.number and chance.hit(0.3):
                number = chance.below(district.number)
                first = plan.accounts * number // plan.districts
                size = plan.accounts * (number + 1) // plan.districts - first
            drawn = chance.unit()
            # a rank, the first the best known; the multiplier scatters ranks over places
            rank = int(size * drawn * drawn * drawn)
            found.add(first + (rank * 7 % size if size % 7 else rank))
        found.discard(account)
        return found

    def _friends(self, account: int, other: int) -> Relation:
        low, high = min(account, other), max(account, other)
        return Relation(
            "friend", self._plan.id(account), self._plan.id(other), self._since("tie", low, high)
        )

    def _draw(self, kind: str, place: str, district: District, least: float) -> Iterator[Relation]:
        number = int(place[2:], 16)
        chance = Chance("draw", self._plan.seed, number)
        many = chance.heavy(least, district.size // 2)
        for at in sorted({chance.below(district.size) for _ in range(many)}):
            account = district.first + at
            yield Relation(kind, self._plan.id(account), place, self._since(kind, account, number))

    def _since(self, name: str, *parts: int) -> str:
        chance = Chance(name, self._plan.seed, *parts)
        ago = timedelta(days=chance.below(40), seconds=chance.below(86_400))
        return (self._until - ago).astimezone(UTC).isoformat()

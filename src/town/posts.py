"""What people of the town write, day by day, with the truth of it beside."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from town import people
from town.chance import Chance, key
from town.grammar import Grammar
from town.layout import District, Plan, upline
from town.people import Habits, Person
from town.sellers import First, Said, Sellers, Trade, values
from town.ties import Ties
from town.words import english, life

LIFE = Grammar(life.RULES)
ENGLISH = Grammar(english.RULES)
_ZH = (tuple(life.KINDS), tuple(itertools.accumulate(life.KINDS.values())))
_ZH_NEAR = (tuple(life.NEAR), tuple(itertools.accumulate(life.NEAR.values())))
_EN = (tuple(english.KINDS), tuple(itertools.accumulate(english.KINDS.values())))
_EN_NEAR = (tuple(english.NEAR), tuple(itertools.accumulate(english.NEAR.values())))
_NEAR_SHARE = 0.05
_STUDENT = ("study", "study", "game", "story", "road")
_DEALS = ("水果拼盘", "打印卡", "羽毛球", "桶装水", "考研资料", "寝室台灯")
_CAMPUSES = ("A", "B")


class Post(msgspec.Struct, frozen=True):
    """Something written: a row of ``posts``, as the network has it."""

    id: str
    surface: str
    account: str
    parent: str | None
    place: str | None
    """The group, public account or campus that it stands in."""
    text: str
    time: str


class Truth(msgspec.Struct, frozen=True):
    """What a post is: a row of the truth. Posts that are not there are ordinary life."""

    id: str
    truth: str
    """sale, recruitment, show_off, cure, shop, live, deal, ad_..., near_..., or echo."""
    goods: str | None = None
    kind: str | None = None
    copied: str | None = None
    """The upline's post that it is a copy of."""


Written = tuple[Post, Truth | None]


class Diary:
    """All that is written in one district."""

    def __init__(
        self, plan: Plan, district: District, sellers: Sellers, ties: Ties, begin: datetime
    ) -> None:
        self._plan = plan
        self._district = district
        self._sellers = sellers
        self._ties = ties
        self._begin = begin
        self._habits = [
            people.habits(plan, district, place, sellers) for place in range(district.size)
        ]
        self._echoes = [self._echo(place) for place in range(district.size)]
        self._place_of = {plan.id(district.first + at): at for at in range(district.size)}

    def day(self, number: int) -> list[Written]:
        """What is written on one day, in order of time."""
        written: list[Written] = []
        written += self._agents(number)
        for place in range(self._district.size):
            written += self._ordinary(place, number)
            written += self._for_role(place, number)
        written += [comment for post, _ in written for comment in self._comments(post)]
        written.sort(key=lambda one: (one[0].time, one[0].id))
        return written

    def profiles(self, persons: list[Person]) -> Iterator[Written]:
        """The lines that people wrote about themselves."""
        for place, person in enumerate(persons):
            if not person.about:
                continue
            made = key("profile", self._plan.seed, self._district.first + place)
            own = self._habits[place].trade
            sold = own is not None and self._district.role(place) in ("seller", "agent")
            sells = own is not None and sold and own.goods in person.about
            yield (
                Post(f"p-{made:016x}", "profile", person.id, None, None, person.about,
                     person.joined),
                Truth(f"p-{made:016x}", "sale", own.goods, own.kind) if own and sells else None,
            )  # fmt: skip

    def trade(self, place: int) -> Trade | None:
        """What somebody sells."""
        return self._habits[place].trade

    def _ordinary(self, place: int, day: int) -> Iterator[Written]:
        own = self._habits[place]
        if self._district.role(place) in ("shop", "shoe_shop", "hospital", "quack"):
            return
        chance = Chance("day", self._plan.seed, self._district.first + place, day)
        for at in range(own.posts_on(chance, self._weekday(day))):
            truth, text = self._life(chance, place, own)
            yield self._written(chance, place, day, at, "moments", text, truth)
        echo = self._echoes[place]
        if echo is not None and echo[0] == day % 28:
            yield self._written(chance, place, day, 90, "moments", echo[1], "echo")

    def _life(self, chance: Chance, place: int, own: Habits) -> tuple[str | None, str]:
        near = chance.hit(_NEAR_SHARE)
        if own.english:
            kind = chance.weighed(*(_EN_NEAR if near else _EN))
            return (f"near_{kind[3:]}" if near else None), ENGLISH.say(chance, kind)
        kind = chance.weighed(*(_ZH_NEAR if near else _ZH))
        if self._district.role(place) == "student" and not near and chance.hit(0.4):
            kind = chance.pick(_STUDENT)
        text = LIFE.say(chance, kind)
        if not near and chance.hit(0.25):
            text = f"{text} {LIFE.say(chance, chance.pick(('mood', 'weather', kind)))}".strip()
        return (f"near_{kind}" if near else None), text

    def _echo(self, place: int) -> tuple[int, str] | None:
        """A holiday caption that a household posts on one day: copied, and no trade at all."""
        roof = self._district.household(place)
        if len(roof) < 3:
            return None
        shared = Chance("echo", self._plan.seed, self._district.first + roof[0])
        if not shared.hit(0.2):
            return None
        day, text = shared.below(28), LIFE.say(shared, "trip")
        own = Chance("echoed", self._plan.seed, self._district.first + place)
        return day, text + own.pick(("", "", " [爱心]", " 全家福", " ❤", "~"))

    def _agents(self, day: int) -> list[Written]:
        """A tree's day: the leader and the lively write, the others pass on what is above them."""
        seed, district = self._plan.seed, self._district
        many = district.roles.count("agent")
        said: list[list[tuple[Post, Said, Trade]]] = []
        found: list[Written] = []
        for slot in range(many):
            place = district.holders[slot]
            own = self._habits[place].trade
            assert own is not None
            chance = Chance("agent", seed, district.first + place, day)
            mine: list[tuple[Post, Said, Trade]] = []
            above = upline(seed, district.number, slot)
            fresh = 2 if slot == 0 else int(chance.hit(0.15))
            for at in range(fresh):
                new = self._sellers.say(chance, own)
                post, truth = self._written(
                    chance, place, day, 100 + at, "moments", new.text, new.truth, own
                )
                mine.append((post, new, own))
                found.append((post, truth))
            for at, (source, first, theirs) in enumerate(said[above] if above is not None else ()):
                if not chance.hit(0.6):
                    continue
                text = self._sellers.copy(chance, source.text, theirs, own)
                later = datetime.fromisoformat(source.time) + timedelta(
                    minutes=chance.heavy(8, 600)
                )
                post, _ = self._written(
                    chance, place, day, 110 + at, "moments", text, None, at_time=later
                )
                mine.append((post, first, own))
                truth = Truth(post.id, first.truth, own.goods, own.kind, source.id)
                found.append((post, truth))
            said.append(mine)
        return found

    def _for_role(self, place: int, day: int) -> Iterator[Written]:
        role = self._district.role(place)
        if role in ("person", "agent", "graduate"):
            return
        own = self._habits[place].trade
        chance = Chance(role, self._plan.seed, self._district.first + place, day)
        if role == "seller" and own is not None:
            many = int(own.a_day) + chance.hit(own.a_day - int(own.a_day))
            for at in range(many):
                new = self._sellers.say(chance, own)
                yield self._written(
                    chance, place, day, 200 + at, "moments", new.text, new.truth, own
                )
        elif role == "shop" and own is not None and chance.hit(0.3):
            stands = self._ties.public_account(self._district, place)
            words = self._words(chance, own)
            text = First.grammar.say(chance, "shop", words)
            yield self._written(
                chance, place, day, 300, "public_account", text, "shop", own, stands=stands
            )
        elif role == "anchor" and own is not None and self._weekday(day) in (2, 5):
            words = self._words(chance, own)
            for at, group in enumerate(self._ties.groups(self._district, place)):
                text = First.grammar.say(chance, "anchor", words)
                yield self._written(
                    chance, place, day, 400 + at, "group", text, "live", own, stands=group
                )
            text = First.grammar.say(chance, "anchor", words)
            yield self._written(chance, place, day, 399, "moments", text, "live", own)
        elif role == "student" and self._weekday(day) == 4 and chance.hit(0.03):
            campus = campus_of(self._plan, self._district, place)
            words = {
                "campus": f"校区{campus}", "goods": chance.pick(_DEALS),
                "count": str(chance.pick((10, 20, 30))), "price": str(chance.between(5, 60)),
            }  # fmt: skip
            text = First.grammar.say(chance, "deal", words)
            yield self._written(
                chance, place, day, 500, "group_buy", text, "deal", stands=f"campus-{campus}"
            )
        elif role in ("hospital", "quack", "shoe_shop") and self._weekday(day) == 0:
            rule = "shoe_ad" if role == "shoe_shop" else role
            words = {"goods": "小白鞋", "price": str(chance.between(8, 60) * 10)}
            if own is not None:
                words = self._words(chance, own)
            text = First.grammar.say(chance, rule, words)
            yield self._written(chance, place, day, 600, "search_ad", text, f"ad_{role}", own)

    def _words(self, chance: Chance, own: Trade) -> dict[str, str]:
        return values(chance, own, First.grammar) | {
            "hour": str(chance.between(19, 22)), "cut": str(max(1, own.price // 10)),
        }  # fmt: skip

    def _comments(self, post: Post) -> Iterator[Written]:
        if post.surface != "moments":
            return
        number = int(post.id[2:], 16)
        chance = Chance("comments", self._plan.seed, number)
        many = chance.heavy(0.5, 40)
        if not many:
            return
        place = self._place_of[post.account]
        near = self._ties.near(self._district, place)
        time = datetime.fromisoformat(post.time)
        own = self._habits[place]
        for at in range(many if near else 0):
            time += timedelta(minutes=chance.heavy(4, 1200), seconds=chance.below(60))
            who = chance.pick(near)
            answers = at > 0 and chance.hit(0.25)
            text = self._said(chance, own if answers else self._habits[who], answers=answers)
            if own.trade is not None and chance.hit(0.4):
                words = {"price": str(own.trade.price)}
                text = First.grammar.say(chance, "answers" if answers else "asks", words)
            yield (
                Post(
                    f"p-{key('comment', self._plan.seed, number, at):016x}",
                    "comment",
                    post.account if answers else self._plan.id(self._district.first + who),
                    post.id,
                    None,
                    text,
                    time.astimezone(UTC).isoformat(),
                ),
                None,
            )

    def _said(self, chance: Chance, who: Habits, *, answers: bool) -> str:
        rule = "reply" if answers else "answer"
        said = ENGLISH.say(chance, f"en_{rule}") if who.english else LIFE.say(chance, rule)
        return said or "[强]"

    def _weekday(self, day: int) -> int:
        return (self._begin + timedelta(days=day)).weekday()

    def _written(
        self, chance: Chance, place: int, day: int, at: int, surface: str, text: str,
        truth: str | None, own: Trade | None = None, *, stands: str | None = None,
        at_time: datetime | None = None,
    ) -> Written:  # fmt: skip
        account = self._district.first + place
        id = f"p-{key('post', self._plan.seed, account, day, at):016x}"
        time = at_time or self._habits[place].time(chance, self._begin + timedelta(days=day))
        post = Post(
            id, surface, self._plan.id(account), None, stands, text,
            time.astimezone(UTC).isoformat(),
        )  # fmt: skip
        if truth is None:
            return post, None
        return post, Truth(id, truth, own.goods if own else None, own.kind if own else None)


def campus_of(plan: Plan, district: District, place: int) -> str:
    """The campus of a student or graduate."""
    return _CAMPUSES[Chance("campus", plan.seed, district.first + place).below(2)]

"""People of the town: their names, and their habits."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import msgspec

from town.chance import Chance
from town.layout import District, Plan
from town.sellers import First, Sellers, Trade, values
from town.words import trade

_FAMILY = [
    "林lin",
    "陈chen",
    "黄huang",
    "郑zheng",
    "许xu",
    "何he",
    "罗luo",
    "宋song",
    "唐tang",
    "韩han",
    "冯feng",
    "于yu",
    "董dong",
    "萧xiao",
    "程cheng",
    "曹cao",
    "袁yuan",
    "邓deng",
    "傅fu",
    "沈shen",
    "曾zeng",
    "彭peng",
    "吕lv",
    "苏su",
    "卢lu",
    "蒋jiang",
    "蔡cai",
    "贾jia",
    "丁ding",
    "魏wei",
    "薛xue",
    "叶ye",
    "阎yan",
    "余yu",
    "潘pan",
    "杜du",
    "戴dai",
    "夏xia",
    "钟zhong",
    "汪wang",
    "田tian",
    "任ren",
    "姜jiang",
    "范fan",
    "方fang",
    "石shi",
    "姚yao",
    "谭tan",
    "廖liao",
    "邹zou",
    "熊xiong",
    "金jin",
    "陆lu",
    "郝hao",
    "孔kong",
    "白bai",
    "崔cui",
    "康kang",
    "毛mao",
    "邱qiu",
]
_GIVEN = [
    "晓xiao",
    "雨yu",
    "文wen",
    "静jing",
    "志zhi",
    "远yuan",
    "佳jia",
    "宁ning",
    "思si",
    "源yuan",
    "明ming",
    "月yue",
    "春chun",
    "生sheng",
    "海hai",
    "燕yan",
    "立li",
    "群qun",
    "秋qiu",
    "实shi",
    "安an",
    "琪qi",
    "子zi",
    "墨mo",
    "若ruo",
    "溪xi",
    "建jian",
    "平ping",
    "桂gui",
    "芳fang",
    "天tian",
    "宇yu",
    "小xiao",
    "满man",
    "嘉jia",
    "禾he",
    "玉yu",
    "兰lan",
    "一yi",
    "帆fan",
    "书shu",
    "言yan",
    "清qing",
    "和he",
    "向xiang",
    "阳yang",
]
_ENGLISH = [
    "Alice",
    "Ben",
    "Cara",
    "Dan",
    "Erin",
    "Finn",
    "Grace",
    "Hugh",
    "Iris",
    "Jack",
    "Kate",
    "Liam",
    "Maya",
    "Noah",
    "Olive",
    "Paul",
    "Ruth",
    "Sam",
    "Tess",
]
_SHOPS = [
    "暖光小铺",
    "南街杂货",
    "青禾食品",
    "木棉衣坊",
    "老周鞋行",
    "半亩花店",
    "山货人家",
    "布谷文具",
    "云上茶铺",
]
_STANDINGS = {
    "shop": "verified_merchant", "hospital": "verified_merchant", "shoe_shop": "verified_merchant",
    "quack": "merchant", "student": "campus_member",
}  # fmt: skip

# hours of the day by when somebody is awake, as running sums of weights for 0 to 23 o'clock
_HOURS = {
    name: tuple(itertools.accumulate(map(int, weights.split())))
    for name, weights in {
        "early": "1 0 0 0 1 5 9 9 7 5 5 6 7 4 3 3 4 5 6 7 6 4 2 1",
        "office": "2 1 0 0 0 0 1 4 6 4 4 5 9 7 3 3 4 5 7 8 9 9 7 4",
        "late": "8 6 4 2 1 0 0 1 1 2 3 4 5 6 5 5 5 5 6 7 8 9 10 9",
    }.items()
}
_EACH_HOUR = tuple(range(24))
_WEEK = (88, 86, 90, 94, 108, 122, 112)
"""Posts on a day of the week, Monday first, of a hundred on a middling day."""
_RATES = (0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.35, 0.6, 1.2)


class Person(msgspec.Struct, frozen=True):
    """An account as the network shows it: a row of ``people``."""

    id: str
    name: str
    shown: str
    language: str
    about: str
    joined: str
    standing: str


class Habits(msgspec.Struct, frozen=True):
    """How somebody lives with the network."""

    a_day: float
    hours: str
    english: bool
    trade: Trade | None

    def posts_on(self, chance: Chance, weekday: int) -> int:
        """How many ordinary posts on a day."""
        wanted = self.a_day * _WEEK[weekday] / 100
        return int(wanted) + chance.hit(wanted - int(wanted))

    def time(self, chance: Chance, day: datetime) -> datetime:
        """When on that day."""
        hour = chance.weighed(_EACH_HOUR, _HOURS[self.hours])
        return day + timedelta(hours=hour, seconds=chance.below(3600))


def habits(plan: Plan, district: District, place: int, sellers: Sellers) -> Habits:
    """The habits of an account."""
    chance = Chance("habits", plan.seed, district.first + place)
    role = district.role(place)
    rate, hours = chance.pick(_RATES), chance.pick(("early", "office", "office", "late"))
    speaks_english = chance.hit(0.06)
    return Habits(
        a_day=rate,
        hours=hours,
        english=speaks_english and role in ("person", "student", "graduate"),
        trade=_trade(chance, plan, district, place, sellers),
    )


def _trade(
    chance: Chance, plan: Plan, district: District, place: int, sellers: Sellers
) -> Trade | None:
    role = district.role(place)
    if role == "agent":
        # a tree sells what its leader sells; handle and price are each one's own
        own = sellers.trade(chance, recruits=True)
        led = sellers.trade(Chance("tree", plan.seed, district.number), recruits=True)
        return msgspec.structs.replace(
            own, kind=led.kind, goods=led.goods, disguise=led.disguise, price=led.price
        )
    if role == "seller":
        return sellers.trade(chance)
    if role in ("shop", "anchor", "quack"):
        kind = "medicine" if role == "quack" else chance.pick(("clothes", "shoes", "food"))
        goods = chance.pick(trade.GOODS[kind].split("|"))
        return msgspec.structs.replace(
            First().trade(chance, recruits=False), kind=kind, goods=goods, disguise="open"
        )
    return None


def person(plan: Plan, district: District, place: int, sellers: Sellers, until: datetime) -> Person:
    """An account as the network shows it."""
    account = district.first + place
    own = habits(plan, district, place, sellers)
    chance = Chance("person", plan.seed, account)
    role = district.role(place)
    shown, latin = _named(chance, role, own)
    joined = until - timedelta(days=40 + chance.below(900), seconds=chance.below(86_400))
    return Person(
        id=plan.id(account),
        name=f"{latin}{account + 1}",
        shown=shown,
        language="en" if own.english else "zh",
        about=_about(chance, role, own),
        joined=joined.astimezone(UTC).isoformat(),
        standing=_STANDINGS.get(role, "person"),
    )


def _named(chance: Chance, role: str, own: Habits) -> tuple[str, str]:
    if own.english:
        name = chance.pick(_ENGLISH)
        return name, name.lower()
    if role in ("shop", "shoe_shop"):
        return chance.pick(_SHOPS), "shop"
    if role in ("hospital", "quack"):
        return ("城东医院" if role == "hospital" else "百草堂老方"), "health"
    family, *given = [chance.pick(_FAMILY), *(chance.pick(_GIVEN) for _ in range(2))]
    given = given[: chance.between(1, 2)]
    shown = family[0] + "".join(one[0] for one in given)
    return shown, family[1:] + "".join(one[1:] for one in given)


def _about(chance: Chance, role: str, own: Habits) -> str:
    grammar = First.grammar
    if own.trade is not None and role in ("seller", "agent") and chance.hit(0.4):
        if own.trade.disguise in trade.DISGUISES:
            return grammar.say(chance, "about_seller", values(chance, own.trade, grammar))
        return own.trade.goods
    return grammar.say(chance, "about")

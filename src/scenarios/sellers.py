"""Forty sellers in a tree, and people who pass something on and sell nothing, for scenario 5.

All of it is invented for this scenario. The sellers have learnt what a closed feed lets through:
they name no price and take no orders in it, they praise, tell of their team, and now and then show
a handle. So each post stands when it is looked at alone: texts that the policy refused by itself
were altered until it did not. Nothing was altered for what memory makes of them, and the seed is
the scenario's number.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

SELLERS, BELOW = 40, 3
"""So many people, each of whom has so many right below, but for the last level: four levels."""
LEADER = 0
FIRST_LEAF = 13
"""From this one on nobody is below."""
_COPIES, _MEDIAN_LAG, _SPREAD = 0.7, 50 / 60, 1.0
"""How often an agent passes on what is above, and after how many hours, drawn log-normally."""
_BETWEEN = (3 / 60, 24.0)
_KEEPS_HANDLE = 0.2
"""How often an agent leaves the handle as it was, in place of the branch's own."""
_HANDLES = ("lanjie-6021", "xiaomei-3307", "qingqing-515", "duoduo-8842")
"""The leader's, and one for each branch."""

_LEADERS = (
    "又收到客户的反馈图，用了二十天，脸上的暗沉真的退了，比夸我自己还开心",
    "我的代理小美今天提了新车，两年前她还在工厂上夜班，选择比努力重要",
    "早上七点起来打包，孩子在旁边帮我贴单子，这就是我要的生活 微信 {h}",
    "团队里最小的姐妹才十九岁，上个月已经自己交学费了，女孩子一定要靠自己",
    "别人在逛街，我们在学习，老大今晚给大家开课，自己人记得准时 微信 {h}",
    "敏感肌的姐姐终于肯信我了，第一周泛红就下去一半，产品不会骗人",
    "我不劝任何人做代理，只把自己一天一天的变化写在这里，看得懂的自然会来 微信 {h}",
    "新一批面霜今天入库，整整两百箱，看着货架心里就踏实",
    "有人问我货从哪里来，公司就在那里，证书齐全，随时可以去看 微信 {h}",
    "婆婆从反对到帮我发货，用了半年，现在逢人就夸自己抹的这罐霜",
    "上家教我的第一句话，先学做人再学做事，今天也讲给我的代理听",
    "收到代理从老家寄来的腊肉，跟着我三年了，我们早就是一家人",
    "今晚抽三位老顾客送新品小样，感谢一路支持，名单明早公布",
    "昨天见了五位想加入的姐妹，聊到很晚，每个人都有自己的难处和梦想",
    "肤质不同用法也不同，油皮薄涂，干皮厚敷，拿不准的来问我 微信 {h}",
    "总部表彰大会回来了，我们组拿了全国第三，奖杯属于每一位代理",
    "换季脸上起皮的看过来，睡前厚厚敷一层，第二天上妆不卡粉",
    "发圈两年没有断过一天，从没人理到每天回不完消息，贵在坚持 微信 {h}",
    "我家宝宝的红屁股也是抹这个好的，成分干净，全家都能用",
    "做代理最怕三天打鱼两天晒网，今天你发圈了吗",
    "老顾客带来的新顾客又带来了她的妈妈，口碑就是这么来的",
    "下个月去海南团建，全组代理免费，去年说羡慕的姐妹今年就在名单里",
    "从不会打字到带出三个小组，李姐只用了八个月，年龄从来不是问题 微信 {h}",
    "凌晨一点刚对完账，今天又是六十八单，谢谢相信我的每一个你",
)
_OF_BRANCHES = (
    "今天给我的小组开了第一次早会，八个人一个不少，这样的队伍输不了 微信 {h}",
    "发一张三年前的自己，那时候连一瓶好面霜都舍不得买，现在全家都用上了",
    "我带的代理昨天第一次收到感谢信，她哭了，我也哭了",
    "下雨天也要去寄货，快递小哥说认得我们这一组的箱子 微信 {h}",
    "妹妹问我怎么把皮肤养回来的，其实就是早晚两次，从来没有断过",
    "带我的姐姐陪我熬过最难的那个冬天，现在轮到我陪我的代理 微信 {h}",
)
_ENDINGS = ("💪", "❤️", "～", "🌸", "，加油", "！")
_OPENINGS = ("早安，", "姐妹们，", "说句真心话，", "转带我的姐姐的话，")


@dataclass(frozen=True)
class Told:
    """Somebody posts something, so many hours after the beginning."""

    who: int
    hours: float
    text: str


def above(seller: int) -> int | None:
    """Who is right above a seller; nobody is above the leader.

    >>> [above(seller) for seller in (0, 1, 3, 4, 12, 13, 39)]
    [None, 0, 0, 1, 3, 4, 12]
    """
    return None if seller == LEADER else (seller - 1) // BELOW


def branch(seller: int) -> int:
    """Whose branch a seller is in: that of 1, 2 or 3; 0 for the leader.

    >>> [branch(seller) for seller in (0, 1, 6, 12, 39)]
    [0, 1, 1, 3, 3]
    """
    while (upline := above(seller)) not in (None, LEADER):
        assert upline is not None
        seller = upline
    return seller


def handles() -> tuple[str, ...]:
    """All handles that the tree shows."""
    return _HANDLES


def words() -> tuple[str, ...]:
    """What the tree's texts say, without handles."""
    return tuple(text.removesuffix(" 微信 {h}") for text in (*_LEADERS, *_OF_BRANCHES))


def history(seed: int = 5) -> list[Told]:
    """Three weeks and a half of the tree, in the order of time."""
    chance = random.Random(seed)
    told: list[Told] = []
    for day, text in enumerate(_LEADERS):
        told += _spread(chance, LEADER, 24 * day + chance.uniform(8, 11), text)
    for number, text in enumerate(_OF_BRANCHES):
        hours = 24 * (4 * number + 1) + chance.uniform(14, 18)
        told += _spread(chance, 1 + number % 3, hours, text)
    return sorted(told, key=lambda one: one.hours)


def _spread(chance: random.Random, first: int, hours: float, text: str) -> Iterator[Told]:
    """A text from whoever posts it first down the tree: each agent passes it on or does not."""
    there = {first: (hours, text, _HANDLES[branch(first)])}
    for seller in range(first + 1, SELLERS):
        upline = above(seller)
        if upline not in there or chance.random() >= _COPIES:
            continue
        when, words_above, handle = there[upline]
        lag = chance.lognormvariate(math.log(_MEDIAN_LAG), _SPREAD)
        kept = handle if chance.random() < _KEEPS_HANDLE else _HANDLES[branch(seller)]
        changed = _changed(chance, words_above)
        there[seller] = (when + min(max(lag, _BETWEEN[0]), _BETWEEN[1]), changed, kept)
    for seller, (when, said, handle) in there.items():
        yield Told(seller, when, said.replace("{h}", handle))


def _changed(chance: random.Random, text: str) -> str:
    """A text as somebody passes it on, with a small change or none."""
    match chance.randrange(5):
        case 0:
            return text.replace("，", " ", 1)
        case 1:
            return text + chance.choice(_ENDINGS)
        case 2:
            return chance.choice(_OPENINGS) + text
        case 3 if text.count("，") > 1:
            return "，".join(text.split("，")[1:])
        case _:
            return text


# --- people who sell nothing ----------------------------------------------------------------------

CAPTION = "中秋一家人终于凑齐了，奶奶做的月饼还是小时候的味道，祝大家团团圆圆"
_NOTICE = "三年二班家长请注意，周五运动会提前到早上七点半集合，请给孩子穿白色运动鞋，互相转告"
_VACANCY = "我们公司研发部招两名测试工程师，地点在浦东，有兴趣的请看官网招聘页，也欢迎转给朋友"
_FANS = (
    "新专辑第一支单曲今晚八点上线，大家准时去听，听完记得留言说说最喜欢哪一句",
    "昨晚的现场太好哭了，全场大合唱那一段我会记一辈子，愿他一直唱下去",
    "杂志内页高清图来了，这组造型我愿称为今年最佳，谢谢摄影师",
    "机场请大家保持距离，不要挤，不要送礼物，做最有礼貌的歌迷",
    "生日倒计时三天，今年我们以他的名字给山区小学捐了一间图书室",
    "巡演城市名单公布啦，成都站的朋友到时候一起去，谁都不许缺席",
    "今天重温第一张专辑，十年前的录音带还在抽屉里，声音一点没变",
    "采访全文整理好了，他说最感谢的是陪他走过低谷的人，看哭了",
)


def innocents(seed: int = 6) -> list[tuple[str, float, str]]:
    """A class, colleagues and a fan club who pass on what concerns them: account, hours, text."""
    chance = random.Random(seed)
    told = []
    for group, size, texts in (("parent", 30, (_NOTICE,)), ("colleague", 12, (_VACANCY,)),
                               ("fan", 12, _FANS)):  # fmt: skip
        for day, text in enumerate(texts):
            for member in range(size):
                hours = 24 * (2 * day + 5) + 9 + chance.lognormvariate(0, 1)
                told.append((f"{group}-{member}", hours, _changed(chance, text)))
    return sorted(told, key=lambda one: one[1])

"""A campaign of the invented world: a tree of thirty-one agents, a live room, a seller who slides.

Its posts stand where merchants may sell, so that little else in the world comes of them.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from portreeve.model import RelationKind, Surface
from portreeve.schemas.accounts import RelationEvent, RelationEvents
from portreeve.schemas.campaigns import CampaignQuery
from portreeve.schemas.screening import Submission

from .world import HOST, World

BOSS, SLIDER = "lotus-1", "tea-sister"
AGENTS = tuple(f"lotus-{number}" for number in range(1, 32))
_UPLINES = {2: 1, 3: 1, 4: 1} | {n: 2 + n % 3 for n in range(5, 14)} | {
    n: 5 + n % 9 for n in range(14, 32)
}  # fmt: skip
_GOODS = (
    "补水面膜一盒89元，三盒包邮，敷完第二天上妆特别服帖",
    "纯羊毛围巾冬天必备，一条128，两条200，颜色齐全可以看实拍",
    "316不锈钢保温杯，早上装的热水晚上还烫嘴，58元送杯刷",
    "乳胶枕头泰国直邮，颈椎不好的朋友一定要试试，一对298元",
    "儿童防水雨靴，卡通款软底不磨脚，尺码齐全49元一双",
    "头层牛皮钱包，专柜同款做工，199元支持货到付款不满意退",
    "手工皂洗脸不紧绷，孕妇宝宝都能用，36元一块满三块送起泡网",
    "降噪蓝牙耳机续航三十小时，坐地铁听歌完全没有杂音，159元",
)
_TEA = "茉莉花茶今年新茶，香气清雅耐冲泡，二两装{}元，要的加微信 teasister6"
_ENZYME = "酵素饮新口味到货，餐后一瓶，一盒{}元，要的加微信 teasister6"


def act_together(world: World) -> None:
    """The agents pass on what is above them, a seller slides, a live room fills."""
    posts = sorted([*_passed_on(world), *_slid(world)], key=lambda post: str(post.time))
    world.service.accounts.relate(HOST, RelationEvents(events=_own_groups(world)))
    world.service.screening.screen(HOST, posts)
    world.service.accounts.relate(HOST, RelationEvents(events=_fill_room(world)))
    world.service.remembering.advance()
    world.service.campaigns.cases.watch()
    sun = world.actor("sun")
    largest = world.service.campaigns.list(sun, CampaignQuery(limit=1)).items[0]
    world.ids |= {"campaign": largest.id, "case:campaign": str(largest.case)}


def _passed_on(world: World) -> list[Submission]:
    """Eight offers: each goes down the tree within hours, and not everybody passes on each."""
    chance = np.random.default_rng(5)
    posts = []
    for turn, goods in enumerate(_GOODS):
        text = f"{goods}，要的加微信 lotusboss8，招代理一件代发"
        hours = {1: 24.0 * (12.4 - 1.4 * turn)}
        for number, above in _UPLINES.items():
            if above in hours and chance.random() < 0.85:
                late = (2 + float(np.exp(chance.uniform(0, 4)))) / 60
                hours[number] = hours[above] - late
        posts += [
            _post(world, f"l-{turn}-{number}", f"lotus-{number}", text, before)
            for number, before in hours.items()
        ]
    return posts


def _slid(world: World) -> list[Submission]:
    """Seven weeks of tea, then drinks that need a licence."""
    days = [(70 - 4 * at, _TEA.format(38 + at)) for at in range(13)]
    days += [(16 - 2 * at, _ENZYME.format(268 + at)) for at in range(7)]
    return [
        _post(world, f"s-{at}", SLIDER, text, 24.0 * day) for at, (day, text) in enumerate(days)
    ]


def _post(world: World, id: str, account: str, text: str, hours: float) -> Submission:
    return Submission(
        id=id, account=account, text=text, surface=Surface.public_account, published=True,
        disclosed=True, standing="merchant", time=world.clock() - timedelta(hours=hours),
    )  # fmt: skip


def _own_groups(world: World) -> list[RelationEvent]:
    """Who leads the agents owns seven groups with a hundred and forty members."""
    before = world.clock() - timedelta(days=5)
    owned = [_event("group_owned", BOSS, f"lotus-group-{n}", before) for n in range(7)]
    return owned + [
        _event("group_joined", f"reader-{n}", f"lotus-group-{n % 7}", before + timedelta(minutes=n))
        for n in range(140)
    ]


def _fill_room(world: World) -> list[RelationEvent]:
    """A live room opens, and most who pour in are members of those groups."""
    opened = world.clock() - timedelta(hours=30)
    came = [f"reader-{n}" for n in range(95)] + [f"passer-by-{n}" for n in range(30)]
    return [_event("room_opened", BOSS, "lotus-live", opened)] + [
        _event("room_entered", who, "lotus-live", opened + timedelta(seconds=4 * at))
        for at, who in enumerate(came)
    ]


def _event(kind: RelationKind, account: str, place: str, time: datetime) -> RelationEvent:
    return RelationEvent(kind=kind, account=account, other=place, time=time)

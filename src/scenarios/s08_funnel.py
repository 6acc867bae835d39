"""Scenario 8: a shop that makes friends of strangers by a coupon, and a teacher who adds parents.

The coupon stands on a public account; friends are told of as a host does it: that an account has
one friend more, and never who that is.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from portreeve.client import Client
from portreeve.model import Surface
from portreeve.schemas.accounts import RelationEvent, RelationEvents
from portreeve.schemas.screening import Screened, Submission
from scenarios.findings import Findings, Scenario
from scenarios.stage import Stage

_FUNNEL = "memory.friend-funnel-waits"
_COUPON = "收到包裹的朋友，凭卡片加我们微信 parcel-5520 领5元红包，还有优惠券"
_AFTER = "福利又来了，老朋友加微信 parcel-5520 领红包"
_PARENTS = "三年级二班的家长请加我微信 teacher-li66，家长会改到周四下午四点"
_BUYERS, _PUPILS = 500, 60


def _play(stage: Stage, found: Findings) -> None:
    host, begin = stage.host, datetime.now(UTC) - timedelta(days=20)
    chance = random.Random(8)
    stage.say("two quiet weeks of a shop and a teacher")
    quiet = [chance.uniform(0, 14) for _ in range(20)]
    for account in ("parcel-shop", "teacher-li"):
        _befriended(host, account, begin, quiet, "quiet")
    shown = begin + timedelta(days=15)
    _post(host, "parcel-shop", "coupon", _COUPON, shown)
    _post(host, "teacher-li", "asks", _PARENTS, shown)
    stage.say("a burst of strangers, and sixty parents")
    _befriended(host, "parcel-shop", shown, _days(chance, _BUYERS, 2.5), "buyers")
    _befriended(host, "teacher-li", shown, _days(chance, _PUPILS, 0.3), "parents")
    after = shown + timedelta(days=3)
    shop = _post(host, "parcel-shop", "after", _AFTER, after)
    teacher = _post(host, "teacher-li", "after", "谢谢各位家长，明天记得带水彩笔", after)
    found(
        "the rule about funnels holds for the shop's next offer",
        _FUNNEL in shop.rules,
        f"{shop.decision}: {shop.verdict}",
    )
    found("what becomes of it", shop.verdict.value, _clause(shop))
    found("the teacher's next post", teacher.verdict.value, teacher.decision or "")


def _days(chance: random.Random, many: int, longest: float) -> list[float]:
    return [min(chance.expovariate(3 / longest), longest) for _ in range(many)]


def _befriended(
    host: Client, account: str, begin: datetime, days: Iterable[float], what: str
) -> None:
    """Tell of new friends, each by its time alone."""
    events = [
        RelationEvent(
            id=f"{account}-{what}-{number}", kind="friend_added", account=account,
            time=begin + timedelta(days=day),
        )
        for number, day in enumerate(sorted(days))
    ]  # fmt: skip
    host.add_relations(RelationEvents(events=events))


def _post(host: Client, account: str, name: str, text: str, time: datetime) -> Screened:
    return host.screen(
        Submission(
            id=f"{account}-{name}", surface=Surface.public_account, account=account, text=text,
            time=time,
        )
    )  # fmt: skip


def _clause(one: Screened) -> str:
    return ", ".join(reason.clause for reason in one.reasons if reason.rule == _FUNNEL)


SCENARIO = Scenario(
    number=8,
    title="Strangers become friends by a coupon",
    expected={
        "the rule about funnels holds for the shop's next offer": True,
        "what becomes of it": "hold",
        "the teacher's next post": "allow",
    },
    play=_play,
)

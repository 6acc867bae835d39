"""Scenario 9: an anchor who calls her 25 groups into a live room, and an alumni association.

All is metadata: who owns a group, that a group or a room has one person more. How many came out of
the groups is estimated from counting registers, which name nobody.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from portreeve.client import Client
from portreeve.model import RelationKind, Surface
from portreeve.schemas.access import Scope
from portreeve.schemas.accounts import RelationEvent, RelationEvents
from portreeve.schemas.log import LogSearch
from portreeve.schemas.screening import Screened, Submission
from scenarios.findings import AtLeast, AtMost, Findings, Scenario
from scenarios.stage import Stage

_RULE = "memory.called-crowd-reaches-fewer"
_SALE = "广告｜本场销售者为直播间自营，羊毛衫99元两件，现货秒发"
_REUNION = "校友直播间开播了，今晚请老师讲讲当年的校园"
_CALLED, _OTHERS = 600, 200
_MOST_AT_ONCE = 5_000


def _play(stage: Stage, found: Findings) -> None:
    host, begin = stage.host, datetime.now(UTC) - timedelta(days=10)
    stage.say("an anchor with 25 groups, an association with 30")
    anchor = _owner(host, "anchor-mei", 25, 120, begin)
    alumni = _owner(host, "alumni-7", 30, 60, begin)
    opens = begin + timedelta(days=6)
    _live(host, "anchor-mei", "announced", _SALE, opens - timedelta(hours=3))
    stage.say("two rooms open, and people pour in")
    _crowd(host, "anchor-mei", "room-mei", anchor, _CALLED, _OTHERS, opens)
    _crowd(host, "alumni-7", "room-alumni", alumni, 500, 20, opens)
    after = opens + timedelta(minutes=20)
    sale = _live(host, "anchor-mei", "in the room", f"{_SALE}，最后三十件", after)
    reunion = _live(host, "alumni-7", "in the room", _REUNION, after)
    found("the anchor's room is recognised", _RULE in sale.rules, sale.decision or "")
    found("what becomes of it", sale.verdict.value, f"{sale.verdict}, clause 17.5")
    told = _mobilised(stage, sale)
    evidence = f"{_CALLED} of {_CALLED + _OTHERS} were called; the registers say {told}"
    found("mobilised, at least", told, evidence)
    found("mobilised, at most", told, evidence)
    [crowd] = [one for one in host.list_crowds().rooms if one.account == "anchor-mei"]
    low, high = crowd.low or 0, crowd.high or 0
    called = f"{crowd.mobilised}, 95 % interval {low} to {high}; {_CALLED} were called"
    found("its interval holds the number that was called", low <= _CALLED <= high, called)
    found("the alumni's room", reunion.verdict.value, reunion.decision or "")


def _owner(host: Client, account: str, groups: int, members: int, begin: datetime) -> list[str]:
    """Groups of an account and their members; the members."""
    names = [f"{account}-group-{number}" for number in range(groups)]
    _tell(host, [("group_owned", account, name, begin) for name in names])
    people = [f"{name}-{number}" for name in names for number in range(members)]
    when = begin + timedelta(hours=1)
    _tell(host, [("group_joined", one, one.rpartition("-")[0], when) for one in people])
    return people


def _crowd(
    host: Client, account: str, room: str, members: list[str], called: int, others: int,
    opens: datetime,
) -> None:  # fmt: skip
    """A room opens, and within eight minutes people come, from the groups and from elsewhere."""
    chance = random.Random(9)
    people = [*chance.sample(members, called), *(f"{room}-guest-{n}" for n in range(others))]
    _tell(host, [("room_opened", account, room, opens)])
    _tell(host, [("room_entered", one, room, opens + timedelta(seconds=chance.uniform(5, 480)))
                 for one in people])  # fmt: skip


def _tell(host: Client, events: list[tuple[RelationKind, str, str, datetime]]) -> None:
    told = [
        RelationEvent(kind=kind, account=account, other=other, time=time)
        for kind, account, other, time in events
    ]
    for first in range(0, len(told), _MOST_AT_ONCE):
        host.add_relations(RelationEvents(events=told[first : first + _MOST_AT_ONCE]))


def _live(host: Client, account: str, name: str, text: str, time: datetime) -> Screened:
    sells = text.startswith("广告")
    return host.screen(
        Submission(
            id=f"{account} {name}", surface=Surface.live, account=account, text=text, time=time,
            standing="verified_merchant" if sells else "person", disclosed=sells,
            licence="verified" if sells else "none",
        )
    )  # fmt: skip


def _mobilised(stage: Stage, sale: Screened) -> int:
    """The signal that the decision rests on, as the log has it."""
    analyst = stage.client("analyst", Scope.log)
    asked = LogSearch(where=f"decision = '{sale.decision}'", columns=["mobilised"])
    return int(analyst.search_log(asked).items[0]["mobilised"])


SCENARIO = Scenario(
    number=9,
    title="A crowd is called into a live room",
    expected={
        "the anchor's room is recognised": True,
        "what becomes of it": "limit",
        "mobilised, at least": AtLeast(350),
        "mobilised, at most": AtMost(800),
        "its interval holds the number that was called": True,
        "the alumni's room": "allow",
    },
    play=_play,
)

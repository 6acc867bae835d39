"""Scenario 6: a licensed hospital, a quack and a shoe shop advertise beside search results."""

from __future__ import annotations

import re
from itertools import accumulate
from pathlib import Path

import msgspec

from portreeve.client import Client
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.ad_market import CompareMarket
from portreeve.schemas.commerce.ads import AdDecision
from scenarios.findings import AtMost, Findings, Scenario
from scenarios.people import Person, plain
from scenarios.stage import Stage

_ADS = {
    "hospital": ("市第一医院眼科，白内障手术，专家门诊预约", 40),
    "quack": ("祖传秘方，三个疗程根治牛皮癣，无效退款", 10),
    "shoes": ("真皮皮鞋、运动鞋专卖，全场199元起，七天无理由退换", 500),
}
"""What each says, and the clicks that it hopes for."""

_BIDS = {"hospital": "25.00", "quack": "30.00", "shoes": "1.20"}
_SWAPPED = {"hospital": "1.20", "quack": "25.00", "shoes": "30.00"}
_READERS = 9
_FIXTURE = Path(__file__).parents[2] / "examples/search-market.json"


def _play(stage: Stage, found: Findings) -> None:
    advertisers = {name: stage.person(name) for name in _ADS}
    stage.say("businesses are registered and verified")
    stage.business(advertisers["hospital"], "business", "medical_institution")
    stage.business(advertisers["shoes"], "business")
    ads = stage.client("ad-desk", Scope.ads)
    stage.say("ads and bids")
    first = _submit(advertisers, ads, _BIDS)
    for name in _ADS:
        found(f"{name}: lawful, permitted, admitted", _said(first[name]), _why(first[name]))
    again = _submit(advertisers, ads, _SWAPPED)
    found(
        "decisions that change with the bids swapped",
        [name for name in _ADS if _said(first[name]) != _said(again[name])],
        ", ".join(f"{name} {_BIDS[name]} then {_SWAPPED[name]}" for name in _ADS),
    )
    _page_of_results(stage, found)
    forgone = ads.get_forgone_revenue()
    found("forgone for the house's own rules, in fen", forgone.house, "bids times clicks hoped for")
    found("forgone for the law, in fen", forgone.law)
    _market(ads, found)


def _submit(
    advertisers: dict[str, Person], ads: Client, bids: dict[str, str]
) -> dict[str, AdDecision]:
    made = {}
    for name, (title, clicks) in _ADS.items():
        page = advertisers[name].form(
            "/ads", title=title, landing=f"https://{name}.example/", bid=bids[name],
            clicks=str(clicks),
        )  # fmt: skip
        made[name] = ads.get_ad(re.findall(r'<article class="card" id="(ad-[^"]+)"', page)[0])
    return made


def _said(ad: AdDecision) -> list[bool]:
    return [ad.lawful, ad.permitted, ad.state == "published"]


def _why(ad: AdDecision) -> str:
    clauses = ", ".join(reason.clause for reason in (*ad.law, *ad.house))
    return f"clauses {clauses}; licence {ad.licence}; {ad.decision}"


def _page_of_results(stage: Stage, found: Findings) -> None:
    stage.say("somebody searches")
    for number in range(_READERS):
        stage.person(f"reader{number}", shown=f"皮鞋爱好者{number}")
    searcher = stage.person("searcher")
    page = searcher.page("/search?q=皮鞋")
    slots = ["ad" in classes.split() for classes in re.findall(r'<li class="(card[^"]*)"', page)]
    marked = re.findall(r'<strong class="mark">(.*?)</strong>', page)
    shares = [count / read for read, count in enumerate(accumulate(map(int, slots)), 1) if read > 0]
    found("ads on the page", slots.count(True), f"{len(slots)} entries on /search?q=皮鞋")
    found("each is marked", [plain(one) for one in marked])
    found("largest share of ads, however far one reads", max(shares), "from the top down")
    other = searcher.page("/search?q=白内障")
    found("the hospital's ad is found", _ADS["hospital"][0] in other, "/search?q=白内障")


def _market(ads: Client, found: Findings) -> None:
    what = ("share on desktop, in points", "share on mobile, in points", "revenue")
    if not _FIXTURE.is_file():
        for one in what:
            found.leave_out(one, "examples/search-market.json comes with the repository only")
        return
    compared = ads.compare_market(msgspec.json.decode(_FIXTURE.read_bytes(), type=CompareMarket))
    points = {one.device: one.points for one in compared.devices}
    found(what[0], points["desktop"], "examples/search-market.json, invented round numbers")
    found(what[1], points["mobile"])
    found(what[2], compared.revenue, "of the other engine's")


SCENARIO = Scenario(
    number=6,
    title="A hospital, a quack and a shoe shop advertise",
    expected={
        "hospital: lawful, permitted, admitted": [True, False, False],
        "quack: lawful, permitted, admitted": [False, False, False],
        "shoes: lawful, permitted, admitted": [True, True, True],
        "decisions that change with the bids swapped": [],
        "ads on the page": 2,
        "each is marked": ["广告", "广告"],
        "largest share of ads, however far one reads": AtMost(0.3),
        "the hospital's ad is found": False,
        "forgone for the house's own rules, in fen": {"CNY": 2500 * 40 + 120 * 40},
        "forgone for the law, in fen": {"CNY": 3000 * 10 + 2500 * 10},
        "share on desktop, in points": -15.0,
        "share on mobile, in points": 30.0,
        "revenue": 0.5,
    },
    play=_play,
)

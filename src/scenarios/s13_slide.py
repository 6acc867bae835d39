"""Scenario 13: a seller whose goods slide from grey to black, over eight weeks, in two networks.

The posts stand on a public account, where selling is allowed, with the times of eight weeks. They
go through the service's own API, as a host sends them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from portreeve.client import Client, PortreeveError
from portreeve.model import Surface
from portreeve.schemas.cases import Case, CaseQuery, RequestRelease
from portreeve.schemas.screening import Screened, Submission
from scenarios.findings import Findings, Scenario
from scenarios.stage import NETWORK, REVIEWER, Stage

_SLIDING = "memory.sliding-waits"
_WEEKS = 8
_MASKS = (
    "广告｜玻尿酸面膜一盒{price}元，买二送一，微信 {handle} 下单",
    "广告｜睡眠面膜到货了，{price}元一盒，想要的加微信 {handle}",
    "广告｜这款泥面膜做活动，{price}元两盒，库存不多，微信 {handle}",
)
_SUPPLEMENTS = (
    "广告｜胶原蛋白口服液保健品，{price}元一盒，现货，微信 {handle}",
    "广告｜褪黑素保健品新到，{price}元一瓶，微信 {handle} 下单",
)
_PRESCRIPTION = "阿莫西林处方药不用处方，{price}元一盒，加微信 {handle} 发货"
_NARCOTICS = "新到的货，冰毒，老客户{price}一克，加微信 {handle}"
_HANDLE = {"slider": "glow-88210", "steady": "mask-77310"}

Posts = list[tuple[float, str]]
"""What is posted, and how many weeks after the beginning."""


def _sliding_posts() -> Posts:
    """Masks, then supplements among them, then prescription drugs, then drugs."""
    masks = [(week + day / 7, _MASKS[day % 3]) for week in range(4) for day in (0, 2, 5)]
    both = [
        (week + day / 7, _SUPPLEMENTS[day % 2] if day else _MASKS[week % 3])
        for week in (4, 5)
        for day in (0, 1, 3, 4, 6)
    ]
    return [*masks, *both, (6.2, _PRESCRIPTION), (6.8, _PRESCRIPTION), (7.5, _NARCOTICS)]


def _steady_posts() -> Posts:
    """Masks for as long."""
    return [(week + day / 7, _MASKS[day % 3]) for week in range(_WEEKS) for day in (0, 2, 5)]


def _play(stage: Stage, found: Findings) -> None:
    begin = datetime.now(UTC) - timedelta(weeks=_WEEKS)
    stage.say("eight weeks of a seller who slides, and of one who does not")
    slider = _screened(stage.host, NETWORK, "slider", _sliding_posts(), begin)
    steady = _screened(stage.host, NETWORK, "steady", _steady_posts(), begin)
    alert, black = _first(slider, _rules), _first(slider, _is_black)
    assert alert is not None
    assert black is not None
    place = f"item {alert + 1} of {len(slider)}; the first black one is item {black + 1}"
    found("alerted before the first black item", alert < black, place)
    weeks = [week for week, _ in _sliding_posts()]
    found("days of warning", round((weeks[black] - weeks[alert]) * 7), f"rule {_SLIDING}")
    found("then its goods", slider[alert].verdict.value, slider[alert].decision or "")
    found("masks after the alert", _verdict_of_masks(slider, alert))
    found("the first black item", slider[black].verdict.value, slider[black].goods_category or "")
    found("drugs", slider[-1].lawful, f"{slider[-1].verdict}, {slider[-1].reasons[0].rule}")
    found(
        "alerts about the steady seller", sum(_rules(one) for one in steady), f"{len(steady)} posts"
    )
    _sealed(stage, slider[-1], found)
    stage.say("the same seller among strangers")
    strangers = _screened(stage.host, "stranger", "slider", _sliding_posts(), begin)
    at = _first(strangers, _rules)
    assert at is not None
    found("the alert among strangers", strangers[at].verdict.value, strangers[at].policy)


def _screened(
    host: Client, network: str, account: str, posts: Posts, begin: datetime
) -> list[Screened]:
    """What comes of posts of an account, one after another."""
    found = []
    for number, (week, text) in enumerate(posts):
        words = text.format(price=59 + number, handle=_HANDLE[account])
        post = Submission(
            id=f"{network}-{account}-{number}", network=network, surface=Surface.public_account,
            account=f"{account}-{network}", standing="verified_merchant", licence="verified",
            disclosed=True, text=words, time=begin + timedelta(weeks=week),
        )  # fmt: skip
        found.append(host.screen(post))
    return found


def _rules(one: Screened) -> bool:
    return _SLIDING in one.rules


def _is_black(one: Screened) -> bool:
    return one.goods_tier == "black"


def _first(screened: list[Screened], wanted: Callable[[Screened], bool]) -> int | None:
    return next((at for at, one in enumerate(screened) if wanted(one)), None)


def _verdict_of_masks(screened: list[Screened], alert: int) -> str:
    """What masks come out as after the alert; they were allowed before."""
    masks = [one for one in screened[alert:] if one.goods_category == "facial_masks"]
    return masks[0].verdict.value if masks else "none"


def _sealed(stage: Stage, drugs: Screened, found: Findings) -> None:
    """That nobody reads the black item alone."""
    ren, qiao = (stage.client(name, *REVIEWER) for name in ("ren", "qiao"))
    case = stage.until("the case of the drugs", lambda: _case_of(ren, drugs))
    ren.claim_case(case.id)
    try:
        ren.read_evidence(case.id)
        found("its evidence, to one person", "read")
    except PortreeveError as refused:
        found("its evidence, to one person", refused.code, case.id)
    asked = ren.request_release(case.id, RequestRelease(reason="To decide it.", minutes=5))
    qiao.grant_release(case.id, asked.id)
    found("to two", "冰毒" in (ren.read_evidence(case.id).items[0].text or ""), asked.id)


def _case_of(reviewer: Client, drugs: Screened) -> Case | None:
    for case in reviewer.list_cases(CaseQuery(state="open", queue="black-goods")).items:
        if any(one.item == drugs.id for one in reviewer.get_case(case.id).contents):
            return case
    return None


SCENARIO = Scenario(
    number=13,
    title="A seller slides from masks to drugs",
    expected={
        "alerted before the first black item": True,
        "days of warning": 11,
        "then its goods": "hold",
        "masks after the alert": "hold",
        "the first black item": "refuse",
        "drugs": False,
        "alerts about the steady seller": 0,
        "its evidence, to one person": "forbidden",
        "to two": True,
        "the alert among strangers": "refuse",
    },
    play=_play,
)

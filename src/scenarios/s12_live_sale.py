"""Scenario 12: a cream sold live at 99 yuan proves fake; who pays, and who answers for it."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta

from portreeve.client import Client
from portreeve.schemas.access import Scope
from portreeve.schemas.accounts import AccountFacts
from portreeve.schemas.commerce.ledger import BalanceQuery
from portreeve.schemas.commerce.live_sales import (
    LiveSaleFacts,
    NewOrder,
    Praise,
    ProfileQuery,
    ProofOfFake,
    Sanctioning,
    Telling,
    TwoLedgers,
)
from scenarios.findings import Findings, Scenario
from scenarios.people import Person, plain
from scenarios.stage import Stage

_CREAM = "今晚直播间福利，保湿霜99元，现货秒发，直接拍下单"
_DOCUMENT = b"the laboratory's report"
_REPORT = hashlib.sha256(_DOCUMENT).hexdigest()


def _play(stage: Stage, found: Findings) -> None:
    _in_square(stage, found)
    _undisclosed(stage, found)


def _in_square(stage: Stage, found: Findings) -> None:
    """A room that says who sells: opened, entered, praised, ordered from, all in Square."""
    stage.say("a live room in Square")
    shop, anchor, maker, buyer = (
        stage.person(name) for name in ("live-shop", "live-anchor", "live-maker", "live-buyer")
    )
    stage.business(shop, "business")
    page = shop.form(
        "/live", text="今晚直播聊聊怎么养绿萝", seller="live-maker", anchor=anchor.name
    )
    room = re.findall(r'action="/live/(r-[^/"]+)/', page)[0]
    page = shop.form(f"/live/{room}/shelf", text=_CREAM, price="99", maker=maker.name)
    sale = re.findall(r'<article[^>]* id="(p-[^"]+)"', page)[0]
    buyer.form(f"/live/{room}/enter")
    anchor.form(f"/live/{room}/sales/{sale}/praise")
    buyer.form(f"/live/{room}/sales/{sale}/order")
    host = stage.host
    buyer.form_with_document(f"/live/{room}/sales/{sale}/proof", _DOCUMENT, kind="test_report")
    [step] = host.trace_live_sale(sale).steps
    found("the buyer's proof is filed", step.proof, f"{step.harm}, from Square's page of the sale")
    legal = host.get_ledgers(sale).legal
    names = {stage.id_of(one): one.name for one in (shop, anchor, maker, buyer)}
    found(
        "who pays by the default profile",
        [names.get(claim.payer, claim.payer) for claim in legal.claims],
        f"{legal.profile}; sale {sale}",
    )  # fmt: skip
    found("refund", [claim.refund.shown for claim in legal.claims], "one")
    found("damages", [claim.damages.shown for claim in legal.claims], "three, at least 500")
    duties = {duty.role: duty.owes.shown for duty in legal.duties}
    found("the anchor owes", duties.get("anchor"), ", ".join(duty.clause for duty in legal.duties))
    found("the chain is shown to the buyer", _chain(buyer, room, sale), "Square's page of the sale")


def _undisclosed(stage: Stage, found: Findings) -> None:
    """A room that hides who sells, by an anchor who knew, before 20,000 people."""
    stage.say("a room that hides who sells")
    host, people = stage.host, ("boss", "star", "factory", "lin")
    for name in people:
        host.put_account(name, AccountFacts())
    noon = _now() - timedelta(hours=2)
    host.put_live_sale(
        "cream",
        LiveSaleFacts(
            room="room-7", operator="boss", anchor="star", maker="factory", platform="square",
            currency="CNY",
        ),
    )  # fmt: skip
    host.add_telling(
        "cream", Telling(id="t-1", account="star", kind="test_report", time=noon - _hour())
    )
    host.add_promotion("cream", Praise(id="show-1", account="star", time=noon, reach=20_000))
    host.add_live_order(
        "cream",
        NewOrder(
            id="order-1", promotion="show-1", buyer="lin", time=noon + _hour() / 2, paid=9_900
        ),
    )  # fmt: skip
    harm = host.prove_fake(
        "cream", ProofOfFake(orders=["order-1"], proof="test_report", digest=_REPORT, found=_now())
    )
    [step] = host.trace_live_sale("cream").steps
    found("promotion, order and harm", [step.promotion, step.order, step.harm == harm.id], harm.id)
    default = host.get_ledgers("cream")
    found("by the default profile pays", _payers(default), default.legal.profile)
    other = host.get_ledgers("cream", ProfileQuery(profile="cn-2022"))
    found("by cn-2022 pays", _payers(other), "the seller was not disclosed")
    found("the moral ledger is the same by both", default.moral == other.moral)
    [promoter] = default.moral.promoters
    found("what the promoter knew", promoter.knowledge, promoter.heard[0].title.en)
    found("how many saw it", promoter.people, promoter.reach)
    _sanctioned(stage, host, found)


def _sanctioned(stage: Stage, host: Client, found: Findings) -> None:
    judge = stage.client("moral-judge", Scope.live_sales, Scope.sanctions, Scope.accounts)
    why = "You knew that it was fake."
    [promoter] = judge.sanction_promoters("cream", Sanctioning(reason=why)).promoters
    assert promoter.sanction is not None
    sanction = judge.get_sanction(promoter.sanction)
    found("what follows for the promoter", sanction.kind, f"{promoter.days} days, {sanction.id}")
    notices = host.list_notices("star").items
    found("the notice says why", any(why in one.text for one in notices))
    ledger = stage.client("bookkeeper", Scope.ledger)
    owed = ledger.get_balances(BalanceQuery(of="factory")).items
    found("in the books the maker owes", [one.amount.shown for one in owed])
    found("the books balance", ledger.get_trial().balanced)


def _payers(both: TwoLedgers) -> list[str]:
    return [claim.payer for claim in both.legal.claims]


def _chain(buyer: Person, room: str, sale: str) -> bool:
    page = plain(buyer.page(f"/live/{room}/sales/{sale}"))
    return "从推广到损害" in page and "500.00 CNY" in page and "live-maker" in page


def _now() -> datetime:
    return datetime.now(UTC)


def _hour() -> timedelta:
    return timedelta(hours=1)


SCENARIO = Scenario(
    number=12,
    title="A cream sold live proves fake",
    expected={
        "the buyer's proof is filed": "test_report",
        "who pays by the default profile": ["live-maker"],
        "refund": ["99.00 CNY"],
        "damages": ["500.00 CNY"],
        "the anchor owes": "0.00 CNY",
        "the chain is shown to the buyer": True,
        "promotion, order and harm": ["show-1", "order-1", True],
        "by the default profile pays": ["factory"],
        "by cn-2022 pays": ["boss"],
        "the moral ledger is the same by both": True,
        "what the promoter knew": "knew",
        "how many saw it": 20_000,
        "what follows for the promoter": "suspend",
        "the notice says why": True,
        "in the books the maker owes": ["-599.00 CNY"],
        "the books balance": True,
    },
    play=_play,
)

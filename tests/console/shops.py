"""Merchants and search ads of the invented world."""

from __future__ import annotations

from datetime import timedelta

from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.ad_market import PutBid
from portreeve.schemas.commerce.ads import NewAd
from portreeve.schemas.commerce.customers import (
    AddCustomers,
    AskBroadcast,
    CustomerNames,
    NewCustomer,
    TagCustomers,
)
from portreeve.schemas.commerce.merchants import (
    DecideLicence,
    MerchantFacts,
    NewLicence,
    PlanPaid,
    StaffLeave,
)
from portreeve.service.actor import Actor

from .world import World

HOST = Actor("square", frozenset({Scope.merchants, Scope.ads, Scope.screen}))

HOSPITAL, CREAMS, SNACKS, GONE = "city-hospital", "mei-skincare", "wanwei-snacks", "old-teahouse"
"""Merchants: verified and paid; verified, unpaid, about to expire; waiting; ended."""

_MARKET, _HEALTH = "市市场监督管理局", "市卫生健康委员会"
_ADS = (
    ("ad-eyes", HOSPITAL, "市第一医院眼科，白内障手术，专家门诊预约", "hospitals", 2500, 40),
    ("ad-quack", "lao-fang", "祖传秘方，三个疗程根治牛皮癣，无效退款", None, 3000, 10),
    ("ad-shoes", "step-shoes", "真皮皮鞋、运动鞋专卖，全场199元起，七天无理由退换", None, 120, 500),
    ("ad-teeth", HOSPITAL, "市第一医院口腔科，种植牙门诊预约", "hospitals", 1800, 60),
)


def open_shops(world: World) -> None:
    """Merchants register, and a person verifies some of their licences."""
    merchants, now = world.service.merchants, world.clock()
    year, soon = now + timedelta(days=365), now + timedelta(days=20)
    for account, name, licences in (
        (
            HOSPITAL,
            "市第一医院",
            [("business", _MARKET, None), ("medical_institution", _HEALTH, year)],
        ),
        (CREAMS, "小美护肤", [("business", _MARKET, soon)]),
        ("step-shoes", "稳步鞋行", [("business", _MARKET, year)]),
        (GONE, "老茶馆", [("business", _MARKET, year)]),
    ):
        _register(world, account, name, licences)
        for licence in merchants.get(HOST, account).licences:
            state = DecideLicence(state="verified")
            merchants.decide_licence(world.actor("sun"), account, licence.id, state)
    for account in (HOSPITAL, "step-shoes"):
        merchants.pay(HOST, account, PlanPaid(until=year))
    merchants.pay(HOST, CREAMS, PlanPaid(until=now + timedelta(days=1)))
    merchants.end(HOST, GONE)


def serve_customers(world: World) -> None:
    """Staff join, customers agree, one broadcast goes out and one does not, somebody leaves."""
    service, now = world.service, world.clock()
    for one in ("li-na", "bo-wen"):
        service.staff.join(HOST, HOSPITAL, one)
    people = [
        NewCustomer(customer=f"visitor-{number}", opted_in=now, how="qr" if number % 3 else "form")
        for number in range(12)
    ]
    service.customers.add(HOST, HOSPITAL, AddCustomers(staff="li-na", customers=people))
    names = [one.customer for one in people]
    service.customers.opt_out(HOST, HOSPITAL, CustomerNames(customers=names[:1]))
    service.customers.tag(HOST, HOSPITAL, TagCustomers(word="复诊", customers=names[1:5]))
    for _ in range(2):
        service.broadcasts.ask(HOST, HOSPITAL, AskBroadcast(staff="li-na"))
    service.staff.leave(HOST, HOSPITAL, "li-na", StaffLeave(to=["bo-wen"]))


def advertise(world: World) -> None:
    """Ads are submitted and bid for; licences are filed that wait; one was refused."""
    for id, account, title, category, amount, clicks in _ADS:
        landing = f"https://{account}.example/"
        ad = NewAd(id=id, account=account, title=title, landing=landing, category=category)
        world.service.ads.submit(HOST, ad)
        bid = PutBid(amount=amount, currency="CNY", clicks=clicks)
        world.service.ad_market.bid(HOST, id, bid)
    _register(world, SNACKS, "万味零食", [("business", _MARKET, None), ("food", _MARKET, None)])
    first = world.service.merchants.get(HOST, SNACKS).licences[0]
    refused = DecideLicence(state="refused", reason="编号与发证机关的记录不符，请核对后重新提交。")
    world.service.merchants.decide_licence(world.actor("sun"), SNACKS, first.id, refused)


def _register(
    world: World, account: str, name: str, licences: list[tuple[str, str, object]]
) -> None:
    facts = MerchantFacts(
        name=name, contact=f"hello@{account}.example", public_account=f"{account}-news",
        licences=[
            NewLicence(kind=kind, authority=authority, expires=expires)  # type: ignore[arg-type]
            for kind, authority, expires in licences
        ],
    )  # fmt: skip
    world.service.merchants.register(HOST, account, facts)

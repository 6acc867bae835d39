"""Merchants and ads over real HTTP, from the first request to the last, by the client."""

from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest

from portreeve.client import Client, PortreeveError
from portreeve.schemas.commerce.ad_market import CompareMarket, PutBid
from portreeve.schemas.commerce.ads import AdQuery, ComposePage, NewAd
from portreeve.schemas.commerce.customers import (
    AddCustomers,
    AskBroadcast,
    CustomerNames,
    FollowersPost,
    NewCustomer,
    TagCustomers,
)
from portreeve.schemas.commerce.merchants import (
    DecideLicence,
    MerchantFacts,
    MerchantQuery,
    NewLicence,
    PlanPaid,
    StaffLeave,
)
from portreeve.schemas.screening import Submission

MASKS = "面膜89元一盒 加微信 abc12345 下单"
SHOES = "真皮皮鞋、运动鞋专卖，全场199元起，七天无理由退换"


@pytest.fixture(scope="module")
def host(url, new_key):
    """What a host is given: it may not verify licences."""
    with Client(url, new_key("merchants", "ads", "screen", name="host")) as client:
        yield client


@pytest.fixture(scope="module")
def vera(url, new_key):
    """Who verifies licences."""
    with Client(url, new_key("merchants", "merchants:verify", name="vera")) as client:
        yield client


def verify(client, account):
    for licence in client.get_merchant(account).licences:
        client.decide_licence(account, licence.id, DecideLicence(state="verified"))


def licences(*kinds):
    return [NewLicence(kind=kind, authority="市场监督管理局") for kind in kinds]


def test_scenario_10(host, vera):
    """The banned merchant of Moments: an enterprise account, customers, followers."""
    refused = host.screen(Submission(id="m-1", account="mei", text=MASKS))
    assert refused.verdict == "refuse"
    assert refused.reasons[0].way_out.name == "enterprise-account"
    facts = MerchantFacts(
        name="小美护肤", contact="13000000000", public_account="mei-news",
        licences=licences("business"),
    )  # fmt: skip
    host.register_merchant("mei", facts)
    host.add_staff("mei", "li")
    host.add_staff("mei", "bo")
    now = datetime.now(UTC)
    some = [NewCustomer(customer=f"c{n}", opted_in=now, how="qr") for n in range(3)]
    added = host.add_customers("mei", AddCustomers(staff="li", customers=some))
    assert (added.added, added.refused) == (3, [])
    tag = TagCustomers(word="老客户", customers=["c0", "c1"])
    assert host.tag_customers("mei", tag).changed == 2
    # neither verified nor paid
    asked = host.ask_broadcast("mei", AskBroadcast(staff="li"))
    assert [(one.reason, one.clause, one.customers) for one in asked.refused] == [
        ("unverified", "E4.2", ["c0", "c1", "c2"])
    ]
    with pytest.raises(PortreeveError) as wrong:
        host.post_to_followers("mei", FollowersPost(id="f-0", text=MASKS))
    assert (wrong.value.status, wrong.value.code) == (409, "conflict")
    verify(vera, "mei")
    assert host.ask_broadcast("mei", AskBroadcast(staff="li")).refused[0].reason == "unpaid"
    paid = host.pay_plan("mei", PlanPaid(until=now + timedelta(days=30)))
    assert (paid.verified, paid.paid) == (True, True)
    assert host.ask_broadcast("mei", AskBroadcast(staff="li", tag="老客户")).allowed == ["c0", "c1"]
    assert host.ask_broadcast("mei", AskBroadcast(staff="li")).refused[0].reason == "day_used"
    # the promotion that Moments refuses reaches followers, and still never Moments
    post = host.post_to_followers("mei", FollowersPost(id="f-1", text=MASKS))
    assert (post.state, post.surface) == ("published", "public_account")
    assert host.screen(Submission(id="m-2", account="mei", text=MASKS)).verdict == "refuse"
    # a member of staff leaves
    left = host.remove_staff("mei", "li", StaffLeave(to=["bo"]))
    assert [(one.staff, one.customers) for one in left.to] == [("bo", 3)]
    assert host.opt_out_customers("mei", CustomerNames(customers=["c2"])).changed == 1
    assert host.ask_broadcast("mei", AskBroadcast(staff="bo")).allowed == ["c0", "c1"]
    ended = host.end_merchant("mei")
    assert ended.kept_until == ended.ended + timedelta(days=183)


def test_scenario_6(host, vera):
    """A licensed hospital, a quack and a shoe shop, each with an ad and a bid."""
    facts = MerchantFacts(name="市第一医院", contact="前台",
                          licences=licences("business", "medical_institution"))  # fmt: skip
    host.register_merchant("hospital", facts)
    host.register_merchant(
        "shoes", MerchantFacts(name="鞋店", contact="前台", licences=licences("business"))
    )
    verify(vera, "hospital")
    verify(vera, "shoes")
    ads = {
        "hospital": ("市第一医院眼科，白内障手术，专家门诊预约", "hospitals", 2500),
        "quack": ("祖传秘方，三个疗程根治牛皮癣，无效退款", None, 3000),
        "shoes": (SHOES, None, 120),
    }
    answers = {}
    for account, (title, category, amount) in ads.items():
        ad = NewAd(id=f"ad-{account}", account=account, title=title, category=category,
                   landing="https://shop.example/")  # fmt: skip
        decided = host.submit_ad(ad)
        bid = PutBid(amount=amount, currency="CNY", clicks=100)
        assert host.put_ad_bid(f"ad-{account}", bid).amount == amount
        assert host.get_ad(f"ad-{account}") == decided
        answers[account] = (decided.lawful, decided.permitted, decided.state)
    assert answers == {
        "hospital": (True, False, "refused"),
        "quack": (False, False, "refused"),
        "shoes": (True, True, "published"),
    }
    wanted = ComposePage(results=[f"r{n}" for n in range(9)], ads=[f"ad-{name}" for name in ads])
    page = host.compose_ad_page(wanted)
    assert [slot.id for slot in page.slots if slot.kind == "ad"] == ["ad-shoes"]
    assert [slot.label.zh for slot in page.slots if slot.label] == ["广告"]
    assert page.share <= page.most == 0.3
    forgone = host.get_forgone_revenue()
    assert (forgone.house, forgone.law) == ({"CNY": 250_000}, {"CNY": 300_000})
    assert [(one.lawful, one.amount) for one in forgone.months] == [
        (False, 300_000), (True, 250_000),
    ]  # fmt: skip
    listed = host.list_ads(AdQuery(limit=2))
    assert [one.id for one in listed.items] == ["ad-shoes", "ad-quack"]
    assert [one.id for one in host.list_ads(AdQuery(cursor=listed.next)).items] == ["ad-hospital"]
    wanted = AdQuery(lawful=True, permitted=False, category="hospitals", state="refused")
    refused = host.list_ads(wanted)
    assert [one.id for one in refused.items] == ["ad-hospital"]


def test_a_licence_that_waits_is_refused_with_a_reason(host, vera):
    facts = MerchantFacts(name="零食店", contact="前台", licences=licences("food"))
    host.register_merchant("snacks", facts)
    assert [
        one.account for one in host.list_merchants(MerchantQuery(begins="sna", waiting=True)).items
    ] == ["snacks"]
    [waiting] = [one for one in vera.list_waiting_licences().items if one.merchant == "snacks"]
    with pytest.raises(PortreeveError) as wrong:
        vera.decide_licence("snacks", waiting.id, DecideLicence(state="refused"))
    assert wrong.value.code == "invalid"
    request = DecideLicence(state="refused", reason="编号不符。")
    [refused] = vera.decide_licence("snacks", waiting.id, request).licences
    assert (refused.state, refused.reason) == ("refused", "编号不符。")


def test_the_market_is_compared_from_the_fixture(host, pytestconfig):
    given = (pytestconfig.rootpath / "examples/search-market.json").read_bytes()
    found = host.compare_market(msgspec.json.decode(given, type=CompareMarket))
    assert [(one.device, one.points) for one in found.devices] == [
        ("desktop", -15.0), ("mobile", 30.0),
    ]  # fmt: skip
    assert (found.revenue, found.gap, found.forgone) == (0.5, 600_000_000, 0.6)


def test_a_bid_beside_an_ad_is_refused_by_name(url, new_key):
    headers = {"Authorization": f"Bearer {new_key('ads', name='bidder')}"}
    ad = {"id": "ad", "account": "a", "title": SHOES, "landing": "https://a.example", "bid": 5}
    answer = httpx.post(f"{url}/v1/ads", headers=headers, json=ad)
    assert answer.status_code == 422
    assert "`bid`" in answer.json()["detail"]

"""Trade over HTTP, as a host does it: live sales, group buying, partners, links."""

import base64
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portreeve.client import PortreeveError
from portreeve.commerce.enrolment import Statement, sign
from portreeve.model import Surface
from portreeve.schemas.accounts import AccountFacts
from portreeve.schemas.commerce import group_buying, links, live_sales, partners
from portreeve.schemas.commerce.ledger import BalanceQuery, LedgerQuery
from portreeve.schemas.screening import Submission

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
SCHOOL = Ed25519PrivateKey.from_private_bytes(bytes(32))
SHOP = "https://item.taobao.com/item.htm?id=100"


def test_a_cream_at_99_yuan_proves_fake(client):
    """Scenario 12: the chain, and two ledgers side by side."""
    for name in ("mei", "factory", "room-boss"):
        client.put_account(name, AccountFacts(language="en"))
    client.put_live_sale("cream", live_sales.LiveSaleFacts(
        room="room-7", operator="room-boss", anchor="mei", maker="factory", platform="square",
        currency="CNY",
    ))  # fmt: skip
    client.add_telling("cream", live_sales.Telling(
        id="t-1", account="mei", kind="test_report", time=NOW - 3 * HOUR
    ))  # fmt: skip
    client.add_promotion("cream", live_sales.Praise(
        id="show-1", account="mei", time=NOW - 2 * HOUR, reach=20_000
    ))  # fmt: skip
    client.add_live_order("cream", live_sales.NewOrder(
        id="order-1", promotion="show-1", buyer="lin", time=NOW - HOUR, paid=9_900
    ))  # fmt: skip
    harm = client.prove_fake("cream", live_sales.ProofOfFake(
        orders=["order-1"], proof="test_report", digest="a" * 64, found=NOW
    ))  # fmt: skip
    [step] = client.trace_live_sale("cream").steps
    assert (step.promotion, step.order, step.harm) == ("show-1", "order-1", harm.id)

    both = client.get_ledgers("cream")
    assert {duty.role: duty.owes.shown for duty in both.legal.duties} == {
        "maker": "599.00 CNY", "operator": "0.00 CNY", "anchor": "0.00 CNY",
        "platform": "0.00 CNY",
    }  # fmt: skip
    other = client.get_ledgers("cream", live_sales.ProfileQuery(profile="cn-2022"))
    assert other.legal.claims[0].payer == "room-boss"
    [promoter] = both.moral.promoters
    assert (promoter.knowledge, promoter.reach, promoter.consequence) == ("knew", "many", "suspend")
    assert other.moral == both.moral

    why = live_sales.Sanctioning(reason="You knew that it was fake.")
    [promoter] = client.sanction_promoters("cream", why).promoters
    assert client.get_sanction(promoter.sanction).state == "in_force"
    assert "You knew that it was fake." in client.list_notices("mei").items[0].text
    owes = client.get_balances(BalanceQuery(of="factory")).items
    assert [(one.purpose, one.amount.shown) for one in owes] == [("owes", "-599.00 CNY")]

    back = live_sales.HarmWithdrawal(reason="The samples were mixed up.")
    assert client.withdraw_harm(harm.id, back).withdrawn is not None
    assert client.get_harm(harm.id).withdrawn is not None
    assert client.get_sanction(promoter.sanction).state == "reversed"
    assert client.get_balances(BalanceQuery(of="factory")).items == []
    entries = client.list_ledger_entries(LedgerQuery(subject="live-sale:cream")).items
    assert [entry.reverses is not None for entry in entries] == [True, False]
    assert client.get_trial().balanced
    assert client.get_live_sale("cream").maker == "factory"


@pytest.fixture(scope="module")
def campus(client):
    """A school that is trusted, a student of it, and a deal."""
    key = base64.b64encode(SCHOOL.public_key().public_bytes_raw()).decode()
    client.trust_checker(group_buying.NewChecker(campus="north", public_key=key))
    publish(client, "noodles", "水果拼团，20斤脐橙12元，满2人成团")
    for name in ("lin", "wei"):
        attest(client, name)
    return client


def publish(client, id, text):
    """The item of a deal, on the surface for group buying."""
    item = Submission(
        id=id, text=text, surface=Surface.group_buy, account="wok", standing="campus_member",
        audience="campus:north",
    )  # fmt: skip
    assert client.screen(item).verdict == "allow"


def attest(client, account, **other):
    said = Statement(**{
        "account": account, "campus": "north", "result": "enrolled", "issued": NOW - HOUR,
        "expires": NOW + timedelta(days=30),
    } | other)  # fmt: skip
    return client.show_enrolment(account, group_buying.EnrolmentProof(proof=sign(said, SCHOOL)))


def deal(**other):
    given = {
        "organiser": "wok", "campus": "north", "price": 1_200, "currency": "CNY", "threshold": 2,
        "deadline": NOW + timedelta(days=1),
    }  # fmt: skip
    return group_buying.DealFacts(**given | other)


def test_a_deal_for_one_campus(campus):
    """Scenario 11: it completes at the threshold; others are refused with reasons."""
    assert campus.get_enrolment("lin").campus == "north"
    assert campus.open_deal("noodles", deal()).state == "open"
    refused = campus.join_deal("noodles", group_buying.JoinDeal(account="eve"))
    assert (refused.joined, refused.refusal.code, refused.refusal.clause) == (
        False, "not_checked", "G3.1",
    )  # fmt: skip
    attest(campus, "old", result="graduated")
    assert campus.join_deal(
        "noodles", group_buying.JoinDeal(account="old")
    ).refusal.code == "graduated"  # fmt: skip
    with pytest.raises(PortreeveError, match="may not attest for this campus"):
        attest(campus, "sun", campus="south")
    states = [
        campus.join_deal("noodles", group_buying.JoinDeal(account=name)).deal.state
        for name in ("lin", "wei")
    ]
    assert states == ["open", "completed"]
    assert campus.get_deal("noodles").joined == 2
    query = group_buying.DealQuery(state="completed")
    assert [one.id for one in campus.list_deals(query).items] == ["noodles"]
    assert campus.get_balances(BalanceQuery(of="wok")).items[0].amount.shown == "24.00 CNY"


def test_below_the_threshold_the_service_refunds_by_itself(campus):
    publish(campus, "pancakes", "水果拼团，20斤脐橙12元，满5人成团")
    deadline = datetime.now(UTC) + timedelta(seconds=1.5)
    campus.open_deal("pancakes", deal(threshold=5, deadline=deadline))
    before = campus.get_balances(BalanceQuery(of="lin")).items
    assert campus.join_deal("pancakes", group_buying.JoinDeal(account="lin")).joined
    until = time.monotonic() + 20
    while campus.get_deal("pancakes").state != "refunded" and time.monotonic() < until:
        time.sleep(0.2)
    found = campus.get_deal("pancakes")
    assert (found.state, found.joined, found.refunded) == ("refunded", 1, 1)
    assert campus.get_balances(BalanceQuery(of="lin")).items == before
    assert campus.get_balances(BalanceQuery(of="pancakes")).items == []


def test_a_checker_can_be_revoked(campus):
    [checker] = campus.list_checkers().items
    key = base64.b64encode(bytes(31) + b"\1").decode()
    another = campus.trust_checker(group_buying.NewChecker(campus="east", public_key=key))
    assert campus.revoke_checker(another.id).revoked is not None
    assert campus.list_checkers().items[1] == checker


FEED = {
    ("GET", "/feed"): "feed.read",
    ("GET", "/feed/{post}"): "feed.read",
    ("GET", "/feed/{post}/comments"): "feed.read",
    ("POST", "/feed"): "feed.write",
    ("POST", "/feed/{post}/comments"): "feed.write",
    ("DELETE", "/feed/{post}"): "feed.write",
}
"""Every feed route of a host, and the scope that it needs."""


def answer(client, route, token):
    """What the host answers an app: 403 with the reason, or the feed."""
    checked = client.check_partner_token(partners.CheckPartnerToken(token=token, scope=FEED[route]))
    return checked.status, checked.reason and checked.reason.because.en


def app(sells, **more):
    return partners.PartnerApplication(
        facts=partners.AppFacts(
            entity_verified=True, privacy_policy=True, asks_people=True, passes_data_on=False,
            sells_goods=sells, keeps_days=7, violation_free_days=400,
        ),
        scopes=["feed.read", "feed.write", "share.link"],
        **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def platform(client):
    """A marketplace, an app the company has invested in, and one that does not sell."""
    client.register_interest(
        partners.NewInterest(party="mall ltd", kind="invested", begins=NOW - HOUR)
    )
    client.apply_for_scopes("market", app(True, name="Market", party="market ltd"))
    client.apply_for_scopes("mall", app(True, name="Mall", party="mall ltd"))
    client.apply_for_scopes("diary", app(False, name="Diary", party="diary ltd"))
    return client


def test_both_sellers_are_refused_alike(platform):
    """Scenario 7: neutral, published criteria, with reasons; names change nothing."""
    market, mall = platform.get_partner("market"), platform.get_partner("mall")
    assert (market.interest, mall.interest) == (False, True)
    assert market.refused == mall.refused
    assert [one.scope for one in market.refused] == ["feed.read", "feed.write"]
    criteria = platform.get_partner_criteria()
    assert market.refused[0].reasons[0].clause in [one.clause for one in criteria.criteria]
    request = partners.ParityRequest(first="market", second="mall")
    assert platform.compare_partners(request).same
    figures = platform.get_parity_figures()
    assert (figures.listed_asked, figures.listed_granted) == (3, 1)
    assert [one.id for one in platform.list_partners().items] == ["diary", "mall", "market"]
    [stake] = platform.list_interests().items
    assert platform.end_interest(stake.id, partners.EndInterest(ends=NOW)).ends == NOW


@pytest.mark.parametrize("route", FEED, ids=" ".join)
def test_every_feed_route_is_closed_to_forged_tokens_and_to_sellers(route, platform):
    genuine = platform.make_partner_token("diary", partners.NewPartnerToken(days=1))
    assert answer(platform, route, genuine.token) == (200, None)
    forged = genuine.token[:-1] + ("A" if genuine.token[-1] != "A" else "B")
    assert answer(platform, route, forged) == (
        403, "This token was never given out. It is forged, or damaged.",
    )  # fmt: skip
    seller = platform.make_partner_token("market", partners.NewPartnerToken())
    assert answer(platform, route, seller.token) == (403, "The app does not have this scope.")
    platform.revoke_partner_token(genuine.id)
    assert answer(platform, route, genuine.token) == (403, "This token was revoked.")


@pytest.mark.parametrize(
    ("reason", "link", "chain"),
    [
        ("as it is", SHOP, []),
        ("shortened", "http://t.cn/abc1234", [SHOP]),
        ("shortened, and nobody knows", "http://t.cn/abc1234", []),
        ("coded", "￥AbCd1234xYz￥", []),
    ],
)
def test_a_marketplace_link_is_closed_in_moments_and_open_one_to_one(reason, link, chain, client):
    checked = client.check_link(links.LinkCheck(surface=Surface.moments, link=link, chain=chain))
    assert not checked.open
    assert checked.reasons[0].clause in ("10.1", "K1.2")
    listed = client.get_link_classes()
    assert next(one for one in listed.classes if one.name == "marketplace").opens


def test_no_link_of_a_chat_is_taken(client):
    with pytest.raises(PortreeveError) as refused:
        client.check_link(links.LinkCheck(surface=Surface.private_chat, link=SHOP))
    assert refused.value.code == "sealed-surface"


def test_a_bid_a_name_or_a_party_is_no_fact(http: httpx.Client):
    facts = {
        "entity_verified": True, "privacy_policy": True, "asks_people": True,
        "passes_data_on": False, "sells_goods": True, "keeps_days": 7, "violation_free_days": 400,
    }  # fmt: skip
    for more in ("bid", "name", "party", "interest", "revenue"):
        body = {"name": "X", "party": "x", "scopes": ["feed.read"], "facts": facts | {more: 1}}
        answer = http.put("/v1/partners/x", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")

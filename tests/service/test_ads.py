"""Search ads: who is admitted and why, what a page shows, what refusing costs."""

import msgspec
import msgspec.structs
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portreeve.model import Item
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.ad_market import (
    CompareMarket,
    EngineRevenue,
    EngineSearches,
    ForgoneQuery,
    PutBid,
)
from portreeve.schemas.commerce.ads import AdQuery, ComposePage, NewAd
from portreeve.schemas.enforcement import UndoRequest
from portreeve.schemas.people import Role
from portreeve.schemas.screening import Submission
from portreeve.service.actor import Actor
from portreeve.service.errors import ServiceError
from portreeve.service.roles import scopes_of
from portreeve.service.undo import Undo
from portreeve.signals.catalog import CATALOG
from portreeve.signals.goods_table import goods_table
from portreeve.store.tables import core
from portreeve.store.tables.commerce import ad_bids
from portreeve.store.tables.enforcement import sanctions
from service.shop import HOST, Shop

HOSPITAL = "市第一医院眼科，白内障手术，专家门诊预约"
QUACK = "祖传秘方，三个疗程根治牛皮癣，无效退款"
SHOES = "真皮皮鞋、运动鞋专卖，全场199元起，七天无理由退换"
MASKS = "补水面膜旗舰店，89元一盒，今日下单立减"


ANALYST = Actor("ana", scopes_of([Role.analyst]))
VERA_SENIOR = Actor("sun", scopes_of([Role.senior]))


@pytest.fixture
def scenario(shop):
    """Scenario 6: a licensed hospital, a quack and a shoe shop, each with an ad and a bid."""
    shop.register("hospital", "business", "medical_institution")
    shop.verify("hospital")
    shop.register("shoes", "business")
    shop.verify("shoes")
    found = {
        "hospital": shop.ad("ad-h", "hospital", HOSPITAL, category="hospitals"),
        "quack": shop.ad("ad-q", "quack", QUACK),
        "shoes": shop.ad("ad-s", "shoes", SHOES),
    }
    for ad, amount, clicks in (("ad-h", 2500, 40), ("ad-q", 3000, 10), ("ad-s", 120, 500)):
        shop.market.bid(HOST, ad, PutBid(amount=amount, currency="CNY", clicks=clicks))
    return found


def test_a_hospital_a_quack_and_a_shoe_shop(scenario):
    answers = {
        who: (
            ad.lawful, ad.permitted, ad.verdict.value, ad.state, ad.licence,
            [r.clause for r in ad.law], [r.clause for r in ad.house if r.verdict == "refuse"],
        )
        for who, ad in scenario.items()
    }  # fmt: skip
    assert answers == {
        "hospital": (True, False, "refuse", "refused", "verified", [], ["12.2", "4.5"]),
        "quack": (False, False, "refuse", "refused", "none", ["L3.1", "L3.2"], ["12.2", "4.5"]),
        "shoes": (True, True, "label", "published", "verified", [], []),
    }
    assert [r.label.zh for r in scenario["shoes"].house] == ["广告"]
    goods = scenario["hospital"].goods
    assert (goods.category, goods.tier, goods.iab[0], "1390" in goods.iab) == (
        "hospitals", "grey-strict", "1378", True,
    )  # fmt: skip


def test_how_an_ad_stands_is_what_was_answered(scenario, shop):
    for answered in scenario.values():
        read = shop.ads.get(HOST, answered.id)
        assert read == msgspec.structs.replace(answered, repeated=False)


def test_ads_in_pages_and_by_what_was_answered(scenario, shop, clock):
    def found(**query):
        return [one.id for one in shop.ads.list(ANALYST, AdQuery(**query)).items]

    assert found() == ["ad-s", "ad-q", "ad-h"]
    page = shop.ads.list(ANALYST, AdQuery(limit=2))
    assert [one.id for one in page.items] == ["ad-s", "ad-q"]
    assert found(cursor=page.next) == ["ad-h"]
    assert found(lawful=True) == ["ad-s", "ad-h"]
    assert found(lawful=True, permitted=False) == ["ad-h"]
    assert found(category="hospitals") == ["ad-h"]
    assert found(state="published") == ["ad-s"]
    assert found(account="quack") == ["ad-q"]
    assert found(network="elsewhere") == []
    [hospital] = shop.ads.list(ANALYST, AdQuery(category="hospitals")).items
    assert (hospital.goods.title.zh, hospital.goods.iab[0]) == ("医院诊所与口腔", "1378")
    undo = Undo(shop.context, shop.policies)
    undo.reverse(VERA_SENIOR, scenario["quack"].decision, UndoRequest(reason="x"))
    assert found(lawful=False) == []
    for wrong in ({"category": "no-such"}, {"cursor": "x"}):
        with pytest.raises(ServiceError) as error:
            found(**wrong)
        assert error.value.code == "invalid"
    with pytest.raises(ServiceError):
        shop.ads.list(Actor("r", frozenset({Scope.cases})), AdQuery())


def test_the_licences_that_were_looked_for(scenario, shop):
    hospital = shop.ads.licences(ANALYST, "ad-h")
    assert [(one.kind, one.title.en) for one in hospital.covering] == [
        ("medical_institution", "Licence of a medical institution")
    ]
    assert [(one.state, one.in_force) for one in hospital.held] == [("verified", True)]
    quack = shop.ads.licences(ANALYST, "ad-q")
    assert (quack.registered, [one.kind for one in quack.covering], quack.held) == (
        False, ["pharmacy"], [],
    )  # fmt: skip


def test_whoever_decides_sees_no_bid_and_who_reads_the_ledger_does(scenario, shop):
    report = shop.market.forgone(ANALYST, ForgoneQuery())
    assert [(one.lawful, one.ads, one.amount) for one in report.months] == [
        (False, 1, 30_000), (True, 1, 100_000),
    ]  # fmt: skip
    taken = shop.market.export(ANALYST, ForgoneQuery()).decode("utf-8-sig").splitlines()
    assert taken[1].startswith("hospitals,")
    assert taken[1].endswith(",house,1,40,100000,CNY")
    with pytest.raises(ServiceError) as wrong:
        shop.market.forgone(VERA_SENIOR, ForgoneQuery())
    assert wrong.value.code == "forbidden"
    assert Scope.ledger not in scopes_of([Role.reviewer, Role.senior])
    assert Scope.ads not in scopes_of([Role.reviewer, Role.senior])


@pytest.mark.parametrize(
    ("title", "declared", "category", "verdict"),
    [
        pytest.param(SHOES, None, "shoes", "label", id="the words say it"),
        pytest.param(SHOES, "hospitals", "hospitals", "refuse", id="declared stricter: it counts"),
        pytest.param(QUACK, "shoes", "medicines", "refuse", id="declared milder: words count"),
        pytest.param(
            "天天向上，专业团队", "fertility", "fertility", "refuse", id="words are silent"
        ),
        pytest.param("天天向上，专业团队", None, None, "label", id="nobody knows"),
    ],
)
def test_what_an_ad_is_for(shop, title, declared, category, verdict):
    ad = shop.ad("ad", "x", title, category=declared)
    assert (ad.goods.category if ad.goods else None, ad.verdict.value) == (category, verdict)


@pytest.mark.parametrize(
    ("kinds", "state", "licence", "verdict"),
    [
        pytest.param((), "verified", "none", "hold", id="no licence"),
        pytest.param(("business",), None, "claimed", "hold", id="claimed only"),
        pytest.param(("business",), "verified", "verified", "label", id="verified"),
        pytest.param(("business",), "refused", "none", "hold", id="refused"),
        pytest.param(("food",), "verified", "none", "hold", id="of another kind"),
    ],
)
def test_goods_bought_on_trust_need_a_licence(shop, kinds, state, licence, verdict):
    shop.register("masks", *kinds)
    if state:
        shop.verify("masks", state)
    ad = shop.ad("ad", "masks", MASKS)
    assert (ad.licence, ad.verdict.value) == (licence, verdict)


def test_the_same_ad_is_decided_anew_once_its_licence_is_verified(shop):
    shop.register("masks", "business")
    assert shop.ad("ad", "masks", MASKS).verdict == "hold"
    assert shop.ad("ad", "masks", MASKS).repeated
    shop.verify("masks")
    again = shop.ad("ad", "masks", MASKS)
    assert (again.verdict, again.repeated, again.state) == ("label", False, "published")
    assert shop.ad("ad", "masks", MASKS).repeated


def test_an_ad_whose_licence_lapsed_is_not_served(shop):
    shop.register("masks", "business")
    shop.verify("masks")
    shop.ad("ad", "masks", MASKS)
    request = ComposePage(results=["a", "b", "c"], ads=["ad"])
    assert [slot.id for slot in shop.market.page(HOST, request).slots] == ["a", "b", "c", "ad"]
    shop.verify("masks", "revoked")
    page = shop.market.page(HOST, request)
    assert [(one.id, one.why) for one in page.left_out] == [("ad", "licence-lapsed")]


def test_only_admitted_ads_are_on_a_page_each_labelled_and_never_too_many(scenario, shop, context):
    shop.ad("ad-2", "hats", "手工草帽专卖，夏日新款上架")
    shop.market.bid(HOST, "ad-2", PutBid(amount=500, currency="CNY", clicks=10))
    with context.database.write() as tx:
        row = {
            "id": "snc_1", "account": "banned", "network": "acquaintance", "kind": "ban",
            "ladder": "promotion", "step": 1, "begins": tx.time, "imposed_by": "ann",
            "open": True, "imposed": tx.time,
        }  # fmt: skip
        shop_ad = sa.insert(sanctions).values({k: v for k, v in row.items() if k in sanctions.c})
    shop.ad("ad-b", "banned", "手工草帽专卖，夏日新款上架")
    with context.database.write() as tx:
        tx.execute(shop_ad)
    results = [f"r{n}" for n in range(7)]
    ads = ["ad-s", "ad-h", "ad-q", "ad-2", "ad-b", "nothing"]
    page = shop.market.page(HOST, ComposePage(results=results, ads=ads))
    # the higher bid first
    assert [slot.id for slot in page.slots] == [
        "r0", "r1", "r2", "ad-2", "r3", "r4", "ad-s", "r5", "r6",
    ]  # fmt: skip
    assert [slot.label.en for slot in page.slots if slot.kind == "ad"] == ["Advertisement"] * 2
    assert all(slot.label is None for slot in page.slots if slot.kind == "result")
    assert (round(page.share, 3), page.most, page.clause) == (0.222, 0.3, "12.4")
    assert [(one.id, one.why) for one in page.left_out] == [
        ("ad-h", "not-admitted"), ("ad-q", "not-admitted"), ("ad-b", "sanctioned"),
        ("nothing", "unknown"),
    ]  # fmt: skip
    few = shop.market.page(HOST, ComposePage(results=results[:2], ads=["ad-s"]))
    assert [(one.id, one.why) for one in few.left_out] == [("ad-s", "no-room")]


def test_revenue_forgone_is_told_by_category_and_by_who_refused(scenario, shop):
    report = shop.market.forgone(HOST, ForgoneQuery())
    assert [
        (one.category, one.lawful, one.ads, one.clicks, one.amount) for one in report.categories
    ] == [("hospitals", True, 1, 40, 100_000), ("medicines", False, 1, 10, 30_000)]
    assert (report.house, report.law, report.without_bid) == (
        {"CNY": 100_000}, {"CNY": 30_000}, 0,
    )  # fmt: skip
    shop.market.bid(HOST, "ad-h", PutBid(amount=5000, currency="CNY", clicks=40))
    assert shop.market.forgone(HOST, ForgoneQuery()).house == {"CNY": 200_000}
    shop.ad("ad-h2", "hospital", HOSPITAL)
    assert shop.market.forgone(HOST, ForgoneQuery()).without_bid == 1


def test_what_an_appeal_gives_back_is_forgone_no_more(scenario, shop, context):
    decision = scenario["hospital"].decision
    with context.database.write() as tx:
        Undo(context, shop.policies).undo(tx, "ann", decision, "It was wrong.")
    stands = shop.ads.get(HOST, "ad-h")
    assert (stands.state, stands.verdict, stands.permitted) == ("published", "allow", True)
    assert shop.market.forgone(HOST, ForgoneQuery()).house == {}


def test_the_past_of_the_ledger_is_kept(scenario, shop, context, clock):
    clock.advance(days=1)
    shop.market.bid(HOST, "ad-s", PutBid(amount=1, currency="CNY", clicks=1))
    with context.database.read() as connection:
        bids = connection.execute(
            sa.select(ad_bids.c.amount).where(ad_bids.c.ad == "ad-s").order_by(ad_bids.c.seq)
        )
        assert bids.scalars().all() == [120, 1]
    since = ForgoneQuery(since=clock())
    assert shop.market.forgone(HOST, since).categories == []


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.permutations([120, 2500, 3000, 0, 10**12]))
def test_swapping_bids_never_changes_a_decision(embedded, bids):
    """Each time under new ids, since an ad that is known is not decided again."""
    embedded.turn += 1
    offers = [("hospital", HOSPITAL), ("quack", QUACK), ("shoes", SHOES), ("x", MASKS)]
    decided = []
    for (account, title), amount in zip(offers, bids, strict=False):
        id = f"{account}-{embedded.turn}"
        ad = embedded.shop.ad(id, account, title)
        bid = PutBid(amount=amount, currency="CNY", clicks=100)
        embedded.shop.market.bid(HOST, id, bid)
        after = embedded.shop.ads.get(HOST, id)
        assert after == ad
        decided.append((ad.lawful, ad.permitted, ad.verdict, [r.rule for r in ad.law + ad.house]))
    embedded.seen.append(decided)
    assert decided == embedded.seen[0]


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.permutations(["hospital", "shoes", "ann's", "平安"]))
def test_swapping_names_never_changes_a_decision(embedded, names):
    """Of four advertisers with the same papers, whoever they are."""
    embedded.turn += 1
    titles = [HOSPITAL, QUACK, SHOES, MASKS]
    decided = []
    for name, title in zip(names, titles, strict=True):
        account = f"{name}-same"
        embedded.licensed(account)
        ad = embedded.shop.ad(f"{name}/{embedded.turn}", account, title)
        decided.append((ad.lawful, ad.permitted, ad.verdict, [r.rule for r in ad.law + ad.house]))
    embedded.seen.append(decided)
    assert decided == embedded.seen[0]


def test_nothing_that_decides_has_a_field_for_a_bid():
    words = ("bid", "revenue", "budget", "offer", "amount", "cpc", "click")
    fields = {*NewAd.__struct_fields__, *Submission.__struct_fields__, *Item.__struct_fields__}
    assert [name for name in fields if any(word in name for word in words)] == []
    assert [name for name in CATALOG if any(w in name for w in ("bid", "revenue", "cpc"))] == []
    with pytest.raises(msgspec.ValidationError, match="unknown field `bid`"):
        msgspec.convert({"id": "a", "account": "b", "title": "c", "landing": "d", "bid": 1}, NewAd)


def test_an_id_that_is_taken(shop):
    shop.ad("ad", "shoes", SHOES)
    with pytest.raises(ServiceError) as refused:
        shop.ad("ad", "other", SHOES)
    assert (refused.value.code, refused.value.field) == ("conflict", "account")
    shop.screening.screen(HOST, [Submission(id="post", account="shoes", text="猫睡着了")])
    with pytest.raises(ServiceError) as refused:
        shop.ad("post", "shoes", SHOES)
    assert (refused.value.code, refused.value.field) == ("conflict", "id")


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        pytest.param({"category": "shoos"}, "invalid", "category", id="no such goods"),
        pytest.param({"network": "nowhere"}, "not-found", "network", id="no such network"),
        pytest.param({"id": "a\x00"}, "invalid", "id", id="NUL in the id"),
    ],
)
def test_what_cannot_be_decided(shop, given, code, field):
    facts = {"id": "ad", "account": "x", "title": SHOES, "landing": "https://a.example"} | given
    with pytest.raises(ServiceError) as refused:
        shop.ads.submit(HOST, NewAd(**facts))
    assert (refused.value.code, refused.value.field) == (code, field)


def test_bids_are_in_the_money_of_the_rules(scenario, shop):
    with pytest.raises(ServiceError, match="Bids are in CNY") as refused:
        shop.market.bid(HOST, "ad-s", PutBid(amount=1, currency="USD", clicks=1))
    assert refused.value.field == "currency"
    with pytest.raises(ServiceError) as refused:
        shop.market.bid(HOST, "none", PutBid(amount=1, currency="CNY", clicks=1))
    assert refused.value.code == "not-found"


def test_it_needs_the_scope(shop):
    nobody = Actor("nobody", frozenset({Scope.screen}))
    for ask in (
        lambda: shop.ads.submit(nobody, NewAd(id="a", account="b", title="c", landing="d")),
        lambda: shop.ads.get(nobody, "a"),
        lambda: shop.market.bid(nobody, "a", PutBid(amount=1, currency="CNY", clicks=1)),
        lambda: shop.market.page(nobody, ComposePage(results=[], ads=[])),
        lambda: shop.market.forgone(nobody, ForgoneQuery()),
    ):
        with pytest.raises(ServiceError) as refused:
            ask()
        assert refused.value.code == "forbidden"


def test_every_iab_id_is_four_digits_and_hospitals_have_theirs():
    ids = {id for goods in goods_table().values() for id in goods.iab}
    assert all(len(id) == 4 and id.isdigit() for id in ids)
    assert {"1378", "1390"} <= set(goods_table()["hospitals"].iab)


def test_a_market_that_lacks_figures_is_not_compared(shop):
    request = CompareMarket(
        ours="a", theirs="b", currency="CNY",
        searches=[EngineSearches(engine="a", device="desktop", searches=1)],
        revenue=[EngineRevenue(engine="a", amount=1), EngineRevenue(engine="b", amount=2)],
    )  # fmt: skip
    with pytest.raises(ServiceError, match="There are no searches of `b`"):
        shop.market.compare(HOST, request)


def test_the_audit_log_names_no_amounts(scenario, context):
    with context.database.read() as connection:
        rows = connection.execute(sa.select(core.audit.c.action, core.audit.c.detail)).all()
    bids = [detail for action, detail in rows if action == "ad.bid"]
    assert bids == [{}, {}, {}]


class Embedded:
    """A shop over SQLite that lasts for all examples of a property."""

    def __init__(self, shop):
        self.shop, self.turn, self.seen, self.known = shop, 0, [], set()

    def licensed(self, account):
        if account not in self.known:
            self.known.add(account)
            self.shop.register(account, "business")
            self.shop.verify(account)


@pytest.fixture
def embedded(request, tmp_path):
    from portreeve.store import Database
    from service.support import FakeClock, make_context

    database = Database("sqlite://", clock=FakeClock())
    database.create()
    shop = Shop(make_context(database, tmp_path))
    yield Embedded(shop)
    shop.stop()
    database.close()

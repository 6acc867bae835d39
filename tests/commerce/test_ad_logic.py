"""Advertising without a store: pages, order, what is forgone, the market, and the rules' files."""

import json
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.rule_files import changed, complaint
from portreeve.commerce.ad_page import compose
from portreeve.commerce.ad_rules import ad_rules
from portreeve.commerce.forgone import Told, forgone
from portreeve.commerce.licences import Held, Registered, licence_for, licence_rules
from portreeve.commerce.market import Earned, NoComparisonError, Traffic, compare
from portreeve.commerce.merchant_rules import merchant_rules
from portreeve.commerce.ranking import Offer, rank
from portreeve.signals.goods_table import goods_table

NOW = datetime(2014, 6, 1)
FIXTURE = json.loads((Path(__file__).parents[2] / "examples/search-market.json").read_text())

SHARES = st.fractions(0, 1, max_denominator=50)
NAMES = st.lists(st.integers(0, 10**6).map(str), max_size=40, unique=True)


@given(NAMES, NAMES, SHARES)
def test_no_top_of_a_page_holds_more_ads_than_the_share(results, ads, share):
    ads = [f"ad-{name}" for name in ads]
    page = compose(results, ads, share)
    for length in range(1, len(page) + 1):
        assert sum(slot.is_ad for slot in page[:length]) <= share * length
    assert [slot.id for slot in page if not slot.is_ad] == results
    placed = [slot.id for slot in page if slot.is_ad]
    assert placed == ads[: len(placed)]
    # nor is room wasted: one more at the end would be too many
    if len(placed) < len(ads):
        assert len(placed) + 1 > share * (len(page) + 1)


@pytest.mark.parametrize(
    ("results", "ads", "page"),
    [
        pytest.param(0, 3, "", id="no results, no ads"),
        pytest.param(2, 3, "rr", id="one of three would be a third"),
        pytest.param(3, 3, "rrra", id="one of four is a quarter"),
        pytest.param(7, 9, "rrrarrarra", id="ten places, three ads"),
        pytest.param(10, 1, "rrrarrrrrrr", id="fewer ads than there is room for"),
    ],
)
def test_pages_at_three_tenths(results, ads, page):
    made = compose([f"r{n}" for n in range(results)], [f"a{n}" for n in range(ads)],
                   ad_rules().load.share)  # fmt: skip
    assert "".join(slot.id[0] for slot in made) == page


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 100)), max_size=30), st.randoms())
def test_the_order_is_by_bid_then_by_time_whatever_the_order_told(bids, random):
    offers = [
        Offer(f"ad-{at}", amount, NOW + timedelta(hours=hours))
        for at, (amount, hours) in enumerate(bids)
    ]
    ranked = rank(offers)
    shuffled = offers[:]
    random.shuffle(shuffled)
    assert rank(shuffled) == ranked
    by_id = {offer.ad: offer for offer in offers}
    keys = [(-by_id[ad].amount, by_id[ad].submitted) for ad in ranked]
    assert keys == sorted(keys)


TOLD = st.builds(
    Told,
    st.sampled_from([None, "hospitals", "medicines"]),
    st.booleans(),
    st.sampled_from(["CNY", "USD"]),
    st.integers(0, 10**12),
    st.integers(0, 10**12),
)


@given(st.lists(TOLD, max_size=30))
def test_what_is_forgone_adds_up(told):
    found = forgone(told)
    for currency in ("CNY", "USD"):
        assert sum(f.amount for f in found if f.currency == currency) == sum(
            t.amount * t.clicks for t in told if t.currency == currency
        )
    assert sum(f.ads for f in found) == len(told)
    assert len({(f.category, f.lawful, f.currency) for f in found}) == len(found)


def test_the_market_of_scenario_6():
    """Share -15 points on desktop, +30 on mobile, half the revenue."""
    found = compare(
        [Traffic(**one) for one in FIXTURE["searches"]],
        [Earned(**one) for one in FIXTURE["revenue"]],
        FIXTURE["ours"],
        FIXTURE["theirs"],
    )
    assert [(one.device, one.points) for one in found.devices] == [("desktop", -15), ("mobile", 30)]
    assert (found.revenue, found.gap) == (Fraction(1, 2), 600_000_000)
    assert Fraction(FIXTURE["forgone"], found.gap) == Fraction(3, 5)


@given(
    st.lists(st.integers(1, 10**9), min_size=3, max_size=3),
    st.lists(st.integers(1, 10**9), min_size=2, max_size=2),
)
def test_a_comparison_is_the_same_seen_from_the_other_side(searches, amounts):
    traffic = [Traffic(e, "d", n) for e, n in zip("abc", searches, strict=True)]
    earned = [Earned(e, n) for e, n in zip("ab", amounts, strict=True)]
    one, other = compare(traffic, earned, "a", "b"), compare(traffic, earned, "b", "a")
    assert one.devices[0].points == -other.devices[0].points
    assert (one.revenue * other.revenue, one.gap) == (1, -other.gap)


@pytest.mark.parametrize(
    ("searches", "revenue", "message"),
    [
        pytest.param([("a", 1)], [("a", 1), ("b", 1)], "no searches of `b`", id="nobody there"),
        pytest.param([("a", 1), ("b", 1)], [("a", 1)], "no earnings of `b`", id="not told"),
        pytest.param([("a", 0), ("b", 0)], [("a", 1), ("b", 1)], "Nobody searched", id="empty"),
        pytest.param([("a", 1), ("b", 1)], [("a", 1), ("b", 0)], "earned nothing", id="nothing"),
    ],
)
def test_figures_that_cannot_be_compared(searches, revenue, message):
    with pytest.raises(NoComparisonError, match=message):
        compare([Traffic(e, "d", n) for e, n in searches], [Earned(*one) for one in revenue],
                "a", "b")  # fmt: skip


# --- licences -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "held", "licence"),
    [
        pytest.param("hospitals", [("medical_institution", "verified", None)], "verified",
                     id="of the kind that covers it"),
        pytest.param("hospitals", [("business", "verified", None)], "none",
                     id="special goods need their own licence"),
        pytest.param("shoes", [("business", "verified", None)], "verified",
                     id="what needs none of its own"),
        pytest.param("shoes", [("food", "verified", None)], "none", id="of another trade"),
        pytest.param(None, [("business", "verified", None)], "none", id="nobody knows the goods"),
        pytest.param("medicines", [("pharmacy", "claimed", None)], "claimed", id="only claimed"),
        pytest.param("medicines", [("pharmacy", "refused", None)], "none", id="refused"),
        pytest.param("medicines", [("pharmacy", "revoked", None)], "none", id="revoked"),
        pytest.param("medicines", [("pharmacy", "verified", 0)], "none", id="ends now"),
        pytest.param("medicines", [("pharmacy", "verified", 1)], "verified", id="ends later"),
        pytest.param("medicines", [("pharmacy", "verified", 0), ("pharmacy", "claimed", 9)],
                     "claimed", id="the next one is claimed"),
        pytest.param("medicines", [], "none", id="nothing on file"),
    ],
)  # fmt: skip
def test_whether_somebody_is_licensed(category, held, licence):
    licences = [
        Held(kind=k, state=s, expires=None if d is None else NOW + timedelta(days=d))
        for k, s, d in held
    ]
    assert licence_for(licence_rules(), category, licences, NOW) == licence


def test_every_category_is_covered_by_something():
    rules = licence_rules()
    assert all(rules.covering(category) for category in goods_table())
    assert [kind.id for kind in rules.kinds.values() if kind.general] == ["business"]


@pytest.mark.parametrize(
    ("kind", "state", "standing"),
    [
        pytest.param("business", "verified", "verified_merchant", id="verified"),
        pytest.param("business", "claimed", "merchant", id="claimed"),
        pytest.param("food", "verified", "merchant", id="no business licence"),
    ],
)
def test_what_a_licence_makes_of_an_account(kind, state, standing):
    assert Registered(licences=[Held(kind=kind, state=state)]).standing(NOW) == standing


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "name", "old", "new", "says"),
    [
        pytest.param(ad_rules, "ads", "share: 0.30", "share: 30",
                     ["ads.yaml:12", "`30` is not a share", "such as 0.2"], id="a share beyond 1"),
        pytest.param(ad_rules, "ads", "currency: CNY", "currency: yuan",
                     ["ads.yaml:8", "`yuan` is not a currency", "such as CNY"], id="no currency"),
        pytest.param(ad_rules, "ads", "currency: CNY", "currancy: CNY",
                     ["unknown key `currancy`", "Did you mean `currency`?"], id="misspelt"),
        pytest.param(ad_rules, "ads", "text: {en: Advertisement, zh: 广告}",
                     "text: {en: Advertisement}", ["Chinese text is missing"], id="one language"),
        pytest.param(licence_rules, "licences", "[alcohol]", "[alcohoI]",
                     ["no category of goods `alcohoI`", "Did you mean `alcohol`?"], id="no goods"),
        pytest.param(licence_rules, "licences", "  business:\n", "  trade:\n",
                     ["the kind `business` is missing"], id="no business licence"),
        pytest.param(merchant_rules, "merchants", "    most: 4\n", "",
                     ["`most` is missing"], id="a quota without a number"),
        pytest.param(merchant_rules, "merchants", "most: 4", "most: 0",
                     ["Write a whole number of 1 or more"], id="a quota of nothing"),
        pytest.param(merchant_rules, "merchants", 'clause: "E4.2"', 'clause: "E4.2"\n    most: 3',
                     ["This rule counts nothing"], id="a number where nothing is counted"),
        pytest.param(merchant_rules, "merchants", 'zone: "+08:00"', 'zone: "8"',
                     ["`8` is not an offset"], id="no offset"),
        pytest.param(merchant_rules, "merchants", "time: 183d", "time: half a year",
                     ["is not a duration"], id="no duration"),
        pytest.param(merchant_rules, "merchants", "rules: merchants", "rules: ads",
                     ["is not what this file holds"], id="another file"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_named_with_line_and_remedy(
    tmp_path, read, name, old, new, says
):
    report = complaint(read, changed(tmp_path, name, old, new))
    assert [one for one in says if one not in report] == []
    assert f"{name}.yaml:" in report


def test_the_zone_may_lie_west(tmp_path):
    folder = changed(tmp_path, "merchants", 'zone: "+08:00"', 'zone: "-03:30"')
    assert merchant_rules(folder).zone.utcoffset(None) == -timedelta(hours=3, minutes=30)

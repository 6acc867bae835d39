"""Merchants, licences and search ads in the console: what people do and see there."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from portreeve.console.cookies import SESSION
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.commerce.merchants import NewLicence
from portreeve.service.actor import PORTREEVE, Actor

from . import page_checks
from .conftest import PHONE, Console, Window
from .shops import CREAMS, GONE, HOSPITAL, SNACKS

LICENCES = "/console/licences"


def rows(page: Page) -> list[str]:
    """The first column of the table."""
    return [one.inner_text().split("\n")[0] for one in page.locator("tbody th").all()]


def get(console: Console, who: str, address: str) -> httpx.Response:
    """What somebody is answered."""
    headers = {"cookie": f"{SESSION}={console.cookie(who)}"}
    return httpx.get(console.url + address, headers=headers, timeout=30)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", [HOSPITAL, CREAMS, GONE, "step-shoes", SNACKS]),
        ("?standing=verified", [HOSPITAL, CREAMS, "step-shoes"]),
        ("?standing=unverified", [SNACKS]),
        ("?standing=unpaid", [CREAMS, SNACKS]),
        ("?standing=expiring", [CREAMS]),
        ("?standing=ended", [GONE]),
        ("?q=mei", [CREAMS]),
        ("?q=nobody", []),
    ],
)
def test_merchants_are_listed_by_how_they_stand(sign_in, asked, found):
    page = sign_in("sun", "en")
    page.goto(f"/console/merchants{asked}")
    assert rows(page) == found


def test_a_merchant_s_page_counts_customers_and_names_none(sign_in, shown):
    page = sign_in("sun", "en")
    page.goto(f"/console/merchants/{HOSPITAL}")
    text = page.locator("main").inner_text()
    for said in ("市第一医院", "hello@city-hospital.example", "Licence of a medical institution",
                 "of at most 20,000 for each of the staff", "li-na left; 11 customers to bo-wen",
                 "A member of staff broadcasts at most once a day."):  # fmt: skip
        assert said in text
    figures = page.locator(".figure b").all_inner_texts()
    assert figures == ["11", "1", "4", "0"]
    for hidden in ("visitor-", "复诊"):
        assert hidden not in get(shown, "sun", f"/console/merchants/{HOSPITAL}").text


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh", PHONE)])
def test_a_licence_is_verified_from_the_list_by_keys_alone(
    window: Window, console, language, width
):
    page = window.sign_in("sun", language, "light", width)
    page.goto("/console")
    counted = page.locator(".spread", has=page.locator(f"a[href='{LICENCES}']")).locator("b")
    expect(counted).to_have_text("1")
    page.goto(LICENCES)
    page.locator("tbody a").focus()
    page.keyboard.press("Enter")
    verify = page.get_by_role("button", name={"en": "Verify it", "zh": "核实通过"}[language]).last
    verify.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{console.url}{LICENCES}")
    expect(page.locator(".message")).to_contain_text({"en": "Verified", "zh": "已核实"}[language])
    expect(page.locator(".empty")).to_be_visible()
    [food] = [one for one in merchant(console, SNACKS).licences if one.kind == "food"]
    assert (food.state, food.decided_by) == ("verified", "sun")
    told = console.service.notices.list(PORTREEVE, SNACKS, Paging()).items[0]
    assert (told.kind, told.title) == ("licence-verified", "您的许可已核实：食品经营许可证。")
    entry = console.service.audit_log.entries(PORTREEVE, subject=food.id).items[-1]
    assert (entry.actor, entry.action, entry.detail["state"]) == (
        "sun", "merchant.licence.decide", "verified",
    )  # fmt: skip


def merchant(console: Console, account: str):
    return console.service.merchants.get(PORTREEVE, account)


def test_a_refusal_needs_a_reason_and_nobody_verifies_what_they_filed(window: Window, console):
    page = window.sign_in("sun", "en")
    page.goto(f"/console/merchants/{SNACKS}")
    food = page.locator("article", has_text="Licence to trade in food").last
    food.locator("summary").click()
    reason = food.get_by_label("Why? The merchant reads it.")
    reason.fill("   ")
    food.get_by_role("button", name="Refuse it").click()
    food = page.locator("article", has_text="Licence to trade in food").last
    expect(food.locator(".error")).to_have_text(
        "Say why, in 1 to 2,000 characters: the merchant reads it."
    )
    assert page_checks.axe(page) == []
    window.complaints.clear()  # the browser tells of every 422
    food.get_by_label("Why? The merchant reads it.").fill("The number is another shop's.")
    food.get_by_role("button", name="Refuse it").click()
    expect(page.locator(".message")).to_contain_text("Refused")
    expect(page.locator("article").last).to_contain_text("The number is another shop's.")
    assert [one.state for one in merchant(console, SNACKS).licences] == ["refused", "refused"]
    sun = Actor("sun", frozenset({Scope.merchants}))
    licence = NewLicence(kind="alcohol", authority="City office")
    console.service.merchants.file_licence(sun, SNACKS, licence)
    page.goto(f"/console/merchants/{SNACKS}")
    own = page.locator("article").last
    expect(own).to_contain_text("You filed it: somebody else decides on it.")
    expect(own.get_by_role("button")).to_have_count(0)


def test_ads_are_listed_by_both_answers_and_shown_with_their_clauses(sign_in, shown):
    page = sign_in("sun", "en")
    page.goto("/console/ads")
    assert rows(page) == ["ad-teeth", "ad-shoes", "ad-quack", "ad-eyes"]
    for asked, found in (("answer=law", ["ad-quack"]), ("answer=house", ["ad-teeth", "ad-eyes"]),
                         ("answer=admitted", ["ad-shoes"]), ("category=shoes", ["ad-shoes"]),
                         ("account=lao-fang", ["ad-quack"]), ("state=held", [])):  # fmt: skip
        page.goto(f"/console/ads?{asked}")
        assert rows(page) == found
    page.goto("/console/ads/ad-eyes")
    law, house = (page.locator(f"section[aria-labelledby={name}]") for name in ("law", "house"))
    expect(law.locator("h2")).to_have_text("Lawful? yes")
    expect(house.locator("h2")).to_have_text("Permitted? no")
    assert house.locator("a[href^='/policy/']").all_inner_texts()[0] == "clause 12.2"
    expect(page.locator(".facts").first).to_contain_text("1378, 1384")
    expect(page.locator("section[aria-labelledby=licences]")).to_contain_text("verified")
    expect(page.locator(".post mark").first).to_be_visible()
    reading = shown.service.audit_log.entries(PORTREEVE, subject="ad-eyes", newest=True).items[0]
    assert (reading.actor, reading.action) == ("sun", "ad.evidence-read")


def test_no_bid_reaches_whoever_decides(shown):
    for address in ("/console/ad-market", "/console/ad-market/forgone.csv"):
        for who, status in (("sun", 403), ("ben", 403), ("ana", 200), ("uma", 200), ("ada", 200)):
            assert get(shown, who, address).status_code == status, (address, who)
    for address in ("/console/ads", "/console/ads/ad-eyes"):
        # a token of the page may hold any digits
        assert "2500" not in re.sub(r"[0-9a-f]{8,}", "", get(shown, "sun", address).text)
        assert "25.00" not in get(shown, "sun", address).text
    assert get(shown, "ana", "/console/ads/ad-eyes").text.count('class="post"') == 0


def test_revenue_forgone_as_figures_charts_and_csv(sign_in, shown):
    page = sign_in("ana", "en")
    page.goto("/console/ad-market")
    figures = page.locator(".figure b").all_inner_texts()
    assert figures == ["2,080.00 CNY", "300.00 CNY", "0"]
    assert rows(page)[-2:] == ["Hospitals, clinics and dental care", "Medicines and remedies"]
    expect(page.locator("figure.over-time svg").first).to_be_visible()
    lines = get(shown, "ana", "/console/ad-market/forgone.csv").content.decode("utf-8-sig")
    assert lines.splitlines()[0].startswith("category,title_en,title_zh,iab,refused_by")
    assert sorted(line.rsplit(",", 2)[1] for line in lines.splitlines()[1:]) == ["208000", "30000"]
    page.goto("/console/ad-market?until=2020-01-01")
    expect(page.locator(".empty")).to_be_visible()


def test_a_page_holds_no_more_ads_than_its_share(sign_in):
    page = sign_in("ana", "en")
    page.goto("/console/ad-market/page?results=5&ads=ad-eyes+ad-shoes+no-such")
    assert page.locator(".figure b").all_inner_texts() == ["16.7 %", "30.0 %", "1", "2"]
    assert page.locator("tr.chosen td").first.inner_text() == "4"
    assert rows(page) == ["ad-eyes", "no-such"]


def test_a_market_is_compared_by_typed_figures(window: Window, console):
    page = window.sign_in("ana", "en")
    page.goto("/console/ad-market/comparison")
    assert page.get_by_label("Revenue forgone by ours").input_value() == "2080.00"
    page.get_by_label("Our engine").fill("our-search")
    page.get_by_label("The other engine").fill("rival")
    page.get_by_label("Revenue forgone by ours").fill("3600000")
    page.get_by_label("Searches").fill("our-search, mobile, 60\nrival, mobile")
    page.get_by_label("Earned by advertising in the same time").fill(
        "our-search, 6000000\nrival, 12000000.00"
    )
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".error")).to_have_text("Line 2 needs 3 parts with commas between them.")
    assert page_checks.axe(page) == []
    window.complaints.clear()  # the browser tells of every 422
    page.get_by_label("Searches").fill(
        "our-search, mobile, 60\nrival，mobile，30\nother, mobile, 10"
    )
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".figure b").first).to_have_text("50.0 %")
    assert page.locator(".figure b").all_inner_texts() == ["50.0 %", "6,000,000.00 CNY", "60.0 %"]
    assert page_checks.axe(page) == []

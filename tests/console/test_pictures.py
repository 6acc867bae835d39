"""Pictures in front of reviewers: boxes above a clean copy, blurred until asked for, no links."""

from __future__ import annotations

import re

from playwright.sync_api import FloatRect, Locator, expect

from portreeve.schemas.cases import RequestRelease

from .conftest import PHONE, Console, Window
from .page_checks import axe
from .test_review import actor

BLURRED = re.compile(r"\bblurred\b")


def released(console: Console) -> str:
    """The sealed case with a picture, which ben holds and may read."""
    case = console.ids["case:p-213"]
    asked = console.service.evidence.request_release(
        actor("ben"), case, RequestRelease(reason="To decide it.")
    )
    console.service.evidence.grant_release(actor("cam"), case, asked.id)
    console.service.cases.claim(actor("ben"), case)
    return f"/console/cases/{case}"


def place(within: Locator, selector: str) -> FloatRect:
    """Where something is on the page."""
    box = within.locator(selector).bounding_box()
    assert box is not None
    return box


def test_a_picture_stands_with_what_was_found_in_it_and_leads_nowhere(window: Window):
    console = window.console
    case = console.ids["case:p-215"]
    console.service.cases.claim(actor("ben"), case)
    page = window.sign_in("ben")
    page.goto(f"/console/cases/{case}")
    picture = page.locator(".picture").first
    image = picture.locator("img")
    expect(image).to_have_js_property("naturalWidth", 720)
    expect(image).to_have_attribute("alt", "What they showed; codes: 1, lines of words: 2")
    expect(picture.locator("polygon.mark.link title")).to_have_text(re.compile("lucky.example"))
    expect(picture.locator("polygon.code")).to_have_count(1)
    expect(picture.locator("ol.codes li")).to_contain_text("https://lucky.example/join")
    expect(picture.locator(".post")).to_contain_text("扫码进群")
    seen, drawn, code = (place(picture, part) for part in ("img", "svg", "polygon.code"))
    assert abs(seen["width"] - drawn["width"]) < 3
    assert 0.55 < (code["x"] - seen["x"]) / seen["width"] < 0.8
    assert page.locator("a[href*='lucky.example']").count() == 0
    expect(page.locator("#alike + p + ul")).to_contain_text("p-201")
    assert axe(page) == []

    answer = page.request.get(str(image.get_attribute("src")))
    headers = answer.headers
    assert (answer.status, headers["content-type"]) == (200, "image/jpeg")
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'; sandbox")
    other = window.sign_in("ana")
    refused = other.request.get(str(image.get_attribute("src")))
    assert refused.status == 403


def test_black_goods_are_blurred_until_b_and_without_a_script_until_ticked(window: Window):
    address = released(window.console)
    page = window.sign_in("ben", "zh", width=PHONE)
    page.goto(address)
    said = page.locator(".content").first
    expect(said).to_have_class(BLURRED)
    expect(said.locator("img")).to_have_js_property("naturalWidth", 720)
    page.keyboard.press("b")
    expect(said).not_to_have_class(BLURRED)
    assert axe(page) == []

    plain = window.sign_in("ben", script=False)
    plain.goto(address)
    image = plain.locator(".picture img").first
    expect(image).to_have_css("filter", "blur(22px)")
    plain.get_by_label("Show it").check()
    expect(image).to_have_css("filter", "none")
    expect(plain.locator(".content").first).to_have_css("filter", "none")


def test_who_wishes_sees_every_picture_blurred_and_without_colour(window: Window):
    console = window.console
    case = console.ids["case:p-215"]
    console.service.cases.claim(actor("ben"), case)
    page = window.sign_in("ben")
    page.goto("/console/me")
    page.get_by_label("Blur every picture until I ask").check()
    page.get_by_label("Show pictures without colour").check()
    page.locator("#h-care ~ form button").click()
    expect(page.locator("main")).to_contain_text("Kept.")
    page.goto(f"/console/cases/{case}")
    expect(page.locator(".content").first).not_to_have_class(BLURRED)
    frames = page.locator(".frames").first
    expect(frames).to_have_class(BLURRED)
    expect(frames.locator("img")).to_have_css("filter", "grayscale(1) blur(22px)")
    page.keyboard.press("b")
    expect(frames).not_to_have_class(BLURRED)
    expect(frames.locator("img")).to_have_css("filter", "grayscale(1)")

"""A reviewer's morning by keyboard alone: from signing in to signing out, without a click."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import Window
from .staff import PASSWORD


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Page, text: str) -> None:
    """Press Tab until what has the focus is named so."""
    for _ in range(60):
        press(page, "Tab")
        focused = page.evaluate("document.activeElement?.textContent.trim() ?? ''")
        if focused == text:
            return
    raise AssertionError(f"Tab does not come to {text!r}")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", {"skip": "Skip to the content", "out": "Sign out", "back": "The decision is taken"}),
        ("zh", {"skip": "跳到正文", "out": "退出", "back": "已撤回该决定"}),
    ],
)
def test_a_morning_without_a_click(window: Window, language, words):
    page = window.open(language)
    page.goto("/console")
    expect(page).to_have_url(re.compile("/console/login"))
    page.keyboard.type("sun")
    press(page, "Tab")
    page.keyboard.type(PASSWORD)
    press(page, "Enter")
    page.wait_for_url(re.compile(r"/console$"))

    press(page, "Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == words["skip"]
    press(page, "?")
    expect(page.locator("dialog#keys")).to_be_visible()
    press(page, "Escape")

    press(page, "g", "q", "n")
    page.wait_for_url(re.compile("/console/(queue|cases)"))
    expect(page.locator("h1")).to_be_visible()
    if "/queue" in page.url:
        press(page, "n")
    case = page.locator("[data-case]")
    expect(case).to_be_visible()
    first = case.get_attribute("data-case") or ""
    press(page, "r")
    expect(case).not_to_have_attribute("data-case", first)
    press(page, "u")
    expect(case).to_have_attribute("data-case", first)
    expect(page.locator("main")).to_contain_text(words["back"])
    press(page, "s")
    expect(case).not_to_have_attribute("data-case", first)

    press(page, "g", "a")
    page.wait_for_url(re.compile("/console/appeals$"))
    press(page, "n")
    expect(page.locator("#reply")).to_be_visible()
    press(page, "w")
    page.keyboard.type("It is for the school; we were wrong.")
    tab_to(page, page.locator("button[value=overturned]").inner_text().replace("\n", ""))
    press(page, "Enter")
    expect(page.locator("#reply")).to_have_value("")

    press(page, "g", "s")
    page.wait_for_url(re.compile("/console/search"))
    press(page, "/")
    page.keyboard.type("promotion > 0.9")
    press(page, "Enter")
    expect(page).to_have_url(re.compile("where=promotion"))

    press(page, "Shift+Tab", "g", "o")
    page.wait_for_url(re.compile(r"/console$"))
    tab_to(page, words["out"])
    press(page, "Enter")
    expect(page).to_have_url(re.compile("/console/login"))

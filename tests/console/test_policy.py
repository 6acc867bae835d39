"""A policy author and two approvers: a mistake mended, compared, approved, put in force, undone."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portreeve.schemas.screening import Submission
from portreeve.service.actor import PORTREEVE

from .conftest import PHONE, Window
from .world import HOST

PATH = "/console/policies/acquaintance"
MISTAKEN = "promotion > 0.3 AND prises > 0 AND hashtags = 0 AND characters > 30"
DISSENT = "Too broad: people name prices when they talk of life."

SAID: dict[str, dict[str, str]] = {
    "en": {
        "error": "unknown signal `prises`", "help": "Did you mean `prices`?",
        "approve": "Approve…", "consent": "I have read it, and approve", "dissent": "Dissent…",
        "record": "Record my dissent", "activate": "Activate…", "sign": "Sign and activate",
        "back": "Roll back…", "now": "Roll back now", "propose": "Propose this version",
        "verified": "signature verified", "try": "Try it", "check": "Save and check",
        "in force": "in force", "read": "Read samples",
    },
    "zh": {
        "error": "条件里的名称既不是信号，也不是定义或计数器", "help": "您是不是想写 prices？",
        "approve": "批准…", "consent": "我已阅读，予以批准", "dissent": "提出异议…",
        "record": "记录我的异议", "activate": "使其生效…", "sign": "签署并生效",
        "back": "回退…", "now": "立即回退", "propose": "提交此版本",
        "verified": "签名有效", "try": "试一试", "check": "保存并检查",
        "in force": "生效中", "read": "查看样例",
    },
}  # fmt: skip


def mend(page: Page) -> None:
    """Correct the misspelt signal, as somebody does who types."""
    area = page.locator("#f-text")
    at = area.input_value().index("prises")
    area.focus()
    area.evaluate("(area, at) => area.setSelectionRange(at, at + 6)", at)
    page.keyboard.type("prices")
    page.keyboard.press("Escape")


def act(page: Page, summary: str, button: str) -> None:
    """Open a form that says what will happen, and do it."""
    page.locator("summary", has_text=summary).click()
    page.get_by_role("button", name=button).click()


def verdict_of(window: Window, id: str) -> tuple[str, str]:
    """What is decided of a post with a price now, and by which version."""
    post = Submission(id=id, account="lin", text="昨天吃了顿好的，人均 120 元，真香")
    [answer] = window.console.service.screening.screen(HOST, [post])
    return answer.verdict.value, answer.policy


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_rule_is_written_mended_compared_approved_activated_and_rolled_back(
    window: Window, language: Any
) -> None:
    said = SAID[language]
    dee = window.sign_in("dee", language)
    dee.goto(f"{PATH}/draft?when={MISTAKEN}")
    problem = dee.locator("#problems li.error")
    expect(problem).to_contain_text(said["error"])
    expect(problem).to_contain_text(said["help"])
    line = int(problem.get_attribute("data-line") or 0)
    expect(dee.locator(".gutter .error")).to_have_text(str(line))
    expect(dee.locator(".shade mark")).to_have_text("prises")

    mend(dee)
    expect(dee.locator(".found-summary.good")).to_be_visible()
    expect(dee.locator("#problems li.error")).to_have_count(0)
    dee.wait_for_url(re.compile(r"/console/drafts/dft_\w+$"))

    dee.locator("#f-post").fill("昨天吃了顿好的，人均 120 元，真香")
    dee.get_by_role("button", name=said["try"]).click()
    expect(dee.locator("#tried .side")).to_have_count(2)

    dee.locator("#f-rationale").fill("Prices are named to sell.")
    dee.get_by_role("button", name=said["propose"]).click()
    dee.wait_for_url(re.compile(r"/2026-11-20/difference$"))
    expect(dee.locator("table.matrix")).to_be_visible()
    expect(dee.locator("#groups + .scroll tbody tr").first).to_contain_text("new-rule")

    lu = window.sign_in("lu", language)
    lu.goto(f"{PATH}/2026-11-20?view=record")
    lu.locator("summary", has_text=said["dissent"]).click()
    lu.locator("#f-words").fill(DISSENT)
    lu.get_by_role("button", name=said["record"]).click()
    expect(lu.locator("blockquote")).to_have_text(DISSENT)

    eve = window.sign_in("eve", language)
    eve.goto(f"{PATH}/2026-11-20?view=record")
    act(eve, said["activate"], said["sign"])
    expect(eve.locator(".problem")).to_be_visible()
    window.forgive("422 ")
    act(eve, said["approve"], said["consent"])
    act(eve, said["activate"], said["sign"])
    record = eve.locator("section", has=eve.locator("h2", has_text=said["verified"]))
    expect(record).to_contain_text(DISSENT)
    expect(record).to_contain_text("eve")
    time.sleep(0.9)  # a change takes effect three quarters of a second after it was made
    assert verdict_of(window, "p-new-1")[1] == "acquaintance@2026-11-20"

    eve.goto(PATH)
    expect(eve.locator(".facts dd").first).to_have_text("acquaintance@2026-11-20")
    eve.locator("summary", has_text=said["back"]).click()
    eve.locator("#to").select_option("2026-10")
    eve.locator("#f-rationale").fill("It held dinners.")
    eve.get_by_role("button", name=said["now"]).click()
    time.sleep(0.9)
    eve.reload()
    expect(eve.locator(".facts dd").first).to_have_text("acquaintance@2026-10")
    assert verdict_of(window, "p-new-2")[1] == "acquaintance@2026-10"


def test_without_script_a_button_checks_the_draft(window: Window) -> None:
    dee = window.sign_in("dee", script=False)
    dee.goto(f"{PATH}/draft?when={MISTAKEN}")
    expect(dee.locator("#problems li.error")).to_contain_text("Did you mean `prices`?")
    text = dee.locator("#f-text").input_value()
    dee.locator("#f-text").fill(text.replace("prises", "prices"))
    dee.get_by_role("button", name="Save and check").click()
    expect(dee).to_have_url(re.compile(r"/console/drafts/dft_\w+#found$"))
    expect(dee.locator(".found-summary.good")).to_be_visible()
    dee.locator("#f-post").fill("面膜89元一盒 加微信 abc12345 下单")
    dee.get_by_role("button", name="Try it").click()
    expect(dee.locator("#tried .side").first).to_contain_text("refused")
    expect(dee.locator("#tried mark.money")).to_have_text("89元")


def test_names_in_conditions_are_completed_and_only_there(window: Window) -> None:
    dee = window.sign_in("dee", "zh")
    dee.goto(f"{PATH}/draft?when=promotion > 0.9")
    area = dee.locator("#f-text")
    at = area.input_value().index("promotion > 0.9") + len("promotion > 0.9")
    area.focus()
    area.evaluate("(area, at) => area.setSelectionRange(at, at)", at)
    dee.keyboard.type(" AND contact_inv")
    expect(dee.locator("#choices li")).to_have_count(1)
    expect(dee.locator("#choices li")).to_contain_text("邀约联系")
    dee.keyboard.press("Tab")
    assert "promotion > 0.9 AND contact_invites\n" in area.input_value()
    area.evaluate("(area) => area.setSelectionRange(0, 0)")
    dee.keyboard.type("# prices")
    expect(dee.locator("#choices")).to_be_hidden()


def test_a_counter_is_completed_and_a_post_tried_with_its_value(window: Window) -> None:
    dee = window.sign_in("dee", "zh")
    dee.goto(f"{PATH}/draft?when=promotion >= 0")
    area = dee.locator("#f-text")
    counter = (
        "counters:\n  daily_posts: { words: { en: posts of a day, zh: 一天的发帖 }, "
        "count: posts, by: account, over: 1d }\nrules:\n"
    )
    text = area.input_value().replace("\nrules:\n", f"\n{counter}")
    area.fill(text.replace("promotion >= 0\n", "daily_posts > 9 AND prices > 0\n"))
    expect(dee.locator("#saved")).to_contain_text("检查用时")
    at = area.input_value().index("daily_posts > 9") + len("daily_posts > 9")
    area.focus()
    area.evaluate("(area, at) => area.setSelectionRange(at, at)", at)
    dee.keyboard.type(" AND daily")
    expect(dee.locator("#choices li")).to_contain_text("一天的发帖")
    dee.keyboard.press("Escape")
    for _ in " AND daily":
        dee.keyboard.press("Backspace")
    dee.get_by_label("有人可能会写的内容").fill("昨天吃了顿好的，人均 120 元，真香")
    dee.get_by_label("记忆中已知").fill("daily_posts = 12")
    dee.get_by_role("button", name=SAID["zh"]["try"]).click()
    expect(dee.locator(".side").first).to_contain_text("daily_posts = 12")


def test_two_windows_do_not_overwrite_one_another(window: Window) -> None:
    first = window.sign_in("dee")
    first.goto(f"{PATH}/draft?when=promotion > 0.9")
    first.get_by_role("button", name="Save and check").click()
    first.wait_for_url(re.compile(r"/console/drafts/dft_\w+$"))
    second = first.context.new_page()
    second.goto(first.url)
    second.locator("#f-rationale").fill("From the second window.")
    expect(second.locator("#saved")).to_contain_text("checked in")
    first.locator("#f-rationale").fill("From the first.")
    expect(first.locator("#saved")).to_have_text("not saved")
    expect(first.locator(".toast")).to_contain_text("changed in another window")
    window.forgive("409 ")


def test_a_difference_is_read_by_whoever_may_and_the_reading_is_in_the_audit_log(
    window: Window,
) -> None:
    ada = window.sign_in("ada")
    ada.goto(f"{PATH}/2026-12/difference")
    ada.get_by_role("button", name="Read samples").click()
    expect(ada.locator("article.sample").first).to_be_visible()
    log = window.console.service.audit_log
    [entry] = log.entries(PORTREEVE, action="policy.evidence-read").items
    assert (entry.actor, entry.subject) == ("ada", "acquaintance@2026-12")


def test_a_policy_is_read_as_a_document(looking: Window) -> None:
    page = looking.sign_in("uma", "en")
    page.goto(f"{PATH}/2026-10")
    expect(page.locator("#word-likely_seller")).to_contain_text("changed from acquaintance@2014-06")
    expect(page.locator("#chapter-L1 .chip").first).to_have_text("law layer")
    rule = page.locator("[id='rule-moments.no-product-promotion']")
    expect(rule.locator("pre.sql a").first).to_have_attribute("href", "#word-selling")
    page.get_by_role("link", name="moments.no-product-promotion").first.click()
    expect(page.locator("h1")).to_have_text("moments.no-product-promotion")
    expect(page.get_by_role("button", name="Read samples")).to_be_visible()


def test_what_one_may_not_do_is_not_shown(looking: Window) -> None:
    uma = looking.sign_in("uma")
    uma.goto(f"{PATH}/2026-12?view=record")
    expect(uma.locator("summary", has_text="Dissent…")).to_be_visible()
    for button in ("Approve…", "Activate…", "Roll out in part…", "Run as a shadow…"):
        expect(uma.locator("summary", has_text=button)).to_have_count(0)
    dee = looking.sign_in("dee")
    dee.goto(f"{PATH}/2026-12?view=record")
    expect(dee.get_by_text("You proposed it, so others must approve it.")).to_be_visible()
    expect(dee.locator("summary", has_text="Dissent…")).to_have_count(0)


def test_a_shadow_a_roll_out_and_a_pass(window: Window) -> None:
    dee, eve = window.sign_in("dee"), window.sign_in("eve", "zh", "dark", PHONE)
    dee.goto(f"{PATH}/2026-11?view=record")
    act(dee, "End the shadow…", "End it")
    dee.goto(f"{PATH}/2026-10?view=record")
    act(dee, "Look back at what is published…", "Begin to list")
    expect(dee.locator(".problem")).to_contain_text("is under way")
    window.forgive("422 ")
    eve.goto(f"/console/passes/{window.console.ids['pass']}")
    act(eve, "停止…", "停止")
    expect(eve.locator("section h2").first).to_have_text("已停止")
    act(dee, "Look back at what is published…", "Begin to list")
    expect(dee.locator("h1")).to_have_text("Retroactive pass")
    eve.goto(f"{PATH}/2026-11?view=record")
    act(eve, "批准…", "我已阅读，予以批准")
    eve.locator("summary", has_text="灰度…").click()
    eve.locator("#percent").fill("12.5")
    eve.get_by_role("button", name="签署并灰度").click()
    expect(eve.locator("section h2", has_text="灰度")).to_be_visible()
    time.sleep(0.9)
    eve.goto(PATH)
    expect(eve.locator("main")).to_contain_text("12.5 %")


def test_an_alarm_is_acknowledged(window: Window) -> None:
    dee = window.sign_in("dee")
    dee.goto("/console/alarms")
    dee.get_by_label("What you found").first.fill("A copied text.")
    dee.get_by_role("button", name="Acknowledge").first.click()
    expect(dee.get_by_text("Noted. The rule is quiet for a day.")).to_be_visible()
    dee.goto("/console/alarms?all=yes")
    expect(dee.locator("article.alarm").first).to_contain_text("A copied text.")

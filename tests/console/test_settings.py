"""Accounts, the audit log, keys, webhooks, retention and health, as those who may use them do."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Page, expect

from portreeve.console import operation_words
from portreeve.console.event_words import GROUPS, KEPT, event_words
from portreeve.console.timeline import Mark, Span, Track, timeline
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.events import EVENTS
from portreeve.service.actor import PORTREEVE
from portreeve.service.retention import RETENTION
from portreeve.service.settings import Settings
from portreeve.store.chain import read, verify

from .conftest import PHONE, Window

WANG = "wang-jie"
CHINESE = re.compile(r"[一-鿿]")


def rows(page: Page, name: str) -> list[str]:
    """The rows of the table that has this label."""
    return page.locator(f"[aria-labelledby={name}] tbody tr").all_inner_texts()


# --- accounts -------------------------------------------------------------------------------------


def test_an_account_is_found_sanctioned_and_freed_again(window: Window):
    page = window.sign_in("senior")
    page.goto("/console/accounts")
    page.get_by_label("Account's id").fill(WANG)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Account wang-jie")
    expect(
        page.get_by_role("img", name=re.compile("Strikes and sanctions: Selling"))
    ).to_be_visible()
    strikes = len(rows(page, "strikes"))
    assert strikes == 4
    page.get_by_text("Impose a sanction").click()
    page.get_by_label("What", exact=True).select_option("limit")
    page.get_by_label("Why? The account reads it.").last.fill("Again and again.")
    page.get_by_role("button", name="Impose").click()
    window.forgive("422")
    expect(page.locator(".error")).to_contain_text("needs an end")
    page.get_by_label("For how many days").fill("3")
    page.get_by_role("button", name="Impose").click()
    expect(page.locator(".message")).to_have_text("The account is sanctioned and told.")
    running = page.locator(".running", has_text="less reach")
    running.get_by_text("Lift it").click()
    running.get_by_label("Why?").fill("Enough.")
    running.get_by_role("button", name="Lift the sanction").click()
    expect(page.locator(".message")).to_have_text("The sanction is lifted.")
    expect(page.locator(".running", has_text="less reach")).to_have_count(0)
    assert any("less reach" in row and "lifted" in row for row in rows(page, "sanctions"))


def test_who_may_not_sanction_or_erase_is_not_offered_it(looking: Window):
    page = looking.sign_in("analyst", "zh", width=PHONE)
    page.goto(f"/console/accounts/{WANG}")
    expect(page.locator("h1")).to_have_text("账号 wang-jie")
    expect(page.get_by_text("处罚此账号")).to_have_count(0)
    expect(page.get_by_text("永久抹除")).to_have_count(0)
    expect(page.get_by_role("link", name="申诉", exact=True)).to_have_count(0)


def test_a_person_is_erased_only_after_typing_the_id(window: Window):
    page = window.sign_in("administrator")
    page.goto(f"/console/accounts/{WANG}")
    page.get_by_text("Erase for good").click()
    page.get_by_label("Type the account's id").fill("wang")
    page.get_by_role("button", name="Erase the person").click()
    window.forgive("422")
    expect(page.locator(".error")).to_have_text("That is not the account's id. Type it exactly.")
    page.get_by_label("Type the account's id").fill(WANG)
    page.get_by_role("button", name="Erase the person").click()
    expect(page.locator(".notice")).to_contain_text("This person was erased on")
    expect(page.get_by_text("Erase for good")).to_have_count(0)


def test_a_timeline_shows_what_counts_what_is_over_and_what_was_taken_back():
    now = datetime(2026, 11, 20, tzinfo=UTC)
    day = timedelta(days=1)
    drawn = timeline(
        "Strikes",
        [
            Track("Selling", [Mark(now - 9 * day, "a <b>"), Mark(now - day, "b", "hollow")]),
            Track("muted", spans=[Span(now - day, None, "c"), Span(now - 8 * day, now, "d")]),
        ],
        begin=now - 10 * day,
        now=now,
        language="zh",
        zone=ZoneInfo("UTC"),
    )
    assert 'aria-label="Strikes：Selling 2，muted 2"' in drawn
    assert drawn.count("<circle") == 2
    assert 'class="v-refuse hollow" cx="87.' in drawn
    assert "<title>a &lt;b&gt;</title>" in drawn
    assert ">11月10日<" in drawn or ">11月9日<" in drawn
    assert "style=" not in drawn


# --- audit ----------------------------------------------------------------------------------------


def test_the_audit_log_is_filtered_verified_and_exported(window: Window):
    page = window.sign_in("auditor", script=False)
    page.goto("/console/audit")
    page.get_by_label("What", exact=True).fill("policy.*")
    page.get_by_role("button", name="Filter").click()
    actions = page.locator("tbody tr td:nth-child(4)").all_inner_texts()
    assert actions
    assert all(one.startswith("policy.") for one in actions)
    page.get_by_role("link", name="dee").first.click()
    assert set(page.locator("tbody tr td:nth-child(3)").all_inner_texts()) == {"dee"}
    page.get_by_role("button", name="Verify the chain").click()
    expect(page.locator("#verified .chip")).to_have_text("intact")
    page.get_by_text("For others to verify").click()
    with page.expect_download() as loading:
        page.get_by_role("button", name="Export").click()
    assert re.fullmatch(r"audit-1-\d+\.jsonl", loading.value.suggested_filename)
    lines = loading.value.path().read_bytes()
    chain = verify(read(io.BytesIO(lines)))
    assert (chain.intact, chain.entries) == (True, lines.count(b"\n"))
    page.goto("/console/audit?action=audit.export")
    assert page.locator("tbody tr").count() == 1


def test_entries_of_a_day_are_those_of_the_readers_own_day(looking: Window):
    page = looking.sign_in("auditor", "zh")
    page.goto("/console/audit?since=2026-11-10&until=2026-11-10")
    days = {text[:10] for text in page.locator("tbody time").all_inner_texts()}
    assert days == {"2026-11-10"}


# --- settings -------------------------------------------------------------------------------------


def test_a_key_is_made_shown_once_used_and_revoked(window: Window):
    page = window.sign_in("administrator")
    page.goto("/console/settings/keys")
    page.get_by_text("Make a key").click()
    page.get_by_label("Who uses it").fill("square-2")
    page.get_by_role("button", name="Make the key").click()
    window.forgive("422")
    expect(page.locator(".problem")).to_contain_text("Choose at least one")
    page.get_by_role("checkbox", name=re.compile("^audit")).check()
    page.get_by_role("button", name="Make the key").click()
    secret = page.locator(".secret-value").inner_text()
    with httpx.Client(
        base_url=window.console.url, headers={"authorization": f"Bearer {secret}"}
    ) as http:
        assert http.get("/v1/audit?limit=1").status_code == 200
        assert http.get("/v1/keys").status_code == 403
        page.goto("/console/settings/keys")
        assert secret not in page.content()
        row = page.locator("tbody tr", has_text="square-2")
        row.get_by_text("Revoke", exact=True).click()
        row.get_by_role("button", name="Revoke square-2").click()
        expect(page.locator(".message")).to_have_text("The key is revoked.")
        assert http.get("/v1/audit?limit=1").status_code == 401


def test_a_webhook_is_made_tested_changed_rotated_and_deleted(window: Window):
    page = window.sign_in("administrator", "zh")
    page.goto("/console/settings/webhooks")
    page.get_by_text("新建 Webhook").click()
    page.get_by_label("地址", exact=True).fill("http://127.0.0.1:9/in")
    page.get_by_label("全部事件").uncheck()
    page.get_by_role("button", name="新建").click()
    window.forgive("422")
    expect(page.locator(".error")).to_have_text("请至少选择一类事件。")
    page.get_by_text("案件", exact=True).click()
    page.get_by_role("checkbox", name=re.compile(r"^case\.\*")).check()
    page.get_by_role("button", name="新建").click()
    first = page.locator(".secret-value").inner_text()
    assert first.startswith("whsec_")
    page.get_by_role("button", name="发送测试事件").click()
    expect(page.locator(".message")).to_have_text("测试事件已发出。")

    webhook = window.console.service.webhooks.list(PORTREEVE, Paging()).items[0]
    assert (webhook.url, webhook.types) == ("http://127.0.0.1:9/in", ["case.*"])
    page.goto(f"/console/settings/webhooks/{webhook.id}")
    for _ in range(40):
        if page.locator("#deliveries tbody tr").count():
            break
        page.wait_for_timeout(100)
        page.reload()
    page.get_by_role("link", name="webhook.test").click()
    expect(page.locator("pre.body")).to_contain_text('"type": "webhook.test"')
    page.get_by_role("button", name="重新发送").first.click()
    expect(page.locator(".message")).to_have_text("将重新发送1条。")
    page.get_by_text("修改", exact=True).click()
    page.get_by_label("启用：接收今后的事件").uncheck()
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".heading .chip")).to_have_text("停用")
    page.get_by_text("更换密钥").click()
    page.get_by_role("button", name="生成新密钥").click()
    assert page.locator(".secret-value").inner_text() not in (first, "")
    page.get_by_text("删除", exact=True).first.click()
    page.get_by_label("确认删除").check()
    page.get_by_role("button", name="删除").click()
    expect(page.locator(".message")).to_have_text("Webhook 已删除。")


def test_retention_and_health_name_every_thing_and_no_secret(looking: Window):
    page = looking.sign_in("administrator", "zh")
    page.goto("/console/settings/retention")
    expect(page.locator("main")).to_contain_text("内容原文及证据位置")
    expect(page.get_by_role("heading", name="企业账号终止之后")).to_be_visible()
    expect(page.locator("main")).to_contain_text("已终止的商家登记")
    page.goto("/console/settings/health")
    expect(page.locator(".checks li", has_text="数据库")).to_contain_text("正常")
    page.get_by_role("button", name="全面检查").click()
    expect(
        page.locator("[aria-labelledby=findings] tbody tr", has_text="文本内核").first
    ).to_contain_text("正常")
    assert all(CHINESE.search(row) for row in rows(page, "settings"))
    assert all(CHINESE.search(name) for name in page.locator(".checks li").all_inner_texts())
    assert all(
        CHINESE.search(name)
        for name in page.locator("[aria-labelledby=findings] tbody :is(th, td)").all_inner_texts()
    )
    folder = looking.console.folder / "keys"
    for key in folder.iterdir():
        assert key.read_text().strip() not in page.content()


def test_every_setting_has_words_in_chinese_and_no_other_has():
    assert set(operation_words.SETTINGS) == set(Settings.__struct_fields__)


@pytest.mark.parametrize("who", ["reviewer", "analyst", "policy-author", "approver", "senior"])
def test_settings_are_for_administrators(looking: Window, who: str):
    page = looking.sign_in(who)
    for path in ("keys", "webhooks", "retention", "health"):
        answer = page.goto(f"/console/settings/{path}")
        assert answer is not None
        assert answer.status == 403
    looking.forgive("403")


def test_events_scopes_and_what_is_kept_have_words_in_chinese():
    from portreeve.console.areas.settings_keys import scope_words

    assert [type for type in EVENTS if not CHINESE.search(event_words(type).zh)] == []
    assert {type.partition(".")[0] for type in EVENTS} <= set(GROUPS)
    assert [scope.value for scope in Scope if not CHINESE.search(scope_words(scope).zh)] == []
    assert {kept.name for kept in RETENTION} <= set(KEPT)

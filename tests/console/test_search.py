"""Search as an analyst does it, in a real browser."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

SEARCH = "/console/search?range=all"
HELD = f"{SEARCH}&where=verdict+%3D+%27hold%27"


def box(page: Page):
    return page.get_by_role("textbox", name="Condition")


def choices(page: Page) -> list[str]:
    expect(page.locator("#where-list li").first).to_be_visible()
    return [one.split("\n")[0] for one in page.locator("#where-list li code").all_inner_texts()]


def verdicts(page: Page) -> set[str]:
    return set(page.locator(".table.log .chip[class*=' v-']").all_inner_texts())


def test_a_condition_is_written_with_completion_by_keyboard_alone(sign_in):
    page = sign_in("analyst")
    page.goto(SEARCH)
    page.keyboard.press("/")
    page.keyboard.type("verd")
    assert choices(page)[0] == "verdict"
    page.keyboard.press("Tab")
    page.keyboard.type(" = ")
    assert choices(page) == ["allow", "label", "limit", "hold", "refuse", "remove"]
    page.keyboard.type("'ho")
    assert choices(page) == ["hold"]
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value("verdict = 'hold'")
    page.keyboard.press("Enter")
    page.wait_for_url("**where=verdict*")
    expect(box(page)).to_have_value("verdict = 'hold'")
    assert verdicts(page) == {"held"}
    expect(page.locator(".plot")).to_have_attribute("role", "img")


def test_lists_are_asked_with_their_function(sign_in):
    page = sign_in("analyst")
    page.goto(SEARCH)
    box(page).press_sequentially("rules")
    choices(page)
    page.keyboard.press("Tab")
    expect(box(page)).to_have_value("list_contains(rules, '")
    page.keyboard.type("likely-selling")
    assert choices(page)[0] == "moments.likely-selling-waits"
    page.keyboard.press("Tab")
    expect(box(page)).to_have_value("list_contains(rules, 'moments.likely-selling-waits')")


@pytest.mark.parametrize(("language", "message"), [
    ("en", "unknown column `promotoin` Did you mean `promotion`?"),
    ("zh", "没有这一列 您是不是想写 promotion？"),
])  # fmt: skip
def test_a_mistake_is_shown_at_its_place_as_one_writes(sign_in, language, message):
    page = sign_in("analyst", language)
    page.goto(SEARCH)
    page.locator("#f-where").press_sequentially("lawful AND promotoin > 0.5")
    expect(page.locator(".fault mark")).to_have_text("promotoin")
    expect(page.locator(".fault .error")).to_have_text(message)
    page.locator("#f-where").fill("lawful AND promotion > 0.5")
    expect(page.locator(".fault")).to_be_empty()


def test_without_script_it_is_a_form(looking):
    page = looking.sign_in("analyst", script=False)
    page.goto(SEARCH)
    page.locator("#f-where").fill("verdict = 'refuse'")
    page.get_by_role("button", name="Search").click()
    assert "where=verdict" in page.url
    assert verdicts(page) == {"refused"}
    page.locator("#f-where").fill("verdikt = 'refuse'")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".fault mark")).to_have_text("verdikt")
    looking.forgive("422 ")


def test_a_column_of_the_chart_and_a_group_narrow_the_search(sign_in):
    page = sign_in("analyst")
    page.goto(HELD)
    page.locator(".leads .column").last.click()
    page.wait_for_url("**range=dates**")
    assert verdicts(page) == {"held"}
    page.goto(f"{SEARCH}&group=verdict")
    page.locator(".bars").get_by_role("link", name="refused").click()
    expect(box(page)).to_have_value("verdict = 'refuse'")
    assert verdicts(page) == {"refused"}


def test_columns_are_chosen_and_sorted(sign_in):
    page = sign_in("analyst")
    page.goto(f"{SEARCH}&columns=item&columns=promotion")
    heads = page.locator(".table.log th")
    assert heads.all_inner_texts() == ["item", "promotion"]
    page.get_by_role("link", name="promotion").click()
    page.wait_for_url("**order=-promotion**")
    shown = [float(t) for t in page.locator(".table.log td.num").all_inner_texts() if t != "–"]
    assert shown == sorted(shown, reverse=True)


def test_a_search_is_saved_shared_found_and_removed(window):
    page = window.sign_in("analyst")
    page.goto(HELD)
    page.locator("summary", has_text="Save").last.click()
    page.get_by_role("textbox", name="Name").fill("Held back")
    page.get_by_label("others see it too").check()
    page.get_by_role("button", name="Save search").click()
    expect(page.locator(".message")).to_have_text("Saved as “Held back”.")
    other = window.sign_in("policy-author")
    other.goto("/console/search")
    other.locator("summary", has_text="Saved searches").click()
    other.get_by_role("link", name="Held back").click()
    expect(box(other)).to_have_value("verdict = 'hold'")
    page.locator("summary", has_text="Saved searches").click()
    page.get_by_role("button", name="Remove “Held back”").click()
    expect(page.locator("summary", has_text="Saved searches")).to_have_count(0)


def test_what_was_found_is_exported_and_the_audit_log_says_so(window, tmp_path):
    page = window.sign_in("analyst")
    page.goto(HELD)
    files = {}
    for kind in ("CSV", "Parquet"):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Export {kind}").click()
        files[kind] = tmp_path / kind
        download.value.save_as(files[kind])
    rows = list(csv.DictReader(io.StringIO(Path(files["CSV"]).read_text())))
    assert {row["verdict"] for row in rows} == {"hold"}
    assert len(rows) == pq.read_metadata(files["Parquet"]).num_rows > 0
    auditor = window.sign_in("auditor")
    auditor.goto("/console/audit")
    expect(auditor.locator("main")).to_contain_text("log.export")


def test_a_search_becomes_a_rule(sign_in):
    page = sign_in("policy-author")
    page.goto(f"{SEARCH}&where=promotion+%3E+0.9+AND+emoji+%3E+3")
    link = page.get_by_role("link", name="Make this a rule")
    assert link.get_attribute("href") == (
        "/console/policies/acquaintance/draft?when=promotion+%3E+0.9+AND+emoji+%3E+3"
    )


def test_a_decision_is_read_and_undone(window):
    page = window.sign_in("senior")
    page.goto(f"{SEARCH}&where=verdict+%3D+%27refuse%27+AND+in_force")
    page.locator(".table.log tbody a").first.click()
    page.wait_for_url("**/console/decisions/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Decision")
    expect(page.locator(".chip.good")).to_have_text("in force")
    page.get_by_label("Why it was wrong").fill("It sells nothing.")
    page.get_by_role("button", name="Undo the decision").click()
    expect(page.locator(".message")).to_have_text("Undone, with all it caused.")
    expect(page.locator(".chip.warn")).to_have_text("undone")


def test_over_very_many_decisions_the_chart_follows_the_table(looking, monkeypatch):
    monkeypatch.setattr("portreeve.console.areas.search.AT_ONCE", -1)
    page = looking.sign_in("analyst")
    page.goto(HELD)
    expect(page.locator("#chart .plot")).to_be_visible()
    expect(page.locator("#total")).to_contain_text("decisions")
    plain = looking.sign_in("analyst", script=False)
    plain.goto(HELD)
    plain.get_by_role("link", name="How many over time").click()
    expect(plain.locator("#chart .plot")).to_be_visible()

"""Partners, conflicts of interest, links, group buying, live sales and the ledger, as those who may
use them do.
"""

from __future__ import annotations

import csv
import io

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from portreeve.console.event_words import LONGER, longer_words
from portreeve.console.trade_charts import Link, chain, progress
from portreeve.console.trade_words import APP_FACTS, PURPOSES, WHYS
from portreeve.schemas.commerce.partners import AppFacts
from portreeve.service.retention import RETENTION
from portreeve.store.tables import commerce, trade

from .conftest import PHONE, Window
from .dealings import CREAM

_TRADE = [
    table
    for module in (commerce, trade)
    for table in vars(module).values()
    if isinstance(table, sa.Table)
]


def cells(page: Page, name: str) -> list[list[str]]:
    """The cells of the table that has this label."""
    found = page.locator(f"[aria-labelledby={name}] tbody tr")
    return [row.locator("th, td").all_inner_texts() for row in found.all()]


def test_a_person_corrects_the_facts_and_the_criteria_decide(window: Window):
    page = window.sign_in("senior")
    page.goto("/console/partners?state=granted")
    page.get_by_role("link", name="每日一记").click()
    outcomes = {row[0]: row[4] for row in cells(page, "criteria")}
    assert outcomes == {f"O2.{number}": "met" for number in range(1, 8)}
    page.get_by_text("Correct the facts").click()
    page.get_by_label("It sells goods, or lets others sell").check()
    page.get_by_label("Days for which it keeps").fill("")
    page.get_by_label("Days for which it keeps").evaluate("one => one.required = false")
    page.get_by_role("button", name="Have it decided").click()
    window.forgive("422")
    expect(page.locator(".error")).to_contain_text("keeps_days")
    page.get_by_label("Days for which it keeps").fill("14")
    page.get_by_role("button", name="Have it decided").click()
    expect(page.locator(".message")).to_have_text("Decided: granted in part.")
    refused = page.locator(".trade-scopes li", has_text="feed.write")
    expect(refused).to_contain_text("O2.7 The friends' feed is closed to selling")
    assert {row[0]: row[4] for row in cells(page, "criteria")}["O2.7"] == "not met"


def test_nothing_changes_under_another_name(looking: Window):
    page = looking.sign_in("senior")
    page.goto("/console/partners/mall?beside=market")
    assert cells(page, "parity") == [
        ["mall", "yes", "share.link", "share.link"],
        ["market", "no", "share.link", "share.link"],
    ]
    page.goto("/console/partners")
    expect(page.locator(".figure").first).to_contain_text("1 / 3")
    page.goto("/console/partners/mall?beside=nobody")
    expect(page.locator(".problem")).to_contain_text("nobody")


def test_a_token_is_shown_once_and_the_app_ended(window: Window):
    page = window.sign_in("senior")
    page.goto("/console/partners/market")
    page.get_by_label("Days that it holds").fill("91")
    page.get_by_role("button", name="Make a token").click()
    window.forgive("422")
    expect(page.locator(".problem")).to_contain_text("90 days at most")
    page.get_by_label("Days that it holds").fill("7")
    page.get_by_role("button", name="Make a token").click()
    expect(page.locator(".secret-value")).to_contain_text("ptp_")
    page.goto("/console/partners/market")
    expect(page.locator(".secret-value")).to_have_count(0)
    page.get_by_text("End it", exact=True).click()
    page.get_by_label("Why", exact=True).select_option("breach")
    page.get_by_role("button", name="Take all scopes").click()
    expect(page.locator(".message")).to_have_text("It has no scope any more.")
    [token] = cells(page, "tokens")
    assert token[-1] == "revoked"


def test_the_register_is_kept_by_an_administrator_and_read_by_an_auditor(window: Window):
    page = window.sign_in("administrator")
    page.goto("/console/interests")
    page.get_by_text("Write a stake down").click()
    page.get_by_label("The party, as applications").fill("Market Ltd")
    page.get_by_label("Since").fill("2026-01-01")
    page.get_by_role("button", name="Write it down").click()
    expect(page.locator(".message")).to_have_text("Written down.")
    page.goto("/console/partners/market")
    expect(page.get_by_role("link", name="yes, see the register")).to_be_visible()
    page.goto("/console/interests?party=Market+Ltd")
    page.locator(".confirm summary").click()
    page.get_by_label("It ended on").fill("2025-01-01")
    page.get_by_role("button", name="Note the end").click()
    window.forgive("422")
    expect(page.locator(".problem")).to_contain_text("not after")
    page.goto("/console/interests?party=Market+Ltd")
    page.locator(".confirm summary").click()
    page.get_by_role("button", name="Note the end").click()
    expect(page.locator(".message")).to_have_text("Its end is noted.")
    auditor = window.sign_in("auditor", "zh", width=PHONE)
    auditor.goto("/console/interests")
    assert len(auditor.locator("tbody tr").all()) == 3
    expect(auditor.locator("main form")).to_have_count(1)
    expect(auditor.locator("nav.tabs a")).to_have_text(["利益关系登记", "各位置的链接"])


def test_links_are_closed_and_open_by_surface(looking: Window):
    page = looking.sign_in("dee")
    page.goto("/console/links")
    table = {row[0].split()[-1]: row[1:] for row in cells(page, "closed")}
    head = page.locator("[aria-labelledby=closed] thead th").all_inner_texts()[1:]
    assert dict(zip(head, table["marketplace"], strict=True))["Moments"] == "closed 10.1"
    assert dict(zip(head, table["marketplace"], strict=True))["Public accounts"] == "open"
    assert "news" not in table
    expect(page.locator("[aria-labelledby=alike]")).to_contain_text("News")


def test_a_deal_says_who_may_join_and_why_not(looking: Window):
    page = looking.sign_in("senior")
    page.goto("/console/deals?state=open")
    bar = page.get_by_role("img", name="2 of 4 have joined")
    assert "50.00%" in bar.inner_html()
    page.get_by_role("link", name="notebooks").click()
    page.get_by_label("Account").fill("zhao-lei")
    page.keyboard.press("Enter")
    said = page.locator("[aria-labelledby=may] [role=status]")
    expect(said).to_contain_text("may not G3.3 You have graduated.")
    for account, answer in (("su-an", "may join"), ("he-yu", "is in already"), ("eve", "G3.1")):
        page.goto(f"/console/deals/notebooks?account={account}")
        expect(said).to_contain_text(answer)
    page.goto("/console/deals/lamps")
    assert [row[-1].split()[0] for row in cells(page, "members")] == ["refunded", "refunded"]


def test_only_an_administrator_says_whom_to_trust(window: Window):
    senior = window.sign_in("senior")
    senior.goto("/console/checkers")
    expect(senior.locator("main form")).to_have_count(0)
    page = window.sign_in("administrator", "zh")
    page.goto("/console/checkers")
    page.get_by_text("添加核验方").click()
    page.get_by_label("校区").fill("south")
    page.get_by_label("公钥").fill("short")
    page.get_by_role("button", name="设为可信").click()
    window.forgive("422")
    expect(page.locator(".error")).to_contain_text("44个字符")
    page.get_by_label("公钥").fill("A" * 43 + "=")
    page.get_by_role("button", name="设为可信").click()
    expect(page.locator(".message")).to_have_text("已设为可信。")
    page.locator("tr", has_text="south").locator(".confirm summary").click()
    page.locator("tr", has_text="south").get_by_role("button").click()
    expect(page.locator("tr", has_text="south")).to_contain_text("已不再信任")


def test_two_ledgers_stand_side_by_side(window: Window):
    page = window.sign_in("senior")
    page.goto(f"/console/live-sales/{CREAM}")
    owes = {row[0].split("\n")[0]: row[1] for row in cells(page, "legal")}
    assert owes == {
        "maker": "1391.00 CNY", "room's operator": "0", "marketer": "0", "platform": "0",
    }  # fmt: skip
    page.get_by_label("As another law").select_option("cn-2022")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".notice")).to_contain_text("A what-if")
    assert cells(page, "legal")[1][1] == "1391.00 CNY"
    expect(page.locator(".grades .chosen")).to_have_text("less reach for 7 days applies")
    page.get_by_text("Sanction as the ledger says").click()
    page.get_by_label("Why? They read it").fill("Two buyers had complained.")
    page.get_by_role("button", name="Sanction", exact=True).click()
    expect(page.locator(".message")).to_have_text("Done; they are told.")
    expect(page.locator(".promoter")).to_contain_text("imposed")
    expect(page.get_by_text("Sanction as the ledger says")).to_have_count(0)


def test_a_proof_is_filed_and_taken_back(window: Window):
    page = window.sign_in("senior")
    page.goto(f"/console/live-sales/{CREAM}/orders/{CREAM}-3")
    expect(page.locator(".chain-link").last).to_contain_text("not proved fake")
    page.get_by_text("File proof").click()
    page.get_by_label("SHA-256").fill("not hex")
    page.get_by_role("button", name="File it").click()
    window.forgive("422")
    expect(page.locator(".error")).to_be_visible()
    page.get_by_label("SHA-256").fill("ab" * 32)
    page.get_by_role("button", name="File it").click()
    expect(page.locator(".chain-link").last).to_contain_text("Report of a testing laboratory")
    pays = {row[0].split("\n")[0]: row[1] for row in cells(page, "legal")}
    assert (pays["maker"], pays["marketer"]) == ("pays", "no")
    page.get_by_text("Take the proof back").click()
    page.get_by_label("Why? A promoter").fill("The samples were mixed up.")
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator(".message")).to_contain_text("its claims are reversed")
    page.goto("/console/live-claims?state=withdrawn")
    expect(page.locator("tbody tr")).to_contain_text(f"{CREAM}-3")


def test_the_ledger_is_read_checked_and_exported(window: Window):
    page = window.sign_in("auditor")
    page.goto("/console/ledger?subject=oranges")
    expect(page.locator("tbody").first).to_contain_text("the deal completed")
    assert page.locator("tbody").first.locator("td.num").all_inner_texts() == [
        "36.00 CNY", "", "", "36.00 CNY",
    ]  # fmt: skip
    page.goto("/console/ledger/accounts?of=zhao-lei")
    assert [row.inner_text().split("\t")[-1] for row in page.locator("tbody tr").all()] == [
        "500.00 CNY", "99.00 CNY",
    ]  # fmt: skip
    page.goto("/console/ledger/balance")
    expect(page.locator("[aria-labelledby=trial]")).to_contain_text("Each of 12 entries")
    expect(page.locator("tfoot")).to_contain_text("0")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    text = download.value.path().read_text("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert sum(int(line["minor"]) for line in lines) == 0
    assert {line["key"] for line in lines if line["purpose"] == "owes"}
    page.goto("/console/audit?action=ledger.export")
    expect(page.locator("tbody tr").first).to_contain_text("uma")


def test_everything_stored_has_words():
    assert list(APP_FACTS) == list(AppFacts.__struct_fields__)
    assert set(PURPOSES) == {"buyer", "held", "organiser", "owes", "refund_due", "damages_due"}
    assert len(WHYS) == 5


def test_why_something_of_trade_is_kept_longer_is_said():
    longer = {kept.table for kept in RETENTION if kept.unless is not None}
    ours = {table.name for table in longer if table in _TRADE}
    assert ours == set(LONGER) - {"items", "item_pictures"}
    assert longer_words("partners").en == "as long as it has a scope or a token"
    assert longer_words("contents").en == "while somebody still has to look at it"


def test_drawings_say_what_they_show():
    assert 'aria-label="3 &lt; 4"' in progress(3, 4, "3 < 4")
    assert 'width="100.00%"' in progress(9, 4, "9 of 4")
    assert 'width="0.00%"' in progress(0, 0, "none")
    drawn = chain([Link("A", ["<b>"]), Link("B", [], "bad")], "from A to B")
    assert drawn.count("<svg") == 1
    assert "&lt;b&gt;" in drawn

"""A campaign, from the queue to the undoing of what was decided; crowds and a seller who slides."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page, expect

from portreeve.schemas.campaigns import CampaignRecord, InNetwork
from portreeve.service.actor import Actor
from portreeve.service.roles import scopes_of

from .bands import AGENTS, BOSS, SLIDER
from .conftest import PHONE, Console, Window
from .staff import STAFF

CAMPAIGN = re.compile(r"/console/campaigns/c-[0-9a-f]{16}\?network=acquaintance$")


def actor(name: str) -> Actor:
    return Actor(name, scopes_of(STAFF[name].roles))


def told(console: Console) -> CampaignRecord:
    campaigns = console.service.campaigns
    return campaigns.get(actor("sun"), console.ids["campaign"], InNetwork())


def standing(console: Console) -> dict[str, tuple[str, ...]]:
    """The sanctions that restrict accounts, by account."""
    return {str(one.account): tuple(one.restricted) for one in told(console).members}


def audited(console: Console, action: str) -> list[str]:
    found = console.service.audit_log.entries(actor("uma"), action=action).items
    return [entry.actor for entry in found]


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there."""
    for _ in range(300):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"Tab does not come to {selector}")


def test_a_campaign_is_decided_from_the_queue_and_undone_as_one(window: Window):
    console = window.console
    page = window.sign_in("sun")
    page.goto("/console/queue?queue=default")
    page.get_by_role("link", name="a campaign of many accounts").click()
    expect(page).to_have_url(CAMPAIGN)
    tree = page.get_by_role("img", name="Tree under lotus-1")
    expect(tree).to_have_accessible_name(
        re.compile("30 people on 4 levels; its edges are sure by 4.* on average")
    )
    assert tree.locator("circle").count() == 30
    assert tree.locator("line").count() == 29
    rows = page.locator("[aria-labelledby=members] tbody tr")
    expect(rows.first).to_contain_text("leader")
    expect(rows.last).to_contain_text("member")
    page.keyboard.press("c")
    expect(page.locator("[aria-labelledby=case]")).to_contain_text("yours until")
    expect(page).to_have_url(CAMPAIGN)

    tab_to(page, "[name=spare][value=lotus-2]")
    page.keyboard.press("Space")
    tab_to(page, "[name=leader]")
    page.keyboard.type("ban")
    tab_to(page, "[name=others]")
    page.keyboard.type("warn")
    tab_to(page, "[name=reason]")
    page.keyboard.type("Thirty people sell and recruit under one handle.")
    tab_to(page, "#decide-all button")
    page.keyboard.press("Enter")
    expect(page.locator(".message")).to_have_text("Decided as a whole. The accounts are told.")
    done = page.locator(".decided")
    expect(done).to_contain_text("Thirty people sell and recruit under one handle.")
    expect(done).to_contain_text("lotus-2")
    [made] = told(console).decisions
    assert (made.accounts, made.sanctions, made.posts, made.spared) == (30, 30, 0, ["lotus-2"])
    assert {name for name, kinds in standing(console).items() if "ban" in kinds} == {BOSS}
    expect(rows.first).to_contain_text("banned")
    assert told(console).case_open is False

    done.get_by_label("Why? The accounts read it.").fill("The posts were a school's.")
    done.get_by_role("button", name="Undo all of it").click()
    expect(page.locator(".message")).to_have_text("All of it is undone. The accounts are told.")
    expect(page.locator(".decided h2")).to_have_text("Decided as a whole undone")
    assert not any(standing(console).values())
    assert told(console).case_open is True


def test_what_does_not_fit_together_is_said_beside_the_form(looking: Window):
    page = looking.sign_in("sun")
    page.goto(f"/console/campaigns/{looking.console.ids['campaign']}")
    page.locator("#decide-all [name=reason]").fill("They sell.")
    page.get_by_role("button", name="Decide for 31 accounts").click()
    expect(page.locator(".problem")).to_contain_text("Choose what befalls somebody")
    page.get_by_label("Leaders of the trees").select_option("suspend")
    page.get_by_role("button", name="Decide for 31 accounts").click()
    expect(page.locator(".problem")).to_contain_text("Give `days`")
    expect(page.get_by_label("Leaders of the trees")).to_have_value("suspend")
    expect(page.locator("#decide-all [name=reason]")).to_have_value("They sell.")
    looking.forgive("422")
    assert told(looking.console).decisions == []


def test_who_reads_posts_or_the_file_stands_in_the_audit_log(looking: Window):
    console = looking.console
    page = looking.sign_in("cam")
    page.goto(f"/console/campaigns/{console.ids['campaign']}")
    expect(page.locator("main")).to_contain_text("a senior reviewer has it")
    expect(page.locator("#decide-all")).to_have_count(0)
    expect(page.locator("main")).not_to_contain_text("lotusboss8")
    assert "cam" not in audited(console, "campaign.evidence-read")
    page.keyboard.press("e")
    expect(page.locator(".read .post").first).to_contain_text("lotusboss8")
    assert page.locator(".read").count() == 20
    assert audited(console, "campaign.evidence-read")[-1] == "cam"
    with page.expect_download() as download:
        page.get_by_role("link", name="As a JSON file").click()
    file = json.loads(download.value.path().read_text("utf-8"))
    assert {one["account"] for one in file["people"]} < set(AGENTS)
    assert (len(file["people"]), "lotusboss8" in json.dumps(file)) == (30, False)
    page.get_by_role("link", name="Read and print").click()
    expect(page.locator("h1")).to_have_text(f"Referral of the campaign {console.ids['campaign']}")
    assert audited(console, "campaign.refer")[-2:] == ["cam", "cam"]
    page.get_by_role("link", name="The campaign").click()
    files = page.locator(".referrals li")
    expect(files.first).to_have_text(re.compile("cam: 30 accounts in 1 tree, [0-9]+ posts$"))
    assert files.count() == len(told(console).referrals)


def test_why_two_accounts_are_joined(looking: Window):
    page = looking.sign_in("ben", "zh", width=PHONE)
    page.goto(f"/console/campaigns/{looking.console.ids['campaign']}")
    page.get_by_label("账号一").fill(AGENTS[0])
    page.get_by_label("账号二").fill(AGENTS[16])
    page.get_by_role("button", name="查询").click()
    expect(page.locator(".chain-link").last).to_contain_text(re.compile("联系方式 [0-9a-f]{8}"))
    page.goto(f"{page.url.partition('?')[0]}?one={AGENTS[0]}&other=nobody")
    expect(page.locator("[aria-labelledby=joins] .problem")).to_be_visible()


def test_crowds_are_counted_with_an_interval(looking: Window):
    page = looking.sign_in("ana")
    page.goto("/console/crowds")
    cells = page.locator("[aria-labelledby=rooms] tbody tr").first.locator("> th, > td")
    assert cells.nth(0).inner_text() == BOSS
    assert cells.nth(2).inner_text() == "7"
    found = re.search(r"(\d+) of (\d+) (\d+)–(\d+)", cells.nth(4).inner_text())
    assert found is not None
    called, came, low, high = map(int, found.groups())
    assert low <= 95 <= high <= came + 12
    assert low <= called <= high
    expect(cells.nth(5)).to_have_text("mobilisation")
    assert "lotus-live" not in page.content()
    expect(page.get_by_role("navigation", name="Campaigns and crowds")).to_have_count(0)


def test_a_seller_who_slides_is_drawn_with_the_alarm(looking: Window):
    page = looking.sign_in("ana")
    page.goto(f"/console/accounts/{SLIDER}")
    drawn = page.get_by_role("img", name="Goods sold by week and tier")
    expect(drawn).to_have_accessible_name(
        re.compile("2 Nov 2026: alarm, slides towards worse goods\\.")
    )
    assert drawn.locator(".note").count() == 1
    card = page.locator("section", has=page.get_by_role("heading", name="What it sells"))
    expect(card.locator(".notice")).to_contain_text("grey-strict")
    card.get_by_text("Values as a table").click()
    row = card.locator("tbody tr", has_text="alarm")
    expect(row).to_be_visible()

"""Reviewers at work, in a browser: claim, decide by keyboard, undo, two at once, appeals, care."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from portreeve.schemas.access import Scope
from portreeve.schemas.appeals import FileAppeal
from portreeve.schemas.cases import CaseQuery, DecideCase
from portreeve.schemas.people import Care, Preferences
from portreeve.service.actor import Actor
from portreeve.service.roles import scopes_of
from portreeve.store.tables.people import people

from .conftest import PHONE, Console, Window
from .staff import STAFF

CASE = re.compile(r"/console/cases/cas_\w+")
APPEAL = re.compile(r"/console/appeals/apl_\w+")


def actor(name: str) -> Actor:
    return Actor(name, scopes_of(STAFF[name].roles))


def open_cases(console: Console, queue: str = "default") -> list[str]:
    """Ids of the free cases of a queue, the most urgent first."""
    found = console.service.cases.list(actor("sun"), CaseQuery(queue=queue)).items
    return [one.id for one in found if one.claimed_by is None]


def id_in(page: Page) -> str:
    return page.url.split("/cases/")[1].partition("?")[0]


def take(page: Page, queue: str = "default") -> str:
    """Go to a queue and take its next case by a key; its id."""
    page.goto(f"/console/queue?queue={queue}")
    page.keyboard.press("n")
    expect(page.locator("[data-case]")).to_be_visible()
    # keys are heard once the page's script has run
    page.wait_for_load_state()
    return id_in(page)


def history(console: Console, case: str) -> list[tuple[str, str]]:
    steps = console.service.cases.history(actor("sun"), case).items
    return [(step.actor, step.action) for step in steps]


def test_the_queue_says_what_is_suspected_and_shows_no_content(window: Window):
    page = window.sign_in("ben")
    page.goto("/console/queue?queue=default")
    row = page.locator("tr[data-row]", has_text="clause 6.2")
    expect(row).to_contain_text("This looks for agents or part-timers.")
    expect(page.locator("main")).not_to_contain_text("团队还缺几个伙伴")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("tr[data-row]").first).to_have_attribute("aria-current", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(CASE)
    expect(page.locator("main")).to_contain_text("What was written opens once you take the case")


def test_a_case_is_taken_read_and_decided_by_one_key_and_the_next_is_shown(window: Window):
    console = window.console
    first, second = open_cases(console)[:2]
    page = window.sign_in("ben")
    assert take(page) == first
    expect(page.locator(".content .post").first).to_contain_text("想加入的群里说一声")
    expect(page.locator("mark.word").first).to_have_text("收入可观")
    assert ("ben", "evidence-read") in history(console, first)
    page.keyboard.press("r")
    expect(page.locator("[data-case]")).to_have_attribute("data-case", second)
    assert id_in(page) == second
    expect(page.locator(".undo")).to_contain_text("refused")
    decided = console.service.cases.get(actor("sun"), first)
    assert (decided.verdict, decided.decided_by) == ("refuse", "ben")
    assert history(console, first)[-1] == ("ben", "decided")
    note = console.service.cases.history(actor("sun"), first).items[-1].note
    assert note == "Breaches the clauses named."
    assert console.service.cases.get(actor("sun"), second).claimed_by == "ben"
    page.go_back()
    expect(page.locator("[data-case]")).to_have_attribute("data-case", first)
    expect(page.locator("main")).to_contain_text("The case is decided.")


def test_a_reason_is_chosen_by_its_number_and_kept(window: Window):
    console = window.console
    page = window.sign_in("ben", "zh")
    case = take(page)
    page.keyboard.press("7")
    expect(page.locator("[data-chosen]")).to_have_text("招募代理，或向站外引流。")
    page.keyboard.press("Shift+R")
    page.keyboard.type("两次提醒过。")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-case]")).not_to_have_attribute("data-case", case)
    note = console.service.cases.history(actor("sun"), case).items[-1].note
    assert note == "招募代理，或向站外引流。\n两次提醒过。"
    other = window.sign_in("cam", "en")
    other.goto(f"/console/cases/{case}")
    expect(other.locator(".casesteps")).to_contain_text(
        "Recruits agents, or draws people elsewhere."
    )


def test_a_decision_is_taken_back_by_one_key(window: Window):
    console = window.console
    page = window.sign_in("ben")
    case = take(page)
    page.keyboard.press("a")
    expect(page.locator("[data-case]")).not_to_have_attribute("data-case", case)
    page.keyboard.press("u")
    expect(page.locator("[data-case]")).to_have_attribute("data-case", case)
    expect(page.locator("main")).to_contain_text("The decision is taken back.")
    again = console.service.cases.get(actor("sun"), case)
    assert (again.state, again.claimed_by) == ("open", "ben")
    assert {one.state for one in again.contents} == {"held"}
    assert ("ben", "taken-back") in history(console, case)


def test_two_reviewers_at_once_get_two_cases_and_see_each_other(window: Window):
    ben, cam = window.sign_in("ben"), window.sign_in("cam")
    first = take(ben)
    assert take(cam) != first
    cam.goto(f"/console/cases/{first}")
    expect(cam.locator("main")).to_contain_text("ben works on it.")
    expect(cam.locator("main")).not_to_contain_text("想加入的群里说一声")
    # ben is told that somebody looks on, without loading anything
    expect(ben.locator("[data-others]")).to_contain_text("cam")
    expect(ben.locator("[data-others]")).to_be_visible()


def test_a_list_that_is_open_follows_what_others_do(window: Window):
    ben, cam = window.sign_in("ben"), window.sign_in("cam")
    cam.goto("/console/queue?queue=default")
    row = cam.locator("tr[data-row]", has_text="clause 6.2")
    expect(row).to_contain_text("–")
    take(ben)
    expect(row).to_contain_text("ben")
    ben.keyboard.press("r")
    expect(row).to_have_count(0)


def test_a_case_that_has_grown_is_shown_again_undecided(window: Window):
    console = window.console
    page = window.sign_in("ben")
    case = take(page)
    page.evaluate("document.querySelector('#decide [name=revision]').value = '1'")
    page.keyboard.press("r")
    expect(page.get_by_role("alert")).to_contain_text("The case has grown since you read it")
    assert console.service.cases.get(actor("sun"), case).state == "open"
    page.keyboard.press("r")
    expect(page.locator("[data-case]")).not_to_have_attribute("data-case", case)
    window.forgive("409")


def test_without_a_clause_nothing_is_refused(window: Window):
    page = window.sign_in("ben", "zh")
    case = take(page)
    page.locator("[name=rules][type=checkbox]").first.uncheck()
    page.keyboard.press("r")
    expect(page.get_by_role("alert")).to_have_text("请至少勾选一条适用的条款。")
    page.locator("details.another summary").click()
    page.locator("#other").select_option(index=1)
    page.locator("h1").click()
    page.keyboard.press("r")
    expect(page.locator("[data-case]")).not_to_have_attribute("data-case", case)
    window.forgive("422")


def test_skip_note_and_hand_over(window: Window):
    console = window.console
    page = window.sign_in("ben")
    first = take(page)
    page.keyboard.press("t")
    page.keyboard.type("Ask the host about this group.")
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator(".casesteps")).to_contain_text("Ask the host about this group.")
    page.keyboard.press("s")
    expect(page.locator("[data-case]")).not_to_have_attribute("data-case", first)
    second = id_in(page)
    assert history(console, first)[-1] == ("ben", "released")
    page.keyboard.press("h")
    page.get_by_label("To", exact=True).select_option("sun")
    page.get_by_role("button", name="Hand it over").click()
    expect(page.locator(f"[data-case='{second}']")).to_have_count(0)
    assert console.service.cases.get(actor("sun"), second).claimed_by == "sun"


def test_everything_works_as_forms_without_a_script(window: Window):
    console = window.console
    page = window.sign_in("ben", script=False)
    page.goto("/console/queue?queue=default")
    page.get_by_role("button", name="Next case").click()
    first = id_in(page)
    page.get_by_role("button", name="Refuse").click()
    expect(page).not_to_have_url(re.compile(first))
    assert console.service.cases.get(actor("sun"), first).verdict == "refuse"
    page.get_by_role("button", name="Undo").click()
    assert id_in(page) == first
    assert console.service.cases.get(actor("sun"), first).state == "open"


def test_black_goods_open_after_a_release_by_two_and_are_blurred_until_asked(window: Window):
    ben, cam = window.sign_in("ben"), window.sign_in("cam")
    case = take(ben, "black-goods")
    expect(ben.locator("main")).to_contain_text("This case is sealed.")
    expect(ben.locator("#decide [name=verdict]")).to_have_count(0)
    ben.get_by_label("What it is needed for").fill("To decide it.")
    ben.get_by_role("button", name="Ask for leave").click()
    expect(ben.locator(".release").first).to_contain_text("waits for another person")
    cam.goto(f"/console/cases/{case}")
    cam.get_by_role("button", name="Grant it").first.click()
    expect(cam.locator("main")).to_contain_text("Granted: both of you may read it now.")
    ben.reload()
    said = ben.locator(".content").first
    expect(said).to_have_class(re.compile("blurred"))
    ben.keyboard.press("b")
    expect(said).not_to_have_class(re.compile("blurred"))


def test_care_is_kept_and_limits_black_goods_in_a_row(window: Window):
    console = window.console
    page = window.sign_in("ben")
    page.goto("/console/queue")
    page.locator(".care summary").click()
    page.get_by_label("Black goods in a row at most").fill("1")
    page.get_by_label("Blur what black goods cases show").uncheck()
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("main")).to_contain_text("Kept.")
    with console.service.context.database.read() as connection:
        kept = connection.execute(
            people.select().with_only_columns(people.c.preferences).where(people.c.name == "ben")
        ).scalar_one()
    assert kept["care"] == {"blur": False, "black_in_a_row": 1}
    case = open_cases(console, "black-goods")[0]
    revision = console.service.cases.claim(actor("ben"), case).revision
    decision = DecideCase(verdict="allow", reason="A novel.", revision=revision)
    console.service.cases.decide(actor("ben"), case, decision)
    page.goto("/console/queue?queue=black-goods")
    page.keyboard.press("n")
    expect(page.locator("main")).to_contain_text("Enough black goods in a row for now.")


def test_a_break_is_due_after_the_minutes_asked_for(window: Window):
    console = window.console
    console.service.people.prefer(actor("ben"), Preferences(care=Care(break_minutes=5)))
    page = window.sign_in("ben")
    case = take(page)
    page.keyboard.press("r")
    expect(page.locator("[data-case]")).not_to_have_attribute("data-case", case)
    expect(page.locator(".break")).to_be_hidden()
    database = console.service.context.database
    before = database.clock
    database.clock = lambda: before() + timedelta(minutes=6)
    page.reload()
    expect(page.locator(".break")).to_be_visible()
    expect(page.locator(".break")).to_contain_text("A break is due")


@pytest.mark.parametrize("width", [1280, PHONE])
def test_an_appeal_is_answered_by_another_reviewer(window: Window, width: int):
    console = window.console
    page = window.sign_in("ben", width=width)
    page.goto("/console/appeals")
    page.get_by_role("button", name="Next appeal").click()
    expect(page).to_have_url(APPEAL)
    appeal = page.url.rpartition("/")[2]
    expect(page.locator("main")).to_contain_text("我们只在本校拼单打印")
    page.keyboard.press("1")
    expect(page.get_by_label("Reply to the person")).to_have_value(re.compile("^您的申诉成立。"))
    page.keyboard.press("o")
    expect(page.locator("main")).to_contain_text("Answered: the decision is reversed.")
    answered = console.service.appeals.dossier(actor("ben"), appeal)
    assert (answered.state, answered.decided_by) == ("overturned", "ben")
    assert answered.item_state == "published"
    assert answered.undone is not None


def test_nobody_answers_an_appeal_against_their_own_decision(window: Window):
    console = window.console
    page = window.sign_in("ben")
    case = take(page)
    page.keyboard.press("r")
    expect(page.locator("[data-case]")).not_to_have_attribute("data-case", case)
    made = console.service.likeness.recent(actor("ben"), case)[0]
    assert (made.by, made.verdict) == ("ben", "refuse")
    host = Actor("square", frozenset({Scope.appeals}))
    filed = FileAppeal(decision=made.id, words="It was for my school.")
    appeal = console.service.appeals.file(host, filed).id
    page.goto("/console/appeals")
    expect(page.locator("main")).to_contain_text("your own decision")
    page.goto(f"/console/appeals/{appeal}")
    expect(page.locator("main")).to_contain_text("Another reviewer must answer.")
    expect(page.get_by_role("button", name="Take it")).to_have_count(0)


def test_a_second_reading_is_blind_and_compared(window: Window):
    console = window.console
    before = console.service.readings.agreement(actor("cam")).readings
    page = window.sign_in("cam")
    page.goto("/console/readings")
    expect(page.locator(".agreement")).to_contain_text("Cohen's kappa")
    page.keyboard.press("n")
    expect(page.locator("main")).to_contain_text("Read it as if you were the first")
    reading = console.service.readings.held(actor("cam"))
    assert reading is not None
    # the case itself leads back to the blind page
    page.goto(f"/console/cases/{reading.case}")
    expect(page).to_have_url(re.compile("/console/readings$"))
    page.keyboard.press("r")
    expect(page.locator("main")).to_contain_text(re.compile("agree|differ"))
    assert console.service.readings.agreement(actor("cam")).readings == before + 1

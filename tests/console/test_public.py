"""The pages that need no login: a decision for the person concerned, and the policies."""

from __future__ import annotations

import json
import logging
import statistics
import time

import httpx
import msgspec
import pytest
import yaml
from playwright.sync_api import Page, expect

from portreeve.console.areas import concerned
from portreeve.console.rates import Rate
from portreeve.schemas.appeals import AppealQuery, DecideAppeal
from portreeve.schemas.policies import PolicyRecord
from portreeve.schemas.privacy import ErasureReason
from portreeve.service.actor import PORTREEVE
from portreeve.service.decision_links import DecisionLinks
from portreeve.service.policy_records import verify_record
from portreeve.store import new_id

from .conftest import PHONE, Console, Window
from .world import Clock

REFUSED = "p-172"
"""A post of wang-jie's that was refused six days ago and not appealed."""

WORDS = "canary-appeal: 这是我自己用的，没有卖。"
REPLY = "您说得对，是我们看错了。"


@pytest.fixture(autouse=True)
def fresh_rates(monkeypatch):
    """Every test begins with all its looks."""
    monkeypatch.setattr(concerned, "READING", Rate(each=1.0, at_once=20, all=100.0))
    monkeypatch.setattr(concerned, "APPEALING", Rate(each=1 / 60, at_once=5, all=20.0))
    monkeypatch.setattr(concerned, "GUESSING", Rate(each=1.0, at_once=20, all=50.0))


def path_of(console: Console, item: str = REFUSED) -> str:
    """The path of a post's decision page."""
    links = DecisionLinks(console.service.context.vault)
    return f"/d/{links.token(console.ids[f'decision:{item}'])}"


def step(page: Page) -> str:
    """Where the appeal stands, as the page says."""
    return page.locator(".progress [aria-current=step]").inner_text()


# --- the person concerned -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            {
                "title": "Your post was not published.", "clause": "Clause 3.1",
                "way": "Enterprise account", "empty": "Say in your own words",
                "send": "Send the appeal", "waits": "Waits for a person", "now": "is looking at it",
                "right": "You were right", "restored": "Taken off your record: 1 strike.",
            },
        ),
        (
            "zh",
            {
                "title": "您的动态没有发布。", "clause": "第3.1条", "way": "企业账号",
                "empty": "请用自己的话", "send": "提交申诉", "waits": "等待未参与原决定的人",
                "now": "正在由人工查看", "right": "申诉成立",
                "restored": "因此记下的1次违规不再计算。",
            },
        ),
    ],
)  # fmt: skip
def test_a_person_reads_why_appeals_without_javascript_and_learns_the_answer(
    window: Window, caplog, language, said
):
    caplog.set_level(logging.DEBUG)
    console = window.console
    page = window.open(language, "dark" if language == "zh" else "light", PHONE, script=False)
    page.goto(path_of(console))
    expect(page.get_by_role("heading", level=1)).to_have_text(said["title"])
    expect(page.get_by_role("link", name=said["clause"], exact=True)).to_have_attribute(
        "href", "/policy/acquaintance?version=2014-06#3.1"
    )
    expect(page.locator("mark.contact")).to_have_count(1)
    expect(page.locator(".ways dt")).to_have_text(said["way"])
    page.locator("textarea").fill("   ")
    page.get_by_role("button", name=said["send"]).click()
    expect(page.locator(".field .error")).to_contain_text(said["empty"])
    window.forgive("422")
    page.locator("textarea").fill(WORDS)
    page.get_by_role("button", name=said["send"]).click()
    assert said["waits"] in step(page)
    expect(page.locator("#appeal .said")).to_have_text(WORDS)
    expect(page.locator("form")).to_have_count(0)

    appeals, cam = console.service.appeals, PORTREEVE
    decision = console.ids[f"decision:{REFUSED}"]
    waiting = appeals.list(cam, AppealQuery(limit=500)).items
    [appeal] = [one.id for one in waiting if one.decision == decision]
    appeals.claim(cam, appeal)
    page.reload()
    assert said["now"] in step(page)
    appeals.decide(cam, appeal, DecideAppeal(outcome="overturned", reply=REPLY))
    page.reload()
    assert said["right"] in step(page)
    expect(page.locator(".reply")).to_have_text(REPLY)
    expect(page.locator(".put-right")).to_contain_text(said["restored"])
    assert "portreeve" not in page.locator("main").inner_text()
    assert "canary" not in page.url
    # a test's own uvicorn may log addresses; the service's is told not to
    logged = repr([vars(one) for one in caplog.records if one.name.startswith("portreeve")])
    assert "/d/{token}/appeal" in logged
    for secret in ("canary-appeal", path_of(console).removeprefix("/d/"), "wangjie"):
        assert secret not in logged


def test_a_switch_of_language_is_kept_and_the_appeal_is_sent_once(window: Window):
    page = window.open("en", script=False)
    page.goto(path_of(window.console))
    page.get_by_role("link", name="中文").click()
    expect(page.locator("h1")).to_have_text("您的动态没有发布。")
    page.goto(path_of(window.console))
    expect(page.locator("h1")).to_have_text("您的动态没有发布。")
    body = {"words": WORDS}
    with httpx.Client(base_url=window.console.url) as http:
        sent = [http.post(path_of(window.console) + "/appeal", data=body) for _ in range(2)]
        assert [one.status_code for one in sent] == [303, 303]
        assert sent[1].headers["location"] == path_of(window.console) + "#appeal"
        foreign = {"origin": "https://evil.example"}
        assert http.post(sent[0].url, data=body, headers=foreign).status_code == 403
    waiting = window.console.service.appeals.list(PORTREEVE, AppealQuery(limit=500)).items
    decision = window.console.ids[f"decision:{REFUSED}"]
    assert len([one for one in waiting if one.decision == decision]) == 1


def test_no_browser_keeps_or_passes_on_the_page(shown: Console):
    answer = httpx.get(shown.url + path_of(shown))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "strict-origin"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow, noarchive, nosnippet"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers
    assert "src=" not in answer.text.partition("<main")[2]


def test_links_that_open_nothing_are_all_the_same(console: Console):
    links = DecisionLinks(console.service.context.vault)
    good = path_of(console)
    forged = "/d/" + ("b" if good[3] == "a" else "a") + good[4:]
    unknown = f"/d/{links.token(new_id('dec'))}"
    erased = path_of(console, "p-125")
    with console.service.context.database.read() as connection:
        account = connection.exec_driver_sql(
            f"SELECT account FROM decisions WHERE id = '{console.ids['decision:p-125']}'"
        ).scalar()
    console.service.privacy.erase(PORTREEVE, str(account), ErasureReason.person)
    with httpx.Client(base_url=console.url) as http:
        seen = [
            http.get(path) for path in (forged, unknown, erased, "/d/" + "a" * 52, "/d/x", "/d/卖")
        ]
        posted = http.post(unknown + "/appeal", data={"words": "x"})
        console.service.context.database.clock = Clock(
            console.service.context.now().replace(year=2027, month=12)
        )
        seen.append(http.get(good))
    assert {one.status_code for one in (*seen, posted)} == {404}
    assert len({one.text for one in (*seen, posted)}) == 1
    own = ("x-request-id", "date")
    kept = [{k: v for k, v in one.headers.items() if k not in own} for one in (*seen, posted)]
    assert all(one == kept[0] for one in kept)


def test_a_forged_link_takes_as_long_as_one_that_is_closed(console: Console, monkeypatch):
    monkeypatch.setattr(concerned, "READING", Rate(each=1e6, at_once=10_000, all=1e6))
    monkeypatch.setattr(concerned, "GUESSING", Rate(each=1e6, at_once=10_000, all=1e6))
    console.service.context.database.clock = Clock(
        console.service.context.now().replace(year=2027, month=12)
    )
    took: dict[str, list[float]] = {path_of(console): [], "/d/" + "a" * 52: []}
    with httpx.Client(base_url=console.url) as http:
        for _ in range(60):
            for path, times in took.items():
                begun = time.perf_counter()
                assert http.get(path).status_code == 404
                times.append(time.perf_counter() - begun)
    closed, forged = (statistics.median(times) for times in took.values())
    assert abs(closed - forged) < 0.003


def test_whoever_looks_too_often_is_told_to_wait(shown: Console):
    with httpx.Client(base_url=shown.url) as http:
        looks = [http.get(path_of(shown)).status_code for _ in range(20)]
        late = http.get(path_of(shown), headers={"accept-language": "en"})
        wrong = [http.get("/d/" + "a" * 52).status_code for _ in range(21)]
        assert http.get(path_of(shown, "p-103")).status_code == 200
        sent = [
            http.post(path_of(shown) + "/appeal", data={"words": ""}).status_code for _ in range(6)
        ]
    assert looks == [200] * 20
    assert (late.status_code, late.headers["retry-after"]) == (429, "1")
    assert "Too often" in late.text
    assert wrong == [404] * 20 + [429]
    assert sent == [422] * 5 + [429]


# --- policies -------------------------------------------------------------------------------------


def test_the_policy_in_force_is_read_as_a_document(looking: Window):
    page = looking.open("zh")
    page.goto("/policy")
    page.get_by_role("link", name="熟人网络").first.click()
    expect(page.locator('[id="3.1"]')).to_contain_text("这条内容是在向朋友卖货。")
    expect(page.locator('[id="3.1"] .doc-verdict')).to_have_text("不展示")
    page.locator('[id="3.1"] summary', has_text="例子").click()
    expect(page.locator('[id="3.1"] .doc-example').first).to_be_visible()
    expect(page.locator("#merchant")).to_contain_text("商家，是以买卖为业的人")
    expect(page.locator("#places")).to_contain_text("私聊")
    expect(page.locator(".doc-table tbody tr")).to_have_count(6)
    expect(page.locator("#ladder-promotion")).to_contain_text("满2次")
    page.get_by_role("link", name="变更记录").first.click()
    expect(page.locator("article.change").first).to_contain_text("现行")


def test_the_change_log_shows_who_decided_and_that_the_signature_holds(looking: Window):
    page = looking.open("en")
    page.goto("/policy/acquaintance/changes")
    first = page.locator("article.change").first
    expect(first).to_contain_text("Version 2026-10")
    expect(first).to_contain_text("Two appeals in a week were right")
    expect(first.locator(".signature")).to_contain_text("signature verified")
    expect(first.locator("blockquote")).to_contain_text("三比一太松")
    expect(first.locator(".difference ins").first).to_be_visible()


def test_what_machines_read_is_what_is_enforced_and_signed(shown: Console):
    with httpx.Client(base_url=shown.url) as http:
        text = http.get("/policy/acquaintance.yaml")
        reading = http.get("/policy/acquaintance.json").json()
        log = http.get("/policy/acquaintance/changes?format=json").json()
        old = http.get("/policy/acquaintance.yaml?version=2014-06").text
        assert http.get("/policy/acquaintance?version=2026-12").status_code == 404
        assert http.get("/policy/nowhere").status_code == 404
    assert text.headers["content-type"] == "application/yaml; charset=utf-8"
    assert yaml.safe_load(text.text)["version"] == reading["version"] == "2026-10"
    record = log["changes"][0]["record"]
    said = verify_record(json.dumps(record), [shown.service.context.signer.public_key])
    assert (said.policy, said.effective.isoformat()[:4]) == ("acquaintance@2026-10", "2026")
    assert msgspec.convert(record, PolicyRecord).body == said
    assert "Dear friends: Moments was made" in " ".join(old.split())
    version = shown.service.policies.versions.get(PORTREEVE, "acquaintance", "2026-10")
    assert (said.sha256, text.text) == (version.sha256, version.text)

"""The part "In the console" of the page for newcomers, walked step by step, in both languages.

Every word in bold on the page is used here in its order: pressed, filled in, gone to, or a key. So
a page that says what is not there, or leaves out a step, fails.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import LOCALES, PHONE, WIDE

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"en": "getting-started.md", "zh": "getting-started.zh.md"}
TITLES = {"en": "## In the console", "zh": "## 在审核后台"}
PASSWORD = "six quiet herons cross the marsh"
SECONDS_TO_START = 120


class Walk:
    """The page's words in bold, one after the other, and what is done with each."""

    def __init__(self, section: str) -> None:
        # a line of the page may break within a name
        self._words = iter(" ".join(w.split()) for w in re.findall(r"\*\*(.+?)\*\*", section, re.S))
        next(self._words)  # says that what is bold is of the page

    def press(self, page: Page) -> None:
        """A button, or what opens a form."""
        name = next(self._words)
        button = page.get_by_role("button", name=name, exact=True)
        button.or_(page.locator("summary", has_text=name)).first.click()

    def follow(self, page: Page) -> None:
        """A link within the page."""
        page.locator("main").get_by_role("link", name=next(self._words)).first.click()

    def go(self, page: Page) -> None:
        """A page of the navigation."""
        page.locator(".rail").get_by_role("link", name=next(self._words), exact=True).click()

    def fill(self, page: Page, text: str) -> None:
        """A field."""
        page.get_by_label(next(self._words)).first.fill(text)

    def tick(self, page: Page) -> None:
        """A choice."""
        page.get_by_role("checkbox", name=next(self._words)).first.check()

    def word(self) -> str:
        """A word to be found on a page."""
        return next(self._words)

    def key(self, page: Page) -> None:
        """A key, and wait for what it brings."""
        page.evaluate("document.getElementById('main').dataset.before = 'the key'")
        page.keyboard.press(next(self._words))
        expect(page.locator("main[data-before]")).to_have_count(0)

    def rest(self) -> list[str]:
        """Words that nothing was done with."""
        return list(self._words)


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """``portreeve serve`` in an empty folder: its address, and the link that it prints."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PORTREEVE_")}
    if "PORTREEVE_CACHE" in os.environ:
        environment["PORTREEVE_CACHE"] = os.environ["PORTREEVE_CACHE"]
    printed = tmp_path / "printed"
    with printed.open("w") as out, (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            [Path(sys.executable).parent / "portreeve", "serve", "--port", "0"],
            cwd=tmp_path, env=environment, stdout=out, stderr=log,
        )  # fmt: skip
    end = time.monotonic() + SECONDS_TO_START
    while "Ready." not in printed.read_text():
        assert server.poll() is None, (tmp_path / "log").read_text()
        assert time.monotonic() < end
        time.sleep(0.05)
    text = printed.read_text()
    url, link = re.search(r" at (\S+)", text), re.search(r"(\S+/console/first\S+)", text)
    assert url is not None
    assert link is not None
    yield url[1], link[1]
    server.send_signal(signal.SIGTERM)
    assert server.wait(60) == 0
    assert '"level":"error"' not in (tmp_path / "log").read_text()


@pytest.mark.parametrize(("language", "width"), [("en", WIDE), ("zh", PHONE)])
def test_what_the_page_says_is_what_one_meets(
    chromium: Browser, serving, tmp_path, language, width
):
    url, link = serving
    page = (DOCS / PAGES[language]).read_text("utf-8")
    section = page[page.index(TITLES[language]) :]
    section = section[: section.index("\n## ", 5)]
    commands, shown, rule = re.findall(r"^ *```\w+\n(.*?)^ *```$", section, re.M | re.S)
    section = section.replace(rule, "")
    send = subprocess.run(
        ["bash", "-c", commands.replace("http://127.0.0.1:8014", url)],
        cwd=tmp_path, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert send.stdout == shown

    contexts = [
        chromium.new_context(
            locale=LOCALES[language],
            viewport={"width": w, "height": 860},
            color_scheme="light" if language == "en" else "dark",
        )
        for w in (WIDE, WIDE, width)
    ]
    ada, ben, person = (context.new_page() for context in contexts)
    complaints: list[str] = []
    for window in (ada, ben, person):
        window.on("pageerror", lambda error: complaints.append(str(error)))
        window.on("response", lambda r: complaints.append(r.url) if r.status >= 400 else None)
    walk = Walk(section)

    # 1: begin
    ada.goto(link)
    walk.fill(ada, "ada")
    walk.fill(ada, PASSWORD)
    walk.press(ada)
    ada.wait_for_url(f"{url}/console")

    # 2: invite
    walk.go(ada)
    walk.fill(ada, "ben")
    walk.tick(ada)
    walk.tick(ada)
    walk.press(ada)
    ben.goto(ada.locator("#given").inner_text())
    walk.fill(ben, PASSWORD)
    walk.press(ben)
    ben.wait_for_url(f"{url}/console")

    # 3: decide
    walk.go(ben)
    walk.press(ben)
    expect(ben.locator(".content .post").first).to_be_visible()
    for _ in range(4):
        walk.key(ben)

    # 4: the person concerned
    walk.go(ada)
    ada.locator("tr", has_text=walk.word()).get_by_role("link").first.click()
    walk.press(ada)
    person.goto(ada.locator("#given").inner_text())
    walk.fill(person, "这是我自己的护肤日记，没有卖东西。")
    walk.press(person)

    # 5: answer
    walk.go(ada)
    walk.press(ada)
    walk.fill(ada, "您说得对，这不是卖货。对不起。")
    walk.press(ada)
    expect(ada.locator(".message, .undo, .empty").first).to_be_visible()
    person.reload()
    expect(person.locator(".reply")).to_have_text("您说得对，这不是卖货。对不起。")
    expect(person.locator(".put-right")).to_be_visible()

    # 6: change a rule
    walk.go(ada)
    walk.follow(ada)
    walk.follow(ada)
    text = ada.get_by_role("textbox", name=walk.word())
    text.fill(text.input_value().rstrip() + "\n" + re.sub(r"^   ", "", rule, flags=re.M))
    walk.press(ada)
    expect(ada.locator(".found-summary.good")).to_be_visible()
    walk.follow(ada)
    expect(ada.locator("table.matrix")).to_be_visible()
    expect(ada.locator("#groups + .scroll tbody tr")).to_have_count(1)
    walk.follow(ada)
    walk.fill(ada, "What only recruits need not wait.")
    walk.press(ada)
    ada.wait_for_url(re.compile("/difference$"))

    # 7: another approves
    walk.go(ben)
    waiting = ben.locator("tr", has_text=walk.word())
    waiting.get_by_role("link").first.click()
    walk.follow(ben)
    for _ in range(4):
        walk.press(ben)
    expect(ben.locator("main")).to_contain_text("ben")
    assert walk.rest() == []
    assert complaints == []
    for context in contexts:
        context.close()

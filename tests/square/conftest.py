"""Square as people find it: served, governed by a served Portreeve, in a browser on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page
from plaza import Person, Plaza

from console import browser as browsers


@pytest.fixture(scope="session")
def plaza(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plaza]:
    """The network that all tests share; each joins with people of its own."""
    opened = Plaza(tmp_path_factory.mktemp("plaza"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser, started once a module: while it runs, its event loop is the thread's."""
    if browsers.program() is None:
        pytest.skip(browsers.say_missing(["chromium"]))
    with browsers.browser() as started:
        yield started


@pytest.fixture
def phone(chromium: Browser, plaza: Plaza) -> Iterator[Callable[..., Page]]:
    """``phone(person, language)``: a phone in somebody's hand, or in nobody's who is known.

    Whatever the browser complains of fails the test.
    """
    opened = []
    complaints: list[str] = []

    def open_one(person: Person | None = None, language: str = "zh") -> Page:
        context = chromium.new_context(
            base_url=plaza.url,
            locale={"zh": "zh-CN", "en": "en-GB"}[language],
            viewport={"width": 390, "height": 844},
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        opened.append(context)
        if person is not None:
            context.add_cookies(
                [{"name": "square_session", "value": person.cookie, "url": plaza.url}]
            )
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        page.on(
            "console",
            lambda said: (
                complaints.append(f"{said.type}: {said.text}")
                if said.type == "error" and "Failed to load resource" not in said.text
                else None
            ),
        )
        page.on(
            "response",
            lambda answer: (
                complaints.append(f"{answer.status} {answer.url}")
                if answer.status >= 500 or not answer.url.startswith((plaza.url, "blob:"))
                else None
            ),
        )
        return page

    yield open_one
    for context in opened:
        context.close()
    assert not complaints, "\n".join(complaints)

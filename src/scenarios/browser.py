"""A look with a real browser, where there is one: what a person sees on a phone."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_PHONE = (390, 844)


@dataclass(frozen=True)
class Looked:
    """What somebody sees who wrote something that is refused."""

    words: str
    """What is still in the field in which they wrote."""
    why: str
    """The reasons, as they stand on the screen."""
    appeal: bool
    """They can appeal there."""
    sideways: bool
    """The page is wider than the phone."""


def lacking() -> str | None:
    """Why there can be no look here; None when there can."""
    if find_spec("playwright") is None:
        return "Playwright is not installed"
    return None if _program() else "there is no Chromium here"


def write_in_moments(square: str, session: str, text: str, picture: Path) -> Looked:
    """Open Moments on a phone, write, and look at what comes of it; ``picture`` keeps it."""
    # a thread of its own: somebody else's browser may be open in this one
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_write, square, session, text, picture).result()


def _write(square: str, session: str, text: str, picture: Path) -> Looked:
    # by name: nothing depends on it, and whoever has it gets a look as well
    playwright_api = import_module("playwright.sync_api")
    width, height = _PHONE
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_program(), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        context.add_cookies([{"name": "square_session", "value": session, "url": square}])
        page = context.new_page()
        page.goto(square)
        page.fill("textarea[name=text]", text)
        page.click("form[action='/moments'] button")
        ruling = page.locator(".ruling").first
        ruling.wait_for(state="visible")
        page.screenshot(path=picture, full_page=True)
        looked = Looked(
            words=page.input_value("form[action='/moments'] textarea[name=text]"),
            why=" ".join(ruling.inner_text().split()),
            appeal=ruling.locator("summary").first.is_visible(),
            sideways=page.evaluate("document.documentElement.scrollWidth") > width,
        )
        browser.close()
    return looked


def _program() -> str | None:
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)

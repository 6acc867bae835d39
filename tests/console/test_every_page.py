"""Every page of the console and every public one, in both languages and themes, wide and narrow.

Which pages there are is read from the table of pages, so none is forgotten; what to open is in
``addresses``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page

from portreeve.console.cookies import SESSION
from portreeve.console.table import PAGES

from . import addresses, page_checks
from .conftest import MISHAPS, PHONE, WIDE, Console, Window

LANGUAGES, THEMES, WIDTHS = ("en", "zh"), ("light", "dark"), (WIDE, PHONE)
WITH_AXE = (("en", "light", WIDE), ("zh", "dark", PHONE))
"""The checker takes longest: once for each theme, language and width."""

PATHS = sorted({page.path for page in PAGES if addresses.is_shown(page)})


class Openings:
    """The windows of all who look, kept open: each page is the next that they go to."""

    def __init__(self, chromium: Browser, shown: Console) -> None:
        self._window = Window(chromium, shown)
        self._pages: dict[tuple[object, ...], Page] = {}

    def open(self, who: str | None, language: str, theme: str, width: int) -> Page:
        """A page of somebody; the same one when asked again."""
        key = (who, language, theme, width)
        if key not in self._pages:
            self._pages[key] = (
                self._window.open(language, theme, width)  # type: ignore[arg-type]
                if who is None
                else self._window.sign_in(who, language, theme, width)  # type: ignore[arg-type]
            )
        return self._pages[key]

    def complaints(self) -> list[str]:
        """What the browser complained of since it was asked last."""
        found = [*self._window.complaints, *MISHAPS.take()]
        self._window.complaints.clear()
        return found

    def close(self) -> None:
        """Close all windows."""
        self._window.close()


@pytest.fixture(scope="module")
def openings(chromium: Browser, shown: Console) -> Iterator[Openings]:
    MISHAPS.take()
    opened = Openings(chromium, shown)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def http(shown: Console) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=shown.url, timeout=30) as http:
        yield http


@pytest.mark.parametrize("path", PATHS)
def test_page(path, openings, shown, http):
    wrong: list[str] = []
    for at, look in enumerate(addresses.looks(path, shown.ids)):
        signed = {} if look.who is None else {"cookie": f"{SESSION}={shown.cookie(look.who)}"}
        sent = http.get(look.address, headers=signed)
        if not sent.headers["content-type"].startswith("text/html"):
            assert sent.status_code == 200, f"{look.address}: {sent.status_code}"
            continue
        size = page_checks.weight(http, sent)
        if size > page_checks.MOST_BYTES:
            wrong.append(f"{look.address} weighs {size:,} bytes")
        wrong += [f"{look.address}: {found}" for found in page_checks.inline(sent.text)]
        for choice in itertools.product(LANGUAGES, THEMES, WIDTHS) if at == 0 else WITH_AXE:
            page = openings.open(look.who, *choice)
            answer = page.goto(look.address)
            assert answer is not None
            wanted = addresses.STATUS.get(look.address, addresses.STATUS.get(path, 200))
            found = [] if answer.status == wanted else [f"status {answer.status}"]
            found += _found(page, *choice)
            found += [one for one in openings.complaints() if f"{wanted} http" not in one]
            wrong += [f"{look.address} as {look.who} {choice}: {one}" for one in found]
    assert not wrong, "\n".join(wrong)


def _found(page: Page, language: str, theme: str, width: int) -> list[str]:
    found = page_checks.frame(page, language)
    if language == "zh" and theme == "light":
        found += page_checks.english_left(page)
    if language == "en" and theme == "light":
        found += page_checks.unreachable(page)
    if (language, theme, width) in WITH_AXE:
        found += page_checks.axe(page)
    return found


def test_a_page_that_is_not_shown_has_a_reason():
    known = {page.path for page in PAGES}
    assert set(addresses.NOT_SHOWN) <= known

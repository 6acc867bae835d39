"""A served console on the invented world, and a browser in which people are signed in.

Whatever the browser complains of fails the test: an error of a script, something the content
security policy forbids, a request that fails or goes anywhere else.
"""

from __future__ import annotations

import logging
import shutil
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response

from portreeve.console.cookies import SESSION
from portreeve.schemas.people import Role
from portreeve.server import Server
from portreeve.service.context import open_context
from portreeve.service.service import Service
from portreeve.service.settings import Settings

from . import browser as browsers
from . import world as worlds
from .staff import BY_ROLE, STAFF

Language = Literal["en", "zh"]
Theme = Literal["light", "dark"]

LOCALES = {"en": "en-GB", "zh": "zh-CN"}
WIDE, PHONE = 1280, 390
HEIGHTS = {WIDE: 860, PHONE: 844}
_SLOW_MS = 15_000
_missing: list[str] = []


class Mishaps(logging.Handler):
    """Errors of the service that nobody expected, each with its place."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what was logged; where it is being handled its traceback is known."""
        trace = traceback.format_exc() if sys.exc_info()[0] else ""
        self.told.append(f"log: {record.getMessage()} {getattr(record, 'facts', '')}\n{trace}")

    def take(self) -> list[str]:
        """What was told since it was asked last."""
        found, self.told = self.told, []
        return found


MISHAPS = Mishaps()
logging.getLogger("portreeve").addHandler(MISHAPS)


@dataclass
class Console:
    """A service on a world of its own, served."""

    service: Service
    url: str
    ids: dict[str, str]
    folder: Path

    def cookie(self, name: str) -> str:
        """Sign somebody in; the secret of the session."""
        with self.service.context.database.write() as tx:
            return self.service.sessions.begin(tx, name, "password", "Chromium on Linux").secret


@contextmanager
def served(template: Path, folder: Path, **settings: object) -> Iterator[Console]:
    """The console on a copy of a world, at the time at which the world ends, running on."""
    shutil.copytree(template, folder, dirs_exist_ok=True)
    chosen = Settings(data=str(folder), port=0, **settings)  # type: ignore[arg-type]
    context = open_context(chosen)
    context.database.clock = worlds.Clock(worlds.NOW, runs=True)
    service = Service(context)
    service.policies.seed()
    ready = threading.Event()
    server = Server(service, ready=ready.set)
    server.start()
    assert ready.wait(120)
    try:
        yield Console(service, server.url, worlds.ids(folder), folder)
    finally:
        server.stop()


@dataclass
class Window:
    """The browser, as people of one console use it; closes what it opened."""

    browser: Browser
    console: Console
    complaints: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def open(
        self, language: Language = "en", theme: Theme = "light", width: int = WIDE,
        *, script: bool = True,
    ) -> Page:  # fmt: skip
        """A page of somebody who is not signed in."""
        context = self.browser.new_context(
            base_url=self.console.url,
            locale=LOCALES[language],
            color_scheme=theme,
            viewport={"width": width, "height": HEIGHTS.get(width, 860)},
            java_script_enabled=script,
            reduced_motion="reduce",
            timezone_id="UTC",
        )
        context.set_default_timeout(_SLOW_MS)
        self._contexts.append(context)
        page = context.new_page()
        self._watch(page)
        return page

    def sign_in(
        self, who: str, language: Language = "en", theme: Theme = "light", width: int = WIDE,
        *, script: bool = True,
    ) -> Page:  # fmt: skip
        """A page of somebody who is signed in; ``who`` is a name or a role."""
        name = who if who in STAFF else BY_ROLE[Role(who)]
        page = self.open(language, theme, width, script=script)
        page.context.add_cookies(
            [{"name": SESSION, "value": self.console.cookie(name), "url": self.console.url}]
        )
        return page

    def close(self) -> None:
        """Close every page."""
        for context in self._contexts:
            context.close()
        self._contexts.clear()

    def forgive(self, *parts: str) -> None:
        """What contains one of these was meant to happen."""
        self.complaints[:] = [
            one for one in self.complaints if not any(part in one for part in parts)
        ]

    def _watch(self, page: Page) -> None:
        home = urlsplit(self.console.url).netloc

        def answered(response: Response) -> None:
            if urlsplit(response.url).netloc != home:
                self.complaints.append(f"request to {response.url}")
            elif response.status >= 400:
                self.complaints.append(f"{response.status} {response.url}")

        page.on("response", answered)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on(
            "console",
            lambda said: (
                self.complaints.append(f"{said.type}: {said.text}")
                if said.type in ("error", "warning") and "Failed to load resource" not in said.text
                else None
            ),
        )
        page.on(
            "requestfailed",
            lambda request: (
                self.complaints.append(f"failed: {request.url} {request.failure}")
                if not _given_up(request.failure)
                else None
            ),
        )


def _given_up(failure: str | None) -> bool:
    """Whether the browser itself ended a request, as when one goes on to another page."""
    return failure is not None and "ERR_ABORTED" in failure


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser, started once a module: while it runs, its event loop is the thread's, and the
    tests of other modules need one of their own.
    """
    lacking = [name for name in browsers.lacking() if name in ("chromium", "fonts-noto-cjk")]
    if lacking or not browsers.AXE.exists():
        _missing.extend(lacking or ["axe-core"])
        pytest.skip(browsers.say_missing(_missing))
    with browsers.browser() as started:
        yield started


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of the invented world, made once; never served itself."""
    folder: Path = tmp_path_factory.mktemp("world")
    worlds.make(folder)
    return folder


@pytest.fixture(scope="session")
def shown(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console that all tests share which only look at it."""
    with served(template, tmp_path_factory.mktemp("shown")) as console:
        yield console


@pytest.fixture
def console(template: Path, tmp_path: Path) -> Iterator[Console]:
    """A console of the test's own, which it may change."""
    with served(template, tmp_path / "data") as console:
        yield console


def _window(chromium: Browser, console: Console) -> Iterator[Window]:
    MISHAPS.take()
    window = Window(chromium, console)
    yield window
    window.close()
    told = [*window.complaints, *MISHAPS.take()]
    assert not told, "\n".join(told)


@pytest.fixture
def looking(chromium: Browser, shown: Console) -> Iterator[Window]:
    """The browser on the shared console: tests only look."""
    yield from _window(chromium, shown)


@pytest.fixture
def window(chromium: Browser, console: Console) -> Iterator[Window]:
    """The browser on a console of the test's own."""
    yield from _window(chromium, console)


@pytest.fixture
def sign_in(looking: Window) -> Callable[..., Page]:
    """``sign_in(role or name, language, theme, width)``: a page on the shared console."""
    return looking.sign_in


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested."""
    if _missing:
        terminalreporter.section("NOT TESTED", red=True, bold=True)
        terminalreporter.write_line(browsers.say_missing(_missing), red=True, bold=True)

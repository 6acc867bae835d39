"""How quickly the console answers over a million decisions: `python -m bench.console FOLDER`.

FOLDER is a store made by :mod:`bench.console_store`; it is copied first, for cases are decided. A
`portreeve serve` on the copy, and a person who is signed in, on the same machine. Times count from
the first byte of the request to the first byte of the answer, which is sent whole. What a reviewer
waits for after a key is measured in Chromium, from the key to the next case on the screen.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import http.client
import re
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
from rich.console import Console

from bench import machine
from bench.page import Section
from bench.service import Server, running
from bench.speed import ROOT, portreeve_command
from portreeve.console.cookies import SESSION
from portreeve.schemas.people import NewPerson, Role
from portreeve.service.actor import PORTREEVE
from portreeve.service.context import open_context
from portreeve.service.people import People
from portreeve.service.sessions import Sessions
from portreeve.service.settings import Settings

PAGE = ROOT / "docs" / "console-benchmarks.md"
PERSON = "bench"
CHROMIUM = Path("/usr/bin/chromium")
_BUDGET_MS, _BUDGET_KEY_MS, _BUDGET_KB = 100.0, 150.0, 150.0
_WARM_UP = 3
_PACKAGES = ("duckdb", "sqlalchemy", "polars", "pyarrow", "jinja2", "uvicorn")
_SHOWN = """() => new Promise((done) => {
  const once = { once: true, capture: true };
  let pressed = 0;
  const seen = () => done(performance.now() - pressed);
  const drawn = () => requestAnimationFrame(() => requestAnimationFrame(seen));
  addEventListener("keydown", () => { pressed = performance.now(); }, once);
  document.addEventListener("portreeve:shown", drawn, once);
})"""


@dataclass(frozen=True)
class Size:
    """How often each page is asked for, and how many cases are decided."""

    requests: int = 60
    cases: int = 60


QUICK = Size(requests=5, cases=3)


def questions() -> dict[str, list[tuple[str, str]]]:
    """What is asked for, by what it is."""

    def search(**asked: str) -> str:
        return "/console/search?" + urlencode(asked)

    conditions = {
        "all decisions": "",
        "`promotion > 0.9`": "promotion > 0.9",
        "`verdict = 'hold' AND in_force`": "verdict = 'hold' AND in_force",
        "one rule": "list_contains(rules, 'moments.no-product-promotion')",
        "one account": "account = 'u77'",
        "nothing found": "promotion > 0.9 AND account = 'nobody'",
    }
    searches = [
        (f"{name}, {span}", search(where=where, range=span))
        for name, where in conditions.items()
        for span in ("7d", "30d", "all")
    ]
    groups = [
        (f"`promotion > 0.9` by {by}, {span}",
         search(where="promotion > 0.9", range=span, group=by))
        for by in ("verdict", "rules", "account")
        for span in ("30d", "all")
    ]  # fmt: skip
    charts = [
        (f"{name}, all", search(where=where, range="all").replace("/search?", "/search/chart?"))
        for name, where in conditions.items()
    ]
    return {
        "overview": [("overview", "/console")],
        "queue": [
            ("all queues", "/console/queue"),
            ("one queue", "/console/queue?queue=default"),
            ("black goods", "/console/queue?queue=black-goods"),
        ],
        "search": searches,
        "search, in groups": groups,
        "the chart that follows": charts,
    }


@dataclass
class Visitor:
    """Somebody who is signed in, over one connection."""

    port: int
    cookie: str
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port)

    def ask(
        self, path: str, form: dict[str, Any] | None = None, *, part: bool = False
    ) -> tuple[int, dict[str, str], bytes, float]:
        """Status, headers, body, and milliseconds to the first byte."""
        headers = {"cookie": self.cookie, "accept-encoding": "gzip"}
        if part:
            headers["portreeve-part"] = "main"
        body = None
        if form is not None:
            body = urlencode(form, doseq=True)
            headers["content-type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self.connection.request("GET" if form is None else "POST", path, body, headers)
        answer = self.connection.getresponse()
        taken = 1000 * (time.perf_counter() - began)
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read(), taken

    def page(self, path: str) -> tuple[str, float]:
        """A page, and milliseconds to its first byte."""
        status, headers, body, taken = self.ask(path)
        if status != 200:
            raise RuntimeError(f"{path}: {status}")
        return _text(headers, body), taken


def _text(headers: dict[str, str], body: bytes) -> str:
    return (gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body).decode()


def signed_in(folder: Path) -> str:
    """Add a person who may do everything, and sign them in; the cookie."""
    context = open_context(Settings(data=str(folder)))
    sessions = Sessions(context)
    from portreeve.service.attempts import Attempts

    People(context, sessions, Attempts(context)).add(
        PORTREEVE, NewPerson(name=PERSON, roles=[Role.senior, Role.analyst, Role.policy_author])
    )
    with context.database.write() as tx:
        secret = sessions.begin(tx, PERSON, "password", "benchmark").secret
    context.database.close()
    return f"{SESSION}={secret}"


def first_bytes(visitor: Visitor, server: Server, size: Size, note: Callable[[str], None]) -> list[
    Section
]:  # fmt: skip
    """Milliseconds to the first byte of every kind of page."""
    every: list[tuple[str, ...]] = []
    summed: list[tuple[str, ...]] = []
    for kind, asked in questions().items():
        note(kind)
        together: list[float] = []
        before = server.cpu()
        for name, path in asked:
            for _ in range(_WARM_UP):
                visitor.page(path)
            taken = [visitor.page(path)[1] for _ in range(size.requests)]
            together += taken
            every.append((f"{kind}: {name}", *_percentiles(taken)))
        count = len(asked) * (size.requests + _WARM_UP)
        cpu = 1000 * (server.cpu() - before) / count
        summed.append((kind, str(len(asked)), *_percentiles(together), f"{cpu:.0f} ms"))
    return [
        Section(
            title="Time to the first byte",
            columns=("page", "questions", "p50", "p95", "CPU of the service a page"),
            rows=tuple(summed),
            notes=(f"Wanted: {_BUDGET_MS:.0f} ms at p95.",),
        ),
        Section(
            title="Each question", columns=("question", "p50", "p95"), rows=tuple(every),
            notes=(
                "A search answers with the newest 100 decisions and with how many there were over "
                "time, by verdict, in one page; of more than half a million decisions (all) the "
                "chart is asked for once the table is shown.",
            ),
        ),
    ]  # fmt: skip


def decisions(visitor: Visitor, size: Size, note: Callable[[str], None]) -> tuple[str, ...]:
    """A case decided and the next one shown, over HTTP: what the key sends, and where it leads."""
    note("cases decided over HTTP")
    page, _ = visitor.page("/console/queue")
    csrf = _csrf(page)
    shown, _ = visitor.page(_next(visitor, {"csrf": csrf}))
    taken = []
    for _ in range(size.cases):
        decide = _first(r'action="(/console/cases/[^"/]+/decide)"', shown)
        form = {
            "csrf": csrf, "verdict": "allow", "queue": "default",
            "revision": _first(r'name="revision" value="(\d+)"', shown),
        }  # fmt: skip
        status, headers, body, milliseconds = visitor.ask(decide, form, part=True)
        shown = _text(headers, body)
        if status != 200 or f'action="{decide}"' in shown:
            raise RuntimeError(f"{decide}: {status}")
        taken.append(milliseconds)
    return ("decide, claim the next and show it, over HTTP", *_percentiles(taken))


def _next(visitor: Visitor, form: dict[str, Any]) -> str:
    status, headers, _, _ = visitor.ask("/console/queue/next", form | {"queue": "default"})
    if status != 303:
        raise RuntimeError(f"no next case: {status}")
    return headers["location"]


def keys(visitor: Visitor, size: Size, note: Callable[[str], None]) -> tuple[str, ...]:
    """The same in a browser: from the key to the next case on the screen."""
    from playwright.sync_api import sync_playwright

    note("cases decided in Chromium")
    name, _, secret = visitor.cookie.partition("=")
    url = f"http://127.0.0.1:{visitor.port}"
    taken: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = browser.new_context(base_url=url)
        context.add_cookies([{"name": name, "value": secret, "url": url}])
        page = context.new_page()
        shown, _ = visitor.page("/console/queue")
        page.goto(_next(visitor, {"csrf": _csrf(shown)}))
        for _ in range(size.cases):
            page.evaluate(f"() => {{ window.waited = ({_SHOWN})(); }}")
            page.keyboard.press("a")
            taken.append(float(page.evaluate("() => window.waited")))
        browser.close()
    # the server has given up the connection meanwhile
    visitor.connection.close()
    return ("from the key to the next case on the screen, in Chromium", *_percentiles(taken))


def weights(visitor: Visitor) -> Section:
    """How much every page weighs, with the style sheet and the script that come once."""
    paths = {
        "overview": "/console",
        "queue": "/console/queue",
        "search, 100 decisions": "/console/search?range=30d",
        "search, in groups": "/console/search?range=30d&group=rules",
        "accounts": "/console/accounts",
        "appeals": "/console/appeals",
        "policies": "/console/policies",
        "policy in force, as a document": "/policy/acquaintance",
        "alarms": "/console/alarms",
        "own profile": "/console/me",
    }
    decision = _first(r'href="(/console/decisions/[^"]+)"', visitor.page(paths[
        "search, 100 decisions"])[0])  # fmt: skip
    rule = _first(r'href="(/console/rules/[^"]+)"', visitor.page("/console/search?range=30d&where="
        "list_contains(rules,%27moments.no-product-promotion%27)")[0])  # fmt: skip
    page, _ = visitor.page("/console/queue")
    paths |= {"decision": decision, "rule": rule, "case": _next(visitor, {"csrf": _csrf(page)})}
    assets = {
        address: len(visitor.ask(address)[2])
        for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    }
    rows = []
    for name, path in paths.items():
        status, headers, body, _ = visitor.ask(path)
        if status != 200:
            raise RuntimeError(f"{path}: {status}")
        plain = len(_text(headers, body).encode())
        rows.append(
            (
                name, f"{plain / 1000:.1f} kB", f"{len(body) / 1000:.1f} kB",
                f"{(len(body) + sum(assets.values())) / 1000:.1f} kB",
            )
        )  # fmt: skip
    return Section(
        title="Weight of pages",
        columns=("page", "HTML", "as sent", "with style sheet, script and icon"),
        rows=tuple(rows),
        notes=(
            f"Wanted: {_BUDGET_KB:.0f} kB. Style sheet, script and icon ("
            f"{sum(assets.values()) / 1000:.1f} kB as sent) come once and are kept by the browser. "
            "Nothing else is asked for, of nobody.",
        ),
    )


def _percentiles(taken: list[float]) -> tuple[str, str]:
    return f"{np.percentile(taken, 50):.0f} ms", f"{np.percentile(taken, 95):.0f} ms"


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"not on the page: {pattern}")
    return found[1].replace("&amp;", "&")


def _csrf(page: str) -> str:
    return _first(r'name="csrf" (?:content|value)="([^"]+)"', page)


def store_facts(folder: Path) -> str:
    """What the store holds."""
    with sqlite3.connect(folder / "portreeve.sqlite") as database:

        def count(what: str) -> int:
            return int(database.execute(f"SELECT count(*) FROM {what}").fetchone()[0])

        return (
            f"{count('decisions'):,} decisions in {count('log_files WHERE replaced IS NULL'):,} "
            f"files of the log, {count('cases WHERE state = ' + repr('open')):,} open cases and "
            f"{count('cases WHERE state = ' + repr('decided')):,} decided ones, "
            f"{count('accounts'):,} accounts"
        )


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """The service on a store."""
    command = [*portreeve_command(), "serve", "--port", "{port}", "--data", str(folder)]
    with running(command, folder, "/health/ready") as (server, _):
        yield server


def page(sections: list[Section], where: str, command: str, facts: str) -> str:
    """The page of the console's figures."""
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    head = f"""# Benchmarks of the console

Written by `{command}`. Do not edit: run it again.

- Date: {today}
- Machine: {where}; the service, whoever asks and the browser share it
- Versions: {machine.versions(_PACKAGES)}
- Store: SQLite; {facts}. Made by `python -m bench.console_store`: invented posts, judged and
  written by the service's own code
- One person asks, one page after the other; each page is warmed up {_WARM_UP} times
"""
    return head + "\n" + "\n\n".join(section.markdown() for section in sections) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.console", description=__doc__)
    parser.add_argument("folder", type=Path, help="a store made by bench.console_store")
    parser.add_argument("--quick", action="store_true", help="a few requests; no page")
    parser.add_argument("--out", type=Path, help=f"page to write (default {PAGE.name})")
    args = parser.parse_args()
    size = QUICK if args.quick else Size()
    console = Console(width=None if sys.stdout.isatty() else 130)
    where = machine.description()
    facts = store_facts(args.folder)

    def note(what: str) -> None:
        console.print(f"  ... {what}", style="dim")

    with tempfile.TemporaryDirectory(prefix="portreeve-bench-") as name:
        folder = Path(name) / "data"
        shutil.copytree(args.folder, folder)
        cookie = signed_in(folder)
        with served(folder) as server:
            visitor = Visitor(server.port, cookie)
            sections = first_bytes(visitor, server, size, note)
            rows = [decisions(visitor, size, note)]
            if CHROMIUM.exists():
                rows.append(keys(visitor, size, note))
            sections.insert(
                1,
                Section(
                    title="A case decided", columns=("what", "p50", "p95"), rows=tuple(rows),
                    notes=(f"Wanted: {_BUDGET_KEY_MS:.0f} ms.",),
                ),
            )  # fmt: skip
            sections.append(weights(visitor))
    for section in sections:
        section.show(console)
    out = args.out or (None if args.quick else PAGE)
    if out is not None:
        command = f"python -m bench.console FOLDER{' --quick' if args.quick else ''}"
        out.write_text(page(sections, where, command, facts), encoding="utf-8")
        console.print(f"written: {out}")


if __name__ == "__main__":
    main()

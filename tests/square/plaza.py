"""Square and Portreeve, both served for tests, and people who use them over HTTP."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path

import httpx
import uvicorn
from playwright.sync_api import Page

from portreeve.client import Client
from portreeve.schemas.access import Scope
from portreeve.schemas.appeals import DecideAppeal
from portreeve.schemas.cases import DecideCase
from portreeve.schemas.keys import NewKey
from portreeve.server import Server
from portreeve.service.actor import PORTREEVE
from portreeve.service.service import Service
from portreeve.service.settings import Settings as PortreeveSettings
from square.app import make
from square.database import Database
from square.settings import Settings

SELLS = "面膜89元一盒 加微信 abc12345 下单"
"""Refused in Moments: it sells to friends."""

PASSWORD = "a quiet place 1"


def until(true: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait until something is true."""
    over = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < over, "it never came to be"
        time.sleep(0.02)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Plaza:
    """A network with its governor."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._port = free_port()
        self.open_portreeve()
        self.key = (folder / "portreeve" / "admin.key").read_text().strip()
        self.settings = Settings(
            data=folder / "square",
            portreeve=f"http://127.0.0.1:{self._port}",
            key=self.key,
            port=free_port(),
        )
        self.url = self.settings.address
        self.open_square()
        self.portreeve = Client(self.settings.portreeve, self.key)
        self._names = 0

    def open_portreeve(self) -> None:
        """Portreeve begins, or comes back with all it kept."""
        settings = PortreeveSettings(data=str(self.folder / "portreeve"), port=self._port)
        self.service = Service.open(settings)
        self.service.keys.first_key()
        ready = threading.Event()
        self._server = Server(self.service, ready=ready.set)
        self._server.start()
        assert ready.wait(120)

    def close_portreeve(self) -> None:
        """Portreeve goes away."""
        self._server.stop()

    def open_square(self) -> None:
        """Square begins, or comes back."""
        self.app = make(self.settings)
        config = uvicorn.Config(
            self.app, host="127.0.0.1", port=self.settings.port, log_level="warning"
        )
        self._uvicorn = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._uvicorn.run, daemon=True)
        self._thread.start()
        until(lambda: self._uvicorn.started)

    def close_square(self) -> None:
        """Square goes away."""
        self._uvicorn.should_exit = True
        self._thread.join(20)

    def close(self) -> None:
        """Both go away."""
        self.close_square()
        self.portreeve.close()
        self.close_portreeve()

    @property
    def database(self) -> Database:
        """What Square keeps."""
        found: Database = self.app.state.database
        return found

    def reviewer(self, name: str) -> Client:
        """Somebody who decides at Portreeve."""
        key = self.service.keys.create(PORTREEVE, NewKey(name=name, scopes=list(Scope)))
        return Client(self.settings.portreeve, key.secret)

    def join(self, language: str = "zh", shown: str = "") -> Person:
        """Somebody new, signed in, whom Portreeve knows."""
        self._names += 1
        person = Person(self, f"person{self._names}", language, shown)
        until(lambda: not self.database.all("SELECT 1 FROM owed"))
        return person

    def friends(self, *people: Person) -> None:
        """People become friends of each other."""
        for number, one in enumerate(people):
            for other in people[number + 1 :]:
                one.post(f"/friends/{other.id}")
                other.post(f"/friends/{one.id}")


class Person:
    """Somebody with a browser of their own, without scripts."""

    def __init__(self, plaza: Plaza, name: str, language: str, shown: str) -> None:
        self.plaza = plaza
        self.name = name
        self.http = httpx.Client(
            base_url=plaza.url, follow_redirects=True, timeout=60,
            headers={"accept-language": language},
        )  # fmt: skip
        self.http.post("/join", data={"name": name, "shown": shown, "password": PASSWORD})
        self.id = self._row()["id"]
        self.token = self._row()["token"]

    @property
    def cookie(self) -> str:
        """The secret of the session."""
        return self.http.cookies["square_session"]

    def get(self, path: str) -> str:
        """A page, as text with its tags."""
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return unescape(answer.text)

    def post(self, path: str, files: dict[str, bytes] | None = None, **data: str) -> str:
        """Send a form; the page that one comes to."""
        sent = None if files is None else {name: (name, body) for name, body in files.items()}
        answer = self.http.post(path, data={"token": self.token, **data}, files=sent)
        assert answer.status_code < 500, answer.text
        return unescape(answer.text)

    def share(self, text: str) -> str:
        """Share something in Moments; the id of the post."""
        self.post("/moments", text=text)
        return self.latest()

    def latest(self) -> str:
        """The id of what one wrote last."""
        row = self.plaza.database.one(
            "SELECT id FROM posts WHERE author = ? ORDER BY written DESC, id DESC", self.id
        )
        assert row is not None
        return str(row["id"])

    def state(self, post: str) -> str:
        """How a post of anybody stands."""
        row = self.plaza.database.one("SELECT state FROM posts WHERE id = ?", post)
        return "" if row is None else str(row["state"])

    def sees(self, post: str, path: str = "/") -> bool:
        """Whether a post stands on a page as this person gets it."""
        return f'id="{post}"' in self.get(path)

    def _row(self) -> dict[str, str]:
        row = self.plaza.database.one(
            "SELECT people.id, token FROM people JOIN sessions ON person = people.id "
            "WHERE name = ?",
            self.name,
        )
        assert row is not None
        return dict(row)


def words_of(page: str) -> str:
    """The words of a page, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)).strip()


def decide(reviewer: Client, item: str, verdict: str, *rules: str) -> None:
    """A reviewer decides the case that holds an item, once there is one."""
    case = None

    def found() -> bool:
        nonlocal case
        for one in reviewer.each(reviewer.list_cases):
            record = reviewer.get_case(one.id)
            if any(content.item == item for content in record.contents):
                case = record
        return case is not None

    until(found)
    assert case is not None
    reviewer.claim_case(case.id)
    reviewer.decide_case(
        case.id,
        DecideCase(verdict=verdict, reason="Looked at.", rules=rules, revision=case.revision),
    )


def answer(reviewer: Client, item: str, outcome: str) -> None:
    """A reviewer answers the appeal about an item."""
    appeal = next(one for one in reviewer.each(reviewer.list_appeals) if one.item == item)
    reviewer.claim_appeal(appeal.id)
    reviewer.decide_appeal(appeal.id, DecideAppeal(outcome=outcome, reply="Looked at again."))


def fits(page: Page) -> bool:
    """Whether a page needs no sideways scrolling."""
    found: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return found

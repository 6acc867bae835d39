"""A served console on an empty store, with people who sign in quickly, for tests of access."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from portreeve.schemas.people import NewPerson, Preferences, Role
from portreeve.server import Server
from portreeve.service.service import Service
from portreeve.service.settings import Settings
from service.door import ADMIN, HERE, PASSWORD, QUICK

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


class House:
    """The service, its address, and who comes in."""

    def __init__(self, service: Service, url: str) -> None:
        self.service = service
        self.url = url
        service.signing_in._passwords._hasher = QUICK

    def open(self, secret: str | None = None) -> httpx.Client:
        """A browser, signed in where the secret of a session is given."""
        cookies = {} if secret is None else {"portreeve_session": secret}
        return httpx.Client(base_url=self.url, cookies=cookies, headers={"user-agent": FIREFOX})

    def first(self, name: str = "ada") -> str:
        """The first administrator, if there is none: the link's secret."""
        link = self.service.joining.first_link()
        assert link is not None
        self.service.joining.first(link.secret, name, None, PASSWORD, Preferences(), HERE)
        return link.secret

    def add(self, name: str, *roles: Role) -> str:
        """Somebody with a password; the secret of their session."""
        self.service.people.add(ADMIN, NewPerson(name=name, roles=list(roles)))
        link = self.service.people.link(ADMIN, name).secret
        return self.service.joining.accept(link, PASSWORD, HERE).secret

    def session(self, name: str) -> str:
        """Another session of somebody."""
        with self.service.context.database.write() as tx:
            return self.service.sessions.begin(tx, name, "password", "Firefox, Linux").secret

    def csrf(self, secret: str) -> str:
        """What a form of a session sends along."""
        signed_in = self.service.sessions.find(secret)
        assert signed_in is not None
        return signed_in.csrf


@contextmanager
def opened(folder: Path, *, at: int = 0, **settings: object) -> Iterator[House]:
    """A house of one's own, at a port or at any that is free."""
    chosen = Settings(data=str(folder), port=at, **settings)  # type: ignore[arg-type]
    service = Service.open(chosen)
    ready = threading.Event()
    server = Server(service, ready=ready.set)
    house = House(service, server.url)
    server.start()
    assert ready.wait(60), server._failure
    try:
        yield house
    finally:
        server.stop()


def text_of(reply: httpx.Response, style: str) -> str:
    """The text of the first part of a page that has a class."""
    found = re.search(rf'class="{style}"[^>]*>(.*?)<', reply.text)
    assert found is not None, reply.text
    return found[1]

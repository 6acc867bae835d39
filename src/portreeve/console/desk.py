"""What the function of a page is given: who looks, how, and the means to answer."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from portreeve.console import cookies, csrf, rendering
from portreeve.console.words import Language, Words, zone
from portreeve.http.call import Call, Headers, Reply
from portreeve.schemas.access import Scope
from portreeve.service.actor import Actor

if TYPE_CHECKING:
    from portreeve.schemas.people import SignedIn
    from portreeve.service.service import Service

PART = b"portreeve-part"
"""The header by which our script asks for the main part of a page only."""

GUARD: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"x-robots-tag", b"noindex"),
]
"""What a browser may do with a page: nothing that does not come from here."""

_LOCAL = re.compile(r"/console(/[A-Za-z0-9._~%@:+-]+)*")
_QUERY = re.compile(r"[!-~]*")
_ADDRESS = "!#$%&'()*+,/:;=?@[]~"
"""Signs that stand in an address as they are; no line ends in a header, whoever sent it."""
_HTML = b"text/html; charset=utf-8"


class Desk:
    """One look at one page by one person.

    Within a page's function::

        cases = desk.service.cases.list(desk.actor, query)
        return desk.page("queue/queue.html.j2", cases=cases.items)
    """

    def __init__(
        self, service: Service, call: Call, person: SignedIn | None, language: Language
    ) -> None:
        self.service = service
        self.call = call
        self.person = person
        self.language: Language = language
        self.now: datetime = service.context.now()
        name = "nobody" if person is None else person.name
        scopes = frozenset[Scope]() if person is None else person.scopes
        self.actor = Actor(name, scopes)
        self.zone = zone(None if person is None else person.preferences.zone)
        self.headers: Headers = []
        """Headers that go with whatever is answered."""

    @property
    def path(self) -> str:
        """The path of the page, as it was sent."""
        return self.call.raw_path

    @property
    def query_string(self) -> str:
        """What stands after the question mark."""
        sent: bytes = self.call.scope["query_string"]
        return sent.decode("latin-1")

    @property
    def csrf(self) -> str:
        """What a form must send back, to show that it came from a page of this session."""
        return "" if self.person is None else csrf.masked(self.person.csrf)

    @property
    def theme(self) -> str:
        """light, dark, or auto: as the system has it."""
        return "auto" if self.person is None else self.person.preferences.theme

    @property
    def secure(self) -> bool:
        """Whether people come by https, so that cookies can be bound to it."""
        return (self.service.context.settings.public_url or "").startswith("https:")

    @property
    def part(self) -> bool:
        """Whether our script asks, which wants the main part only."""
        return PART in self.call.headers

    def may(self, scope: Scope) -> bool:
        """Whether the person is allowed to."""
        return self.actor.may(scope)

    def t(self, en: str, zh: str) -> str:
        """Of two texts the one in the reader's language."""
        return zh if self.language == "zh" else en

    def local(self, address: str) -> str:
        """An address that came from outside, if it is one of the console's own pages; else the
        overview. A language that it asks for is left out.
        """
        path, _, query = address.partition("?")
        steps = unquote(path).split("/")
        known = _LOCAL.fullmatch(path) and _QUERY.fullmatch(query)
        if not known or "." in steps or ".." in steps:
            return "/console"
        kept = "&".join(part for part in query.split("&") if not part.startswith("language="))
        return f"{path}?{kept}" if kept else path

    def in_language(self, code: Language) -> str:
        """The address of this page in a language."""
        kept = [one for one in self.query_string.split("&") if not one.startswith("language=")]
        return "?" + "&".join([one for one in kept if one] + [f"language={code}"])

    def page(self, template: str, *, status: int = 200, **values: Any) -> Reply:
        """A page, made from a template."""
        message = cookies.read(self.call.headers.get(b"cookie", b"")).get(cookies.MESSAGE)
        if message is not None:
            self.headers.append(cookies.no_message(secure=self.secure))
        html = rendering.render(self, template, {"message": _message(self, message), **values})
        return Reply(status, html.encode("utf-8", "replace"), _HTML, self.headers, GUARD)

    def go(self, path: str, done: Words | None = None) -> Reply:
        """Go on to another page of ours, where a message is shown once."""
        if done is not None:
            self.say(done)
        where = quote(path, safe=_ADDRESS).encode("ascii")
        return Reply(303, b"", headers=[(b"location", where), *self.headers], guard=GUARD)

    def say(self, words: Words) -> None:
        """Show a message on the next page."""
        text = json.dumps([words.en, words.zh])
        self.headers.append(cookies.message(text, secure=self.secure))

    def file(self, body: bytes, media_type: str, name: str) -> Reply:
        """A file to be kept; ``name`` is of letters, digits and ``. - _``."""
        disposition = f'attachment; filename="{name}"'.encode("ascii")
        headers = [(b"content-disposition", disposition), *self.headers]
        return Reply(200, body, media_type.encode(), headers, GUARD)

    def json(self, value: Any, *, status: int = 200) -> Reply:
        """Something for our own script."""
        import msgspec

        return Reply(status, msgspec.json.encode(value), headers=self.headers, guard=GUARD)


def _message(desk: Desk, kept: str | None) -> str | None:
    """The message that the page before left."""
    if kept is None:
        return None
    try:
        en, zh = json.loads(kept)
    except (ValueError, TypeError):
        return None
    return desk.t(str(en), str(zh))

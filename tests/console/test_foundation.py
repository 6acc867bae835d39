"""What every page of the console rests on: addresses, sessions, forms, files, languages."""

from __future__ import annotations

import gzip
import threading

import httpx
import msgspec
import pytest

from portreeve.console import assets, csrf
from portreeve.console.app import Console
from portreeve.console.desk import Desk
from portreeve.console.routes import PUBLIC, SIGNED_IN, Pages
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.http.traces import NoTraces
from portreeve.schemas.access import Scope
from portreeve.schemas.people import Preferences, Role, SignedIn
from portreeve.service.errors import ServiceError
from portreeve.service.service import Service
from portreeve.service.settings import Settings
from portreeve.store import StoreUnavailableError

pages = Pages("overview")


class Wish(msgspec.Struct, kw_only=True):
    """A form of these tests."""

    colour: str
    size: int = 1


@pages.get("/open", PUBLIC)
def show_open(desk: Desk) -> Reply:
    """Open to all."""
    return desk.json({"language": desk.language, "name": desk.actor.name})


@pages.get("/console/cases/{id}", Scope.cases)
def show_case(desk: Desk, id: str) -> Reply:
    """For reviewers."""
    return desk.json([desk.actor.name, id])


@pages.post("/console/wish", SIGNED_IN)
def make_wish(desk: Desk, form: Wish) -> Reply:
    """Take a form."""
    if form.colour == "none":
        raise ServiceError("invalid", "`colour` must be a colour.", field="colour")
    return desk.go("/open", done=Words(f"Wished for {form.colour}.", "好"))


@pages.post("/wish", PUBLIC)
def make_public_wish(desk: Desk, form: Wish) -> Reply:
    """Take a form from anybody."""
    return desk.json(form)


@pages.get("/console/broken", SIGNED_IN)
def break_down(desk: Desk) -> Reply:
    """Fail."""
    raise ZeroDivisionError("what somebody wrote")


@pages.stream("/console/live", SIGNED_IN)
async def tell(desk: Desk):
    """Two events."""
    yield "case", "1"
    yield "case", "a\nb"


class KnownSessions:
    """Two sessions, in place of those that people begin by signing in."""

    def find(self, secret):
        if secret == "away":
            raise StoreUnavailableError
        if secret not in ("ann", "bob"):
            return None
        return SignedIn(
            name=secret, shown=secret.title(), roles=(Role.reviewer,), session="s", csrf="token",
            scopes=frozenset({Scope.cases} if secret == "ann" else {Scope.log}),
            preferences=Preferences(language="zh" if secret == "bob" else None),
        )  # fmt: skip


class Parts:
    """What the console needs of a service."""

    def __init__(self, service):
        self.context, self.metrics, self.sessions = (
            service.context, service.metrics, KnownSessions(),
        )  # fmt: skip


@pytest.fixture(scope="module")
def console(tmp_path_factory):
    service = Service.open(Settings(data=str(tmp_path_factory.mktemp("data"))))
    console = Console(Parts(service), pages.declared, NoTraces(), ending=threading.Event().is_set)
    console.open = True
    yield console
    console.close()
    service.context.database.close()


@pytest.fixture
def ask(console):
    """Ask for something, as somebody or nobody."""

    async def asked(method, path, by=None, headers=(), **more):
        given = {**({"cookie": f"portreeve_session={by}"} if by else {}), **dict(headers)}
        transport = httpx.ASGITransport(console)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, headers=given, **more)

    def ask(*args, **more):
        import asyncio

        return asyncio.run(asked(*args, **more))

    return ask


def test_a_page_open_to_all(ask):
    reply = ask("GET", "/open")
    assert reply.json() == {"language": "en", "name": "nobody"}
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def test_whoever_has_not_signed_in_is_led_to_the_login_and_back(ask):
    reply = ask("GET", "/console/cases/1?a=%E5%8D%96&b")
    assert reply.status_code == 303
    assert reply.headers["location"] == (
        "/console/login?next=%2Fconsole%2Fcases%2F1%3Fa%3D%25E5%258D%2596%26b"
    )


def test_a_script_of_ours_is_told_that_the_session_has_ended(ask):
    reply = ask("GET", "/console/cases/1", headers={"portreeve-part": "main"})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthenticated")


def test_who_may_and_who_may_not(ask):
    assert ask("GET", "/console/cases/a%2Fb", "ann").json() == ["ann", "a/b"]
    refused = ask("GET", "/console/cases/1", "bob")
    assert refused.status_code == 403
    assert "<h1>您没有此权限</h1>" in refused.text


def test_a_form(ask):
    form = {"colour": "red", "csrf": "token"}
    reply = ask("POST", "/console/wish", "ann", data=form)
    assert (reply.status_code, reply.headers["location"]) == (303, "/open")
    assert reply.headers["set-cookie"] == (
        "portreeve_message=%5B%22Wished%20for%20red.%22%2C%20%22%5Cu597d%22%5D; Path=/; HttpOnly; "
        "SameSite=Lax; Max-Age=60"
    )


@pytest.mark.parametrize(
    ("form", "headers", "why"),
    [
        ({"colour": "red"}, {}, "no token"),
        ({"colour": "red", "csrf": "other"}, {}, "the token of another session"),
        ({"colour": "red", "csrf": "token"}, {"sec-fetch-site": "cross-site"}, "another site"),
        ({"colour": "red", "csrf": "token"}, {"sec-fetch-site": "same-site"}, "a sibling host"),
        ({"colour": "red", "csrf": "token"}, {"origin": "https://other"}, "an old browser"),
        ({"colour": "red", "csrf": "token"}, {"origin": "null"}, "a page without origin"),
    ],
)
def test_a_form_that_no_page_of_ours_sent(ask, form, headers, why):
    reply = ask("POST", "/console/wish", "ann", headers=headers, data=form)
    assert reply.status_code == 403
    assert "This form was not sent by a page of this session." in reply.text


def test_a_public_form_needs_no_token_but_our_origin(ask):
    assert ask("POST", "/wish", data={"colour": "red", "size": "3"}).json() == {
        "colour": "red", "size": 3,
    }  # fmt: skip
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert ask("POST", "/wish", headers=elsewhere, data={"colour": "red"}).status_code == 403


@pytest.mark.parametrize(
    ("form", "detail"),
    [
        ({}, "`colour` is missing. Give it."),
        ({"colour": "red", "size": "many"}, "`size` must be a whole number."),
        ({"colour": "none"}, "`colour` must be a colour."),
    ],
)
def test_a_form_that_is_not_as_it_should_be(ask, form, detail):
    header = {"portreeve-csrf": "token"}
    page = ask("POST", "/console/wish", "ann", headers=header, data=form)
    assert page.status_code == 422
    assert detail.replace("`", "`") in page.text
    part = ask("POST", "/console/wish", "ann", {**header, "portreeve-part": "main"}, data=form)
    assert (part.status_code, part.json()["detail"]) == (422, detail)


def test_a_form_that_is_too_large(ask):
    form = {"colour": "r" * 1_100_000, "csrf": "token"}
    reply = ask("POST", "/console/wish", "ann", data=form)
    assert reply.status_code == 413
    assert "The body is longer than 1048576 bytes." in reply.text


def test_a_body_that_is_no_form(ask):
    header = {"portreeve-csrf": "token", "content-type": "application/json"}
    assert ask("POST", "/console/wish", "ann", header, content=b"{}").status_code == 415


def test_an_error_shows_nothing_of_what_it_was_about(ask):
    reply = ask("GET", "/console/broken", "ann")
    assert reply.status_code == 500
    assert "what somebody wrote" not in reply.text
    assert "Something failed that should not." in reply.text


def test_an_unknown_address_is_a_page(ask):
    reply = ask("GET", "/console/nowhere")
    assert reply.status_code == 404
    assert "<h1>There is no such page</h1>" in reply.text


@pytest.mark.parametrize(
    ("path", "headers", "by", "language", "why"),
    [
        ("/open", {}, None, "en", "nobody says"),
        ("/open", {"accept-language": "zh-CN,en;q=0.5"}, None, "zh", "the browser says"),
        ("/open?language=zh", {}, None, "zh", "chosen now"),
        ("/open", {"cookie": "portreeve_language=zh"}, None, "zh", "chosen before"),
        ("/open?language=xx", {}, None, "en", "no such language"),
        ("/open", {}, "bob", "zh", "a preference"),
        ("/open?language=en", {}, "bob", "en", "chosen now, over the preference"),
    ],
)
def test_the_language_of_a_page(ask, path, headers, by, language, why):
    assert ask("GET", path, by, headers).json()["language"] == language


def test_a_language_that_somebody_chose_is_remembered(ask):
    assert ask("GET", "/open?language=zh").headers["set-cookie"] == (
        "portreeve_language=zh; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000"
    )


def test_a_long_page_comes_compressed(ask):
    page = ask("GET", "/console/broken", "ann")
    assert page.headers["content-encoding"] == "gzip"
    assert "</html>" in page.text
    plain = ask("GET", "/console/broken", "ann", {"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers


def test_a_masked_token_is_the_token(ask):
    form = {"colour": "red", "csrf": csrf.masked("token")}
    assert ask("POST", "/console/wish", "ann", data=form).status_code == 303
    form["csrf"] = "zz." + form["csrf"]
    assert ask("POST", "/console/wish", "ann", data=form).status_code == 403


def test_events_come_one_after_the_other(ask):
    reply = ask("GET", "/console/live", "ann")
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.text == (": hello\n\nevent: case\ndata: 1\n\nevent: case\ndata: a\ndata: b\n\n")
    assert ask("GET", "/console/live").status_code == 401


def test_while_the_database_is_away_nobody_is_led_to_a_login(ask):
    reply = ask("GET", "/console/cases/1", "away")
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")
    assert "The database does not answer." in reply.text
    assert ask("GET", "/console/live", "away").status_code == 503


@pytest.mark.parametrize("name", ["console.css", "console.js", "icon.svg"])
def test_files_are_kept_for_good(ask, name):
    address = assets.address(name)
    reply = ask("GET", address)
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    zipped = assets.assets()[name].zipped
    assert gzip.decompress(zipped) == reply.content
    assert reply.headers["content-encoding"] == "gzip"
    plain = ask("GET", address, headers={"accept-encoding": "identity"})
    assert plain.content == reply.content


def test_a_page_before_the_service_is_started(console, ask):
    console.open = False
    try:
        reply = ask("GET", "/open")
    finally:
        console.open = True
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("/console/queue?queue=medical&language=en", "/console/queue?queue=medical"),
        ("/console/accounts/%E5%BC%A0", "/console/accounts/%E5%BC%A0"),
        ("https://evil.example/console", "/console"),
        ("//evil.example/console", "/console"),
        ("/console/../d/x", "/console"),
        ("/console\\@evil.example", "/console"),
        ("/console?a=\r\nset-cookie: x", "/console"),
        ("/consolenot", "/console"),
    ],
)
def test_only_addresses_of_ours_are_gone_back_to(given, address):
    assert Desk.local(None, given) == address

"""The ways in: password and second factor, single sign-on, one-time links; and the way out."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from portreeve.console import cookies, doors
from portreeve.console.desk import Desk
from portreeve.console.qr import qr
from portreeve.console.routes import PUBLIC, SIGNED_IN, Pages
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.schemas.people import Preferences
from portreeve.service.errors import ServiceError
from portreeve.service.oidc import AWAY
from portreeve.service.people import zones

pages = Pages("access")

CALLBACK = "/console/login/oidc/callback"
"""Where the provider sends people back to."""


class Wanted(msgspec.Struct, kw_only=True):
    """The page that somebody wanted when they had to sign in."""

    next: str = "/console"


class Password(Wanted, kw_only=True):
    """A name and a password."""

    name: str
    password: str


class Code(Wanted, kw_only=True):
    """A code of the second factor."""

    code: str


class Token(msgspec.Struct, kw_only=True):
    """A one-time link."""

    token: str = ""


class First(Token, kw_only=True):
    """The first administrator."""

    name: str
    shown: str = ""
    password: str
    zone: str = "UTC"


class Accept(Token, kw_only=True):
    """A password set by a link."""

    password: str


class Departure(Wanted, kw_only=True):
    """Somebody who goes to the provider of single sign-on."""

    token: str | None = None


@pages.get("/console/login", PUBLIC)
def show_login(desk: Desk, query: Wanted) -> Reply:
    """Sign in with a password, or through single sign-on."""
    wanted = desk.local(query.next)
    if desk.person is not None:
        return desk.go(wanted)
    return _login(desk, wanted)


@pages.post("/console/login", PUBLIC)
def log_in(desk: Desk, form: Password) -> Reply:
    """Take a password; where a second factor is due, ask for it."""
    wanted = desk.local(form.next)
    try:
        begun = desk.service.signing_in.with_password(form.name, form.password, doors.came(desk))
    except ServiceError as error:
        return _login(desk, wanted, name=form.name, error=error)
    doors.keep(desk, begun)
    if begun.whole:
        return desk.go(wanted)
    return desk.go(f"/console/login/code?next={quote(wanted, safe='')}")


@pages.get("/console/login/code", PUBLIC)
def show_code(desk: Desk, query: Wanted) -> Reply:
    """Give the second factor, or set it up where one is required."""
    wanted = desk.local(query.next)
    if desk.person is not None:
        return desk.go(wanted)
    return _code(desk, wanted)


@pages.post("/console/login/code", PUBLIC)
def give_code(desk: Desk, form: Code) -> Reply:
    """Take a code of the app, or a recovery code."""
    wanted = desk.local(form.next)
    try:
        begun = desk.service.signing_in.with_code(doors.secret(desk), form.code, doors.came(desk))
    except ServiceError as error:
        return _code(desk, wanted, error=error)
    doors.keep(desk, begun)
    return desk.go(wanted)


@pages.post("/console/login/factor", PUBLIC)
def give_new_factor(desk: Desk, form: Code) -> Reply:
    """Confirm a second factor that is required, and show the recovery codes this once."""
    wanted = desk.local(form.next)
    try:
        begun, codes = desk.service.signing_in.with_new_factor(
            doors.secret(desk), form.code, doors.came(desk)
        )
    except ServiceError as error:
        return _code(desk, wanted, error=error)
    doors.keep(desk, begun)
    return desk.page("access/codes.html.j2", codes=codes, go_on=wanted)


@pages.get("/console/login/oidc", PUBLIC)
def go_to_provider(desk: Desk, query: Departure) -> Reply:
    """Go to the provider of single sign-on."""
    try:
        departure = desk.service.single_sign_on.depart(
            doors.base(desk) + CALLBACK, next=desk.local(query.next), link=query.token
        )
    except ServiceError as error:
        return _login(desk, desk.local(query.next), error=error)
    away = cookies.journey(departure.sealed, round(AWAY.total_seconds()), secure=desk.secure)
    desk.headers.append(away)
    return desk.go(departure.url)


@pages.get(CALLBACK, PUBLIC)
def come_back(desk: Desk) -> Reply:
    """Come back from the provider of single sign-on."""
    answer = {name: values[-1] for name, values in desk.call.query().items()}
    jar = cookies.read(desk.call.headers.get(b"cookie", b""))
    desk.headers.append(cookies.no_journey(secure=desk.secure))
    try:
        arrival = desk.service.single_sign_on.arrive(
            jar.get(cookies.journey_name(secure=desk.secure), ""),
            answer,
            doors.came(desk),
            session=None if desk.person is None else desk.person.session,
        )
    except ServiceError as error:
        return _login(desk, "/console", error=error)
    doors.keep(desk, arrival.begun)
    if arrival.connected:
        return desk.go(arrival.next, done=Words("Connected.", "已关联。"))
    return desk.go(arrival.next)


@pages.get("/console/first", PUBLIC)
def show_first(desk: Desk, query: Token) -> Reply:
    """Be the first administrator, by the link that the service printed."""
    return _first(desk, query.token)


@pages.post("/console/first", PUBLIC)
def be_first(desk: Desk, form: First) -> Reply:
    """Make the first administrator."""
    zone = form.zone if form.zone in zones() else "UTC"
    try:
        begun = desk.service.joining.first(
            form.token, form.name.strip(), form.shown.strip() or None, form.password,
            Preferences(language=desk.language, zone=zone), doors.came(desk),
        )  # fmt: skip
    except ServiceError as error:
        return _first(desk, form.token, name=form.name, shown=form.shown, error=error)
    return _in(desk, begun)


@pages.get("/console/link", PUBLIC)
def show_link(desk: Desk, query: Token) -> Reply:
    """Set a password, or choose single sign-on, by a one-time link."""
    return _link(desk, query.token)


@pages.post("/console/link", PUBLIC)
def use_link(desk: Desk, form: Accept) -> Reply:
    """Set a password by a one-time link."""
    try:
        begun = desk.service.joining.accept(form.token, form.password, doors.came(desk))
    except ServiceError as error:
        return _link(desk, form.token, error=error)
    return _in(desk, begun)


@pages.post("/console/sign-out", SIGNED_IN)
def sign_out(desk: Desk) -> Reply:
    """End the session."""
    assert desk.person is not None
    desk.service.signing_in.sign_out(desk.person)
    desk.headers.append(cookies.no_session(secure=desk.secure))
    return desk.go("/console/login", done=Words("Signed out.", "已退出。"))


def _in(desk: Desk, begun: Any) -> Reply:
    """On from a link: into the console, or to the second factor that is still due."""
    doors.keep(desk, begun)
    return desk.go("/console" if begun.whole else "/console/login/code")


def _login(desk: Desk, wanted: str, *, name: str = "", error: ServiceError | None = None) -> Reply:
    settings = desk.service.context.settings
    return desk.page(
        "access/login.html.j2",
        status=200 if error is None else error.kind.status,
        local=settings.local_accounts,
        provider=_provider(desk),
        next=wanted,
        name=name,
        error=error,
    )


def _code(desk: Desk, wanted: str, *, error: ServiceError | None = None) -> Reply:
    try:
        offer = desk.service.signing_in.offer(doors.secret(desk))
    except ServiceError as over:
        return _login(desk, wanted, error=over if error is None else error)
    return desk.page(
        "access/code.html.j2",
        status=200 if error is None else error.kind.status,
        offer=offer,
        minutes=None if offer is None else offer.minutes(desk.service.context.now()),
        picture=None if offer is None else qr(offer.uri, desk.t("QR code", "二维码")),
        next=wanted,
        error=error,
    )


def _first(
    desk: Desk, token: str, *, name: str = "", shown: str = "", error: ServiceError | None = None
) -> Reply:
    if desk.service.joining.look(token).purpose != "first":
        return desk.go(f"/console/link?token={quote(token, safe='')}")
    return desk.page(
        "access/first.html.j2",
        status=200 if error is None else error.kind.status,
        local=desk.service.context.settings.local_accounts,
        provider=_provider(desk),
        token=token,
        name=name,
        shown=shown,
        error=error,
    )


def _link(desk: Desk, token: str, *, error: ServiceError | None = None) -> Reply:
    invited = desk.service.joining.look(token)
    if invited.purpose == "first":
        return desk.go(f"/console/first?token={quote(token, safe='')}")
    return desk.page(
        "access/link.html.j2",
        status=200 if error is None else error.kind.status,
        local=desk.service.context.settings.local_accounts,
        provider=_provider(desk),
        token=token,
        invited=invited,
        error=error,
    )


def _provider(desk: Desk) -> str | None:
    """The host of the provider of single sign-on, if there is one."""
    provider = desk.service.single_sign_on.provider
    return provider.host if provider.configured else None

"""One's own page: name, preferences, reviewers' care, password, second factor, sessions."""

from __future__ import annotations

from typing import Literal

import msgspec

from portreeve.console import doors
from portreeve.console.areas.access import CALLBACK
from portreeve.console.cookies import journey
from portreeve.console.desk import Desk
from portreeve.console.qr import qr
from portreeve.console.routes import SIGNED_IN, Pages
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.people import Email, Preferences, SignedIn
from portreeve.service.errors import ServiceError
from portreeve.service.oidc import AWAY
from portreeve.service.people import zones
from portreeve.service.roles import ROLES

pages = Pages("me")

_ME = "/console/me"


class Description(msgspec.Struct, kw_only=True):
    """How others see one."""

    shown: str = ""
    email: Email | None = None


class Wish(msgspec.Struct, kw_only=True):
    """Language, theme, time zone."""

    language: Literal["en", "zh"] | None = None
    theme: Literal["light", "dark", "auto"] = "auto"
    zone: str = "UTC"


class NewPassword(msgspec.Struct, kw_only=True):
    """The password as it is, and as it shall be."""

    current: str
    password: str


class Confirmation(msgspec.Struct, kw_only=True):
    """The password, and the first code of a second factor."""

    current: str
    code: str


class Current(msgspec.Struct, kw_only=True):
    """The password."""

    current: str


class One(msgspec.Struct, kw_only=True):
    """One of several."""

    id: str


@pages.get("/console/me", SIGNED_IN)
def show_me(desk: Desk) -> Reply:
    """One's own page."""
    return _me(desk)


@pages.post("/console/me/description", SIGNED_IN)
def describe_me(desk: Desk, form: Description) -> Reply:
    """Change how others see one."""
    desk.service.profiles.describe(_person(desk), form.shown[:100], form.email)
    return _saved(desk)


@pages.post("/console/me/preferences", SIGNED_IN)
def prefer(desk: Desk, form: Wish) -> Reply:
    """Keep language, theme and time zone."""
    wanted = Preferences(
        language=form.language, theme=form.theme, zone=form.zone.strip(),
        care=_person(desk).preferences.care,
    )  # fmt: skip
    try:
        desk.service.people.prefer(desk.actor, wanted)
    except ServiceError as error:
        return _me(desk, zone=form.zone, error=error)
    return _saved(desk)


@pages.post("/console/me/password", SIGNED_IN)
def change_password(desk: Desk, form: NewPassword) -> Reply:
    """Set another password; all other sessions end."""
    try:
        begun = desk.service.profiles.change_password(
            _person(desk), form.current, form.password, doors.came(desk)
        )
    except ServiceError as error:
        return _me(desk, error=error, about="password")
    doors.keep(desk, begun)
    done = Words(
        "The password is changed; other sessions are ended.", "密码已修改，其他会话已结束。"
    )
    return desk.go(_ME, done=done)


@pages.get("/console/me/factor", SIGNED_IN)
def show_factor(desk: Desk) -> Reply:
    """Set up the second factor."""
    return _factor(desk)


@pages.post("/console/me/factor/begin", SIGNED_IN)
def begin_factor(desk: Desk) -> Reply:
    """Begin to set up the second factor; what was shown before counts no more."""
    desk.service.profiles.offer_factor(_person(desk), anew=True)
    return desk.go("/console/me/factor")


@pages.post("/console/me/factor", SIGNED_IN)
def confirm_factor(desk: Desk, form: Confirmation) -> Reply:
    """Confirm the second factor, and show the recovery codes this once."""
    try:
        begun, codes = desk.service.profiles.confirm_factor(
            _person(desk), form.current, form.code, doors.came(desk)
        )
    except ServiceError as error:
        return _factor(desk, error=error)
    doors.keep(desk, begun)
    return desk.page("access/codes.html.j2", codes=codes, go_on=_ME)


@pages.post("/console/me/factor/remove", SIGNED_IN)
def remove_factor(desk: Desk, form: Current) -> Reply:
    """Do without the second factor."""
    try:
        begun = desk.service.profiles.remove_factor(_person(desk), form.current, doors.came(desk))
    except ServiceError as error:
        return _me(desk, error=error, about="factor")
    doors.keep(desk, begun)
    return desk.go(_ME, done=Words("The second factor is removed.", "已关闭两步验证。"))


@pages.post("/console/me/codes", SIGNED_IN)
def renew_codes(desk: Desk, form: Current) -> Reply:
    """Make new recovery codes, and show them this once."""
    try:
        codes = desk.service.profiles.renew_codes(_person(desk), form.current, doors.came(desk))
    except ServiceError as error:
        return _me(desk, error=error, about="factor")
    return desk.page("access/codes.html.j2", codes=codes, go_on=_ME)


@pages.post("/console/me/sessions/end", SIGNED_IN)
def end_session(desk: Desk, form: One) -> Reply:
    """End one of one's sessions."""
    desk.service.profiles.end_session(_person(desk), form.id)
    return desk.go(_ME, done=Words("The session is ended.", "会话已结束。"))


@pages.post("/console/me/sessions/end-others", SIGNED_IN)
def end_others(desk: Desk) -> Reply:
    """End all of one's sessions but this one."""
    desk.service.profiles.end_others(_person(desk))
    return desk.go(_ME, done=Words("The other sessions are ended.", "其他会话已结束。"))


@pages.post("/console/me/connect", SIGNED_IN)
def connect(desk: Desk) -> Reply:
    """Say where one goes to connect single sign-on; a form may not lead to another host itself."""
    sign_on = desk.service.single_sign_on
    departure = sign_on.connect(_person(desk), doors.base(desk) + CALLBACK, next=_ME)
    away = journey(departure.sealed, round(AWAY.total_seconds()), secure=desk.secure)
    desk.headers.append(away)
    return desk.page("access/connect.html.j2", url=departure.url, provider=sign_on.provider.host)


@pages.post("/console/me/disconnect", SIGNED_IN)
def disconnect(desk: Desk, form: One) -> Reply:
    """Sign in no more through a provider."""
    desk.service.single_sign_on.disconnect(_person(desk), form.id)
    return desk.go(_ME, done=Words("Disconnected.", "已取消关联。"))


def _saved(desk: Desk) -> Reply:
    return desk.go(_ME, done=Words("Saved.", "已保存。"))


def _me(
    desk: Desk, *, zone: str | None = None, error: ServiceError | None = None, about: str = ""
) -> Reply:
    """``about``: the part of the page that an error is about."""
    signed_in = _person(desk)
    settings = desk.service.context.settings
    return desk.page(
        "access/me.html.j2",
        status=200 if error is None else error.kind.status,
        ROLES=ROLES,
        me=desk.service.people.get(desk.actor, signed_in.name),
        sessions=desk.service.sessions.of(signed_in.name),
        wish=signed_in.preferences,
        zone=signed_in.preferences.zone if zone is None else zone,
        zones=sorted(one for one in zones() if one == "UTC" or one.partition("/")[0] in _PLACES),
        reviews=desk.may(Scope.cases),
        local=settings.local_accounts,
        required=settings.require_totp,
        provider=settings.oidc_issuer,
        error=error,
        about=about,
    )


def _factor(desk: Desk, *, error: ServiceError | None = None) -> Reply:
    offer = desk.service.profiles.offer_factor(_person(desk))
    return desk.page(
        "access/factor.html.j2",
        status=200 if error is None else error.kind.status,
        offer=offer,
        minutes=offer.minutes(desk.service.context.now()),
        picture=qr(offer.uri, desk.t("QR code", "二维码")),
        error=error,
    )


def _person(desk: Desk) -> SignedIn:
    assert desk.person is not None
    return desk.person


_PLACES = frozenset(
    {"Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian",
     "Pacific"}
)  # fmt: skip
"""What the names of time zones begin with; others are old names of the same."""

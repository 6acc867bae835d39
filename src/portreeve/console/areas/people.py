"""People: who may sign in, what they do here; for administrators."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from portreeve.console import doors
from portreeve.console.desk import Desk
from portreeve.console.routes import Pages
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.people import Email, Link, NewPerson, Role
from portreeve.service.errors import ServiceError
from portreeve.service.roles import ROLES

pages = Pages("people")


class Invitation(msgspec.Struct, kw_only=True):
    """Somebody to be invited."""

    name: str
    shown: str = ""
    email: Email | None = None
    roles: list[Role] = []


class Chosen(msgspec.Struct, kw_only=True):
    """Roles that are ticked."""

    roles: list[Role] = []


@pages.get("/console/people", Scope.admin)
def show_people(desk: Desk) -> Reply:
    """Everybody who may sign in."""
    return _people(desk)


@pages.post("/console/people", Scope.admin)
def invite(desk: Desk, form: Invitation) -> Reply:
    """Add somebody, and show the one-time link to give to them."""
    new = NewPerson(
        name=form.name.strip(), shown=form.shown.strip()[:100] or None, email=form.email,
        roles=form.roles,
    )  # fmt: skip
    try:
        person = desk.service.people.add(desk.actor, new)
    except ServiceError as error:
        return _people(desk, form=form, error=error)
    return _person(desk, person.name, link=desk.service.people.link(desk.actor, person.name))


@pages.get("/console/people/{name}", Scope.admin)
def show_person(desk: Desk, name: str) -> Reply:
    """One of them."""
    return _person(desk, name)


@pages.post("/console/people/{name}/roles", Scope.admin)
def set_roles(desk: Desk, name: str, form: Chosen) -> Reply:
    """Give somebody other roles; their sessions end."""
    assert desk.person is not None
    try:
        begun = desk.service.people.set_roles(
            desk.actor, name, form.roles, session=desk.person.session
        )
    except ServiceError as error:
        return _person(desk, name, error=error)
    if begun is not None:
        doors.keep(desk, begun)
    if name == desk.actor.name and Role.administrator not in form.roles:
        return desk.go("/console", done=Words("Your roles are changed.", "您的角色已更改。"))
    return _back(desk, name, Words("The roles are changed.", "角色已更改。"))


@pages.post("/console/people/{name}/link", Scope.admin)
def make_link(desk: Desk, name: str) -> Reply:
    """Make a one-time link, and show it this once."""
    try:
        link = desk.service.people.link(desk.actor, name)
    except ServiceError as error:
        return _person(desk, name, error=error)
    return _person(desk, name, link=link)


@pages.post("/console/people/{name}/disable", Scope.admin)
def disable(desk: Desk, name: str) -> Reply:
    """Let somebody sign in no more."""
    try:
        desk.service.people.disable(desk.actor, name)
    except ServiceError as error:
        return _person(desk, name, error=error)
    return _back(desk, name, Words("Disabled; all sessions are ended.", "已停用，所有会话已结束。"))


@pages.post("/console/people/{name}/enable", Scope.admin)
def enable(desk: Desk, name: str) -> Reply:
    """Let somebody sign in again."""
    desk.service.people.enable(desk.actor, name)
    return _back(desk, name, Words("Enabled.", "已启用。"))


@pages.post("/console/people/{name}/sign-out", Scope.admin)
def sign_out_everywhere(desk: Desk, name: str) -> Reply:
    """End all sessions of somebody."""
    desk.service.people.sign_out(desk.actor, name)
    return _back(desk, name, Words("All sessions are ended.", "所有会话已结束。"))


def _back(desk: Desk, name: str, done: Words) -> Reply:
    return desk.go(f"/console/people/{quote(name, safe='')}", done=done)


def _people(
    desk: Desk, *, form: Invitation | None = None, error: ServiceError | None = None
) -> Reply:
    return desk.page(
        "access/people.html.j2",
        status=200 if error is None else error.kind.status,
        people=desk.service.people.list(desk.actor),
        form=form or Invitation(name="", roles=[]),
        ROLES=ROLES,
        required=desk.service.context.settings.require_totp,
        error=error,
    )


def _person(
    desk: Desk, name: str, *, link: Link | None = None, error: ServiceError | None = None
) -> Reply:
    one = desk.service.people.get(desk.actor, name)
    return desk.page(
        "access/person.html.j2",
        status=200 if error is None else error.kind.status,
        one=one,
        sessions=desk.service.sessions.of(one.name),
        link=None if link is None else f"{doors.base(desk)}/console/link?token={link.secret}",
        until=None if link is None else link.expires,
        mapped=bool(desk.service.context.settings.oidc_roles),
        ROLES=ROLES,
        error=error,
    )

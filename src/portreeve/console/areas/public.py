"""The policies for everybody: in force, in words, and how they came to be. No login."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from portreeve.console.desk import GUARD, Desk
from portreeve.console.routes import PUBLIC, Pages
from portreeve.http.call import Reply
from portreeve.schemas.base import Paging

pages = Pages("public")

_OPEN = [pair for pair in GUARD if pair[0] != b"x-robots-tag"]
"""Everybody may read these, and find them by a search."""
_CHANGES = 10

Version = Annotated[str, Meta(max_length=100)]


class PolicyQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which version, and in which form."""

    version: Version | None = None
    format: Literal["html", "yaml", "json"] = "html"


class ChangesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which changes, and in which form."""

    cursor: str | None = None
    format: Literal["html", "json"] = "html"


@pages.get("/policy", PUBLIC)
def list_policies(desk: Desk) -> Reply:
    """The networks, and the policy in force on each."""
    return _open(
        desk.page("public/policies.html.j2", networks=desk.service.public_policies.networks())
    )


@pages.get("/policy/{name}", PUBLIC)
def show_policy(desk: Desk, name: str, query: PolicyQuery) -> Reply:
    """The policy in force as a document; ``.yaml`` or ``.json`` after its name: for machines."""
    base, _, ending = name.rpartition(".")
    form = query.format
    if base and ending in ("yaml", "json"):
        name, form = base, msgspec.convert(ending, Literal["yaml", "json"])
    public = desk.service.public_policies
    if form == "yaml":
        found = public.text(name, query.version)
        return _plain(desk, found.text.encode(), b"application/yaml; charset=utf-8")
    reading = public.reading(name, query.version)
    if form == "json":
        return _plain(desk, msgspec.json.encode(reading), b"application/json")
    _read_there(desk, reading.effective)
    current = next((one for one in public.networks() if one.name == name), None)
    return _open(
        desk.page(
            "public/policy.html.j2",
            reading=reading,
            current=current,
            appeal_days=desk.service.context.settings.appeal_days,
        ),
    )


@pages.get("/policy/{name}/changes", PUBLIC)
def show_changes(desk: Desk, name: str, query: ChangesQuery) -> Reply:
    """How the policy came to be what it is: each change with its signed record."""
    paging = Paging(cursor=query.cursor, limit=_CHANGES)
    log = desk.service.public_policies.changes(name, paging)
    if query.format == "json":
        return _plain(desk, msgspec.json.encode(log), b"application/json")
    _read_there(desk, desk.service.public_policies.reading(name).effective)
    return _open(desk.page("public/changes.html.j2", log=log))


def _open(reply: Reply) -> Reply:
    """For everybody to read and to find."""
    reply.guard = _OPEN
    return reply


def _plain(desk: Desk, body: bytes, kind: bytes) -> Reply:
    return Reply(200, body, kind, desk.headers, _OPEN)


def _read_there(desk: Desk, effective: datetime) -> None:
    """Show times in the policy's own offset to whoever has chosen no zone."""
    hours = (effective.utcoffset() or timedelta()) / timedelta(hours=1)
    if desk.person is None and hours.is_integer() and -12 <= hours <= 14:
        desk.zone = ZoneInfo(f"Etc/GMT{-hours:+.0f}" if hours else "UTC")

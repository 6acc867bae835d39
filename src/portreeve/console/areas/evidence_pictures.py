"""Pictures as they stand in a page of reviewers: clean copies, never what somebody sent."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from portreeve.console.desk import GUARD, Desk
from portreeve.console.routes import Pages
from portreeve.http.call import Headers, Reply
from portreeve.schemas.access import Scope

pages = Pages("evidence_pictures")

_POLICY = b"content-security-policy"
_GUARD: Headers = [
    *(header for header in GUARD if header[0] != _POLICY),
    (_POLICY, b"default-src 'none'; sandbox; frame-ancestors 'none'"),
]
"""As for pages; opened by itself a picture may do nothing at all."""


class FrameQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which frame or page of the file."""

    frame: Annotated[int, Meta(ge=0, le=100_000)] = 0


@pages.get("/console/evidence/{decision}/pictures/{picture}", Scope.evidence)
def show_picture(desk: Desk, decision: str, picture: str, query: FrameQuery) -> Reply:
    """A clean copy of a picture that an item shows; that it was seen stands in the audit log."""
    copy = desk.service.picture_viewing.copy(desk.actor, decision, picture, query.frame)
    headers = [(b"content-disposition", b'inline; filename="picture.jpg"'), *desk.headers]
    return Reply(200, copy, b"image/jpeg", headers, _GUARD)

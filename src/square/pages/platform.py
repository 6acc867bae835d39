"""The feed for apps. Every route stands behind one guard, :func:`_guarded`.

An app shows its token, ``Authorization: Bearer TOKEN``, and the code of the person it acts for,
``Square-Consent: CODE``. What it publishes is governed like everything else.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from portreeve.client import PortreeveError
from square.database import Row, marks
from square.pages import posts
from square.pages.apps import digest
from square.pages.people import friends_of
from square.web import GUARD, ROUTES, Visit

PREFIX = "/api/feed"
View = Callable[..., Response]


class AppVisit(Visit):
    """A look by an app, for a person who allowed it. No cookie counts."""

    def __init__(self, request: Request, form: FormData, person: Row | None) -> None:
        self._allowed = person
        super().__init__(request, form)

    def _session(self) -> Row | None:
        return self._allowed


def feed(path: str, *, scope: str, method: str = "GET") -> Callable[[View], View]:
    """Declare a route of the feed, with the scope that it needs. There is no other way to one."""

    def declare(view: View) -> View:
        async def answer(request: Request) -> Response:
            async with request.form(max_files=0, max_fields=10) as form:
                return await run_in_threadpool(_guarded, view, request, form, scope)

        ROUTES.append(Route(PREFIX + path, functools.wraps(view)(answer), methods=[method]))
        return view

    return declare


@feed("", scope="feed.read")
def show_feed(visit: Visit) -> Response:
    """What the person and their friends shared, the newest first."""
    return _answer({"posts": [_told(one) for one in _feed(visit)]})


@feed("/{post}", scope="feed.read")
def show_post(visit: Visit, post: str) -> Response:
    """One post of the feed."""
    return next((_answer(_told(one)) for one in _feed(visit, post)), _missing())


@feed("/{post}/comments", scope="feed.read")
def show_comments(visit: Visit, post: str) -> Response:
    """What was said to a post."""
    found = [_answer({"comments": _told(one)["comments"]}) for one in _feed(visit, post)]
    return found[0] if found else _missing()


@feed("", scope="feed.write", method="POST")
def share(visit: Visit) -> Response:
    """Share something for the person, if it may appear."""
    text = visit.text("text")
    if not text:
        return _refused("empty", None, "There is nothing to share.", "没有内容可分享。", 422)
    return _answer(_state(posts.publish(visit, "moments", text), visit), 201)


@feed("/{post}/comments", scope="feed.write", method="POST")
def comment(visit: Visit, post: str) -> Response:
    """Say something to a post for the person, if it may appear."""
    row, text = posts.visible(visit, post), visit.text("text", 1_000)
    if row is None or row["surface"] != "moments" or not text:
        return _missing()
    return _answer(_state(posts.publish(visit, "comment", text, parent=post), visit), 201)


@feed("/{post}", scope="feed.write", method="DELETE")
def delete(visit: Visit, post: str) -> Response:
    """Take back what the person wrote."""
    return Response(status_code=204) if posts.take_back(visit, post) else _missing()


def _guarded(view: View, request: Request, form: FormData, scope: str) -> Response:
    """A route's answer to an app whose token has the scope, for a person who allowed it."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        checked = request.app.state.market.token(token if kind == "Bearer" else "", scope)
    except PortreeveError:
        words = ("It cannot be checked right now.", "暂时无法核对。")
        return _refused("unchecked", None, *words, status=503)
    if not checked.allowed:
        reason = checked.reason
        because = reason.because
        return _refused(reason.code, reason.clause, because.en, because.zh, checked.status)
    person = request.app.state.database.one(
        "SELECT people.*, '' AS token, '' AS digest FROM consents "
        "JOIN people ON people.id = person WHERE consents.digest = ? AND app = ?",
        digest(request.headers.get("square-consent", "")), checked.partner,
    )  # fmt: skip
    if person is None or request.app.state.governor.standing.closed(person["id"]):
        words = (
            "Nobody allowed this app to act for them with this code.",
            "没有人以此授权码授权该应用。",
        )
        return _refused("no_consent", None, *words)
    return view(AppVisit(request, form, person), **request.path_params)


def _refused(code: str, clause: str | None, en: str, zh: str, status: int = 403) -> Response:
    return _answer({"error": code, "clause": clause, "because": {"en": en, "zh": zh}}, status)


def _missing() -> Response:
    return _refused("not_found", None, "Not here.", "没有找到。", 404)


def _answer(body: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(body, status, GUARD)


def _feed(visit: Visit, post: str | None = None) -> list[dict[str, Any]]:
    """Posts that others see too: what waits or was refused is for its author's eyes."""
    near = [visit.me["id"], *friends_of(visit.database, visit.me["id"])]
    where = f"surface = 'moments' AND author IN ({marks(near)}) AND posts.id = ifnull(?, posts.id)"
    return [
        one for one in posts.listed(visit, where, *near, post).posts if one["state"] == "published"
    ]


def _told(post: dict[str, Any]) -> dict[str, Any]:
    said = [one for one in post.get("comments", []) if one["state"] == "published"]
    return {
        "id": post["id"],
        "author": post["name"],
        "text": post["text"],
        "written": post["written"],
        "comments": [_told(one) for one in said],
    }


def _state(post: Row, visit: Visit) -> dict[str, Any]:
    ruling = posts.shown(visit, post)["ruling"]
    reasons = [] if ruling is None or post["state"] == "published" else ruling.reasons
    return {
        "id": post["id"],
        "state": post["state"],
        "reasons": [
            {"clause": one.clause, "because": {"en": one.because.en, "zh": one.because.zh}}
            for one in reasons
        ],
    }

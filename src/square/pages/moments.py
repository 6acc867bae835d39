"""Moments: what friends share. And what people are told about it, with the way to contest it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from portreeve.client import PortreeveError, UnreachableError
from square.database import marks
from square.pages import posts
from square.pages.people import friends_of, named
from square.web import Visit, page


@page("/")
def show_feed(visit: Visit) -> Response:
    """What one's friends and oneself shared, the newest first."""
    return _feed(visit)


@page("/moments", method="POST")
def share(visit: Visit) -> Response:
    """Share something, if it may appear; if not, the words are still there, with the reasons."""
    text = visit.text("text")
    picture, error = posts.kept_picture(visit)
    if error:
        return _feed(visit, status=422, words=text, error=error)
    if not text and picture is None:
        return visit.go("/")
    return posts.after(visit, posts.publish(visit, "moments", text, picture=picture))


@page("/people/{name}")
def show_person(visit: Visit, name: str) -> Response:
    """Somebody's page: who they are, and what they shared with friends."""
    person = named(visit.database, name)
    if person is None:
        words = visit.t("There is nobody of that name.", "没有这个人。")
        return visit.page("error.html.j2", status=404, words=words)
    me = visit.me["id"]
    own = person["id"] == me
    near = own or person["id"] in friends_of(visit.database, me)
    feed = (
        posts.listed(visit, "surface IN ('moments', 'share_api') AND author = ?", person["id"])
        if near
        else None
    )
    return visit.page(
        "moments/person.html.j2", person=person, feed=feed, own=own, near=near,
        lines=posts.listed(visit, "surface = 'profile' AND author = ?", person["id"]).posts,
        ruled=posts.ruled(visit),
        account=visit.governor.account(me) if own else None,
    )  # fmt: skip


@page("/profile", method="POST")
def tell_of_oneself(visit: Visit) -> Response:
    """Say anew who one is: what was there before gives way to what may appear."""
    me, text = visit.me["id"], visit.text("text", 200)
    before = visit.database.all(
        "SELECT id FROM posts WHERE surface = 'profile' AND author = ? AND state != 'deleted'", me
    )
    post = posts.publish(visit, "profile", text) if text else None
    if post is None or post["state"] == "published":
        for row in before:
            posts.take_back(visit, row["id"])
    return (
        visit.go(f"/people/{quote(visit.me['name'])}") if post is None else posts.after(visit, post)
    )


@page("/notices", always=True)
def show_notices(visit: Visit) -> Response:
    """What one was told, with the way to contest it."""
    return _notices(visit)


@page("/appeals", method="POST", always=True)
def appeal(visit: Visit) -> Response:
    """Contest a decision."""
    words, decision = visit.text("words", 10_000), visit.text("decision", 100)
    try:
        visit.governor.appeal(decision, words)
    except UnreachableError:
        error = visit.t("It could not be sent now. Try again.", "暂时无法提交，请稍后再试。")
    except PortreeveError as refused:
        error = visit.t(refused.detail, _REFUSED.get(refused.code, refused.detail))
    else:
        said = visit.t(
            "Your appeal is filed. A person who did not decide this will look at it.",
            "申诉已提交，将由未参与此决定的人重新查看。",
        )
        return _notices(visit, said=said)
    return _notices(visit, status=422, error=error)


_REFUSED = {
    "not-found": "没有找到这个决定。",
    "conflict": "已经申诉过，或者这个决定已不再有效。",
    "gone": "申诉期限已过。",
    "invalid": "请写明理由。",
}
"""Why an appeal is not taken, by the error's code."""


def _feed(visit: Visit, *, status: int = 200, **values: Any) -> Response:
    me = visit.me["id"]
    near = [me, *friends_of(visit.database, me)]
    where = f"surface IN ('moments', 'share_api') AND author IN ({marks(near)})"
    feed = posts.listed(visit, where, *near)
    given = {"words": "", "error": None, "ruled": posts.ruled(visit), "said": posts.said(visit)}
    return visit.page("moments/feed.html.j2", status=status, feed=feed, **(given | values))


def _notices(
    visit: Visit, *, status: int = 200, error: str | None = None, said: str | None = None
) -> Response:
    me = visit.me["id"]
    owned = visit.database.all(
        "SELECT id FROM places WHERE owner = ? AND kind = 'public_account'", me
    )
    told = [visit.governor.notices(one) for one in (me, *(row["id"] for row in owned))]
    notices = sorted(
        (notice for of in told for notice in of or []), key=lambda one: one.created, reverse=True
    )
    return visit.page(
        "moments/notices.html.j2", status=status, notices=notices, error=error, said=said,
        away=any(of is None for of in told), closed=visit.governor.standing.closed(me),
    )  # fmt: skip

"""What posts of every kind have in common: being published, seen, answered, reported, deleted."""

from __future__ import annotations

import io
import re
import secrets
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError
from starlette.responses import FileResponse, Response

from portreeve.client import PortreeveError
from square.database import Database, Row, marks, new_id, now
from square.governance import Ruling, sees
from square.web import GUARD, Visit, page

AT_ONCE = 50
"""How many posts a page has."""

_POSTS = (
    "SELECT posts.*, people.shown, people.name, places.kind AS place_kind, "
    "places.name AS place_name FROM posts JOIN people ON people.id = author "
    "LEFT JOIN places ON places.id = place "
)
_LARGEST = 1_600
_MEDIA = {".jpg": "image/jpeg", ".mp4": "video/mp4", ".webm": "video/webm"}
_LINK = re.compile(r"https?://[A-Za-z0-9][!-~]+")


_TOLD = ("link", "contact", "price")
"""Kinds of evidence in a picture that are told by what they are."""


class Feed(NamedTuple):
    """Posts of one page."""

    posts: list[dict[str, Any]]
    older: str | None
    """Where the next page begins; None for the last."""


@page("/posts/{post}/comments", method="POST")
def comment(visit: Visit, post: str) -> Response:
    """Say something to a post that one can see."""
    row = visible(visit, post)
    text = visit.text("text", 1_000)
    if row is None or row["surface"] == "comment" or not text:
        return visit.go("/")
    return after(visit, publish(visit, "comment", text, parent=post))


@page("/posts/{post}/delete", method="POST")
def delete(visit: Visit, post: str) -> Response:
    """Take back what one wrote."""
    take_back(visit, post)
    return visit.back()


@page("/posts/{post}/report", method="POST")
def report(visit: Visit, post: str) -> Response:
    """Report a post to those who keep order."""
    row = visible(visit, post)
    if row is None:
        return visit.go("/")
    try:
        visit.governor.report(post, visit.me["id"], visit.text("words", 2_000) or None)
    except PortreeveError:
        return visit.go(f"{_home(visit.database, row)}?said=unsent")
    return visit.go(f"{_home(visit.database, row)}?said=reported")


@page("/pictures/{name}")
def show_picture(visit: Visit, name: str) -> Response:
    """A picture or video, for those who may see the post it stands in."""
    row = visit.database.one("SELECT id, author FROM posts WHERE picture = ?", name)
    if row is None or (row["author"] != visit.me["id"] and visible(visit, row["id"]) is None):
        return visit.page("error.html.j2", status=404, words=visit.t("Not here.", "没有找到。"))
    headers = GUARD | {"cache-control": "private, max-age=60"}
    media = _MEDIA[Path(name).suffix]
    return FileResponse(pictures(visit) / name, headers=headers, media_type=media)


def publish(
    visit: Visit, surface: str, text: str, *, parent: str | None = None,
    picture: str | None = None, place: str | None = None,
) -> Row:  # fmt: skip
    """Write a post down, ask whether it may appear, and give it as it is then."""
    id = new_id("p")
    with visit.database.write() as tx:
        write(tx, id, visit.me["id"], surface, text, parent=parent, picture=picture, place=place)
    return asked(visit, id)


def write(
    tx: sqlite3.Connection, id: str, author: str, surface: str, text: str, *,
    parent: str | None = None, picture: str | None = None, place: str | None = None,
) -> None:  # fmt: skip
    """Write a post down; it waits until Portreeve was asked."""
    time = now()
    tx.execute(
        "INSERT INTO posts (id, author, surface, place, parent, text, picture, written, asked, "
        "state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'held')",
        (id, author, surface, place, parent, text, picture, time, time),
    )


def asked(visit: Visit, id: str) -> Row:
    """Ask whether a post may appear, and give it as it is then."""
    row = visit.database.one("SELECT * FROM posts WHERE id = ?", id)
    assert row is not None
    visit.governor.ask(row)
    answered = visit.database.one("SELECT * FROM posts WHERE id = ?", id)
    assert answered is not None
    return answered


def take_back(visit: Visit, post: str) -> bool:
    """Delete a post of one's own, with its picture; whether there was one."""
    with visit.database.write() as tx:
        row = tx.execute(
            "SELECT * FROM posts WHERE id = ? AND author = ? AND state != 'deleted'",
            (post, visit.me["id"]),
        ).fetchone()
        if row is None:
            return False
        tx.execute(
            "UPDATE posts SET state = 'deleted', text = '', picture = NULL, ruling = NULL "
            "WHERE id = ?",
            (post,),
        )
        visit.governor.telling.gone(tx, post)
    if row["picture"]:
        (pictures(visit) / row["picture"]).unlink(missing_ok=True)
    return True


def after(visit: Visit, post: Row) -> Response:
    """Go on to where a post that was just published stands; if it does not appear, with why."""
    home = _home(visit.database, post)
    anchor = f"#{post['parent'] or post['id']}"
    if post["state"] in ("refused", "held"):
        return visit.go(f"{home}?ruled={post['id']}{anchor if post['parent'] else ''}")
    return visit.go(home + anchor)


def kept_picture(visit: Visit) -> tuple[str | None, str | None]:
    """The picture of a form, kept, and what is wrong with it; both None when there is none.

    It is written anew, so that nothing hides in it.
    """
    upload = visit.upload("picture")
    if upload is None:
        return None, None
    try:
        with Image.open(io.BytesIO(upload.file.read(12_000_000))) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
            upright.thumbnail((_LARGEST, _LARGEST))
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError, ValueError):
        return None, visit.t("That is no picture that we can read.", "无法识别这张图片。")
    name = f"{secrets.token_hex(12)}.jpg"
    upright.save(pictures(visit) / name, quality=85)
    return name, None


def listed(visit: Visit, where: str, *values: object) -> Feed:
    """Posts as somebody sees them, the newest first, each with its comments.

    One's own are there too when they do not appear to others, with the reason.
    """
    me = visit.me["id"]
    before = visit.request.query_params.get("before", "9")
    rows = visit.database.all(
        f"{_POSTS} WHERE {where} AND (state = 'published' OR (author = ? AND state != 'deleted')) "
        "AND written < ? ORDER BY written DESC LIMIT ?",
        *values, me, before, AT_ONCE,
    )  # fmt: skip
    comments = _comments(visit, [row["id"] for row in rows])
    seen = [
        shown(visit, row) | {"comments": comments.get(row["id"], [])}
        for row in rows
        if row["author"] == me or sees(row, me)
    ]
    return Feed(seen, rows[-1]["written"] if len(rows) == AT_ONCE else None)


def ruled(visit: Visit) -> dict[str, Any] | None:
    """The post of one's own that the address says was just written and does not appear."""
    row = visit.database.one(
        f"{_POSTS} WHERE posts.id = ? AND author = ? AND state IN ('refused', 'held')",
        visit.request.query_params.get("ruled"), visit.me["id"],
    )  # fmt: skip
    return None if row is None else shown(visit, row)


def said(visit: Visit) -> str | None:
    """What the address says is to be told at the top of a page."""
    words = {
        "reported": visit.t("Thank you. A person will look at it.", "谢谢，将由人工查看。"),
        "unsent": visit.t("It could not be sent now. Try again.", "暂时无法提交，请稍后再试。"),
    }
    return words.get(visit.request.query_params.get("said", ""))


def visible(visit: Visit, post: str) -> Row | None:
    """A post that somebody may see."""
    row = visit.database.one("SELECT * FROM posts WHERE id = ?", post)
    if row is None or row["state"] != "published" or row["hidden"]:
        return None
    me = visit.me["id"]
    if row["surface"] == "comment":
        return row if visible(visit, row["parent"]) is not None else None
    if row["author"] == me:
        return row
    among_friends = row["surface"] in ("moments", "share_api")
    if among_friends and not _friends(visit.database, me, row["author"]):
        return None
    return row if sees(row, me) else None


def shown(visit: Visit, post: Row) -> dict[str, Any]:
    """A post with the reasons for what became of it, for its author."""
    ruling = None if post["ruling"] is None else msgspec.json.decode(post["ruling"], type=Ruling)
    return dict(post) | {
        "ruling": ruling,
        "quotes": [] if ruling is None else _quotes(post["text"], ruling),
        "pictured": [] if ruling is None else _pictured(ruling),
        "own": post["author"] == visit.me["id"],
        "links": [urlsplit(link).hostname for link in links_in(post["text"])],
    }


def links_in(text: str) -> list[str]:
    """The links that stand in a text.

    >>> links_in("看 https://example.org/a?b=1，还有 http://t.cn/x.")
    ['https://example.org/a?b=1', 'http://t.cn/x']
    """
    return [found.rstrip(".,;:!?)]'\"") for found in _LINK.findall(text)]


def _quotes(text: str, ruling: Ruling) -> list[str]:
    """What in the text the decision rests on; places that overlap are one."""
    places = sorted((one.start, one.end) for one in ruling.evidence if one.field == "text")
    joined: list[tuple[int, int]] = []
    for start, end in places:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return list(dict.fromkeys(text[start:end] for start, end in joined if start < end))


def _pictured(ruling: Ruling) -> list[str]:
    """What in the pictures the decision rests on: where a code leads, and what is written there.

    >>> from portreeve.model import Evidence
    >>> codes = Evidence(field="codes.0", start=0, end=9, what="link u.wechat.com")
    >>> words = Evidence(field="picture_text", start=2, end=5, what="price 89.0 CNY")
    >>> _pictured(Ruling("refuse", [], [codes, words]))
    ['u.wechat.com', '89.0 CNY']
    """
    told = [
        one.what.split(" ", maxsplit=1)
        for one in ruling.evidence
        if one.field.partition(".")[0] in ("codes", "picture_text")
    ]
    return list(dict.fromkeys(what[1] for what in told if what[0] in _TOLD))


def _comments(visit: Visit, posts: list[str]) -> dict[str, list[dict[str, Any]]]:
    me = visit.me["id"]
    found: dict[str, list[dict[str, Any]]] = {}
    rows = visit.database.all(
        f"{_POSTS} WHERE parent IN ({marks(posts)}) "
        "AND ((state = 'published' AND NOT hidden) OR (author = ? AND state != 'deleted')) "
        "ORDER BY written",
        *posts, me,
    )  # fmt: skip
    for row in rows:
        if row["author"] == me or sees(row, me):
            found.setdefault(row["parent"], []).append(shown(visit, row))
    return found


def _home(database: Database, post: Row) -> str:
    """The page on which a post stands."""
    if post["surface"] == "comment":
        parent = database.one("SELECT * FROM posts WHERE id = ?", post["parent"])
        return "/" if parent is None else _home(database, parent)
    if post["surface"] == "group_buy":
        return f"/deals/{post['id']}"
    if post["surface"] == "live":
        return f"/live/{post['place']}"
    if post["surface"] == "short_video":
        return "/videos"
    if post["surface"] == "profile":
        author = database.one("SELECT name FROM people WHERE id = ?", post["author"])
        return "/" if author is None else f"/people/{quote(author['name'])}"
    if post["place"] is None:
        return "/"
    return f"/places/{post['place']}"


def _friends(database: Database, one: str, other: str) -> bool:
    return (
        database.one(
            "SELECT 1 FROM friendships WHERE person = ? AND friend = ? AND since IS NOT NULL",
            one, other,
        )
        is not None
    )  # fmt: skip


def pictures(visit: Visit) -> Path:
    """Where pictures and videos lie."""
    folder: Path = visit.request.app.state.settings.data / "pictures"
    return folder

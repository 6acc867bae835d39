"""Moments: what friends share, and what they say to it."""

from __future__ import annotations

import io
import secrets
from typing import Any

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError
from starlette.responses import Response

from portreeve.client import PortreeveError, UnreachableError
from square.database import Database, Row, marks, new_id, now
from square.governance import Ruling, sees
from square.pages.people import friends_of, named
from square.web import Visit, page

FEED = 50
_LARGEST = 1_600


@page("/")
def show_feed(visit: Visit) -> Response:
    """What one's friends and oneself shared, the newest first."""
    return _feed(visit)


@page("/moments", method="POST")
def share(visit: Visit) -> Response:
    """Share something, if it may appear; if not, the words are still there, with the reasons."""
    text = visit.text("text")
    picture = None
    if (upload := visit.upload("picture")) is not None:
        picture = _keep_picture(visit, upload.file.read(12_000_000))
        if picture is None:
            error = visit.t("That is no picture that we can read.", "无法识别这张图片。")
            return _feed(visit, status=422, words=text, error=error)
    if not text and picture is None:
        return visit.go("/")
    post = publish(visit, "moments", text, picture=picture)
    if post["state"] in ("refused", "held"):
        return _feed(visit, words=text, ruled=shown(visit, post))
    return visit.go("/")


@page("/posts/{post}/comments", method="POST")
def comment(visit: Visit, post: str) -> Response:
    """Say something to a post that one can see."""
    row = _visible(visit, post)
    text = visit.text("text", 1_000)
    if row is None or not text:
        return visit.go("/")
    made = publish(visit, "comment", text, parent=post)
    if made["state"] in ("refused", "held"):
        return _feed(visit, ruled=shown(visit, made), words_of=post, comment=text)
    return visit.go(f"/#{post}")


@page("/posts/{post}/delete", method="POST")
def delete(visit: Visit, post: str) -> Response:
    """Take back what one wrote."""
    with visit.database.write() as tx:
        done = tx.execute(
            "UPDATE posts SET state = 'deleted', text = '', picture = NULL "
            "WHERE id = ? AND author = ?",
            (post, visit.me["id"]),
        )
    if done.rowcount:
        visit.governor.gone(post)
    return visit.back()


@page("/posts/{post}/report", method="POST")
def report(visit: Visit, post: str) -> Response:
    """Report a post to those who keep order."""
    if _visible(visit, post) is None:
        return visit.go("/")
    try:
        visit.governor.report(post, visit.me["id"], visit.text("words", 2_000) or None)
        words = visit.t("Thank you. A person will look at it.", "谢谢，将由人工查看。")
    except PortreeveError:
        words = visit.t("It could not be sent now. Try again.", "暂时无法提交，请稍后再试。")
    return _feed(visit, said=words)


@page("/people/{name}")
def show_person(visit: Visit, name: str) -> Response:
    """Somebody's page: who they are, and what they shared with friends."""
    person = named(visit.database, name)
    if person is None:
        words = visit.t("There is nobody of that name.", "没有这个人。")
        return visit.page("error.html.j2", status=404, words=words)
    near = {visit.me["id"], *friends_of(visit.database, visit.me["id"])}
    posts = _posts(visit, [person["id"]]) if person["id"] in near else []
    return visit.page(
        "moments/person.html.j2", person=person, posts=posts, own=person["id"] == visit.me["id"],
        standing=visit.governor.standing(person["id"]) if person["id"] == visit.me["id"] else None,
    )  # fmt: skip


@page("/notices")
def show_notices(visit: Visit) -> Response:
    """What one was told, with the way to contest it."""
    return visit.page(
        "moments/notices.html.j2", notices=visit.governor.notices(visit.me["id"]), error=None
    )


@page("/appeals", method="POST")
def appeal(visit: Visit) -> Response:
    """Contest a decision."""
    words, decision = visit.text("words", 10_000), visit.text("decision", 100)
    error = None
    try:
        visit.governor.appeal(decision, words)
    except UnreachableError:
        error = visit.t("It could not be sent now. Try again.", "暂时无法提交，请稍后再试。")
    except PortreeveError as refused:
        error = refused.detail
    said = visit.t(
        "Your appeal is filed. A person who did not decide this will look at it.",
        "申诉已提交，将由未参与此决定的人重新查看。",
    )
    return visit.page(
        "moments/notices.html.j2", notices=visit.governor.notices(visit.me["id"]),
        error=error, said=None if error else said, status=422 if error else 200,
    )  # fmt: skip


def publish(
    visit: Visit, surface: str, text: str, *, parent: str | None = None,
    picture: str | None = None, place: str | None = None,
) -> Row:  # fmt: skip
    """Write a post down, ask whether it may appear, and give it as it is then."""
    id = new_id("p")
    with visit.database.write() as tx:
        tx.execute(
            "INSERT INTO posts (id, author, surface, place, parent, text, picture, written, state) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'held')",
            (id, visit.me["id"], surface, place, parent, text, picture, now()),
        )
    row = visit.database.one("SELECT * FROM posts WHERE id = ?", id)
    assert row is not None
    visit.governor.ask(row)
    asked = visit.database.one("SELECT * FROM posts WHERE id = ?", id)
    assert asked is not None
    return asked


def shown(visit: Visit, post: Row) -> dict[str, Any]:
    """A post with the reasons for what became of it, for its author."""
    ruling = None if post["ruling"] is None else msgspec.json.decode(post["ruling"], type=Ruling)
    found = dict(post)
    found["ruling"] = ruling
    found["quotes"] = [] if ruling is None else _quotes(post["text"], ruling)
    found["own"] = post["author"] == visit.me["id"]
    return found


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


def _feed(visit: Visit, *, status: int = 200, **values: Any) -> Response:
    me = visit.me["id"]
    posts = _posts(visit, [me, *friends_of(visit.database, me)])
    given = {
        "words": "", "error": None, "ruled": None, "said": None, "words_of": None, "comment": "",
    } | values  # fmt: skip
    return visit.page("moments/feed.html.j2", status=status, posts=posts, **given)


def _posts(visit: Visit, authors: list[str]) -> list[dict[str, Any]]:
    """Posts of some people as somebody sees them, each with its comments."""
    me = visit.me["id"]
    rows = visit.database.all(
        "SELECT posts.*, shown, name FROM posts JOIN people ON people.id = author "
        f"WHERE surface = 'moments' AND author IN ({marks(authors)}) "
        "AND (state = 'published' OR (author = ? AND state != 'deleted')) "
        "ORDER BY written DESC LIMIT ?",
        *authors, me, FEED,
    )  # fmt: skip
    seen = [row for row in rows if row["author"] == me or sees(row, me)]
    comments = _comments(visit.database, [row["id"] for row in seen], me)
    return [
        shown(visit, row) | {"comments": [shown(visit, one) for one in comments.get(row["id"], [])]}
        for row in seen
    ]


def _comments(database: Database, posts: list[str], me: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    rows = database.all(
        "SELECT posts.*, shown, name FROM posts JOIN people ON people.id = author "
        f"WHERE parent IN ({marks(posts)}) "
        "AND ((state = 'published' AND NOT hidden) OR (author = ? AND state != 'deleted')) "
        "ORDER BY written",
        *posts, me,
    )  # fmt: skip
    for row in rows:
        found.setdefault(row["parent"], []).append(row)
    return found


def _visible(visit: Visit, post: str) -> Row | None:
    """A post that somebody may see."""
    row = visit.database.one("SELECT * FROM posts WHERE id = ?", post)
    if row is None or row["state"] != "published" or row["hidden"]:
        return None
    me = visit.me["id"]
    near = row["author"] == me or row["author"] in friends_of(visit.database, me)
    return row if near and (row["author"] == me or sees(row, me)) else None


def _keep_picture(visit: Visit, data: bytes) -> str | None:
    """Keep a picture, written anew so that nothing hides in it; its name, or None if it is none."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
            upright.thumbnail((_LARGEST, _LARGEST))
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError, ValueError):
        return None
    name = f"{secrets.token_hex(12)}.jpg"
    upright.save(visit.request.app.state.settings.data / "pictures" / name, quality=85)
    return name

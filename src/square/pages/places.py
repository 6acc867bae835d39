"""Public accounts, which people follow, and open groups, which people join.

A place is introduced by a post with its name and what it is for. So Portreeve is asked about a
place as about everything else, and a place whose introduction is taken down is found by nobody.
"""

from __future__ import annotations

import sqlite3

from starlette.responses import Response

from square.database import Row, marks, new_id, now
from square.pages import posts
from square.web import Visit, page

KINDS = ("public_account", "group")

_PLACES = (
    "SELECT places.*, posts.state AS shown_as, posts.text AS about, people.shown AS owner_shown, "
    "(SELECT count(*) FROM members WHERE place = places.id AND NOT taken) AS size, "
    "(SELECT 1 FROM members WHERE place = places.id AND person = ? AND NOT taken) AS mine "
    "FROM places JOIN posts ON posts.id = intro JOIN people ON people.id = owner "
    "WHERE (posts.state = 'published' OR owner = ?) "
)


@page("/places")
def show_places(visit: Visit) -> Response:
    """What the accounts and groups write that one chose; and finding more of them."""
    return _places(visit)


@page("/places", method="POST")
def make(visit: Visit) -> Response:
    """Make a public account or a group."""
    kind, name, about = visit.text("kind"), visit.text("name", 30), visit.text("about", 500)
    if kind not in KINDS or len(name) < 2:
        error = visit.t("A name has 2 to 30 characters.", "名称为 2–30 个字。")
        return _places(visit, status=422, error=error)
    taken = visit.t("That name is taken.", "名称已被占用。")
    if visit.database.one("SELECT 1 FROM places WHERE kind = ? AND name = ?", kind, name):
        return _places(visit, status=422, error=taken)
    id, intro, me = new_id("pa" if kind == "public_account" else "g"), new_id("p"), visit.me["id"]
    time = now()
    try:
        with visit.database.write() as tx:
            tx.execute(
                "INSERT INTO places VALUES (?, ?, ?, ?, ?, ?)", (id, kind, name, me, intro, time)
            )
            posts.write(tx, intro, me, kind, f"{name}\n{about}".strip(), place=id)
            if kind == "group":
                tx.execute(
                    "INSERT INTO members (place, person, since) VALUES (?, ?, ?)", (id, me, time)
                )
                visit.governor.telling.relation(tx, "group_owned", me, time, other=id)
            else:
                visit.governor.telling.facts(tx, id)
    except sqlite3.IntegrityError:
        return _places(visit, status=422, error=taken)
    return posts.after(visit, posts.asked(visit, intro))


@page("/places/{place}")
def show_place(visit: Visit, place: str) -> Response:
    """An account or a group, and what is written there."""
    row = _place(visit, place)
    return _missing(visit) if row is None else _shown(visit, row)


@page("/places/{place}/posts", method="POST")
def write(visit: Visit, place: str) -> Response:
    """Write to the followers of one's account, or into a group that one is in."""
    row = _place(visit, place)
    if row is None or not _writes(visit, row):
        return _missing(visit)
    text = visit.text("text")
    picture, error = posts.kept_picture(visit)
    if error:
        return _shown(visit, row, status=422, words=text, error=error)
    if not text and picture is None:
        return visit.go(f"/places/{place}")
    post = posts.publish(visit, row["kind"], text, picture=picture, place=place)
    return posts.after(visit, post)


@page("/places/{place}/members", method="POST")
def come(visit: Visit, place: str) -> Response:
    """Follow an account, or join a group. Portreeve hears that it happened, and of no words."""
    row, me, time = _place(visit, place), visit.me["id"], now()
    if row is None:
        return _missing(visit)
    telling = visit.governor.telling
    if not row["mine"]:
        with visit.database.write() as tx:
            tx.execute(
                "INSERT OR REPLACE INTO members (place, person, since) VALUES (?, ?, ?)",
                (place, me, time),
            )
            if row["kind"] == "group":
                telling.relation(tx, "group_joined", me, time, other=place)
            else:
                telling.relation(tx, "follower_added", place, time)
                telling.facts(tx, place)
    return visit.go(f"/places/{place}")


@page("/places/{place}/leave", method="POST")
def leave(visit: Visit, place: str) -> Response:
    """Follow an account no more, or leave a group."""
    with visit.database.write() as tx:
        tx.execute(
            "DELETE FROM members WHERE place = ? AND person = ? AND NOT taken",
            (place, visit.me["id"]),
        )
        visit.governor.telling.facts(tx, place)
    return visit.go(f"/places/{place}")


def _place(visit: Visit, place: str) -> Row | None:
    me = visit.me["id"]
    return visit.database.one(f"{_PLACES} AND places.id = ?", me, me, place)


def _writes(visit: Visit, place: Row) -> bool:
    if place["kind"] == "group":
        return bool(place["mine"])
    return bool(place["owner"] == visit.me["id"])


def _missing(visit: Visit) -> Response:
    words = visit.t("There is nothing here for you.", "这里没有您能看的内容。")
    return visit.page("error.html.j2", status=404, words=words)


def _places(visit: Visit, *, status: int = 200, error: str | None = None) -> Response:
    me = visit.me["id"]
    wanted = visit.request.query_params.get("q", "").strip()[:30]
    own = visit.database.all(f"{_PLACES} AND (mine OR owner = ?) ORDER BY places.name", me, me, me)
    found = [] if not wanted else visit.database.all(
        f"{_PLACES} AND places.name LIKE ? ORDER BY size DESC, places.name LIMIT 30",
        me, me, f"%{wanted}%",
    )  # fmt: skip
    chosen = [row["id"] for row in own if row["mine"]]
    feed = posts.listed(visit, f"place IN ({marks(chosen)}) AND posts.id != places.intro", *chosen)
    return visit.page(
        "places/places.html.j2", status=status, own=own, found=found, wanted=wanted, feed=feed,
        error=error,
    )  # fmt: skip


def _shown(
    visit: Visit, place: Row, *, status: int = 200, words: str = "", error: str | None = None
) -> Response:
    feed = posts.listed(visit, "place = ? AND posts.id != ?", place["id"], place["intro"])
    intro = posts.listed(visit, "posts.id = ?", place["intro"]).posts
    return visit.page(
        "places/place.html.j2", status=status, place=place, feed=feed, words=words, error=error,
        intro=intro[0] if intro else None, writes=_writes(visit, place), ruled=posts.ruled(visit),
        said=posts.said(visit),
    )  # fmt: skip

"""Live rooms with a shelf of goods: roles, arrivals, orders, and the two ledgers of a sale."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Any

from starlette.responses import Response

from portreeve.client import PortreeveError
from square.database import Row, new_id, now
from square.governance.live import PROOFS
from square.pages import posts
from square.pages.people import named
from square.pages.search import in_minor, why
from square.web import Visit, page

_ROOMS = (
    "SELECT rooms.*, posts.text, posts.state, posts.ruling, posts.decision, posts.author, "
    "posts.label_en, posts.label_zh, operators.shown AS operator_shown, "
    "anchors.shown AS anchor_shown FROM rooms JOIN posts ON posts.id = title "
    "JOIN people operators ON operators.id = operator JOIN people anchors ON anchors.id = anchor "
)
_SALES = (
    "SELECT shelf.*, posts.*, operator, anchor, seller, makers.shown AS maker_shown, "
    "(SELECT id FROM praises WHERE sale = shelf.id ORDER BY time DESC LIMIT 1) AS praise, "
    "(SELECT min(time) FROM proofs WHERE sale = shelf.id) AS proved "
    "FROM shelf JOIN posts USING (id) JOIN rooms ON rooms.id = room "
    "JOIN people makers ON makers.id = maker "
)
_LARGEST = 12_000_000
"""Bytes of a document that proves something."""


@page("/live")
def show_rooms(visit: Visit) -> Response:
    """Rooms that are open, and the form of a new one."""
    return _rooms(visit)


@page("/live", method="POST")
def open_room(visit: Visit) -> Response:
    """Open a room, if the policy has live rooms on and its title may appear."""
    text, seller = visit.text("text", 1_000), visit.text("seller", 200) or None
    anchor = named(visit.database, visit.text("anchor", 30) or visit.me["name"])
    if not text or anchor is None:
        error = visit.t("Give a title, and an anchor who is here.", "请填写标题和已注册的主播。")
        return _rooms(visit, status=422, error=error)
    try:
        if visit.market.surfaces.closed("live") is not None:
            return _rooms(visit, status=403)
    except PortreeveError as error:
        return _rooms(visit, status=503, error=why(visit, error))
    room = new_id("r")
    with visit.database.write() as tx:
        tx.execute(
            "INSERT INTO rooms VALUES (?, ?, ?, ?, NULL, ?)",
            (room, visit.me["id"], anchor["id"], seller, now()),
        )
    title = posts.publish(visit, "live", text, place=room)
    with visit.database.write() as tx:
        tx.execute("UPDATE rooms SET title = ? WHERE id = ?", (title["id"], room))
    if title["state"] in ("refused", "held"):
        return _rooms(visit, ruled=posts.shown(visit, title))
    with visit.database.write() as tx:
        _tell_opening(visit, tx, room, anchor["id"])
    return visit.go(f"/live/{room}")


@page("/live/{room}")
def show_room(visit: Visit, room: str) -> Response:
    """A room: who is who in it, and its shelf once one has entered."""
    return _room(visit, room)


@page("/live/{room}/enter", method="POST")
def enter(visit: Visit, room: str) -> Response:
    """Enter a room. Portreeve is told that somebody arrived, and nothing else."""
    row = _open_room(visit, room)
    if row is not None:
        me, time = visit.me["id"], now()
        with visit.database.write() as tx:
            done = tx.execute("INSERT OR IGNORE INTO arrivals VALUES (?, ?, ?)", (room, me, time))
            if done.rowcount:
                if _arrivals(tx, room) == 1:
                    _tell_opening(visit, tx, room, row["anchor"])
                visit.governor.telling.relation(tx, "room_entered", me, time, other=room)
    return visit.go(f"/live/{room}")


@page("/live/{room}/shelf", method="POST")
def put_on_shelf(visit: Visit, room: str) -> Response:
    """Put goods on the shelf of one's own room, if they may be offered there."""
    row = _open_room(visit, room)
    maker = named(visit.database, visit.text("maker", 30))
    text, price = visit.text("text", 1_000), in_minor(visit.text("price", 12))
    if row is None or row["operator"] != visit.me["id"] or not (text and price and maker):
        error = visit.t(
            "Name goods, a price, and a maker who is here.", "请填写商品、价格和已注册的厂家。"
        )
        return _room(visit, room, status=422, error=error)
    post = posts.publish(visit, "live", text, place=room)
    with visit.database.write() as tx:
        tx.execute(
            "INSERT INTO shelf (id, room, maker, price) VALUES (?, ?, ?, ?)",
            (post["id"], room, maker["id"], price),
        )
    return visit.go(f"/live/{room}#{post['id']}")


@page("/live/{room}/sales/{sale}/praise", method="POST")
def praise(visit: Visit, room: str, sale: str) -> Response:
    """The anchor presents goods to everybody in the room."""
    row = _sale(visit, sale)
    if row is None or row["room"] != room or row["anchor"] != visit.me["id"]:
        return visit.go(f"/live/{room}")
    count = visit.database.one("SELECT count(*) AS many FROM arrivals WHERE room = ?", room)
    assert count is not None
    said = (new_id("show"), sale, now(), count["many"])
    try:
        visit.market.live.offer(row)
        visit.market.live.praise(row, said[0], said[2], said[3])
    except PortreeveError as error:
        return _room(visit, room, status=422, error=why(visit, error))
    with visit.database.write() as tx:
        tx.execute("INSERT INTO praises VALUES (?, ?, ?, ?)", said)
    return visit.go(f"/live/{room}#{sale}")


@page("/live/{room}/sales/{sale}/order", method="POST")
def order(visit: Visit, room: str, sale: str) -> Response:
    """Order goods that the anchor presented. It counts once Portreeve has it in its trace."""
    row = _sale(visit, sale)
    if row is None or row["room"] != room or row["praise"] is None or not _entered(visit, room):
        return visit.go(f"/live/{room}")
    id = new_id("o")
    with visit.database.write() as tx:
        tx.execute(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)",
            (id, sale, row["praise"], visit.me["id"], row["price"], now()),
        )
    made = visit.database.one("SELECT * FROM orders WHERE id = ?", id)
    assert made is not None
    try:
        visit.market.live.order(made)
    except PortreeveError as error:
        with visit.database.write() as tx:
            tx.execute("DELETE FROM orders WHERE id = ?", (id,))
        return _room(visit, room, status=422, error=why(visit, error))
    return visit.go(f"/live/{room}/sales/{sale}")


@page("/live/{room}/sales/{sale}")
def show_sale(visit: Visit, room: str, sale: str) -> Response:
    """A sale for those it concerns: its trace, who pays whom, and who answers for it.

    A buyer sees their own orders; who stands behind the goods sees all, and no buyer's name.
    """
    return _ledgers(visit, room, sale)


@page("/live/{room}/sales/{sale}/proof", method="POST")
def prove(visit: Visit, room: str, sale: str) -> Response:
    """Prove that what one ordered is fake. The document stays here; its digest goes on.

    It counts once Portreeve has it, and whoever presents the goods then knows.
    """
    me, kind = visit.me["id"], visit.text("kind", 50)
    row = visit.database.one(f"{_SALES} WHERE shelf.id = ? AND room = ?", sale, room)
    upload = visit.upload("document")
    document = b"" if upload is None else upload.file.read(_LARGEST + 1)
    if kind not in PROOFS or not document or len(document) > _LARGEST:
        error = visit.t(
            "Choose what it is, and a document of at most 12 MB.",
            "请选择证明类型，并上传不超过 12 MB 的文件。",
        )
        return _ledgers(visit, room, sale, status=422, error=error)
    digest, proof = hashlib.sha256(document).hexdigest(), new_id("proof")
    try:
        open_ones = [
            step.order
            for step in visit.market.live.trace(sale).steps
            if row is not None and step.buyer == me and step.harm is None
        ]
        if row is None or not open_ones:
            return _ledgers(visit, room, sale)
        folder = visit.request.app.state.settings.data / "proofs"
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / digest).write_bytes(document)
        with visit.database.write() as tx:
            tx.execute(
                "INSERT INTO proofs VALUES (?, ?, ?, ?, ?, ?)",
                (proof, sale, me, kind, digest, now()),
            )
        made = visit.database.one("SELECT * FROM proofs WHERE id = ?", proof)
        assert made is not None
        visit.market.live.prove(row, open_ones, made)
    except PortreeveError as error:
        with visit.database.write() as tx:
            tx.execute("DELETE FROM proofs WHERE id = ?", (proof,))
        return _ledgers(visit, room, sale, status=422, error=why(visit, error))
    return visit.go(f"/live/{room}/sales/{sale}#legal")


def _ledgers(
    visit: Visit, room: str, sale: str, *, status: int = 200, error: str | None = None
) -> Response:
    me = visit.me["id"]
    row = visit.database.one(f"{_SALES} WHERE shelf.id = ? AND room = ?", sale, room)
    bought = {
        one["id"]
        for one in visit.database.all(
            "SELECT id FROM orders WHERE sale = ? AND buyer = ?", sale, me
        )
    }
    behind = row is not None and me in (row["operator"], row["anchor"], row["maker"])
    if row is None or not row["told"] or not (behind or bought):
        words = visit.t("There is nothing here for you.", "这里没有与您有关的内容。")
        return visit.page("error.html.j2", status=404, words=words)
    try:
        trace, both = visit.market.live.trace(sale), visit.market.live.ledgers(sale)
    except PortreeveError as refused:
        return visit.page("error.html.j2", status=503, words=why(visit, refused))
    people = {
        one["id"]: one["shown"]
        for one in visit.database.all(
            "SELECT id, shown FROM people WHERE id IN (?, ?, ?)",
            row["operator"], row["anchor"], row["maker"],
        )
    }  # fmt: skip
    return visit.page(
        "live/sale.html.j2", status=status, sale=row, both=both, people=people, bought=bought,
        error=error, unproved=any(one.order in bought and not one.harm for one in trace.steps),
        steps=[one for one in trace.steps if behind or one.order in bought],
        claims=[one for one in both.legal.claims if behind or one.order in bought],
    )  # fmt: skip


def _rooms(visit: Visit, *, status: int = 200, error: str | None = None, **more: Any) -> Response:
    rows = visit.database.all(f"{_ROOMS} WHERE state = 'published' ORDER BY opened DESC LIMIT 50")
    closed = None
    try:
        closed = visit.market.surfaces.closed("live")
    except PortreeveError as refused:
        error = error or why(visit, refused)
    given = {"ruled": None} | more
    return visit.page(
        "live/rooms.html.j2", status=status, rooms=[] if closed else rows, closed=closed,
        error=error, **given,
    )  # fmt: skip


def _room(visit: Visit, room: str, *, status: int = 200, error: str | None = None) -> Response:
    row = _open_room(visit, room)
    if row is None:
        words = visit.t("This room is not open.", "该直播间没有开放。")
        return visit.page("error.html.j2", status=404, words=words)
    me = visit.me["id"]
    sales = visit.database.all(
        f"{_SALES} WHERE room = ? AND (state = 'published' OR (author = ? AND state != 'deleted')) "
        "ORDER BY written",
        room, me,
    )  # fmt: skip
    concerned = {
        one["sale"] for one in visit.database.all("SELECT sale FROM orders WHERE buyer = ?", me)
    }
    return visit.page(
        "live/room.html.j2", status=status, room=row, error=error, entered=_entered(visit, room),
        sales=[posts.shown(visit, one) for one in sales], concerned=concerned,
    )  # fmt: skip


def _arrivals(tx: sqlite3.Connection, room: str) -> int:
    found = tx.execute("SELECT count(*) FROM arrivals WHERE room = ?", (room,)).fetchone()
    return int(found[0])


def _tell_opening(visit: Visit, tx: sqlite3.Connection, room: str, anchor: str) -> None:
    """Tell that an anchor's room is open: at once, or where its title had to wait, when somebody
    arrives. What is told first counts."""
    visit.governor.telling.relation(
        tx, "room_opened", anchor, now(), other=room, once=f"opened-{room}"
    )


def _open_room(visit: Visit, room: str) -> Row | None:
    return visit.database.one(f"{_ROOMS} WHERE rooms.id = ? AND state = 'published'", room)


def _sale(visit: Visit, sale: str) -> Row | None:
    """Goods that are on a shelf now, in a room that is open."""
    row = visit.database.one(f"{_SALES} WHERE shelf.id = ? AND state = 'published'", sale)
    return None if row is None or _open_room(visit, row["room"]) is None else row


def _entered(visit: Visit, room: str) -> bool:
    me = visit.me["id"]
    found = visit.database.one("SELECT 1 FROM arrivals WHERE room = ? AND person = ?", room, me)
    return found is not None

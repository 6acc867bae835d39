"""Chats of two friends, sealed from end to end: Square passes on what it cannot read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.responses import Response

from portreeve.client import PortreeveError
from square.database import Row, new_id, now
from square.franking import from_text, to_text
from square.pages.people import friends_of, named
from square.sealing import MOST_SEALED
from square.web import GUARD, Visit, page

_AT_ONCE = 200


@page("/chats")
def show_chats(visit: Visit) -> Response:
    """With whom one can chat, the latest first."""
    me = visit.me["id"]
    friends = visit.database.all(
        "SELECT people.*, (SELECT max(sent) FROM messages WHERE chat = "
        "min(?, people.id) || ' ' || max(?, people.id)) AS latest "
        "FROM friendships JOIN people ON people.id = friend "
        "WHERE person = ? AND since IS NOT NULL ORDER BY latest DESC NULLS LAST, shown",
        me, me, me,
    )  # fmt: skip
    return visit.page("chats/chats.html.j2", friends=friends)


@page("/chats/{name}")
def show_chat(visit: Visit, name: str) -> Response:
    """A chat with a friend; what was said is opened in the browser."""
    friend = _friend(visit, name)
    if friend is None:
        words = visit.t("You can chat with friends.", "只能和好友聊天。")
        return visit.page("error.html.j2", status=404, words=words)
    return visit.page("chats/chat.html.j2", friend=friend)


@page("/chats/{name}/messages")
def list_messages(visit: Visit, name: str) -> Response:
    """Messages after one, as they are kept, and both people's keys in use."""
    friend = _friend(visit, name)
    if friend is None:
        return _answer(404, error="friends")
    given = visit.request.query_params.get("after", "")
    after = int(given) if given.isdecimal() and len(given) < 19 else 0
    rows = visit.database.all(
        "SELECT seq, id, sender, sender_key, recipient_key, sealed, stamp FROM messages "
        "WHERE chat = ? AND seq > ? ORDER BY seq LIMIT ?",
        _chat(visit.me["id"], friend["id"]), after, _AT_ONCE,
    )  # fmt: skip
    messages = [dict(row) | {"stamp": msgspec.Raw(row["stamp"].encode())} for row in rows]
    return _answer(
        messages=messages, own=_key_of(visit, visit.me["id"]), other=_key_of(visit, friend["id"])
    )


@page("/chat-keys", method="POST")
def use_key(visit: Visit) -> Response:
    """From now on messages to somebody are sealed to the key of this browser."""
    public = visit.text("public", 100)
    if not _is_key(public):
        return _answer(422, error="key")
    with visit.database.write() as tx:
        tx.execute(
            "INSERT INTO chat_keys VALUES (?, ?, ?) ON CONFLICT (public) DO UPDATE "
            "SET made = excluded.made WHERE person = excluded.person",
            (public, visit.me["id"], now()),
        )
    return _answer(own=_key_of(visit, visit.me["id"]))


@page("/chats/{name}", method="POST")
def send(visit: Visit, name: str) -> Response:
    """Deliver a sealed message, with a stamp on its commitment."""
    friend = _friend(visit, name)
    if friend is None:
        return _answer(404, error="friends")
    sealed, commitment = visit.text("sealed", 20_000), visit.text("commitment", 100)
    keys = (visit.text("sender_key", 100), visit.text("recipient_key", 100))
    me = visit.me["id"]
    if keys != (_key_of(visit, me), _key_of(visit, friend["id"])):
        return _answer(409, error="keys")
    if not _is_key(commitment) or not _is_sealed(sealed):
        return _answer(422, error="sealed")
    id, sent = new_id("m"), datetime.now(UTC)
    stamp = visit.governor.stamper.stamp(
        from_text(commitment), sender=me, recipient=friend["id"], time=sent, message_id=id
    )
    with visit.database.write() as tx:
        done = tx.execute(
            "INSERT OR IGNORE INTO messages (id, chat, sender, recipient, sender_key, "
            "recipient_key, sealed, commitment, stamp, sent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                id, _chat(me, friend["id"]), me, friend["id"], *keys, sealed, commitment,
                msgspec.json.encode(stamp).decode(), now(sent),
            ),
        )  # fmt: skip
    return _answer(id=id) if done.rowcount else _answer(409, error="sent-before")


@page("/chats/{name}/report", method="POST")
def report_message(visit: Visit, name: str) -> Response:
    """Open one message to those who keep order; it is passed on, and kept nowhere here."""
    if named(visit.database, name) is None:
        return _answer(404, error="friends")
    try:
        stamp = msgspec.json.decode(visit.text("stamp", 4_000), type=dict[str, Any])
        visit.governor.opened.report(
            visit.me["id"], visit.text("message", 20_000), visit.text("opening_key", 100), stamp,
            visit.text("words", 2_000) or None,
        )  # fmt: skip
    except msgspec.DecodeError:
        return _answer(422, error="stamp")
    except PortreeveError as error:
        return _answer(error.status or 503, error=str(error.more.get("refusal", error.code)))
    return _answer(reported=True)


def _friend(visit: Visit, name: str) -> Row | None:
    person = named(visit.database, name)
    near = person is not None and person["id"] in friends_of(visit.database, visit.me["id"])
    return person if near else None


def _chat(one: str, other: str) -> str:
    return f"{min(one, other)} {max(one, other)}"


def _key_of(visit: Visit, person: str) -> str | None:
    row = visit.database.one(
        "SELECT public FROM chat_keys WHERE person = ? ORDER BY made DESC LIMIT 1", person
    )
    return None if row is None else str(row["public"])


def _is_key(written: str) -> bool:
    """Whether it is 32 bytes, written in the one way."""
    try:
        data = from_text(written)
    except ValueError:
        return False
    return len(data) == 32 and to_text(data) == written


def _is_sealed(written: str) -> bool:
    """Whether it can be a sealed message, as far as can be seen from outside."""
    try:
        data = from_text(written)
    except ValueError:
        return False
    return 1 + 32 + 256 + 16 <= len(data) <= MOST_SEALED and (len(data) - 49) % 256 == 0


def _answer(status: int = 200, **values: object) -> Response:
    body = msgspec.json.encode(values)
    return Response(body, status, GUARD, media_type="application/json")

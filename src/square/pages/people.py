"""Joining, signing in, people and their friends."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sqlite3

from starlette.responses import Response

from square.database import Database, Row, new_id, now
from square.web import SESSION, Visit, begin, page

_NAME = re.compile(r"[\w.-]{2,30}")
_COST = {"n": 2**14, "r": 8, "p": 1}


@page("/join", known=False)
def show_join(visit: Visit) -> Response:
    """The form to join."""
    return visit.page("people/join.html.j2", error=None)


@page("/join", known=False, method="POST")
def join(visit: Visit) -> Response:
    """Join."""
    name, password = visit.text("name"), visit.text("password", 200)
    error = None
    if not _NAME.fullmatch(name):
        error = visit.t("Take 2 to 30 letters or digits.", "用户名为 2–30 个字母、汉字或数字。")
    elif len(password) < 8:
        error = visit.t("A password has 8 characters or more.", "密码至少 8 位。")
    else:
        person = new_id("u")
        row = (person, name, visit.text("shown", 40) or name, hashed(password), visit.language)
        try:
            with visit.database.write() as tx:
                tx.execute(
                    "INSERT INTO people (id, name, shown, password, language, joined) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    (*row, now()),
                )
                visit.governor.telling.facts(tx, person)
        except sqlite3.IntegrityError:
            error = visit.t("That name is taken.", "用户名已被占用。")
    if error:
        return visit.page("people/join.html.j2", status=422, error=error)
    return _signed_in(visit, person)


@page("/sign-in", known=False)
def show_sign_in(visit: Visit) -> Response:
    """The form to sign in."""
    return visit.page("people/sign_in.html.j2", error=None)


@page("/sign-in", known=False, method="POST")
def sign_in(visit: Visit) -> Response:
    """Sign in."""
    row = visit.database.one("SELECT * FROM people WHERE name = ?", visit.text("name"))
    if row is None or not _fits(visit.text("password", 200), row["password"]):
        error = visit.t("Name or password is wrong.", "用户名或密码错误。")
        return visit.page("people/sign_in.html.j2", status=422, error=error)
    return _signed_in(visit, row["id"])


@page("/sign-out", method="POST", always=True)
def sign_out(visit: Visit) -> Response:
    """Sign out."""
    with visit.database.write() as tx:
        tx.execute("DELETE FROM sessions WHERE digest = ?", (visit.me["digest"],))
    answer = visit.go("/sign-in")
    answer.delete_cookie(SESSION)
    return answer


@page("/language", method="POST", always=True)
def change_language(visit: Visit) -> Response:
    """Change the language of pages and notices."""
    language = "zh" if visit.text("language") == "zh" else "en"
    with visit.database.write() as tx:
        tx.execute("UPDATE people SET language = ? WHERE id = ?", (language, visit.me["id"]))
        visit.governor.telling.facts(tx, visit.me["id"])
    return visit.back()


@page("/people")
def show_people(visit: Visit) -> Response:
    """Find people; who asks for friendship, and who is a friend."""
    wanted = visit.request.query_params.get("q", "").strip()[:40]
    found = [] if not wanted else visit.database.all(
        "SELECT * FROM people WHERE (name LIKE ? OR shown LIKE ?) AND id != ? ORDER BY name "
        "LIMIT 30",
        f"%{wanted}%", f"%{wanted}%", visit.me["id"],
    )  # fmt: skip
    ties = visit.database.all(
        "SELECT people.*, since, asked_by FROM friendships JOIN people ON people.id = friend "
        "WHERE person = ? ORDER BY since IS NOT NULL, shown",
        visit.me["id"],
    )
    return visit.page(
        "people/people.html.j2", wanted=wanted, found=found, ties=ties,
        tied={row["id"] for row in ties},
    )  # fmt: skip


@page("/friends/{person}", method="POST")
def befriend(visit: Visit, person: str) -> Response:
    """Ask somebody to be a friend, or accept."""
    me = visit.me["id"]
    if person == me or visit.database.one("SELECT 1 FROM people WHERE id = ?", person) is None:
        return visit.go("/people")
    with visit.database.write() as tx:
        tie = tx.execute(
            "SELECT * FROM friendships WHERE person = ? AND friend = ?", (me, person)
        ).fetchone()
        made = tie is not None and tie["since"] is None and tie["asked_by"] == person
        if tie is None:
            rows = [(me, person, None, me), (person, me, None, me)]
            tx.executemany("INSERT INTO friendships VALUES (?, ?, ?, ?)", rows)
            visit.governor.telling.relation(tx, "friend_requested", person, now())
        elif made:
            time = now()
            tx.execute(
                "UPDATE friendships SET since = ? "
                "WHERE (person = ? AND friend = ?) OR (person = ? AND friend = ?)",
                (time, me, person, person, me),
            )
            for one in (me, person):
                visit.governor.telling.relation(tx, "friend_added", one, time)
                visit.governor.telling.facts(tx, one)
    return visit.go("/people")


def friends_of(database: Database, person: str) -> set[str]:
    """Ids of somebody's friends."""
    rows = database.all(
        "SELECT friend FROM friendships WHERE person = ? AND since IS NOT NULL", person
    )
    return {row["friend"] for row in rows}


def named(database: Database, name: str) -> Row | None:
    """Somebody by their name."""
    return database.one("SELECT * FROM people WHERE name = ?", name)


def _signed_in(visit: Visit, person: str) -> Response:
    answer = visit.go("/")
    answer.set_cookie(SESSION, begin(visit.database, person), httponly=True, samesite="lax")
    return answer


def hashed(password: str) -> str:
    """A password as it is kept."""
    salt = secrets.token_hex(16)
    return f"{salt}${hashlib.scrypt(password.encode(), salt=salt.encode(), **_COST).hex()}"


def _fits(password: str, kept: str | None) -> bool:
    salt, _, wanted = (kept or "none$").partition("$")
    found = hashlib.scrypt(password.encode(), salt=salt.encode(), **_COST).hex()
    return hmac.compare_digest(found, wanted)

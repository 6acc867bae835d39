"""Search: what is public here, and ads beside it; and where ads are submitted."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response

from portreeve.client import PortreeveError, UnreachableError
from portreeve.schemas.commerce.merchants import MerchantFacts, NewLicence
from square.database import Row, new_id, now
from square.web import Visit, page

AT_ONCE = 30
KINDS = {
    "business": ("Business licence", "营业执照"),
    "medical_institution": ("Medical institution", "医疗机构执业许可证"),
    "pharmacy": ("Pharmacy", "药品经营许可证"),
    "medical_devices": ("Medical devices", "医疗器械经营许可证"),
    "food": ("Food", "食品经营许可证"),
    "alcohol": ("Alcohol", "酒类经营许可证"),
    "tobacco": ("Tobacco", "烟草专卖零售许可证"),
    "finance": ("Finance", "金融许可证"),
}
"""Licences that a merchant may file, in both languages."""


@page("/search")
def show_results(visit: Visit) -> Response:
    """Public posts and people that fit some words, with ads as Portreeve lays them out."""
    wanted = visit.request.query_params.get("q", "").strip()[:80]
    words = wanted.split()[:8]
    results = {row["id"]: dict(row) | {"of": "post"} for row in _posts(visit, words)}
    results |= {row["id"]: dict(row) | {"of": "person"} for row in _people(visit, words)}
    ads = {row["id"]: row for row in _ads(visit, words)}
    composed = visit.market.compose(list(results), list(ads))
    slots = [
        {"label": one.label, "ad": ads[one.id]}
        if one.kind == "ad"
        else {"label": None, "result": results[one.id]}
        for one in composed.slots
    ]
    return visit.page("search/search.html.j2", wanted=wanted, slots=slots)


@page("/ads")
def show_ads(visit: Visit) -> Response:
    """One's business, and one's ads with what was decided of each."""
    return _desk(visit)


@page("/ads/business", method="POST")
def register(visit: Visit) -> Response:
    """Register one's business with a licence, or file one more."""
    kind = visit.text("kind", 50)
    expires = _day(visit.text("expires", 10))
    if kind not in KINDS or not all(map(visit.text, ("name", "contact", "authority"))):
        error = visit.t("Fill in every field.", "请填写所有字段。")
        return _desk(visit, status=422, error=error)
    facts = MerchantFacts(
        name=visit.text("name", 200), contact=visit.text("contact", 200),
        licences=[NewLicence(kind=kind, authority=visit.text("authority", 200), expires=expires)],
    )  # fmt: skip
    try:
        visit.market.register(visit.me["id"], facts)
    except PortreeveError as error:
        return _desk(visit, status=422, error=why(visit, error))
    return visit.go("/ads")


@page("/ads", method="POST")
def submit(visit: Visit) -> Response:
    """Submit an ad; the page then says whether it is lawful, and whether the house takes it."""
    title, landing = visit.text("title", 200), visit.text("landing", 2_000)
    if not title or urlsplit(landing).scheme not in ("http", "https"):
        error = visit.t(
            "An ad has a title and an address that begins with https://.",
            "广告须有标题，以及以 https:// 开头的网址。",
        )
        return _desk(visit, status=422, error=error)
    ad = (new_id("ad"), visit.me["id"], title, visit.text("text"), landing, now())
    with visit.database.write() as tx:
        tx.execute("INSERT INTO ads VALUES (?, ?, ?, ?, ?, ?)", ad)
    row = visit.database.one("SELECT * FROM ads WHERE id = ?", ad[0])
    assert row is not None
    try:
        visit.market.advertise(
            row, in_minor(visit.text("bid", 12)), _count(visit.text("clicks", 9))
        )
    except PortreeveError as error:
        with visit.database.write() as tx:
            tx.execute("DELETE FROM ads WHERE id = ?", (ad[0],))
        return _desk(visit, status=422, error=why(visit, error))
    return visit.go(f"/ads#{ad[0]}")


def _desk(visit: Visit, *, status: int = 200, error: str | None = None) -> Response:
    rows = visit.database.all(
        "SELECT * FROM ads WHERE account = ? ORDER BY submitted DESC LIMIT 20", visit.me["id"]
    )
    try:
        merchant = visit.market.merchant(visit.me["id"])
        ads = [{"ad": row, "decided": visit.market.ad(row["id"])} for row in rows]
    except PortreeveError as refused:
        merchant, ads, error = None, [], error or why(visit, refused)
    return visit.page(
        "search/ads.html.j2", status=status, error=error, merchant=merchant, ads=ads, kinds=KINDS,
    )  # fmt: skip


def why(visit: Visit, error: PortreeveError) -> str:
    """Why Portreeve did not do what was asked."""
    if isinstance(error, UnreachableError):
        return visit.t("It could not be sent now. Try again.", "暂时无法提交，请稍后再试。")
    return visit.t(error.detail, f"没有通过：{error.detail}")


def _posts(visit: Visit, words: list[str]) -> list[Row]:
    where, values = _holding("posts.text", words)
    return visit.database.all(
        "SELECT posts.id, posts.text, posts.written, places.name AS place_name, posts.place, "
        "posts.label_en, posts.label_zh FROM posts JOIN places ON places.id = posts.place "
        "JOIN posts AS intros ON intros.id = intro AND intros.state = 'published' "
        "WHERE posts.surface = 'public_account' AND posts.state = 'published' "
        f"AND NOT posts.hidden AND {where} ORDER BY posts.written DESC LIMIT ?",
        *values, AT_ONCE,
    )  # fmt: skip


def _people(visit: Visit, words: list[str]) -> list[Row]:
    where, values = _holding("shown || ' ' || name", words)
    return visit.database.all(
        f"SELECT id, name, shown FROM people WHERE {where} ORDER BY name LIMIT ?", *values, AT_ONCE
    )


def _ads(visit: Visit, words: list[str]) -> list[Row]:
    where, values = _holding("title || ' ' || text", words)
    return visit.database.all(
        f"SELECT * FROM ads WHERE {where} ORDER BY submitted DESC LIMIT ?", *values, AT_ONCE
    )


def _holding(column: str, words: list[str]) -> tuple[str, list[Any]]:
    """A condition that a column holds every word, and its values; nothing holds no words."""
    if not words:
        return "0", []
    escaped = [re.sub(r"([\\%_])", r"\\\1", word) for word in words]
    one = f"{column} LIKE ? ESCAPE '\\'"
    return " AND ".join([one] * len(words)), [f"%{word}%" for word in escaped]


def in_minor(given: str) -> int:
    """A sum of money that somebody wrote, in its smallest units; 0 where it is none.

    >>> in_minor("1.20"), in_minor("12"), in_minor("-1")
    (120, 1200, 0)
    """
    found = re.fullmatch(r"([0-9]{1,9})(?:\.([0-9]{1,2}))?", given)
    return 0 if found is None else int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def _count(given: str) -> int:
    return int(given) if re.fullmatch(r"[0-9]{1,9}", given) else 0


def _day(given: str) -> datetime | None:
    return datetime.fromisoformat(given).replace(tzinfo=UTC) if _DAY.fullmatch(given) else None


_DAY = re.compile(r"20\d\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])")

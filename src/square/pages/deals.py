"""Group buying on campus: deals, who may join them, and whose money lies where."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import Response

from portreeve.client import PortreeveError
from portreeve.schemas.commerce.group_buying import DealJoined, EnrolmentFound
from square.database import Row
from square.pages import posts
from square.pages.search import in_minor, why
from square.web import Visit, page

_DEALS = (
    "SELECT deals.*, posts.*, people.shown, people.name FROM deals JOIN posts USING (id) "
    "JOIN people ON people.id = author "
)


@page("/deals")
def show_deals(visit: Visit) -> Response:
    """Deals of all campuses, one's own proof of enrolment, and the form of a new deal."""
    return _deals(visit)


@page("/enrolment", method="POST")
def enrol(visit: Visit) -> Response:
    """Show a proof of enrolment. Portreeve keeps result, campus and expiry; nobody keeps it."""
    me = visit.me["id"]
    try:
        found = visit.market.enrol(me, visit.text("proof", 4_096) or "-")
    except PortreeveError as error:
        return _deals(visit, status=422, error=why(visit, error))
    standing = "campus_member" if found.result == "enrolled" else "person"
    with visit.database.write() as tx:
        tx.execute("UPDATE people SET standing = ? WHERE id = ?", (standing, me))
        visit.governor.telling.facts(tx, me)
    visit.governor.telling.settle()
    return visit.go("/deals")


@page("/deals", method="POST")
def make(visit: Visit) -> Response:
    """Make a deal for one campus, if it may appear."""
    campus, price = visit.text("campus", 100), in_minor(visit.text("price", 12))
    people, days = visit.text("threshold", 5), visit.text("days", 2)
    text = visit.text("text", 2_000)
    if not (text and price and _NUMBER.fullmatch(people) and _NUMBER.fullmatch(days)):
        error = visit.t("Fill in every field.", "请填写所有字段。")
        return _deals(visit, status=422, error=error, words=text)
    try:
        if not _may_organise(visit, campus):
            error = visit.t(
                "A deal is made by a student of that campus, or by a verified business.",
                "只有该校区的在校学生或已核实的企业可以开团。",
            )
            return _deals(visit, status=422, error=error, words=text)
    except PortreeveError as refused:
        return _deals(visit, status=422, error=why(visit, refused), words=text)
    post = posts.publish(visit, "group_buy", text, place=f"campus:{campus}")
    deadline = datetime.now(UTC) + timedelta(days=int(days))
    with visit.database.write() as tx:
        tx.execute(
            "INSERT INTO deals VALUES (?, ?, ?, ?, ?)",
            (post["id"], campus, price, int(people), deadline.isoformat()),
        )
    if post["state"] in ("refused", "held"):
        return _deals(visit, ruled=posts.shown(visit, post), words=text)
    return visit.go(f"/deals/{post['id']}")


@page("/deals/{deal}")
def show_deal(visit: Visit, deal: str) -> Response:
    """A deal: what is offered, how many are in, and where one's own money is."""
    return _deal(visit, deal)


@page("/deals/{deal}/join", method="POST")
def join(visit: Visit, deal: str) -> Response:
    """Pay and join, or learn why not and have the money back."""
    row = _found(visit, deal)
    if row is None:
        return _deal(visit, deal)
    try:
        if visit.market.deal(row) is None:
            return _deal(visit, deal)
        joined = visit.market.join(deal, visit.me["id"])
    except PortreeveError as error:
        return _deal(visit, deal, status=422, error=why(visit, error))
    return _deal(visit, deal, status=200 if joined.joined else 403, joined=joined)


def _may_organise(visit: Visit, campus: str) -> bool:
    found = visit.market.enrolment(visit.me["id"])
    if _holds(found) and found is not None and found.campus == campus:
        return True
    merchant = visit.market.merchant(visit.me["id"])
    return merchant is not None and merchant.verified


def _holds(found: EnrolmentFound | None) -> bool:
    return found is not None and found.result == "enrolled" and found.expires > datetime.now(UTC)


def _deals(visit: Visit, *, status: int = 200, error: str | None = None, **more: Any) -> Response:
    rows = visit.database.all(
        f"{_DEALS} WHERE state = 'published' OR (author = ? AND state IN ('held', 'removed')) "
        "ORDER BY written DESC LIMIT 50",
        visit.me["id"],
    )
    try:
        campuses, enrolment = visit.market.campuses(), visit.market.enrolment(visit.me["id"])
    except PortreeveError as refused:
        campuses, enrolment, error = [], None, error or why(visit, refused)
    given = {"words": "", "ruled": None} | more
    return visit.page(
        "deals/deals.html.j2", status=status, deals=rows, campuses=campuses, error=error,
        enrolment=enrolment, **given,
    )  # fmt: skip


def _deal(
    visit: Visit, deal: str, *, status: int = 200, error: str | None = None,
    joined: DealJoined | None = None,
) -> Response:  # fmt: skip
    row = _found(visit, deal)
    if row is None:
        words = visit.t("There is no such deal.", "没有这个团购。")
        return visit.page("error.html.j2", status=404, words=words)
    stands = None
    try:
        stands = visit.market.deal(row)
    except PortreeveError as refused:
        error = error or why(visit, refused)
    paid = visit.database.one(
        "SELECT * FROM payments WHERE deal = ? AND person = ?", deal, visit.me["id"]
    )
    return visit.page(
        "deals/deal.html.j2", status=status, deal=posts.shown(visit, row), stands=stands, paid=paid,
        error=error, joined=joined,
    )  # fmt: skip


def _found(visit: Visit, deal: str) -> Row | None:
    """A deal that may be seen: one's own always."""
    return visit.database.one(
        f"{_DEALS} WHERE posts.id = ? AND state != 'deleted' AND (state = 'published' "
        "OR author = ? OR EXISTS (SELECT 1 FROM payments WHERE deal = posts.id AND person = ?))",
        deal, visit.me["id"], visit.me["id"],
    )  # fmt: skip


_NUMBER = re.compile(r"[1-9]\d{0,4}")

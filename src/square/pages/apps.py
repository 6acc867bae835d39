"""The open platform: apps ask for scopes, and people say which app may act for them."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import UTC, datetime

from starlette.responses import Response

from portreeve.client import PortreeveError
from portreeve.schemas.commerce.partners import AppFacts, MadePartnerToken
from square.database import Row, new_id, now
from square.pages.search import why
from square.web import Visit, page

DECLARED = {
    "privacy_policy": ("It has a published privacy policy", "已公布隐私政策"),
    "asks_people": ("It asks each person for consent", "逐一征得用户同意"),
    "passes_data_on": ("It passes people's data on to others", "会把用户数据转交他人"),
    "sells_goods": ("It sells goods, or lets others sell", "销售商品，或供他人销售"),
}
"""What an app says of itself. Who is behind it, Portreeve knows."""


@page("/apps")
def show_apps(visit: Visit) -> Response:
    """One's apps, what they were granted and refused, and every criterion."""
    return _apps(visit)


@page("/apps", method="POST")
def apply(visit: Visit) -> Response:
    """Ask for scopes, for a new app or again for one's own."""
    me = visit.me["id"]
    name, party = visit.text("name", 100), visit.text("party", 100)
    scopes = [str(one) for one in visit.form.getlist("scopes")]
    days, since = visit.text("keeps_days", 5), visit.text("since", 10)
    if not (name and party and scopes and days.isdecimal() and _DAY.fullmatch(since)):
        error = visit.t("Fill in every field, and choose scopes.", "请填写所有字段并选择权限。")
        return _apps(visit, status=422, error=error)
    app = _own(visit, visit.text("app", 100))
    id = new_id("app") if app is None else app["id"]
    try:
        merchant, account = visit.market.merchant(me), visit.governor.account(me)
        free = (datetime.now(UTC) - datetime.fromisoformat(since).replace(tzinfo=UTC)).days
        facts = AppFacts(
            entity_verified=merchant is not None and merchant.verified,
            keeps_days=int(days),
            violation_free_days=0 if account is None or account.sanctions else max(free, 0),
            **{fact: visit.text(fact) == "yes" for fact in DECLARED},
        )
        visit.market.apply(id, name, party, facts, scopes)
    except PortreeveError as error:
        return _apps(visit, status=422, error=why(visit, error))
    with visit.database.write() as tx:
        tx.execute(
            "INSERT INTO apps VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET name = excluded.name",
            (id, me, name, now()),
        )
    return visit.go(f"/apps#{id}")


@page("/apps/{app}/token", method="POST")
def make_token(visit: Visit, app: str) -> Response:
    """A token for an app of one's own, said once."""
    if _own(visit, app) is None:
        return visit.go("/apps")
    try:
        return _apps(visit, made=visit.market.make_token(app))
    except PortreeveError as error:
        return _apps(visit, status=422, error=why(visit, error))


@page("/apps/{app}")
def show_app(visit: Visit, app: str) -> Response:
    """What an app may do, and whether it may do it for oneself."""
    return _app(visit, app)


@page("/apps/{app}/allow", method="POST")
def allow(visit: Visit, app: str) -> Response:
    """Let an app act for oneself: a code to give to it, said once. An earlier code is void."""
    code = secrets.token_urlsafe(24)
    if visit.database.one("SELECT 1 FROM apps WHERE id = ?", app) is not None:
        with visit.database.write() as tx:
            tx.execute(
                "INSERT OR REPLACE INTO consents VALUES (?, ?, ?, ?)",
                (digest(code), app, visit.me["id"], now()),
            )
    return _app(visit, app, code=code)


@page("/apps/{app}/withdraw", method="POST")
def withdraw(visit: Visit, app: str) -> Response:
    """Let an app act for oneself no more, at once."""
    with visit.database.write() as tx:
        tx.execute("DELETE FROM consents WHERE app = ? AND person = ?", (app, visit.me["id"]))
    return visit.go(f"/apps/{app}")


def digest(code: str) -> str:
    """What is kept of a code."""
    return hashlib.sha256(code.encode()).hexdigest()


def _own(visit: Visit, app: str) -> Row | None:
    return visit.database.one("SELECT * FROM apps WHERE id = ? AND owner = ?", app, visit.me["id"])


def _apps(
    visit: Visit, *, status: int = 200, error: str | None = None,
    made: MadePartnerToken | None = None,
) -> Response:  # fmt: skip
    rows = visit.database.all(
        "SELECT * FROM apps WHERE owner = ? ORDER BY made DESC LIMIT 20", visit.me["id"]
    )
    criteria = None
    apps = []
    try:
        criteria = visit.market.criteria()
        apps = [{"app": row, "partner": visit.market.app(row["id"])} for row in rows]
    except PortreeveError as refused:
        error = error or why(visit, refused)
    return visit.page(
        "apps/apps.html.j2", status=status, error=error, made=made, apps=apps, criteria=criteria,
        declared=DECLARED,
    )  # fmt: skip


def _app(visit: Visit, app: str, *, code: str | None = None) -> Response:
    row = visit.database.one("SELECT * FROM apps WHERE id = ?", app)
    if row is None:
        words = visit.t("There is no such app.", "没有这个应用。")
        return visit.page("error.html.j2", status=404, words=words)
    try:
        partner, criteria = visit.market.app(app), visit.market.criteria()
    except PortreeveError as error:
        return visit.page("error.html.j2", status=503, words=why(visit, error))
    granted = set() if partner is None else set(partner.granted)
    consent = visit.database.one(
        "SELECT since FROM consents WHERE app = ? AND person = ?", app, visit.me["id"]
    )
    return visit.page(
        "apps/app.html.j2", app=row, code=code, consent=consent,
        scopes=[one for one in criteria.scopes if one.scope in granted],
    )  # fmt: skip


_DAY = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])")

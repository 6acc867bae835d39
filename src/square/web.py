"""Pages of Square: a function each, which is given a :class:`Visit`."""

from __future__ import annotations

import functools
import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import jinja2
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from square.database import Database, Row, now
from square.governance import Governor
from square.governance.market import Market

SESSION = "square_session"
GUARD = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self'; media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}

View = Callable[..., Response]
ROUTES: list[Route] = []
"""Every page of Square, as declared."""


class Visit:
    """One look at one page by one person, or by nobody who is known."""

    def __init__(self, request: Request, form: FormData) -> None:
        self.request = request
        self.form = form
        self.database: Database = request.app.state.database
        self.governor: Governor = request.app.state.governor
        self.market: Market = request.app.state.market
        self.session = self._session()
        self.language = self._language()

    @property
    def person(self) -> Row | None:
        """Who looks."""
        return self.session

    @property
    def me(self) -> Row:
        """Who looks, on a page that needs somebody."""
        assert self.session is not None
        return self.session

    def t(self, en: str, zh: str) -> str:
        """Of two texts the one in the reader's language."""
        return zh if self.language == "zh" else en

    def text(self, name: str, most: int = 5_000) -> str:
        """A field of the form, cut where it is too long."""
        given = self.form.get(name)
        return given.strip()[:most] if isinstance(given, str) else ""

    def upload(self, name: str) -> UploadFile | None:
        """A file of the form, if one was chosen."""
        given = self.form.get(name)
        return given if isinstance(given, UploadFile) and given.size else None

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page, made from a template."""
        html = _environment().get_template(template).render(visit=self, **values)
        return HTMLResponse(html, status, GUARD)

    def go(self, path: str) -> Response:
        """Go on to another page."""
        return RedirectResponse(path, 303, GUARD)

    def back(self, default: str = "/") -> Response:
        """Go back to the page that the form stood in."""
        came = urlsplit(self.request.headers.get("referer", ""))
        here = came.netloc == self.request.headers.get("host")
        return self.go((came.path or "/") if here else default)

    def _session(self) -> Row | None:
        secret = self.request.cookies.get(SESSION)
        if not secret:
            return None
        return self.database.one(
            "SELECT people.*, sessions.token, sessions.digest FROM sessions "
            "JOIN people ON people.id = sessions.person WHERE digest = ?",
            _digest(secret),
        )

    def _language(self) -> str:
        asked = self.request.query_params.get("language")
        if asked in ("en", "zh"):
            return asked
        if self.session is not None:
            return str(self.session["language"])
        wanted = self.request.headers.get("accept-language", "").lower()
        return "zh" if "zh" in wanted and not wanted.startswith("en") else "en"


def page(
    path: str, *, known: bool = True, always: bool = False, method: str = "GET"
) -> Callable[[View], View]:
    """Declare a page; ``known``: for people who have signed in; ``always``: if closed out too.

    A form must come from a page of this session; then its function is called in a thread, with a
    :class:`Visit` and the parts of the path.
    """

    def declare(view: View) -> View:
        async def answer(request: Request) -> Response:
            async with request.form(max_files=1, max_fields=100) as form:
                return await run_in_threadpool(
                    _answered, view, request, form, known=known, always=always, method=method
                )

        ROUTES.append(Route(path, functools.wraps(view)(answer), methods=[method]))
        return view

    return declare


def begin(database: Database, person: str) -> str:
    """Begin a session; the secret of its cookie."""
    secret = secrets.token_urlsafe(24)
    with database.write() as tx:
        tx.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, ?)",
            (_digest(secret), person, secrets.token_urlsafe(16), now()),
        )
    return secret


def _answered(
    view: View, request: Request, form: FormData, *, known: bool, always: bool, method: str
) -> Response:
    visit = Visit(request, form)
    if known and visit.person is None:
        return visit.go("/sign-in")
    if known and not always and visit.governor.standing.closed(visit.me["id"]):
        return visit.go("/notices")
    if method == "POST" and not _ours(visit):
        words = visit.t("Load the page again, and send the form anew.", "请刷新页面后重新提交。")
        return visit.page("error.html.j2", status=403, words=words)
    return view(visit, **request.path_params)


def _ours(visit: Visit) -> bool:
    """Whether a form was sent by a page of ours."""
    site = visit.request.headers.get("sec-fetch-site", "same-origin")
    if site not in ("same-origin", "none"):
        return False
    token = visit.form.get("token")
    return visit.person is None or (
        isinstance(token, str) and hmac.compare_digest(token, visit.person["token"])
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("square"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["time"] = _time
    environment.filters["money"] = _money
    environment.globals["t"] = _t
    return environment


@jinja2.pass_context
def _t(context: jinja2.runtime.Context, en: str, zh: str) -> str:
    return str(context["visit"].t(en, zh))


def _money(minor: int) -> str:
    """Yuan, of fen.

    >>> _money(9_905)
    '¥99.05'
    """
    return f"¥{minor // 100}.{minor % 100:02}"


def _time(moment: str | datetime) -> str:
    told = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return told.strftime("%Y-%m-%d %H:%M")

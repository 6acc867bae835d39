"""The ASGI application of the console and the public pages.

Every request goes one way: the page, a thread of its share, who looks, whether they may, whether
what they send came from a page of ours, then the page's own function. Whatever goes wrong becomes a
page that says what and how to go on; for our own script, a problem in JSON.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from portreeve.console import assets, cookies, csrf, forms
from portreeve.console.desk import GUARD, PART, Desk
from portreeve.console.lanes import RETRY_SECONDS, Kind, Lanes, full, kind_of
from portreeve.console.routes import Page
from portreeve.console.words import LANGUAGES, Language, Words, accepted
from portreeve.http import problems
from portreeve.http.call import Call, ClientGoneError, Receive, Reply, Scope, Send
from portreeve.http.router import Router
from portreeve.http.traces import Tracing
from portreeve.service.errors import ServiceError
from portreeve.store import StoreUnavailableError
from portreeve.store.audit import through

if TYPE_CHECKING:
    from portreeve.schemas.people import SignedIn
    from portreeve.service.service import Service

BODY_LIMIT = 1_048_576
"""Bytes that a form may have: a policy with all its examples has room."""

SLOW_SECONDS = 1.0
"""A page is logged when it takes longer, fails, or changes something."""

SHORT = 2_048
"""Bytes of a page below which it is not worth to compress it."""

STREAMS = 200
"""How many listen to events at once; whoever comes later is told to look again later."""

STREAMS_EACH = 20
"""How many of them may be of one person: tabs, not a program that keeps others from listening."""

LOOK_AGAIN_SECONDS = 10.0
"""How long a stream may outlive the session that it is of."""

_HEARTBEAT_SECONDS = 15.0
_LOOK_SECONDS = 0.5
_CSRF_HEADER = b"portreeve-csrf"
_log = logging.getLogger("portreeve.console")


class Console:
    """The service's doors for people. ``ending`` says whether the server is about to stop."""

    def __init__(
        self,
        service: Service,
        pages: Iterable[Page],
        tracing: Tracing,
        *,
        ending: Callable[[], bool],
    ) -> None:
        self._service = service
        self._router = Router(pages, "")
        self._tracing = tracing
        self._ending = ending
        self._streams: Counter[str] = Counter()
        self.open = False
        """Whether the service is started."""
        self._lanes = Lanes()

    def close(self) -> None:
        """Wait for the pages that are made."""
        self._lanes.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        started = time.perf_counter()
        call = Call.of(scope, receive)
        asset = assets.by_address().get(call.raw_path)
        if asset is not None:
            await _file(call, asset).send(call, send)
            return
        try:
            with self._tracing.request(call) as span:
                try:
                    reply = await self._reply(call, send)
                except ClientGoneError:
                    return
                span.done(call, 200 if reply is None else reply.status)
                if reply is not None:
                    await reply.send(call, send)
        finally:
            call.done()
        self._note(call, 200 if reply is None else reply.status, time.perf_counter() - started)

    async def _reply(self, call: Call, send: Send) -> Reply | None:
        """The answer; None where it was a stream, which is over."""
        if call.raw_path == "/":
            return Reply(303, headers=[(b"location", b"/console")], guard=GUARD)
        if call.raw_path == "/favicon.ico":
            return Reply(303, headers=[(b"location", assets.address("icon.svg").encode())])
        try:
            method = "GET" if call.method == "HEAD" else call.method
            page, places = self._router.find(method, call.raw_path)
            call.route = page.path
            most = self._service.context.settings.body_limit if page.files else BODY_LIMIT
            body = b"" if page.method == "GET" else await call.body(most)
        except ServiceError as error:
            return await self._in_lane(call, None, partial(self._lost, call, error))
        if page.kind == "stream":
            return await self._stream(call, page, places, send)
        return await self._in_lane(call, page, partial(self._made, call, page, places, body))

    async def _in_lane(self, call: Call, page: Page | None, work: Callable[[], Reply]) -> Reply:
        """A page, unless too many of its kind wait already."""
        try:
            return await self._lanes.make(self._kind(call, page), work)
        except ServiceError as error:
            call.code = error.code
            reply = _problem(call, error) if PART in call.headers else full()
            reply.headers.append((b"retry-after", str(RETRY_SECONDS).encode()))
            return reply

    def _kind(self, call: Call, page: Page | None) -> Kind:
        return kind_of(call.raw_path, page, session=bool(self._secret(call)))

    def _made(self, call: Call, page: Page, places: dict[str, str], body: bytes) -> Reply:
        """A page, or the page that says why not."""
        try:
            desk = self._desk(call)
        except StoreUnavailableError as error:
            return self._away(call, error)
        try:
            first = self._admitted(desk, page)
            if first is not None:
                return first
            given: dict[str, Any] = dict(places)
            if page.query is not None:
                given["query"] = forms.struct(
                    forms.values_of(call.scope["query_string"]), page.query
                )
            if page.method != "GET":
                sent_as = call.headers.get(b"content-type", b"")
                fields = forms.fields(body, sent_as, files=page.files)
                _need_ours(call, desk, fields)
                if page.form is not None:
                    given["form"] = forms.struct(fields, page.form)
            reply: Reply = page.call(desk, given)
        except Exception as error:
            reply = _refused(desk, error)
        return _compressed(call, reply)

    def _admitted(self, desk: Desk, page: Page) -> Reply | None:
        """None for whoever may see the page; for whoever must sign in first, the way there.

        Raises:
            ServiceError: ``forbidden``, or ``unavailable`` while the service starts.
        """
        if not self.open:
            raise ServiceError("unavailable", "The service is starting. Try again in a moment.")
        # always set: a thread that serves pages served another person before
        through.set(None)
        desk.call.actor = desk.actor.name
        if not page.needs.signed_in:
            return None
        if desk.person is None:
            return _sign_in(desk)
        if not page.needs.met(desk.actor.may):
            desk.actor.need(page.needs.scopes[0])
        return None

    def _secret(self, call: Call) -> str | None:
        """The secret of a session that the request shows, be it one or not."""
        jar = cookies.read(call.headers.get(b"cookie", b""))
        secure = (self._service.context.settings.public_url or "").startswith("https:")
        return jar.get(cookies.session_name(secure=secure))

    def _person(self, call: Call) -> SignedIn | None:
        secret = self._secret(call)
        return self._service.sessions.find(secret) if secret and self.open else None

    def _desk(self, call: Call) -> Desk:
        person = self._person(call)
        language, remember = _language(call, person)
        desk = Desk(self._service, call, person, language)
        if remember:
            desk.headers.append(cookies.language(language, secure=desk.secure))
        return desk

    def _lost(self, call: Call, error: ServiceError) -> Reply:
        try:
            return _refused(self._desk(call), error)
        except StoreUnavailableError as away:
            return self._away(call, away)

    def _away(self, call: Call, error: StoreUnavailableError) -> Reply:
        """Nobody can be known while the database is away: a page says so, and no login."""
        return _refused(Desk(self._service, call, None, _language(call, None)[0]), error)

    async def _stream(
        self, call: Call, page: Page, places: dict[str, str], send: Send
    ) -> Reply | None:
        """Send events until the browser goes, the session ends or the service does."""
        try:
            desk = await self._lanes.make(self._kind(call, page), partial(self._desk, call))
            first = self._admitted(desk, page)
        except (ServiceError, StoreUnavailableError) as error:
            return _problem(call, error)
        if first is not None:
            return _problem(call, _ended())
        name = desk.actor.name
        if self._streams.total() >= STREAMS or self._streams[name] >= STREAMS_EACH:
            return _problem(
                call, ServiceError("unavailable", "Too many pages listen. Try again later.")
            )
        self._streams[name] += 1
        try:
            await _start(send)
            events = page.call(desk, dict(places))
            gone = asyncio.create_task(_gone(call.receive))
            ended = asyncio.create_task(self._ended(desk))
            try:
                await _send_events(
                    events, send, lambda: gone.done() or ended.done() or self._ending()
                )
            finally:
                gone.cancel()
                ended.cancel()
                await events.aclose()
        finally:
            self._streams[name] -= 1
            self._streams += Counter()  # without those who listen no more
        return None

    async def _ended(self, desk: Desk) -> None:
        """Wait until the session of a stream is over; another role or password ends it too."""
        while desk.person is not None:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            with suppress(StoreUnavailableError, ServiceError):
                lives = partial(self._service.sessions.lives, desk.person.session)
                if not await self._lanes.make("staff", lives):
                    return

    def _note(self, call: Call, status: int, seconds: float) -> None:
        metrics = self._service.metrics
        method = call.method if call.method in ("GET", "HEAD", "POST") else "other"
        metrics.requests.labels(method, call.route, status).inc()
        metrics.seconds.labels(method, call.route).observe(seconds)
        if status < 400 and seconds < SLOW_SECONDS and call.method != "POST":
            return
        facts = {
            "request": call.id, "method": call.method, "route": call.route, "status": status,
            "ms": round(1000 * seconds, 1), "actor": call.actor, "code": call.code,
        }  # fmt: skip
        level = logging.WARNING if status >= 500 else logging.INFO
        _log.log(level, "page", extra={"facts": facts})


def _language(call: Call, person: SignedIn | None) -> tuple[Language, bool]:
    """The language of a page, and whether somebody chose it just now without being signed in."""
    asked = ""
    with suppress(ServiceError):
        asked = (call.query().get("language") or [""])[-1]
    for known in LANGUAGES:
        if asked == known:
            return known, person is None
    if person is not None and person.preferences.language is not None:
        return person.preferences.language, False
    kept = cookies.read(call.headers.get(b"cookie", b"")).get(cookies.LANGUAGE)
    for known in LANGUAGES:
        if kept == known:
            return known, False
    return accepted(call.headers.get(b"accept-language", b"")), False


def _need_ours(call: Call, desk: Desk, fields: dict[str, list[str]]) -> None:
    """See that a form was sent by a page of ours: browsers say where a request comes from, and a
    page of a session holds a secret of that session.

    Raises:
        ServiceError: ``forbidden``.
    """
    site = call.headers.get(b"sec-fetch-site")
    origin = call.headers.get(b"origin")
    host = call.headers.get(b"host", b"").decode("latin-1")
    elsewhere = site not in (None, b"same-origin", b"none") or (
        site is None and origin is not None and urlsplit(origin.decode("latin-1")).netloc != host
    )
    given = (
        call.headers.get(_CSRF_HEADER, b"").decode("latin-1")
        or (fields.get(forms.CSRF_FIELD) or [""])[-1]
    )
    if elsewhere or (desk.person is not None and not csrf.fits(given, desk.person.csrf)):
        raise ServiceError(
            "forbidden",
            "This form was not sent by a page of this session. Load the page again, and send the "
            "form anew.",
        )


def _ended() -> ServiceError:
    return ServiceError("unauthenticated", "The session has ended. Sign in again.")


def _sign_in(desk: Desk) -> Reply:
    """To the login, and back here after it."""
    if desk.part or desk.call.method not in ("GET", "HEAD"):
        raise _ended()
    back = desk.path + (f"?{desk.query_string}" if desk.query_string else "")
    return desk.go(f"/console/login?next={quote(back, safe='')}")


def _refused(desk: Desk, error: Exception) -> Reply:
    """A page that says what went wrong."""
    if desk.part:
        return _problem(desk.call, error)
    refusal = problems.refusal(error)
    desk.call.code = refusal.code
    reply = desk.page(
        "layout/error.html.j2",
        status=refusal.kind.status,
        error=refusal,
        title=_TITLES.get(refusal.code, Words(refusal.kind.title, "请求未能完成")),
    )
    if refusal.code == "unavailable":
        reply.headers.append((b"retry-after", b"1"))
    return reply


_TITLES = {
    "not-found": Words("There is no such page", "没有这个页面"),
    "forbidden": Words("You may not do this", "您没有此权限"),
    "unauthenticated": Words("Sign in first", "请先登录"),
    "unavailable": Words("Not available now", "暂时无法访问"),
    "invalid": Words("Something is not as it should be", "填写内容有误"),
    "conflict": Words("Something else came first", "情况已有变化"),
    "internal": Words("Something failed", "出错了"),
    "rate-limited": Words("Too often", "操作过于频繁"),
}


def _problem(call: Call, error: Exception) -> Reply:
    """What went wrong, for our own script."""
    refusal = problems.refusal(error)
    call.code = refusal.code
    body = problems.encode(problems.problem(refusal, call.id))
    return Reply(refusal.kind.status, body, problems.CONTENT_TYPE, guard=GUARD)


def _file(call: Call, asset: assets.Asset) -> Reply:
    """A file whose address changes with what it says: kept for good."""
    guard = [
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"public, max-age=31536000, immutable"),
        (b"vary", b"accept-encoding"),
    ]
    if b"gzip" in call.headers.get(b"accept-encoding", b""):
        return Reply(200, asset.zipped, asset.media_type, [(b"content-encoding", b"gzip")], guard)
    return Reply(200, asset.body, asset.media_type, guard=guard)


def _compressed(call: Call, reply: Reply) -> Reply:
    """A page of some length, made short for the way."""
    if len(reply.body) < SHORT or not reply.content_type.startswith(b"text/html"):
        return reply
    if b"gzip" not in call.headers.get(b"accept-encoding", b""):
        return reply
    reply.body = gzip.compress(reply.body, 5, mtime=0)
    reply.headers = [*reply.headers, (b"content-encoding", b"gzip"), (b"vary", b"accept-encoding")]
    return reply


async def _start(send: Send) -> None:
    headers = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"x-accel-buffering", b"no"),
        *GUARD,
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b": hello\n\n", "more_body": True})


async def _send_events(
    events: AsyncIterator[tuple[str, str]], send: Send, over: Callable[[], bool]
) -> None:
    """Send events as they come, and a sign of life when none comes."""
    coming = asyncio.ensure_future(anext(events, None))
    quiet = time.monotonic()
    try:
        while not over():
            await asyncio.wait({coming}, timeout=_LOOK_SECONDS)
            if coming.done():
                event = coming.result()
                if event is None:
                    break
                name, data = event
                lines = "".join(f"data: {line}\n" for line in data.split("\n"))
                body = f"event: {name}\n{lines}\n".encode()
                coming = asyncio.ensure_future(anext(events, None))
            elif time.monotonic() - quiet > _HEARTBEAT_SECONDS:
                body = b": still here\n\n"
            else:
                continue
            quiet = time.monotonic()
            await send({"type": "http.response.body", "body": body, "more_body": True})
    finally:
        coming.cancel()
        with suppress(asyncio.CancelledError):
            await coming
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue

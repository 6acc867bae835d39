"""The ASGI application: every request goes one way, from recognising who asks to the answer.

The route, who asks, whether they may, how often, the body, whether the request was answered before,
the work itself. The work of most routes is done in threads, for the service's methods wait for the
database; screening is a coroutine that joins the next micro-batch, so that nothing but msgspec
stands between it and the wire.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from portreeve.api.access import Access
from portreeve.api.routes import Route
from portreeve.http import problems
from portreeve.http.call import (
    Call,
    ClientGoneError,
    Receive,
    Reply,
    Scope,
    Send,
    need_json,
)
from portreeve.http.lanes import Lane
from portreeve.http.router import Router
from portreeve.http.traces import Tracing
from portreeve.http.wrong_values import unstorable
from portreeve.schemas import access
from portreeve.service.actor import Actor
from portreeve.service.errors import ServiceError
from portreeve.service.kept_answers import Once
from portreeve.store import StoreUnavailableError
from portreeve.store.audit import through

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram

    from portreeve.service.service import Service

THREADS = 16
"""How many requests, beside those that screen, are worked on at once."""

SHARE = 12
"""How many of these may be of one key, so that no key keeps all others waiting."""

MOST_WAITING = 1_000
"""How many of a key's may wait for that; more are refused, so that waiting has an end."""

SLOW_SECONDS = 1.0
"""A screening request is logged when it takes longer, or fails; the metrics count them all."""

_WAIT_SECONDS = 5.0
_LOOK_SECONDS = 0.1

NOBODY = Actor("nobody")
"""Who asks on a route that needs no key."""

R = TypeVar("R")
_log = logging.getLogger("portreeve.api")


class App:
    """The service's doors over HTTP."""

    def __init__(self, service: Service, routes: Iterable[Route], tracing: Tracing) -> None:
        self._service = service
        self._access = Access(service.keys)
        routes = list(routes)
        self._router = Router(routes, "/openapi.json lists those there are.")
        self._handlers = {route.operation: _Handler(route) for route in routes}
        self._tracing = tracing
        self.open = False
        """Whether the service is started; until then only what needs no key is answered."""
        self._lanes = defaultdict[str | None, Lane](partial(Lane, SHARE, MOST_WAITING))
        self._look: asyncio.Task[None] | None = None
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        """Of each method, route and status what counts it: to look that up costs more than that."""
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="portreeve-request")

    def close(self) -> None:
        """Wait for the requests that are worked on."""
        self._threads.shutdown(wait=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        started = time.perf_counter()
        call = Call.of(scope, receive)
        try:
            with self._tracing.request(call) as span:
                try:
                    reply = await self._reply(call)
                except ClientGoneError:
                    return
                except Exception as error:
                    reply = _refused(call, error)
                span.done(call, reply.status)
                await reply.send(call, send)
        finally:
            call.done()
        self._note(call, reply.status, time.perf_counter() - started)

    async def _reply(self, call: Call) -> Reply:
        route, places = self._router.find(call.method, call.raw_path)
        call.route = route.path
        if route.scope is None:
            actor, secret = NOBODY, ""
        else:
            try:
                actor, secret = self._may(call, route.scope)
            except ServiceError as error:
                if error.code != "unauthenticated" or not self._service.keys.stale:
                    raise
                await self._read_keys()
                actor, secret = self._may(call, route.scope)
        handler = self._handlers[route.operation]
        body = await call.body(self._service.context.settings.body_limit)
        if handler.waits:
            return await handler.awaited(self._service, actor, call, places, body)
        work = partial(handler.done, self._service, actor, call, places, body)
        idempotency = call.headers.get(b"idempotency-key")
        if idempotency is None or not route.changes:
            return await self._in_thread(call, work)
        request = b"\0".join([
            call.method.encode(), call.raw_path.encode(), call.scope["query_string"],
            actor.name.encode(), body,
        ])  # fmt: skip
        once = Once.of(secret, _idempotency_key(idempotency), request)
        return await self._once(call, once, work)

    def _may(self, call: Call, scope: access.Scope) -> tuple[Actor, str]:
        """Who asks, and the secret they showed.

        Raises:
            ServiceError: they may not, or not so often, or not yet.
        """
        if not self.open:
            raise ServiceError("unavailable", "The service is starting. Try again in a moment.")
        _need_once(call)
        key, secret = self._access.key(call.headers)
        call.key = key.name
        self._access.spend(key)
        actor = self._access.actor(key, call.headers)
        call.actor = actor.name
        # always set: a pipelined request begins in the context of the one before it
        through.set(None if actor.name == key.name.lower() else key.id)
        actor.need(scope)
        return actor, secret

    async def _once(self, call: Call, once: Once, work: Callable[[], Reply]) -> Reply:
        """Do it, unless a request with this key was answered, or is being worked on."""
        kept = self._service.kept_answers
        end = time.monotonic() + _WAIT_SECONDS
        while (begun := await self._in_thread(call, partial(kept.begin, once))) == "running":
            if time.monotonic() > end:
                raise ServiceError(
                    "conflict",
                    "A request with this `Idempotency-Key` is still worked on. Try again later.",
                    field="Idempotency-Key",
                    retry_after=1,
                )
            await asyncio.sleep(_LOOK_SECONDS)
        if begun != "first":
            status, body = begun
            return Reply(status, body, headers=[(b"idempotency-replayed", b"true")])
        try:
            reply = await self._in_thread(call, work)
        except BaseException:
            await self._in_thread(call, partial(kept.forget, once))
            raise
        try:
            await self._in_thread(call, partial(kept.keep, once, reply.status, reply.body))
        except StoreUnavailableError:
            _log.warning("an answer could not be kept", extra={"facts": {"request": call.id}})
        return reply

    async def _read_keys(self) -> None:
        """Read the keys anew; whoever asks meanwhile waits for the same reading."""
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(asyncio.to_thread(self._service.keys.refresh))
        await asyncio.shield(self._look)

    async def _in_thread(self, call: Call, work: Callable[[], R]) -> R:
        """Do work that may wait.

        Raises:
            ServiceError: ``unavailable``, when too much of the same key waits already.
        """
        context = contextvars.copy_context()
        return await self._lanes[call.key].run(self._threads, partial(context.run, work))

    def _note(self, call: Call, status: int, seconds: float) -> None:
        metrics = self._service.metrics
        method = call.method if call.method in _METHODS else "other"
        counted = self._counted.get((method, call.route, status))
        if counted is None:
            counted = self._counted[method, call.route, status] = (
                metrics.requests.labels(method, call.route, status),
                metrics.seconds.labels(method, call.route),
            )
        requests, times = counted
        requests.inc()
        times.observe(seconds)
        if status < 400 and seconds < SLOW_SECONDS and call.route in _QUIET:
            return
        facts = {
            "request": call.id, "method": call.method, "route": call.route, "status": status,
            "ms": round(1000 * seconds, 1), "key": call.key, "actor": call.actor,
            "code": call.code,
        }  # fmt: skip
        level = logging.WARNING if status >= 500 else logging.INFO
        _log.log(level, "request", extra={"facts": facts})


_SINGLE = ("Authorization", "Portreeve-Actor", "Idempotency-Key")
_IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,255}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"/v1/screen", "/v1/screen/batch", "/health/live", "/health/ready", "/metrics"})


class _Handler:
    """A route with its decoder."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.waits = inspect.iscoroutinefunction(route.function)
        read_as = route.body if route.read_as is None else route.read_as
        self._decoder = None if read_as is None else msgspec.json.Decoder(read_as)
        self._lists = _list_fields(route.query)

    async def awaited(
        self, service: Service, actor: Actor, call: Call, places: dict[str, str], body: bytes
    ) -> Reply:
        """Wait for the answer of a coroutine."""
        given = self._given(call, places, body)
        with _naming_what_is_wrong(given):
            return self._reply(await self.route.call(service, actor, given))

    def done(
        self, service: Service, actor: Actor, call: Call, places: dict[str, str], body: bytes
    ) -> Reply:
        """Do the work."""
        given = self._given(call, places, body)
        with _naming_what_is_wrong(given):
            return self._reply(self.route.call(service, actor, given))

    def _reply(self, answer: Any) -> Reply:
        if self.route.answer is None:
            return Reply(204)
        if self.route.plain is not None:
            return Reply(200, answer, self.route.plain.encode())
        return Reply(200, _ENCODER.encode(answer))

    def _given(self, call: Call, places: dict[str, str], body: bytes) -> dict[str, Any]:
        given: dict[str, Any] = dict(places)
        if self.route.query is not None:
            given["query"] = self._query(call, self.route.query)
        elif call.scope["query_string"]:
            self._no_query(call)
        if self._decoder is not None:
            need_json(call)
            try:
                given["body"] = self._decoder.decode(body)
            except msgspec.ValidationError as error:
                raise problems.invalid(error, self.route.body) from None
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise problems.unreadable(error, body) from None
        return given

    def _query(self, call: Call, kind: type[msgspec.Struct]) -> msgspec.Struct:
        values: dict[str, Any] = {}
        for name, found in call.query().items():
            if name not in kind.__struct_fields__:
                raise _unknown_query(kind)
            if name in self._lists:
                values[name] = found
                continue
            if len(found) > 1:
                raise ServiceError(
                    "invalid", f"`{name}` comes {len(found)} times. Give it once.", field=name
                )
            values[name] = found[0]
        try:
            return msgspec.convert(values, kind, strict=False)
        except msgspec.ValidationError as error:
            raise problems.invalid(error, kind) from None

    def _no_query(self, call: Call) -> None:
        if call.query():
            raise _unknown_query(None)


_ENCODER = msgspec.json.Encoder()


@contextmanager
def _naming_what_is_wrong(given: dict[str, Any]) -> Iterator[None]:
    """Where a value cannot be stored, say which."""
    try:
        yield
    except problems.UNSTORABLE:
        raise unstorable(given) from None


def _unknown_query(kind: type[msgspec.Struct] | None) -> ServiceError:
    known = [] if kind is None else kind.__struct_fields__
    takes = f"It takes {', '.join(f'`{name}`' for name in known)}." if known else "It takes none."
    return ServiceError("invalid", f"The query has a part that is not known. {takes}")


def _list_fields(kind: type[msgspec.Struct] | None) -> frozenset[str]:
    if kind is None:
        return frozenset()
    found = msgspec.inspect.type_info(kind)
    assert isinstance(found, msgspec.inspect.StructType)
    return frozenset(
        field.encode_name
        for field in found.fields
        if isinstance(field.type, msgspec.inspect.ListType)
    )


def _need_once(call: Call) -> None:
    """See that no header comes twice that says who asks: a proxy may have set one of the two.

    Raises:
        ServiceError: ``bad-request``.
    """
    given = call.scope["headers"]
    if len(given) == len(call.headers):
        return
    for header in _SINGLE:
        if sum(name == header.lower().encode() for name, _ in given) > 1:
            raise ServiceError(
                "bad-request", f"`{header}` comes more than once. Send it once.", field=header
            )


def _idempotency_key(given: bytes) -> str:
    text = given.decode("latin-1")
    if not _IDEMPOTENCY_KEY.fullmatch(text):
        raise ServiceError(
            "invalid",
            "`Idempotency-Key` must be 1 to 255 characters of ASCII without spaces. "
            "Use a random UUID.",
            field="Idempotency-Key",
        )
    return text


def _refused(call: Call, error: Exception) -> Reply:
    refusal = problems.refusal(error)
    call.code = refusal.code
    headers = []
    if refusal.code == "unauthenticated":
        headers.append((b"www-authenticate", b'Bearer realm="portreeve"'))
    if "allowed" in refusal.more:
        allowed = cast(list[str], refusal.more["allowed"])
        headers.append((b"allow", ", ".join(allowed).encode()))
    if "retry_after" in refusal.more:
        headers.append((b"retry-after", str(refusal.more["retry_after"]).encode()))
    elif refusal.code == "unavailable":
        headers.append((b"retry-after", b"1"))
    body = problems.encode(problems.problem(refusal, call.id))
    return Reply(refusal.kind.status, body, problems.CONTENT_TYPE, headers)

"""Routes: each declared once, by the function that answers it.

The parameters of the function say what the request holds: ``body`` and ``query`` are structs, the
others are the parts of the path. Its return type is the answer, its name the operation's id and the
client's method, its docstring the description. Everything else derives: the OpenAPI document, the
pages of the docs, the client, the checks of who may.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from portreeve.schemas.access import Scope

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

Function = Callable[..., Any]
_PLACE = re.compile(r"\{(\w+)\}")


class Prometheus(bytes):
    """Metrics, as Prometheus reads them."""

    media_type = "text/plain; version=0.0.4; charset=utf-8"


class Markdown(bytes):
    """A page for people."""

    media_type = "text/markdown; charset=utf-8"


@dataclass(frozen=True)
class Route:
    """One method on one address."""

    method: str
    path: str
    operation: str
    area: str
    scope: Scope | None
    """What the key must allow; None: no key is needed."""
    summary: str
    description: str
    body: type[msgspec.Struct] | None
    query: type[msgspec.Struct] | None
    answer: Any
    function: Function
    reads: bool = False
    """It only reads, whatever its method: a question too long for an address."""
    read_as: type[msgspec.Struct] | None = None
    """A body that takes more than ``body`` promises to, so that the route can say what is wrong."""

    @property
    def status(self) -> int:
        """The HTTP status of success."""
        return 204 if self.answer is None else 200

    @property
    def plain(self) -> str | None:
        """The media type of an answer that is not JSON."""
        return getattr(self.answer, "media_type", None)

    @property
    def changes(self) -> bool:
        """Whether it may change something, so that repeating it must be safe."""
        return self.method != "GET" and not self.reads

    @property
    def places(self) -> list[str]:
        """The names of the parts of the path that vary."""
        return _PLACE.findall(self.path)

    def call(self, service: Service, actor: Actor, given: dict[str, Any]) -> Any:
        """Do it; ``given`` are the parts of the path, the query and the body."""
        return self.function(service, actor, **given)


class Routes:
    """The routes of one area, collected as they are declared.

    >>> routes = Routes("things", "Things.")
    >>> @routes.get("/v1/things/{id}", Scope.cases)
    ... def get_thing(service, actor, id: str) -> int:
    ...     "Read a thing."
    >>> routes.declared[0].operation, routes.declared[0].places
    ('get_thing', ['id'])
    """

    def __init__(self, area: str, meaning: str) -> None:
        self.area = area
        self.meaning = meaning
        self.declared: list[Route] = []

    def get(self, path: str, scope: Scope | None) -> Callable[[Function], Function]:
        """Reads."""
        return self._declare("GET", path, scope)

    def post(
        self,
        path: str,
        scope: Scope | None,
        *,
        reads: bool = False,
        read_as: type[msgspec.Struct] | None = None,
    ) -> Callable[[Function], Function]:
        """Makes or does something; or only ``reads``, and is asked more than an address holds.

        ``read_as``: what the body is read as; a struct that takes more than the one promised.
        """
        return self._declare("POST", path, scope, reads=reads, read_as=read_as)

    def put(self, path: str, scope: Scope | None) -> Callable[[Function], Function]:
        """Sets something whole."""
        return self._declare("PUT", path, scope)

    def patch(self, path: str, scope: Scope | None) -> Callable[[Function], Function]:
        """Changes a part."""
        return self._declare("PATCH", path, scope)

    def delete(self, path: str, scope: Scope | None) -> Callable[[Function], Function]:
        """Takes away."""
        return self._declare("DELETE", path, scope)

    def _declare(
        self,
        method: str,
        path: str,
        scope: Scope | None,
        *,
        reads: bool = False,
        read_as: type[msgspec.Struct] | None = None,
    ) -> Callable[[Function], Function]:
        def declare(function: Function) -> Function:
            route = _route(self.area, method, path, scope, function)
            self.declared.append(replace(route, reads=reads, read_as=read_as))
            return function

        return declare


def _route(area: str, method: str, path: str, scope: Scope | None, function: Function) -> Route:
    hints = _hints(function)
    words = inspect.getdoc(function) or ""
    summary, _, description = words.partition("\n\n")
    answer = hints.pop("return")
    body, query = hints.pop("body", None), hints.pop("query", None)
    places = _PLACE.findall(path)
    if set(hints) != set(places) or not summary:
        raise TypeError(f"{function.__name__}: parameters {set(hints)} are not those of {path}")
    return Route(
        method=method,
        path=path,
        operation=function.__name__,
        area=area,
        scope=scope,
        summary=" ".join(summary.split()),
        description=description.strip(),
        body=body,
        query=query,
        answer=None if answer is type(None) else answer,
        function=function,
    )


def _hints(function: Function) -> dict[str, Any]:
    """The types of a route's own parameters and of its answer."""
    named = {
        name: note
        for name, note in function.__annotations__.items()
        if name not in ("service", "actor")
    }
    bare = typing.cast(Any, lambda: None)
    bare.__annotations__ = named
    return typing.get_type_hints(bare, function.__globals__, include_extras=True)

"""From an address to its route.

Addresses are matched as they were sent, part by part, and decoded after that: so an id may hold
any character, an encoded slash too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar
from urllib.parse import unquote_to_bytes

from portreeve.service.errors import ServiceError


class Routed(Protocol):
    """What the router must know of a route."""

    @property
    def method(self) -> str:
        """The HTTP method."""

    @property
    def path(self) -> str:
        """The address, with parts that vary in braces."""

    @property
    def places(self) -> list[str]:
        """The names of the parts of the path that vary."""


R = TypeVar("R", bound=Routed)


class _Node(Generic[R]):
    """What may follow a part of a path."""

    def __init__(self) -> None:
        self.parts: dict[str, _Node[R]] = {}
        self.any: _Node[R] | None = None
        self.routes: dict[str, R] = {}


class Router(Generic[R]):
    """Finds routes. ``hint`` says where those there are can be seen."""

    def __init__(self, routes: Iterable[R], hint: str) -> None:
        self._hint = hint
        self._root = _Node[R]()
        self._fixed: dict[str, _Node[R]] = {}
        """Addresses without a part that varies: those that are asked for most."""
        for route in routes:
            node = self._root
            for part in route.path.strip("/").split("/"):
                if part.startswith("{"):
                    node.any = node.any or _Node[R]()
                    node = node.any
                else:
                    node = node.parts.setdefault(part, _Node[R]())
            if route.method in node.routes:
                raise ValueError(f"{route.method} {route.path} is declared twice")
            node.routes[route.method] = route
            if not route.places:
                self._fixed["/" + route.path.strip("/")] = node

    def find(self, method: str, raw_path: str) -> tuple[R, dict[str, str]]:
        """The route, and the parts of the path that vary.

        Raises:
            ServiceError: ``not-found``, or ``method-not-allowed`` with ``more["allowed"]``;
                ``invalid``, when a part is not UTF-8 text.
        """
        fixed = self._fixed.get(raw_path)
        found = (fixed, list[str]()) if fixed else _walk(self._root, raw_path.split("/")[1:], 0, [])
        if found is None:
            raise ServiceError("not-found", f"There is no such address. {self._hint}")
        node, values = found
        route = node.routes.get(method)
        if route is None:
            allowed = sorted(node.routes)
            raise ServiceError(
                "method-not-allowed",
                f"This address takes {' and '.join(allowed)}.",
                allowed=allowed,
            )
        return route, {
            name: _decoded(name, value) for name, value in zip(route.places, values, strict=True)
        }


def _walk(
    node: _Node[R], parts: list[str], at: int, values: list[str]
) -> tuple[_Node[R], list[str]] | None:
    if at == len(parts):
        return (node, values) if node.routes else None
    part = parts[at]
    exact = node.parts.get(part)
    if exact is not None:
        found = _walk(exact, parts, at + 1, values)
        if found is not None:
            return found
    if node.any is not None and part:
        return _walk(node.any, parts, at + 1, [*values, part])
    return None


def _decoded(name: str, value: str) -> str:
    try:
        return unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        raise ServiceError(
            "invalid", f"`{name}` in the address is not UTF-8. Encode it so.", field=name
        ) from None

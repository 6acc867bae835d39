"""Pages: each declared once, by the function that answers it.

The parameters of the function say what the request holds: ``query`` and ``form`` are structs, the
others are the parts of the path. What a person must be allowed to do to see a page stands beside
its address; navigation, docs and the test of permissions derive from that.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from portreeve.schemas.access import Scope

if TYPE_CHECKING:
    from portreeve.console.desk import Desk

Function = Callable[..., Any]
Kind = Literal["page", "change", "stream"]
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Needs:
    """What a person must be allowed to do for a page: any of ``scopes``."""

    signed_in: bool
    scopes: tuple[Scope, ...] = ()

    def met(self, may: Callable[[Scope], bool]) -> bool:
        """Whether somebody who is signed in may see it."""
        return not self.scopes or any(may(scope) for scope in self.scopes)


PUBLIC = Needs(signed_in=False)
"""Anybody, without login."""

SIGNED_IN = Needs(signed_in=True)
"""Everybody who has signed in, whatever their role."""


@dataclass(frozen=True)
class Page:
    """One method on one address of the console."""

    method: str
    path: str
    area: str
    name: str
    needs: Needs
    kind: Kind
    summary: str
    query: type[msgspec.Struct] | None
    form: type[msgspec.Struct] | None
    function: Function
    files: bool = False
    """Its form may send files, as fields of bytes."""

    @property
    def places(self) -> list[str]:
        """The names of the parts of the path that vary."""
        return _PLACE.findall(self.path)

    def call(self, desk: Desk, given: dict[str, Any]) -> Any:
        """Answer; ``given`` are the parts of the path, the query and the form."""
        return self.function(desk, **given)


class Pages:
    """The pages of one area, collected as they are declared.

    >>> pages = Pages("things")
    >>> @pages.get("/console/things/{id}", Scope.cases)
    ... def show_thing(desk, id: str):
    ...     "A thing."
    >>> page = pages.declared[0]
    >>> page.name, page.places, page.needs.scopes
    ('show_thing', ['id'], (<Scope.cases: 'cases'>,))
    """

    def __init__(self, area: str) -> None:
        self.area = area
        self.declared: list[Page] = []

    def get(self, path: str, *needs: Needs | Scope) -> Callable[[Function], Function]:
        """Shows something."""
        return self._declare("GET", path, "page", needs)

    def post(
        self, path: str, *needs: Needs | Scope, files: bool = False
    ) -> Callable[[Function], Function]:
        """Does something; what was sent is known to come from a page of ours.

        ``files``: the form may send files, which are fields of bytes.
        """
        return self._declare("POST", path, "change", needs, files=files)

    def stream(self, path: str, *needs: Needs | Scope) -> Callable[[Function], Function]:
        """Tells of events as they happen: an async generator of pairs, event and data."""
        return self._declare("GET", path, "stream", needs)

    def _declare(
        self,
        method: str,
        path: str,
        kind: Kind,
        needs: tuple[Needs | Scope, ...],
        *,
        files: bool = False,
    ) -> Callable[[Function], Function]:
        def declare(function: Function) -> Function:
            page = _page(self.area, method, path, kind, _needs(needs), function)
            self.declared.append(replace(page, files=files))
            return function

        return declare


def _needs(given: tuple[Needs | Scope, ...]) -> Needs:
    if len(given) == 1 and isinstance(given[0], Needs):
        return given[0]
    scopes = tuple(one for one in given if isinstance(one, Scope))
    if not scopes or len(scopes) != len(given):
        raise TypeError("a page needs PUBLIC, SIGNED_IN, or scopes")
    return Needs(signed_in=True, scopes=scopes)


def _page(area: str, method: str, path: str, kind: Kind, needs: Needs, function: Function) -> Page:
    named = {name: note for name, note in function.__annotations__.items() if name != "desk"}
    named.pop("return", None)
    bare = typing.cast(Any, lambda: None)
    bare.__annotations__ = named
    hints = typing.get_type_hints(bare, function.__globals__)
    query, form = hints.pop("query", None), hints.pop("form", None)
    words = " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())
    if set(hints) != set(_PLACE.findall(path)) or not words:
        raise TypeError(f"{function.__name__}: parameters {set(hints)} are not those of {path}")
    return Page(
        method=method,
        path=path,
        area=area,
        name=function.__name__,
        needs=needs,
        kind=kind,
        summary=words,
        query=query,
        form=form,
        function=function,
    )

"""The client's methods, written out from the routes: ``python -m portreeve.docs`` writes them.

A test fails when the files in ``portreeve/client`` are not what this module makes.
"""

from __future__ import annotations

import re
import textwrap
import typing
from typing import Any

from portreeve.api.routes import Route
from portreeve.api.table import ROUTES

_HEAD = '''\
"""{title}

Made by `python -m portreeve.docs` from the routes; edit those.
"""

from __future__ import annotations

from types import NoneType
from typing import Any, TypeVar

import msgspec

from portreeve.client.requests import part
{imports}

T = TypeVar("T")


class {name}:
    """{title}"""

    {define} _ask(
        self,
        method: str,
        path: str,
        answer: type[T],
        *,
        query: msgspec.Struct | None = None,
        body: msgspec.Struct | None = None,
    ) -> T:
        raise NotImplementedError
'''


def operations(*, asynchronous: bool) -> str:
    """The module with one method for each operation."""
    title = "Every operation of the API, as a method" + (" to await." if asynchronous else ".")
    head = _HEAD.format(
        title=title,
        name="AsyncOperations" if asynchronous else "Operations",
        define="async def" if asynchronous else "def",
        imports=_imports(),
    )
    return head + "".join(_method(route, asynchronous) for route in ROUTES)


def _method(route: Route, asynchronous: bool) -> str:
    parameters = [f"{place}: str" for place in route.places]
    if route.body is not None:
        parameters.append(f"body: {route.body.__name__}")
    if route.query is not None:
        parameters.append(f"query: {route.query.__name__} | None = None")
    answer = _answer(route)
    start = ("" if answer == "None" else "return ") + ("await " if asynchronous else "")
    arguments = [f'"{route.method}"', _path(route), "NoneType" if answer == "None" else answer]
    arguments += ["query=query"] if route.query is not None else []
    arguments += ["body=body"] if route.body is not None else []
    lines = [
        "",
        f"    {'async ' if asynchronous else ''}def {route.operation}(",
        "        self,",
        *(f"        {parameter}," for parameter in parameters),
        f"    ) -> {answer}:",
        *_docstring(route),
        f"        {start}self._ask(",
        *(f"            {argument}," for argument in arguments),
        "        )",
    ]
    return "\n".join(lines) + "\n"


def _answer(route: Route) -> str:
    if route.answer is None:
        return "None"
    return "bytes" if route.plain is not None else _written(route.answer)


def _path(route: Route) -> str:
    path = re.sub(r"\{(\w+)\}", r"{part(\1)}", route.path)
    return f'f"{path}"' if route.places else f'"{path}"'


def _docstring(route: Route) -> list[str]:
    needs = "Needs no key." if route.scope is None else f"Needs the scope `{route.scope}`."
    paragraphs = [route.summary, *filter(None, route.description.split("\n\n")), needs]
    lines: list[str] = []
    for paragraph in paragraphs:
        lines += ["", *textwrap.wrap(" ".join(paragraph.split()), 88)]
    lines[1] = f'"""{lines[1]}'
    return [f"        {line}" if line else "" for line in [*lines[1:], '"""']]


def _written(kind: Any) -> str:
    """A type as it is written in code."""
    arguments = typing.get_args(kind)
    if not arguments:
        return "Any" if kind is Any else str(kind.__name__)
    origin = typing.get_origin(kind)
    return f"{origin.__name__}[{', '.join(_written(one) for one in arguments)}]"


def _imports() -> str:
    homes: dict[str, str] = {}
    for route in ROUTES:
        for kind in (route.body, route.query, None if route.plain else route.answer):
            for name, module in _names(kind):
                if homes.setdefault(name, module) != module:
                    raise ValueError(f"{name} is in {module} and in {homes[name]}")
    lines = []
    for module in sorted(set(homes.values())):
        names = sorted((n for n, home in homes.items() if home == module), key=str.lower)
        line = f"from {module} import {', '.join(names)}"
        if len(line) > 100:
            line = f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"
        lines.append(line)
    return "\n".join(lines)


def _names(kind: Any) -> list[tuple[str, str]]:
    found = [] if kind is None or kind is Any else [typing.get_origin(kind) or kind]
    names = [(one.__name__, one.__module__) for one in found if one.__module__ != "builtins"]
    return names + [name for one in typing.get_args(kind) for name in _names(one)]

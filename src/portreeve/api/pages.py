"""The pages of the docs that derive from the routes, the kinds of errors and the settings."""

from __future__ import annotations

import typing
from collections.abc import Iterable
from typing import Any

import msgspec

from portreeve.api.openapi import document
from portreeve.api.routes import Route
from portreeve.api.table import AREAS
from portreeve.schemas.access import Scope
from portreeve.schemas.events import EVENTS
from portreeve.service.errors import KINDS
from portreeve.service.settings import SECRETS, Settings

MADE = "<!-- Made by `python -m portreeve.docs`; edit the code it derives from. -->\n"


def api_page() -> str:
    """Every route: what it needs, takes and answers."""
    parts = [
        "# The HTTP API\n",
        MADE,
        document()["info"]["description"],
        "[openapi.json](openapi.json) says the same for programs; a running service has it at",
        "`/openapi.json`. The client has a method for each operation: [client.md](client.md).",
        "Errors: [errors-service.md](errors-service.md).\n",
        "## Scopes\n",
        table(["scope", "what it allows"], [(f"`{s}`", s.meaning) for s in Scope]),
    ]
    for area in AREAS:
        parts += [f"\n## {area.area.capitalize()}\n", area.meaning]
        for route in area.declared:
            parts += _route(route)
    parts.append("\n## What is sent and answered")
    for name, schema in sorted(document()["components"]["schemas"].items()):
        if schema.get("type") == "object" and schema.get("properties"):
            parts += _struct(name, schema)
    return "\n".join(parts) + "\n"


def errors_page() -> str:
    """Every kind of refusal."""
    rows = [
        (f"`{code}`", str(kind.status), kind.title, kind.meaning) for code, kind in KINDS.items()
    ]
    return "\n".join(
        [
            "# Errors of the service\n",
            MADE,
            "Whatever is refused is answered with `application/problem+json` (RFC 9457):\n",
            '    {"type": "/errors/invalid", "title": "Not valid", "status": 422,',
            '     "code": "invalid", "detail": "`items[3].surface` must be one of ...",',
            '     "field": "items[3].surface", "request": "req_...", "more": {}}\n',
            "`code` never changes; programs decide by it. `detail` names what is wrong and how to",
            "mend it, and never repeats what was sent. `field` is the place in the request.",
            "`request` is in the header `X-Request-Id` and in the service's log too. `type` is the",
            "address of a page of the service about the kind.\n",
            table(["code", "status", "title", "meaning"], rows),
            "\n`rate-limited` and `unavailable` come with the header `Retry-After`, in seconds;",
            "`method-not-allowed` with `Allow`. The client tries again by itself.",
            "",
        ]
    )


def settings_page() -> str:
    """Every setting."""
    hints = typing.get_type_hints(Settings, include_extras=True)
    defaults = Settings()
    rows = []
    for name in Settings.__struct_fields__:
        schema = msgspec.json.schema(hints[name])
        default = getattr(defaults, name)
        shown = "" if default in (None, "") else f"`{str(default).lower()}`"
        rows.append((f"`PORTREEVE_{name.upper()}`", shown, schema["description"]))
    secret = ", ".join(f"`PORTREEVE_{name.upper()}`" for name in SECRETS)
    return "\n".join(
        [
            "# Settings\n",
            MADE,
            "None is needed. Each is given in the environment, or as the same name with `_FILE`",
            "behind it, naming a file that holds the value: the way for secrets.",
            f"Secret are {secret}; they are in no log.\n",
            table(["variable", "default", "meaning"], rows),
            "",
        ]
    )


def events_end() -> str:
    """Every kind of event."""
    rows = [(f"`{type}`", kind.subject, kind.meaning) for type, kind in EVENTS.items()]
    return "\n".join(["\n## Events\n", table(["type", "`subject`", "meaning"], rows), ""])


def table(head: list[str], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [f"| {' | '.join(head)} |", "|" + "--|" * len(head)]
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _route(route: Route) -> list[str]:
    needs = "no key" if route.scope is None else f"`{route.scope}`"
    parts = [
        f"\n### `{route.method} {route.path}`\n",
        f"{route.summary} " + " ".join(route.description.split()),
        f"\nOperation `{route.operation}`; scope: {needs}; "
        f"{_takes(route)}answers {_shown(route.answer)}.",
    ]
    if route.query is not None:
        operation = document()["paths"][route.path][route.method.lower()]
        rows = [
            (f"`{p['name']}`", _kind(p["schema"]), p["description"])
            for p in operation["parameters"]
            if p.get("in") == "query"
        ]
        parts += ["", table(["query", "type", "meaning"], rows)]
    return parts


def _takes(route: Route) -> str:
    return "" if route.body is None else f"takes {_shown(route.body)}; "


def _shown(kind: Any) -> str:
    if kind is None:
        return "nothing"
    arguments = typing.get_args(kind)
    origin = typing.get_origin(kind)
    if origin is not None and arguments and origin is not dict:
        return f"a page of {_shown(arguments[0])}"
    if origin is dict or not issubclass(kind, msgspec.Struct):
        return "text" if hasattr(kind, "media_type") else "an object"
    return f"[{kind.__name__}](#{kind.__name__.lower()})"


def _struct(name: str, schema: dict[str, Any]) -> list[str]:
    if name.startswith("Page_"):
        return []
    required = schema.get("required", [])
    rows = [
        (f"`{field}`" + ("" if field in required else " ?"), _kind(one), one.get("description", ""))
        for field, one in schema["properties"].items()
    ]
    return [
        f"\n### {name}\n",
        schema.get("description", "").split("\n\n")[0] + "\n",
        table(["field", "type", "meaning"], rows),
    ]


def _kind(schema: dict[str, Any]) -> str:
    """A type in few words; ``?`` after a field's name says that it can be left out."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if _has_section(name) else _kind(_component(name))
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return " ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if schema.get("format") == "date-time":
        return "time"
    names = {"string": "text", "integer": "whole number", "boolean": "true or false"}
    return names.get(str(schema.get("type")), str(schema.get("type", "any")))


def _component(name: str) -> dict[str, Any]:
    found: dict[str, Any] = document()["components"]["schemas"][name]
    return found


def _has_section(name: str) -> bool:
    return _component(name).get("type") == "object"

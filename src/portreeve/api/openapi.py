"""The OpenAPI 3.1 document: what the routes declare, and msgspec's own schemas of the structs.

So the document says exactly what the decoders take.
"""

from __future__ import annotations

import functools
import inspect
import re
from typing import Any

import msgspec

from portreeve.api.routes import Route
from portreeve.api.table import AREAS, ROUTES
from portreeve.http.schema import Json, schemas_of
from portreeve.http.version import VERSION
from portreeve.schemas.access import NAME, Scope
from portreeve.schemas.errors import Problem
from portreeve.service.errors import KINDS

_REFERENCE = "#/components/schemas/{name}"
_DOCTEST = re.compile(r"\n\s*>>>.*", re.DOTALL)
_INTRODUCTION = """\
Portreeve decides what may appear on a social network, under a written policy, and says why.

Every call but the public ones needs an API key: `Authorization: Bearer ptr_...`. A key has scopes;
each operation names the one it needs. A key with the scope `on-behalf` acts for the person in the
header `Portreeve-Actor`.

Send an `Idempotency-Key` with whatever changes something: sent again with the same key within 24
hours, a request is not done again, and its answer is given again. Screening needs none: the same
item with the same content has the same decision.

Whatever is refused is answered with `application/problem+json`: `code` for programs, `field` for
the place in the request, `detail` for what is wrong and how to mend it. Lists come in pages: give
`next` as `cursor`.
"""


@functools.cache
def document() -> Json:
    """The document, as JSON values."""
    kinds: list[Any] = [Problem]
    for route in ROUTES:
        kinds += [kind for kind in (route.body, route.query, route.answer) if _is_schema(kind)]
    schemas, components = schemas_of(kinds, _REFERENCE)
    by_kind = dict(zip(kinds, schemas, strict=True))
    used = {name: _tidy(schema) for name, schema in components.items()}
    queries = {_component(by_kind[route.query]) for route in ROUTES if route.query is not None}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Portreeve",
            "version": VERSION,
            "description": _INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": area.area, "description": area.meaning} for area in AREAS],
        "paths": _paths(by_kind, used),
        "components": {
            "schemas": {name: schema for name, schema in used.items() if name not in queries},
            "parameters": {"IdempotencyKey": _IDEMPOTENCY_KEY, "Actor": _ACTOR},
            "responses": {
                str(status): _refusal(status)
                for status in sorted({kind.status for kind in KINDS.values()})
            },
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "an API key, ptr_...",
                }
            },
        },
        "x-scopes": {scope.value: scope.meaning for scope in Scope},
    }


def encoded() -> bytes:
    """The document as it stands in ``docs/openapi.json``."""
    return msgspec.json.format(msgspec.json.encode(document()), indent=1) + b"\n"


def _paths(by_kind: dict[Any, Json], components: Json) -> Json:
    paths: Json = {}
    for route in ROUTES:
        operation = _operation(route, by_kind, components)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return paths


def _operation(route: Route, by_kind: dict[Any, Json], components: Json) -> Json:
    operation: Json = {
        "operationId": route.operation,
        "tags": [route.area],
        "summary": route.summary,
        "security": [] if route.scope is None else [{"key": []}],
        "parameters": [
            *[_place(name) for name in route.places],
            *([] if route.query is None else _query(components[_component(by_kind[route.query])])),
            *([_shared("IdempotencyKey")] if route.changes and not _repeats(route) else []),
            *([] if route.scope is None else [_shared("Actor")]),
        ],
        "responses": {
            str(route.status): _success(route, by_kind),
            **{
                str(status): {"$ref": f"#/components/responses/{status}"}
                for status in _statuses(route)
            },
        },
    }
    if route.description:
        operation["description"] = route.description
    if route.scope is not None:
        operation["x-scope"] = route.scope.value
    if route.body is not None:
        content = {"application/json": {"schema": by_kind[route.body]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _repeats(route: Route) -> bool:
    """Whether repeating it is safe by itself: screening is."""
    return inspect.iscoroutinefunction(route.function)


def _success(route: Route, by_kind: dict[Any, Json]) -> Json:
    if route.answer is None:
        return {"description": "Done."}
    if route.plain is not None:
        content: Json = {route.plain: {"schema": {"type": "string"}}}
    else:
        content = {"application/json": {"schema": by_kind[route.answer]}}
    return {"description": "The answer.", "content": content}


def _statuses(route: Route) -> list[int]:
    """The statuses with which a route may refuse."""
    found = {400, 422, 500, 503}
    if route.scope is not None:
        found |= {401, 403, 413, 429}
    if route.places:
        found.add(404)
    if route.body is not None:
        found.add(415)
    if route.changes or route.scope is not None:
        found |= {404, 409, 410}
    if _repeats(route) and route.changes:
        found.add(504)
    return sorted(found)


def _refusal(status: int) -> Json:
    codes = ", ".join(f"`{code}`" for code, kind in KINDS.items() if kind.status == status)
    return {
        "description": f"Refused: {codes}.",
        "content": {
            "application/problem+json": {"schema": {"$ref": _REFERENCE.format(name="Problem")}}
        },
    }


def _shared(name: str) -> Json:
    return {"$ref": f"#/components/parameters/{name}"}


def _place(name: str) -> Json:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": "percent-encoded; any characters",
        "schema": {"type": "string", "minLength": 1},
    }


def _query(schema: Json) -> list[Json]:
    """The fields of a query's struct as parameters."""
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": field.get("description", ""),
            "schema": _without_null({k: v for k, v in field.items() if k != "description"}),
        }
        for name, field in schema["properties"].items()
    ]


def _without_null(schema: Json) -> Json:
    """A query has no null: a part is there or not."""
    choices = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    if not choices:
        return schema
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


_IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "a random UUID: sent again with it, the request is not done again",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_ACTOR: Json = {
    "name": "Portreeve-Actor",
    "in": "header",
    "required": False,
    "description": "the person in whose name the key acts; needs the scope `on-behalf`",
    "schema": {"type": "string", "pattern": NAME},
}


def _is_schema(kind: Any) -> bool:
    return kind is not None and not hasattr(kind, "media_type")


def _component(schema: Json) -> str:
    """The name of the component that a schema refers to."""
    return str(schema["$ref"]).rpartition("/")[2]


def _tidy(schema: Json) -> Json:
    """A schema whose description has no doctest in it."""
    words = schema.get("description")
    if words is None:
        return schema
    return {**schema, "description": inspect.cleandoc(_DOCTEST.sub("", words)).strip()}

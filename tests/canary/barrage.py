"""Requests with a canary in every place that a request has, made from the OpenAPI document."""

from __future__ import annotations

import copy
import http.client
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from faults.process import Service
from portreeve.api import openapi

CHAT = "别告诉别人 tell nobody"
"""What every canary is followed by, as in a chat."""

SEVERAL = ("x-chat", "cookie", "user-agent", "referer", "accept-language", "tracestate", "baggage",
           "traceparent", "x-request-id", "forwarded", "origin")  # fmt: skip
"""Headers that no request is refused for."""

ONE_BY_ONE = ("authorization", "content-type", "portreeve-actor", "idempotency-key", "accept")
UNKNOWN = ("message", "content", "chat", "secret_text")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass
class Canaries:
    """The canaries that were sent, and where each was put."""

    where: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    """What each place's request was answered."""

    def new(self, where: str) -> str:
        """A canary for a place; the place is named as ``operation.field`` where it is known, and
        with ``!`` where nothing should be."""
        word = f"canary{secrets.token_hex(6)}"
        self.where[word] = where
        return word

    def places(self, words: set[str]) -> set[str]:
        """Where these were put."""
        return {self.where[word] for word in words}


@dataclass(frozen=True)
class Operation:
    """A method on an address, with a body that is taken and names of what is there."""

    name: str
    method: str
    path: str
    places: Mapping[str, str]
    query: list[str]
    leaves: list[tuple[str, ...]]
    """Paths to every text in the body; ``[]`` is the first of a list, ``{}`` any key."""
    body: Any


def operations(
    bodies: Mapping[str, Any], places: Mapping[str, Mapping[str, str]]
) -> list[Operation]:
    """Every operation of the document; each with a body must have one in ``bodies``."""
    document = openapi.document()
    schemas = document["components"]["schemas"]
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            name = operation["operationId"]
            given = [_resolved(one, document) for one in operation.get("parameters", [])]
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            found.append(
                Operation(
                    name=name,
                    method=method.upper(),
                    path=path,
                    places={p["name"]: "x" for p in given if p["in"] == "path"}
                    | dict(places.get(name, {})),
                    query=[p["name"] for p in given if p["in"] == "query"],
                    leaves=[] if schema is None else list(_leaves(schema, schemas)),
                    body=None if schema is None else bodies[name],
                )
            )
    return found


def fire(service: Service, canaries: Canaries, operation: Operation) -> None:
    """Send an operation with a canary in each of its places, one request for each."""
    gun = _Gun(service, canaries, operation)
    for place in operation.places:
        gun.path(place)
    for leaf in operation.leaves:
        gun.leaf(leaf)
    if operation.body is not None:
        gun.strange_bodies()
    gun.queries()
    gun.headers()
    gun.methods()


class _Gun:
    def __init__(self, service: Service, canaries: Canaries, operation: Operation) -> None:
        self._service = service
        self._canaries = canaries
        self._operation = operation
        self._path = operation.path
        for name, value in operation.places.items():
            self._path = self._path.replace("{" + name + "}", quote(value, safe=""))

    def path(self, place: str) -> None:
        where = f"{self._operation.name}/{place}"
        text = quote(f"{self._canaries.new(where)} {CHAT}", safe="")
        path = self._operation.path
        for name, value in self._operation.places.items():
            path = path.replace("{" + name + "}", text if name == place else quote(value, safe=""))
        self._send(where, path=path, body=self._operation.body)

    def leaf(self, leaf: tuple[str, ...]) -> None:
        where = ".".join([self._operation.name, *leaf]).replace(".[]", "[]").replace(".{}", "{}")
        text = f"{self._canaries.new(where)} {CHAT}"
        body = _with(self._operation.body, leaf, text)
        item = {"screen": leaf[:0], "screen_batch": leaf[:2]}.get(self._operation.name)
        if item is not None and leaf[-1] != "id":
            # what is sent again unchanged is not written, and an item stays one account's
            body = _with(body, (*item, "id"), secrets.token_hex(8))
        self._send(where, body=body, once=True)

    def strange_bodies(self) -> None:
        name, body = self._operation.name, self._operation.body
        for unknown in UNKNOWN:
            where = f"{name}!{unknown}"
            self._send(where, body={**body, unknown: f"{self._canaries.new(where)} {CHAT}"})
        for at, value in body.items():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                where = f"{name}!{at}[].chat"
                inner = {**value[0], "chat": f"{self._canaries.new(where)} {CHAT}"}
                self._send(where, body={**body, at: [inner]})
        where = f"{name}!key"
        self._send(where, body={**body, self._canaries.new(where): CHAT})
        where = f"{name}!text"
        self._send(where, body=self._canaries.new(where))
        where = f"{name}!torn"
        self._send(where, raw=b'{"text": "' + self._canaries.new(where).encode())
        where = f"{name}!bytes"
        self._send(where, raw=b'{"text": "\xff' + self._canaries.new(where).encode() + b'"}')

    def queries(self) -> None:
        name = self._operation.name
        for query in self._operation.query:
            where = f"{name}?{query}"
            text = quote(f"{self._canaries.new(where)} {CHAT}")
            self._send(where, path=f"{self._path}?{query}={text}", body=self._operation.body)
        where = f"{name}!?unknown"
        query = f"?chat={self._canaries.new(where)}&{self._canaries.new(where)}=x"
        self._send(where, path=self._path + query, body=self._operation.body)

    def headers(self) -> None:
        name = self._operation.name
        several = {
            header: f"{self._canaries.new(f'{name}!header {header}')} tell nobody"
            for header in SEVERAL
        }
        self._send(f"{name}!headers", body=self._operation.body, headers=several)
        for header in ONE_BY_ONE:
            where = f"{name}!header {header}"
            text = f"{self._canaries.new(where)} tell nobody"
            given = f"Bearer {text}" if header == "authorization" else text
            self._send(where, body=self._operation.body, headers={header: given})

    def methods(self) -> None:
        for method in METHODS:
            if method.lower() not in openapi.document()["paths"][self._operation.path]:
                where = f"{self._operation.name}!{method}"
                text = f"{self._canaries.new(where)} {CHAT}"
                self._send(where, method=method, body={"text": text, "surface": "private_chat"})

    def _send(
        self,
        where: str,
        *,
        method: str | None = None,
        path: str | None = None,
        body: Any = None,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        once: bool = False,
    ) -> None:
        data = raw if raw is not None else (None if body is None else json.dumps(body).encode())
        given = {"authorization": f"Bearer {self._service.key}"}
        if data is not None:
            given["content-type"] = "application/json"
        if once:
            given["idempotency-key"] = secrets.token_hex(8)
        connection = http.client.HTTPConnection("127.0.0.1", self._service.port, timeout=60)
        try:
            connection.request(
                method or self._operation.method,
                path or self._path,
                data,
                {**given, **(headers or {})},
            )
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        self._canaries.statuses[where] = answer.status


def _resolved(one: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    for step in one["$ref"].split("/")[1:] if "$ref" in one else ():
        document = document[step]
    return document if "$ref" in one else one


def _leaves(
    schema: dict[str, Any], schemas: dict[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    if len(path) > 6:
        return
    if "$ref" in schema:
        yield from _leaves(schemas[schema["$ref"].rpartition("/")[2]], schemas, path)
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _leaves(choice, schemas, path)
    kind = schema.get("type")
    if kind == "object":
        for name, inner in schema.get("properties", {}).items():
            yield from _leaves(inner, schemas, (*path, name))
        if "additionalProperties" in schema and schema["additionalProperties"] is not False:
            yield (*path, "{}")
    elif kind == "array":
        yield from _leaves(schema.get("items", {}), schemas, (*path, "[]"))
    elif kind == "string" or "enum" in schema:
        yield path


def _with(body: Any, leaf: tuple[str, ...], text: str) -> Any:
    """A body with a text in one place."""
    made = copy.deepcopy(body)
    if not leaf:
        return text
    at, *rest = leaf
    if at == "[]":
        return [_with(made[0] if made else {}, tuple(rest), text)]
    inner = (made or {}).get(at)
    if at == "{}":
        return {**(made or {}), "note": text}
    return {**(made or {}), at: _with(inner, tuple(rest), text)}

"""Whatever goes wrong becomes a problem that names the field and the remedy, and no content."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.http.schema import schemas_of
from portreeve.http.wrong_values import half_a_character, unstorable
from portreeve.model import SealedSurfaceError
from portreeve.schemas.errors import Problem
from portreeve.service.errors import ServiceError
from portreeve.service.worker import place
from portreeve.store import StoreLimitError, StoreUnavailableError

CONTENT_TYPE = b"application/problem+json"

UNSTORABLE = (sa.exc.DataError, OverflowError, StoreLimitError)
"""What is raised when a value of a request cannot be stored or reckoned with."""

_log = logging.getLogger("portreeve.http")
_PLACE = re.compile(r" - at `(?:key in )?\$(?P<path>.*)`$")
_IDENTIFIER = re.compile(r"[a-z_]{1,40}")
_UNKNOWN = re.compile(r"^Object contains unknown field `(.*)`$", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(.*)`$")
_EXPECTED = re.compile(r"^Expected `([^`]*)`(.*)$", re.DOTALL)
_NAMES = {
    "int": "a whole number", "float": "a number", "str": "text", "bool": "true or false",
    "array": "a list", "object": "an object", "null": "null", "datetime": "a time (RFC 3339)",
    "bytes": "text in base64",
}  # fmt: skip


def refusal(error: Exception) -> ServiceError:
    """What to say of an error, whatever it is; what nobody expected is logged by kind and place."""
    if isinstance(error, ServiceError):
        return error
    if isinstance(error, StoreUnavailableError):
        return ServiceError(
            "unavailable", "The database does not answer. Nothing was written; try again."
        )
    if isinstance(error, UNSTORABLE):
        return unstorable({})
    facts = {"error": type(error).__name__, "place": place(error)}
    _log.error("unexpected error", extra={"facts": facts})
    return ServiceError(
        "internal", "Something failed that should not. The service's log has it under `request`."
    )


def problem(error: ServiceError, request: str | None) -> Problem:
    """A refusal as it is sent."""
    return Problem(
        type=f"/errors/{error.code}",
        title=error.kind.title,
        status=error.kind.status,
        code=error.code,
        detail=error.detail,
        field=error.field,
        request=request,
        more=dict(error.more),
    )


def unreadable(
    error: msgspec.DecodeError | UnicodeDecodeError | RecursionError, body: bytes
) -> ServiceError:
    """The body is not JSON that can be read."""
    if isinstance(error, RecursionError):
        return ServiceError("bad-request", "The body is nested too deeply. Send what is asked for.")
    if isinstance(error, UnicodeDecodeError):
        return ServiceError("bad-request", "The body is not UTF-8. Send JSON in UTF-8.")
    half = half_a_character(body)
    if half is not None:
        return half
    at = re.search(r"\(byte (\d+)\)", str(error))
    where = f" at byte {at[1]}" if at else ": it ends too early"
    return ServiceError("bad-request", f"The body is not JSON{where}. Send one JSON value.")


def invalid(error: msgspec.ValidationError, kind: Any) -> ServiceError:
    """What msgspec refuses, in words: field and remedy. ``kind`` is the type that was wanted."""
    message = str(error)
    at = _PLACE.search(message)
    path = "" if at is None else _field(at["path"])
    said = message if at is None else message[: at.start()]
    if isinstance(error.__cause__, SealedSurfaceError):
        return ServiceError("sealed-surface", str(error.__cause__), field=path or None)
    unknown = _UNKNOWN.match(said)
    if unknown is not None:
        return _unknown(unknown[1], path, kind)
    missing = _MISSING.match(said)
    if missing is not None:
        field = _joined(path, missing[1])
        return ServiceError("invalid", f"`{field}` is missing. Give it.", field=field)
    subject = f"`{path}`" if path else "The body"
    return ServiceError("invalid", f"{subject} {_remedy(said, path, kind)}", field=path or None)


def _field(path: str) -> str:
    return path.removeprefix(".").replace("[...]", "[]")


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _unknown(name: str, path: str, kind: Any) -> ServiceError:
    """A field that is not known; it is named only if it looks like a name."""
    known = _fields_at(kind, path)
    listed = f" It takes {', '.join(f'`{field}`' for field in known)}." if known else ""
    if _IDENTIFIER.fullmatch(name):
        field = _joined(path, name)
        return ServiceError(
            "invalid", f"`{field}` is not known. Leave it out.{listed}", field=field
        )
    where = f"`{path}` has" if path else "The body has"
    return ServiceError(
        "invalid", f"{where} a field that is not known. Leave it out.{listed}", field=path or None
    )


def _remedy(said: str, path: str, kind: Any) -> str:
    expected = _EXPECTED.match(said)
    if expected is not None:
        kinds = " or ".join(
            _NAMES.get(part.strip(), part.strip()) for part in expected[1].split("|")
        )
        rest = expected[2].partition(", got ")[0].replace("`", "")
        if "matching regex" in rest:
            return f"has another form than it must: {_described(kind, path)}."
        return f"must be {kinds}{rest}."
    if said.startswith("Invalid enum value"):
        values = _values_at(kind, path)
        return (
            f"must be one of {', '.join(values)}." if values else "has a value that is not known."
        )
    if said.startswith("Invalid RFC3339"):
        return "must be a time such as 2014-06-01T00:00:00+08:00."
    if said.startswith("Invalid base64"):
        return "must be text in base64."
    return "has a value that is not taken."


def _described(kind: Any, path: str) -> str:
    """The words of the description of a field; its pattern where it has none."""
    schema = _schema_at(kind, path)
    return str(schema.get("description") or schema.get("pattern") or "see /openapi.json")


def _values_at(kind: Any, path: str) -> list[str]:
    return [str(value) for value in _schema_at(kind, path).get("enum", [])]


def _fields_at(kind: Any, path: str) -> list[str]:
    return sorted(_schema_at(kind, path).get("properties", {}))


def _schema_at(kind: Any, path: str) -> dict[str, Any]:
    """The JSON schema of a field, found by its path; empty when it cannot be found."""
    (schema,), components = schemas_of([kind], "{name}")
    for step in ["", *re.findall(r"\w+|\[[^\]]*\]", path)]:
        if step.startswith("["):
            schema = schema.get("items") or schema.get("additionalProperties") or {}
        elif step:
            schema = schema.get("properties", {}).get(step, {})
        schema = _resolved(schema if isinstance(schema, dict) else {}, components)
    return schema


def _resolved(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """A schema without references, and without the choice of null."""
    while True:
        if "$ref" in schema:
            schema = {**components[schema["$ref"]], **_own_words(schema)}
        elif "anyOf" in schema:
            choices = [one for one in schema["anyOf"] if one.get("type") != "null"]
            schema = {**choices[0], **_own_words(schema)}
        else:
            return schema


def _own_words(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": schema["description"]} if "description" in schema else {}


def encode(found: Problem) -> bytes:
    """A problem as JSON; further facts that JSON does not know become text."""
    return json.dumps(msgspec.to_builtins(found), default=str, ensure_ascii=False).encode(
        "utf-8", "replace"
    )

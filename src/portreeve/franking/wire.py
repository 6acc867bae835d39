"""Structs as JSON: bytes as base64url without padding, and nothing that is not expected.

The checks are our own, and not those of a typed decoder: its messages quote the names of unknown
fields, which whoever sends a report chooses.
"""

from __future__ import annotations

import base64
import binascii
import typing
from typing import Annotated, Any, TypeVar

import msgspec

from portreeve.franking.refusals import REPORT_BYTES, FrankingError, Refusal

S = TypeVar("S", bound=msgspec.Struct)


def to_base64url(data: bytes) -> str:
    """
    >>> to_base64url(b"\\xff\\xfe")
    '__4'
    """
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: Any, field: str) -> bytes:
    """The bytes of a text that :func:`to_base64url` can have made.

    Decoders overlook stray letters and the unused bits of the last one, so that many texts would
    stand for the same bytes; here only one does.
    """
    if not isinstance(text, str):
        raise FrankingError(Refusal.wrong_type, field)
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise FrankingError(Refusal.wrong_encoding, field) from None
    if to_base64url(data) != text:
        raise FrankingError(Refusal.wrong_encoding, field)
    return data


def to_json(value: msgspec.Struct) -> bytes:
    """A struct as one line of JSON in UTF-8."""
    return msgspec.json.encode(_texts(msgspec.to_builtins(value, builtin_types=(bytes,))))


def _texts(value: Any) -> Any:
    match value:
        case bytes():
            return to_base64url(value)
        case dict():
            return {name: _texts(part) for name, part in value.items()}
        case list():
            return [_texts(part) for part in value]
    return value


def from_json(data: bytes, kind: type[S], field: str) -> S:
    """A struct from JSON; ``field`` is what errors call the whole.

    Raises:
        FrankingError: too large, not JSON, or not exactly the fields and types of ``kind``.
    """
    if len(data) > REPORT_BYTES:
        raise FrankingError(Refusal.too_large, field)
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise FrankingError(Refusal.not_json, field) from None
    return _struct(found, kind, field, inside="")


def _struct(found: Any, kind: type[S], field: str, inside: str) -> S:
    """``field`` names the struct itself, ``inside`` is what the names of its fields begin with."""
    if not isinstance(found, dict):
        raise FrankingError(Refusal.wrong_type, field)
    known = msgspec.structs.fields(kind)
    if found.keys() - {f.name for f in known}:
        raise FrankingError(Refusal.unknown_field, field)
    values = {}
    for f in known:
        if f.name in found:
            values[f.name] = _value(found[f.name], f.type, inside + f.name)
        elif f.required:
            raise FrankingError(Refusal.missing_field, inside + f.name)
    return kind(**values)


def _value(found: Any, hint: Any, field: str) -> Any:
    if typing.get_origin(hint) is Annotated:
        hint = typing.get_args(hint)[0]
    if hint is bytes:
        return from_base64url(found, field)
    if typing.get_origin(hint) is list:
        if not isinstance(found, list):
            raise FrankingError(Refusal.wrong_type, field)
        return [_value(part, typing.get_args(hint)[0], field) for part in found]
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _struct(found, hint, field, inside=f"{field}.")
    try:
        return msgspec.convert(found, hint)
    except msgspec.ValidationError:
        raise FrankingError(Refusal.wrong_type, field) from None

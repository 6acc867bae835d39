"""What a browser sends, as structs: the query of an address, and the fields of a form."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import msgspec

from portreeve.console import uploads
from portreeve.http import problems
from portreeve.service.errors import ServiceError

CSRF_FIELD = "csrf"
_FORM = b"application/x-www-form-urlencoded"
_MOST_FIELDS = 2_000


def fields(body: bytes, content_type: bytes, *, files: bool = False) -> dict[str, list[str]]:
    """The fields of a form, each with its values. ``files``: it may send some.

    Raises:
        ServiceError: ``unsupported``, when it is no form; ``bad-request``, when it cannot be read.
    """
    if not body:
        return {}
    kind = content_type.partition(b";")[0].strip().lower()
    if files and kind == uploads.MULTIPART:
        return uploads.fields(body, content_type)
    if kind != _FORM:
        raise ServiceError("unsupported", "The body must be a form. Send it as a page's form does.")
    return values_of(body)


def values_of(encoded: bytes) -> dict[str, list[str]]:
    """Names and values of a query or a form.

    >>> values_of(b"a=1&a=2&b=%E5%8D%96")
    {'a': ['1', '2'], 'b': ['卖']}

    Raises:
        ServiceError: ``bad-request``, when it is not UTF-8 or has thousands of fields.
    """
    found: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(
            encoded.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise ServiceError(
            "bad-request", "What was sent is no form in UTF-8. Go back and try again."
        ) from None
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def struct(given: dict[str, list[str]], kind: type[msgspec.Struct]) -> Any:
    """The struct that fields make. A field that was left empty counts as not given, a line ends
    as in text files, and a name that the struct does not know is left out: links carry marks of
    their own.

    >>> class Wanted(msgspec.Struct):
    ...     limit: int = 10
    ...     rules: list[str] = []
    ...     mine: bool = False
    >>> struct({"limit": [""], "rules": ["a", "b"], "mine": ["on"], "other": ["x"]}, Wanted)
    Wanted(limit=10, rules=['a', 'b'], mine=True)

    Raises:
        ServiceError: ``invalid``, naming the field and the remedy.
    """
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    values: dict[str, Any] = {}
    for field in info.fields:
        found = given.get(field.encode_name)
        if found is None:
            continue
        if _is(field.type, msgspec.inspect.ListType):
            values[field.encode_name] = [_text(one) for one in found if one]
        elif _is(field.type, msgspec.inspect.BoolType):
            values[field.encode_name] = found[-1] in ("on", "true", "1", "yes")
        elif found[-1] or (field.required and _is(field.type, msgspec.inspect.StrType)):
            values[field.encode_name] = _text(found[-1])
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise problems.invalid(error, kind) from None


def _text(value: str) -> str:
    return value.replace("\r\n", "\n")


def _is(kind: msgspec.inspect.Type, wanted: type[msgspec.inspect.Type]) -> bool:
    """Whether a type is of a kind, or may be left out and is."""
    if isinstance(kind, msgspec.inspect.UnionType):
        return any(isinstance(one, wanted) for one in kind.types)
    return isinstance(kind, wanted)

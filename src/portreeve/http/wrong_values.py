"""Which value of a request it is that nothing can be done with, once something went wrong with it.

These are looked for only then, so that what is well costs nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from portreeve.service.errors import ServiceError, time_beyond
from portreeve.store import in_utc

_MARGIN = timedelta(days=366)
"""So near the ends of the calendar a time may be stored and yet not be reckoned with."""

_NAME = re.compile(r"[A-Za-z_]{1,40}(\[\d+\])*")
_HALF = re.compile("[\ud800-\udfff]")
_LARGEST = 2**63


def unstorable(given: Mapping[str, Any]) -> ServiceError:
    """What to say of a request that the store or the calendar cannot take.

    ``given``: the body as ``body``, the query as ``query``, and the parts of the path.
    """
    for path, value in _leaves(given):
        if isinstance(value, datetime):
            if in_utc(value, margin=_MARGIN) is None:
                return time_beyond(_field(path))
        elif isinstance(value, str):
            if "\x00" in value:
                return _wrong(path, "has the character U+0000. Leave it out.")
        elif isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
            return _wrong(path, f"is a number beyond {_LARGEST - 1}. Give a smaller one.")
    return ServiceError(
        "invalid",
        "A value cannot be stored: a text with the character U+0000, a name of thousands of "
        "letters, or a number that is too large. Leave it out.",
    )


def half_a_character(body: bytes) -> ServiceError | None:
    """What to say of a body with half a character, which JSON can write and no text can hold; None
    when that is not what is wrong with it."""
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        return None
    for path, value in _leaves({"body": whole}):
        if isinstance(value, str) and _HALF.search(value):
            return _wrong(
                path,
                "has half a character: an escape from \\ud800 to \\udfff without its other half. "
                "Leave it out, or send the whole character.",
            )
    return None


def _wrong(path: Sequence[str], remedy: str) -> ServiceError:
    field = _field(path)
    subject = f"`{field}`" if field else "A value"
    return ServiceError("invalid", f"{subject} {remedy}", field=field or None)


def _field(path: Sequence[str]) -> str:
    """A path as it is named; nothing beyond the first part that does not look like a name, for it
    may be what somebody wrote."""
    parts = list(path[1:] if path[0] in ("body", "query") else path)
    named = [_NAME.fullmatch(part) is not None for part in parts]
    return ".".join(parts[: named.index(False)] if False in named else parts)


def _leaves(whole: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value with its path, without recursion, for it may be nested deeply; the names in an
    object come as values too."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), whole)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, msgspec.Struct):
            value = {name: getattr(value, name) for name in value.__struct_fields__}
        if isinstance(value, Mapping):
            yield from ((path, name) for name in value if path)
            waiting.extend(((*path, str(name)), one) for name, one in value.items())
        elif isinstance(value, list | tuple):
            *before, last = path
            waiting.extend(((*before, f"{last}[{at}]"), one) for at, one in enumerate(value))
        else:
            yield path, value

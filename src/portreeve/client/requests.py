"""What both clients do alike: how a request looks, what an answer is, when to try again."""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from portreeve.client.errors import PortreeveError, from_answer

T = TypeVar("T")
DEFAULT_URL = "http://127.0.0.1:8014"
_RETRIED = frozenset({429, 502, 503})
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0
_LONGEST_ASKED = 60.0


@dataclass(frozen=True)
class Options:
    """How a client asks.

    >>> Options.of("http://127.0.0.1:8014", "ptr_...", None, retries=4)
    Options(url='http://127.0.0.1:8014', actor=None, retries=4)
    """

    url: str
    key: str | None = field(repr=False)
    actor: str | None
    retries: int

    @classmethod
    def of(cls, url: str | None, key: str | None, actor: str | None, retries: int) -> Options:
        """What is not given comes from the environment."""
        address = url or os.environ.get("PORTREEVE_URL") or DEFAULT_URL
        return cls(address.rstrip("/"), key or _key_of(os.environ), actor, retries)

    def acting_for(self, actor: str | None) -> Options:
        """The same, in the name of somebody."""
        return replace(self, actor=actor)


@dataclass(frozen=True)
class Asked:
    """A request, ready to be sent as often as it needs."""

    method: str
    url: str
    params: dict[str, Any]
    headers: dict[str, str] = field(repr=False)
    content: bytes | None = field(repr=False)


def asked(
    options: Options,
    method: str,
    path: str,
    query: msgspec.Struct | None,
    body: msgspec.Struct | None,
) -> Asked:
    """A request. One that changes something gets an idempotency key, so that it can be repeated."""
    headers = {"Accept": "application/json"}
    if options.key is not None:
        headers["Authorization"] = f"Bearer {options.key}"
    if options.actor is not None:
        headers["Portreeve-Actor"] = options.actor
    if method != "GET":
        headers["Idempotency-Key"] = str(uuid.uuid4())
    content = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        content = msgspec.json.encode(body)
    params = {} if query is None else msgspec.to_builtins(query)
    return Asked(
        method=method,
        url=options.url + path,
        params={name: value for name, value in params.items() if value is not None},
        headers=headers,
        content=content,
    )


def answered(response: httpx.Response, answer: type[T]) -> T:
    """The answer, as the type it has: a struct, ``bytes`` as it came, or None.

    Raises:
        PortreeveError: the service refused, or answered something else.
    """
    if not response.is_success:
        raise from_answer(response.status_code, response.content)
    if answer is NoneType:
        return None  # type: ignore[return-value]
    if answer is bytes:
        return response.content  # type: ignore[return-value]
    try:
        return msgspec.json.decode(response.content, type=answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise PortreeveError(
            response.status_code, "unknown", "The answer is not one of Portreeve's."
        ) from None


def pause(tries: int, retries: int, response: httpx.Response | None) -> float | None:
    """How many seconds to wait after so many tries before the next; None: no more tries.

    ``response`` is None when none came.
    """
    if tries > retries or (response is not None and response.status_code not in _RETRIED):
        return None
    wait: float = min(_FIRST_PAUSE * 2.0 ** (tries - 1), _LONGEST_PAUSE)
    wait *= random.uniform(0.5, 1.5)
    after = "" if response is None else response.headers.get("retry-after", "")
    return max(wait, min(float(after), _LONGEST_ASKED)) if after.isdigit() else wait


def part(value: str | int) -> str:
    """A part of a path, encoded. Dots alone are too: they would be steps within the path.

    >>> part("at://a/b"), part("..")
    ('at%3A%2F%2Fa%2Fb', '%2E%2E')
    """
    text = str(value)
    return text.replace(".", "%2E") if text in (".", "..") else quote(text, safe="")


def _key_of(environment: Mapping[str, str]) -> str | None:
    if "PORTREEVE_KEY_FILE" in environment:
        return Path(environment["PORTREEVE_KEY_FILE"]).read_text().strip()
    return environment.get("PORTREEVE_KEY")

"""What goes wrong between client and service."""

from __future__ import annotations

from typing import Any

import msgspec

from portreeve.schemas.errors import Problem


class PortreeveError(Exception):
    """The service refused. ``code`` is for programs, ``detail`` says what is wrong and the remedy.

    >>> error = PortreeveError(422, "invalid", "`days` is 0. Give 1 or more.", field="days")
    >>> str(error)
    'invalid: `days` is 0. Give 1 or more.'
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        request: str | None = None,
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        """HTTP status; 0 when no answer came."""
        self.code = code
        self.detail = detail
        self.field = field
        """The place in the request, such as ``items[3].surface``."""
        self.request = request
        """The request's id in the service's log."""
        self.more = more or {}
        """Further facts."""


class UnreachableError(PortreeveError):
    """No answer came, however often it was tried."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(0, "unreachable", f"{url} does not answer ({reason}). Does it run there?")


def from_answer(status: int, body: bytes) -> PortreeveError:
    """The error that an answer says."""
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return PortreeveError(
            status, "unknown", f"The answer has status {status} and is not from Portreeve."
        )
    return PortreeveError(
        status,
        problem.code,
        problem.detail,
        field=problem.field,
        request=problem.request,
        more=problem.more,
    )

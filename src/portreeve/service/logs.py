"""Structured logs: one JSON object a line, on standard error, without content and without secrets.

A line has the time, the severity, what happened in fixed words, and facts: ids, numbers, names of
routes and keys. An error is named by its kind and its place in the code, never by its words, which
may hold what somebody wrote. Of other packages only the name and the kind of error are logged.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec

from portreeve.service.worker import place

_OWN = "portreeve"


class JsonLines(logging.Formatter):
    """A record as one line of JSON.

    >>> record = logging.LogRecord("portreeve.api", 20, "a.py", 1, "request", None, None)
    >>> record.created, record.facts = 1_401_580_800.0, {"ms": 3}
    >>> JsonLines().format(record)
    '{"time":"2014-06-01T00:00:00Z","level":"info","event":"request","ms":3}'
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "event": str(record.msg) if _is_own(record.name) else f"log of {record.name}",
        }
        line |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line |= {"error": type(error).__name__, "place": place(error)}
        return msgspec.json.encode(line, enc_hook=str).decode()


def configure(level: str, stream: TextIO | None = None) -> None:
    """Log in this way from now on; ``level`` is the least severity of the service's own lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(_OWN).setLevel(level.upper())


def _is_own(name: str) -> bool:
    return name == _OWN or name.startswith(_OWN + ".")

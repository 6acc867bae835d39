"""Forms with files (multipart/form-data, RFC 7578), as browsers send them."""

from __future__ import annotations

import base64
import re

from portreeve.service.errors import ServiceError

MULTIPART = b"multipart/form-data"

_BOUNDARY = re.compile(rb';\s*boundary="?([0-9A-Za-z\'()+_,./:=? -]{1,70})"?', re.IGNORECASE)
_NAME = re.compile(rb'^content-disposition:\s*form-data;.*?\bname="([^"]*)"', re.IGNORECASE)
_FILE = re.compile(rb'^content-disposition:.*?\bfilename="([^"]*)"', re.IGNORECASE)
_MOST_PARTS = 100


def fields(body: bytes, content_type: bytes) -> dict[str, list[str]]:
    """The fields of such a form, each with its values. A file is in base64, as the bytes of a
    struct are read; one that was not chosen is left out.

    >>> body = b'--x\\r\\nContent-Disposition: form-data; name="a"\\r\\n\\r\\n1\\r\\n--x--\\r\\n'
    >>> fields(body, b"multipart/form-data; boundary=x")
    {'a': ['1']}

    Raises:
        ServiceError: ``bad-request``, when it cannot be read.
    """
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise _unreadable()
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary[1].rstrip(b" "))
    if len(pieces) < 2 or not pieces[-1].startswith(b"--") or len(pieces) > _MOST_PARTS:
        raise _unreadable()
    found: dict[str, list[str]] = {}
    for piece in pieces[1:-1]:
        name, value = _part(piece)
        if value is not None:
            found.setdefault(name, []).append(value)
    return found


def _part(piece: bytes) -> tuple[str, str | None]:
    """The name and the value of a part; None for a file that was not chosen."""
    head, between, data = piece.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    named = [match for line in lines if (match := _NAME.match(line))]
    if not between or len(named) != 1:
        raise _unreadable()
    files = [match for line in lines if (match := _FILE.match(line))]
    try:
        name = named[0][1].decode()
        if not files:
            return name, data.decode()
    except UnicodeDecodeError:
        raise _unreadable() from None
    if not files[0][1] and not data:
        return name, None
    return name, base64.b64encode(data).decode()


def _unreadable() -> ServiceError:
    return ServiceError("bad-request", "What was sent is no form that can be read. Try again.")

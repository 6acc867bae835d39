"""What the pages about signing in share: where somebody comes from, and what a session begins."""

from __future__ import annotations

from portreeve.console import cookies
from portreeve.console.desk import Desk
from portreeve.service.attempts import Came, family
from portreeve.service.sessions import Begun


def came(desk: Desk) -> Came:
    """Where a request comes from, as far as it matters to signing in."""
    return Came(_address(desk), family(_header(desk, b"user-agent")))


def secret(desk: Desk) -> str:
    """The secret of the session's cookie; empty without one."""
    jar = cookies.read(desk.call.headers.get(b"cookie", b""))
    return jar.get(cookies.session_name(secure=desk.secure), "")


def keep(desk: Desk, begun: Begun) -> None:
    """Let the browser have the session that began, or that goes on with a new secret."""
    desk.headers.append(cookies.session(begun.secret, secure=desk.secure))


def base(desk: Desk) -> str:
    """The address that people reach this service under: as the settings say, else as it was
    called.
    """
    given = desk.service.context.settings.public_url
    if given is not None:
        return given.rstrip("/")
    return f"http://{_header(desk, b'host')}"


def _address(desk: Desk) -> str:
    """The address of the browser; that of the proxies before the service, when they say none.

    Each trusted proxy adds the address that it was called from at the end of X-Forwarded-For;
    what stands before those was sent by whoever likes.
    """
    proxies = desk.service.context.settings.trusted_proxies
    told = [one.strip() for one in _header(desk, b"x-forwarded-for").split(",") if one.strip()]
    if proxies and len(told) >= proxies:
        return told[-proxies]
    client = desk.call.scope.get("client")
    return str(client[0]) if client else ""


def _header(desk: Desk, name: bytes) -> str:
    return desk.call.headers.get(name, b"").decode("latin-1")

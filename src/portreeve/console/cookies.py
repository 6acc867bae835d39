"""Cookies of the console: who is signed in, who is away at their provider, in which language, and
a message shown once.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

SESSION = "portreeve_session"
LANGUAGE = "portreeve_language"
MESSAGE = "portreeve_message"
JOURNEY = "portreeve_journey"
_YEAR = 365 * 24 * 3600

Header = tuple[bytes, bytes]


def read(header: bytes) -> dict[str, str]:
    """The cookies of a request; those of other programs on the same host may look as they like.

    Python's own reader gives up at the first that it does not know, and takes seconds for some.

    >>> read(b'theirs={"a":1}; portreeve_language=zh')["portreeve_language"]
    'zh'
    """
    pairs = (part.partition("=") for part in header.decode("latin-1").split(";"))
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs if name.strip()}


def session_name(*, secure: bool) -> str:
    """The session's cookie; where people come by https no other host can set it."""
    return f"__Host-{SESSION}" if secure else SESSION


def session(secret: str, *, secure: bool) -> Header:
    """Keep the secret of a session, until the browser is closed."""
    return _set(session_name(secure=secure), secret, secure=secure)


def no_session(*, secure: bool) -> Header:
    """Forget it."""
    return _set(session_name(secure=secure), "", secure=secure, seconds=0)


def journey_name(*, secure: bool) -> str:
    """The journey's cookie, which no other host can set either."""
    return f"__Host-{JOURNEY}" if secure else JOURNEY


def journey(sealed: str, seconds: int, *, secure: bool) -> Header:
    """What must be known when somebody comes back from their provider, sealed."""
    return _set(journey_name(secure=secure), sealed, secure=secure, seconds=seconds)


def no_journey(*, secure: bool) -> Header:
    """They came back."""
    return _set(journey_name(secure=secure), "", secure=secure, seconds=0)


def language(code: str, *, secure: bool) -> Header:
    """Remember the language of somebody who is not signed in."""
    return _set(LANGUAGE, code, secure=secure, seconds=_YEAR)


def message(text: str, *, secure: bool) -> Header:
    """A message for the next page."""
    return _set(MESSAGE, quote(text), secure=secure, seconds=60)


def no_message(*, secure: bool) -> Header:
    """It was shown."""
    return _set(MESSAGE, "", secure=secure, seconds=0)


def _set(name: str, value: str, *, secure: bool, seconds: int | None = None) -> Header:
    parts = [f"{name}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if secure:
        parts.append("Secure")
    if seconds is not None:
        parts.append(f"Max-Age={seconds}")
    return (b"set-cookie", "; ".join(parts).encode("latin-1"))

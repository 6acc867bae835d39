"""The signature of a webhook message, as Standard Webhooks 1.0 has it: the same at both ends."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable

SECRET_PREFIX = "whsec_"
_VERSION = "v1"


def secret_text(key: bytes) -> str:
    """A signing key as it is shown to people."""
    return SECRET_PREFIX + base64.b64encode(key).decode()


def secret_bytes(secret: str) -> bytes:
    """The key in a secret.

    Raises:
        ValueError: it is not base64.
    """
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("The webhook secret is not `whsec_` and base64.") from None


def sign(key: bytes, id: str, timestamp: int, body: bytes) -> str:
    """The signature of one message; ``timestamp`` is in seconds since 1970.

    >>> sign(b"k" * 32, "evt_1", 1_401_580_800, b"{}")
    'v1,pKC4q4aYJsej87GAW9PTYvAbU8roEs8U2PimOG5LKsA='
    """
    signed = f"{id}.{timestamp}.".encode() + body
    return f"{_VERSION},{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"


def matches(header: str, signatures: Iterable[str]) -> bool:
    """Whether one of the signatures is among those of the header ``webhook-signature``."""
    given = header.split()
    return any(
        hmac.compare_digest(wanted.encode(), one.encode()) for wanted in signatures for one in given
    )

"""What a form sends back to show that it came from a page of the session.

Pages are compressed, and a page may hold words that somebody else chose: the length of the
compressed page must tell nothing of the token. So it stands on every page in another mask.
"""

from __future__ import annotations

import hmac
import secrets


def masked(token: str) -> str:
    """A token as a page holds it, different each time.

    >>> masked("abc") == masked("abc")
    False
    >>> fits(masked("abc"), "abc"), fits(masked("abd"), "abc")
    (True, False)
    """
    plain = token.encode()
    mask = secrets.token_bytes(len(plain))
    return f"{mask.hex()}.{_mixed(plain, mask).hex()}"


def fits(given: str, token: str) -> bool:
    """Whether what was sent is the token, masked or as it is."""
    mask, dot, rest = given.partition(".")
    plain = given
    if dot:
        try:
            plain = _mixed(bytes.fromhex(rest), bytes.fromhex(mask)).decode()
        except ValueError:
            return False
    return hmac.compare_digest(plain.encode(), token.encode())


def _mixed(first: bytes, second: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(first, second, strict=True))

"""The second factor: six digits of an app (TOTP, RFC 6238), and codes for when it is lost.

The secret is sealed with a key made of the master key and bound to its person; of recovery codes
only keyed digests are kept.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portreeve.service.errors import ServiceError
from portreeve.store.vault import Vault

CODES = 10
"""How many recovery codes there are."""

OFFERED = timedelta(minutes=15)
"""How long a secret that is shown may be confirmed; after that another one is shown."""

_STEP_SECONDS = 30
_NONCE = 12
_CODE_BYTES = 10


class Offer(NamedTuple):
    """A secret that an app is to take over."""

    secret: str
    """In base32, to be typed."""
    uri: str
    """``otpauth://...``, to be shown as a QR code."""
    until: datetime
    """Before when it has to be confirmed."""

    def minutes(self, now: datetime) -> int:
        """How many minutes are left to confirm it, for people to read."""
        return max(1, round((self.until - now) / timedelta(minutes=1)))


class SecondFactor:
    """Makes and compares second factors."""

    def __init__(self, vault: Vault) -> None:
        self._seal = AESGCM(vault.derived("second factors of people"))
        self._digest = vault.derived("recovery codes of people")

    def new(self, person: str) -> bytes:
        """A new secret, sealed for a person."""
        nonce = os.urandom(_NONCE)
        secret = pyotp.random_base32().encode()
        return nonce + self._seal.encrypt(nonce, secret, person.encode())

    def offer(self, person: str, sealed: bytes, issuer: str, until: datetime) -> Offer:
        """What the app needs to know of a secret."""
        secret = self._opened(person, sealed)
        uri = pyotp.TOTP(secret).provisioning_uri(name=person, issuer_name=issuer)
        return Offer(secret, uri, until)

    def step(self, person: str, sealed: bytes, code: str, now: datetime) -> int | None:
        """The 30-second step that a code belongs to: this one or one beside it; else None."""
        digits = "".join(code.split())
        totp = pyotp.TOTP(self._opened(person, sealed))
        this = int(now.timestamp()) // _STEP_SECONDS
        fits = [
            step
            for step in (this, this - 1, this + 1)
            if hmac.compare_digest(totp.generate_otp(step).encode(), digits.encode())
        ]
        return fits[0] if fits else None

    def new_codes(self, person: str) -> tuple[list[str], list[str]]:
        """New recovery codes, and what is kept of them.

        >>> codes, kept = SecondFactor(Vault(bytes(32))).new_codes("ann")
        >>> len(codes), len(codes[0]), len(kept[0])
        (10, 19, 64)
        """
        raw = [
            base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower()
            for _ in range(CODES)
        ]
        shown = ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in raw]
        return shown, [self.kept(person, code) for code in raw]

    def kept(self, person: str, code: str) -> str:
        """The keyed digest of a recovery code, however it was typed."""
        plain = "".join(c for c in code.lower() if c.isalnum())
        return hmac.digest(self._digest, f"{person}\0{plain}".encode(), "sha256").hex()

    def _opened(self, person: str, sealed: bytes) -> str:
        try:
            opened = self._seal.decrypt(sealed[:_NONCE], sealed[_NONCE:], person.encode())
        except InvalidTag:
            raise ServiceError(
                "conflict",
                "The second factor does not open: the master key is another one. "
                "Ask an administrator for a new link.",
                zh="无法读取两步验证的密钥：主密钥已变更。请联系管理员获取新的链接。",
            ) from None
        return opened.decode()


def looks_like_digits(code: str) -> bool:
    """Whether a code is of an app, not a recovery code.

    >>> looks_like_digits("123 456"), looks_like_digits("abcd-efgh-ijkl-mnop")
    (True, False)
    """
    digits = "".join(code.split())
    return len(digits) == 6 and digits.isascii() and digits.isdecimal()


def without(codes: Sequence[str], kept: str) -> list[str] | None:
    """The codes that are left when one is used; None, when it is not among them."""
    left = [code for code in codes if not hmac.compare_digest(code, kept)]
    return left if len(left) < len(codes) else None

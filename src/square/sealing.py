"""Sealing chats, as browsers do it in ``static/sealing.js``; here for programs and for tests.

Each person has a pair of X25519 keys. Two people's keys agree on a secret; HKDF-SHA256 makes of
it, of 32 random bytes and of who writes to whom, the key and the nonce of one message; AES-256-GCM
seals it. Inside lies the opening key of the franking commitment (``docs/franking.md`` of
Portreeve), so that a recipient can later open this one message to those who keep order, and no
other.

Both ends can read what was sent, for they agree on the same secret. That is also the limit: whoever
gets hold of somebody's private key can read what was sent before. The formats, byte by byte:

sealed
    version 1 (1 byte), salt (32), then what AES-GCM makes of the inside, with its tag
inside
    opening key (32), length of the message (4, big-endian), message in UTF-8, zeros up to a
    multiple of 256
info of HKDF, and additional data of AES-GCM
    ``square/chat`` and a zero byte, version 1, the sender's public key (32), the recipient's (32)
HKDF gives
    key (32) and nonce (12); its salt is the salt

>>> ann, bob = KeyPair.new(), KeyPair.new()
>>> sealed = seal("要药吗？", ann, bob.public)
>>> opened = open_(sealed.data, sealed.commitment, bob, ann.public)
>>> opened.message
'要药吗？'
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MOST_BYTES = 8_000
"""The longest message."""

MOST_SEALED = 1 + 32 + 8_192 + 16
"""The longest sealed message."""

_VERSION = b"\x01"
_SPACE = 256
_ZONE = b"square/chat\0"
_COMMITS = b"portreeve/franking/commitment\0\x01"


class SealingError(ValueError):
    """It does not open: it was changed, it is for somebody else, or it is no message."""


@dataclass(frozen=True)
class KeyPair:
    """Somebody's keys; the private one never leaves where it was made."""

    private: X25519PrivateKey = field(repr=False)

    @classmethod
    def new(cls) -> KeyPair:
        """New keys."""
        return cls(X25519PrivateKey.generate())

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self.private.public_key().public_bytes_raw()


@dataclass(frozen=True)
class Sealed:
    """What the server gets of a message."""

    data: bytes = field(repr=False)
    commitment: bytes = field(repr=False)


@dataclass(frozen=True)
class Opened:
    """A message, and the key that opens its commitment."""

    message: str = field(repr=False)
    opening_key: bytes = field(repr=False)


def seal(
    message: str, sender: KeyPair, recipient: bytes,
    *, salt: bytes | None = None, opening_key: bytes | None = None,
) -> Sealed:  # fmt: skip
    """Seal a message to the owner of a public key; salt and opening key are drawn if not given.

    Raises:
        SealingError: the message is too long.
    """
    said = message.encode()
    if len(said) > MOST_BYTES:
        raise SealingError("The message is too long.")
    salt = salt or secrets.token_bytes(32)
    opening_key = opening_key or secrets.token_bytes(32)
    about = _ZONE + _VERSION + sender.public + recipient
    key, nonce = _derived(sender, recipient, salt, about)
    inside = opening_key + len(said).to_bytes(4, "big") + said
    inside += bytes(-len(inside) % _SPACE)
    data = _VERSION + salt + AESGCM(key).encrypt(nonce, inside, about)
    return Sealed(data, _commitment(opening_key, said))


def open_(
    data: bytes, commitment: bytes, own: KeyPair, other: bytes, *, mine: bool = False
) -> Opened:
    """Open a sealed message with one's own keys; ``mine``: one sent it oneself.

    A message that its commitment does not fit is not opened: it could never be reported.

    Raises:
        SealingError: it does not open.
    """
    if data[:1] != _VERSION or len(data) > MOST_SEALED:
        raise SealingError("It is no sealed message.")
    about = _ZONE + _VERSION + (own.public + other if mine else other + own.public)
    key, nonce = _derived(own, other, data[1:33], about)
    try:
        inside = AESGCM(key).decrypt(nonce, data[33:], about)
    except InvalidTag:
        raise SealingError("It does not open.") from None
    opening_key, length = inside[:32], int.from_bytes(inside[32:36], "big")
    said, rest = inside[36 : 36 + length], inside[36 + length :]
    if len(said) != length or len(inside) % _SPACE or rest.strip(b"\0"):
        raise SealingError("It is no sealed message.")
    if not hmac.compare_digest(_commitment(opening_key, said), commitment):
        raise SealingError("Its commitment does not fit.")
    try:
        return Opened(said.decode(), opening_key)
    except UnicodeDecodeError:
        raise SealingError("It is no text.") from None


def fingerprint(public: bytes) -> str:
    """A public key as digits that two people can compare.

    >>> fingerprint(bytes(32))
    '76361 48171 18291 64202 80364 85388'
    """
    digest = sha256(b"square/fingerprint\0" + public).digest()
    groups = [int.from_bytes(digest[at : at + 5], "big") % 100_000 for at in range(0, 30, 5)]
    return " ".join(f"{group:05}" for group in groups)


def _derived(own: KeyPair, other: bytes, salt: bytes, about: bytes) -> tuple[bytes, bytes]:
    try:
        secret = own.private.exchange(X25519PublicKey.from_public_bytes(other))
    except ValueError:
        raise SealingError("It is no public key.") from None
    made = HKDF(algorithm=SHA256(), length=44, salt=salt, info=about).derive(secret)
    return made[:32], made[32:]


def _commitment(opening_key: bytes, message: bytes) -> bytes:
    return hmac.digest(opening_key, _COMMITS + message, "sha256")

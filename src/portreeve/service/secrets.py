"""The service's two secrets: the master key of the vault, and the key it signs with.

Each comes from the settings (so from the environment or a file named there), else from a file in
the folder ``keys`` of the data folder, which is made on the first start and which only the
service's own user can read. Two processes on two machines need the same secrets: give them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portreeve.service.errors import ServiceError
from portreeve.service.settings import Settings

KEY_FOLDER = "keys"
MASTER_KEY = "master.key"
SIGNING_KEY = "signing.key"
_BYTES = 32


class Signer:
    """Signs in the service's name with Ed25519.

    >>> signer = Signer(bytes(32))
    >>> verify(signer.public_key, b"said", signer.sign(b"said"))
    True
    >>> signer.key_id
    '139e3940e64b5491'
    """

    def __init__(self, seed: bytes) -> None:
        """``seed``: the 32 bytes of the private key."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._key.public_key().public_bytes_raw()
        self.public_key: str = base64.b64encode(public).decode()
        """Base64 of the 32 bytes with which anyone can verify."""
        self.key_id: str = hashlib.sha256(public).hexdigest()[:16]
        """Names the key: the start of the SHA-256 of the public key, in hex."""

    def __repr__(self) -> str:
        return f"Signer({self.key_id})"

    def sign(self, data: bytes) -> str:
        """The signature of some bytes, in base64."""
        return base64.b64encode(self._key.sign(data)).decode()


def verify(public_key: str, data: bytes, signature: str) -> bool:
    """Whether a signature (base64) is of these bytes, under a public key (base64)."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(signature, validate=True), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def master_key(settings: Settings, folder: Path) -> bytes:
    """The vault's master key, made on the first start.

    Raises:
        ServiceError: ``invalid``, naming where the key stands and what is wrong with it.
    """
    return _secret(settings.master_key, "PORTREEVE_MASTER_KEY", folder / KEY_FOLDER / MASTER_KEY)


def signer(settings: Settings, folder: Path) -> Signer:
    """The service's signer, its key made on the first start.

    Raises:
        ServiceError: ``invalid``, naming where the key stands and what is wrong with it.
    """
    path = folder / KEY_FOLDER / SIGNING_KEY
    return Signer(_secret(settings.signing_key, "PORTREEVE_SIGNING_KEY", path))


def decoded(text: str, where: str) -> bytes:
    """The 32 bytes of a secret written in base64.

    Raises:
        ServiceError: ``invalid``; the message says where it stands, never what it says.
    """
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _BYTES:
        raise ServiceError(
            "invalid",
            f"{where} is not base64 of {_BYTES} bytes. "
            "Restore it from a backup; for a new service make one with `openssl rand -base64 32`.",
            field=where,
        )
    return key


def _secret(given: str | None, variable: str, path: Path) -> bytes:
    if given is not None:
        return decoded(given, variable)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    return decoded(path.read_text("ascii", "replace"), str(path))


def _make(path: Path) -> None:
    """Write a new secret; of two processes that start together, the first one's counts."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(base64.b64encode(secrets.token_bytes(_BYTES)).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return
    finally:
        draft.unlink()

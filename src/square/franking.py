"""Square's word that it delivered a message it cannot read: stamps, as Portreeve's docs say.

The private key lies beside the database, readable by nobody else. Portreeve is given the public
one, and can then tell a genuine report from a forged one (``docs/franking.md`` of Portreeve).
"""

from __future__ import annotations

import base64
import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """That something with this commitment was delivered; bytes in base64url."""

    version: int
    key_id: str
    commitment: str
    sender: str
    recipient: str
    time_ms: int
    message_id: str
    signature: str


class Stamper:
    """Signs stamps with the key of a folder, which is made when there is none."""

    def __init__(self, folder: Path) -> None:
        path = folder / "franking.key"
        if not path.exists():
            _write(path, Ed25519PrivateKey.generate().private_bytes_raw())
        self._private = Ed25519PrivateKey.from_private_bytes(path.read_bytes())
        self.public = to_text(self._private.public_key().public_bytes_raw())
        self.key_id = f"square-{self.public[:12]}"
        self.since = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
        """When it was made: it signed nothing before."""

    def stamp(
        self, commitment: bytes, *, sender: str, recipient: str, time: datetime, message_id: str
    ) -> Stamp:
        """Stamp one delivery; everything but the commitment is what Square itself knows."""
        time_ms = int(time.timestamp() * 1000)
        parts = [self.key_id.encode(), commitment, sender.encode(), recipient.encode()]
        signed = b"portreeve/franking/stamp\0\x01" + b"".join(map(_prefixed, parts))
        signed += time_ms.to_bytes(8, "big") + _prefixed(message_id.encode())
        return Stamp(
            version=1,
            key_id=self.key_id,
            commitment=to_text(commitment),
            sender=sender,
            recipient=recipient,
            time_ms=time_ms,
            message_id=message_id,
            signature=to_text(self._private.sign(signed)),
        )


def to_text(data: bytes) -> str:
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_text(written: str) -> bytes:
    """Bytes from base64url without padding.

    Raises:
        ValueError: it is not.
    """
    return base64.b64decode(written + "=" * (-len(written) % 4), altchars=b"-_", validate=True)


def _prefixed(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _write(path: Path, secret: bytes) -> None:
    """Write a secret that nobody else may read, wholly or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(secret)
    draft.replace(path)

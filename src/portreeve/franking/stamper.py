"""The platform's side when a message is delivered: it stamps what it cannot read."""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portreeve.franking.encoding import VERSION, id_bytes, milliseconds, signed_bytes
from portreeve.franking.structs import PublicKey, Stamp


class Stamper:
    """Signs stamps with one key of the platform.

    It sees a commitment and never a message, and keeps nothing.
    """

    def __init__(self, private_key: Ed25519PrivateKey, key_id: str) -> None:
        id_bytes(key_id, "key_id")
        self._private_key = private_key
        self.key_id = key_id

    def stamp(
        self, commitment: bytes, *, sender: str, recipient: str, time: datetime, message_id: str
    ) -> Stamp:
        """Stamp one delivery to one recipient.

        ``sender`` and ``time`` are what the platform itself knows, not what a client says.
        ``message_id`` is new for every recipient of every message: one id can be reported once.

        Raises:
            FrankingError: the commitment is not 32 bytes, an id is empty or longer than 256 bytes,
                or the time has no offset.
        """
        time_ms = milliseconds(time, "time")
        data = signed_bytes(
            key_id=self.key_id,
            commitment=commitment,
            sender=sender,
            recipient=recipient,
            time_ms=time_ms,
            message_id=message_id,
        )
        return Stamp(
            version=VERSION,
            key_id=self.key_id,
            commitment=commitment,
            sender=sender,
            recipient=recipient,
            time_ms=time_ms,
            message_id=message_id,
            signature=self._private_key.sign(data),
        )

    def public_key(self, valid_from: datetime, valid_until: datetime | None = None) -> PublicKey:
        """The public half of the key, for the file of keys."""
        return PublicKey(
            key_id=self.key_id,
            public_key=self._private_key.public_key().public_bytes_raw(),
            valid_from=valid_from,
            valid_until=valid_until,
        )

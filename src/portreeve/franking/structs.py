"""What passes between sender, platform and recipient: each field defined once.

None of these shows content, keys, signatures, or who wrote to whom, when it is printed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Self

import msgspec
from msgspec import Meta

from portreeve.franking import wire
from portreeve.franking.grade import EvidenceGrade


class _Quiet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Shows only the fields named in ``shown``."""

    shown: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        parts = [f"{name}={value!r}" for name, value in self.__rich_repr__()]
        return f"{type(self).__name__}({', '.join([*parts, '...'])})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """What rich prints; without it, rich would print every field."""
        return [(name, getattr(self, name)) for name in self.shown]


class Commitment(_Quiet, frozen=True, kw_only=True):
    """What the sender's client makes of a message: half for the platform, half for the recipient.

    >>> Commitment(digest=bytes(32), opening_key=bytes(32))
    Commitment(...)
    """

    digest: Annotated[bytes, Meta(description="the commitment, 32 bytes; given to the platform")]
    opening_key: Annotated[
        bytes, Meta(description="32 random bytes; sent inside the encrypted message only")
    ]


class Stamp(_Quiet, frozen=True, kw_only=True):
    """The platform's word that it delivered something with this commitment."""

    shown: ClassVar[tuple[str, ...]] = ("version", "key_id", "message_id", "time_ms")

    version: Annotated[int, Meta(description="version of the format; 1")]
    key_id: Annotated[str, Meta(description="which key of the platform signed")]
    commitment: Annotated[bytes, Meta(description="the commitment, 32 bytes")]
    sender: Annotated[str, Meta(description="the account that sent it, in the platform's words")]
    recipient: Annotated[str, Meta(description="the one account that received it")]
    time_ms: Annotated[int, Meta(description="when it was sent: milliseconds since 1970, in UTC")]
    message_id: Annotated[
        str, Meta(description="the platform's id of this delivery, never used twice")
    ]
    signature: Annotated[bytes, Meta(description="Ed25519 signature of all of these, 64 bytes")]

    def to_json(self) -> bytes:
        """The stamp as one line of JSON, to be delivered beside the encrypted message."""
        return wire.to_json(self)

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """A stamp from JSON.

        Raises:
            FrankingError: it does not have exactly the fields and types of a stamp.
        """
        return wire.from_json(data, cls, "stamp")


class Report(_Quiet, frozen=True, kw_only=True):
    """One message, opened by its recipient, with the stamp it came with.

    ``reporter`` is who reports *as the platform knows it*: the service that takes the report must
    set it, or compare it with who is signed in. A copied report is worth nothing to others then.
    """

    shown: ClassVar[tuple[str, ...]] = ("stamp",)

    message: Annotated[bytes, Meta(description="the message, as it was decrypted")]
    opening_key: Annotated[bytes, Meta(description="the key that came with it, 32 bytes")]
    stamp: Annotated[Stamp, Meta(description="the stamp it was delivered with")]
    reporter: Annotated[str, Meta(description="the account that reports it")]

    def to_json(self) -> bytes:
        """The report as one line of JSON in UTF-8."""
        return wire.to_json(self)

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """A report from JSON.

        Raises:
            FrankingError: too large, or it does not have exactly the fields and types of a report.
        """
        return wire.from_json(data, cls, "report")


class Franked(_Quiet, frozen=True, kw_only=True):
    """A report that was verified: what is proven, and how far it can be relied on."""

    shown: ClassVar[tuple[str, ...]] = ("grade", "key_id", "message_id", "time")

    message: Annotated[bytes, Meta(description="the one message that was opened")]
    message_id: Annotated[str, Meta(description="the platform's id of its delivery")]
    sender: Annotated[str, Meta(description="who sent it, by the platform's word")]
    recipient: Annotated[str, Meta(description="who received and reported it")]
    time: Annotated[datetime, Meta(description="when it was sent, in UTC")]
    key_id: Annotated[str, Meta(description="which key of the platform signed")]
    grade: Annotated[EvidenceGrade, Meta(description="always franked")] = EvidenceGrade.franked


class PublicKey(_Quiet, frozen=True, kw_only=True):
    """A key of the platform, which signed from `valid_from` until just before `valid_until`."""

    shown: ClassVar[tuple[str, ...]] = ("key_id", "valid_from", "valid_until")

    key_id: Annotated[str, Meta(description="its id, never used for another key")]
    public_key: Annotated[bytes, Meta(description="Ed25519 public key, 32 bytes")]
    valid_from: Annotated[datetime, Meta(description="the first time it signed, with offset")]
    valid_until: Annotated[
        datetime | None, Meta(description="the time it was retired, with offset; null: in use")
    ] = None


class KeySet(_Quiet, frozen=True, kw_only=True):
    """All keys of the platform whose stamps may still be reported: the file of keys."""

    keys: Annotated[list[PublicKey], Meta(description="the keys, in any order")]

    def to_json(self) -> bytes:
        """The file of keys as JSON."""
        return wire.to_json(self)

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """A file of keys.

        Raises:
            FrankingError: it does not have exactly the fields and types of a file of keys.
        """
        return wire.from_json(data, cls, "keys")


STRUCTS: tuple[type[msgspec.Struct], ...] = (Report, Stamp, KeySet, PublicKey, Franked)

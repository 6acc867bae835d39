"""The bytes that are committed to and signed, version 1, and what they may hold.

``docs/franking.md`` describes them byte by byte; ``docs/franking-vectors.json`` has examples.
"""

from __future__ import annotations

import hmac
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

from portreeve.franking.refusals import (
    ID_BYTES,
    KEY_BYTES,
    MESSAGE_BYTES,
    FrankingError,
    Refusal,
)

VERSION = 1

# What is made for one purpose can never pass for the other, nor for that of another program.
_COMMITMENT = b"portreeve/franking/commitment\0"
_STAMP = b"portreeve/franking/stamp\0"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 253_402_300_799_999  # the end of the year 9999, the last that datetime can hold


def digest(opening_key: bytes, message: bytes) -> bytes:
    """The commitment to a message: HMAC-SHA256, 32 bytes.

    Raises:
        FrankingError: the key is not exactly 32 bytes, or the message is too large.
    """
    check_message(message)
    check_bytes(opening_key, KEY_BYTES, "opening_key", Refusal.opening_key_length)
    return hmac.digest(opening_key, _COMMITMENT + bytes([VERSION]) + message, "sha256")


def signed_bytes(
    *, key_id: str, commitment: bytes, sender: str, recipient: str, time_ms: int, message_id: str
) -> bytes:
    """What the platform signs: every field of a stamp, so that no two stamps have the same bytes.

    Raises:
        FrankingError: a field is not what the format says.
    """
    check_bytes(commitment, KEY_BYTES, "stamp.commitment")
    return b"".join(
        [
            _STAMP,
            bytes([VERSION]),
            _prefixed(id_bytes(key_id, "stamp.key_id")),
            _prefixed(commitment),
            _prefixed(id_bytes(sender, "stamp.sender")),
            _prefixed(id_bytes(recipient, "stamp.recipient")),
            checked_ms(time_ms, "stamp.time_ms").to_bytes(8, "big"),
            _prefixed(id_bytes(message_id, "stamp.message_id")),
        ]
    )


def _prefixed(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def check_message(message: Any) -> None:
    """Refuse what is no message: bytes, at most 64 KiB."""
    if not isinstance(message, bytes):
        raise FrankingError(Refusal.wrong_type, "message")
    if len(message) > MESSAGE_BYTES:
        raise FrankingError(Refusal.too_large, "message")


def check_bytes(
    data: Any, length: int, field: str, refusal: Refusal = Refusal.wrong_length
) -> None:
    """Refuse what is not exactly so many bytes."""
    if not isinstance(data, bytes):
        raise FrankingError(Refusal.wrong_type, field)
    if len(data) != length:
        raise FrankingError(refusal, field)


def id_bytes(name: Any, field: str) -> bytes:
    """An id in UTF-8, as it is: ids that only look alike stay different.

    Control characters are refused: JSON writes them in more than one way, and logs break at them.
    """
    if not isinstance(name, str):
        raise FrankingError(Refusal.wrong_type, field)
    # ids of other programs may hold lone surrogates, which UTF-8 cannot write
    if not name or any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        raise FrankingError(Refusal.bad_id, field)
    data = name.encode()
    if len(data) > ID_BYTES:
        raise FrankingError(Refusal.bad_id, field)
    return data


def checked_ms(time_ms: Any, field: str) -> int:
    """A number of milliseconds since 1970 that is a time."""
    if type(time_ms) is not int:
        raise FrankingError(Refusal.wrong_type, field)
    if not 0 <= time_ms <= _LAST_MS:
        raise FrankingError(Refusal.bad_time, field)
    return time_ms


def milliseconds(time: Any, field: str) -> int:
    """A time with offset as milliseconds since 1970; what is below a millisecond is cut off."""
    if not isinstance(time, datetime):
        raise FrankingError(Refusal.wrong_type, field)
    if time.utcoffset() is None:
        raise FrankingError(Refusal.bad_time, field)
    return checked_ms((time - _EPOCH) // timedelta(milliseconds=1), field)


def time_of(time_ms: int) -> datetime:
    """A time of a stamp, in UTC.

    >>> time_of(1_401_580_800_000).isoformat()
    '2014-06-01T00:00:00+00:00'
    """
    return _EPOCH + timedelta(milliseconds=time_ms)

"""Why a report is refused: every reason once, with the field, what is wrong, and the remedy.

The page ``docs/franking.md`` takes its table from here.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

MESSAGE_BYTES = 65_536
"""Most bytes of a message, as it was before encryption."""

REPORT_BYTES = 131_072
"""Most bytes of a report, or of a file of keys, as JSON: a longest message in base64url fits."""

ID_BYTES = 256
"""Most bytes of an id (account, message, key) in UTF-8."""

KEY_BYTES = 32
"""Bytes of an opening key, of a commitment (SHA-256) and of an Ed25519 public key."""

SIGNATURE_BYTES = 64
"""Bytes of an Ed25519 signature."""


class Refusal(enum.StrEnum):
    """A reason to refuse; its value is a stable code.

    >>> Refusal("bad-signature").field
    'stamp.signature'
    """

    not_json = "not-json"
    unknown_field = "unknown-field"
    missing_field = "missing-field"
    wrong_type = "wrong-type"
    wrong_encoding = "wrong-encoding"
    too_large = "too-large"
    bad_id = "bad-id"
    bad_time = "bad-time"
    wrong_length = "wrong-length"
    opening_key_length = "opening-key-length"
    unknown_version = "unknown-version"
    unknown_key = "unknown-key"
    key_not_in_use = "key-not-in-use"
    bad_signature = "bad-signature"
    wrong_commitment = "wrong-commitment"
    not_the_recipient = "not-the-recipient"
    in_the_future = "in-the-future"
    too_old = "too-old"
    already_reported = "already-reported"
    duplicate_key = "duplicate-key"
    key_times = "key-times"

    @property
    def field(self) -> str:
        """The field it is about, where it is always the same one, or the likeliest."""
        return _REASONS[self].field

    @property
    def meaning(self) -> str:
        """What is wrong with the field: the rest of a sentence that begins with its name."""
        return _REASONS[self].meaning

    @property
    def remedy(self) -> str:
        """What to do about it, as sentences."""
        return _REASONS[self].remedy


class _Reason(NamedTuple):
    field: str
    meaning: str
    remedy: str


_REASONS = {
    Refusal.not_json: _Reason(
        "report",
        "is not well-formed JSON in UTF-8, or is nested too deeply",
        "Send what `Report.to_json` wrote, unchanged.",
    ),
    Refusal.unknown_field: _Reason(
        "report",
        "has a field that is not part of the format",
        "Leave out every field that docs/franking.md does not list.",
    ),
    Refusal.missing_field: _Reason("report", "is missing", "Add it."),
    Refusal.wrong_type: _Reason(
        "report",
        "is of another type than the format says",
        "docs/franking.md lists the type of every field.",
    ),
    Refusal.wrong_encoding: _Reason(
        "message",
        "is not base64url without padding (RFC 4648, section 5) in its one canonical form",
        "Encode the bytes again with the letters A-Z a-z 0-9 - _ and without `=`.",
    ),
    Refusal.too_large: _Reason(
        "message",
        f"is too large: a message has at most {MESSAGE_BYTES} bytes, "
        f"a document at most {REPORT_BYTES}",
        "Nothing this long can have been franked: send the message as it was delivered.",
    ),
    Refusal.bad_id: _Reason(
        "stamp.message_id",
        f"is no id: 1 to {ID_BYTES} bytes of UTF-8 text without control characters",
        "Use the id under which the platform delivered the message.",
    ),
    Refusal.bad_time: _Reason(
        "stamp.time_ms",
        "is no time: in a stamp whole milliseconds of the years 1970 to 9999, "
        "elsewhere a date and time with its offset from UTC",
        "Send the time as stamped; give every other time its offset, such as `Z`.",
    ),
    Refusal.wrong_length: _Reason(
        "stamp.signature",
        f"has the wrong length: a commitment and a public key have {KEY_BYTES} bytes, "
        f"a signature {SIGNATURE_BYTES}",
        "Send the whole value, and nothing but it.",
    ),
    Refusal.opening_key_length: _Reason(
        "opening_key",
        f"is not exactly {KEY_BYTES} bytes, and HMAC pads keys with zero bytes: "
        "of other lengths, two keys could open one commitment",
        f"Send the {KEY_BYTES} bytes that came inside the encrypted message.",
    ),
    Refusal.unknown_version: _Reason(
        "stamp.version",
        "is a version that this verifier does not know",
        "Update Portreeve, or send the stamp as it was delivered.",
    ),
    Refusal.unknown_key: _Reason(
        "stamp.key_id",
        "names no key of the platform",
        "Send the stamp as it was delivered; add the key if it is one of the platform's.",
    ),
    Refusal.key_not_in_use: _Reason(
        "stamp.key_id",
        "names a key that did not sign at the time of the stamp",
        "Mend the key's times if they are wrong; else the stamp is forged: do not act on it.",
    ),
    Refusal.bad_signature: _Reason(
        "stamp.signature",
        "does not fit the fields of the stamp under the key it names",
        "Send the stamp as it was delivered; do not act on this one.",
    ),
    Refusal.wrong_commitment: _Reason(
        "stamp.commitment",
        "is not the commitment of this message under this opening key",
        "Send message and key as they were decrypted; do not act on this one.",
    ),
    Refusal.not_the_recipient: _Reason(
        "reporter",
        "is not the recipient of the stamped message",
        "Only the account that received a message can report it.",
    ),
    Refusal.in_the_future: _Reason(
        "stamp.time_ms",
        "is later than now by more than the allowance for clocks",
        "Set the clocks of the platform right, and send the report again.",
    ),
    Refusal.too_old: _Reason(
        "stamp.time_ms",
        "is longer ago than reports are taken",
        "Report a newer message, or take it up as a claim, which a person must look into.",
    ),
    Refusal.already_reported: _Reason(
        "stamp.message_id",
        "was reported before",
        "Nothing is left to do: the first report counts.",
    ),
    Refusal.duplicate_key: _Reason(
        "keys.key_id",
        "names two keys",
        "Give every key an id of its own, and never use an id again.",
    ),
    Refusal.key_times: _Reason(
        "keys.valid_until",
        "is not later than valid_from",
        "Give the time from which, and the time until which, the key signs.",
    ),
}


class FrankingError(ValueError):
    """A report, a stamp or a list of keys that is refused.

    ``refusal`` is the reason, ``field`` the place. The message names both and the remedy, and never
    a value: no content, key, signature or id of a person.

    >>> str(FrankingError(Refusal.already_reported))
    'stamp.message_id was reported before. Nothing is left to do: the first report counts.'
    """

    def __init__(self, refusal: Refusal, field: str = "") -> None:
        self.refusal = refusal
        self.field = field or refusal.field
        super().__init__(f"{self.field} {refusal.meaning}. {refusal.remedy}")

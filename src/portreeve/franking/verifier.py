"""The platform's side when a message is reported: it believes only what it can check."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from portreeve.franking.client import opens
from portreeve.franking.encoding import (
    VERSION,
    check_bytes,
    id_bytes,
    milliseconds,
    signed_bytes,
    time_of,
)
from portreeve.franking.refusals import KEY_BYTES, SIGNATURE_BYTES, FrankingError, Refusal
from portreeve.franking.seen import Seen
from portreeve.franking.structs import Franked, PublicKey, Report, Stamp

MAX_AGE = timedelta(days=90)
CLOCK_ALLOWANCE = timedelta(minutes=5)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Verifier:
    """Verifies reports under the public keys of the platform.

    ``seen`` remembers what was reported; ``now`` is the clock; a message can be reported for
    ``max_age`` after it was sent, and its time may be ahead of the clock by ``clock_allowance``.

    Raises:
        FrankingError: two keys have one id, or a key is not 32 bytes or has impossible times.
    """

    def __init__(
        self,
        public_keys: Iterable[PublicKey],
        seen: Seen,
        *,
        now: Callable[[], datetime] = _utc_now,
        max_age: timedelta = MAX_AGE,
        clock_allowance: timedelta = CLOCK_ALLOWANCE,
    ) -> None:
        self._keys: dict[str, PublicKey] = {}
        for key in public_keys:
            _check_key(key)
            if key.key_id in self._keys:
                raise FrankingError(Refusal.duplicate_key)
            self._keys[key.key_id] = key
        self._seen = seen
        self._now = now
        self._max_age = max_age
        self._clock_allowance = clock_allowance

    def verify(self, report: Report) -> Franked:
        """What the report proves.

        The message's id counts as reported only once everything else holds: a forger cannot use
        up the id of a message.

        Raises:
            FrankingError: the report is refused; the error says why.
        """
        stamp = report.stamp
        if stamp.version != VERSION:
            raise FrankingError(Refusal.unknown_version)
        self._check_signature(stamp)
        # also refuses a message that is too large, and a key that is not exactly 32 bytes
        if not opens(stamp.commitment, report.message, report.opening_key):
            raise FrankingError(Refusal.wrong_commitment)
        if not hmac.compare_digest(id_bytes(report.reporter, "reporter"), stamp.recipient.encode()):
            raise FrankingError(Refusal.not_the_recipient)
        self._check_age(stamp)
        if not self._seen.add(stamp.message_id):
            raise FrankingError(Refusal.already_reported)
        return Franked(
            message=report.message,
            message_id=stamp.message_id,
            sender=stamp.sender,
            recipient=stamp.recipient,
            time=time_of(stamp.time_ms),
            key_id=stamp.key_id,
        )

    def _check_signature(self, stamp: Stamp) -> None:
        check_bytes(stamp.signature, SIGNATURE_BYTES, "stamp.signature")
        data = signed_bytes(
            key_id=stamp.key_id,
            commitment=stamp.commitment,
            sender=stamp.sender,
            recipient=stamp.recipient,
            time_ms=stamp.time_ms,
            message_id=stamp.message_id,
        )
        key = self._keys.get(stamp.key_id)
        if key is None:
            raise FrankingError(Refusal.unknown_key)
        sent = time_of(stamp.time_ms)
        if sent < key.valid_from or (key.valid_until is not None and sent >= key.valid_until):
            raise FrankingError(Refusal.key_not_in_use)
        try:
            Ed25519PublicKey.from_public_bytes(key.public_key).verify(stamp.signature, data)
        except InvalidSignature:
            raise FrankingError(Refusal.bad_signature) from None

    def _check_age(self, stamp: Stamp) -> None:
        age = time_of(milliseconds(self._now(), "now")) - time_of(stamp.time_ms)
        if age < -self._clock_allowance:
            raise FrankingError(Refusal.in_the_future)
        if age > self._max_age:
            raise FrankingError(Refusal.too_old)


def _check_key(key: PublicKey) -> None:
    id_bytes(key.key_id, "keys.key_id")
    check_bytes(key.public_key, KEY_BYTES, "keys.public_key")
    begin = milliseconds(key.valid_from, "keys.valid_from")
    if key.valid_until is not None and milliseconds(key.valid_until, "keys.valid_until") <= begin:
        raise FrankingError(Refusal.key_times)

"""Proof of enrolment: a port, and one way to answer it, a statement signed by a school's checker.

Of a proof nothing is kept but result, campus and expiry. What else stands in it, and who signed it,
is looked at once and forgotten.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, get_args

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

Result = Literal["enrolled", "graduated", "unknown"]
RESULTS: tuple[Result, ...] = get_args(Result)

ProofFault = Literal["unreadable", "forged", "foreign", "other_campus", "not_yet", "expired",
                     "too_long"]  # fmt: skip
FAULTS: dict[ProofFault, str] = {
    "unreadable": "The proof is not one. Pass on what the school's checker gave, unchanged.",
    "forged": "No checker that is known here has signed the proof.",
    "foreign": "The proof is of another account.",
    "other_campus": "Who signed the proof may not attest for this campus.",
    "not_yet": "The proof was signed in the future. See to the clock of the checker.",
    "expired": "The proof has expired. Ask the school for a new one.",
    "too_long": "The proof would hold for longer than proofs may. Ask for one that ends earlier.",
}
"""Why a proof proves nothing, in the order in which it is looked for."""

_CONTEXT = b"portreeve enrolment 1\n"
_CAMPUS = "campus:"
"""How the audience begins of what is for one campus; policies say it too."""
_MOST_CHARACTERS = 4096
_SKEW = timedelta(minutes=5)


class ProofError(ValueError):
    """The proof proves nothing."""

    def __init__(self, fault: ProofFault) -> None:
        super().__init__(FAULTS[fault])
        self.fault = fault


@dataclass(frozen=True)
class Enrolment:
    """What a check found: all that is ever kept of it."""

    result: Result
    campus: str
    expires: datetime

    def is_member(self, campus: str, now: datetime) -> bool:
        """Whether it shows somebody enrolled at a campus now."""
        return self.result == "enrolled" and self.campus == campus and now < self.expires


def campus_of(audience: str | None) -> str | None:
    """The campus that an item is for, by its audience.

    >>> campus_of("campus:north"), campus_of("friends"), campus_of(None)
    ('north', None, None)
    """
    if audience is None or not audience.startswith(_CAMPUS):
        return None
    return audience.removeprefix(_CAMPUS)


class EnrolmentCheck(Protocol):
    """The port: whoever can tell whether an account is somebody enrolled."""

    def check(self, account: str, proof: str, now: datetime) -> Enrolment:
        """What a proof proves of an account.

        Raises:
            ProofError: it proves nothing.
        """


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a school's checker signs. It names no person but by the host's name of the account."""

    account: str
    campus: str
    result: Result
    issued: datetime
    expires: datetime


@dataclass(frozen=True)
class Checker:
    """Who may attest for a campus, by the 32 bytes of an Ed25519 public key."""

    campus: str
    public_key: bytes


class SignedStatements:
    """The port answered by statements that checkers have signed.

    ``longest``: how long a statement may hold from when it was issued.
    """

    def __init__(self, checkers: Sequence[Checker], longest: timedelta) -> None:
        self._checkers = checkers
        self._longest = longest

    def check(self, account: str, proof: str, now: datetime) -> Enrolment:
        """See :meth:`EnrolmentCheck.check`."""
        payload, signature = _parts(proof)
        signers = [one for one in self._checkers if _signed(one, payload, signature)]
        if not signers:
            raise ProofError("forged")
        said = _read(payload)
        if said.account != account:
            raise ProofError("foreign")
        if all(one.campus != said.campus for one in signers):
            raise ProofError("other_campus")
        if said.issued > now + _SKEW:
            raise ProofError("not_yet")
        if said.expires <= now:
            raise ProofError("expired")
        if said.expires - said.issued > self._longest:
            raise ProofError("too_long")
        return Enrolment(said.result, said.campus, said.expires)


def sign(statement: Statement, private_key: Ed25519PrivateKey) -> str:
    """A proof as a checker makes it: payload and signature, in base64url with a dot between.

    >>> from datetime import UTC
    >>> key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    >>> checker = Checker("north", key.public_key().public_bytes_raw())
    >>> june, july = (datetime(2014, month, 1, tzinfo=UTC) for month in (6, 7))
    >>> said = Statement(
    ...     account="lin", campus="north", result="enrolled", issued=june, expires=july
    ... )
    >>> checks = SignedStatements([checker], timedelta(days=400))
    >>> checks.check("lin", sign(said, key), june).campus
    'north'
    """
    payload = msgspec.json.encode(statement)
    return f"{_written(payload)}.{_written(private_key.sign(_CONTEXT + payload))}"


def _parts(proof: str) -> tuple[bytes, bytes]:
    payload, dot, signature = proof.partition(".")
    if not dot or len(proof) > _MOST_CHARACTERS or not proof.isascii():
        raise ProofError("unreadable")
    try:
        return _bytes(payload), _bytes(signature)
    except (binascii.Error, ValueError):
        raise ProofError("unreadable") from None


def _read(payload: bytes) -> Statement:
    try:
        said = msgspec.json.decode(payload, type=Statement)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ProofError("unreadable") from None
    if said.issued.tzinfo is None or said.expires.tzinfo is None or not said.campus:
        raise ProofError("unreadable")
    return said


def _signed(checker: Checker, payload: bytes, signature: bytes) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(checker.public_key)
        key.verify(signature, _CONTEXT + payload)
    except (InvalidSignature, ValueError):
        return False
    return True


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _written(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

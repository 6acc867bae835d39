"""The clients' side: the sender commits, the recipient checks what arrives."""

from __future__ import annotations

import hmac
import secrets

from portreeve.franking.encoding import digest
from portreeve.franking.refusals import KEY_BYTES
from portreeve.franking.structs import Commitment


def commit(message: bytes) -> Commitment:
    """Commit to a message, with a fresh random opening key.

    The sender's client gives ``digest`` to the platform, and puts ``opening_key`` into the
    encrypted message. The digest says nothing about the message to who lacks the key.

    >>> commitment = commit(b"the keys are under the mat")
    >>> len(commitment.digest), len(commitment.opening_key)
    (32, 32)

    Raises:
        FrankingError: the message is larger than 64 KiB.
    """
    opening_key = secrets.token_bytes(KEY_BYTES)
    return Commitment(digest=digest(opening_key, message), opening_key=opening_key)


def opens(commitment: bytes, message: bytes, opening_key: bytes) -> bool:
    """Whether message and key are those of the commitment of a stamp.

    The recipient's client asks this of every message when it arrives, and shows none of which it
    is not true: such a message could never be reported.

    >>> made = commit(b"hello")
    >>> opens(made.digest, b"hello", made.opening_key)
    True
    >>> opens(made.digest, b"hallo", made.opening_key)
    False

    Raises:
        FrankingError: the key is not 32 bytes, or the message is larger than 64 KiB.
    """
    return hmac.compare_digest(digest(opening_key, message), commitment)

"""Franked reports: the recipient of an encrypted message can prove what it said; nobody else reads.

The sender's client commits to the message. The platform, which cannot read it, stamps the
commitment when it delivers the message. The recipient can later open exactly this one message to
the platform, which checks its own stamp. ``docs/franking.md`` says what this proves and what not.

>>> from datetime import UTC, datetime
>>> from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

The sender's client keeps ``opening_key`` for the encrypted message, and gives away ``digest``:

>>> message = b"want some pills? cheap"
>>> commitment = commit(message)

The platform stamps what it delivers:

>>> sent = datetime(2014, 6, 1, 12, tzinfo=UTC)
>>> stamper = Stamper(Ed25519PrivateKey.generate(), "2014-06")
>>> stamp = stamper.stamp(
...     commitment.digest, sender="mallory", recipient="bob", time=sent, message_id="m-1"
... )

The recipient's client checks that the message can be reported before it shows it, and reports it:

>>> opens(stamp.commitment, message, commitment.opening_key)
True
>>> report = Report(
...     message=message, opening_key=commitment.opening_key, stamp=stamp, reporter="bob"
... )
>>> sent_to_the_platform = report.to_json()

The platform verifies it, once:

>>> keys = [stamper.public_key(valid_from=datetime(2014, 6, 1, tzinfo=UTC))]
>>> verifier = Verifier(keys, InMemorySeen(), now=lambda: datetime(2014, 6, 2, tzinfo=UTC))
>>> franked = verifier.verify(Report.from_json(sent_to_the_platform))
>>> franked.message, franked.sender, franked.grade.automatic
(b'want some pills? cheap', 'mallory', True)
>>> verifier.verify(report)
Traceback (most recent call last):
portreeve.franking.refusals.FrankingError: stamp.message_id was reported before. Nothing is ...
"""

from portreeve.franking.client import commit, opens
from portreeve.franking.grade import EvidenceGrade
from portreeve.franking.refusals import FrankingError, Refusal
from portreeve.franking.seen import InMemorySeen, Seen
from portreeve.franking.stamper import Stamper
from portreeve.franking.structs import Commitment, Franked, KeySet, PublicKey, Report, Stamp
from portreeve.franking.verifier import Verifier

__all__ = [
    "Commitment",
    "EvidenceGrade",
    "Franked",
    "FrankingError",
    "InMemorySeen",
    "KeySet",
    "PublicKey",
    "Refusal",
    "Report",
    "Seen",
    "Stamp",
    "Stamper",
    "Verifier",
    "commit",
    "opens",
]

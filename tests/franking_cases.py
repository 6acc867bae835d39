"""Reports that must be verified and reports that must be refused, each with its reason.

``PYTHONPATH=src:tests python -m franking_cases`` writes them to ``docs/franking-vectors.json``,
for other implementations to be tested with. The keys are of tests and sign nothing else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portreeve.franking import KeySet, Report, Stamp, Stamper, encoding
from portreeve.franking.wire import to_base64url

VECTORS = Path(__file__).parents[1] / "docs/franking-vectors.json"

SENT = datetime(2014, 6, 1, 12, tzinfo=UTC)
NEXT_DAY = SENT + timedelta(days=1)
MS = timedelta(milliseconds=1)
JANUARY, JUNE = datetime(2014, 1, 1, tzinfo=UTC), datetime(2014, 6, 1, tzinfo=UTC)

# the last byte is zero: without it, HMAC would still give the same commitment
OPENING_KEY = bytes(range(31, -1, -1))
MESSAGE = "要药吗？便宜".encode()
SEEDS = {"2014-01": bytes([1]) * 32, "2014-06": bytes([6]) * 32}

OLD, NEW = (Stamper(Ed25519PrivateKey.from_private_bytes(SEEDS[name]), name) for name in SEEDS)
FORGER = Stamper(Ed25519PrivateKey.from_private_bytes(bytes([66]) * 32), "2014-06")
UNKNOWN = Stamper(Ed25519PrivateKey.from_private_bytes(bytes([66]) * 32), "2013-06")
KEYS = KeySet(keys=[OLD.public_key(JANUARY, JUNE), NEW.public_key(JUNE)])


def stamped(by: Stamper = NEW, message: bytes = MESSAGE, **changes: Any) -> Stamp:
    """The stamp of mallory's message to bob, or of one that differs from it."""
    facts = {"sender": "mallory", "recipient": "bob", "time": SENT, "message_id": "m-1"}
    return by.stamp(encoding.digest(OPENING_KEY, message), **{**facts, **changes})


GENUINE = Report(message=MESSAGE, opening_key=OPENING_KEY, stamp=stamped(), reporter="bob")


def report(**changes: Any) -> str:
    """The genuine report with some of its parts changed, as JSON."""
    return msgspec.structs.replace(GENUINE, **changes).to_json().decode()


def restamped(**changes: Any) -> str:
    """The genuine report with fields of its stamp changed after it was signed."""
    return report(stamp=msgspec.structs.replace(GENUINE.stamp, **changes))


def other_message() -> Stamp:
    return stamped(message="明天见".encode(), message_id="m-2")


def flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


def text(old: str, new: str) -> str:
    """The JSON of the genuine report with one piece of it written otherwise."""
    whole = report()
    assert whole.count(old) == 1
    return whole.replace(old, new)


@dataclass(frozen=True)
class Case:
    """One report and what must come of it.

    ``fill`` not 0: where the report says ``@``, so many zero bytes in base64url belong.
    """

    why: str
    refusal: str | None
    report: str
    now: datetime = NEXT_DAY
    seen: list[str] = field(default_factory=list)
    fill: int = 0

    def data(self) -> bytes:
        filled = self.report.replace("@", to_base64url(bytes(self.fill))) if self.fill else None
        return (filled or self.report).encode()


def filled(size: int) -> str:
    """A report of a message of so many zero bytes, which are left out; unstamped if too long."""
    stamp = stamped(message=bytes(size)) if size <= 65_536 else GENUINE.stamp
    return report(message=b"", stamp=stamp).replace('"message":""', '"message":"@"')


CASES = {
    "genuine": Case("the message as delivered, reported by its recipient", None, report()),
    "genuine, empty message": Case(
        "any bytes can be a message", None, report(message=b"", stamp=stamped(message=b""))
    ),
    "genuine, longest message": Case(
        "64 KiB are allowed", None, filled(65_536), fill=65_536
    ),
    "genuine, former key": Case(
        "its key was in use when it was sent", None, report(stamp=stamped(OLD, time=JUNE - MS))
    ),
    "genuine, oldest": Case(
        "exactly as old as allowed", None, report(), now=SENT + timedelta(days=90)
    ),
    "genuine, clock behind": Case(
        "exactly as far ahead as allowed", None, report(), now=SENT - timedelta(minutes=5)
    ),
    "genuine, other reported": Case(
        "reporting one message leaves others open", None, report(), seen=["m-2"]
    ),
    "forged stamp": Case(
        "signed with a key that is not the platform's", "bad-signature",
        report(stamp=stamped(FORGER)),
    ),
    "changed signature": Case(
        "one bit of the signature differs", "bad-signature",
        restamped(signature=flipped(GENUINE.stamp.signature)),
    ),
    "changed message": Case(
        "words were put into the sender's mouth", "wrong-commitment",
        report(message="要药吗？不要".encode()),
    ),
    "changed opening key": Case(
        "one bit of the key differs", "wrong-commitment",
        report(opening_key=flipped(OPENING_KEY)),
    ),
    "opening key and a zero byte": Case(
        "HMAC alone would take it for the key", "opening-key-length",
        report(opening_key=OPENING_KEY + b"\0"),
    ),
    "opening key without its last zero": Case(
        "HMAC alone would take it for the key", "opening-key-length",
        report(opening_key=OPENING_KEY[:31]),
    ),
    "opening key of another 33rd byte": Case(
        "a key has 32 bytes", "opening-key-length", report(opening_key=OPENING_KEY + b"\1")
    ),
    "re-keyed": Case(
        "another message and key for the same stamp", "wrong-commitment",
        report(message="送你一斤药".encode(), opening_key=bytes(32)),
    ),
    "replayed": Case(
        "the message was reported before", "already-reported", report(), seen=["m-1"]
    ),
    "replayed under another id": Case(
        "the id was changed to get past the replay check", "bad-signature",
        restamped(message_id="m-3"), seen=["m-1"],
    ),
    "foreign reporter": Case(
        "somebody got hold of bob's report", "not-the-recipient", report(reporter="carol")
    ),
    "reported by the sender": Case(
        "the sender is not the recipient", "not-the-recipient", report(reporter="mallory")
    ),
    "swapped sender and recipient": Case(
        "bob wrote it and says that mallory did", "bad-signature",
        report(
            stamp=msgspec.structs.replace(
                stamped(sender="bob", recipient="mallory"), sender="mallory", recipient="bob"
            )
        ),
    ),
    "other sender": Case(
        "somebody innocent is accused", "bad-signature", restamped(sender="alice")
    ),
    "moved boundary": Case(
        "the same letters, cut at another place", "bad-signature",
        report(
            stamp=msgspec.structs.replace(GENUINE.stamp, sender="malloryb", recipient="ob"),
            reporter="ob",
        ),
    ),
    "other message's stamp": Case(
        "the stamp is genuine, but of another message", "wrong-commitment",
        report(stamp=other_message()),
    ),
    "other message's commitment": Case(
        "the commitment was put into another stamp", "bad-signature",
        report(stamp=msgspec.structs.replace(other_message(), commitment=GENUINE.stamp.commitment)),
    ),
    "expired": Case(
        "a millisecond older than allowed", "too-old", report(), now=SENT + timedelta(days=90) + MS
    ),
    "from the future": Case(
        "a millisecond further ahead than allowed", "in-the-future", report(),
        now=SENT - timedelta(minutes=5) - MS,
    ),
    "made younger": Case(
        "the time was changed to get past the age limit", "bad-signature",
        restamped(time_ms=GENUINE.stamp.time_ms + 1), now=SENT + timedelta(days=90) + MS,
    ),
    "unknown key": Case(
        "no key of the platform has this id", "unknown-key", report(stamp=stamped(UNKNOWN))
    ),
    "retired key": Case(
        "signed with a key the moment it was retired", "key-not-in-use",
        report(stamp=stamped(OLD, time=JUNE)),
    ),
    "key before its time": Case(
        "signed with a key before it was in use", "key-not-in-use",
        report(stamp=stamped(time=JUNE - MS)),
    ),
    "unknown version": Case(
        "the format is of a later version", "unknown-version", restamped(version=2)
    ),
    "message too large": Case(
        "a byte more than 64 KiB", "too-large", filled(65_537), fill=65_537
    ),
    "empty id": Case("an id says something", "bad-id", restamped(sender="")),
    "long id": Case("257 bytes", "bad-id", restamped(recipient="b" * 257)),
    "long id in Chinese": Case("86 characters, 258 bytes", "bad-id", report(reporter="汉" * 86)),
    "id with a line break": Case(
        "it would break a log, and JSON writes it in several ways", "bad-id",
        restamped(message_id="m\n1"),
    ),
    "time before 1970": Case("stamps count from 1970", "bad-time", restamped(time_ms=-1)),
    "time after 9999": Case(
        "no calendar here goes so far", "bad-time", restamped(time_ms=253_402_300_800_000)
    ),
    "short commitment": Case(
        "31 bytes", "wrong-length", restamped(commitment=GENUINE.stamp.commitment[:31])
    ),
    "long signature": Case(
        "65 bytes", "wrong-length", restamped(signature=GENUINE.stamp.signature + b"\0")
    ),
    "not JSON": Case("the end is missing", "not-json", report()[:-1]),
    "not an object": Case("a list is no report", "wrong-type", f"[{report()}]"),
    "unknown field": Case(
        "nothing is overlooked silently", "unknown-field",
        text('"reporter":', '"note":"x","reporter":'),
    ),
    "missing field": Case(
        "there is no default sender", "missing-field", text('"sender":"mallory",', "")
    ),
    "number as text": Case(
        "types are not guessed", "wrong-type", text("1401624000000", '"1401624000000"')
    ),
    "number with a fraction": Case(
        "one number has one form", "wrong-type", text("1401624000000", "1401624000000.0")
    ),
    "no stamp": Case(
        "a screenshot is a claim", "wrong-type", text(report()[report().index('{"version'):
        report().index(',"reporter')], "null"),
    ),
    "padded base64": Case(
        "one key has one form", "wrong-encoding",
        text(to_base64url(OPENING_KEY), to_base64url(OPENING_KEY) + "="),
    ),
    "unused bits of base64": Case(
        "the last letter differs, the bytes do not", "wrong-encoding",
        text(to_base64url(OPENING_KEY), to_base64url(OPENING_KEY)[:-1] + "B"),
    ),
}  # fmt: skip


def page() -> str:
    """The file of vectors."""
    stamp = GENUINE.stamp
    signed = encoding.signed_bytes(
        key_id=stamp.key_id,
        commitment=stamp.commitment,
        sender=stamp.sender,
        recipient=stamp.recipient,
        time_ms=stamp.time_ms,
        message_id=stamp.message_id,
    )
    vectors = {
        "about": "Test vectors of franked reports, version 1; docs/franking.md explains them. "
        "The private keys are of tests. refusal null: verified. fill: where the report says @, "
        "so many zero bytes in base64url belong.",
        "private_keys_hex": {name: seed.hex() for name, seed in SEEDS.items()},
        "keys": json.loads(KEYS.to_json()),
        "max_age_days": 90,
        "clock_allowance_seconds": 300,
        "genuine_hex": {
            "message": MESSAGE.hex(),
            "opening_key": OPENING_KEY.hex(),
            "commitment": stamp.commitment.hex(),
            "signed_bytes": signed.hex(),
            "signature": stamp.signature.hex(),
        },
        "vectors": [
            {
                "name": name,
                "why": case.why,
                "refusal": case.refusal,
                "now": case.now.isoformat(timespec="milliseconds"),
                "seen": case.seen,
                **({"fill": case.fill} if case.fill else {}),
                "report": case.report,
            }
            for name, case in CASES.items()
        ],
    }
    return json.dumps(vectors, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    VECTORS.write_text(page(), "utf-8")

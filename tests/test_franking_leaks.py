"""Franked reports show no content, keys, signatures or persons when printed, logged or refused."""

import base64
import hmac
import logging
import traceback

import msgspec
import pytest
from rich.pretty import pretty_repr

import franking_cases as cases
from franking_cases import KEYS, NEXT_DAY, SENT
from portreeve.franking import (
    Commitment,
    FrankingError,
    InMemorySeen,
    Refusal,
    Report,
    Verifier,
)

CANARY = b"CANARY-7c1f-in-a-chat"
CANARY_KEY = b"KEY-CANARY-of-exactly-32-bytes!!"


def forms(secret):
    """How a value could show itself."""
    yield from (secret.hex(), repr(secret)[2:-1], repr(list(secret))[1:-1])
    yield base64.b64encode(secret).decode().rstrip("=")
    yield base64.urlsafe_b64encode(secret).decode().rstrip("=")


def canaries():
    """A report full of canaries, and everything of it that must not be shown."""
    commitment = hmac.digest(CANARY_KEY, b"portreeve/franking/commitment\0\x01" + CANARY, "sha256")
    stamp = cases.NEW.stamp(
        commitment, sender="CANARY-s", recipient="CANARY-r", time=SENT, message_id="m-9"
    )
    report = Report(message=CANARY, opening_key=CANARY_KEY, stamp=stamp, reporter="CANARY-r")
    secret = ["CANARY"]
    for value in (CANARY, CANARY_KEY, commitment, stamp.signature, cases.SEEDS["2014-06"]):
        secret += forms(value)
    return report, secret


def leaks(shown, secret):
    return [value for value in secret if value in shown]


def test_what_is_printed_shows_no_content_key_signature_or_person():
    report, secret = canaries()
    verifier = Verifier(KEYS.keys, InMemorySeen(), now=lambda: NEXT_DAY)
    made = Commitment(digest=report.stamp.commitment, opening_key=CANARY_KEY)
    franked = verifier.verify(report)
    for value in (report, report.stamp, franked, made, KEYS, verifier, cases.NEW):
        for shown in (repr(value), str(value), f"{value}", f"{[value]}", pretty_repr(value)):
            assert leaks(shown, secret) == []
    assert repr(report) == (
        "Report(stamp=Stamp(version=1, key_id='2014-06', message_id='m-9', "
        "time_ms=1401624000000, ...), ...)"
    )
    assert repr(made) == "Commitment(...)"


def spoilt():
    """The report of canaries, spoilt in every way that is refused."""
    report, _ = canaries()
    replace = msgspec.structs.replace
    stamp, whole = report.stamp, report.to_json()
    ways = [
        replace(report, message=CANARY * 4000),
        replace(report, message=CANARY + b"!"),
        replace(report, opening_key=CANARY_KEY + b"\0"),
        replace(report, reporter="CANARY-other"),
        replace(report, reporter="CANARY" * 99),
        replace(report, stamp=replace(stamp, key_id="CANARY")),
        replace(report, stamp=replace(stamp, message_id="CANARY")),
        replace(report, stamp=replace(stamp, signature=CANARY)),
        replace(report, stamp=replace(stamp, commitment=CANARY)),
        replace(report, stamp=replace(stamp, sender="CANARY\n")),
        replace(report, stamp=replace(stamp, version=9)),
        replace(report, stamp=replace(stamp, time_ms=1)),
        replace(report, stamp=replace(stamp, time_ms=10**20)),
    ]
    yield from (way.to_json() for way in ways)
    yield whole[:-3]
    yield whole.replace(b'"reporter"', b'"CANARY"')
    yield whole.replace(b'"CANARY-r"', b'{"CANARY":1}')
    yield whole.replace(b"1401624000000", b'"CANARY"')
    yield whole.replace(b'"CANARY-r"', b'"CANARY\xff"')
    yield whole.replace(b'"message":"', b'"message":"CANARY=')
    yield whole.replace(b'"message":"', b'"message":"\xc3\xa9CANARY')


def test_no_error_shows_content_keys_signatures_or_persons(caplog):
    caplog.set_level(logging.DEBUG)
    _, secret = canaries()
    verifier = Verifier(KEYS.keys, InMemorySeen(), now=lambda: NEXT_DAY)
    reasons = set()
    for data in spoilt():
        with pytest.raises(FrankingError) as caught:
            verifier.verify(Report.from_json(data))
        error = caught.value
        reasons.add(error.refusal)
        for shown in (
            str(error),
            repr(error),
            repr(error.args),
            error.field,
            "".join(traceback.format_exception(error)),
        ):
            assert leaks(shown, secret) == []
    assert {*Refusal} - reasons == {
        "missing-field",
        "in-the-future",
        "too-old",
        "already-reported",
        "duplicate-key",
        "key-times",
    }
    assert caplog.records == []

"""Franked reports: what is verified, what is refused and why, and the format."""

import base64
import hashlib
import hmac
import json
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

import franking_cases as cases
from franking_cases import CASES, GENUINE, KEYS, MESSAGE, NEXT_DAY, OPENING_KEY, SENT
from portreeve.franking import (
    EvidenceGrade,
    FrankingError,
    InMemorySeen,
    KeySet,
    PublicKey,
    Refusal,
    Report,
    Stamp,
    Verifier,
    commit,
    opens,
)
from portreeve.franking.encoding import signed_bytes


def remembering(ids):
    seen = InMemorySeen()
    for id in ids:
        seen.add(id)
    return seen


def refused(data, now=NEXT_DAY, seen=()):
    """Why a report in JSON is refused; None when it is verified."""
    verifier = Verifier(KEYS.keys, remembering(seen), now=lambda: now)
    try:
        verifier.verify(Report.from_json(data))
    except FrankingError as error:
        return error.refusal.value
    return None


def error_of(call):
    with pytest.raises(FrankingError) as caught:
        call()
    return caught.value


# What is verified, and what is refused


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_verdict(case):
    assert refused(case.data(), case.now, case.seen) == case.refusal


def test_every_reason_about_reports_has_a_case():
    of_keys = {"duplicate-key", "key-times"}
    assert {case.refusal for case in CASES.values()} - {None} == {*Refusal} - of_keys


def test_what_a_verified_report_says():
    franked = Verifier(KEYS.keys, InMemorySeen(), now=lambda: NEXT_DAY).verify(GENUINE)
    assert franked.message.decode() == "要药吗？便宜"
    assert (franked.sender, franked.recipient) == ("mallory", "bob")
    assert (franked.message_id, franked.key_id) == ("m-1", "2014-06")
    assert franked.time == SENT
    assert franked.grade is EvidenceGrade.franked


def test_a_message_is_reported_once_and_a_forger_cannot_use_up_its_id():
    verifier = Verifier(KEYS.keys, InMemorySeen(), now=lambda: NEXT_DAY)
    for case in CASES.values():
        if case.refusal not in (None, "already-reported") and case.now == NEXT_DAY:
            with pytest.raises(FrankingError):
                verifier.verify(Report.from_json(case.data()))
    verifier.verify(GENUINE)
    assert error_of(lambda: verifier.verify(GENUINE)).refusal == "already-reported"


def test_of_many_reports_at_once_one_counts():
    verifier = Verifier(KEYS.keys, InMemorySeen(), now=lambda: NEXT_DAY)
    start = threading.Barrier(8)

    def report(_):
        start.wait()
        try:
            return verifier.verify(GENUINE).message_id
        except FrankingError as error:
            return error.refusal.value

    with ThreadPoolExecutor(8) as pool:
        results = sorted(pool.map(report, range(8)))
    assert results == ["already-reported"] * 7 + ["m-1"]


def test_a_report_does_not_count_when_remembering_fails():
    class Broken:
        def add(self, _):
            raise OSError("the store is away")

    with pytest.raises(OSError, match="the store is away"):
        Verifier(KEYS.keys, Broken(), now=lambda: NEXT_DAY).verify(GENUINE)


@pytest.mark.parametrize(
    ("days", "age", "refusal"),
    [(1, timedelta(days=1), None), (1, timedelta(days=1, milliseconds=1), "too-old")],
)
def test_the_age_limit_can_be_set(days, age, refusal):
    verifier = Verifier(
        KEYS.keys, InMemorySeen(), now=lambda: SENT + age, max_age=timedelta(days=days)
    )
    if refusal is None:
        assert verifier.verify(GENUINE).message_id == "m-1"
    else:
        assert error_of(lambda: verifier.verify(GENUINE)).refusal == refusal


# Keys


def key(**changes):
    return msgspec.structs.replace(KEYS.keys[0], **changes)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ([key(), key()], "keys.key_id names two keys."),
        ([key(public_key=bytes(31))], "keys.public_key has the wrong length:"),
        ([key(key_id="")], "keys.key_id is no id:"),
        ([key(valid_until=cases.JANUARY)], "keys.valid_until is not later than valid_from."),
        ([key(valid_from=datetime(2014, 1, 1))], "keys.valid_from is no time:"),
    ],
)
def test_keys_that_cannot_be_used(keys, message):
    assert str(error_of(lambda: Verifier(keys, InMemorySeen()))).startswith(message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{}", "keys is missing."),
        (b'{"keys":[],"more":1}', "keys has a field that is not part of the format."),
        (b'{"keys":[1]}', "keys is of another type than the format says."),
        (b'{"keys":[{"key_id":"a"}]}', "keys.public_key is missing."),
        (b'{"keys":[{"key_id":"a","public_key":"=="}]}', "keys.public_key is not base64url"),
    ],
)
def test_files_of_keys_that_cannot_be_used(data, message):
    assert str(error_of(lambda: KeySet.from_json(data))).startswith(message)


def test_a_file_of_keys_comes_back_as_it_was():
    assert KeySet.from_json(KEYS.to_json()) == KEYS
    without_end = b'{"key_id":"a","public_key":"","valid_from":"2014-01-01T00:00:00Z"}'
    (read,) = KeySet.from_json(b'{"keys":[%s]}' % without_end).keys
    assert read == PublicKey(key_id="a", public_key=b"", valid_from=cases.JANUARY)


# What is stamped


@pytest.mark.parametrize(
    ("changes", "field", "refusal"),
    [
        ({"sender": ""}, "stamp.sender", "bad-id"),
        ({"recipient": "b" * 257}, "stamp.recipient", "bad-id"),
        ({"message_id": "a\x00"}, "stamp.message_id", "bad-id"),
        ({"message_id": "\ud800"}, "stamp.message_id", "bad-id"),
        ({"message_id": 7}, "stamp.message_id", "wrong-type"),
        ({"time": datetime(2014, 6, 1)}, "time", "bad-time"),
        ({"time": 1401624000000}, "time", "wrong-type"),
    ],
)
def test_the_platform_stamps_nothing_that_could_not_be_reported(changes, field, refusal):
    error = error_of(lambda: cases.stamped(**changes))
    assert (error.field, error.refusal.value) == (field, refusal)


def test_the_platform_is_given_the_commitment_and_never_the_opening_key():
    made = commit(MESSAGE)
    for wrong in (made, made.digest[:31], MESSAGE):
        error = error_of(
            lambda wrong=wrong: cases.NEW.stamp(
                wrong, sender="a", recipient="b", time=SENT, message_id="c"
            )
        )
        assert error.field == "stamp.commitment"


def test_longest_ids_are_stamped_and_verified():
    stamp = cases.stamped(sender="s" * 256, recipient="汉" * 85 + "b", message_id="m" * 256)
    report = msgspec.structs.replace(GENUINE, stamp=stamp, reporter="汉" * 85 + "b")
    assert refused(report.to_json()) is None


# The format


def test_the_bytes_are_those_of_the_page():
    """An implementation of the format from its description alone."""
    commitment = hmac.new(
        OPENING_KEY, b"portreeve/franking/commitment\0\x01" + MESSAGE, hashlib.sha256
    ).digest()
    assert commitment.hex() == "86573bd72cfafa8646842829d998811ce4d9c7c2d69c233adc4923a81544e2da"
    signed = (
        b"portreeve/franking/stamp\0\x01"
        + b"\x00\x072014-06"
        + b"\x00\x20"
        + commitment
        + b"\x00\x07mallory"
        + b"\x00\x03bob"
        + struct.pack(">Q", 1401624000000)
        + b"\x00\x03m-1"
    )
    assert GENUINE.stamp.commitment == commitment
    public = "8a875fff1eb38451577acd5afee405456568dd7c89e090863a0557bc7af49f17"
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(
        GENUINE.stamp.signature, signed
    )


def test_the_file_of_vectors_is_what_the_cases_make():
    assert cases.VECTORS.read_text("utf-8") == cases.page(), (
        "run `PYTHONPATH=src:tests python -m franking_cases`"
    )


def test_every_vector_of_the_file():
    vectors = json.loads(cases.VECTORS.read_text("utf-8"))
    keys = KeySet.from_json(json.dumps(vectors["keys"]).encode()).keys
    assert len(vectors["vectors"]) == len(CASES)
    for vector in vectors["vectors"]:
        zeros = base64.urlsafe_b64encode(bytes(vector.get("fill", 0))).decode().rstrip("=")
        text = vector["report"].replace("@", zeros) if "fill" in vector else vector["report"]
        verifier = Verifier(
            keys,
            remembering(vector["seen"]),
            now=lambda vector=vector: datetime.fromisoformat(vector["now"]),
            max_age=timedelta(days=vectors["max_age_days"]),
            clock_allowance=timedelta(seconds=vectors["clock_allowance_seconds"]),
        )
        try:
            verifier.verify(Report.from_json(text.encode()))
            found = None
        except FrankingError as error:
            found = error.refusal.value
        assert found == vector["refusal"], vector["name"]


def test_hmac_alone_would_take_three_keys_for_one():
    padded = [OPENING_KEY, OPENING_KEY + b"\0", OPENING_KEY[:31]]
    assert len({hmac.digest(key, b"m", "sha256") for key in padded}) == 1
    for key in padded[1:]:
        error = error_of(lambda key=key: opens(GENUINE.stamp.commitment, MESSAGE, key))
        assert error.refusal == "opening-key-length"


ids = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=40).filter(
    lambda text: len(text.encode()) <= 256
)
stamps = st.fixed_dictionaries({
    "key_id": ids,
    "commitment": st.binary(min_size=32, max_size=32),
    "sender": ids,
    "recipient": ids,
    "time_ms": st.integers(0, 253_402_300_799_999),
    "message_id": ids,
})  # fmt: skip


def parsed(data):
    """The fields again from the bytes that are signed: if they come back, no two share bytes."""
    assert data[:26] == b"portreeve/franking/stamp\0\x01"
    at = 26

    def taken(size):
        nonlocal at
        at += size
        return data[at - size : at]

    def prefixed():
        return taken(int.from_bytes(taken(2), "big"))

    fields = {
        "key_id": prefixed().decode(),
        "commitment": prefixed(),
        "sender": prefixed().decode(),
        "recipient": prefixed().decode(),
        "time_ms": int.from_bytes(taken(8), "big"),
        "message_id": prefixed().decode(),
    }
    assert at == len(data)
    return fields


@given(stamps)
def test_the_signed_bytes_say_every_field(fields):
    assert parsed(signed_bytes(**fields)) == fields


few = st.sampled_from(["a", "b", "aa", "ab", "ba", "aab", "\u00e9", "e\u0301"])


@given(st.tuples(few, few, few, few), st.tuples(few, few, few, few))
def test_different_fields_have_different_bytes(one, other):
    def signed(key_id, sender, recipient, message_id):
        return signed_bytes(
            key_id=key_id,
            commitment=bytes(32),
            sender=sender,
            recipient=recipient,
            time_ms=0,
            message_id=message_id,
        )

    assert (signed(*one) == signed(*other)) == (one == other)


# Laws


def test_any_flipped_bit_of_a_report_is_refused():
    data = GENUINE.to_json()
    for at in range(len(data) * 8):
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        assert refused(bytes(changed)) is not None, at


@given(st.data(), st.binary(max_size=300))
def test_any_flipped_bit_of_any_report_is_refused(data, message):
    stamp = cases.stamped(message=message, sender="我\"\\/'é")
    report = msgspec.structs.replace(GENUINE, message=message, stamp=stamp)
    whole = bytearray(report.to_json())
    assert refused(bytes(whole)) is None
    at = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[at // 8] ^= 1 << at % 8
    assert refused(bytes(whole)) is not None


@given(st.binary(max_size=2000))
def test_what_is_committed_opens_and_nothing_else_does(message):
    made = commit(message)
    assert opens(made.digest, message, made.opening_key)
    assert not opens(made.digest, message + b"\0", made.opening_key)
    assert commit(message).digest != made.digest
    stamp = cases.NEW.stamp(made.digest, sender="a", recipient="b", time=SENT, message_id="m")
    assert Stamp.from_json(stamp.to_json()) == stamp
    report = Report(message=message, opening_key=made.opening_key, stamp=stamp, reporter="b")
    assert Report.from_json(report.to_json()) == report
    assert refused(report.to_json()) is None


@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["message", "stamp", "reporter", "x"]), inner, max_size=4),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_anything_else_is_refused_and_never_breaks(data):
    assert refused(data) in ("not-json", "wrong-type", "unknown-field", "missing-field",
                             "wrong-encoding")  # fmt: skip


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"[" * 100_000, "not-json"),
        (b"1" * 100_000, "not-json"),
        (b'"\xff"', "not-json"),
        (b'"\\ud800"', "not-json"),
        (b" " * 131_073, "too-large"),
        (b"", "not-json"),
    ],
)
def test_hostile_json(data, refusal):
    assert refused(data) == refusal


# Words


@pytest.mark.parametrize("refusal", Refusal)
def test_every_reason_names_field_and_remedy(refusal):
    assert str(FrankingError(refusal)) == f"{refusal.field} {refusal.meaning}. {refusal.remedy}"
    assert refusal.remedy.endswith(".")


def test_grades_rise_and_from_a_claim_nothing_automatic_follows():
    assert sorted(EvidenceGrade) == [
        EvidenceGrade.reporters_claim,
        EvidenceGrade.franked,
        EvidenceGrade.attested_public,
    ]
    assert [grade.automatic for grade in sorted(EvidenceGrade)] == [False, True, True]
    assert "nothing automatic may follow" in EvidenceGrade.reporters_claim.meaning

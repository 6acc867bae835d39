"""Decision records: canonical, signed, verified offline by anyone."""

import base64
import json

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from portreeve.schemas.policies import Activation, Dissent
from portreeve.service.policies import Policies
from portreeve.service.policy_records import RecordError, canonical, verify_record
from service.policy_cases import BOB, DAN, approved, strict

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    texts | st.integers(-(2**53), 2**53) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
def record(context):
    policies = Policies(context)
    approved(policies, strict())
    policies.versions.dissent(DAN, "sample", "2", Dissent(words="“Zu streng” — 太严了"))
    change = policies.changes.activate(BOB, "sample", "2", Activation())
    return policies.versions.record(DAN, change.record)


def test_a_record_verifies_from_its_json_alone(record, context):
    published = msgspec.json.encode(record)
    body = verify_record(published, [context.signer.public_key])
    assert (body.policy, body.proposer, body.dissent[0].words) == (
        "sample@2", "ann", "“Zu streng” — 太严了",
    )  # fmt: skip
    assert body == record.body


def test_a_record_verifies_without_portreeve(record):
    published = json.loads(msgspec.json.encode(record))
    signed = json.dumps(
        published["body"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(published["public_key"]))
    key.verify(base64.b64decode(published["signature"]), signed)


@given(values)
def test_canonical_json_is_what_every_json_library_can_write(value):
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical(value) == plain.encode()


@pytest.mark.parametrize("field", ["policy", "sha256", "rationale", "effective", "proposer"])
def test_a_changed_record_does_not_verify(record, context, field):
    published = json.loads(msgspec.json.encode(record))
    changed = "2015-01-01T00:00:00Z" if field == "effective" else "0" * 64
    published["body"][field] = changed
    with pytest.raises(RecordError) as raised:
        verify_record(json.dumps(published), [context.signer.public_key])
    assert str(raised.value) == ("The signature is not of this record: one of the two was changed.")


def test_a_dissent_cannot_be_left_out(record, context):
    published = json.loads(msgspec.json.encode(record))
    published["body"]["dissent"] = []
    with pytest.raises(RecordError, match="one of the two was changed"):
        verify_record(json.dumps(published), [context.signer.public_key])


def test_a_field_that_is_not_part_of_a_record_cannot_be_added(record, context):
    published = json.loads(msgspec.json.encode(record))
    published["body"]["approved_by_all"] = True
    with pytest.raises(RecordError, match="one of the two was changed"):
        verify_record(json.dumps(published), [context.signer.public_key])


def test_a_key_that_nobody_trusts(record):
    with pytest.raises(RecordError) as raised:
        verify_record(record, ["AAAA"])
    assert str(raised.value) == "The record is signed with a key that is not trusted."


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"body": 1}'])
def test_what_is_no_record(text):
    with pytest.raises(RecordError, match=r"^This is not a decision record: "):
        verify_record(text, [])


def test_what_is_signed_for_another_purpose(record, context):
    body = msgspec.structs.replace(record.body, type="portreeve.something-else/1")
    signature = context.signer.sign(canonical(body))
    forged = msgspec.structs.replace(record, body=body, signature=signature)
    with pytest.raises(RecordError) as raised:
        verify_record(forged, [context.signer.public_key])
    assert str(raised.value) == (
        "This is a 'portreeve.something-else/1', not a 'portreeve.policy-record/1'."
    )

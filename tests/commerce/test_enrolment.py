"""Proofs of enrolment, and who may join a deal."""

import base64
import dataclasses
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from commerce.rule_files import changed, complaint
from portreeve.commerce.deals import Deal, deal_rules, refuses
from portreeve.commerce.enrolment import (
    FAULTS,
    RESULTS,
    Checker,
    Enrolment,
    ProofError,
    SignedStatements,
    Statement,
    sign,
)

NOW = datetime(2014, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NORTH, SOUTH, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3))
CHECKERS = [
    Checker("north", NORTH.public_key().public_bytes_raw()),
    Checker("south", SOUTH.public_key().public_bytes_raw()),
]
PORT = SignedStatements(CHECKERS, deal_rules().longest)
SAID = Statement(
    account="lin", campus="north", result="enrolled", issued=NOW - DAY, expires=NOW + 300 * DAY
)


def said(**other):
    return msgspec.structs.replace(SAID, **other)


def signed(payload, key=NORTH):
    """Any payload as a checker's proof."""

    def written(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    signature = key.sign(b"portreeve enrolment 1\n" + payload)
    return f"{written(payload)}.{written(signature)}"


def damaged(proof):
    payload, _, signature = proof.partition(".")
    return f"{payload[:-4]}{'AAAA' if payload[-4:] != 'AAAA' else 'BBBB'}.{signature}"


@pytest.mark.parametrize(
    ("reason", "proof", "fault"),
    [
        ("no proof at all", "please", "unreadable"),
        ("not base64", "a b.c", "unreadable"),
        ("far too long", "a" * 5000 + ".a", "unreadable"),
        ("not ASCII", "猫.猫", "unreadable"),
        ("signed by a stranger", sign(SAID, STRANGER), "forged"),
        ("changed after it was signed", damaged(sign(SAID, NORTH)), "forged"),
        ("the signature of another statement",
         sign(SAID, NORTH).split(".")[0] + "." + sign(said(account="wei"), NORTH).split(".")[1],
         "forged"),
        ("signed without the context", None, "forged"),
        ("signed, but not a statement", signed(b"[]"), "unreadable"),
        ("a field too many, such as a name", signed(b'{"name": "Lin"}'), "unreadable"),
        ("no time zone", signed(msgspec.json.encode(
            said(issued=datetime(2014, 5, 1), expires=datetime(2014, 9, 1)))), "unreadable"),
        ("another account's", sign(said(account="wei"), NORTH), "foreign"),
        ("the south attests for the north", sign(SAID, SOUTH), "other_campus"),
        ("signed tomorrow", sign(said(issued=NOW + DAY), NORTH), "not_yet"),
        ("over", sign(said(expires=NOW), NORTH), "expired"),
        ("for ten years", sign(said(expires=NOW + 3650 * DAY), NORTH), "too_long"),
    ],
)  # fmt: skip
def test_what_proves_nothing(reason, proof, fault):
    if proof is None:
        payload = msgspec.json.encode(SAID)
        bare = base64.urlsafe_b64encode(NORTH.sign(payload)).rstrip(b"=").decode()
        proof = f"{base64.urlsafe_b64encode(payload).rstrip(b'=').decode()}.{bare}"
    with pytest.raises(ProofError) as refused:
        PORT.check("lin", proof, NOW)
    assert refused.value.fault == fault
    assert str(refused.value) == FAULTS[fault]


@pytest.mark.parametrize("result", RESULTS)
def test_what_is_kept_is_result_campus_and_expiry(result):
    found = PORT.check("lin", sign(said(result=result), NORTH), NOW)
    assert dataclasses.asdict(found) == {
        "result": result, "campus": "north", "expires": NOW + 300 * DAY,
    }  # fmt: skip


@given(st.text(max_size=200))
def test_no_text_does_more_than_prove_nothing(text):
    with pytest.raises(ProofError):
        PORT.check("lin", text, NOW)


DEAL = Deal("north", "open", NOW + DAY, published=True)
OURS = Enrolment("enrolled", "north", NOW + 300 * DAY)


@pytest.mark.parametrize(
    ("reason", "deal", "enrolment", "refusal"),
    [
        ("a student of campus A", {}, OURS, None),
        ("a student of campus B", {}, Enrolment("enrolled", "south", NOW + DAY), "other_campus"),
        ("an outsider without a proof", {}, None, "not_checked"),
        (
            "an outsider whom the school does not know",
            {},
            Enrolment("unknown", "north", NOW + DAY),
            "not_enrolled",
        ),
        (
            "a graduate, says the school",
            {},
            Enrolment("graduated", "north", NOW + DAY),
            "graduated",
        ),
        ("a graduate, whose proof ran out", {}, Enrolment("enrolled", "north", NOW), "expired"),
        ("too late: it is complete", {"state": "completed"}, OURS, "completed"),
        ("too late: the deadline has come", {"deadline": NOW}, OURS, "over"),
        ("too late: money goes back", {"state": "refunding"}, OURS, "over"),
        ("the item was taken down", {"published": False}, OURS, "taken_down"),
    ],
)
def test_who_may_join(reason, deal, enrolment, refusal):
    assert refuses(dataclasses.replace(DEAL, **deal), enrolment, NOW) == refusal


def test_neither_a_name_nor_a_price_decides():
    assert {field.name for field in dataclasses.fields(Deal)} == {
        "campus", "state", "deadline", "published",
    }  # fmt: skip
    assert {field.name for field in dataclasses.fields(Enrolment)} == {
        "result", "campus", "expires",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "old", "new", "message"),
    [
        ("no duration", "longest: 400d", "longest: 400", "`400` is not a duration"),
        ("a refusal is missing", "  over:", "  late:", "unknown key `late`"),
        ("a limit without its number", "    most: 30\n", "", "`most` is missing"),
    ],
)
def test_what_is_wrong_with_the_rules(reason, old, new, message, tmp_path):
    assert message in complaint(deal_rules, changed(tmp_path, "group_buying", old, new))

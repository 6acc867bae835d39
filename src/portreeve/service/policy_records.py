"""Decision records: what they say, how they are signed, how anyone verifies them offline.

Signed are the bytes of the canonical JSON of the record's body: keys sorted by code point at every
level, no white space, UTF-8, nothing escaped but what JSON must escape; times in UTC with ``Z``;
numbers are whole. The signature is Ed25519 (RFC 8032) in base64.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.policy import Policy, Words
from portreeve.schemas.policies import RECORD_TYPE, Bilingual, PolicyRecord, RecordBody
from portreeve.service.secrets import Signer, verify
from portreeve.store import Transaction
from portreeve.store.tables.policies import policy_records


class RecordError(ValueError):
    """A decision record does not verify. The message says what is wrong with it."""


def canonical(body: Any) -> bytes:
    """The bytes of a body that are signed; ``body`` is the struct, or what was read from JSON.

    >>> canonical({"b": "ä", "a": 1})
    b'{"a":1,"b":"\\xc3\\xa4"}'
    """
    return msgspec.json.encode(body, order="sorted")


def verify_record(record: bytes | str | PolicyRecord, public_keys: Iterable[str]) -> RecordBody:
    """What a record says, if one of these keys signed exactly that. Needs no service.

    Args:
        record: as the API gives it, as JSON or decoded.
        public_keys: base64 of the keys that are trusted, learnt on another way than from the
            record itself.

    Raises:
        RecordError: it is not a record, its key is not trusted, or its signature is not of it.
    """
    text = record if isinstance(record, bytes | str) else msgspec.json.encode(record)
    try:
        parts = msgspec.json.decode(text)
        body, key, signature = parts["body"], parts["public_key"], parts["signature"]
        said = msgspec.convert(body, RecordBody)
    except (msgspec.MsgspecError, KeyError, TypeError) as error:
        raise RecordError(f"This is not a decision record: {error}.") from None
    if said.type != RECORD_TYPE:
        raise RecordError(f"This is a {said.type!r}, not a {RECORD_TYPE!r}.")
    if key not in set(public_keys):
        raise RecordError("The record is signed with a key that is not trusted.")
    if not verify(key, canonical(body), signature):
        raise RecordError("The signature is not of this record: one of the two was changed.")
    return said


def write_record(tx: Transaction, signer: Signer, body: RecordBody) -> None:
    """Sign a record and keep it."""
    signed = canonical(body)
    row = {
        "id": body.id,
        "label": body.policy,
        "body": signed.decode(),
        "signature": signer.sign(signed),
        "key_id": signer.key_id,
        "public_key": signer.public_key,
        "made": body.signed,
    }
    tx.execute(sa.insert(policy_records), row)


def record_of(row: Any) -> PolicyRecord:
    """A row of ``policy_records`` as the API gives it."""
    return PolicyRecord(
        body=msgspec.json.decode(row.body, type=RecordBody),
        signature=row.signature,
        key_id=row.key_id,
        public_key=row.public_key,
    )


def announcement(policy: Policy, effective: datetime) -> Bilingual:
    """What people are told of a policy, made from the text that is enforced.

    Title, announcement and ways out stand as the text has them; then from when on it holds, in the
    offset that the text uses.
    """
    local = effective.astimezone(policy.effective.tzinfo)
    return Bilingual(
        en=_announced(policy, "en", "Where to go instead:", "In force from", local),
        zh=_announced(policy, "zh", "可以去的地方：", "生效时间", local),
    )


def _announced(policy: Policy, lang: str, ways: str, begins: str, effective: datetime) -> str:
    words = policy.announcement or Words("", "")
    out = [f"- {way.title.said(lang)}: {way.how.said(lang)}" for way in policy.ways_out.values()]
    parts = [policy.title.said(lang), words.said(lang)]
    if out:
        parts.append("\n".join([ways, *out]))
    parts.append(f"{begins} {effective.isoformat(' ', 'seconds')} ({policy.label})")
    return "\n\n".join(parts)

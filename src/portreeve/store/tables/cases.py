"""Cases, appeals, reports, second readings: what people decide, and how well rules did."""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.store.columns import Json, Sequence, Time
from portreeve.store.tables.base import column, table

cases = table(
    "cases",
    "What waits for a person, or was decided by one; near copies stand in one case.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("network", sa.Text, "the name of the policy"),
    column("origin", sa.Text, "what opened it: decision, report, franked, claim or campaign"),
    column("queue", sa.Text, "the queue it waits in"),
    column("state", sa.Text, "open or decided"),
    column("sealed", sa.Boolean, "its content is shown only after two people released it"),
    column("account", sa.Text, "whose key seals its notes: the first item's account, or who is "
           "reported", nullable=True),
    column("severity", sa.Float, "weight of what is suspected"),
    column("reach", sa.BigInteger, "how many people its items reach together"),
    column("reports", sa.Integer, "how many different people reported it"),
    column("rank", sa.BigInteger, "place in the queue, lowest first; see enforcement.priority"),
    column("revision", sa.Integer, "one more with each item that joins"),
    column("opened", Time, "when it was opened"),
    column("due", Time, "when it should be decided"),
    column("claimed_by", sa.Text, "the reviewer who holds it", nullable=True),
    column("claimed_until", Time, "when the claim ends", nullable=True),
    column("decided", Time, "when it was decided last", nullable=True),
    column("decided_by", sa.Text, "by whom", nullable=True),
    column("verdict", sa.Text, "what was decided", nullable=True),
    sa.Index("ix_cases_queue", "state", "queue", "rank", "id"),
    sa.Index("ix_cases_rank", "state", "rank", "id"),
    sa.Index("ix_cases_account", "account"),
    sa.Index("ix_cases_decided", "decided_by", "decided"),
    # how quickly cases are decided
    sa.Index("ix_cases_pace", "decided", "opened", sqlite_where=sa.text("decided IS NOT NULL"),
             postgresql_where=sa.text("decided IS NOT NULL")),
)  # fmt: skip

case_items = table(
    "case_items",
    "The items of a case.",
    column("case", sa.Text, "the case", primary_key=True),
    column("item", sa.Text, "the item", primary_key=True),
    column("decision", sa.Text, "the decision that is judged, the latest", index=True),
    column("account", sa.Text, "who published it", nullable=True),
    column("added", Time, "when it joined"),
    sa.Index("ix_case_items_item", "item"),
    sa.Index("ix_case_items_account", "account", "added"),
)

case_prints = table(
    "case_prints",
    "By what an open case finds near copies; deleted when it is decided.",
    column("band", sa.BigInteger, "one part of the print", primary_key=True, autoincrement=False),
    column("case", sa.Text, "the case", primary_key=True, index=True),
    column("print", sa.LargeBinary, "the whole print, made with a secret seed"),
)

past_prints = table(
    "past_prints",
    "By what a decided case is found again when something like it comes; deleted with content.",
    column("band", sa.BigInteger, "one part of the print", primary_key=True, autoincrement=False),
    column("case", sa.Text, "the case", primary_key=True, index=True),
    column("decided", Time, "when it was decided", index=True),
)

case_readers = table(
    "case_readers",
    "Who has a case open in front of them.",
    column("case", sa.Text, "the case", primary_key=True),
    column("name", sa.Text, "the reviewer", primary_key=True),
    column("until", Time, "until when they count as there, unless they are seen again", index=True),
)

case_actions = table(
    "case_actions",
    "What happened to a case, one row per step.",
    column("seq", Sequence, "running number", primary_key=True, autoincrement=True),
    column("id", sa.Text, "unguessable name", unique=True),
    column("case", sa.Text, "the case"),
    column("time", Time, "when"),
    column("actor", sa.Text, "who"),
    column("action", sa.Text, "opened, joined, edited, reported, claimed, released, handed-over, "
           "noted, decided, taken-back, read (a second time), reopened, undone, "
           "evidence-read, release-requested or release-granted"),
    column("detail", Json, "the facts, without content"),
    column("note", sa.LargeBinary, "the reviewer's words, sealed with the case's account's key",
           nullable=True),
    sa.Index("ix_case_actions_case", "case", "seq"),
)  # fmt: skip

evidence_releases = table(
    "evidence_releases",
    "Leave to read a sealed case: asked by one person, granted by another, for a limited time.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("case", sa.Text, "the case", index=True),
    column("requested_by", sa.Text, "who asked"),
    column("requested", Time, "when"),
    column("minutes", sa.Integer, "for how long"),
    column("granted_by", sa.Text, "who granted it", nullable=True),
    column("granted", Time, "when", nullable=True),
    column("until", Time, "when it ends", nullable=True),
)

second_readings = table(
    "second_readings",
    "A sample of decided cases, read again by somebody who does not know the first verdict.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("case", sa.Text, "the case", unique=True),
    column("network", sa.Text, "the name of the policy"),
    column("sampled", Time, "when it was drawn"),
    column("first_by", sa.Text, "who decided first"),
    column("first_verdict", sa.Text, "what was decided first"),
    column("state", sa.Text, "open or decided"),
    column("claimed_by", sa.Text, "the reader who holds it", nullable=True),
    column("claimed_until", Time, "when the claim ends", nullable=True),
    column("decided_by", sa.Text, "who read it", nullable=True),
    column("decided", Time, "when", nullable=True, index=True),
    column("verdict", sa.Text, "what the reader would have decided", nullable=True),
    column("agreed", sa.Boolean, "both verdicts are the same", nullable=True),
    sa.Index("ix_second_readings_state", "state", "sampled"),
)

appeals = table(
    "appeals",
    "Appeals by the person concerned; one per decision.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("decision", sa.Text, "the decision appealed", unique=True),
    column("item", sa.Text, "its item"),
    column("account", sa.Text, "who published it", nullable=True, index=True),
    column("network", sa.Text, "the name of the policy"),
    column("state", sa.Text, "open, upheld or overturned"),
    column("filed", Time, "when"),
    column("due", Time, "when it should be decided"),
    column("words", sa.LargeBinary, "what the person says, sealed with their key"),
    column("reply", sa.LargeBinary, "the reply, sealed with their key", nullable=True),
    column("claimed_by", sa.Text, "the reviewer who holds it", nullable=True),
    column("claimed_until", Time, "when the claim ends", nullable=True),
    column("decided", Time, "when it was decided", nullable=True),
    column("decided_by", sa.Text, "by whom", nullable=True),
    sa.Index("ix_appeals_queue", "state", "due", "id"),
)

reports = table(
    "reports",
    "What people reported.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("grade", sa.Text, "how far it can be relied on: attested_public, franked or "
           "reporters_claim"),
    column("network", sa.Text, "the name of the policy"),
    column("reporter", sa.Text, "who reports"),
    column("item", sa.Text, "the item; for a franked message, the name it has here; null for a "
           "claim", nullable=True),
    column("revision", sa.Integer, "which revision of the item", nullable=True),
    column("account", sa.Text, "who is reported", nullable=True, index=True),
    column("case", sa.Text, "the case it belongs to; null when there was nothing left to decide",
           nullable=True, index=True),
    column("state", sa.Text, "open or resolved"),
    column("outcome", sa.Text, "acted or not-acted, once resolved", nullable=True),
    column("filed", Time, "when", index=True),
    column("resolved", Time, "when it was resolved", nullable=True),
    column("words", sa.LargeBinary, "the reporter's words, sealed with the reporter's key",
           nullable=True),
    column("message", sa.LargeBinary, "the one message that was opened, sealed with the sender's "
           "key", nullable=True),
    sa.UniqueConstraint("reporter", "item", "revision"),
)  # fmt: skip

franked_seen = table(
    "franked_seen",
    "Ids of messages that were reported with proof: each once.",
    column("network", sa.Text, "the network that delivered it", primary_key=True),
    column("message", sa.Text, "the network's id of the message", primary_key=True),
    column("report", sa.Text, "the report that opened it"),
    column("time", Time, "when it was reported"),
)

franking_keys = table(
    "franking_keys",
    "Public keys of the networks that stamp messages.",
    column("network", sa.Text, "whose key it is", primary_key=True),
    column("key_id", sa.Text, "its id", primary_key=True),
    column("public_key", sa.LargeBinary, "Ed25519 public key, 32 bytes", unique=True),
    column("valid_from", Time, "the first time it signed"),
    column("valid_until", Time, "when it was retired; null while in use", nullable=True),
    column("added", Time, "when it was registered"),
    column("added_by", sa.Text, "by whom"),
)

judgements = table(
    "judgements",
    "What people found of a rule's hit; what a rule's precision is computed from.",
    column("seq", Sequence, "running number", primary_key=True, autoincrement=True),
    column("network", sa.Text, "the name of the policy"),
    column("rule", sa.Text, "the rule"),
    column("decision", sa.Text, "the decision it held for", index=True),
    column("confirmed", sa.Boolean, "the hit was right; else it was overturned"),
    column("source", sa.Text, "what judged: case, appeal or reading"),
    column("record", sa.Text, "the case, appeal or second reading"),
    column("actor", sa.Text, "who"),
    column("time", Time, "when"),
    column("withdrawn", Time, "when a later judgement took its place", nullable=True),
    sa.Index("ix_judgements_rule", "network", "rule", "time"),
)

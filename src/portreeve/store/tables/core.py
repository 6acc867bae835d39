"""Accounts, items and decisions: what the screening path writes."""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.store.columns import Json, Sequence, Time
from portreeve.store.tables.base import column, table

accounts = table(
    "accounts",
    "Who publishes, as the host said last.",
    column("id", sa.Text, "the host's own name of the account", primary_key=True),
    column("standing", sa.Text, "what the account is; null until the host said so", nullable=True),
    column("language", sa.Text, "the language of notices, en or zh", server_default="zh"),
    column("created", Time, "when it was opened", nullable=True),
    column("friends", sa.BigInteger, "how many mutual friends", nullable=True),
    column("followers", sa.BigInteger, "how many followers", nullable=True),
    column("first_seen", Time, "when Portreeve first heard of it"),
    column(
        "number",
        sa.BigInteger,
        "memory's keyed number of it; null once erased",
        nullable=True,
        index=True,
    ),
    column("registered", Json, "what it is registered as here: its licences", nullable=True),
    column("erased", Time, "when its person was erased", nullable=True),
)

person_keys = table(
    "person_keys",
    "One key per account; what the account wrote is sealed with it and lost without it.",
    column("account", sa.Text, "whose content it seals", primary_key=True),
    column("wrapped", sa.LargeBinary, "the key, sealed with the master key; null once destroyed",
           nullable=True),
    column("created", Time, "when it was made"),
    column("destroyed", Time, "when it was destroyed", nullable=True),
)  # fmt: skip

items = table(
    "items",
    "What was published, without its content.",
    column("id", sa.Text, "the host's own name of the item", primary_key=True),
    column("network", sa.Text, "the name of the policy that governs it"),
    column("surface", sa.Text, "where it appears"),
    column("account", sa.Text, "who published it", nullable=True),
    column("parent", sa.Text, "the item it answers, for a comment", nullable=True, index=True),
    column("audience", sa.Text, "who can see it", nullable=True),
    column("standing", sa.Text, "what its account is, as the host said with it", nullable=True),
    column("licence", sa.Text, "whether its seller is licensed, as the host said with it",
           nullable=True),
    column("time", Time, "when it was published, as the host said", nullable=True),
    column("revision", sa.Integer, "1 as first screened, one more with each edit"),
    column("digest", sa.Text, "keyed digest of the content, to know an edit from a repetition"),
    column("state", sa.Text, "published, held, refused, removed, or deleted by the host"),
    column("hidden_by", sa.Text, "decision on the parent that took it down along", nullable=True),
    column("decision", sa.Text, "the decision in force"),
    column("received", Time, "when it was first screened"),
    column("updated", Time, "when the state last changed"),
    column("submitted", Time, "when the host sent this revision, or deleted it"),
    sa.Index(None, "account", "received"),
)  # fmt: skip

decisions = table(
    "decisions",
    "What was decided and by which rules; one row per decision, never changed but to undo it.",
    column("seq", Sequence, "running number", primary_key=True, autoincrement=True),
    column("id", sa.Text, "unguessable name", unique=True),
    column("item", sa.Text, "the item decided"),
    column("revision", sa.Integer, "which revision of it"),
    column("account", sa.Text, "who published it", nullable=True),
    column("network", sa.Text, "the name of the policy"),
    column("surface", sa.Text, "where it appears"),
    column("stage", sa.Text, "before or after publication, late (after a missed deadline), "
           "retroactive, or person"),
    column("decided", Time, "when"),
    column("verdict", sa.Text, "what happens to the item"),
    column("lawful", sa.Boolean, "no rule of the law layer refuses it"),
    column("permitted", sa.Boolean, "no rule of either layer refuses it"),
    column("rules", Json, "ids of all rules that hold, strongest first"),
    column("clauses", Json, "the clauses they enforce, in the same order"),
    column("promotion", sa.Float, "probability that it sells", nullable=True),
    column("intent", sa.Text, "the likeliest intent", nullable=True),
    column("recruits", sa.Boolean, "it has words of recruiting or of a downline", nullable=True),
    column("goods_category", sa.Text, "goods or service", nullable=True),
    column("goods_tier", sa.Text, "tier of the goods", nullable=True),
    column("policy", sa.Text, "policy name and version"),
    column("batch", sa.BigInteger, "the batch that holds its signals; null for a person's",
           nullable=True),
    column("supersedes", sa.Text, "the decision it takes the place of", nullable=True),
    column("by", sa.Text, "who decided: screen, or the reviewer"),
    column("grade", sa.Text, "how far its evidence can be relied on: attested_public, franked or "
           "reporters_claim", server_default="attested_public"),
    column("reason", sa.LargeBinary, "a reviewer's reason in their words, sealed with the "
           "account's key", nullable=True),
    column("followed", sa.Boolean, "its consequences are drawn"),
    column("undone", Time, "when it was undone", nullable=True),
    column("undone_by", sa.Text, "by whom", nullable=True),
    sa.Index(None, "item", "seq"),
    sa.Index(None, "account", "seq"),
    sa.Index("ix_decisions_unfollowed", "seq", sqlite_where=sa.text("followed = 0"),
             postgresql_where=sa.text("NOT followed")),
    sa.Index("ix_decisions_undone", "undone", sqlite_where=sa.text("undone IS NOT NULL"),
             postgresql_where=sa.text("undone IS NOT NULL")),
    sa.Index("ix_decisions_superseding", "supersedes",
             sqlite_where=sa.text("supersedes IS NOT NULL"),
             postgresql_where=sa.text("supersedes IS NOT NULL")),
    sa.Index("ix_decisions_without_batch", "decided", sqlite_where=sa.text("batch IS NULL"),
             postgresql_where=sa.text("batch IS NULL")),
)  # fmt: skip

batches = table(
    "batches",
    "The signals of decisions made together, as columns, until they stand in the decision log.",
    column("seq", Sequence, "running number", primary_key=True, autoincrement=True),
    column("rows", sa.Integer, "how many decisions"),
    column("decided", Time, "when"),
    column("columns", sa.LargeBinary, "Arrow IPC stream, LZ4: decision id, item, and every signal "
           "that is not content"),
)  # fmt: skip

contents = table(
    "contents",
    "What an item said and where the evidence lies, sealed with its account's key.",
    column("decision", sa.Text, "the decision made on it", primary_key=True),
    column("item", sa.Text, "the item", index=True),
    column("account", sa.Text, "whose key seals it"),
    column("sealed", sa.LargeBinary, "AES-256-GCM of a portreeve.store.vault.Content"),
    column("stored", Time, "when", index=True),
)

events = table(
    "events",
    "What others are told: the source of webhooks and of the console's live updates.",
    column("seq", Sequence, "running number", primary_key=True, autoincrement=True),
    column("id", sa.Text, "unguessable name, the webhook's message id", unique=True),
    column("type", sa.Text, "what happened, such as decision.reversed"),
    column("subject", sa.Text, "the record it is about"),
    column("data", Json, "the facts, without content"),
    column("time", Time, "when"),
)

audit = table(
    "audit",
    "Who did what; each entry holds the hash of the one before it.",
    column("seq", sa.BigInteger, "running number without gaps, from 1", primary_key=True,
           autoincrement=False),
    column("time", Time, "when"),
    column("actor", sa.Text, "who: a key's name, a reviewer, or portreeve itself"),
    column("action", sa.Text, "what was done, such as decision.undo", index=True),
    column("subject", sa.Text, "to which record", index=True),
    column("detail", Json, "the facts, without content"),
    column("previous", sa.Text, "hash of the entry before it"),
    column("hash", sa.Text, "SHA-256 over this entry and the hash before it"),
)  # fmt: skip

audit_head = table(
    "audit_head",
    "The last entry of the audit log; one row, locked while entries are added.",
    column("id", sa.Integer, "always 1", primary_key=True, autoincrement=False),
    column("seq", sa.BigInteger, "number of the last entry"),
    column("hash", sa.Text, "hash of the last entry"),
)

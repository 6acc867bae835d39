"""Policies in force: versions, opinions, records, changes, shadows, hits, alarms, passes."""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.store.columns import Json, Sequence, Time
from portreeve.store.tables.base import column, table

policy_networks = table(
    "policy_networks",
    "Networks that a policy governs; the row is locked while what is in force there changes.",
    column("network", sa.Text, "the name of the policy that governs it", primary_key=True),
    column("changes", sa.BigInteger, "how many changes were made; processes watch this number"),
)

policy_sources = table(
    "policy_sources",
    "Texts that versions build on (`extends`, `law`), as they were when first built on.",
    column("sha256", sa.Text, "SHA-256 of the text", primary_key=True),
    column("text", sa.Text, "the text"),
)

policy_versions = table(
    "policy_versions",
    "Policy texts that were proposed; a row never changes.",
    column("label", sa.Text, "name and version, such as acquaintance@2014-06", primary_key=True),
    column("network", sa.Text, "the name", index=True),
    column("version", sa.Text, "the version"),
    column("sha256", sa.Text, "SHA-256 of the text"),
    column("text", sa.Text, "the policy, in YAML"),
    column("bases", Json, "what it builds on: name, and SHA-256 of a text in policy_sources"),
    column("rationale", sa.Text, "why it is proposed"),
    column("proposer", sa.Text, "who proposed it"),
    column("proposed", Time, "when"),
    column("effective", Time, "not in force before this"),
    sa.Index(None, "proposed"),
)

policy_opinions = table(
    "policy_opinions",
    "What people other than the proposer say of a version; one opinion each.",
    column("label", sa.Text, "the version", primary_key=True),
    column("who", sa.Text, "whose opinion", primary_key=True),
    column("kind", sa.Text, "approval or dissent"),
    column("sha256", sa.Text, "SHA-256 of the text they read"),
    column("words", sa.Text, "the reasons for a dissent", nullable=True),
    column("time", Time, "when"),
)

policy_drafts = table(
    "policy_drafts",
    "Policy texts that people write and have not proposed yet; each is its writer's alone.",
    column("seq", Sequence, "running number", primary_key=True, autoincrement=True),
    column("id", sa.Text, "unguessable name", unique=True),
    column("by", sa.Text, "who writes it"),
    column("network", sa.Text, "the policy that it was begun for"),
    column("base", sa.Text, "the version that it was begun from; null when from none",
           nullable=True),
    column("text", sa.Text, "the policy so far, in YAML; it need not load"),
    column("rationale", sa.Text, "why it will be proposed, so far"),
    column("revision", sa.Integer, "how often it was saved; who saves names the last they saw"),
    column("created", Time, "when it was begun"),
    column("changed", Time, "when it was saved last"),
    sa.Index(None, "by", "changed"),
)  # fmt: skip

policy_records = table(
    "policy_records",
    "Signed decision records: without one no version decides anything.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("label", sa.Text, "the version", index=True),
    column("body", sa.Text, "canonical JSON of portreeve.schemas.policies.RecordBody"),
    column("signature", sa.Text, "Ed25519 over the bytes of the body, in base64"),
    column("key_id", sa.Text, "which key signed"),
    column("public_key", sa.Text, "that key's public half, in base64"),
    column("made", Time, "when"),
)

policy_changes = table(
    "policy_changes",
    "What puts versions in force, in a roll-out or the shadow, and out again; never changed.",
    column("seq", Sequence, "running number", primary_key=True, autoincrement=True),
    column("id", sa.Text, "unguessable name", unique=True),
    column("network", sa.Text, "where", index=True),
    column("kind", sa.Text, "default, activation, rollback, rollout, shadow or withdrawal"),
    column("label", sa.Text, "the version; null where a shadow ends", nullable=True),
    column("effective", Time, "from when on"),
    column("share", sa.Integer, "of a roll-out: ten-thousandths of the accounts"),
    column("record", sa.Text, "the signed record; null for a shadow, which has no effect",
           nullable=True),
    column("withdraws", sa.Text, "the change that shall not take effect", nullable=True),
    column("by", sa.Text, "who made it"),
    column("made", Time, "when"),
)  # fmt: skip

policy_shadow_counts = table(
    "policy_shadow_counts",
    "How the verdicts of a shadow compare with those that counted, per hour.",
    column("shadow", sa.Text, "the version that decided without effect", primary_key=True),
    column("hour", Time, "start of the hour", primary_key=True),
    column("surface", sa.Text, "where the items appeared", primary_key=True),
    column("verdict", sa.Text, "the verdict that counted", primary_key=True),
    column("shadow_verdict", sa.Text, "the shadow's", primary_key=True),
    column("rule", sa.Text, "strongest rule that counted; empty for none", primary_key=True),
    column("shadow_rule", sa.Text, "strongest of the shadow; empty for none", primary_key=True),
    column("writer", sa.Text, "the process that counted, so that none waits", primary_key=True),
    column("items", sa.BigInteger, "how many"),
    sa.Index(None, "hour"),
)

policy_shadow_samples = table(
    "policy_shadow_samples",
    "Some of the decisions that would have come out otherwise under a shadow.",
    column("decision", sa.Text, "the decision that counted", primary_key=True),
    column("shadow", sa.Text, "the version that decided without effect", primary_key=True),
    column("hour", Time, "start of the hour"),
    column("surface", sa.Text, "where the item appeared"),
    column("verdict", sa.Text, "the verdict that counted"),
    column("shadow_verdict", sa.Text, "the shadow's"),
    column("rule", sa.Text, "strongest rule that counted; empty for none"),
    column("shadow_rule", sa.Text, "strongest of the shadow; empty for none"),
    sa.Index(None, "shadow", "hour"),
)

policy_hits = table(
    "policy_hits",
    "How often each rule held, per five minutes; the row with an empty rule counts all items.",
    column("bucket", Time, "start of the five minutes", primary_key=True),
    column("policy", sa.Text, "the version that decided", primary_key=True),
    column("rule", sa.Text, "the rule; empty for all items", primary_key=True),
    column("writer", sa.Text, "the process that counted, so that none waits", primary_key=True),
    column("network", sa.Text, "where"),
    column("hits", sa.BigInteger, "how many items"),
)

policy_alarms = table(
    "policy_alarms",
    "Jumps of hit rates that people should look at.",
    column("seq", Sequence, "running number", primary_key=True, autoincrement=True),
    column("id", sa.Text, "unguessable name", unique=True),
    column("network", sa.Text, "where"),
    column("rule", sa.Text, "the rule that holds more often"),
    column("policy", sa.Text, "the version in force at the end of the window"),
    column("window_start", Time, "start of the time in which it jumped"),
    column("window_end", Time, "end of that time"),
    column("facts", Json, "a portreeve.enforcement.hit_rate.Jump"),
    column("raised", Time, "when it was raised"),
    column("acknowledged", Time, "when somebody took note", nullable=True),
    column("acknowledged_by", sa.Text, "who", nullable=True),
    column("note", sa.Text, "what they found", nullable=True),
    sa.UniqueConstraint("network", "rule", "window_end"),
)

policy_passes = table(
    "policy_passes",
    "Retroactive passes: a version in force applied to what was published before.",
    column("seq", Sequence, "running number", primary_key=True, autoincrement=True),
    column("id", sa.Text, "unguessable name", unique=True),
    column("network", sa.Text, "where"),
    column("label", sa.Text, "the version"),
    column("state", sa.Text, "listing, listed, running, done or stopped", index=True),
    column("since", Time, "items first screened at this time or later"),
    column("until", Time, "items first screened before this time"),
    column("surfaces", Json, "on these surfaces"),
    column("by", sa.Text, "who began it"),
    column("created", Time, "when"),
    column("started", Time, "when it began to take down", nullable=True),
    column("finished", Time, "when it was done or stopped", nullable=True),
    column("run_by", sa.Text, "who let it take down", nullable=True),
    column("after_item", sa.Text, "listing goes by item; the last one looked at", nullable=True),
    column("examined", sa.BigInteger, "how many items were looked at"),
    column("unreadable", sa.BigInteger, "of these, content gone by retention or erasure"),
    column("left_to_people", sa.BigInteger, "of these, decided by a person and left as they are"),
    column("chunks", sa.Integer, "chunks taken down so far"),
    column("lease", Time, "a process works on it until then", nullable=True),
)  # fmt: skip

policy_pass_items = table(
    "policy_pass_items",
    "What a retroactive pass takes down.",
    column("pass_id", sa.Text, "the pass", primary_key=True),
    column("item", sa.Text, "the item", primary_key=True),
    column("surface", sa.Text, "where it appears"),
    column("account", sa.Text, "who published it", nullable=True),
    column("before", sa.Text, "the verdict in force when it was listed"),
    column("verdict", sa.Text, "the verdict of the version"),
    column("rules", Json, "ids of the rules that hold, strongest first"),
    column("state", sa.Text, "listed, done, or skipped where it had changed since"),
    column("decision", sa.Text, "the decision that took it down", nullable=True),
    sa.Index(None, "pass_id", "state", "item"),
)

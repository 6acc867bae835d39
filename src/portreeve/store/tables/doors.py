"""API keys, answers kept for idempotency, webhooks and their deliveries."""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.store.columns import Json, Sequence, Time
from portreeve.store.tables.base import column, table

api_keys = table(
    "api_keys",
    "Who may call the service. The secrets are not kept, only their digests.",
    column("id", sa.Text, "its id; part of the secret", primary_key=True),
    column("digest", sa.Text, "SHA-256 of the secret, in hex", unique=True),
    column("name", sa.Text, "who uses it; the audit log's name for them"),
    column("scopes", Json, "what it allows"),
    column("rate", sa.Float, "requests a second; null: the service's", nullable=True),
    column("created", Time, "when it was made"),
    column("created_by", sa.Text, "by whom"),
    column("expires", Time, "when it stops to work", nullable=True),
    column("revoked", Time, "when it was revoked", nullable=True),
    column("last_used", Time, "when it was last used, to within some minutes", nullable=True),
)

kept_answers = table(
    "kept_answers",
    "Answers to requests with an idempotency key, for a day.",
    column("id", sa.Text, "digest of API key and idempotency key", primary_key=True),
    column("request", sa.Text, "keyed digest of the request"),
    column("holder", sa.Text, "which sending of the request does it"),
    column("status", sa.Integer, "HTTP status; null while the request runs", nullable=True),
    column("answer", sa.LargeBinary, "the answer, sealed with a key that only whoever sent the "
           "request can make", nullable=True),
    column("until", Time, "when another may take over a request that still runs, or when a "
           "finished one is forgotten", index=True),
)  # fmt: skip

webhooks = table(
    "webhooks",
    "Addresses that are told of events.",
    column("id", sa.Text, "its id", primary_key=True),
    column("url", sa.Text, "the address"),
    column("types", Json, "patterns of the types of events it wants"),
    column("description", sa.Text, "what it is for"),
    column("enabled", sa.Boolean, "it is told of new events"),
    column("disabled_because", sa.Text, "why the service stopped: gone or dead", nullable=True),
    column("generation", sa.Integer, "which secret signs: 1 at first, one more with each rotation"),
    column("overlap_until", Time, "until when the secret before it signs too", nullable=True),
    column("cursor", sa.BigInteger, "number of the last event considered for it"),
    column("created", Time, "when it was made"),
    column("created_by", sa.Text, "by whom"),
    column("last_success", Time, "when a delivery last arrived", nullable=True),
)

deliveries = table(
    "webhook_deliveries",
    "One event for one webhook.",
    column("id", sa.Text, "its id", primary_key=True),
    column("webhook", sa.Text, "for which webhook"),
    column("event", sa.BigInteger, "the running number of the event"),
    column("message", sa.Text, "the event's id"),
    column("type", sa.Text, "the event's type"),
    column("state", sa.Text, "pending, delivered or dead"),
    column("attempts", sa.Integer, "how often it was tried"),
    column("next", Time, "when it is tried next; for one being tried, when another process may "
           "take it", nullable=True),
    column("last_status", sa.Integer, "HTTP status of the last answer", nullable=True),
    column("last_error", sa.Text, "why the last try got no answer", nullable=True),
    column("created", Time, "when it fell due first"),
    column("updated", Time, "when it was last tried, or replayed"),
    sa.UniqueConstraint("webhook", "event"),
    sa.Index("ix_webhook_deliveries_due", "webhook", "next",
             sqlite_where=sa.text("state = 'pending'"),
             postgresql_where=sa.text("state = 'pending'")),
)  # fmt: skip

attempts = table(
    "webhook_attempts",
    "Every try to deliver.",
    column("seq", Sequence, "running number", primary_key=True, autoincrement=True),
    column("delivery", sa.Text, "which delivery", index=True),
    column("time", Time, "when"),
    column("status", sa.Integer, "HTTP status of the answer, if one came", nullable=True),
    column("error", sa.Text, "why none came", nullable=True),
    column("milliseconds", sa.Integer, "how long it took"),
)

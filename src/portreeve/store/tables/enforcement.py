"""Strikes, sanctions, notices, relation events: what follows from decisions."""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.store.columns import Json, Sequence, Time
from portreeve.store.tables.base import column, table

strikes = table(
    "strikes",
    "What decisions cost accounts; one row per decision and ladder.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("decision", sa.Text, "the decision that gave it"),
    column("seq", sa.BigInteger, "the decision's running number, which orders what was given at "
           "one time"),
    column("account", sa.Text, "who has it"),
    column("network", sa.Text, "the network in which it counts"),
    column("item", sa.Text, "the item decided", index=True),
    column("revision", sa.Integer, "which revision of it"),
    column("ladder", sa.Text, "the ladder on which it counts"),
    column("rule", sa.Text, "the rule that costs it"),
    column("clause", sa.Text, "the clause of that rule"),
    column("policy", sa.Text, "policy name and version; its ladder is the one that holds"),
    column("count", sa.Integer, "how many strikes it is"),
    column("given", Time, "when the decision was made"),
    column("expires", Time, "when it is forgotten; null for never", nullable=True),
    column("shown_from", Time, "when the item was published; null when people never saw it",
           nullable=True),
    column("shown_until", Time, "when it was taken down", nullable=True),
    column("withdrawn", Time, "since when it does not count: its decision was undone, or a "
           "person's decision took its place; null while it counts", nullable=True),
    sa.UniqueConstraint("decision", "ladder"),
    sa.Index("ix_strikes_account", "account", "given"),
)  # fmt: skip

sanctions = table(
    "sanctions",
    "What accounts may not do, and until when; by a ladder or by a person's hand.",
    column("seq", Sequence, "running number", primary_key=True, autoincrement=True),
    column("id", sa.Text, "unguessable name", unique=True),
    column("account", sa.Text, "who is sanctioned"),
    column("network", sa.Text, "the network in which it holds"),
    column("kind", sa.Text, "warn, limit, mute, disgorge, block_links, suspend or ban"),
    column("ladder", sa.Text, "the ladder that brought it; null for one by hand", nullable=True),
    column("step", sa.Integer, "the number of strikes of the ladder's step", nullable=True),
    column("strike", sa.Text, "the strike that reached the step", nullable=True),
    column("decision", sa.Text, "the decision that gave that strike", nullable=True),
    column("windows", Json, "for a disgorge: [from, until] in microseconds, during which "
           "followers were won by breach", nullable=True),
    column("begins", Time, "when it takes effect"),
    column("ends", Time, "when its time is over; null for what has no end", nullable=True),
    column("open", sa.Boolean, "it restricts: it lasts, and has not ended"),
    column("imposed", Time, "when it was written"),
    column("imposed_by", sa.Text, "portreeve, or the person"),
    column("reason", sa.LargeBinary, "the person's reason, sealed with the account's key",
           nullable=True),
    column("outcome", sa.Text, "expired, lifted by hand, or reversed with its cause; null while it "
           "stands", nullable=True),
    column("ended", Time, "when that happened", nullable=True),
    column("ended_by", sa.Text, "portreeve, or the person", nullable=True),
    column("ended_reason", sa.LargeBinary, "the person's reason, sealed likewise", nullable=True),
    sa.Index("ix_sanctions_account", "account", "seq"),
    sa.Index("ix_sanctions_open", "account", sqlite_where=sa.text("open = 1"),
             postgresql_where=sa.text("open")),
    sa.Index("ix_sanctions_ends", "ends", sqlite_where=sa.text("open = 1"),
             postgresql_where=sa.text("open")),
)  # fmt: skip

notices = table(
    "notices",
    "What accounts were told; the words are made from the decision when they are read.",
    column("seq", Sequence, "running number", primary_key=True, autoincrement=True),
    column("id", sa.Text, "unguessable name", unique=True),
    column("account", sa.Text, "who is told"),
    column("kind", sa.Text, "decision, correction, sanction, lifted, or what a person found of a "
           "licence: licence-verified, licence-refused, licence-revoked"),
    column("decision", sa.Text, "the decision it is about", nullable=True, index=True),
    column("sanction", sa.Text, "the sanction by hand it is about", nullable=True),
    column("licence", sa.Text, "the merchant's licence it is about", nullable=True),
    column("created", Time, "when"),
    column("read", Time, "when the account read it", nullable=True),
    sa.Index("ix_notices_account", "account", "seq"),
)  # fmt: skip

reversals = table(
    "reversals",
    "Decisions that were undone: by whom, why, and what was reversed.",
    column("decision", sa.Text, "the decision undone", primary_key=True),
    column("account", sa.Text, "who had published the item", nullable=True),
    column("time", Time, "when"),
    column("actor", sa.Text, "by whom"),
    column("reason", sa.LargeBinary, "why in their words, sealed with the account's key"),
    column("facts", Json, "what was reversed; see portreeve.schemas.enforcement.Undone"),
)

relations = table(
    "relations",
    "Relation events: metadata only, without any field for content.",
    column("seq", Sequence, "running number", primary_key=True, autoincrement=True),
    column("id", sa.Text, "the host's name of the event; null when it gave none", nullable=True,
           unique=True),
    column("kind", sa.Text, "what happened, such as follower_added"),
    column("account", sa.Text, "the account it happened to"),
    column("other", sa.Text, "the group or room, never the other person of a pair", nullable=True),
    column("time", Time, "when it happened"),
    column("received", Time, "when Portreeve was told", index=True),
    sa.Index("ix_relations_account", "account", "kind", "time"),
)  # fmt: skip

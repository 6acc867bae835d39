"""Commerce: merchants with their licences, staff and customers; search ads and their bids."""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.store.columns import Sequence, Time
from portreeve.store.tables.base import column, table

merchants = table(
    "merchants",
    "Enterprise accounts: sellers who registered.",
    column("account", sa.Text, "the host's own name of its account", primary_key=True),
    column("details", sa.LargeBinary, "name and contact, sealed with the account's key"),
    column("public_account", sa.Text, "the public account that it publishes through",
           nullable=True, unique=True),
    column("registered", Time, "when it registered"),
    column("registered_by", sa.Text, "who registered it"),
    column("paid_until", Time, "until when its plan is paid", nullable=True),
    column("ended", Time, "when the enterprise account ended", nullable=True, index=True),
)  # fmt: skip

merchant_licences = table(
    "merchant_licences",
    "Licences of merchants: what they entitle to, never the papers that showed it.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("merchant", sa.Text, "whose it is", index=True),
    column("kind", sa.Text, "what it entitles to; see policies/commerce/licences.yaml"),
    column("authority", sa.LargeBinary, "who issued it, sealed with the account's key"),
    column("expires", Time, "when it ends; null for never", nullable=True),
    column("state", sa.Text, "claimed, verified, refused or revoked"),
    column("filed", Time, "when it was filed"),
    column("filed_by", sa.Text, "who filed it"),
    column("decided", Time, "when somebody decided on it last", nullable=True),
    column("decided_by", sa.Text, "who", nullable=True),
    column("reason", sa.LargeBinary, "why it was refused or revoked, in the reviewer's words, "
           "sealed with the account's key", nullable=True),
    sa.Index(None, "state", "id"),
)  # fmt: skip

merchant_staff = table(
    "merchant_staff",
    "Who writes to customers for a merchant.",
    column("merchant", sa.Text, "the enterprise", primary_key=True),
    column("staff", sa.Text, "the host's own name of the member of staff", primary_key=True),
    column("joined", Time, "when they joined"),
    column("left", Time, "when they left", nullable=True),
    sa.Index(None, "staff"),
)

merchant_customers = table(
    "merchant_customers",
    "Who agreed to be written to by a merchant.",
    column("merchant", sa.Text, "the enterprise", primary_key=True),
    column("customer", sa.Text, "the host's own name of the customer", primary_key=True),
    column("staff", sa.Text, "who looks after them"),
    column("opted_in", Time, "when they agreed"),
    column("how", sa.Text, "how they agreed: qr, form, follow or order"),
    column("added", Time, "when the merchant added them"),
    column("opted_out", Time, "when they withdrew their consent", nullable=True),
    sa.Index(None, "merchant", "staff"),
    sa.Index(None, "customer"),
)

merchant_tags = table(
    "merchant_tags",
    "Words by which a merchant sorts its customers.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("merchant", sa.Text, "whose word it is"),
    column("digest", sa.Text, "keyed digest of the word, to find it again"),
    column("word", sa.LargeBinary, "the word, sealed with the merchant's key"),
    column("created", Time, "when it was first used"),
    sa.UniqueConstraint("merchant", "digest"),
)

merchant_tagged = table(
    "merchant_tagged",
    "Which customers carry which word.",
    column("tag", sa.Text, "the word", primary_key=True),
    column("customer", sa.Text, "the customer", primary_key=True),
    column("merchant", sa.Text, "whose word it is"),
    column("time", Time, "since when"),
    sa.Index(None, "merchant", "customer"),
    sa.Index(None, "customer"),
)

merchant_broadcasts = table(
    "merchant_broadcasts",
    "Broadcasts to customers: who asked for one, and whom it may reach; never what it says.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("merchant", sa.Text, "the enterprise"),
    column("staff", sa.Text, "who writes"),
    column("time", Time, "when permission was asked for", index=True),
    column("refusal", sa.Text, "why it reaches nobody at all, if so", nullable=True),
    column("asked", sa.Integer, "how many customers it was meant for"),
    column("allowed", sa.Integer, "how many it may reach"),
    sa.Index(None, "merchant", "staff", "time"),
)

merchant_outcomes = table(
    "merchant_outcomes",
    "What was answered for each customer of a broadcast.",
    column("broadcast", sa.Text, "the broadcast", primary_key=True),
    column("customer", sa.Text, "the customer", primary_key=True),
    column("merchant", sa.Text, "the enterprise"),
    column("time", Time, "when"),
    column("outcome", sa.Text, "allowed, or the refusal that applies"),
    sa.Index("ix_merchant_outcomes_quota", "merchant", "customer", "outcome", "time"),
    sa.Index(None, "customer"),
    sa.Index(None, "time"),
)

ads = table(
    "ads",
    "Advertisements submitted for pages of search results; each is an item too, which holds what "
    "it says and the decision on it.",
    column("id", sa.Text, "the host's own name of it, and of its item", primary_key=True),
    column("network", sa.Text, "the name of the policy"),
    column("account", sa.Text, "who advertises", index=True),
    column("submitted", Time, "when it was submitted first"),
    column("submitted_by", sa.Text, "by whom"),
    column("licensed", sa.Boolean, "a verified licence for its goods was on file when it was "
           "decided"),
    sa.Index(None, "network", "submitted"),
    sa.Index(None, "submitted", "id"),
)  # fmt: skip

ad_bids = table(
    "ad_bids",
    "What advertisers bid, kept apart from what is decided: nothing that decides reads it.",
    column("seq", Sequence, "running number", primary_key=True, autoincrement=True),
    column("ad", sa.Text, "the advertisement"),
    column("amount", sa.BigInteger, "for a click, in minor units of the currency"),
    column("currency", sa.Text, "ISO 4217 code"),
    column("clicks", sa.BigInteger, "how many clicks the advertiser expects"),
    column("told", Time, "when it was told", index=True),
    column("told_by", sa.Text, "by whom"),
    sa.Index(None, "ad", "seq"),
)

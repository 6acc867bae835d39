"""Trade: the ledger of money, live sales, group buying, partners."""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.store.columns import Json, Sequence, Time
from portreeve.store.tables.base import column, table

ledger_entries = table(
    "ledger_entries",
    "Entries of the ledger: written once, never changed; what was wrong has a counter-entry.",
    column("seq", Sequence, "running number", primary_key=True, autoincrement=True),
    column("key", sa.Text, "names the entry: posted again, it counts once", unique=True),
    column("why", sa.Text, "what it is for"),
    column("subject", sa.Text, "the deal or the live sale that it belongs to", index=True),
    column("reverses", sa.Text, "the entry that it takes back", nullable=True, unique=True),
    column("time", Time, "when it was written"),
    column("by", sa.Text, "who caused it"),
)

ledger_postings = table(
    "ledger_postings",
    "What each entry moves; the postings of an entry come to zero in every currency.",
    column("entry", sa.Text, "key of the entry", primary_key=True),
    column("line", sa.Integer, "its place in the entry, from 0", primary_key=True),
    column("purpose", sa.Text, "what the account of money is for, such as held"),
    column("of", sa.Text, "whose it is: an account of the host, or a deal"),
    column("minor", sa.BigInteger, "minor units that come in; below zero, that leave"),
    column("currency", sa.Text, "ISO 4217 code"),
    sa.Index(None, "of", "purpose", "currency"),
)

live_sales = table(
    "live_sales",
    "Goods that a live room offers, with who stands behind them.",
    column("id", sa.Text, "the host's own name of it", primary_key=True),
    column("network", sa.Text, "the network whose law applies"),
    column("room", sa.Text, "the live room"),
    column("operator", sa.Text, "who runs the room"),
    column("anchor", sa.Text, "who presents"),
    column("maker", sa.Text, "who makes the goods"),
    column("platform", sa.Text, "who carries the broadcast"),
    column("currency", sa.Text, "ISO 4217 code of what is paid"),
    column("registered", Time, "when it was registered"),
    column("registered_by", sa.Text, "by whom"),
)

live_disclosures = table(
    "live_disclosures",
    "When a room clearly showed who sells.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("sale", sa.Text, "the live sale", index=True),
    column("seller", sa.Text, "who sells, as shown"),
    column("begins", Time, "from when it was shown"),
    column("ends", Time, "until when; null while it is shown", nullable=True),
    column("told_by", sa.Text, "who said so"),
)

live_promotions = table(
    "live_promotions",
    "Praise of goods in a room: who, when, and how many saw it; never what was said.",
    column("id", sa.Text, "the host's own name of it", primary_key=True),
    column("sale", sa.Text, "the live sale", index=True),
    column("account", sa.Text, "who praised the goods"),
    column("time", Time, "when"),
    column("reach", sa.Integer, "how many saw it"),
)

live_tellings = table(
    "live_tellings",
    "What promoters were told of goods, by its kind.",
    column("id", sa.Text, "the host's own name of it", primary_key=True),
    column("sale", sa.Text, "the live sale", index=True),
    column("account", sa.Text, "who was told"),
    column("kind", sa.Text, "what; see policies/commerce/promoters.yaml"),
    column("time", Time, "when"),
)

live_orders = table(
    "live_orders",
    "Orders that promotions led to.",
    column("id", sa.Text, "the host's own name of it", primary_key=True),
    column("sale", sa.Text, "the live sale", index=True),
    column("promotion", sa.Text, "the promotion that led to it"),
    column("buyer", sa.Text, "who ordered"),
    column("time", Time, "when"),
    column("paid", sa.BigInteger, "what was paid, in minor units"),
)

live_harms = table(
    "live_harms",
    "Proofs that goods are fake: the kind and the digest of a document, never the document.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("sale", sa.Text, "the live sale", index=True),
    column("proof", sa.Text, "kind of proof; see policies/commerce/liability.yaml"),
    column("digest", sa.Text, "SHA-256 of the document, in hex"),
    column("found", Time, "when it was found"),
    column("filed", Time, "when it was filed"),
    column("filed_by", sa.Text, "by whom"),
    column("withdrawn", Time, "when it was taken back", nullable=True),
    column("withdrawn_by", sa.Text, "by whom", nullable=True),
)

live_claims = table(
    "live_claims",
    "The legal ledger of live sales: what each order of goods that proved fake costs, and whom.",
    column("id", sa.Text, "unguessable name; key of its entry", primary_key=True),
    column("harm", sa.Text, "the proof that it rests on", index=True),
    column("sale", sa.Text, "the live sale", index=True),
    column("order", sa.Text, "the order", index=True),
    column("profile", sa.Text, "the profile of the law"),
    column("rules", sa.Text, "name and version of the rules"),
    column("disclosed", sa.Boolean, "the room showed who sells when the order was placed"),
    column("role", sa.Text, "the role that pays"),
    column("payer", sa.Text, "the account that pays"),
    column("refund", sa.BigInteger, "the price that is paid back, in minor units"),
    column("damages", sa.BigInteger, "what is paid beside it"),
    column("withdrawn", Time, "when it was taken back with its proof", nullable=True),
)

live_judgements = table(
    "live_judgements",
    "The moral ledger of live sales: what promoters answer for. It has no column for money.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("sale", sa.Text, "the live sale", index=True),
    column("account", sa.Text, "who promoted"),
    column("knowledge", sa.Text, "what they knew"),
    column("reach", sa.Text, "the band of how many saw it"),
    column("people", sa.Integer, "how many saw it"),
    column("rules", sa.Text, "name and version of the rules"),
    column("sanction", sa.Text, "the sanction that it brought", nullable=True),
    column("time", Time, "when"),
    column("by", sa.Text, "who judged"),
    column("withdrawn", Time, "since when it does not hold", nullable=True),
)

checkers = table(
    "checkers",
    "Who attests that people are enrolled: schools, by the key that they sign with.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("campus", sa.Text, "the campus that it may attest for"),
    column("public_key", sa.Text, "Ed25519 public key, in base64", unique=True),
    column("added", Time, "when"),
    column("added_by", sa.Text, "by whom"),
    column("revoked", Time, "since when it counts no more", nullable=True),
)

enrolments = table(
    "enrolments",
    "What enrolment checks found: result, campus and expiry, and nothing else.",
    column("account", sa.Text, "whose", primary_key=True),
    column("result", sa.Text, "enrolled, graduated or unknown"),
    column("campus", sa.Text, "of which campus"),
    column("expires", Time, "until when it may be relied on"),
)

deals = table(
    "deals",
    "Group-buying deals: for one campus, complete at a threshold, until a deadline.",
    column("id", sa.Text, "the host's own name of it, and of its item on the surface group_buy",
           primary_key=True),
    column("network", sa.Text, "the network"),
    column("organiser", sa.Text, "who gets the money when it completes"),
    column("campus", sa.Text, "who may join"),
    column("price", sa.BigInteger, "what each pays, in minor units"),
    column("currency", sa.Text, "ISO 4217 code"),
    column("threshold", sa.Integer, "how many complete it"),
    column("deadline", Time, "until when"),
    column("joined", sa.Integer, "how many have joined"),
    column("state", sa.Text, "open, completed, refunding or refunded"),
    column("opened", Time, "when it was opened"),
    column("opened_by", sa.Text, "by whom"),
    column("ended", Time, "when it was completed, or the last one refunded", nullable=True),
    sa.Index("ix_deals_deadline", "state", "deadline"),
)  # fmt: skip

deal_members = table(
    "deal_members",
    "Who joined deals.",
    column("deal", sa.Text, "the deal", primary_key=True),
    column("account", sa.Text, "who", primary_key=True),
    column("joined", Time, "when"),
    column("entry", sa.Text, "key of the entry that paid"),
    column("refunded", Time, "when the money went back", nullable=True),
    sa.Index(None, "deal", "refunded"),
)

partners = table(
    "partners",
    "Apps that asked for scopes of the open platform, with the facts that they stated.",
    column("id", sa.Text, "the host's own name of the app", primary_key=True),
    column("name", sa.Text, "what the app is called"),
    column("party", sa.Text, "whose app it is"),
    column("facts", Json, "what decides: see portreeve.commerce.partners.Facts"),
    column("asked", Json, "the scopes asked for"),
    column("granted", Json, "the scopes granted"),
    column("refused", Json, "why the others were refused: the criteria, by scope"),
    column("rules", sa.Text, "name and version of the criteria"),
    column("decided", Time, "when"),
    column("filed_by", sa.Text, "who filed the application"),
    sa.Index(None, "party"),
)

partner_tokens = table(
    "partner_tokens",
    "Tokens of apps; the secret itself is not stored.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("partner", sa.Text, "the app", index=True),
    column("digest", sa.Text, "SHA-256 of the token", unique=True),
    column("scopes", Json, "what it allows, as long as the app has it"),
    column("created", Time, "when"),
    column("created_by", sa.Text, "by whom"),
    column("expires", Time, "when it ends"),
    column("revoked", Time, "since when it allows nothing", nullable=True),
)

interests = table(
    "interests",
    "The register of conflicts of interest: parties that the company has a stake in.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("party", sa.Text, "whose app it would be", index=True),
    column("kind", sa.Text, "invested, owned, board or contract"),
    column("begins", Time, "since when"),
    column("ends", Time, "until when; null while it lasts", nullable=True),
    column("registered", Time, "when it was written down"),
    column("registered_by", sa.Text, "by whom"),
)

"""Campaigns: their cases, what was decided of them as a whole, the referrals made of them.

Who is in a campaign stands in memory alone; a campaign is named here as memory names it.
"""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.store.columns import Json, Sequence, Time
from portreeve.store.tables.base import column, table

campaign_cases = table(
    "campaign_cases",
    "Which case was opened for which campaign, and how large that was when it was judged last.",
    column("case", sa.Text, "the case", primary_key=True),
    column("network", sa.Text, "the network"),
    column("campaign", sa.Text, "the campaign, as memory names it"),
    column("opened", Time, "when the case was opened"),
    column("accounts", sa.Integer, "how many accounts it had when the case was opened or decided"),
    column("refer", sa.Boolean, "whether it had a tree to be referred then"),
    sa.Index("ix_campaign_cases_campaign", "network", "campaign", "opened"),
)

campaign_decisions = table(
    "campaign_decisions",
    "What a person decided of a whole campaign; undone as one.",
    column("seq", Sequence, "running number", primary_key=True, autoincrement=True),
    column("id", sa.Text, "unguessable name", unique=True),
    column("network", sa.Text, "the network"),
    column("campaign", sa.Text, "the campaign, as memory names it"),
    column("account", sa.Text, "whose key seals the reason: a leader or the largest seller",
           nullable=True),
    column("by", sa.Text, "who decided"),
    column("decided", Time, "when"),
    column("request", Json, "what was asked for, without the reason"),
    column("accounts", sa.Integer, "how many accounts something befell"),
    column("decisions", Json, "decisions on posts that it made, in their order"),
    column("sanctions", Json, "sanctions that it imposed, in their order"),
    column("cases", Json, "cases that it decided"),
    column("reason", sa.LargeBinary, "why in their words, sealed with the account's key"),
    column("undone", Time, "when it was undone", nullable=True),
    column("undone_by", sa.Text, "by whom", nullable=True),
    sa.Index("ix_campaign_decisions_campaign", "network", "campaign", "seq"),
)  # fmt: skip

campaign_referrals = table(
    "campaign_referrals",
    "That a referral file was made of a campaign; the file itself is not kept.",
    column("seq", Sequence, "running number", primary_key=True, autoincrement=True),
    column("network", sa.Text, "the network"),
    column("campaign", sa.Text, "the campaign, as memory names it"),
    column("made", Time, "when"),
    column("by", sa.Text, "who made it"),
    column("trees", sa.Integer, "how many trees it told of"),
    column("people", sa.Integer, "how many accounts it held"),
    column("posts", sa.Integer, "how many posts it named"),
    sa.Index("ix_campaign_referrals_campaign", "network", "campaign", "seq"),
)

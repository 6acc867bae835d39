"""Where short links lead, and the items whose short links are still to be followed."""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.store.columns import Time
from portreeve.store.tables.base import column, table

followed_links = table(
    "followed_links",
    "Short links that were followed. Their addresses are not kept, nor who showed them.",
    column("digest", sa.Text, "keyed digest of the address", primary_key=True),
    column("leads", sa.Text, "the host it leads to, with one word of the path where that tells the "
           "class of the place; null if it led nowhere", nullable=True),
    column("refusal", sa.Text, "why it was not followed to its end, if so", nullable=True),
    column("followed", Time, "when", index=True),
)  # fmt: skip

link_items = table(
    "link_items",
    "Items whose short links are to be followed; gone once they are.",
    column("item", sa.Text, "the item", primary_key=True),
    column("due", Time, "when they are to be followed", index=True),
    column("tries", sa.Integer, "how often that failed for a reason that may pass"),
)

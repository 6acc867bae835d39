"""The decision log: which files it consists of, and searches that people keep."""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.store.columns import Json, Time
from portreeve.store.tables.base import column, table

log_files = table(
    "log_files",
    "The Parquet files of the decision log. A file that is not listed here is no part of it.",
    column("path", sa.Text, "where it lies under the folder of the log", primary_key=True),
    column("day", sa.Text, "the UTC day of its decisions, YYYY-MM-DD", index=True),
    column("rows", sa.BigInteger, "how many decisions"),
    column("bytes", sa.BigInteger, "its size"),
    column("made", Time, "when it was written"),
    column("replaced", Time, "when another took its place; it is removed a little later",
           nullable=True),
)  # fmt: skip

saved_searches = table(
    "saved_searches",
    "Searches of the decision log that people keep.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("owner", sa.Text, "who keeps it", index=True),
    column("name", sa.Text, "what they call it"),
    column("shared", sa.Boolean, "others see it too"),
    column("search", Json, "condition, columns, groups, range; see "
           "portreeve.schemas.saved_searches.SearchWords"),
    column("saved", Time, "when it was last changed"),
    sa.UniqueConstraint("owner", "name"),
    sa.Index("ix_saved_searches_shared", "shared", "name"),
)  # fmt: skip

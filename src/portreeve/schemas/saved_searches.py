"""Searches of the decision log that people keep."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from portreeve.schemas.base import Answer, Request

MOST_SAVED = 200
"""How many searches one person keeps."""

ColumnNames = Annotated[
    list[Annotated[str, Meta(max_length=100)]],
    Meta(description="names of columns of the log", max_length=100),
]


class SearchWords(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is searched for. A range such as ``7d`` counts back from when it is asked."""

    where: Annotated[
        Annotated[str, Meta(max_length=10_000)] | None,
        Meta(description="the condition; null for all decisions"),
    ] = None
    columns: ColumnNames = msgspec.field(default_factory=list)
    group_by: ColumnNames = msgspec.field(default_factory=list)
    span: Annotated[
        str,
        Meta(
            description="today, 7d, 30d, all, or two days such as 2014-06-01..2014-06-30",
            pattern=r"^(today|7d|30d|all|\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d)$(?!\n)",
        ),
    ] = "7d"


class SaveSearch(Request, frozen=True, kw_only=True):
    """Keep a search; one of the same person with the same name is replaced."""

    name: Annotated[
        str,
        Meta(description="what to call it", min_length=1, max_length=100, pattern=r"^\S(.*\S)?$"),
    ]
    search: Annotated[SearchWords, Meta(description="what is searched for")]
    shared: Annotated[bool, Meta(description="others see it too")] = False


class SavedSearch(Answer, frozen=True, kw_only=True):
    """A search that is kept."""

    id: Annotated[str, Meta(description="unguessable name")]
    name: Annotated[str, Meta(description="what its owner calls it")]
    owner: Annotated[str, Meta(description="who keeps it")]
    shared: Annotated[bool, Meta(description="others see it too")]
    search: Annotated[SearchWords, Meta(description="what is searched for")]
    saved: Annotated[datetime, Meta(description="when it was last changed")]

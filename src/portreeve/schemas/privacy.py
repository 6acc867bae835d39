"""Erasing a person."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from portreeve.schemas.base import Answer


class ErasureReason(enum.StrEnum):
    """Why a person is erased. It stands in the audit log, so it is a word and no free text."""

    person = "person"
    closed = "closed"
    law = "law"

    @property
    def meaning(self) -> str:
        """The reason, in words."""
        return _REASONS[self]


_REASONS = {
    ErasureReason.person: "the person asked for it",
    ErasureReason.closed: "the account was closed",
    ErasureReason.law: "a court or an authority ordered it",
}


class Erased(Answer, frozen=True, kw_only=True):
    """A person was erased."""

    account: Annotated[str, Meta(description="the host's own name of the account")]
    erased: Annotated[datetime, Meta(description="when")]
    contents: Annotated[
        int, Meta(description="how many stored contents are gone; 0 when it was erased before")
    ]

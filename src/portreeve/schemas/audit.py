"""The audit log: who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

from portreeve.schemas.base import Answer


class AuditEntry(Answer, frozen=True, kw_only=True):
    """One entry of the audit log."""

    seq: Annotated[int, Meta(description="running number without gaps, from 1")]
    time: Annotated[datetime, Meta(description="when")]
    actor: Annotated[str, Meta(description="who: a key's name, a reviewer, or portreeve itself")]
    action: Annotated[str, Meta(description="what was done, such as decision.undo")]
    subject: Annotated[str, Meta(description="to which record")]
    detail: Annotated[dict[str, Any], Meta(description="the facts, without content")]
    previous: Annotated[str, Meta(description="hash of the entry before it")]
    hash: Annotated[str, Meta(description="SHA-256 over this entry and the hash before it")]


class AuditVerification(Answer, frozen=True, kw_only=True):
    """Whether the audit log is as it was written."""

    intact: Annotated[bool, Meta(description="every entry is as it was, and none is missing")]
    entries: Annotated[int, Meta(description="how many entries are whole, from the first on")]
    head: Annotated[
        str, Meta(description="hash of the last of them; note it elsewhere to prove it later")
    ]
    broken: Annotated[
        int | None, Meta(description="number of the first entry that is not as it was")
    ] = None
    what: Annotated[str | None, Meta(description="what is wrong with it")] = None

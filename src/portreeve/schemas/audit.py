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


class AuditCheck(Answer, frozen=True, kw_only=True):
    """A verification of the whole log that runs in the background, or the last one that did."""

    running: Annotated[bool, Meta(description="it is under way")]
    entries: Annotated[int, Meta(description="entries followed so far")]
    total: Annotated[int, Meta(description="entries that there were when it began")]
    started: Annotated[datetime, Meta(description="when it began")]
    started_by: Annotated[str, Meta(description="who asked for it")]
    finished: Annotated[datetime | None, Meta(description="when it was done")]
    result: Annotated[AuditVerification | None, Meta(description="what came out, once done")]
    failed: Annotated[bool, Meta(description="the database did not answer; begin again")]


class AuditPart(Answer, frozen=True, kw_only=True):
    """Entries as lines of a file, for `portreeve audit verify` and anyone else to verify.

    Files of parts that follow each other are one log when they are put together in their order.
    """

    lines: Annotated[bytes, Meta(description="one entry a line, as JSON")]
    first: Annotated[int, Meta(description="number of the first entry")]
    last: Annotated[int, Meta(description="number of the last entry; 0 when there is none")]
    more: Annotated[bool, Meta(description="there are entries after it")]

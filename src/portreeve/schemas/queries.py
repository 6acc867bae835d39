"""What lists are asked for, where a list takes more than its page."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from portreeve.schemas.base import Paging, Request
from portreeve.schemas.enforcement import Language
from portreeve.schemas.privacy import ErasureReason

Moment = Annotated[datetime, Meta(tz=True)]


class SanctionQuery(Paging, frozen=True, kw_only=True):
    """Which sanctions."""

    account: Annotated[str | None, Meta(description="only of this account")] = None
    in_force: Annotated[
        bool | None, Meta(description="true: only those that restrict somebody now")
    ] = None


class NetworkPaging(Paging, frozen=True, kw_only=True):
    """Which records of which network."""

    network: Annotated[
        str | None, Meta(description="only of this network; of all if not given")
    ] = None


class NetworkQuery(Request, frozen=True, kw_only=True):
    """Which network."""

    network: Annotated[
        str | None, Meta(description="only of this network; of all if not given")
    ] = None


class SinceQuery(NetworkQuery, frozen=True, kw_only=True):
    """Which network, and since when."""

    since: Annotated[Moment | None, Meta(description="only since this time; all if not given")] = (
        None
    )


class InForceQuery(Request, frozen=True, kw_only=True):
    """When."""

    time: Annotated[Moment | None, Meta(description="at this time; now if not given")] = None


class AuditQuery(Paging, frozen=True, kw_only=True):
    """Which entries of the audit log."""

    subject: Annotated[str | None, Meta(description="only about this record")] = None
    action: Annotated[
        str | None, Meta(description="only this action, such as case.decided; case.* for an area")
    ] = None
    by: Annotated[str | None, Meta(description="only what this actor did")] = None
    since: Annotated[Moment | None, Meta(description="from this time on")] = None
    until: Annotated[Moment | None, Meta(description="before this time")] = None


class ErasureQuery(Request, frozen=True, kw_only=True):
    """Why a person is erased."""

    reason: Annotated[
        ErasureReason,
        Meta(description="person (asked for it), closed (the account), or law (ordered it)"),
    ]


class LanguageQuery(Request, frozen=True, kw_only=True):
    """In which language."""

    language: Annotated[
        Language | None, Meta(description="en or zh; the account's own if not given")
    ] = None

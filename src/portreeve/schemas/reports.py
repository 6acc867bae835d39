"""Reports: of what was published, of one opened message with proof, or a claim."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta

from portreeve.schemas.base import Answer, HostName, NetworkName, Request

Grade = Literal["attested_public", "franked", "reporters_claim"]
ReportWords = Annotated[str, Meta(min_length=1, max_length=4000)]


class ReportItem(Request, frozen=True, kw_only=True):
    """Report something that was published. Portreeve holds what it said."""

    item: Annotated[HostName, Meta(description="the host's own name of the item")]
    reporter: Annotated[HostName, Meta(description="the account that is signed in")]
    words: Annotated[ReportWords | None, Meta(description="what is wrong with it")] = None


class ReportClaim(Request, frozen=True, kw_only=True):
    """Claim something that cannot be checked; a person looks into it, nothing else follows."""

    network: Annotated[
        NetworkName | None, Meta(description="name of the policy; the service's default")
    ] = None
    reporter: Annotated[HostName, Meta(description="the account that is signed in")]
    account: Annotated[HostName, Meta(description="who is reported")]
    words: Annotated[
        ReportWords, Meta(description="what happened; a screenshot is described in words")
    ]


class ReportFranked(Request, frozen=True, kw_only=True):
    """Open one message of a private chat, with the network's own stamp as proof."""

    network: Annotated[
        NetworkName | None, Meta(description="name of the policy; the service's default")
    ] = None
    reporter: Annotated[
        HostName, Meta(description="the account that is signed in; must have received it")
    ]
    report: Annotated[
        dict[str, Any],
        Meta(description="the franked report as the client made it; see docs/franking.md"),
    ]
    words: Annotated[ReportWords | None, Meta(description="what is wrong with it")] = None


class Report(Answer, frozen=True, kw_only=True):
    """How a report stands, for the reporter. It says nothing of what the case holds."""

    id: Annotated[str, Meta(description="unguessable name")]
    grade: Annotated[Grade, Meta(description="how far it can be relied on")]
    item: Annotated[str | None, Meta(description="the item; null for a claim")]
    state: Annotated[Literal["open", "resolved"], Meta(description="whether it was looked into")]
    outcome: Annotated[
        Literal["acted", "not-acted"] | None,
        Meta(description="whether something was done about it; null while open"),
    ]
    filed: Annotated[datetime, Meta(description="when it was filed")]
    resolved: Annotated[datetime | None, Meta(description="when it was resolved")]
    repeated: Annotated[
        bool, Meta(description="the same person had reported the same before; it counts once")
    ] = False


class AddFrankingKey(Request, frozen=True, kw_only=True):
    """Register a public key with which a network stamps messages, or the end of its use."""

    network: Annotated[
        NetworkName | None, Meta(description="name of the policy; the service's default")
    ] = None
    key_id: Annotated[str, Meta(description="its id, never used again", max_length=256)]
    public_key: Annotated[str, Meta(description="Ed25519 public key, 32 bytes in base64url")]
    valid_from: Annotated[datetime, Meta(description="the first time it signs", tz=True)]
    valid_until: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="when it is retired; null while in use"),
    ] = None


class FrankingKey(Answer, frozen=True, kw_only=True):
    """A registered public key."""

    network: Annotated[str, Meta(description="whose key it is")]
    key_id: Annotated[str, Meta(description="its id")]
    public_key: Annotated[str, Meta(description="Ed25519 public key in base64url")]
    valid_from: Annotated[datetime, Meta(description="the first time it signs")]
    valid_until: Annotated[datetime | None, Meta(description="when it is retired")]
    added: Annotated[datetime, Meta(description="when it was registered")]
    added_by: Annotated[str, Meta(description="by whom")]

"""Search ads: submitted, and whether they are admitted. Nothing here has a field for a bid."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from portreeve.model import Licence, Tier, Verdict
from portreeve.schemas.base import Answer, HostName, NetworkName, Paging, Request
from portreeve.schemas.screening import ItemState, Reason, Text


class NewAd(Request, frozen=True, kw_only=True):
    """An advertisement for pages of search results."""

    id: Annotated[HostName, Meta(description="the host's own name of it; no other item has it")]
    account: Annotated[HostName, Meta(description="who advertises")]
    title: Annotated[str, Meta(description="its title", min_length=1, max_length=200)]
    text: Annotated[str, Meta(description="its words", max_length=5000)] = ""
    landing: Annotated[
        str, Meta(description="the address that a click leads to", min_length=1, max_length=2000)
    ]
    category: Annotated[
        str | None,
        Meta(
            description="the goods or service that it is for, an id of the table of goods; it "
            "counts where the words name none, or one of a milder tier"
        ),
    ] = None
    network: Annotated[
        NetworkName | None, Meta(description="the policy that governs it; the service's default")
    ] = None


class AdGoods(Answer, frozen=True, kw_only=True):
    """What an advertisement is for."""

    category: Annotated[str, Meta(description="id in the table of goods")]
    title: Annotated[Text, Meta(description="what it is called")]
    tier: Annotated[Tier, Meta(description="the policy's tier of it")]
    iab: Annotated[
        list[str], Meta(description="ids in the IAB Ad Product Taxonomy 2.0; empty: none fits")
    ]


class AdDecision(Answer, frozen=True, kw_only=True):
    """Whether an advertisement is admitted: by the law, and by the house, each with its clauses."""

    id: Annotated[str, Meta(description="the host's own name of it")]
    decision: Annotated[
        str | None, Meta(description="the decision's unguessable id; null while provisional")
    ]
    network: Annotated[str, Meta(description="name of the policy")]
    account: Annotated[str, Meta(description="who advertises")]
    verdict: Annotated[Verdict, Meta(description="what happens to it")]
    state: Annotated[ItemState, Meta(description="`published`: it may be served")]
    lawful: Annotated[bool, Meta(description="no rule of the law refuses it")]
    permitted: Annotated[bool, Meta(description="no rule of law or house refuses it")]
    law: Annotated[list[Reason], Meta(description="the rules of the law that hold")]
    house: Annotated[list[Reason], Meta(description="the rules of the house that hold")]
    goods: Annotated[AdGoods | None, Meta(description="what it is for, as far as it is known")]
    licence: Annotated[
        Licence, Meta(description="whether a licence for its goods is on file, and verified, now")
    ]
    appeal_until: Annotated[
        datetime | None, Meta(description="until when the advertiser can appeal")
    ]
    policy: Annotated[str, Meta(description="policy name and version")]
    repeated: Annotated[bool, Meta(description="the same was decided before")] = False
    provisional: Annotated[
        bool, Meta(description="the store is away or slow; the decision follows as an event")
    ] = False


class AdSummary(Answer, frozen=True, kw_only=True):
    """An advertisement in a list, as it stands now."""

    id: Annotated[str, Meta(description="the host's own name of it")]
    network: Annotated[str, Meta(description="name of the policy")]
    account: Annotated[str, Meta(description="who advertises")]
    submitted: Annotated[datetime, Meta(description="when it was submitted first")]
    verdict: Annotated[Verdict, Meta(description="what happens to it")]
    state: Annotated[ItemState, Meta(description="`published`: it may be served")]
    lawful: Annotated[bool, Meta(description="no rule of the law refuses it")]
    permitted: Annotated[bool, Meta(description="no rule of law or house refuses it")]
    goods: Annotated[AdGoods | None, Meta(description="what it is for, as far as it is known")]


class AdQuery(Paging, frozen=True, kw_only=True):
    """Which advertisements."""

    network: Annotated[NetworkName | None, Meta(description="only of this network")] = None
    account: Annotated[HostName | None, Meta(description="only of this advertiser")] = None
    lawful: Annotated[bool | None, Meta(description="only those that the law refuses, or not")] = (
        None
    )
    permitted: Annotated[
        bool | None, Meta(description="only those that law or house refuses, or neither")
    ] = None
    category: Annotated[
        str | None, Meta(description="only for these goods, an id of the table of goods")
    ] = None
    state: Annotated[ItemState | None, Meta(description="only those in this state")] = None


class CoveringLicence(Answer, frozen=True, kw_only=True):
    """A licence that the advertiser has on file, of a kind that covers the goods."""

    kind: Annotated[str, Meta(description="what it entitles to")]
    state: Annotated[
        Literal["claimed", "verified", "refused", "revoked"],
        Meta(description="claimed until a person has decided on it"),
    ]
    expires: Annotated[datetime | None, Meta(description="when it ends; null for never")]
    in_force: Annotated[bool, Meta(description="a person verified it, and it has not expired")]


class LicenceKind(Answer, frozen=True, kw_only=True):
    """A kind of licence."""

    kind: Annotated[str, Meta(description="its name")]
    title: Annotated[Text, Meta(description="what it is called")]


class AdLicences(Answer, frozen=True, kw_only=True):
    """Which licences were looked for, and what the advertiser has of them."""

    submitted: Annotated[datetime, Meta(description="when the ad was submitted first")]
    submitted_by: Annotated[str, Meta(description="by whom")]
    registered: Annotated[bool, Meta(description="the advertiser is registered as a merchant here")]
    covering: Annotated[
        list[LicenceKind],
        Meta(description="kinds that cover the goods; none where nobody knows what they are"),
    ]
    held: Annotated[list[CoveringLicence], Meta(description="of those, what is on file")]


class ComposePage(Request, frozen=True, kw_only=True):
    """Results of a search, and ads that fit it, to be one page."""

    network: Annotated[
        NetworkName | None, Meta(description="the policy that governs it; the service's default")
    ] = None
    results: Annotated[
        list[HostName],
        Meta(description="organic results in their order, at most 1,000", max_length=1000),
    ]
    ads: Annotated[
        list[HostName],
        Meta(description="ads that fit the search, in any order, at most 1,000", max_length=1000),
    ]


class PageSlot(Answer, frozen=True, kw_only=True):
    """One place on a page."""

    id: Annotated[str, Meta(description="the result, or the ad")]
    kind: Annotated[Literal["result", "ad"], Meta(description="which of the two")]
    label: Annotated[Text | None, Meta(description="what must stand on it; null on results")] = None


class LeftOut(Answer, frozen=True, kw_only=True):
    """An ad that is not on the page."""

    id: Annotated[str, Meta(description="the ad")]
    why: Annotated[
        Literal["unknown", "not-admitted", "sanctioned", "licence-lapsed", "no-room"],
        Meta(description="the first reason that applies"),
    ]


class ComposedPage(Answer, frozen=True, kw_only=True):
    """A page of results and ads."""

    slots: Annotated[list[PageSlot], Meta(description="its places, from the top")]
    share: Annotated[float, Meta(description="which part of it is paid for")]
    most: Annotated[float, Meta(description="which part may be, from the top down to any place")]
    clause: Annotated[str, Meta(description="the clause that says so")]
    left_out: Annotated[list[LeftOut], Meta(description="ads that are not on it")]

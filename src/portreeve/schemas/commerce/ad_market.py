"""What is bid for search ads, what refusing some costs, and how a market compares."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from portreeve.schemas.base import Answer, NetworkName, Request
from portreeve.schemas.queries import Moment
from portreeve.schemas.screening import Text

Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")]
MOST = 1_000_000_000_000
"""Minor units, or counts: the largest that is taken."""

Amount = Annotated[int, Meta(ge=0, le=MOST)]
Count = Annotated[int, Meta(ge=0, le=MOST)]


class PutBid(Request, frozen=True, kw_only=True):
    """What an advertiser offers."""

    amount: Annotated[Amount, Meta(description="for a click, in minor units of the currency")]
    currency: Annotated[Currency, Meta(description="ISO 4217 code; the one of the rules")]
    clicks: Annotated[Count, Meta(description="how many clicks the advertiser expects")]


class AdBid(Answer, frozen=True, kw_only=True):
    """What is offered for an advertisement."""

    ad: Annotated[str, Meta(description="the advertisement")]
    amount: Annotated[int, Meta(description="for a click, in minor units of the currency")]
    currency: Annotated[str, Meta(description="ISO 4217 code")]
    clicks: Annotated[int, Meta(description="how many clicks the advertiser expects")]
    told: Annotated[datetime, Meta(description="when it was told")]


class ForgoneQuery(Request, frozen=True, kw_only=True):
    """Of which ads."""

    network: Annotated[NetworkName | None, Meta(description="only of this network")] = None
    since: Annotated[Moment | None, Meta(description="submitted at this time or later")] = None
    until: Annotated[Moment | None, Meta(description="submitted before this time")] = None


class ForgoneOf(Answer, frozen=True, kw_only=True):
    """What refused ads of one category would have paid."""

    category: Annotated[str | None, Meta(description="the goods; null: nobody recognised them")]
    title: Annotated[Text | None, Meta(description="what they are called")]
    iab: Annotated[list[str], Meta(description="ids in the IAB Ad Product Taxonomy 2.0")]
    lawful: Annotated[
        bool, Meta(description="true: the house rule alone refused them; false: the law did")
    ]
    ads: Annotated[int, Meta(description="how many")]
    clicks: Annotated[int, Meta(description="clicks that their advertisers expected")]
    amount: Annotated[int, Meta(description="bid times clicks, in minor units")]
    currency: Annotated[str, Meta(description="ISO 4217 code")]


class ForgoneMonth(Answer, frozen=True, kw_only=True):
    """What refused ads of one month would have paid."""

    month: Annotated[datetime, Meta(description="when the month began in which they came")]
    lawful: Annotated[
        bool, Meta(description="true: the house rule alone refused them; false: the law did")
    ]
    ads: Annotated[int, Meta(description="how many")]
    amount: Annotated[int, Meta(description="bid times clicks, in minor units")]
    currency: Annotated[str, Meta(description="ISO 4217 code")]


class ForgoneReport(Answer, frozen=True, kw_only=True):
    """What refusing ads costs, as their advertisers told it."""

    categories: Annotated[list[ForgoneOf], Meta(description="the largest sums first")]
    months: Annotated[
        list[ForgoneMonth], Meta(description="by the month of submission (UTC), the first first")
    ]
    house: Annotated[
        dict[str, int],
        Meta(description="forgone by the house rule alone, in minor units by currency"),
    ]
    law: Annotated[
        dict[str, int], Meta(description="what the law would not let anybody earn, likewise")
    ]
    without_bid: Annotated[int, Meta(description="refused ads for which nobody told a bid")]


class EngineSearches(Request, frozen=True, kw_only=True):
    """How many searches an engine answered on a kind of device."""

    engine: Annotated[str, Meta(description="its name", min_length=1, max_length=100)]
    device: Annotated[str, Meta(description="the device", min_length=1, max_length=100)]
    searches: Annotated[Count, Meta(description="how many")]


class EngineRevenue(Request, frozen=True, kw_only=True):
    """What an engine earned by advertising in the same time."""

    engine: Annotated[str, Meta(description="its name", min_length=1, max_length=100)]
    amount: Annotated[Amount, Meta(description="in minor units of the currency")]


class CompareMarket(Request, frozen=True, kw_only=True):
    """Figures of a market, and which two engines to compare."""

    ours: Annotated[str, Meta(description="one engine")]
    theirs: Annotated[str, Meta(description="the other")]
    currency: Annotated[Currency, Meta(description="of all amounts")]
    searches: Annotated[
        list[EngineSearches],
        Meta(description="of all engines there are, by device", min_length=1, max_length=10_000),
    ]
    revenue: Annotated[
        list[EngineRevenue],
        Meta(description="of the two engines", min_length=1, max_length=10_000),
    ]
    forgone: Annotated[
        Amount | None,
        Meta(description="what ours would have earned by ads that it refused, if that is known"),
    ] = None


class DeviceComparison(Answer, frozen=True, kw_only=True):
    """Two engines on one kind of device."""

    device: Annotated[str, Meta(description="the device")]
    ours: Annotated[float, Meta(description="our share of all searches there")]
    theirs: Annotated[float, Meta(description="theirs")]
    points: Annotated[float, Meta(description="ours less theirs, in percentage points")]


class MarketComparison(Answer, frozen=True, kw_only=True):
    """Two engines compared. It says what the figures say, not why."""

    devices: Annotated[list[DeviceComparison], Meta(description="by device, as they came")]
    revenue: Annotated[float, Meta(description="what ours earned, as a part of what theirs did")]
    gap: Annotated[int, Meta(description="by how much theirs earned more, in minor units")]
    forgone: Annotated[
        float | None,
        Meta(description="forgone revenue as a part of the gap; null: not told, or no gap"),
    ]
    currency: Annotated[str, Meta(description="of all amounts")]

"""What the accounts of campaigns posted, as the tables of items and decisions have it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC

import sqlalchemy as sa

from portreeve.memory.traces import SELLING
from portreeve.model import Verdict
from portreeve.schemas.campaigns import (
    CampaignAccount,
    CampaignDay,
    CampaignPost,
    CampaignSpread,
)
from portreeve.service.bulk import fetch_in
from portreeve.store.tables.core import decisions, items

LATEST = 5_000
"""Posts of a campaign that are read, its newest."""


def posts(
    connection: sa.Connection, network: str, accounts: Iterable[str], limit: int | None = LATEST
) -> list[CampaignPost]:
    """Posts of accounts that sell or recruit, or that a rule held for; the newest first."""
    i, d = items.c, decisions.c
    time = sa.func.coalesce(i.time, i.received).label("time")
    wanted = (
        sa.select(
            i.id.label("item"), i.account, time, i.surface, i.state, i.decision, d.verdict,
            d.rules, d.promotion, sa.func.coalesce(d.recruits, sa.false()).label("recruits"),
            d.goods_tier,
        )
        .join(decisions, d.id == i.decision)
        .where(
            i.network == network,
            sa.or_(d.promotion >= SELLING, d.recruits, d.verdict != Verdict.allow.value),
        )
        .order_by(time.desc(), i.id)
        .limit(limit)
    )  # fmt: skip
    rows = list(fetch_in(connection, wanted, i.account, accounts))
    rows.sort(key=lambda row: row["time"], reverse=True)
    return [
        CampaignPost(
            **{**row, "verdict": Verdict(row["verdict"])},
        )
        for row in rows[:limit]
    ]


def trades(post: CampaignPost) -> bool:
    """Whether a post sells or recruits. One that only gives rewards does not count: coupons pass
    through many hands."""
    return (post.promotion or 0.0) >= SELLING or post.recruits


def days(shown: Sequence[CampaignPost], members: Iterable[CampaignAccount]) -> list[CampaignDay]:
    """Posts by day, the oldest first; days without any are left out."""
    posted: Counter[str] = Counter()
    who: dict[str, set[str]] = defaultdict(set)
    for post in shown:
        day = post.time.astimezone(UTC).date().isoformat()
        posted[day] += 1
        who[day].add(post.account)
    joined = Counter(member.first.date().isoformat() for member in members)
    return [
        CampaignDay(day=day, posts=posted[day], accounts=len(who[day]), joined=joined[day])
        for day in sorted(posted.keys() | joined.keys())
    ]


def spread(shown: Iterable[CampaignPost]) -> list[CampaignSpread]:
    """Where posts appear, the fullest surface first."""
    found: Mapping[str, list[CampaignPost]] = defaultdict(list)
    for post in shown:
        found[post.surface].append(post)
    return [
        CampaignSpread(
            surface=there[0].surface,
            posts=len(there),
            standing=sum(post.state == "published" for post in there),
        )
        for _, there in sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]

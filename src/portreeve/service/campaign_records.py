"""What the tables keep of campaigns: their cases, and the decisions on them as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from portreeve.memory.campaigns import Graph
from portreeve.report.campaign_files import campaign_name
from portreeve.schemas.campaigns import CampaignAct, CampaignDecision, ReferralMade
from portreeve.service.campaign_view import now_named, number_of
from portreeve.service.context import Context
from portreeve.service.errors import not_found
from portreeve.store.tables.campaigns import (
    campaign_cases,
    campaign_decisions,
    campaign_referrals,
)
from portreeve.store.tables.cases import cases
from portreeve.store.vault import NOBODY

Row = sa.Row[Any]


MOST_REFERRALS = 20
"""Referral files that are told, the newest."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as it was asked for, without its reason: the column ``request``."""

    leader: CampaignAct | None
    others: CampaignAct | None
    take_down: bool
    rules: list[str]
    spared: list[str]


class CampaignCase(NamedTuple):
    """A case that was opened for a campaign."""

    case: str
    number: int
    """The campaign as it is called now."""
    open: bool
    accounts: int
    refer: bool


def cases_of(connection: sa.Connection, network: str, graph: Graph) -> list[CampaignCase]:
    """Cases of the campaigns of a network that are still there, the oldest first."""
    c = campaign_cases.c
    rows = connection.execute(
        sa.select(campaign_cases, cases.c.state)
        .join(cases, cases.c.id == c.case)
        .where(c.network == network)
        .order_by(c.opened, c.case)
    ).all()
    now = now_named(graph, (number_of(row.campaign) for row in rows))
    return [
        CampaignCase(
            row.case, now[number_of(row.campaign)], row.state == "open", row.accounts, row.refer
        )
        for row in rows
        if number_of(row.campaign) in now
    ]


def latest_decisions(connection: sa.Connection, network: str, graph: Graph) -> dict[int, str]:
    """The latest decision that stands, by campaign."""
    d = campaign_decisions.c
    rows = connection.execute(
        sa.select(d.campaign, d.id).where(d.network == network, d.undone.is_(None)).order_by(d.seq)
    ).all()
    now = now_named(graph, (number_of(row.campaign) for row in rows))
    return {now[number_of(row.campaign)]: row.id for row in rows if number_of(row.campaign) in now}


def decisions_of(
    context: Context, connection: sa.Connection, network: str, graph: Graph, number: int
) -> list[CampaignDecision]:
    """Decisions on a campaign, and on those that merged into it; the newest first."""
    rows = _of(connection, campaign_decisions, network, graph, number)
    return answers(context, connection, rows)


def referrals_of(
    connection: sa.Connection, network: str, graph: Graph, number: int
) -> list[ReferralMade]:
    """Referral files of a campaign, and of those that merged into it; the newest first."""
    rows = _of(connection, campaign_referrals, network, graph, number)
    names = ReferralMade.__struct_fields__
    return [
        ReferralMade(**{name: getattr(row, name) for name in names})
        for row in rows[:MOST_REFERRALS]
    ]


def _of(
    connection: sa.Connection, table: sa.Table, network: str, graph: Graph, number: int
) -> list[Row]:
    """Records of a campaign, and of those that merged into it; the newest first."""
    t = table.c
    named = connection.execute(sa.select(t.campaign).where(t.network == network).distinct())
    now = now_named(graph, map(number_of, named.scalars()))
    names = [campaign_name(one) for one, current in now.items() if current == number]
    wanted = sa.select(table).where(t.network == network, t.campaign.in_(names))
    return list(connection.execute(wanted.order_by(t.seq.desc())))


def decision_row(connection: sa.Connection, id: str, *, lock: bool = False) -> Row:
    """A decision on a campaign.

    Raises:
        ServiceError: ``not-found``.
    """
    wanted = sa.select(campaign_decisions).where(campaign_decisions.c.id == id)
    row = connection.execute(wanted.with_for_update() if lock else wanted).first()
    if row is None:
        raise not_found("decision on a campaign", id)
    return row


def made_with(connection: sa.Connection, case: Row) -> str | None:
    """The decision on a campaign that decided a case; None when the case was decided by itself."""
    d = campaign_decisions.c
    rows = connection.execute(
        sa.select(d.id, d.cases).where(
            d.decided == case.decided, d.by == case.decided_by, d.undone.is_(None)
        )
    )
    return next((row.id for row in rows if case.id in row.cases), None)


def answers(
    context: Context, connection: sa.Connection, rows: Sequence[Row]
) -> list[CampaignDecision]:
    """Decisions as they are told, with their reasons."""
    reasons = context.vault.open_many(
        connection,
        [row.account or NOBODY for row in rows],
        [row.reason for row in rows],
        [f"{row.id}.reason" for row in rows],
    )
    return [_answer(row, reason) for row, reason in zip(rows, reasons, strict=True)]


def _answer(row: Row, reason: bytes | None) -> CampaignDecision:
    asked = msgspec.convert(row.request, Asked)
    return CampaignDecision(
        id=row.id,
        network=row.network,
        campaign=row.campaign,
        by=row.by,
        decided=row.decided,
        leader=asked.leader,
        others=asked.others,
        take_down=asked.take_down,
        rules=asked.rules,
        spared=asked.spared,
        accounts=row.accounts,
        posts=len(row.decisions),
        sanctions=len(row.sanctions),
        cases=row.cases,
        undone=row.undone,
        undone_by=row.undone_by,
        reason=None if reason is None else reason.decode(),
    )


def newest(found: Iterable[CampaignCase], number: int) -> CampaignCase | None:
    """The case of a campaign: the open one, else the latest."""
    own = [one for one in found if one.number == number]
    return next((one for one in reversed(own) if one.open), own[-1] if own else None)

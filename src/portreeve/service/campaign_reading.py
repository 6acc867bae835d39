"""Campaigns as they are read: from memory, with the names, posts, cases and decisions of tables."""

from __future__ import annotations

import builtins
from collections.abc import Container, Iterable
from typing import cast

import msgspec
import numpy as np
import polars as pl
import sqlalchemy as sa

from portreeve.memory.campaigns import Graph, hubs
from portreeve.memory.trees import Forest
from portreeve.report.campaign_files import campaigns_frame
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.campaigns import (
    Campaign,
    CampaignAccount,
    CampaignQuery,
    CampaignRecord,
    Hub,
    InNetwork,
    JoinStep,
    KeyKind,
    WhyQuery,
)
from portreeve.service import campaign_posts, campaign_records, campaign_view
from portreeve.service.actor import Actor
from portreeve.service.campaign_records import CampaignCase
from portreeve.service.campaign_view import View
from portreeve.service.context import Context
from portreeve.service.errors import not_found
from portreeve.service.policies import Policies
from portreeve.service.remembering import SIZES, Remembering
from portreeve.service.remembering_names import account_names
from portreeve.service.sanctions import sequence
from portreeve.service.standing import sanctions_in_force

_SHOWN_POSTS = 500


class CampaignReading:
    """Reads campaigns."""

    def __init__(self, context: Context, policies: Policies, remembering: Remembering) -> None:
        self._context = context
        self._policies = policies
        self._remembering = remembering

    def network(self, name: str | None) -> str:
        """The network that is meant.

        Raises:
            ServiceError: ``not-found``, when no policy governs it.
        """
        name = name or self._context.settings.network
        if name not in self._policies.lookup.networks():
            raise not_found("network", name)
        return name

    def memory(self, network: str) -> tuple[Graph, Forest]:
        """What memory knows of a network.

        Raises:
            ServiceError: ``not-found``, when nothing is remembered.
        """
        return self._remembering.graph(network), self._remembering.forest(network)

    def view(self, network: str, campaign: str) -> View:
        """One campaign.

        Raises:
            ServiceError: ``not-found``.
        """
        return campaign_view.view(*self.memory(network), campaign)

    def list(self, actor: Actor, query: CampaignQuery) -> Page[Campaign]:
        """Campaigns of a network, the largest first.

        Raises:
            ServiceError: ``forbidden``; ``not-found``, when no policy governs the network or
                nothing is remembered of it.
        """
        actor.need(Scope.cases)
        network = self.network(query.network)
        graph, forest = self.memory(network)
        frame = campaigns_frame(graph, forest, {}).filter(pl.col("accounts") >= query.least)
        if query.refer:
            frame = frame.filter("refer")
        start = sequence(query.cursor) if query.cursor is not None else 0
        rows = frame.slice(start, query.limit).to_dicts()
        with self._context.database.read() as connection:
            found = campaign_records.cases_of(connection, network, graph)
            decided = campaign_records.latest_decisions(connection, network, graph)
        more = frame.height > start + query.limit
        return Page(
            items=[_campaign(row, network, found, decided) for row in rows],
            next=str(start + query.limit) if more else None,
        )

    def get(self, actor: Actor, campaign: str, query: InNetwork) -> CampaignRecord:
        """A campaign with its accounts, what joins them, its trees, posts and timeline.

        Raises:
            ServiceError: ``forbidden``, ``not-found``.
        """
        actor.need(Scope.cases)
        network = self.network(query.network)
        graph, forest = self.memory(network)
        seen = campaign_view.view(graph, forest, campaign)
        [row] = campaigns_frame(seen.part, forest, {}).to_dicts()
        with self._context.database.snapshot() as connection:
            names = self.names(connection, seen)
            members, chosen = self.members(connection, seen, names)
            own = [names[number] for number in seen.accounts if number in names]
            posts = campaign_posts.posts(connection, network, own)
            found = campaign_records.cases_of(connection, network, graph)
            decided = campaign_records.latest_decisions(connection, network, graph)
            decisions = campaign_records.decisions_of(
                self._context, connection, network, graph, seen.number
            )
            referrals = campaign_records.referrals_of(connection, network, graph, seen.number)
        keys, links = campaign_view.keys_and_links(seen, chosen)
        return CampaignRecord(
            **msgspec.structs.asdict(_campaign(row, network, found, decided)),
            members=members,
            keys=keys,
            links=links,
            forest=campaign_view.trees(forest, seen.trees, names),
            items=posts[:_SHOWN_POSTS],
            days=campaign_posts.days(posts, members),
            spread=campaign_posts.spread(posts),
            decisions=decisions,
            referrals=referrals,
        )

    def names(self, connection: sa.Connection, seen: View) -> dict[int, str]:
        """The names of a campaign's accounts, and of those above them, by memory's numbers."""
        above = seen.forest.nodes["account"][np.isin(seen.forest.nodes["tree"], seen.trees)]
        return account_names(connection, {*seen.accounts, *above.tolist()})

    def members(
        self,
        connection: sa.Connection,
        seen: View,
        names: dict[int, str],
        among: Container[int] | None = None,
    ) -> tuple[builtins.list[CampaignAccount], builtins.list[int]]:
        """The accounts of a campaign, and their places in its part of the graph."""
        running = sanctions_in_force(connection, names.values(), self._context.now())
        kinds = {name: [one.kind for one in of] for name, of in running.items()}
        return campaign_view.members(seen, names, kinds, among)

    def why(self, actor: Actor, campaign: str, query: WhyQuery) -> Page[JoinStep]:
        """The shortest way from one account of a campaign to another, key by key.

        Raises:
            ServiceError: ``forbidden``; ``not-found``, when one of them is not in the campaign.
        """
        actor.need(Scope.cases)
        network = self.network(query.network)
        seen = self.view(network, campaign)
        ends = self._remembering.numbers([query.one, query.other]).tolist()
        for number, name in zip(ends, (query.one, query.other), strict=True):
            if number not in set(seen.accounts):
                raise not_found(f"account of the campaign {campaign}", name)
        steps = self._remembering.why(network, *ends)
        with self._context.database.read() as connection:
            names = account_names(connection, {n for s in steps for n in (s.account, s.other)})
        return Page(
            items=[
                JoinStep(
                    account=names.get(step.account),
                    other=names.get(step.other),
                    kind=cast(KeyKind, step.kind),
                    key=campaign_view.key_name(step.key),
                    shared=step.shared,
                )
                for step in steps
            ]
        )

    def hubs(self, actor: Actor, query: InNetwork) -> Page[Hub]:
        """What too many accounts show to join them, the most shown first.

        Raises:
            ServiceError: ``forbidden``, ``not-found``.
        """
        actor.need(Scope.cases)
        graph, _ = self.memory(self.network(query.network))
        found = hubs(graph.keys, SIZES.campaigns)
        return Page(
            items=[
                Hub(
                    key=campaign_view.key_name(int(key["key"])),
                    kind=campaign_view.KIND_NAMES[key["kind"]],
                    accounts=int(key["accounts"]),
                    posts=int(key["posts"]),
                )
                for key in found[np.argsort(-found["accounts"], kind="stable")][:500]
            ]
        )


def _campaign(
    row: dict[str, object],
    network: str,
    found: Iterable[CampaignCase],
    decided: dict[int, str],
) -> Campaign:
    number = campaign_view.number_of(str(row["campaign"]))
    case = campaign_records.newest(found, number)
    facts = {name: value for name, value in row.items() if name not in ("campaign", "shown")}
    return msgspec.convert(
        {
            **facts,
            "id": row["campaign"],
            "network": network,
            "case": case.case if case else None,
            "case_open": case.open if case else False,
            "decision": decided.get(number),
        },
        Campaign,
    )

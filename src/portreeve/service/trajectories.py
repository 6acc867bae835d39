"""What a seller sold over time, as memory knows it."""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.model import TIERS
from portreeve.schemas.access import Scope
from portreeve.schemas.campaigns import InNetwork, Trajectory, TrajectoryPeriod
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.errors import not_found
from portreeve.service.policies import Policies
from portreeve.service.remembering import SIZES, Remembering
from portreeve.store import moment
from portreeve.store.tables.core import accounts


class SellerTrajectories:
    """Tells what sellers sold."""

    def __init__(self, context: Context, policies: Policies, remembering: Remembering) -> None:
        self._context = context
        self._policies = policies
        self._remembering = remembering

    def get(self, actor: Actor, account: str, query: InNetwork) -> Trajectory:
        """An account's selling posts by tier of goods over time, and the alarm of a slide.

        Raises:
            ServiceError: ``forbidden``; ``not-found`` for an account or a network that is not
                known, or when nothing is remembered.
        """
        actor.need(Scope.accounts)
        network = query.network or self._context.settings.network
        if network not in self._policies.lookup.networks():
            raise not_found("network", network)
        with self._context.database.read() as connection:
            known = sa.select(accounts.c.id).where(accounts.c.id == account)
            if connection.execute(known).first() is None:
                raise not_found("account", account)
        number = int(self._remembering.numbers([account])[0])
        starts, counts = self._remembering.history(network, number)
        alarmed, black = self._remembering.alarms(network, number)
        settings = SIZES.trajectories
        return Trajectory(
            account=account,
            network=network,
            tiers=list(TIERS),
            watched=settings.tier,
            period_seconds=settings.period,
            periods=[
                TrajectoryPeriod(begins=moment(start) if at else None, counts=row)
                for at, (start, row) in enumerate(
                    zip(starts.tolist(), counts.tolist(), strict=True)
                )
            ],
            alarmed=moment(alarmed) if alarmed else None,
            black=moment(black) if black else None,
        )

"""Crowds, as memory tells them: numbers become names of accounts, and nothing else is added."""

from __future__ import annotations

from typing import Any

import numpy as np

from portreeve.model import RELATION_KINDS
from portreeve.schemas.access import Scope
from portreeve.schemas.crowds import Crowd, Crowds, Rush
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.remembering import SIZES, Remembering
from portreeve.service.remembering_names import account_names
from portreeve.store import moment

_ROOMS, _WINDOWS = 200, 500


class CrowdRoom:
    """Tells of crowds and rushes."""

    def __init__(self, context: Context, remembering: Remembering) -> None:
        self._context = context
        self._remembering = remembering

    def read(self, actor: Actor, network: str | None = None) -> Crowds:
        """Live rooms that filled, and windows of many people, the newest first.

        Raises:
            ServiceError: ``not-found``: nothing is remembered.
        """
        actor.need(Scope.accounts)
        network = network or self._context.settings.network
        rooms = self._remembering.crowds(network)[::-1][:_ROOMS]
        windows = self._remembering.windows(network)[::-1][:_WINDOWS]
        wanted = {*rooms["owner"].tolist(), *windows["owner"].tolist()} - {0}
        with self._context.database.read() as connection:
            names = account_names(connection, wanted)
        settings = SIZES.relations
        return Crowds(
            network=network,
            least=settings.least_people,
            days=settings.kept // 86_400,
            minutes=settings.window // 60,
            rooms=[_crowd(one, names) for one in rooms],
            windows=[_rush(one, names) for one in windows],
        )


def _crowd(one: np.void, names: dict[int, str]) -> Crowd:
    told = int(one["mobilised"]) > 0
    return Crowd(
        account=names.get(int(one["owner"])),
        opened=moment(int(one["opened"])),
        groups=int(one["groups"]),
        arrivals=int(one["arrivals"]),
        mobilised=int(one["mobilised"]) if told else None,
        low=int(one["mobilised_low"]) if told else None,
        high=int(one["mobilised_high"]) if told else None,
        raised=bool(one["mobilisation"]),
    )


def _rush(one: np.void, names: dict[int, str]) -> Rush:
    kind: Any = RELATION_KINDS[int(one["kind"])]
    return Rush(
        kind=kind,
        account=names.get(int(one["owner"])),
        begins=moment(int(one["start"])),
        people=int(one["people"]),
    )

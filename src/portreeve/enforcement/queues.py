"""Where a case waits, and how long it may: the queues, as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Origin = Literal["decision", "report", "franked", "claim", "campaign"]
"""What opened a case."""

QueueName = Literal["black-goods", "medical", "reports", "default", "senior", "appeals"]


@dataclass(frozen=True)
class Queue:
    """One queue. ``target`` is the service level: how long after it was opened a case is due."""

    name: QueueName
    meaning: str
    target: timedelta


QUEUES: dict[str, Queue] = {
    queue.name: queue
    for queue in (
        Queue("black-goods", "goods that may not be sold at all; evidence is sealed",
              timedelta(hours=4)),
        Queue("medical", "medicine, treatment and devices", timedelta(hours=24)),
        Queue("reports", "what people reported", timedelta(hours=24)),
        Queue("default", "everything else that a rule holds", timedelta(hours=48)),
        Queue("senior", "cases on which two reviewers disagree", timedelta(hours=48)),
        Queue("appeals", "decisions that the person concerned contests", timedelta(days=7)),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Route:
    """A case that fits goes to ``queue``; an empty condition fits everything."""

    queue: QueueName
    tiers: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    def fits(self, tier: str | None, category: str | None, origin: Origin) -> bool:
        """Whether every condition that is given holds."""
        return (
            (not self.tiers or tier in self.tiers)
            and (not self.categories or category in self.categories)
            and (not self.origins or origin in self.origins)
        )


ROUTES: tuple[Route, ...] = (
    Route("black-goods", tiers=frozenset({"black"})),
    Route(
        "medical",
        categories=frozenset(
            {
                "hospitals",
                "cosmetic_surgery",
                "fertility",
                "paternity_test",
                "medicines",
                "medical_devices",
                "prescription_drugs",
            }
        ),
    ),
    Route("reports", origins=frozenset({"report", "franked", "claim"})),
    Route("default"),
)
"""The first that fits is taken."""


def route(
    tier: str | None, category: str | None, origin: Origin, routes: Iterable[Route] = ROUTES
) -> Queue:
    """The queue of a case.

    >>> route("black", "narcotics", "report").name, route(None, None, "claim").name
    ('black-goods', 'reports')
    """
    return QUEUES[next(r.queue for r in routes if r.fits(tier, category, origin))]


def due(queue: str, opened: datetime) -> datetime:
    """When a case of the queue, opened then, should be decided."""
    return opened + QUEUES[queue].target

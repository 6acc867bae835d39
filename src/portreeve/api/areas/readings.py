"""How good decisions are: second readings, and the measured precision of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.cases import Precision
from portreeve.schemas.queries import SinceQuery
from portreeve.schemas.readings import Agreement, Reading, ReadingResult, SubmitReading

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes(
    "readings", "How good decisions are: second readings, and the measured precision of rules."
)


@routes.post("/v1/readings/next", Scope.cases)
def next_reading(service: Service, actor: Actor) -> Reading:
    """A case to read again without knowing the first verdict, for 15 minutes."""
    return service.readings.next(actor)


@routes.post("/v1/readings", Scope.cases)
def submit_reading(service: Service, actor: Actor, body: SubmitReading) -> ReadingResult:
    """Give one's verdict on a case read again."""
    return service.readings.submit(actor, body)


@routes.get("/v1/readings/agreement", Scope.cases)
def get_agreement(service: Service, actor: Actor, query: SinceQuery) -> Agreement:
    """Share of equal verdicts and Cohen's kappa, each with its 95 % interval."""
    return service.readings.agreement(actor, query.network, query.since)


@routes.get("/v1/precision", Scope.cases)
def get_precision(service: Service, actor: Actor, query: SinceQuery) -> Page[Precision]:
    """How often the hits of each rule were found right by the people who judged them.

    What people judge is no random sample of what a rule hits: cases are what the policy is unsure
    of, appeals what people think wrong.
    """
    return service.judgements.precision(actor, query.network, query.since)

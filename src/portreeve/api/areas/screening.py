"""Screening: the hot routes. They join the next micro-batch and answer the bytes it made."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.screening import (
    Batch,
    BatchAnswer,
    BatchRows,
    Rejected,
    Screened,
    Submission,
)

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("screening", "Screening: items in, decisions out.")


class _BatchBytes(msgspec.Struct):
    """A :class:`BatchAnswer` whose decisions are JSON already."""

    items: list[msgspec.Raw]
    rejected: list[Rejected]


@routes.post("/v1/screen", Scope.screen)
async def screen(service: Service, actor: Actor, body: Submission) -> Screened:
    """Screen one item, before or after publication.

    The same id with the same content has the same decision; with other content it is an edit. When
    the deadline of the surface is missed, the surface's fail policy answers, `provisional` is true,
    and the decision follows as an event.
    """
    [answer] = await service.screening.submit(actor, [body])
    return cast(Screened, msgspec.Raw(answer))


@routes.post("/v1/screen/batch", Scope.screen, read_as=BatchRows)
async def screen_batch(service: Service, actor: Actor, body: Batch) -> BatchAnswer:
    """Screen many items at once, at most 10,000.

    Items that cannot be decided, such as one of a sealed surface, are set aside in `rejected`; the
    others are decided. Of a sealed surface nothing is kept, whatever the item holds. A body that
    has not the form of a batch is refused whole.
    """
    answers, wrong = await service.screening.submit_sound(actor, body.items)
    rejected = [
        Rejected(index=index, field=error.field, code=error.code, detail=error.detail)
        for index, error in wrong.items()
    ]
    found = _BatchBytes([msgspec.Raw(answer) for answer in answers], rejected)
    return cast(BatchAnswer, found)

"""The decision log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page
from portreeve.schemas.log import LogSearch

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("log", "The decision log.")


@routes.post("/v1/log/search", Scope.log, reads=True)
def search_log(service: Service, actor: Actor, body: LogSearch) -> Page[dict[str, Any]]:
    """Decisions that meet a SQL condition, or how many there are by some columns."""
    return service.log.search(actor, body)

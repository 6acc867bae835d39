"""Items and the decisions on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.enforcement import Undone, UndoRequest
from portreeve.schemas.screening import DecisionRecord, ItemRecord

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("items", "Items and the decisions on them.")


@routes.get("/v1/items/{id}", Scope.screen)
def get_item(service: Service, actor: Actor, id: str) -> ItemRecord:
    """One item, without its content."""
    return service.stored.item(actor, id)


@routes.delete("/v1/items/{id}", Scope.screen)
def delete_item(service: Service, actor: Actor, id: str) -> ItemRecord:
    """Say that the item is gone from the network.

    What was decided stays, and can be appealed.
    """
    return service.stored.delete(actor, id)


@routes.get("/v1/decisions/{id}", Scope.screen)
def get_decision(service: Service, actor: Actor, id: str) -> DecisionRecord:
    """One decision, with the reasons in the words of the policy that decided."""
    return service.stored.decision(actor, id)


@routes.post("/v1/decisions/{id}/undo", Scope.sanctions)
def undo_decision(service: Service, actor: Actor, id: str, body: UndoRequest) -> Undone:
    """Reverse a decision and everything it caused.

    The post and its comments, strikes, sanctions, followers and counters are as they were.
    """
    return service.undo.reverse(actor, id, body)

"""Webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.webhooks import (
    Delivery,
    DeliveryFilter,
    DeliveryLog,
    MadeWebhook,
    NewWebhook,
    Replay,
    Replayed,
    Rotation,
    Webhook,
    WebhookChange,
)

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("webhooks", "Webhooks: addresses that are told what happened.")


@routes.get("/v1/webhooks", Scope.webhooks)
def list_webhooks(service: Service, actor: Actor, query: Paging) -> Page[Webhook]:
    """All webhooks, the newest first."""
    return service.webhooks.list(actor, query)


@routes.post("/v1/webhooks", Scope.webhooks)
def create_webhook(service: Service, actor: Actor, body: NewWebhook) -> MadeWebhook:
    """Add a webhook, which is told of what happens from now on.

    The answer shows its signing secret, which is not shown again.
    """
    return service.webhooks.create(actor, body)


@routes.get("/v1/webhooks/{id}", Scope.webhooks)
def get_webhook(service: Service, actor: Actor, id: str) -> Webhook:
    """One webhook."""
    return service.webhooks.get(actor, id)


@routes.patch("/v1/webhooks/{id}", Scope.webhooks)
def change_webhook(service: Service, actor: Actor, id: str, body: WebhookChange) -> Webhook:
    """Change a webhook, disable or enable it."""
    return service.webhooks.change(actor, id, body)


@routes.delete("/v1/webhooks/{id}", Scope.webhooks)
def delete_webhook(service: Service, actor: Actor, id: str) -> None:
    """Delete a webhook with its deliveries."""
    service.webhooks.delete(actor, id)


@routes.post("/v1/webhooks/{id}/rotate", Scope.webhooks)
def rotate_webhook_secret(service: Service, actor: Actor, id: str, body: Rotation) -> MadeWebhook:
    """Give a webhook a new signing secret; for a while the old one signs too."""
    return service.webhooks.rotate(actor, id, body)


@routes.post("/v1/webhooks/{id}/test", Scope.webhooks)
def test_webhook(service: Service, actor: Actor, id: str) -> None:
    """Send a webhook an event `webhook.test`, which no other hears."""
    service.webhooks.test(actor, id)


@routes.get("/v1/webhooks/{id}/deliveries", Scope.webhooks)
def list_deliveries(
    service: Service, actor: Actor, id: str, query: DeliveryFilter
) -> Page[Delivery]:
    """Deliveries of a webhook, the newest first; with `state=dead` those given up."""
    return service.webhooks.deliveries(actor, id, query)


@routes.get("/v1/webhooks/{id}/deliveries/{delivery}", Scope.webhooks)
def get_delivery(service: Service, actor: Actor, id: str, delivery: str) -> DeliveryLog:
    """One delivery with its attempts, and what is sent."""
    return service.webhooks.delivery(actor, id, delivery)


@routes.post("/v1/webhooks/{id}/replay", Scope.webhooks)
def replay_webhook(service: Service, actor: Actor, id: str, body: Replay) -> Replayed:
    """Deliver again: some deliveries, or all events since a time."""
    return service.webhooks.replay(actor, id, body)

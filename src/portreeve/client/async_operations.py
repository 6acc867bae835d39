"""Every operation of the API, as a method to await.

Made by `python -m portreeve.docs` from the routes; edit those.
"""

from __future__ import annotations

from types import NoneType
from typing import Any, TypeVar

import msgspec

from portreeve.client.requests import part
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.health import Live, Ready, Welcome
from portreeve.schemas.keys import ApiKey, MadeKey, NewKey
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

T = TypeVar("T")


class AsyncOperations:
    """Every operation of the API, as a method to await."""

    async def _ask(
        self,
        method: str,
        path: str,
        answer: type[T],
        *,
        query: msgspec.Struct | None = None,
        body: msgspec.Struct | None = None,
    ) -> T:
        raise NotImplementedError

    async def list_keys(
        self,
        query: Paging | None = None,
    ) -> Page[ApiKey]:
        """All keys, the newest first, revoked ones too.

        Needs the scope `admin`.
        """
        return await self._ask(
            "GET",
            "/v1/keys",
            Page[ApiKey],
            query=query,
        )

    async def create_key(
        self,
        body: NewKey,
    ) -> MadeKey:
        """Make a key.

        The answer shows its secret, which is not shown again and kept nowhere.

        Needs the scope `admin`.
        """
        return await self._ask(
            "POST",
            "/v1/keys",
            MadeKey,
            body=body,
        )

    async def get_key(
        self,
        id: str,
    ) -> ApiKey:
        """One key.

        Needs the scope `admin`.
        """
        return await self._ask(
            "GET",
            f"/v1/keys/{part(id)}",
            ApiKey,
        )

    async def revoke_key(
        self,
        id: str,
    ) -> ApiKey:
        """Stop a key from working, for good.

        It is refused everywhere within two seconds. The last key with the scope `admin` stays.

        Needs the scope `admin`.
        """
        return await self._ask(
            "DELETE",
            f"/v1/keys/{part(id)}",
            ApiKey,
        )

    async def list_webhooks(
        self,
        query: Paging | None = None,
    ) -> Page[Webhook]:
        """All webhooks, the newest first.

        Needs the scope `webhooks`.
        """
        return await self._ask(
            "GET",
            "/v1/webhooks",
            Page[Webhook],
            query=query,
        )

    async def create_webhook(
        self,
        body: NewWebhook,
    ) -> MadeWebhook:
        """Add a webhook, which is told of what happens from now on.

        The answer shows its signing secret, which is not shown again.

        Needs the scope `webhooks`.
        """
        return await self._ask(
            "POST",
            "/v1/webhooks",
            MadeWebhook,
            body=body,
        )

    async def get_webhook(
        self,
        id: str,
    ) -> Webhook:
        """One webhook.

        Needs the scope `webhooks`.
        """
        return await self._ask(
            "GET",
            f"/v1/webhooks/{part(id)}",
            Webhook,
        )

    async def change_webhook(
        self,
        id: str,
        body: WebhookChange,
    ) -> Webhook:
        """Change a webhook, disable or enable it.

        Needs the scope `webhooks`.
        """
        return await self._ask(
            "PATCH",
            f"/v1/webhooks/{part(id)}",
            Webhook,
            body=body,
        )

    async def delete_webhook(
        self,
        id: str,
    ) -> None:
        """Delete a webhook with its deliveries.

        Needs the scope `webhooks`.
        """
        await self._ask(
            "DELETE",
            f"/v1/webhooks/{part(id)}",
            NoneType,
        )

    async def rotate_webhook_secret(
        self,
        id: str,
        body: Rotation,
    ) -> MadeWebhook:
        """Give a webhook a new signing secret; for a while the old one signs too.

        Needs the scope `webhooks`.
        """
        return await self._ask(
            "POST",
            f"/v1/webhooks/{part(id)}/rotate",
            MadeWebhook,
            body=body,
        )

    async def test_webhook(
        self,
        id: str,
    ) -> None:
        """Send a webhook an event `webhook.test`, which no other hears.

        Needs the scope `webhooks`.
        """
        await self._ask(
            "POST",
            f"/v1/webhooks/{part(id)}/test",
            NoneType,
        )

    async def list_deliveries(
        self,
        id: str,
        query: DeliveryFilter | None = None,
    ) -> Page[Delivery]:
        """Deliveries of a webhook, the newest first; with `state=dead` those given up.

        Needs the scope `webhooks`.
        """
        return await self._ask(
            "GET",
            f"/v1/webhooks/{part(id)}/deliveries",
            Page[Delivery],
            query=query,
        )

    async def get_delivery(
        self,
        id: str,
        delivery: str,
    ) -> DeliveryLog:
        """One delivery with its attempts, and what is sent.

        Needs the scope `webhooks`.
        """
        return await self._ask(
            "GET",
            f"/v1/webhooks/{part(id)}/deliveries/{part(delivery)}",
            DeliveryLog,
        )

    async def replay_webhook(
        self,
        id: str,
        body: Replay,
    ) -> Replayed:
        """Deliver again: some deliveries, or all events since a time.

        Needs the scope `webhooks`.
        """
        return await self._ask(
            "POST",
            f"/v1/webhooks/{part(id)}/replay",
            Replayed,
            body=body,
        )

    async def welcome(
        self,
    ) -> Welcome:
        """What this is, and where everything lies.

        Needs no key.
        """
        return await self._ask(
            "GET",
            "/",
            Welcome,
        )

    async def live(
        self,
    ) -> Live:
        """Whether the process runs.

        Needs no key.
        """
        return await self._ask(
            "GET",
            "/health/live",
            Live,
        )

    async def ready(
        self,
    ) -> Ready:
        """Whether the service takes requests: database, engine and workers are well.

        While it does not, the answer is a problem `unavailable` whose `more` has the checks.

        Needs no key.
        """
        return await self._ask(
            "GET",
            "/health/ready",
            Ready,
        )

    async def metrics(
        self,
    ) -> bytes:
        """Metrics for Prometheus.

        Needs the scope `metrics`.
        """
        return await self._ask(
            "GET",
            "/metrics",
            bytes,
        )

    async def openapi(
        self,
    ) -> dict[str, Any]:
        """This description of the API.

        Needs no key.
        """
        return await self._ask(
            "GET",
            "/openapi.json",
            dict[str, Any],
        )

    async def explain_error(
        self,
        code: str,
    ) -> bytes:
        """What a kind of error means: the address of a problem's `type`.

        Needs no key.
        """
        return await self._ask(
            "GET",
            f"/errors/{part(code)}",
            bytes,
        )

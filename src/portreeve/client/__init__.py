"""The client of the service: ``Client`` and ``AsyncClient``, one method for each operation.

It needs nothing of the service but the structs that both speak, ``portreeve.schemas``.
"""

from portreeve.client.asynchronous import AsyncClient
from portreeve.client.errors import PortreeveError, UnreachableError
from portreeve.client.synchronous import Client
from portreeve.client.webhooks import WebhookError, verify_webhook

__all__ = [
    "AsyncClient",
    "Client",
    "PortreeveError",
    "UnreachableError",
    "WebhookError",
    "verify_webhook",
]

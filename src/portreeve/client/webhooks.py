"""What a receiver of webhooks needs: whether a message is the service's, and what it says."""

from __future__ import annotations

import time
from collections.abc import Mapping

import msgspec

from portreeve.schemas.signature import matches, secret_bytes, sign
from portreeve.schemas.webhooks import Message

TOLERANCE_SECONDS = 300
"""How old or early a message may be."""


class WebhookError(ValueError):
    """The message is not the service's, or it is too old. Answer it with 400."""


def verify_webhook(
    secret: str, headers: Mapping[str, str], body: bytes, *, now: float | None = None
) -> Message:
    """The message, if its signature is the service's and it is not older than five minutes.

    ``secret`` is the webhook's ``whsec_...``, maybe with the line's end of the file it was read
    from; ``body`` is the body as it came, byte for byte; ``now`` is in seconds since 1970. The same
    message may come twice: its id is the header ``webhook-id``.

    Raises:
        WebhookError: a header is missing, the signature is another's, or the time is too far off.
        ValueError: the secret is none.

    >>> verify_webhook("whsec_a2V5", {}, b"{}")
    Traceback (most recent call last):
    portreeve.client.webhooks.WebhookError: The header webhook-id is missing.
    """
    given = {name.lower(): value for name, value in headers.items()}
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        if name not in given:
            raise WebhookError(f"The header {name} is missing.")
    if not given["webhook-timestamp"].isdigit():
        raise WebhookError("The header webhook-timestamp is not a number of seconds.")
    timestamp = int(given["webhook-timestamp"])
    if abs((time.time() if now is None else now) - timestamp) > TOLERANCE_SECONDS:
        raise WebhookError(f"The message is more than {TOLERANCE_SECONDS} seconds old or early.")
    wanted = sign(secret_bytes(secret.strip()), given["webhook-id"], timestamp, body)
    if not matches(given["webhook-signature"], [wanted]):
        raise WebhookError("The signature does not verify.")
    try:
        return msgspec.json.decode(body, type=Message)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise WebhookError("The message is not one of Portreeve's.") from None

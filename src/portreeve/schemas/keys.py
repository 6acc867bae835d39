"""API keys: who may call the service, and for what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from portreeve.schemas.access import NAME, Scope
from portreeve.schemas.base import Answer, Request


class NewKey(Request, frozen=True, kw_only=True):
    """A key to be made."""

    name: Annotated[
        str,
        Meta(
            description="who will use it; the audit log knows them by this name: 1 to 100 letters, "
            "digits and . _ @ + : -, where capitals count as small letters",
            pattern=NAME,
        ),
    ]
    scopes: Annotated[list[Scope], Meta(description="what it allows", min_length=1, max_length=50)]
    rate: Annotated[
        Annotated[float, Meta(gt=0, le=1_000_000)] | None,
        Meta(description="requests a second over time; the service's `rate_limit` if not given"),
    ] = None
    expires: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="when it stops to work; never, if not given"),
    ] = None


class ApiKey(Answer, frozen=True, kw_only=True):
    """A key, without its secret."""

    id: Annotated[str, Meta(description="its id; the second part of its secret")]
    name: Annotated[str, Meta(description="who uses it")]
    scopes: Annotated[list[Scope], Meta(description="what it allows")]
    rate: Annotated[float | None, Meta(description="requests a second; null: the service's")]
    created: Annotated[datetime, Meta(description="when it was made")]
    created_by: Annotated[str, Meta(description="by whom")]
    expires: Annotated[datetime | None, Meta(description="when it stops to work")]
    revoked: Annotated[datetime | None, Meta(description="when it was revoked")]
    last_used: Annotated[
        datetime | None, Meta(description="when it was last used, to within some minutes")
    ]


class MadeKey(ApiKey, frozen=True, kw_only=True):
    """A new key with its secret, which is shown this once and kept nowhere."""

    secret: Annotated[
        str, Meta(description="give it as `Authorization: Bearer ...`; it is not shown again")
    ]

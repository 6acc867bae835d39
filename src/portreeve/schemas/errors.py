"""How a refusal looks: a problem, as RFC 9457 has it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from portreeve.schemas.base import Answer


class Problem(Answer, frozen=True, kw_only=True):
    """Why a request was refused, and what to do about it. Sent as ``application/problem+json``."""

    type: Annotated[str, Meta(description="address of the page about this kind: /errors/{code}")]
    title: Annotated[str, Meta(description="the kind, in words")]
    status: Annotated[int, Meta(description="the HTTP status")]
    code: Annotated[str, Meta(description="the kind, for programs; it never changes")]
    detail: Annotated[str, Meta(description="what is wrong here, and how to mend it")]
    field: Annotated[
        str | None, Meta(description="the place in the request, such as items[3].surface")
    ] = None
    request: Annotated[
        str | None, Meta(description="the request's id, as in the service's log")
    ] = None
    more: Annotated[dict[str, Any], Meta(description="further facts")] = msgspec.field(
        default_factory=dict
    )

"""How the service is."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from portreeve.schemas.base import Answer


class Live(Answer, frozen=True, kw_only=True):
    """The process runs."""

    status: Annotated[Literal["live"], Meta(description="always live")] = "live"


class Ready(Answer, frozen=True, kw_only=True):
    """The service takes requests; else the answer is a problem with the same checks in `more`."""

    status: Annotated[Literal["ready"], Meta(description="always ready")] = "ready"
    checks: Annotated[dict[str, str], Meta(description="each part: ok, or what is wrong")]


class Welcome(Answer, frozen=True, kw_only=True):
    """What this is, and where everything lies."""

    service: Annotated[str, Meta(description="portreeve")]
    version: Annotated[str, Meta(description="its version")]
    openapi: Annotated[str, Meta(description="the description of the API")]
    live: Annotated[str, Meta(description="whether the process runs")]
    ready: Annotated[str, Meta(description="whether it takes requests")]
    metrics: Annotated[str, Meta(description="for Prometheus; with a key of the scope `metrics`")]

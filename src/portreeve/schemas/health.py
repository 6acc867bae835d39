"""How the service is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

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


class SettingInForce(Answer, frozen=True, kw_only=True):
    """A setting of the service."""

    name: Annotated[str, Meta(description="its name; PORTREEVE_ and this in capitals sets it")]
    value: Annotated[Any, Meta(description="its value; null when it is not given or is secret")]
    secret: Annotated[bool, Meta(description="it is secret, and given")]
    changed: Annotated[bool, Meta(description="it is another than the default")]
    meaning: Annotated[str, Meta(description="what it is for")]


class HealthReport(Answer, frozen=True, kw_only=True):
    """How the service is, what it runs on, and with which settings."""

    checks: Annotated[dict[str, str], Meta(description="each part: ok, or what is wrong")]
    versions: Annotated[dict[str, str], Meta(description="what it runs on")]
    settings: Annotated[list[SettingInForce], Meta(description="every setting, secrets left out")]


class KeptFor(Answer, frozen=True, kw_only=True):
    """How long something is kept."""

    what: Annotated[str, Meta(description="table, or table.words for what people wrote in it")]
    days: Annotated[int, Meta(description="how long")]
    period: Annotated[
        Literal["content", "decision", "trader"],
        Meta(description="which setting says so, or the rules of enterprise accounts"),
    ]
    longer: Annotated[bool, Meta(description="longer, while somebody still has to look at it")]


class RetentionReport(Answer, frozen=True, kw_only=True):
    """What is kept for how long, and when it was last seen to."""

    kept: Annotated[list[KeptFor], Meta(description="what is deleted when its time is over")]
    swept: Annotated[
        datetime | None, Meta(description="when this process last looked; null before the first")
    ]
    next: Annotated[datetime | None, Meta(description="when it looks next")]
    deleted: Annotated[datetime | None, Meta(description="when something was deleted last")]
    counts: Annotated[dict[str, int], Meta(description="how much was deleted then")]

"""How the service is, and what it can do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from portreeve.api.routes import Markdown, Prometheus, Routes
from portreeve.http.version import VERSION
from portreeve.schemas.access import Scope
from portreeve.schemas.health import Live, Ready, Welcome
from portreeve.service.errors import KINDS, ServiceError, not_found

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("operation", "How the service is, and what it can do.")


@routes.get("/", None)
async def welcome(service: Service, actor: Actor) -> Welcome:  # noqa: ARG001
    """What this is, and where everything lies."""
    return Welcome(
        service="portreeve",
        version=VERSION,
        openapi="/openapi.json",
        live="/health/live",
        ready="/health/ready",
        metrics="/metrics",
    )


@routes.get("/health/live", None)
async def live(service: Service, actor: Actor) -> Live:  # noqa: ARG001
    """Whether the process runs."""
    return Live()


@routes.get("/health/ready", None)
async def ready(service: Service, actor: Actor) -> Ready:  # noqa: ARG001
    """Whether the service takes requests: database, engine and workers are well.

    While it does not, the answer is a problem `unavailable` whose `more` has the checks.
    """
    # not in the threads of other requests: all of those may wait for the database
    checks = await asyncio.to_thread(service.ready)
    if any(state != "ok" for state in checks.values()):
        raise ServiceError("unavailable", "The service is not ready. `more` says why.", **checks)
    return Ready(checks=checks)


@routes.get("/metrics", Scope.metrics)
async def metrics(service: Service, actor: Actor) -> Prometheus:
    """Metrics for Prometheus."""
    return Prometheus(await asyncio.to_thread(service.measured, actor))


@routes.get("/openapi.json", None)
def openapi(service: Service, actor: Actor) -> dict[str, Any]:  # noqa: ARG001
    """This description of the API."""
    from portreeve.api.openapi import document

    return document()


@routes.get("/errors/{code}", None)
def explain_error(service: Service, actor: Actor, code: str) -> Markdown:  # noqa: ARG001
    """What a kind of error means: the address of a problem's `type`."""
    kind = KINDS.get(code)
    if kind is None:
        raise not_found("kind of error", code)
    return Markdown(f"# {kind.title}\n\n`{code}`, HTTP {kind.status}: {kind.meaning}\n".encode())

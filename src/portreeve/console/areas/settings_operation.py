"""Settings: how long what is kept, and how the service is."""

from __future__ import annotations

import msgspec

from portreeve.console import operation_words
from portreeve.console.desk import Desk
from portreeve.console.event_words import KEPT, longer_words
from portreeve.console.routes import Pages
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope

pages = Pages("settings")


class HealthQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Whether everything shall be examined, which takes a second."""

    examine: bool = False


@pages.get("/console/settings/retention", Scope.admin)
def show_retention(desk: Desk) -> Reply:
    """What is kept for how long, and when what is over was deleted last."""
    return desk.page(
        "settings/retention.html.j2",
        report=desk.service.retention.report(desk.actor),
        words=KEPT,
        longer=longer_words,
        settings=desk.service.context.settings,
    )


@pages.get("/console/settings/health", Scope.metrics)
def show_health(desk: Desk, query: HealthQuery) -> Reply:
    """Checks, versions and settings, without secrets; what a doctor finds, when asked."""
    health = desk.service.health
    return desk.page(
        "settings/health.html.j2",
        report=health.report(desk.actor),
        words=operation_words,
        findings=health.examine(desk.actor) if query.examine else None,
    )

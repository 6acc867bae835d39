"""Links when somebody opens one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.links import (
    LinkCheck,
    LinkChecked,
    LinkClasses,
    LinksQuery,
    LinkSurfaces,
)

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("links", "Links when somebody opens one: open or closed, and why.")


@routes.post("/v1/links/check", Scope.screen, reads=True)
def check_link(service: Service, actor: Actor, body: LinkCheck) -> LinkChecked:
    """Whether a link opens where it stands.

    The policy in force decides by the class of the place that it leads to. Of a shortened link give
    the `chain` that you found: nothing is asked of any network here. Nothing is kept.
    """
    return service.links.check(actor, body)


@routes.get("/v1/links/classes", Scope.screen)
def get_link_classes(service: Service, actor: Actor) -> LinkClasses:
    """All that a client needs to judge the links of a private chat by itself."""
    return service.links.classes(actor)


@routes.get("/v1/links/surfaces", Scope.policies_read)
def get_link_surfaces(service: Service, actor: Actor, query: LinksQuery) -> LinkSurfaces:
    """Which class of links opens on which surface, by the policy in force."""
    return service.links.surfaces(actor, query.network)

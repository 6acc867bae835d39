"""Pictures: sent before the items that show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.pictures import PictureRecord, PictureUpload

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("pictures", "Pictures, sent before the items that show them.")


@routes.post("/v1/pictures", Scope.screen)
def add_picture(service: Service, actor: Actor, body: PictureUpload) -> PictureRecord:
    """Send a picture that an item is going to show.

    It is decoded in a process of its own, and its codes are read at once. Name it in the item's
    `pictures`. The same file of the same account is the same picture.
    """
    return service.pictures.add(actor, body)


@routes.get("/v1/pictures/{id}", Scope.screen)
def get_picture(service: Service, actor: Actor, id: str) -> PictureRecord:
    """What is known of a picture, without what it shows."""
    return service.pictures.get(actor, id)

"""Pictures: sent before the items that show them; banks of known ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.picture_banks import (
    BankExport,
    BankFile,
    BankImport,
    BankPicture,
    ExportQuery,
    NewBankPicture,
    NewPictureBank,
    PictureBank,
    PictureBankChange,
)
from portreeve.schemas.pictures import PictureRecord, PictureUpload

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("pictures", "Pictures, sent before the items that show them; banks of known ones.")


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


@routes.get("/v1/picture-banks", Scope.evidence)
def list_picture_banks(service: Service, actor: Actor, query: Paging) -> Page[PictureBank]:
    """Banks of known pictures, the newest first."""
    return service.picture_banks.list(actor, query)


@routes.post("/v1/picture-banks", Scope.admin)
def create_picture_bank(service: Service, actor: Actor, body: NewPictureBank) -> PictureBank:
    """Make a bank, empty and enabled.

    An item whose picture looks like one of an enabled bank has the signal `known_pictures`.
    """
    return service.picture_banks.create(actor, body)


@routes.get("/v1/picture-banks/{id}", Scope.evidence)
def get_picture_bank(service: Service, actor: Actor, id: str) -> PictureBank:
    """One bank."""
    return service.picture_banks.get(actor, id)


@routes.patch("/v1/picture-banks/{id}", Scope.admin)
def change_picture_bank(
    service: Service, actor: Actor, id: str, body: PictureBankChange
) -> PictureBank:
    """Enable or disable a bank, or say otherwise what it holds; every process knows in seconds."""
    return service.picture_banks.change(actor, id, body)


@routes.get("/v1/picture-banks/{id}/pictures", Scope.evidence)
def list_bank_pictures(service: Service, actor: Actor, id: str, query: Paging) -> Page[BankPicture]:
    """The pictures of a bank, the newest first."""
    return service.picture_banks.pictures(actor, id, query)


@routes.post("/v1/picture-banks/{id}/pictures", Scope.admin)
def add_bank_picture(service: Service, actor: Actor, id: str, body: NewBankPicture) -> BankPicture:
    """Add a picture: one that an item showed, a file, or a hash.

    Its hash is kept, and nothing else of it. One with the same hash takes the place of the earlier.
    """
    return service.picture_banks.add(actor, id, body)


@routes.delete("/v1/picture-banks/{id}/pictures/{picture}", Scope.admin)
def remove_bank_picture(service: Service, actor: Actor, id: str, picture: str) -> None:
    """Take a picture out of a bank."""
    service.picture_banks.remove(actor, id, picture)


@routes.post("/v1/picture-banks/{id}/import", Scope.admin)
def import_picture_bank(service: Service, actor: Actor, id: str, body: BankFile) -> BankImport:
    """Add the pictures of a file of ThreatExchange, python-threatexchange or HMA.

    Rows that are no picture's hash are left out, each with its number, why, and what to do.
    """
    return service.picture_banks.take_in(actor, id, body)


@routes.get("/v1/picture-banks/{id}/export", Scope.evidence)
def export_picture_bank(service: Service, actor: Actor, id: str, query: ExportQuery) -> BankExport:
    """A bank as a file that others read."""
    return service.picture_banks.export(actor, id, query)

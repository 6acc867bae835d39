"""API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.keys import ApiKey, MadeKey, NewKey

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("keys", "API keys: who may call the service, and for what.")


@routes.get("/v1/keys", Scope.admin)
def list_keys(service: Service, actor: Actor, query: Paging) -> Page[ApiKey]:
    """All keys, the newest first, revoked ones too."""
    return service.keys.list(actor, query)


@routes.post("/v1/keys", Scope.admin)
def create_key(service: Service, actor: Actor, body: NewKey) -> MadeKey:
    """Make a key.

    The answer shows its secret, which is not shown again and kept nowhere.
    """
    return service.keys.create(actor, body)


@routes.get("/v1/keys/{id}", Scope.admin)
def get_key(service: Service, actor: Actor, id: str) -> ApiKey:
    """One key."""
    return service.keys.get(actor, id)


@routes.delete("/v1/keys/{id}", Scope.admin)
def revoke_key(service: Service, actor: Actor, id: str) -> ApiKey:
    """Stop a key from working, for good.

    It is refused everywhere within two seconds. The last key with the scope `admin` stays.
    """
    return service.keys.revoke(actor, id)

"""All routes of the service: the one table that everything about them derives from."""

from __future__ import annotations

from portreeve.api.areas import keys, operation, webhooks
from portreeve.api.routes import Route, Routes

AREAS: tuple[Routes, ...] = (
    keys.routes,
    webhooks.routes,
    operation.routes,
)

ROUTES: tuple[Route, ...] = tuple(route for area in AREAS for route in area.declared)

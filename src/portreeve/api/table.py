"""All routes of the service: the one table that everything about them derives from."""

from __future__ import annotations

from portreeve.api.areas import (
    accounts,
    ad_market,
    ads,
    appeals,
    audit,
    campaigns,
    cases,
    group_buying,
    items,
    keys,
    ledger,
    links,
    live_sales,
    log,
    merchants,
    operation,
    partners,
    pictures,
    policies,
    readings,
    reports,
    sanctions,
    screening,
    webhooks,
)
from portreeve.api.routes import Route, Routes

AREAS: tuple[Routes, ...] = (
    screening.routes,
    pictures.routes,
    items.routes,
    accounts.routes,
    merchants.routes,
    ads.routes,
    ad_market.routes,
    live_sales.routes,
    group_buying.routes,
    partners.routes,
    links.routes,
    ledger.routes,
    sanctions.routes,
    reports.routes,
    cases.routes,
    campaigns.routes,
    appeals.routes,
    readings.routes,
    policies.routes,
    audit.routes,
    log.routes,
    keys.routes,
    webhooks.routes,
    operation.routes,
)

ROUTES: tuple[Route, ...] = tuple(route for area in AREAS for route in area.declared)

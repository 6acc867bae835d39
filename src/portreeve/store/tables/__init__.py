"""The tables of the store, each with its columns described once, here.

Migrations, the docs page and the queries derive from these definitions.
"""

from portreeve.store.tables import (
    campaigns,
    cases,
    commerce,
    core,
    doors,
    enforcement,
    links,
    log,
    people,
    pictures,
    policies,
    trade,
)
from portreeve.store.tables.base import metadata

__all__ = [
    "campaigns",
    "cases",
    "commerce",
    "core",
    "doors",
    "enforcement",
    "links",
    "log",
    "metadata",
    "people",
    "pictures",
    "policies",
    "trade",
]

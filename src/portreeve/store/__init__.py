"""The store: what was decided and done, kept in SQLite or PostgreSQL.

A transaction writes records, audit entries and events together. Tables are described in
``portreeve.store.tables``.
"""

from portreeve.store.columns import Json, Time, in_utc, micros, moment
from portreeve.store.database import (
    Clock,
    Database,
    StoreConflictError,
    StoreLimitError,
    StoreUnavailableError,
    Transaction,
    utc_now,
)
from portreeve.store.ids import new_id, new_ids

__all__ = [
    "Clock",
    "Database",
    "Json",
    "StoreConflictError",
    "StoreLimitError",
    "StoreUnavailableError",
    "Time",
    "Transaction",
    "in_utc",
    "micros",
    "moment",
    "new_id",
    "new_ids",
    "utc_now",
]

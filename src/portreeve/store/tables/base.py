"""What all tables share."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def column(name: str, kind: Any, meaning: str, *args: Any, **kwargs: Any) -> sa.Column[Any]:
    """A column that cannot be empty unless ``nullable`` says so, with its meaning."""
    kwargs.setdefault("nullable", False)
    return sa.Column(name, kind, *args, comment=meaning, **kwargs)


def table(name: str, meaning: str, *parts: Any) -> sa.Table:
    """A table of the store, with its meaning.

    Running numbers are never used again, not even after the last row is deleted: SQLite does so
    only where it is told.
    """
    numbered = any(isinstance(part, sa.Column) and part.autoincrement is True for part in parts)
    told: dict[str, Any] = {"sqlite_autoincrement": True} if numbered else {}
    return sa.Table(name, metadata, *parts, comment=meaning, **told)

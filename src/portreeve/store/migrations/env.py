"""Run by Alembic for each command; the connection comes from ``portreeve.store.migrations``."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from portreeve.store.migrations import COMPARED
from portreeve.store.tables import metadata


def _render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Our own column types as what they are in the database: a revision outlives the code."""
    if kind == "type" and isinstance(item, sa.types.TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=_render,
    render_as_batch=False,
    **COMPARED,
)
with context.begin_transaction():
    context.run_migrations()

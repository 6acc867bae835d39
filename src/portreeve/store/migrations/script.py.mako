"""${message}."""

import sqlalchemy as sa
from alembic import op
% if down_revision is None:

from portreeve.store import beginning
% endif

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables."""
    ${upgrades if upgrades else "pass"}
% if down_revision is None:
    beginning.install(op.get_bind())
% endif

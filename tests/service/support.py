"""What tests of the service share: a settable clock, and a context without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from portreeve.service.context import Context
from portreeve.service.secrets import Signer
from portreeve.service.settings import Settings
from portreeve.store import Database
from portreeve.store.vault import Vault

START = datetime(2014, 6, 1, tzinfo=UTC)
"""What every test's clock shows at first."""

MASTER_KEY = bytes(range(32))
SIGNING_SEED = bytes(reversed(range(32)))


class FakeClock:
    """A clock that stands still until it is set or moved on.

    >>> clock = FakeClock()
    >>> clock.advance(days=1)
    >>> clock().isoformat()
    '2014-06-02T00:00:00+00:00'
    """

    def __init__(self, time: datetime = START) -> None:
        self.time = time

    def __call__(self) -> datetime:
        return self.time

    def set(self, time: datetime) -> None:
        """Show this time."""
        self.time = time

    def advance(self, **by: float) -> None:
        """Move on; ``by`` are the arguments of a timedelta."""
        self.time += timedelta(**by)


def make_context(database: Database, tmp_path: Path, **settings: Any) -> Context:
    """A context over a database that has its tables, with a folder for everything else."""
    folder = tmp_path / "data"
    folder.mkdir(exist_ok=True)
    chosen = Settings(data=str(folder), **settings)
    return Context(
        settings=chosen,
        database=database,
        folder=folder,
        vault=Vault(MASTER_KEY),
        signer=Signer(SIGNING_SEED),
    )

"""What every part of the service needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from portreeve.service.settings import Settings
from portreeve.store import Database


@dataclass(frozen=True)
class Context:
    """The settings, the database, the folder, and through the database the clock."""

    settings: Settings
    database: Database
    folder: Path

    def now(self) -> datetime:
        """The time; a test may set another clock in the database."""
        return self.database.clock()

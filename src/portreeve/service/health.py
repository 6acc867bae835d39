"""How the service is: its checks, what it runs on, its settings, and what a doctor would find."""

from __future__ import annotations

import platform
import typing
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import msgspec

from portreeve.schemas.access import Scope
from portreeve.schemas.health import HealthReport, SettingInForce
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.doctor import examine
from portreeve.service.doctor_findings import Finding
from portreeve.service.settings import SECRETS, Settings
from portreeve.store import StoreUnavailableError

_PACKAGES = ("portreeve", "polars", "duckdb", "sqlalchemy", "cryptography", "uvicorn")


class Health:
    """What an operator looks at."""

    def __init__(self, context: Context, ready: Callable[[], dict[str, str]]) -> None:
        """``ready`` gives the service's own checks."""
        self._context = context
        self._ready = ready

    def report(self, actor: Actor) -> HealthReport:
        """Checks, versions, settings; quick.

        Raises:
            ServiceError: ``forbidden``.
        """
        actor.need(Scope.metrics)
        return HealthReport(
            checks=self._ready(), versions=self._versions(), settings=self._settings()
        )

    def examine(self, actor: Actor) -> list[Finding]:
        """What ``portreeve doctor`` finds; it takes a second.

        Raises:
            ServiceError: ``forbidden``.
        """
        actor.need(Scope.metrics)
        return examine(self._context.settings)

    def _versions(self) -> dict[str, str]:
        found = {name: version(name) for name in _PACKAGES}
        found["python"] = platform.python_version()
        found["database"] = self._database()
        return found

    def _database(self) -> str:
        database = self._context.database
        sqlite = database.dialect == "sqlite"
        try:
            with database.read() as connection:
                wanted = "SELECT sqlite_version()" if sqlite else "SHOW server_version"
                shown = connection.exec_driver_sql(wanted).scalar()
        except StoreUnavailableError:
            return "away"
        return f"{'SQLite' if sqlite else 'PostgreSQL'} {shown}"

    def _settings(self) -> list[SettingInForce]:
        hints = typing.get_type_hints(Settings, include_extras=True)
        settings, usual = self._context.settings, Settings()
        found = []
        for name in Settings.__struct_fields__:
            value = getattr(settings, name)
            is_secret = name in SECRETS and value is not None
            found.append(
                SettingInForce(
                    name=name,
                    value=None if is_secret else value,
                    secret=is_secret,
                    changed=value != getattr(usual, name),
                    meaning=_meaning(hints[name]),
                )
            )
        return found


def _meaning(hint: Any) -> str:
    notes = (note for note in typing.get_args(hint) if isinstance(note, msgspec.Meta))
    return next((note.description or "" for note in notes), "")

"""How Square runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Where Square lies and where Portreeve is.

    >>> Settings(data=Path("square-data"), portreeve="http://127.0.0.1:8014", key="ptr_...").port
    8024
    """

    data: Path
    portreeve: str
    """Address of the service."""
    key: str
    """An API key with the scopes screen, accounts, reports, appeals, webhooks, policies:read, ads,
    merchants, partners, group-buying and live-sales. An administrator's also registers the
    key with which Square stamps messages of chats."""
    host: str = "127.0.0.1"
    port: int = 8024
    url: str | None = None
    """Where people and Portreeve reach Square; made of host and port when not given."""
    network: str = "acquaintance"
    """The policy that governs it."""

    @property
    def address(self) -> str:
        """Where Square is reached."""
        return self.url or f"http://{self.host}:{self.port}"

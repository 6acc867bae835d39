"""What every peer answers."""

from __future__ import annotations

from dataclasses import dataclass


class NotInstalledError(Exception):
    """The peer is not installed; the message is the command that installs it."""


@dataclass(frozen=True)
class PeerRun:
    """One timed run of one peer over some posts.

    ``cpu_seconds`` is user and system time of the process doing the work, set-up and warm-up
    left out. ``hits`` holds, for each post, the numbers of the rules that hold, ascending.
    """

    version: str
    cpu_seconds: float
    hits: list[list[int]]

    @property
    def posts_per_second(self) -> float:
        """Posts per CPU-second."""
        return len(self.hits) / self.cpu_seconds

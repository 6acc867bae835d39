"""Scenarios that were played elsewhere, as ``portreeve scenarios --json`` writes them down."""

from __future__ import annotations

from pathlib import Path

import msgspec


class PlayedError(ValueError):
    """A file is not what was played."""


class Check(msgspec.Struct, frozen=True):
    """One thing that was expected, and what came out."""

    what: str
    expected: str
    found: str
    evidence: str
    ok: bool | None
    """None: it was left out, for the reason that ``evidence`` says."""


class Story(msgspec.Struct, frozen=True):
    """One scenario: what came out of it."""

    number: int
    title: str
    ok: bool
    seconds: float
    broken: str | None
    """What kept it from being played to its end."""
    checks: list[Check]
    notes: list[str]

    @property
    def good(self) -> int:
        """How many checks came out as expected."""
        return sum(check.ok is True for check in self.checks)

    @property
    def left_out(self) -> int:
        """How many checks could not be made."""
        return sum(check.ok is None for check in self.checks)


class Played(msgspec.Struct, frozen=True):
    """All scenarios of one run."""

    ok: bool
    seconds: float
    scenarios: list[Story]


def read(path: Path) -> Played:
    """What was played.

    Raises:
        PlayedError: the file cannot be read, or is something else.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Played)
    except (OSError, msgspec.DecodeError) as error:
        raise PlayedError(f"{path}: {error}") from None

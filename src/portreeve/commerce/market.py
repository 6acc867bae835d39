"""A market compared: the shares of two search engines by device, and what they earn.

Shares are exact fractions, differences are in percentage points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Traffic:
    """How many searches one engine answered on one kind of device."""

    engine: str
    device: str
    searches: int


@dataclass(frozen=True)
class Earned:
    """What one engine earned by advertising in the same time, in minor units."""

    engine: str
    amount: int


@dataclass(frozen=True)
class DeviceShares:
    """The shares of two engines on a kind of device, of all searches there."""

    device: str
    ours: Fraction
    theirs: Fraction

    @property
    def points(self) -> Fraction:
        """By how many percentage points ours is the larger; negative where it is the smaller."""
        return (self.ours - self.theirs) * 100


@dataclass(frozen=True)
class Comparison:
    """Two engines compared."""

    devices: tuple[DeviceShares, ...]
    revenue: Fraction
    """What ours earned, as a part of what theirs did."""
    gap: int
    """By how much theirs earned more, in minor units; negative where ours did."""


class NoComparisonError(ValueError):
    """The figures cannot be compared; the message says which are missing."""


def compare(
    traffic: Sequence[Traffic], earned: Sequence[Earned], ours: str, theirs: str
) -> Comparison:
    """Compare two engines by searches and by earnings.

    Raises:
        NoComparisonError: an engine has no figures, or nobody searched on a device.
    """
    _need_known(traffic, earned, (ours, theirs))
    devices = tuple(
        _shares([one for one in traffic if one.device == device], device, ours, theirs)
        for device in dict.fromkeys(one.device for one in traffic)
    )
    amounts = {
        engine: sum(one.amount for one in earned if one.engine == engine)
        for engine in (ours, theirs)
    }
    if amounts[theirs] == 0:
        raise NoComparisonError(f"`{theirs}` earned nothing: there is nothing to compare with.")
    return Comparison(
        devices, Fraction(amounts[ours], amounts[theirs]), amounts[theirs] - amounts[ours]
    )


def _need_known(
    traffic: Sequence[Traffic], earned: Sequence[Earned], engines: tuple[str, str]
) -> None:
    for what, known in (("searches", traffic), ("earnings", earned)):
        named = {one.engine for one in known}
        for engine in engines:
            if engine not in named:
                raise NoComparisonError(f"There are no {what} of `{engine}`.")


def _shares(traffic: Sequence[Traffic], device: str, ours: str, theirs: str) -> DeviceShares:
    total = sum(one.searches for one in traffic)
    if total == 0:
        raise NoComparisonError(f"Nobody searched on `{device}`.")
    count = {
        engine: sum(one.searches for one in traffic if one.engine == engine)
        for engine in (ours, theirs)
    }
    return DeviceShares(device, Fraction(count[ours], total), Fraction(count[theirs], total))

"""What is in force when: read from the changes that people have made, and from nothing else.

A change has the moment at which it takes effect. Changes are ordered by that moment, and those of
one moment by the order in which they were made. A lookup is a pure function of the changes and the
time, so every process that knows the same changes gives the same answer, before the moment and
after it.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

ChangeKind = Literal["default", "activation", "rollback", "rollout", "shadow", "withdrawal"]
FORCING: tuple[ChangeKind, ...] = ("default", "activation", "rollback")
"""Changes that put a version in force for everybody."""


@dataclass(frozen=True)
class Change:
    """One change to what decides on a network.

    ``policy`` is a label such as ``acquaintance@2014-06``; None ends the shadow. ``share`` is what
    part of the accounts a roll-out decides, in ten-thousandths. ``withdraws`` is the id of a change
    that shall never take effect: it counts only for one that had not yet taken effect by then.
    """

    seq: int
    id: str
    kind: ChangeKind
    effective: datetime
    policy: str | None = None
    share: int = 0
    withdraws: str | None = None


@dataclass(frozen=True)
class Standing:
    """What decides from ``since`` until the next standing.

    ``change`` put ``policy`` in force. ``candidate`` decides for ``share`` ten-thousandths of the
    accounts instead; ``shadow`` decides beside them without effect.
    """

    since: datetime
    policy: str
    change: str
    candidate: str | None = None
    share: int = 0
    shadow: str | None = None


def standings(changes: Iterable[Change]) -> list[Standing]:
    """All standings in the order of time, one for each moment at which something changed.

    >>> from datetime import UTC
    >>> june, july = datetime(2014, 6, 1, tzinfo=UTC), datetime(2014, 7, 1, tzinfo=UTC)
    >>> made = [
    ...     Change(1, "chg_1", "default", june, "a@1"),
    ...     Change(2, "chg_2", "activation", july, "a@2"),
    ... ]
    >>> [standing.policy for standing in standings(made)]
    ['a@1', 'a@2']
    """
    known = list(changes)
    withdrawn = withdrawals(known)
    found: list[Standing] = []
    standing: Standing | None = None
    for change in sorted(known, key=lambda c: (c.effective, c.seq)):
        if change.id in withdrawn:
            continue
        after = _after(standing, change)
        if after is None or after == standing:
            continue
        if found and found[-1].since == after.since:
            found.pop()
        found.append(after)
        standing = after
    return found


def withdrawals(changes: Iterable[Change]) -> set[str]:
    """Ids of changes that were taken back before their moment came."""
    known = list(changes)
    moments = {change.id: change.effective for change in known}
    return {
        change.withdraws
        for change in known
        if change.withdraws in moments and change.effective <= moments[change.withdraws]
    }


def place_at(known: Sequence[Standing], time: datetime) -> int:
    """The place of the standing that decides at a time; -1 before anything was in force."""
    if known and known[-1].since <= time:  # as every request asks
        return len(known) - 1
    return bisect.bisect_right(known, time, key=lambda standing: standing.since) - 1


def standing_at(known: Sequence[Standing], time: datetime) -> Standing | None:
    """What decides at a time; None before anything was in force."""
    place = place_at(known, time)
    return known[place] if place >= 0 else None


def _after(standing: Standing | None, change: Change) -> Standing | None:
    if change.kind in FORCING and change.policy is not None:
        shadow = standing.shadow if standing is not None else None
        return Standing(
            since=change.effective,
            policy=change.policy,
            change=change.id,
            shadow=None if shadow == change.policy else shadow,
        )
    if standing is None:
        return None
    if change.kind == "rollout":
        candidate = change.policy if change.share else None
        share = change.share if change.policy is not None else 0
        return replace(standing, since=change.effective, candidate=candidate, share=share)
    if change.kind == "shadow":
        return replace(standing, since=change.effective, shadow=change.policy)
    return standing

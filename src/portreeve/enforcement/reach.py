"""How many of its audience a post still reaches."""

from __future__ import annotations

from collections.abc import Iterable

from portreeve.model import Verdict
from portreeve.policy import Rule

ACCOUNT_REACH = 0.1
"""Share of the audience that posts of an account under the sanction ``limit`` reach."""


def reach(rules: Iterable[Rule], *, account_limited: bool = False) -> float | None:
    """The share of the audience left: the smallest of what applies; None when nothing limits.

    ``rules``: those that hold, of which ``limit`` rules count. ``account_limited``: the account is
    under the sanction ``limit``.

    >>> reach([], account_limited=True)
    0.1
    """
    shares = [r.reach for r in rules if r.verdict is Verdict.limit and r.reach is not None]
    if account_limited:
        shares.append(ACCOUNT_REACH)
    return min(shares, default=None)

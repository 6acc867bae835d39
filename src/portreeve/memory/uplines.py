"""Whom an account passes on: the kernel that weighs, for each account, who may be above it.

For an account and one who posted before it, the score is a log-likelihood ratio against copying
from nobody in particular: each copy that the other posted first explains counts more the sooner it
came (copy lags are spread about evenly over their logarithm), and each post of the other's that was
there to be copied and was not counts against, by the entropy of copying at that rate.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import inlined, kernel

BEST = 4
"""Candidates kept of each account."""
_SOON = 60_000_000

CANDIDATE = np.dtype(
    [
        ("above", np.int32),
        ("copies", np.int32),
        ("handles", np.int32),
        ("score", np.float32),
        ("lag", np.float32),
    ],
    align=True,
)
"""One who may be above an account: how many of its posts it passed on, how many handles of theirs
it shows, the score in nats, and the geometric mean of the lag in seconds."""


@inlined
def _entropy(part, whole):
    """Nats that it takes to say which ``part`` of ``whole`` was chosen."""
    nats = 0.0
    if 0 < part < whole:
        nats = -part * math.log(part / whole) - (whole - part) * math.log(1.0 - part / whole)
    return nats


@inlined
def _first_at(times, begin, end, time):
    """The first place from which on times are not before ``time``."""
    while begin < end:
        middle = (begin + end) // 2
        if times[middle] < time:
            begin = middle + 1
        else:
            end = middle
    return begin


@kernel
def weigh(
    copies: Any, of_key: Any, times: Any, of_account: Any, owners: Any, of_owner: Any,
    recruits: Any, campaign: Any, limits: Any, gains: Any, room: Any, found: Any,
    copied: NDArray[np.int32],
) -> None:  # fmt: skip
    """The best candidates of every account.

    ``copies``: edges of near-copy groups by group and time, ``of_key`` where each group's begin;
    ``times``: of the same edges by account and time, ``of_account`` where each account's begin;
    ``owners``: of each account, other accounts whose handles it shows, ``of_owner`` where they
    begin. Who is above an account is in its ``campaign``.
    """
    window, longest = limits
    explained, handle, recruit = gains
    counts, scores, lags, shown, met, places = room
    for account in range(of_account.size - 1):
        if campaign[account] == np.uint64(0):
            continue
        known = 0
        for at in range(of_account[account], of_account[account + 1]):
            place = places[at]
            time = copies[place].first
            key = copies[place].key
            before = place - 1
            any_before = False
            while before >= of_key[key] and place - before <= window:
                lag = time - copies[before].first
                if lag > longest:
                    break
                other = copies[before].account
                if lag > 0 and campaign[other] == campaign[account]:
                    any_before = True
                    if counts[other] == 0 and shown[other] == 0:
                        met[known] = other
                        known += 1
                    counts[other] += 1
                    lags[other] += math.log((lag + 1.0) * 1e-6)
                    scores[other] += explained + math.log(longest / (lag + _SOON))
                before -= 1
            copied[account] += any_before
        for at in range(of_owner[account], of_owner[account + 1]):
            other = owners[at]
            if campaign[other] != campaign[account]:
                continue
            if counts[other] == 0 and shown[other] == 0:
                met[known] = other
                known += 1
            shown[other] += 1
        begin, end = of_account[account], of_account[account + 1]
        for at in range(known):
            other = met[at]
            if counts[other] > 0:
                # posts of the other's while the account was about, which it might have copied
                first, last = times[begin], times[end - 1]
                lowest, highest = of_account[other], of_account[other + 1]
                there = _first_at(times, lowest, highest, last) - _first_at(
                    times, lowest, highest, first - longest
                )
                score = scores[other] - _entropy(counts[other], max(there, counts[other]))
                score += handle * shown[other] + (recruit if recruits[other] > 0 else 0.0)
                _keep(account, other, counts[other], shown[other], score, lags[other], found)
            counts[other] = 0
            shown[other] = 0
            scores[other] = 0.0
            lags[other] = 0.0


@kernel
def _keep(account, other, copies, handles, score, lags, found):
    """Keep a candidate if it is one of the best; the best stand first."""
    at = BEST - 1
    if found[account, at].copies > 0 and found[account, at].score >= score:
        return
    while at > 0 and (found[account, at - 1].copies == 0 or found[account, at - 1].score < score):
        found[account, at] = found[account, at - 1]
        at -= 1
    found[account, at].above = other
    found[account, at].copies = copies
    found[account, at].handles = handles
    found[account, at].score = score
    found[account, at].lag = math.exp(lags / copies)

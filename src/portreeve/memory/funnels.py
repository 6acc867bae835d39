"""The funnel from stranger to acquaintance: a coupon with a handle, then a burst of new friends.

New friends are counted by the hour, per account, for as long as is kept; who they are is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from portreeve.memory.slots import capacity, find, room
from portreeve.signals.compiled import kernel

if TYPE_CHECKING:
    from portreeve.memory.crowds import Limits

HOUR = 3_600
_HOUR = HOUR * 1_000_000
_MOST = np.uint16(65_535)
_STAYS = 1 << 40


class Funnels(NamedTuple):
    """New friends by the hour, and coupons, by account; ``worth``: those with coupons stay."""

    names: NDArray[np.uint64]
    worth: NDArray[np.int64]
    latest: NDArray[np.int64]
    head: NDArray[np.int64]
    hours: NDArray[np.uint16]
    coupon: NDArray[np.int64]
    raised: NDArray[np.int64]

    @classmethod
    def empty(cls, accounts: int, hours: int) -> Funnels:
        """Room for so many accounts and hours."""
        many = capacity(accounts)
        worth, latest, head, coupon, raised = (np.zeros(many, np.int64) for _ in range(5))
        counts = np.zeros((many, hours), np.uint16)
        return cls(np.zeros(many, np.uint64), worth, latest, head, counts, coupon, raised)


@kernel
def _slot(funnels, account, time):
    """The slot of an account, made if need be, and how many had to go for it."""
    slot, gone = find(funnels.names, account), 0
    if slot < 0:
        slot = room(funnels.names, funnels.worth, account)
        gone = int(funnels.names[slot] != np.uint64(0))
        funnels.names[slot] = account
        funnels.worth[slot] = funnels.coupon[slot] = funnels.raised[slot] = 0
        funnels.hours[slot] = np.uint16(0)
        funnels.latest[slot], funnels.head[slot] = time, time // _HOUR
    funnels.latest[slot] = max(funnels.latest[slot], time)
    return slot, gone


@kernel
def _advance(funnels, slot, hour):
    """Begin an hour: what is older than is kept goes."""
    hours = funnels.hours[slot]
    for at in range(max(funnels.head[slot] + 1, hour - hours.size + 1), hour + 1):
        hours[at % hours.size] = 0
    funnels.head[slot] = max(funnels.head[slot], hour)


@kernel
def age(funnels: Funnels, now: int, oldest: int) -> None:
    """What is older than ``oldest`` goes, of all accounts."""
    for slot in range(funnels.names.size):
        if funnels.names[slot] == np.uint64(0):
            continue
        _advance(funnels, slot, now // _HOUR)
        if funnels.coupon[slot] <= oldest:
            funnels.coupon[slot] = 0
            funnels.worth[slot] &= _STAYS - 1
        if funnels.raised[slot] <= oldest:
            funnels.raised[slot] = 0
        if funnels.latest[slot] <= oldest:
            funnels.names[slot] = np.uint64(0)


@kernel
def befriend(funnels: Funnels, account: np.uint64, time: int) -> int:
    """Count a new friend; how many accounts had to go."""
    slot, gone = _slot(funnels, account, time)
    hours = funnels.hours[slot]
    at = time // _HOUR
    _advance(funnels, slot, at)
    if funnels.head[slot] - at < hours.size and hours[at % hours.size] < _MOST:
        hours[at % hours.size] += 1
        funnels.worth[slot] += 1
    return gone


@kernel
def show_coupon(funnels: Funnels, account: np.uint64, time: int, limits: Limits) -> int:
    """An account shows a coupon with a handle; how many accounts had to go.

    A wave begins with its first coupon: one that comes late may put the beginning back, and a
    later one begins a new wave when the old one is over.
    """
    slot, gone = _slot(funnels, account, time)
    coupon = funnels.coupon[slot]
    earlier = time < coupon and coupon - time <= limits.funnel_follows
    if coupon == 0 or earlier or time - coupon > limits.funnel_follows:
        funnels.coupon[slot] = time
    funnels.worth[slot] |= _STAYS
    return gone


@kernel
def tell_funnel(fact, funnels, account, time, limits):
    """What is known of an account's new friends after a coupon; whether it raised the funnel."""
    slot = find(funnels.names, account)
    if slot < 0 or funnels.coupon[slot] == 0:
        return False
    coupon, raised = funnels.coupon[slot], funnels.raised[slot]
    hours, head = funnels.hours[slot], funnels.head[slot]
    first, end = coupon // _HOUR, (coupon + limits.funnel_follows) // _HOUR
    past, added = 0, 0
    for at in range(head - hours.size + 1, head + 1):
        if at < first:
            past += hours[at % hours.size]
        elif at <= end:
            added += hours[at % hours.size]
    fact.coupon = coupon
    known = max(24, first - (head - hours.size + 1))
    expected = (past + 1) / known * (min(head, end) - first + 1)
    if added >= limits.least_people:
        fact.added, fact.expected = added, expected
    burst = added >= limits.funnel_added and added >= limits.funnel_times * expected
    hit = burst or added >= limits.funnel_flood
    fresh = hit and raised < coupon
    if fresh:
        funnels.raised[slot] = max(coupon, time)
    fact.funnel = funnels.raised[slot] != 0 and time - funnels.raised[slot] < limits.kept
    return fresh

"""Registers: how many people a crowd has, and how many of it belong, without a list of anybody.

A sketch is HyperLogLog's (Flajolet et al. 2007): each person's keyed number picks a register and a
rank, a register keeps the greatest rank. The same person again changes nothing, and whoever has
the registers cannot tell one member from many. The number of people is Ertl's improved estimate
(2017). For how many of a crowd are members, only the registers are compared: a member of the crowd
can never lift the crowd's register above the members', and a stranger does so with a known chance.
How many registers stand above tells how many strangers there must be: by maximum likelihood, with
an interval.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from portreeve.memory.slots import mixed
from portreeve.signals.compiled import kernel

RANKS = 64
"""Ranks are below this."""
_PERSON = 1
_Z95 = 1.959964
_STEPS = 40


@kernel
def put(registers: NDArray[np.uint8], person: np.uint64) -> bool:
    """Count a person in; whether that changed anything."""
    number = mixed(person, _PERSON)
    at = number & np.uint64(registers.size - 1)
    rest = number // np.uint64(registers.size)
    rank = 1
    while rest & np.uint64(1) == np.uint64(0) and rank < RANKS - 1:
        rest >>= np.uint64(1)
        rank += 1
    if registers[at] >= rank:
        return False
    registers[at] = rank
    return True


@kernel
def at_least(registers: NDArray[np.uint8]) -> int:
    """A number of people that is surely not exceeded by the truth: the registers in use."""
    used = 0
    for rank in registers:
        used += rank > 0
    return used


@kernel
def many(registers: NDArray[np.uint8], ranks: NDArray[np.int64]) -> float:
    """How many people; ``ranks``: room for :data:`RANKS` counts."""
    size = registers.size
    ranks[:] = 0
    for rank in registers:
        ranks[rank] += 1
    if ranks[0] == size:
        return 0.0
    total = 0.0
    for rank in range(RANKS - 1, 0, -1):
        total = 0.5 * (total + ranks[rank])
    share, power, step = ranks[0] / size, 1.0, ranks[0] / size
    while True:
        share *= share
        before = step
        step += share * power
        power += power
        if step == before:
            break
    return size * size / (2.0 * math.log(2.0) * (total + size * step))


@kernel
def doubt(people: float, size: int) -> float:
    """The standard error of :func:`many`, in people."""
    load = people / size
    if load > 4.0:
        return 1.04 / math.sqrt(size) * people
    counting = math.sqrt(size * max(0.0, math.exp(load) - load - 1.0))
    return min(counting, 1.04 / math.sqrt(size) * people)


@kernel
def strangers(
    crowd: NDArray[np.uint8], members: NDArray[np.uint8], ranks: NDArray[np.int64],
    found: NDArray[np.float64],
) -> None:  # fmt: skip
    """How many of a crowd are no members: writes the likeliest number and its 95 % interval.

    ``ranks``: room for twice :data:`RANKS` counts.
    """
    size = crowd.size
    ranks[:] = 0
    above = 0
    for at in range(size):
        rank = members[at]
        ranks[rank] += 1
        if crowd[at] > rank:
            ranks[RANKS + rank] += 1
            above += 1
    still = 0.0
    for rank in range(RANKS):
        still += (ranks[rank] - ranks[RANKS + rank]) * math.ldexp(1.0 / size, -rank)
    chance = still
    for rank in range(RANKS):
        chance += ranks[RANKS + rank] * math.ldexp(1.0 / size, -rank)
    if above == 0:
        found[0], found[1], found[2] = 0.0, 0.0, -math.log(0.05) / chance
        return
    # the derivative of the log likelihood falls with the number of strangers: halve where it is 0
    low, high = math.log(above / chance), math.log(above / chance) + 8.0
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        slope = -still
        for rank in range(RANKS):
            if ranks[RANKS + rank]:
                each = math.ldexp(1.0 / size, -rank)
                slope += ranks[RANKS + rank] * each / math.expm1(math.exp(middle) * each)
        if slope > 0.0:
            low = middle
        else:
            high = middle
    found[0] = math.exp(0.5 * (low + high))
    # the registers above are counted as Poisson's (Wilson and Hilferty's interval), and scaled
    scale = found[0] / above
    found[1] = scale * above * max(0.0, 1 - 1 / (9 * above) - _Z95 / (3 * math.sqrt(above))) ** 3
    more = above + 1
    found[2] = scale * more * (1 - 1 / (9 * more) + _Z95 / (3 * math.sqrt(more))) ** 3

"""Registers: how many, and how many of them are strangers."""

import numpy as np
import pytest

from portreeve.memory.registers import RANKS, at_least, doubt, many, put, strangers

SIZE = 2048


def people(seed, number):
    return np.random.default_rng(seed).integers(1, 2**63, number).astype(np.uint64)


def sketch(*crowds):
    registers = np.zeros(SIZE, np.uint8)
    for crowd in crowds:
        for person in crowd:
            put(registers, person)
    return registers


@pytest.mark.parametrize("number", [0, 1, 20, 500, 5_000, 100_000])
def test_how_many(number):
    found = many(sketch(people(1, number)), np.zeros(RANKS, np.int64))
    assert abs(found - number) <= 3 * doubt(float(number), SIZE) + 0.5


def test_the_same_people_again_change_nothing():
    crowd = people(2, 300)
    assert np.array_equal(sketch(crowd), sketch(crowd, crowd[::-1]))


def test_registers_in_use_never_exceed_people():
    for number in (1, 19, 20, 200):
        assert at_least(sketch(people(number, number))) <= number


@pytest.mark.parametrize(
    ("members", "inside", "outside"), [(10_000, 1_200, 300), (2_000, 0, 500), (800, 400, 20)]
)
def test_how_many_are_strangers(members, inside, outside):
    hits, found = 0, np.zeros(3)
    for seed in range(20):
        group = people(seed, members)
        crowd = sketch(group[:inside], people(1_000 + seed, outside))
        strangers(crowd, sketch(group), np.zeros(2 * RANKS, np.int64), found)
        hits += found[1] <= outside <= found[2]
        assert found[1] <= found[0] <= found[2]
    assert hits >= 17


def test_where_nobody_is_a_stranger_none_is_found_and_the_end_is_the_rule_of_three():
    group, found = people(5, 3_000), np.zeros(3)
    strangers(sketch(group[:500]), sketch(group), np.zeros(2 * RANKS, np.int64), found)
    assert found[:2].tolist() == [0.0, 0.0]
    assert 0 < found[2] < 15

"""Copies of arrays that are mostly empty."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from portreeve.memory.pages import copy_pages


@given(st.lists(st.integers(0, 4_999), max_size=20), st.integers(1, 5_000))
def test_what_is_copied_is_equal_wherever_something_stands(places: list[int], size: int) -> None:
    source = np.zeros((size, 3), np.uint16)
    source[[place for place in places if place < size]] = 7
    target = np.zeros_like(source)
    copy_pages(source, target)
    assert (source == target).all()


def test_records_and_nothing_are_copied_too() -> None:
    records = np.array([(1, 2.5)] * 2_000, [("name", np.uint64), ("value", np.float32)])
    target = np.zeros_like(records)
    copy_pages(records, target)
    assert target.tolist() == records.tolist()
    copy_pages(np.zeros(0, np.int64), np.zeros(0, np.int64))

"""Copies of arrays that are mostly empty, made without taking up memory for what is empty."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_PAGE = 4096


def copy_pages(source: NDArray[Any], target: NDArray[Any]) -> None:
    """Copy an array onto zeros of the same shape and type, but for pages that are all zero.

    The system gives memory to a page when it is first written to; tables of memory are large and
    fill slowly.
    """
    whole, into = _bytes(source), _bytes(target)
    even = len(whole) // _PAGE * _PAGE
    pages, places = whole[:even].reshape(-1, _PAGE), into[:even].reshape(-1, _PAGE)
    used = pages.view(np.uint64).any(axis=1)
    places[used] = pages[used]
    into[even:] = whole[even:]


def _bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    return array.reshape(-1).view(np.uint8)

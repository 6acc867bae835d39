"""Share codes: the lines that shopping and video apps make for pasting into other apps.

The shapes stand in the table of hosts, with examples. The plainest, a code between two currency
signs, is read by the kernel (:mod:`portreeve.signals.links`); the others are searched in the few
texts where the kernel saw a hint of one: a word of the lexicon's class ``share``, or ``:/``.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from portreeve.signals.goods_table import load_table

_IN_KERNEL = "wrapped_code"
_CODE = re.compile(r"[A-Za-z0-9]{6,}")
_LONGEST_KEY = 64
_SEARCHED = 2_000
"""Characters of a text that are searched: a share line is short."""


class ShareCode(NamedTuple):
    """A share code in a text: row, characters, what tells it from another, where it leads."""

    row: int
    start: int
    end: int
    key: str
    host_class: str


@dataclass(frozen=True)
class Shape:
    """One shape of a share code, and the class of the place it leads to."""

    id: str
    host_class: str
    pattern: re.Pattern[str]


@functools.cache
def shapes() -> tuple[Shape, ...]:
    """The shapes of the table that are searched here."""
    return tuple(
        Shape(row["id"], row["class"], re.compile(row["regex"]))
        for row in load_table("hosts.yaml")["share_codes"]
        if row["id"] != _IN_KERNEL
    )


def find(texts: pl.Series, searched: NDArray[np.int64]) -> list[ShareCode]:
    """The share codes of texts. ``searched``: rows that have a hint of one.

    >>> find(pl.Series(["复制这条信息，打开京东看看"]), np.array([0]))[0].host_class
    'marketplace'
    """
    return [
        ShareCode(row, match.start(), match.end(), _key(match[0]), shape.host_class)
        for row in searched.tolist()
        for shape in shapes()
        for match in shape.pattern.finditer(texts[row][:_SEARCHED])
    ]


def _key(matched: str) -> str:
    """What tells one share from another: the code in it, else the words."""
    codes = _CODE.findall(matched)
    return (max(codes, key=len) if codes else matched)[:_LONGEST_KEY].lower()

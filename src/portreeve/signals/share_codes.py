"""Share codes: the lines that shopping and video apps make for pasting into other apps.

The shapes stand in the table of hosts, with examples. The plainest, a code between two currency
signs, is read by the kernel (:mod:`portreeve.signals.links`); the others are searched in the few
texts where the kernel saw a hint of one: a word of the lexicon's class ``share``, or ``:/``.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import polars as pl

from portreeve.signals.goods_table import load_table
from portreeve.signals.spans import SHARE_CODE

_IN_KERNEL = "wrapped_code"
_CODE = re.compile(r"[A-Za-z0-9]{6,}")
_LONGEST_KEY = 64
_SEARCHED = 2_000
"""Characters of a text that are searched: a share line is short."""

SCHEMA = {
    "row": pl.Int32,
    "field": pl.String,
    "start": pl.Int32,
    "end": pl.Int32,
    "kind": pl.UInt8,
    "disguised": pl.UInt8,
    "key": pl.String,
    "host_class": pl.String,
}


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


def find(texts: pl.Series, searched: pl.Series) -> pl.DataFrame:
    """The share codes of texts, as spans with the class of the place they lead to.

    ``searched``: Boolean, which texts have a hint of one.

    >>> find(pl.Series(["复制这条信息，打开京东看看"]), pl.Series([True]))["host_class"].to_list()
    ['marketplace']
    """
    rows = [
        (row, "text", match.start(), match.end(), SHARE_CODE, 0, _key(match[0]), shape.host_class)
        for row in searched.arg_true().to_list()
        for shape in shapes()
        for match in shape.pattern.finditer(texts[row][:_SEARCHED])
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _key(matched: str) -> str:
    """What tells one share from another: the code in it, else the words."""
    codes = _CODE.findall(matched)
    return (max(codes, key=len) if codes else matched)[:_LONGEST_KEY].lower()

"""A small random sample of decisions per rule, drawn from a stream of any length."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

ALLOWED = "allowed"
NEAR = "allowed, but near"
_SPARE = 2


@dataclass(frozen=True, order=True)
class Sample:
    """One item with its decision. Samples sort by their drawing number."""

    draw: float
    row: int
    item: dict[str, Any] = field(compare=False)
    decision: dict[str, Any] = field(compare=False)


class Samples:
    """Draws, for each rule, a uniform sample of the items it holds for.

    Every row of the stream gets a pseudo-random number from its position and the seed alone; a
    rule keeps the rows with the smallest ones. So the sample is the same however the stream is cut
    into batches. Besides the rules there are two groups: :data:`ALLOWED`, drawn likewise from the
    items no rule holds for, and :data:`NEAR`, those of them that promotion comes nearest to.
    """

    def __init__(self, size: int, seed: int = 0) -> None:
        self.size = size
        self._seed = seed
        self._seen = 0
        # more than asked for, so that copies of one text can be left out afterwards
        self._room = size * _SPARE
        self._kept: dict[str, list[Sample]] = {}

    def add(self, items: pl.DataFrame, decisions: pl.DataFrame) -> None:
        """Draw from a batch: items and their decisions, row by row."""
        rows = np.arange(self._seen, self._seen + len(decisions), dtype=np.uint64)
        self._seen += len(decisions)
        draws = pl.DataFrame({"at": np.arange(len(rows)), "draw": _numbers(rows, self._seed)})
        allowed = (decisions["rules"].list.len() == 0) & items["text"].is_not_null()
        by_rule = draws.with_columns(group=decisions["rules"]).explode("group").drop_nulls("group")
        none = draws.filter(allowed)
        near = none.with_columns(draw=-decisions["promotion"].gather(none["at"])).drop_nulls()
        groups = pl.concat(
            [
                by_rule.select("at", "draw", "group"),
                none.with_columns(group=pl.lit(ALLOWED)),
                near.with_columns(pl.col("draw").cast(pl.Float64), group=pl.lit(NEAR)),
            ]
        )
        best = groups.group_by("group").agg(pl.struct("draw", "at").bottom_k(self._room))
        for group, found in best.iter_rows():
            self._merge(group, found, int(rows[0]) if len(rows) else 0, items, decisions)

    def of(self, group: str) -> list[Sample]:
        """The sample of a rule (or group), each text once, in the order of the stream."""
        texts: set[str | None] = set()
        chosen: list[Sample] = []
        for sample in self._kept.get(group, []):
            if sample.item["text"] not in texts:
                texts.add(sample.item["text"])
                chosen.append(sample)
        chosen = chosen[: self.size]
        return chosen if group == NEAR else sorted(chosen, key=lambda sample: sample.row)

    def _merge(
        self,
        group: str,
        found: list[dict[str, Any]],
        first: int,
        items: pl.DataFrame,
        decisions: pl.DataFrame,
    ) -> None:
        kept = self._kept.setdefault(group, [])
        limit = kept[-1].draw if len(kept) == self._room else float("inf")
        new = [
            Sample(
                one["draw"],
                first + one["at"],
                items.row(one["at"], named=True),
                decisions.row(one["at"], named=True),
            )
            for one in found
            if one["draw"] < limit
        ]
        self._kept[group] = sorted([*kept, *new])[: self._room]


def _numbers(rows: NDArray[np.uint64], seed: int) -> NDArray[np.float64]:
    """A number in [0, 1) for each row: SplitMix64 of its position and the seed."""
    start = np.uint64((seed * 0xD1B54A32D192ED03 + 1) % (1 << 64))
    state = (rows + start) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    state ^= state >> np.uint64(31)
    return (state >> np.uint64(11)).astype(np.float64) / (1 << 53)

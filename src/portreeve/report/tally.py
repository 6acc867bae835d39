"""Counts over a stream of decisions."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl
from numpy.typing import NDArray

from portreeve.model import Verdict

BINS = 20
Histogram = NDArray[np.int64]


class Tally:
    """Counts over decisions, batch by batch, in memory that does not grow with the rows.

    >>> tally = Tally()
    >>> tally.rows, tally.verdicts
    (0, Counter())
    """

    def __init__(self) -> None:
        self.rows = 0
        self.unlawful = 0
        self.unscored = 0
        self.verdicts: Counter[str] = Counter()
        self.surfaces: dict[str, Counter[str]] = {}
        self.rules: Counter[str] = Counter()
        self.tiers: Counter[str] = Counter()
        self.intents: Counter[str] = Counter()
        self.contacts: Counter[str] = Counter()
        self.promotion: dict[str, Histogram] = {}
        """By verdict: posts by probability of promotion, in :data:`BINS` steps from 0 to 1."""
        self.obfuscation = np.zeros(BINS, dtype=np.int64)
        """Posts with some obfuscation, in equal steps; counted when signals are there."""
        self.plain = 0
        """Posts with none."""

    def add(self, decisions: pl.DataFrame) -> None:
        """Count decisions; with a column ``signals``, obfuscation as well."""
        self.rows += len(decisions)
        self.unlawful += int((~decisions["lawful"]).sum())
        for surface, verdict, count in decisions.group_by("surface", "verdict").len().iter_rows():
            self.verdicts[verdict] += count
            self.surfaces.setdefault(surface, Counter())[verdict] += count
        self.rules.update(_counts(decisions["rules"].explode()))
        self.tiers.update(_counts(decisions["goods_tier"]))
        self.intents.update(_counts(decisions["intent"]))
        # a handle is written wechat:abc12345
        kinds = decisions["contacts"].explode().drop_nulls().str.extract(r"^([^:]*):")
        self.contacts.update(_counts(kinds))
        for (verdict,), part in decisions.group_by("verdict"):
            bins = self.promotion.setdefault(str(verdict), np.zeros(BINS, dtype=np.int64))
            bins += _histogram(part["promotion"])
        self.unscored += decisions["promotion"].null_count()
        if "signals" in decisions.columns:
            obfuscation = decisions["signals"].struct.field("obfuscation")
            self.obfuscation += _histogram(obfuscation.filter(obfuscation > 0))
            self.plain += int((obfuscation == 0).sum())

    @property
    def verdicts_met(self) -> list[Verdict]:
        """The verdicts there were, in rising order."""
        return [verdict for verdict in Verdict if self.verdicts[verdict]]

    @property
    def rules_by_hits(self) -> list[tuple[str, int]]:
        """The rules that held with their hits, most hits first, ties by name."""
        return sorted(self.rules.items(), key=lambda pair: (-pair[1], pair[0]))

    def by_surface(self) -> dict[str, dict[str, int]]:
        """Plain counts, in a fixed order: surfaces by name, verdicts in rising order."""
        return {
            name: {v.value: counts[v] for v in self.verdicts_met if counts[v]}
            for name, counts in sorted(self.surfaces.items())
        }


def _counts(column: pl.Series) -> dict[str, int]:
    counted = column.drop_nulls().value_counts(name="n")
    return dict(zip(counted.to_series(0).to_list(), counted["n"].to_list(), strict=True))


def _histogram(values: pl.Series) -> Histogram:
    known = values.drop_nulls().to_numpy()
    bins = np.clip((known * BINS).astype(np.int64), 0, BINS - 1)
    return np.bincount(bins, minlength=BINS)

"""Memory of one run over files: what is remembered of the rows before, and of each row."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl

from portreeve.engine import Assessed
from portreeve.memory.events import Items
from portreeve.memory.memory import Memory, counted_by, told_to
from portreeve.memory.traces import Secret, trace
from portreeve.policy import Policy

GROWN_ROWS = 1_000
"""Trees are grown after so many rows, and after so many again, as long as that is more than a
sixteenth of the rows before; then after each sixteenth more, so that growing costs less than a
constant a row."""
_GROWN_SHARE = 16
# nothing is kept, so the key need hide nothing; one key decides the same rows the same every time
_SECRET = Secret.of(b"portreeve screen")
_OF_TREES = frozenset({"tree_levels", "tree_people"})


class Recalling:
    """Feeds a memory with rows as they come. It ends with the run: nothing is kept."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._memory = Memory(counters=policy.counters.values())
        self._rows, self._grown_at = 0, GROWN_ROWS
        self._asks_for_trees = bool(_OF_TREES & frozenset(policy.remembered))

    def of(self, assessed: Assessed) -> pl.DataFrame | None:
        """Take in items, and tell what is remembered of each, as the policy names it."""
        policy = self._policy
        traces = trace(
            assessed.items, assessed.facts, assessed.places, policy, _SECRET, datetime.now(UTC)
        )
        items = Items(traces, counted_by(policy, assessed.facts))
        told = self._seen(items) if self._asks_for_trees else self._memory.apply(items)
        return None if told is None else told_to(policy, told)

    def _seen(self, items: Items) -> pl.DataFrame:
        """What is told of items, with trees grown after certain rows, however they are batched."""
        parts, first, many = [], 0, len(items.traces)
        while first < many:
            end = min(many, first + self._grown_at - self._rows)
            chosen = slice(first, end)
            counted = {name: held[chosen] for name, held in items.counted.items()}
            told = self._memory.apply(Items(items.traces.take(np.arange(first, end)), counted))
            if told is not None:
                parts.append(told)
            self._rows += end - first
            if self._rows == self._grown_at:
                self._memory.planted(self._memory.growing().grow())
                self._grown_at += max(GROWN_ROWS, self._rows // _GROWN_SHARE)
            first = end
        return pl.concat(parts)

"""Memory of one run over files: what is remembered of the rows before, and of each row."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import polars as pl

from portreeve.engine import Assessed
from portreeve.memory.events import Items
from portreeve.memory.memory import Memory, counted_by, told_to
from portreeve.memory.traces import Secret, trace
from portreeve.policy import Policy

_OF_TREES = frozenset({"tree_levels", "tree_people"})


class Recalling:
    """Feeds a memory with rows as they come. It ends with the run: nothing is kept."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._memory = Memory(counters=policy.counters.values())
        self._secret = Secret.of(os.urandom(32))
        self._asks_for_trees = bool(_OF_TREES & frozenset(policy.remembered))

    def of(self, assessed: Assessed) -> pl.DataFrame | None:
        """Take in items, and tell what is remembered of each, as the policy names it."""
        policy = self._policy
        traces = trace(
            assessed.items, assessed.facts, assessed.places, policy, self._secret, datetime.now(UTC)
        )
        told = self._memory.apply(Items(traces, counted_by(policy, assessed.facts)))
        if self._asks_for_trees:
            self._memory.planted(self._memory.growing().grow())
        return None if told is None else told_to(policy, told)

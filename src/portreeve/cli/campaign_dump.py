"""A dump of posts as traces, with the names of what is shown kept apart."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import IO

import numpy as np
import polars as pl

from portreeve.admission import admit
from portreeve.engine import assess
from portreeve.files import Batch, Options, open_input
from portreeve.memory.campaigns import CampaignSettings, Graph, campaigns
from portreeve.memory.copies import group
from portreeve.memory.traces import KEY, TRACE, Secret, Traces, named_keys, trace
from portreeve.memory.trees import Forest, TreeSettings, grow
from portreeve.model import SurfaceState
from portreeve.policy import Policy

# the names stand beside the numbers in what is written, so the key need hide nothing; one key
# makes the same campaigns have the same names every time
_SECRET = Secret.of(b"portreeve campaigns")
_COMPACT = 20

Watch = Callable[[str, float | None, int], None]


@dataclass
class Found:
    """What a dump holds: its campaigns and trees, and names by numbers."""

    traces: Traces
    graph: Graph
    forest: Forest
    accounts: dict[int, str]
    keys: dict[int, str]


class Dump:
    """Reads inputs, batch by batch; traces wait in a temporary file."""

    def __init__(self, policy: Policy, options: Options) -> None:
        states = policy.surfaces
        sealed = {s.value for s, state in states.items() if state is SurfaceState.sealed}
        self._options = replace(options, sealed=options.sealed | sealed)
        self._policy = policy
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the dump
        self._keys: list[np.ndarray[tuple[int], np.dtype[np.void]]] = []
        self._accounts = _Names()
        self._key_names = _Names()
        self._now = datetime.now(UTC)
        self.rows = 0
        self.rejected = 0
        self.ended_early: list[str] = []
        self.seconds: dict[str, float] = {}

    def read(self, inputs: Sequence[str], watch: Watch | None = None) -> None:
        """Read inputs one after another."""
        begun, first = time.perf_counter(), 1
        for name in inputs:
            with open_input(name, self._options, first) as reader:
                for batch in reader.batches():
                    self.rejected += len(batch.rejects)
                    if len(batch.frame):
                        self._take(batch)
                    if watch is not None:
                        watch(batch.file, batch.done, self.rows)
                first += reader.rows_read
                if reader.ended_early is not None:
                    self.ended_early.append(f"{reader.name}: {reader.ended_early}")
        self.seconds["reading"] = time.perf_counter() - begun

    def found(self, settings: CampaignSettings, tree_settings: TreeSettings) -> Found:
        """Copies, campaigns and trees of what was read."""
        begun = time.perf_counter()
        traces = self._traces()
        labels = group(traces.rows["print"], traces.rows["time"])
        groups = np.where(labels >= 0, traces.rows["item"][labels], np.uint64(0))
        self.seconds["copies"] = time.perf_counter() - begun
        begun = time.perf_counter()
        graph = campaigns(traces, groups, settings)
        self.seconds["campaigns"] = time.perf_counter() - begun
        begun = time.perf_counter()
        forest = grow(graph, tree_settings)
        self.seconds["trees"] = time.perf_counter() - begun
        joined = graph.accounts["account"][graph.campaign != 0]
        return Found(
            traces,
            graph,
            forest,
            self._accounts.of(joined),
            self._key_names.of(graph.keys["key"]),
        )

    def _take(self, batch: Batch) -> None:
        admitted = admit(batch.frame, self._policy)
        self.rejected += len(admitted.rejected)
        items = admitted.items
        if items.is_empty():
            return
        assessed = assess(items)
        traces = trace(items, assessed.facts, assessed.places, self._policy, _SECRET, self._now)
        self._file.write(traces.rows.tobytes())
        keys = traces.keys.copy()
        keys["row"] += self.rows
        self._keys.append(keys)
        self.rows += len(traces)
        named = items.select(
            number=pl.Series(traces.rows["account"].copy()), name=pl.col("account").cast(pl.String)
        )
        self._accounts.add(named.drop_nulls())
        shown, names = named_keys(assessed.places, _SECRET)
        self._key_names.add(
            pl.DataFrame({"number": shown["key"].copy(), "name": pl.from_arrow(names)})
        )

    def _traces(self) -> Traces:
        self._file.flush()
        keys = np.concatenate(self._keys) if self._keys else np.zeros(0, KEY)
        if not self.rows:
            return Traces(np.zeros(0, TRACE), keys)
        return Traces(np.memmap(self._file, TRACE, "r+", shape=(self.rows,)), keys)


class _Names:
    """Names by their numbers, each once."""

    def __init__(self) -> None:
        self._parts: list[pl.DataFrame] = []

    def add(self, named: pl.DataFrame) -> None:
        """Take columns ``number`` and ``name``."""
        self._parts.append(named.unique("number", maintain_order=True))
        if len(self._parts) > _COMPACT:
            self._parts = [pl.concat(self._parts).unique("number", maintain_order=True)]

    def of(self, wanted: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> dict[int, str]:
        """The names of some numbers."""
        if not self._parts:
            return {}
        known = pl.concat(self._parts).unique("number", maintain_order=True)
        chosen = known.filter(pl.col("number").is_in(pl.Series(wanted.copy()).implode()))
        return dict(chosen.iter_rows())

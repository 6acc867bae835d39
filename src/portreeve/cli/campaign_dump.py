"""A dump of posts as traces, with the names of what is shown kept apart.

A dump of no more posts than are kept is looked at as a whole: copies of everything with everything,
then connected components. A larger one passes by in the order of time, as it would have come to a
service, and what is oldest or worth least is forgotten; memory then does not grow with it. As long
as nothing had to go, both find the same.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import IO

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from portreeve.admission import admit
from portreeve.cli.campaigns import KEPT_POSTS
from portreeve.cli.run import in_order, not_admitted
from portreeve.cli.trace_file import TraceFile
from portreeve.engine import assess
from portreeve.files import Batch, Options, Reject, RejectWriter, open_input
from portreeve.memory.campaigns import Campaigns, CampaignSettings, Graph, campaigns
from portreeve.memory.copies import Copies, CopySettings, group
from portreeve.memory.prints import PRINT
from portreeve.memory.traces import Secret, named_keys, trace
from portreeve.memory.trees import Forest, TreeSettings, grow
from portreeve.model import SurfaceState
from portreeve.policy import Policy

# the names stand beside the numbers in what is written, so the key need hide nothing; one key
# makes the same campaigns have the same names every time
_SECRET = Secret.of(b"portreeve campaigns")
_NAMED = pa.schema([("number", pa.uint64()), ("name", pa.large_string())])

Watch = Callable[[str, float | None, int], None]


@dataclass
class Found:
    """What a dump holds: its campaigns and trees, the posts of those who are in one (records of
    :data:`~portreeve.cli.trace_file.POST`), and names by numbers. ``forgotten``: posts, accounts
    and keys that had to go before the end for want of room."""

    posts: NDArray[np.void]
    graph: Graph
    forest: Forest
    accounts: dict[int, str]
    keys: dict[int, str]
    forgotten: dict[str, int]


class Dump:
    """Reads inputs, batch by batch; traces wait in a temporary file.

    ``untimed``: rows without a time, which are in no near copies and otherwise of the moment of
    reading; ``nameless``: rows without an account, which join nobody.
    """

    def __init__(self, policy: Policy, options: Options) -> None:
        states = policy.surfaces
        sealed = {s.value for s, state in states.items() if state is SurfaceState.sealed}
        self._options = replace(options, sealed=options.sealed | sealed)
        self._policy = policy
        self._traces = TraceFile()
        self._accounts = _Names()
        self._key_names = _Names()
        self._now = datetime.now(UTC)
        self.rejects: RejectWriter | None = None
        self.untimed = 0
        self.nameless = 0
        self.rejected = 0
        self.first_reject: Reject | None = None
        self.ended_early: list[str] = []
        self.seconds: dict[str, float] = {}

    @property
    def rows(self) -> int:
        """How many rows were taken."""
        return self._traces.rows

    def read(self, inputs: Sequence[str], watch: Watch | None = None) -> None:
        """Read inputs one after another."""
        begun, first = time.perf_counter(), 1
        for name in inputs:
            with open_input(name, self._options, first) as reader:
                for batch in reader.batches():
                    rejects = [*batch.rejects, *(self._take(batch) if len(batch.frame) else ())]
                    self._set_aside(in_order(rejects))
                    if watch is not None:
                        watch(batch.file, batch.done, self.rows)
                first += reader.rows_read
                if reader.ended_early is not None:
                    self.ended_early.append(f"{reader.name}: {reader.ended_early}")
                    remedy = "Get the whole file; the rows before this place have been used."
                    self._set_aside([Reject(reader.name, None, None, reader.ended_early, remedy)])
        self.seconds["reading"] = time.perf_counter() - begun

    def found(
        self,
        settings: CampaignSettings,
        tree_settings: TreeSettings,
        kept_posts: int = KEPT_POSTS,
        watch: Watch | None = None,
    ) -> Found:
        """Copies, campaigns and trees of what was read.

        ``kept_posts``: so many posts, the newest, are compared with each other at a time, up to
        16,777,216.
        """
        if self.rows <= kept_posts:
            graph, forgotten = self._whole(settings), {"posts": 0, "accounts and keys": 0}
        else:
            graph, forgotten = self._passing(settings, kept_posts, watch)
        begun = time.perf_counter()
        forest = grow(graph, tree_settings)
        self.seconds["trees"] = time.perf_counter() - begun
        joined = graph.accounts["account"][graph.campaign != 0]
        return Found(
            self._traces.posts_of(joined),
            graph,
            forest,
            self._accounts.of(joined),
            self._key_names.of(graph.keys["key"]),
            forgotten,
        )

    def _whole(self, settings: CampaignSettings) -> Graph:
        """All posts at once."""
        begun = time.perf_counter()
        traces = self._traces.whole()
        labels = group(traces.rows["print"], traces.rows["time"])
        groups = np.where(labels >= 0, traces.rows["item"][labels], np.uint64(0))
        self.seconds["copies"] = time.perf_counter() - begun
        begun = time.perf_counter()
        graph = campaigns(traces, groups, settings)
        self.seconds["campaigns"] = time.perf_counter() - begun
        return graph

    def _passing(
        self, settings: CampaignSettings, kept: int, watch: Watch | None
    ) -> tuple[Graph, dict[str, int]]:
        """One part after the other, in the order of time; what there is no room for is forgotten,
        and how much that is."""
        room = replace(settings, accounts=kept // 2, keys=kept, edges=2 * kept, items=kept)
        copies, known = Copies(CopySettings(capacity=kept)), Campaigns(room)
        spent = dict.fromkeys(("copies", "campaigns"), 0.0)
        done = 0
        for traces in self._traces.by_time():
            begun = time.perf_counter()
            groups = np.ascontiguousarray(copies.see(traces)["group"])
            spent["copies"] += time.perf_counter() - begun
            begun = time.perf_counter()
            known.see(traces, groups)
            spent["campaigns"] += time.perf_counter() - begun
            done += len(traces)
            if watch is not None:
                watch("campaigns", done / self.rows, self.rows)
        self.seconds |= spent
        return known.graph(), {"posts": copies.evicted, "accounts and keys": known.evicted}

    def _take(self, batch: Batch) -> list[Reject]:
        """Take in a batch; the rows that cannot be used come back."""
        admitted = admit(batch.frame, self._policy)
        if not admitted.items.is_empty():
            self._keep(admitted.items)
        return not_admitted(batch, admitted.rejected, self._options)

    def _set_aside(self, rejects: list[Reject]) -> None:
        self.rejected += len(rejects)
        if self.first_reject is None and rejects:
            self.first_reject = rejects[0]
        if self.rejects is not None:
            self.rejects.write(rejects)

    def _keep(self, items: pl.DataFrame) -> None:
        assessed = assess(items)
        traces = trace(items, assessed.facts, assessed.places, self._policy, _SECRET, self._now)
        untimed = items["time"].is_null().to_numpy()
        # copies join those who posted them soon after each other, which nobody knows of these
        traces.rows["print"][untimed] = np.zeros((), PRINT)
        self.untimed += int(untimed.sum())
        self.nameless += items["account"].null_count()
        self._traces.add(traces)
        named = items.select(
            number=pl.Series(traces.rows["account"].copy()), name=pl.col("account").cast(pl.String)
        )
        self._accounts.add(named.drop_nulls())
        shown, names = named_keys(assessed.places, _SECRET)
        self._key_names.add(
            pl.DataFrame({"number": shown["key"].copy(), "name": pl.from_arrow(names)})
        )


class _Names:
    """Names by their numbers, in a temporary file; most are of accounts that are joined by nobody,
    and never asked for."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as it
        self._written = pa.ipc.new_stream(self._file, _NAMED)

    def add(self, named: pl.DataFrame) -> None:
        """Take columns ``number`` and ``name``."""
        once = named.unique("number", maintain_order=True)
        self._written.write_table(once.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(_NAMED))

    def of(self, wanted: NDArray[np.uint64]) -> dict[int, str]:
        """The names of some numbers."""
        asked = pa.array(np.unique(wanted))
        end, found = self._file.tell(), dict[int, str]()
        if not end:
            return found
        self._file.seek(0)
        for batch in pa.ipc.open_stream(self._file):
            chosen = batch.filter(pc.is_in(batch["number"], asked))
            found |= zip(chosen["number"].to_pylist(), chosen["name"].to_pylist(), strict=True)
        self._file.seek(end)
        return found

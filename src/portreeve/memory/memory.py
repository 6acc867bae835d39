"""Memory: one state machine of all parts, fed by events in order.

The same events give the same state, however they are cut into batches; a journal of them
(:mod:`portreeve.memory.journals`) and a snapshot of the arrays are all that must be kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from portreeve.memory.campaigns import Campaigns, CampaignSettings
from portreeve.memory.copies import Copies, CopySettings
from portreeve.memory.counters import KEYS, Batch, Counters, Seen
from portreeve.memory.events import Event, Forgotten, Heard, Items
from portreeve.memory.hashing import Numbers
from portreeve.memory.relations import Relations, RelationSettings
from portreeve.memory.traces import Traces
from portreeve.memory.trajectories import Trajectories, TrajectorySettings
from portreeve.memory.trees import Forest, TreeSettings, grow
from portreeve.signals.catalog import CATALOG

if TYPE_CHECKING:
    from portreeve.policy import Counter, Policy

_HOUR = 3_600_000_000
_TREE = np.dtype([("account", np.uint64), ("levels", np.int32), ("people", np.int32)])


@dataclass(frozen=True)
class MemorySettings:
    """What is remembered, part by part. ``keys``: how many keys each counter remembers; ``items``:
    how many items are known again when they come twice."""

    copies: CopySettings = field(default_factory=CopySettings)
    campaigns: CampaignSettings = field(default_factory=CampaignSettings)
    trees: TreeSettings = field(default_factory=TreeSettings)
    trajectories: TrajectorySettings = field(default_factory=TrajectorySettings)
    relations: RelationSettings = field(default_factory=RelationSettings)
    keys: int = KEYS
    items: int = 1 << 20


class Memory:
    """What is remembered of one network.

    It belongs to one thread; :meth:`growing` gives what another one may work on.
    """

    def __init__(
        self, settings: MemorySettings | None = None, counters: Iterable[Counter] = ()
    ) -> None:
        self.settings = of = settings or MemorySettings()
        self.copies = Copies(of.copies)
        self.campaigns = Campaigns(of.campaigns)
        self.trajectories = Trajectories(of.trajectories)
        self.relations = Relations(of.relations)
        self.counters = Counters(counters, of.keys)
        self._seen = Seen(of.items)
        self._trees = np.zeros(0, _TREE)

    @property
    def evicted(self) -> dict[str, int]:
        """What had to go because there was no room, by part: a flood shows here."""
        return {name: int(part.evicted) for name, part in self._parts().items()}

    def apply(self, event: Event) -> pl.DataFrame | None:
        """Take in an event. Of items, what is remembered of each: one column per signal of the
        catalog's group memory, and one per counter, named by its identity."""
        match event:
            case Items(traces, counted):
                return self._see(traces, counted)
            case Heard(events):
                self.relations.hear(events)
            case Forgotten(accounts):
                self._forget(accounts)
        return None

    def _see(self, traces: Traces, counted: Mapping[str, NDArray[np.bool_]]) -> pl.DataFrame:
        copies = self.copies.see(traces)
        groups = np.ascontiguousarray(copies["group"])
        campaigns = self.campaigns.see(traces, groups)
        slides = self.trajectories.see(traces)
        relations = self.relations.see(traces)
        none = np.zeros(len(traces), dtype=np.bool_)
        held = [counted.get(identity, none) for identity in self.counters.identities]
        batch = Batch(traces, groups, self._seen.fresh(traces))
        values = self.counters.see(batch, np.array(held).reshape(len(held), len(traces)))
        tree = self._tree_of(np.ascontiguousarray(traces.rows["account"]))
        nothing = groups == 0
        mobilised = np.where(relations["mobilisation"], relations["mobilised"], 0)
        columns = {
            "copies": pa.array(copies["copies"].astype(np.int32), mask=nothing),
            "copy_accounts": pa.array(copies["accounts"].astype(np.int32), mask=nothing),
            "copy_hours": pa.array((copies["age"] / _HOUR).astype(np.float32), mask=nothing),
            "first_copy": pa.array(copies["first"].astype(np.bool_), mask=nothing),
            "campaign_accounts": pa.array(campaigns["accounts"].astype(np.int32)),
            "campaign_posts": pa.array(campaigns["posts"].astype(np.int32)),
            "tree_levels": pa.array(np.ascontiguousarray(tree["levels"])),
            "tree_people": pa.array(np.ascontiguousarray(tree["people"])),
            "sliding": pa.array(slides["slid"].astype(np.bool_)),
            "friend_funnel": pa.array(relations["funnel"].astype(np.bool_)),
            "mobilised": pa.array(mobilised.astype(np.int32)),
            **{name: pa.array(told, mask=np.isnan(told)) for name, told in values.items()},
        }
        # by way of Arrow: a call of polars for each column would cost more than all of the above
        return pl.DataFrame(pa.RecordBatch.from_arrays(list(columns.values()), list(columns)))

    # --- trees ------------------------------------------------------------------------------------

    def growing(self) -> Growing:
        """What trees are grown from: a copy, so that another thread may grow them meanwhile."""
        return Growing(self.campaigns.graph(), self.settings.trees)

    def planted(self, forest: Forest) -> None:
        """Tell of these trees from now on."""
        nodes = forest.nodes
        found = np.zeros(len(nodes), _TREE)
        found["account"] = nodes["account"]
        found["levels"] = forest.trees["levels"][nodes["tree"]]
        found["people"] = forest.trees["people"][nodes["tree"]]
        self._trees = found[np.argsort(found["account"], kind="stable")]

    def _tree_of(self, accounts: Numbers) -> NDArray[np.void]:
        told = np.zeros(len(accounts), _TREE)
        if len(self._trees):
            at = np.searchsorted(self._trees["account"], accounts)
            at = np.minimum(at, len(self._trees) - 1)
            found = self._trees["account"][at] == accounts
            told[found] = self._trees[at[found]]
        return told

    # --- the whole --------------------------------------------------------------------------------

    def _parts(self) -> dict[str, Any]:
        return {
            "copies": self.copies,
            "campaigns": self.campaigns,
            "trajectories": self.trajectories,
            "relations": self.relations,
            "counters": self.counters,
        }

    def _forget(self, accounts: Numbers) -> None:
        for part in self._parts().values():
            part.forget(accounts)
        self._trees = self._trees[~np.isin(self._trees["account"], accounts)]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The whole state, as ``part/name``; not a copy."""
        parts = {**self._parts(), "seen": self._seen}
        found = {
            f"{part}/{name}": array
            for part, known in parts.items()
            for name, array in known.arrays().items()
        }
        return {**found, "trees/nodes": self._trees}

    @classmethod
    def of(
        cls,
        arrays: Mapping[str, NDArray[Any]],
        settings: MemorySettings | None = None,
        counters: Iterable[Counter] = (),
    ) -> Memory:
        """Go on where :meth:`arrays` were taken.

        Raises:
            ValueError: they were taken under other settings of sizes.
        """
        of = settings or MemorySettings()
        memory = cls(of, counters)

        def part(name: str) -> dict[str, NDArray[Any]]:
            begin = f"{name}/"
            return {
                key.removeprefix(begin): array
                for key, array in arrays.items()
                if key.startswith(begin)
            }

        memory.copies = Copies.of(part("copies"), of.copies)
        memory.campaigns = Campaigns.of(part("campaigns"), of.campaigns)
        memory.trajectories = Trajectories.of(part("trajectories"), of.trajectories)
        memory.relations = Relations.of(part("relations"), of.relations)
        memory.counters = Counters.of(part("counters"), list(memory.counters.declared), of.keys)
        memory._seen = Seen.of(part("seen"))
        memory._trees = arrays["trees/nodes"]
        return memory


def counted_by(policy: Policy, facts: pl.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Which measured items each counter of a policy counts, by the counter's identity."""
    if not policy.counters:
        return {}
    identities = (counter.identity for counter in policy.counters.values())
    return dict(zip(identities, policy.counting(facts), strict=True))


def told_to(policy: Policy, remembered: pl.DataFrame) -> pl.DataFrame:
    """What is remembered, with a policy's counters under the names that it gives them."""
    names = {counter.identity: name for name, counter in policy.counters.items()}
    return pl.DataFrame(
        [
            column.alias(names.get(column.name, column.name))
            for column in remembered.get_columns()
            if column.name in names or column.name in CATALOG
        ]
    )


@dataclass(frozen=True)
class Growing:
    """A graph of campaigns, and how trees grow from it."""

    graph: Any
    settings: TreeSettings

    def grow(self) -> Forest:
        """The trees; for :meth:`Memory.planted`."""
        return grow(self.graph, self.settings)

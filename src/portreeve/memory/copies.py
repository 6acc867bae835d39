"""Near copies: which items say what another said before, and who said it first.

Items are grouped as they come. An item joins the group that holds its most alike text, if enough
bytes of their prints are equal (:mod:`portreeve.memory.prints`), else it begins a group. A group is
known by a few of its texts, its *examples*: the first, and those that differ much from the examples
that there were, so that a text may change on its way without the group losing it, and two groups
never become one. Texts worth comparing are found by their bands: three bytes of a print that are
all equal (locality-sensitive hashing, Indyk and Motwani 1998).

Rows are kept in the order in which they came, a fixed number of them; what counts are the items
that are still kept. Nothing here does input or output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from portreeve.memory import copy_index as index
from portreeve.memory.hashing import Numbers
from portreeve.memory.prints import HASHES
from portreeve.memory.traces import Traces

FACTS = np.dtype(
    [
        ("group", np.uint64),
        ("copies", np.uint32),
        ("accounts", np.uint32),
        ("age", np.int64),
        ("alike", np.float32),
        ("first", np.bool_),
    ],
    align=True,
)
"""What is known of an item. ``group``: the number of the item that began its group, 0 for a text
too short to tell; ``copies``: other items of the group that are kept; ``accounts``: how many others
than its own published them; ``age``: microseconds since the earliest of the group by its own time,
0 for that one; ``alike``: share of equal bytes with the example it was found by, 1 for one that
began a group; ``first``: no item of the group that is known so far is earlier."""


@dataclass(frozen=True)
class CopySettings:
    """When two texts are near copies, and how much is remembered.

    ``alike``: share of equal bytes from which two prints are of copies; ``short_alike``: the same
    for texts with fewer words than ``short``, which are alike by chance more often. ``example``: a
    copy less alike than this becomes another example of its group. ``examples``: most examples of
    a group.
    ``capacity``: items kept, about 230 bytes each. ``keep``: seconds for which an item counts,
    by the newest time seen.
    """

    alike: float = 0.55
    short_alike: float = 0.67
    short: int = 16
    example: float = 0.75
    examples: int = 4
    capacity: int = 1 << 19
    keep: int = 180 * 86_400

    def __post_init__(self) -> None:
        if not 0.25 <= self.alike <= self.short_alike <= self.example <= 1:
            raise ValueError("shares rise: 0.25 <= alike <= short_alike <= example <= 1")
        if not (1 <= self.examples <= 255 and 1 <= self.capacity <= 1 << 24 and self.keep > 0):
            raise ValueError("examples is 1 to 255, capacity 1 to 16,777,216, keep more than 0")

    def limits(self) -> np.void:
        """As the kernels take them."""
        limits = np.zeros(1, index.LIMITS)
        limits["keep"] = self.keep * 1_000_000
        for name in ("alike", "short_alike", "example"):
            limits[name] = np.ceil(getattr(self, name) * HASHES)
        limits["short"], limits["examples"] = self.short, self.examples
        return limits[0]


class Copies:
    """The near copies of the items that were seen."""

    def __init__(self, settings: CopySettings | None = None) -> None:
        self.settings = settings or CopySettings()
        self._limits = self.settings.limits()
        self._state = index.empty(self.settings.capacity)

    def see(self, traces: Traces) -> NDArray[np.void]:
        """Learn items; :data:`FACTS` of each, itself included, as of its place in the order given.

        An item that is known already is told what is known and changes nothing. One that comes late
        joins its group all the same, and is its first if it is the earliest.
        """
        rows = traces.rows
        facts = np.zeros(len(rows), dtype=FACTS)
        if len(rows):
            index.see_all(rows, *self._state, self._limits, facts)
        return facts

    def forget(self, accounts: Numbers) -> None:
        """Forget all items of some accounts; the copies of others stand."""
        gone = accounts[accounts != 0]
        held = np.flatnonzero(np.isin(self._state.rows["account"], gone))
        if len(held):
            index.remove_all(held, *self._state)

    @property
    def items(self) -> int:
        """How many items are kept."""
        return int(self._state.tally[index.HELD])

    @property
    def evicted(self) -> int:
        """How many items went before their time, because the room was full."""
        return int(self._state.tally[index.EVICTED])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The whole state. The arrays are the state's own: copy what is to last."""
        return self._state._asdict()

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]], settings: CopySettings | None = None) -> Copies:
        """The state that the arrays hold, which become its own."""
        copies = cls.__new__(cls)
        copies.settings = settings or CopySettings()
        copies._limits = copies.settings.limits()
        copies._state = index.State(**arrays)
        held = len(copies._state.rows)
        if held != copies.settings.capacity:
            raise ValueError(
                f"the arrays are of {held} items, the settings of {copies.settings.capacity}"
            )
        return copies


def group(
    prints: NDArray[np.void], times: NDArray[np.int64], settings: CopySettings | None = None
) -> NDArray[np.int64]:
    """The groups of a whole dump: for each row the row that began its group, -1 for no print.

    The same groups as :class:`Copies` forms of the rows in the order of time (of equal times, in
    the order of rows), when it has room for all of them.
    """
    order = np.argsort(times, kind="stable")
    labels = np.full(len(prints), -1, dtype=np.int64)
    chosen = settings or CopySettings()
    index.group_all(
        prints, order, index.slots_for(len(prints)), chosen.limits(),
        np.zeros(len(prints), np.uint8), labels,
    )  # fmt: skip
    return labels

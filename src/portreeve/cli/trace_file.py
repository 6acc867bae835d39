"""Traces of a dump, which wait in temporary files and are read back a part at a time.

What is read back is let go of again, so that memory does not grow with the dump: of one whose rows
do not stand in the order of time, sixteen bytes a row are held to put them in order, and of one
whose rows do, nothing.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from portreeve.memory.traces import KEY, TRACE, Traces

POST = np.dtype([("account", np.uint64), ("time", np.int64), ("flags", np.uint16)])
"""What of a trace tells who posted when, and whether it trades."""
_PART = 1 << 16
_BOUND = np.dtype(np.int64)


class TraceFile:
    """Takes traces batch by batch; :attr:`rows` tells how many it holds."""

    def __init__(self) -> None:
        self.rows = 0
        self._keys = 0
        self._latest = np.iinfo(np.int64).min
        self._in_order = True
        self._trace_file, self._key_file, self._bound_file = (_file() for _ in range(3))
        self._bound_file.write(np.zeros(1, _BOUND).tobytes())

    def add(self, traces: Traces) -> None:
        """Take the next rows."""
        times = traces.rows["time"]
        if len(times):
            self._in_order &= bool(times[0] >= self._latest and (np.diff(times) >= 0).all())
            self._latest = max(self._latest, int(times.max()))
        bounds = np.searchsorted(traces.keys["row"], np.arange(1, len(traces) + 1))
        self._trace_file.write(traces.rows.tobytes())
        self._key_file.write(traces.keys.tobytes())
        self._bound_file.write((bounds.astype(_BOUND) + self._keys).tobytes())
        self.rows += len(traces)
        self._keys += len(traces.keys)

    def whole(self) -> Traces:
        """All rows, in the order in which they came."""
        found = [_mapped(self._trace_file, TRACE), _mapped(self._key_file, KEY)]
        rows, keys = (array.copy() for array, _ in found)
        bounds, _ = _mapped(self._bound_file, _BOUND)
        keys["row"] = np.repeat(np.arange(self.rows), np.diff(bounds))
        return Traces(rows, keys)

    def by_time(self, size: int = _PART) -> Iterator[Traces]:
        """All rows in the order of time, of equal times in that in which they came."""
        order = None if self._in_order else np.argsort(self._times(), kind="stable")
        mapped = [_mapped(self._trace_file, TRACE), _mapped(self._key_file, KEY)]
        bounds, bounds_map = _mapped(self._bound_file, _BOUND)
        (rows, _), (keys, _) = mapped
        for first in range(0, self.rows, size):
            end = min(first + size, self.rows)
            chosen = np.arange(first, end) if order is None else order[first:end]
            begins, counts = bounds[chosen], bounds[chosen + 1] - bounds[chosen]
            before = np.cumsum(counts) - counts
            shown = keys[np.repeat(begins - before, counts) + np.arange(counts.sum())]
            shown["row"] = np.repeat(np.arange(len(chosen)), counts)
            yield Traces(rows[chosen], shown)
            for one in (*(held for _, held in mapped), bounds_map):
                _let_go(one)

    def posts_of(self, accounts: NDArray[np.uint64]) -> NDArray[np.void]:
        """The posts of some accounts, as :data:`POST`, in the order in which they came."""
        wanted = np.sort(accounts)
        found = [np.zeros(0, POST)]
        for rows in self._parts():
            at = np.minimum(np.searchsorted(wanted, rows["account"]), max(len(wanted) - 1, 0))
            inside = rows[wanted[at] == rows["account"]] if len(wanted) else rows[:0]
            posts = np.zeros(len(inside), POST)
            for name in POST.names or ():
                posts[name] = inside[name]
            found.append(posts)
        return np.concatenate(found)

    def _times(self) -> NDArray[np.int64]:
        parts = [rows["time"].copy() for rows in self._parts()]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def _parts(self) -> Iterator[NDArray[np.void]]:
        rows, held = _mapped(self._trace_file, TRACE)
        for first in range(0, self.rows, _PART):
            yield rows[first : first + _PART]
            _let_go(held)


def _file() -> IO[bytes]:
    return tempfile.TemporaryFile()


def _mapped(file: IO[bytes], dtype: np.dtype[Any]) -> tuple[NDArray[Any], mmap.mmap | None]:
    """What a file holds, as records; not a copy."""
    file.flush()
    if not file.tell():
        return np.zeros(0, dtype), None
    held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return np.frombuffer(held, dtype), held


def _let_go(held: mmap.mmap | None) -> None:
    """Tell the system that pages that were read are not needed in memory for now."""
    if held is not None and hasattr(mmap, "MADV_DONTNEED"):
        held.madvise(mmap.MADV_DONTNEED)

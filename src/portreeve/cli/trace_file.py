"""Traces of a dump, which wait in temporary files and are read back a part at a time.

What is read back is let go of again, so that memory does not grow with the dump. Rows that do not
stand in the order of time are brought into it run by run: a run is the rows of a span of time that
holds about a million of them, found by passing over the times alone.
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
_PART, _BATCH = 1 << 16, 1 << 14
_RUN = 1 << 20
_SPANS = 1 << 16
_NUMBER = np.dtype(np.int64)
_LATE = np.iinfo(np.int64).max


class TraceFile:
    """Takes traces batch by batch; :attr:`rows` tells how many it holds."""

    def __init__(self) -> None:
        self.rows = 0
        self._keys = 0
        self._earliest, self._latest = _LATE, -_LATE
        self._in_order = True
        self._trace_file, self._time_file = _file(), _file()
        self._key_file, self._bound_file = _file(), _file()
        self._bound_file.write(np.zeros(1, _NUMBER).tobytes())

    def add(self, traces: Traces) -> None:
        """Take the next rows."""
        times = traces.rows["time"]
        if len(times):
            self._in_order &= bool(times[0] >= self._latest and (np.diff(times) >= 0).all())
            self._earliest = min(self._earliest, int(times.min()))
            self._latest = max(self._latest, int(times.max()))
        bounds = np.searchsorted(traces.keys["row"], np.arange(1, len(traces) + 1))
        self._trace_file.write(traces.rows.tobytes())
        self._time_file.write(times.tobytes())
        self._key_file.write(traces.keys.tobytes())
        self._bound_file.write((bounds.astype(_NUMBER) + self._keys).tobytes())
        self.rows += len(traces)
        self._keys += len(traces.keys)

    def whole(self) -> Traces:
        """All rows, in the order in which they came."""
        found = [_mapped(self._trace_file, TRACE), _mapped(self._key_file, KEY)]
        rows, keys = (array.copy() for array, _ in found)
        bounds, _ = _mapped(self._bound_file, _NUMBER)
        keys["row"] = np.repeat(np.arange(self.rows), np.diff(bounds))
        return Traces(rows, keys)

    def by_time(self, size: int = _BATCH) -> Iterator[Traces]:
        """All rows in the order of time, of equal times in that in which they came."""
        held = [_mapped(self._trace_file, TRACE), _mapped(self._key_file, KEY)]
        held.append(_mapped(self._bound_file, _NUMBER))
        (rows, _), (keys, _), (bounds, _) = held
        for chosen in self._ordered(size):
            begins, counts = bounds[chosen], bounds[chosen + 1] - bounds[chosen]
            before = np.cumsum(counts) - counts
            shown = keys[np.repeat(begins - before, counts) + np.arange(counts.sum())]
            shown["row"] = np.repeat(np.arange(len(chosen)), counts)
            yield Traces(rows[chosen], shown)
            for _, pages in held:
                _let_go(pages)

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

    def _ordered(self, size: int) -> Iterator[NDArray[np.int64]]:
        """Places of rows in the order of time, up to ``size`` at once."""
        if self._in_order:
            for first in range(0, self.rows, size):
                yield np.arange(first, min(first + size, self.rows))
            return
        for run in self._runs():
            for first in range(0, len(run), size):
                yield run[first : first + size]

    def _runs(self) -> Iterator[NDArray[np.int64]]:
        """Places of rows in the order of time, about :data:`_RUN` at once."""
        width = (self._latest - self._earliest) // _SPANS + 1
        many = np.zeros(_SPANS, np.int64)
        for _, spans in self._spans(width):
            many += np.bincount(spans, minlength=_SPANS)
        run_of = np.cumsum(many) // _RUN
        for run in range(int(run_of[-1]) + 1):
            found = [first + np.flatnonzero(run_of[spans] == run)
                     for first, spans in self._spans(width)]  # fmt: skip
            places = np.concatenate(found)
            times, pages = _mapped(self._time_file, _NUMBER)
            yield places[np.argsort(times[places], kind="stable")]
            _let_go(pages)

    def _spans(self, width: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """The span of time that each row falls in, a part of the rows after the other, and the
        place of each part's first."""
        times, pages = _mapped(self._time_file, _NUMBER)
        for first in range(0, self.rows, _PART):
            yield first, (times[first : first + _PART] - self._earliest) // width
            _let_go(pages)

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

"""What memory costs: `python -m bench.memory [--pool FILE] [--posts N] [--page]`.

Posts of 20,000 accounts, some of whom post much, go through the whole of memory as a service feeds
it: traces, all parts, five counters, the journal. The posts are invented; ``--pool`` measures real
ones of a Parquet file with a column ``text`` beside them. Figures are CPU microseconds of one
process. ``--page`` writes them into docs/memory.md.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl
from rich.console import Console

from bench import machine
from bench.page import Section, put_figures
from bench.posts import chunks
from bench.speed import ROOT
from portreeve.admission import admit
from portreeve.engine import Assessed, assess
from portreeve.memory.events import Items, decode, encode
from portreeve.memory.journals import EmbeddedJournal, packed
from portreeve.memory.keeping import Keeper
from portreeve.memory.memory import Memory
from portreeve.memory.traces import Secret, Traces, trace
from portreeve.policy import Counter, Words, load

PAGE = ROOT / "docs" / "memory.md"
_ACCOUNTS = 20_000
_BEFORE = 300
"""Batches remembered before any is measured: they compile, fill caches and take up pages."""
_PROJECTED = 100_000_000
Found = TypeVar("Found")
_NOW = datetime(2026, 11, 27, tzinfo=UTC)


def _counter(name: str, count: str, by: str, days: int, against: int | None = None) -> Counter:
    past = None if against is None else timedelta(days=against)
    return Counter(name, Words(name, name), count, by, timedelta(days=days), past,  # type: ignore[arg-type]
                   None, "house", "", 1, None)  # fmt: skip


COUNTERS = (
    _counter("posts a day", "posts", "account", 1),
    _counter("posts a day against four weeks", "posts", "account", 1, 28),
    _counter("handles a week", "contacts", "account", 7),
    _counter("accounts of a handle", "accounts", "contact", 7),
    _counter("hours since first seen", "hours", "account", 90),
)


def frames(posts: int, batch: int, pool: Path | None = None) -> Iterator[pl.DataFrame]:
    """Posts with accounts of a heavy tail, a second apart."""
    random = np.random.default_rng(7)
    at = 0
    for chunk in chunks(posts, pool=pool):
        who = random.zipf(1.3, len(chunk)) % _ACCOUNTS
        when = [_NOW + timedelta(seconds=at + n - posts) for n in range(len(chunk))]
        whole = chunk.with_columns(
            pl.Series("account", [f"u{n}" for n in who]), pl.Series("time", when)
        )
        at += len(chunk)
        for first in range(0, len(whole), batch):
            yield whole[first : first + batch]


class Clock:
    """CPU seconds by what they went into."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    def of(self, what: str, work: Callable[[], Found]) -> Found:
        """Do something, and note its time."""
        begun = time.process_time()
        found = work()
        self.spent[what] = self.spent.get(what, 0.0) + time.process_time() - begun
        return found


def cost(posts: int, batch: int, pool: Path | None) -> tuple[dict[str, float], int]:
    """Microseconds a post by what they went into, and the bytes of a post in the journal."""
    policy, secret = load("acquaintance"), Secret.of(b"bench")
    clock, size, before = Clock(), 0, min(_BEFORE, posts // batch)
    with tempfile.TemporaryDirectory() as folder:
        keeper = Keeper(EmbeddedJournal(Path(folder) / "memory.db"), counters=COUNTERS)
        for number, frame in enumerate(frames(posts + before * batch, batch, pool)):
            if number == before:
                clock, size = Clock(), 0
            assessed = clock.of("measuring", lambda frame=frame: assess(admit(frame, policy).items))
            traces = clock.of("traces", lambda a=assessed: _traced(a, policy, secret))
            event = Items(traces, {c.identity: np.ones(len(traces), bool) for c in COUNTERS})
            size += len(clock.of("coding", lambda event=event: encode(event)))
            clock.of("memory and journal", lambda event=event: keeper.remember(event))
        clock.spent["memory and journal"] -= clock.spent["coding"]  # it is done there once more
    return {what: spent / posts * 1e6 for what, spent in clock.spent.items()}, size // posts


def _traced(assessed: Assessed, policy: object, secret: Secret) -> Traces:
    return trace(assessed.items, assessed.facts, assessed.places, policy, secret, _NOW)  # type: ignore[arg-type]


def growth(posts: int) -> list[tuple[int, float, float, float]]:
    """By posts remembered: seconds so far, MiB of the state as kept, MiB of its arrays."""
    policy, secret = load("acquaintance"), Secret.of(b"bench")
    memory = Memory(counters=COUNTERS)
    found, done, spent = [], 0, 0.0
    for frame in frames(posts, 1_000):
        traces = _traced(assess(admit(frame, policy).items), policy, secret)
        data = encode(Items(traces, {c.identity: np.ones(len(traces), bool) for c in COUNTERS}))
        begun = time.process_time()
        memory.apply(decode(data))
        spent += time.process_time() - begun
        done += len(frame)
        if done % (posts // 4) == 0:
            arrays = memory.arrays().values()
            kept = sum(len(packed(array)) for array in arrays)
            found.append((done, spent, kept / 2**20, sum(a.nbytes for a in arrays) / 2**20))
    return found


def sections(posts: int, pool: Path | None) -> list[Section]:
    """The tables."""
    rows = []
    for texts in (None, pool) if pool else (None,):
        for batch, count in ((64, posts // 4), (1, posts // 100), (1_000, posts // 2)):
            spent, size = cost(count, batch, texts)
            memory = sum(spent.values()) - spent["measuring"]
            parts = [f"{spent[what]:.1f}" for what in ("traces", "coding", "memory and journal")]
            rows.append(("real" if texts else "invented", f"{count:,}", f"{batch:,}", *parts,
                         f"**{memory:.1f}**", f"{spent['measuring']:.1f}",
                         f"{size:,}"))  # fmt: skip
    online = Section(
        "What memory adds, online",
        ("posts", "how many", "batch", "traces", "coding", "parts, counters, journal",
         "memory in all", "measuring, for comparison", "bytes a post in the journal"),
        tuple(rows),
        (
            f"CPU microseconds a post, after up to {_BEFORE} batches; five counters; "
            "wanted: 20 at batches of 64.",
            machine.description(),
        ),
    )  # fmt: skip
    grown = growth(posts)
    (first, early, *_), (last, late, *_) = grown[0], grown[-1]
    slope = (late - early) / (last - first)
    replay = Section(
        "Replaying a journal, and how the state grows",
        ("posts", "CPU seconds so far", "state as kept, MiB", "its arrays, MiB"),
        tuple(
            (f"{done:,}", f"{spent:.1f}", f"{kept:.0f}", f"{arrays:.0f}")
            for done, spent, kept, arrays in grown
        ),
        (
            f"**Projection, not measured:** by the slope between {first:,} and {last:,} posts, "
            f"{_PROJECTED:,} posts take {slope * _PROJECTED / 60:.0f} minutes on one core. The "
            "arrays are bounded by their settings whatever the number of posts.",
        ),
    )  # fmt: skip
    return [online, replay]


def main() -> None:
    """Measure, print, and write the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=200_000, help="how many posts at most")
    parser.add_argument("--page", action="store_true", help="write the figures into the docs")
    parser.add_argument("--pool", type=Path, help="Parquet file of real posts, column text")
    asked = parser.parse_args()
    found = sections(asked.posts, asked.pool)
    for section in found:
        section.show(Console())
    if asked.page:
        put_figures(PAGE, found)


if __name__ == "__main__":
    main()

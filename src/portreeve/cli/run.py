"""From inputs to decisions: read, admit, decide, write, count. Used by ``screen`` and ``demo``."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import polars as pl

from portreeve.admission import admit
from portreeve.engine import assess, decide, decide_assessed
from portreeve.files import (
    Batch,
    DecisionWriter,
    Options,
    Reader,
    Reject,
    RejectWriter,
    open_input,
)
from portreeve.model import SurfaceState
from portreeve.policy import Policy
from portreeve.report.tally import Tally

if TYPE_CHECKING:
    from portreeve.cli.recalling import Recalling


class Sink(Protocol):
    """Takes admitted items and their decisions, row by row."""

    def add(self, items: pl.DataFrame, decisions: pl.DataFrame) -> None:
        """Take a batch."""
        ...


Watch = Callable[[str, float | None, Tally], None]
"""Is told after each batch: the input, the share of it that is done, the counts so far."""


@dataclass
class Run:
    """One run over some inputs, and what came of it."""

    policy: Policy
    options: Options
    published: bool = False
    signals: bool = False
    """Whether the written decisions have the column ``signals``."""
    recalling: Recalling | None = None
    """What remembers the rows before; None for deciding each by itself."""
    output: DecisionWriter | None = None
    rejects: RejectWriter | None = None
    sinks: Sequence[Sink] = ()
    watch: Watch | None = None
    tally: Tally = field(default_factory=Tally)
    rejected: int = 0
    ended_early: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    deciding_seconds: float = 0.0
    """Of the CPU-seconds, those spent on deciding alone: no reading, counting or writing."""
    start_seconds: float = 0.0
    """Wall time until the first post could be decided: compiling or loading the kernels."""
    _next_id: int = 1

    def __post_init__(self) -> None:
        states = self.policy.surfaces
        sealed = {s.value for s, state in states.items() if state is SurfaceState.sealed}
        self.options = replace(self.options, sealed=self.options.sealed | sealed)

    def prepare(self) -> None:
        """Load (or, the first time on a machine, compile) what decides."""
        begin = time.perf_counter()
        decide(admit(pl.DataFrame({"text": ["…"]}), self.policy).items, self.policy, signals=True)
        self.start_seconds = time.perf_counter() - begin

    def over(self, inputs: Sequence[str]) -> None:
        """Decide every row of the inputs, in order.

        Raises:
            InputError: an input cannot be used at all.
        """
        begin, cpu = time.perf_counter(), time.process_time()
        for name in inputs:
            with open_input(name, self.options, self._next_id) as reader:
                self.one(reader)
                self._next_id += reader.rows_read
        self.seconds += time.perf_counter() - begin
        self.cpu_seconds += time.process_time() - cpu

    def one(self, reader: Reader) -> None:
        """Decide every row of an open input."""
        for batch in reader.batches():
            rejects = [*batch.rejects, *(self._decide(batch) if len(batch.frame) else ())]
            self._set_aside(in_order(rejects))
            if self.watch is not None:
                self.watch(batch.file, batch.done, self.tally)
        if reader.ended_early is not None:
            self.ended_early.append(f"{reader.name}: {reader.ended_early}")
            remedy = "Get the whole file; the rows before this place have been decided."
            self._set_aside([Reject(reader.name, None, None, reader.ended_early, remedy)])

    def _decide(self, batch: Batch) -> list[Reject]:
        """Decide a batch; the rows that cannot be decided come back."""
        cpu = time.process_time()
        admitted = admit(batch.frame, self.policy)
        items = admitted.items
        if not items.is_empty():
            wanted = self.signals or bool(self.sinks)
            assessed = assess(items)
            told = None if self.recalling is None else self.recalling.of(assessed)
            decisions = decide_assessed(
                assessed, self.policy, told, published=self.published, signals=wanted
            )
            self.deciding_seconds += time.process_time() - cpu
            self._give(items, decisions, _without(batch.numeric_ids, admitted.rejected["row"]))
        return not_admitted(batch, admitted.rejected, self.options)

    def _give(
        self, items: pl.DataFrame, decisions: pl.DataFrame, numeric_ids: list[bool] | None
    ) -> None:
        self.tally.add(decisions)
        for sink in self.sinks:
            sink.add(items, decisions)
        if self.output is not None:
            if not self.signals:
                decisions = decisions.drop("signals", strict=False)
            self.output.write(decisions, numeric_ids)

    def _set_aside(self, rejects: list[Reject]) -> None:
        self.rejected += len(rejects)
        if self.rejects is not None:
            self.rejects.write(rejects)


def not_admitted(batch: Batch, rejected: pl.DataFrame, options: Options) -> list[Reject]:
    """The rejects for rows of a batch that were read and not admitted."""
    surfaces = batch.frame["surface"]
    return [
        batch.reject(row, reason, remedy, quote=options.may_quote(surfaces[row]))
        for row, reason, remedy in rejected.iter_rows()
    ]


def in_order(rejects: Sequence[Reject]) -> list[Reject]:
    """Rejects of one batch in the order of its rows."""
    return sorted(rejects, key=lambda reject: reject.row or 0)


def _without(flags: Sequence[bool] | None, positions: pl.Series) -> list[bool] | None:
    if flags is None:
        return None
    kept: list[bool] = np.delete(np.asarray(flags), positions.to_numpy()).tolist()
    return kept

"""Where the CPU time of `portreeve.screen` goes, stage by stage.

The stages that are whole functions are timed in place. The steps inside the text kernel cannot be
timed apart there, so folding, then scoring and matching with it, are run over the same texts by a
kernel of their own; what remains of the scan is the reading of links, contacts and money.
"""

from __future__ import annotations

import functools
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import polars as pl

from portreeve import engine
from portreeve.policy import Policy
from portreeve.signals import text
from portreeve.signals.compiled import kernel
from portreeve.signals.fold import fold_table
from portreeve.signals.kernel import Row, count_row, fold_row
from portreeve.signals.lexicon import lexicon
from portreeve.signals.matcher import match_row
from portreeve.signals.scorer import OUTPUTS, Scratch, score_row, shipped_model

_FLAG_COUNTERS = 16
_STEPS = ("fold", "score", "match")


@kernel
def _first_steps(  # type: ignore[no-untyped-def]
    steps, data, offsets, table, scratch, weights, room, scores, trie, hits, topic, found
):
    """Fold, then score, then match each text, as far as ``steps`` says."""
    codes, flags, places = scratch
    total = 0
    for row in range(offsets.size - 1):
        n, _ = fold_row(data, offsets[row], offsets[row + 1], *table, codes, flags, places)
        total += count_row(codes, flags, n, topic, found)
        if steps > 1:
            score_row(codes, n, *weights, *room, scores)
        if steps > 2:
            total += match_row(codes, flags, n, *trie, hits)
    return total


def kernel_seconds(texts: pl.Series) -> dict[str, float]:
    """CPU seconds of folding, scoring and matching, each without the steps before it."""
    data, offsets = text._buffers(texts)
    table, model = fold_table(), shipped_model()
    scratch = Row.scratch(int(np.diff(offsets).max(initial=0)))
    rest = (
        table.arrays(),
        scratch,
        model.arrays(),
        Scratch.arrays(),
        np.zeros(len(OUTPUTS), dtype=np.float32),
        lexicon().trie.arrays(),
        np.empty((scratch[0].size, 4), dtype=np.int32),
        np.empty(scratch[0].size, dtype=np.uint8),
        np.zeros(_FLAG_COUNTERS, dtype=np.int32),
    )
    seconds = {}
    before = 0.0
    for steps, name in enumerate(_STEPS, start=1):
        _first_steps(steps, data, offsets[:100], *rest)
        began = time.process_time()
        _first_steps(steps, data, offsets, *rest)
        so_far = time.process_time() - began
        seconds[name] = so_far - before
        before = so_far
    return seconds


@contextmanager
def _timed(places: tuple[tuple[Any, str, str], ...], spent: dict[str, float]) -> Iterator[None]:
    """Adds up the CPU time of functions while they are called where they live."""
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in places]
    for owner, name, stage in places:
        setattr(owner, name, _timer(getattr(owner, name), stage, spent))
    try:
        yield
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)


def _timer(function: Callable[..., Any], stage: str, spent: dict[str, float]) -> Callable[..., Any]:
    @functools.wraps(function)
    def timed(*args: Any, **keywords: Any) -> Any:
        began = time.process_time()
        try:
            return function(*args, **keywords)
        finally:
            spent[stage] += time.process_time() - began

    return timed


def stage_seconds(frame: pl.DataFrame, policy: Policy) -> dict[str, float]:
    """CPU seconds of each stage over the posts, in the order of the work; they add up.

    Keys: admit, fold, score, match, extract, signals, rules, assemble.
    """
    spent: dict[str, float] = defaultdict(float)
    places = (
        (engine, "admit", "admit"),
        (text, "measure", "measure"),
        (text, "scan", "scan"),
        (Policy, "holding", "rules"),
        (engine, "assemble", "assemble"),
    )
    with _timed(places, spent):
        engine.screen(frame, policy)
    steps = kernel_seconds(frame["text"])
    return {
        "admit": spent["admit"],
        **steps,
        "extract": spent["scan"] - sum(steps.values()),
        "signals": spent["measure"] - spent["scan"],
        "rules": spent["rules"],
        "assemble": spent["assemble"],
    }

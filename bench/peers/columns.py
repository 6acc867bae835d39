"""The twenty rules as polars expressions over the text column: columns without a text kernel.

Rust's regular expressions know no look-around, so a look-behind becomes "the start, or another
character" and a look-ahead likewise; that says the same of whether an atom is found.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from functools import reduce
from operator import and_

import polars as pl

from bench.peers.base import PeerRun
from bench.rules import ATOMS, RULES, Atom


def _pattern(pattern: str) -> str:
    pattern = re.sub(r"\(\?<!\[([^]]+)\]\)", r"(?:^|[^\1])", pattern)
    pattern = re.sub(r"\(\?!\[([^]]+)\]\)", r"(?:[^\1]|$)", pattern)
    return f"(?i){pattern}"


def _atom(atom: Atom) -> pl.Expr:
    text, pattern = pl.col("text"), _pattern(atom.pattern)
    if atom.at_least == 1:
        return text.str.contains(pattern)
    return text.str.count_matches(pattern) >= atom.at_least


def expressions() -> list[pl.Expr]:
    """One boolean expression a rule; polars computes what they share once."""
    atoms = {name: _atom(atom) for name, atom in ATOMS.items()}
    return [
        reduce(and_, [atoms[name] for name in rule.found] + [~atoms[name] for name in rule.absent])
        .alias(rule.name)
        for rule in RULES
    ]  # fmt: skip


def run(texts: Sequence[str]) -> PeerRun:
    """Evaluates the rules in this process."""
    frame = pl.DataFrame({"text": texts})
    rules = expressions()
    frame.head(1_000).lazy().select(rules).collect()
    before = time.process_time()
    held = frame.lazy().select(rules).collect()
    used = time.process_time() - before
    hits: list[list[int]] = [[] for _ in texts]
    for number, column in enumerate(held.get_columns()):
        for row in column.arg_true():
            hits[row].append(number)
    return PeerRun(f"polars {pl.__version__}", used, hits)

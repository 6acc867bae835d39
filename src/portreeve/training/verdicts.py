"""What the shipped policy decides with a model: verdicts on posts that the model never saw."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from portreeve.engine import screen
from portreeve.model import Verdict
from portreeve.policy import load
from portreeve.signals.scorer import Model
from portreeve.training.corpus import CLEAN, Corpus
from portreeve.training.measure import wilson

POLICY = "acquaintance"
SELLERS = ("micro_business", "recruitment")
"""The categories that the friends' feed is kept free of first."""
_STOPS = (Verdict.hold.value, Verdict.refuse.value)


def under_policy(corpus: Corpus, models: list[Model]) -> list[dict[str, Any]]:
    """Verdicts on the core's posts as new posts in Moments, by category; one model for each fold.

    Each row: ``name``, ``posts``, ``refused``, ``held``, ``passed`` (allowed, labelled or shown
    to fewer), the last three as Wilson intervals. After the categories come what promotes nothing
    together, and :data:`SELLERS` together.
    """
    verdict = _verdicts(corpus, models)
    category = corpus.core.category
    groups: dict[str, tuple[str, ...]] = {name: (name,) for name in sorted(set(category.tolist()))}
    groups |= {" and ".join(CLEAN): CLEAN, " and ".join(SELLERS): SELLERS}
    table = []
    for name, members in groups.items():
        said = verdict[np.isin(category, members)]
        refused, held = (int((said == stop).sum()) for stop in _STOPS[::-1])
        table.append({
            "name": name,
            "posts": len(said),
            "refused": wilson(refused, len(said)),
            "held": wilson(held, len(said)),
            "passed": wilson(len(said) - refused - held, len(said)),
        })  # fmt: skip
    return table


class Stopped(NamedTuple):
    """How many of :data:`SELLERS` are refused or held where so many others pass.

    ``clean``: how many others there are; ``passed``: the share of them that passes with the
    thresholds as shipped; ``stopped``: the share of sellers that is stopped where all log-odds are
    moved until ``share`` of the others pass, NaN where no move of :data:`MOVES` does that.
    """

    clean: int
    passed: float
    share: float
    stopped: float


MOVES = tuple(np.round(np.linspace(-1.2, 1.2, 9), 1).tolist())
"""By how much all log-odds are moved; between two moves the shares are interpolated."""


def stopped_at(
    corpus: Corpus, models: list[Model], cleans: list[NDArray[np.bool_]], share: float
) -> list[Stopped]:
    """For each choice of the core's posts that promote nothing, see :class:`Stopped`."""
    sells = np.isin(corpus.core.category, SELLERS)
    stops = [np.isin(_verdicts(corpus, models, moved), _STOPS) for moved in MOVES]
    found = []
    for clean in cleans:
        passed = np.array([1 - stop[clean].mean() for stop in stops])
        stopped = np.array([stop[sells].mean() for stop in stops])
        at = np.interp(share, passed[::-1], stopped[::-1], left=np.nan, right=np.nan)
        found.append(Stopped(int(clean.sum()), float(passed[MOVES.index(0.0)]), share, float(at)))
    return found


def _verdicts(corpus: Corpus, models: list[Model], moved: float = 0.0) -> NDArray[np.str_]:
    """The verdict on each post of the core, log-odds of all outputs moved by so much."""
    policy = load(POLICY)
    verdict = np.empty(len(corpus.core), dtype="U8")
    for fold, model in enumerate(models):
        calibration = model.calibration + np.array([0, moved], np.float32)
        rows = np.flatnonzero(corpus.fold == fold)
        posts = pl.DataFrame({"text": [corpus.core.raw[row] for row in rows]})
        one = dataclasses.replace(model, calibration=calibration)
        verdict[rows] = screen(posts, policy, model=one)["verdict"].to_numpy()
    return verdict

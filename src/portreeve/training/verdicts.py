"""What the shipped policy decides with a model: verdicts on posts that the model never saw."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

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
    policy = load(POLICY)
    verdict = np.empty(len(corpus.core), dtype="U8")
    for fold, model in enumerate(models):
        rows = np.flatnonzero(corpus.fold == fold)
        posts = pl.DataFrame({"text": [corpus.core.raw[row] for row in rows]})
        verdict[rows] = screen(posts, policy, model=model)["verdict"].to_numpy()
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

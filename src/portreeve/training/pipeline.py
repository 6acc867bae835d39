"""``portreeve train``: from data files to the artefact, its fold models and its card."""

from __future__ import annotations

import csv
import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from portreeve.signals.reading import BUCKET_BITS, TOPIC
from portreeve.signals.scorer import OUTPUTS, Model
from portreeve.training import attacks, card, floor, measure, texts
from portreeve.training.corpus import (
    CLEAN,
    FOLDS,
    NON_COMMERCIAL,
    Corpus,
    Labelled,
    labelled,
    prepare,
    read_labelled,
    rereads,
    targets_of,
)
from portreeve.training.student import Lesson, Progress, Semantics, predict, train_student
from portreeve.training.teacher import Kernel
from portreeve.training.texts import Texts
from portreeve.training.verdicts import stopped_at, under_policy

_CORE_WEIGHT, _READ_WEIGHT, _OTHER_WEIGHT, _COPY_WEIGHT, _TAUGHT_WEIGHT = 4.0, 3.0, 0.5, 2.0, 1.0
_INTENT_WEIGHT = 0.6
_SOFT_COPY_WEIGHT = 0.2
_MOST_OF_A_SOURCE = 2500
_MOST_CLEAN_POINTS = 8000
_LIKELY, _ANY = 60_000, 60_000
_HELD, _LEAST_HELD = 0.25, 50
_COPIES = 0.6
_RATES = (0.01, 0.02)
_PASS = 0.98


@dataclass(frozen=True)
class Taught:
    """What the teachers say of posts of the pool: one for each fold, and one that saw everything.

    ``rows``: the posts, as rows of the pool; ``said``: float32[FOLDS + 1, rows, 9], probabilities.
    The teacher of a fold learnt from no near copy of that fold's test posts.
    """

    rows: NDArray[np.int64]
    said: NDArray[np.float32]


def train(
    paths: list[Path],
    *,
    pool: Path | None = None,
    out: Path,
    card: Path,
    seed: int = 0,
    folds_out: Path | None = None,
    progress: Progress = lambda _: None,
    quick: bool = False,
) -> dict[str, Any]:
    """Rebuild the artefact from data files, and write its card with every figure.

    ``paths``: Parquet files of labelled posts (text, label, and id, source, category). Rows with
    one of the project's categories are the core: the model is tested on them, fold by fold. A file
    whose name begins with ``dev`` is tested on and not learnt from. ``pool``: unlabelled posts.
    ``folds_out``: folder for the model of each fold and ``folds.csv`` (id, fold, cluster).
    ``quick``: leaves out the cross-source table and most bootstrap repeats. Returns the figures of
    the card. The same files, seed and machine give the same bytes. Raises
    :class:`~portreeve.training.corpus.CorpusError` for a file that cannot be used.
    """
    test_paths = [path for path in paths if path.name.startswith("dev")]
    corpus = prepare([path for path in paths if path not in test_paths], pool, progress)
    test = labelled(read_labelled(test_paths)) if test_paths else None
    return build(
        corpus, test, out=out, card=card, seed=seed, folds_out=folds_out, progress=progress,
        quick=quick,
    )  # fmt: skip


def build(
    corpus: Corpus,
    test: Labelled | None,
    *,
    out: Path,
    card: Path,
    seed: int = 0,
    folds_out: Path | None = None,
    progress: Progress = lambda _: None,
    quick: bool = False,
) -> dict[str, Any]:
    """The second half of :func:`train`: learn, save and measure."""
    taught = teach(corpus, progress)
    models, logits = [], np.zeros((len(corpus.core), len(OUTPUTS)))
    for fold in range(FOLDS):
        model = learn(corpus, taught, fold, seed, progress)
        rows = np.flatnonzero(corpus.fold == fold)
        logits[rows] = _log_odds(predict(model, corpus.core.texts.take(rows)))
        models.append(model)
        progress(f"fold {fold + 1} of {FOLDS} learnt")
    final = learn(corpus, taught, FOLDS, seed, progress)
    targets = corpus.core.targets
    models = [
        _calibrated(model, logits[corpus.fold != fold], targets[corpus.fold != fold])
        for fold, model in enumerate(models)
    ]
    final = _calibrated(final, logits, targets)
    final.save(out)
    progress(f"saved {out} ({out.stat().st_size:,} bytes)")
    if folds_out is not None:
        _save_folds(folds_out, models, corpus)
    figures = measure_all(corpus, test, models, final, progress, quick)
    figures["artefact_bytes"] = out.stat().st_size
    if not quick:
        figures["left_out"] = leave_out(corpus, test, seed, progress)
    write_card(card, corpus, figures)
    return figures


def write_card(path: Path, corpus: Corpus, figures: dict[str, Any]) -> None:
    """Write the model card."""
    path.write_text(card.render(figures, card.facts(corpus)), encoding="utf-8")


def teach(corpus: Corpus, progress: Progress) -> Taught | None:
    """Teachers of the core and the read posts of the pool; None without a pool to label."""
    promising = _prefilter(corpus)
    generator = np.random.default_rng(0)
    unread = np.flatnonzero(corpus.pool_category == "")
    likely = unread[np.argsort(-promising[unread], kind="stable")[:_LIKELY]]
    rest = np.setdiff1d(unread, likely)
    chance = generator.choice(rest, min(len(rest), _ANY), replace=False)
    rows = np.sort(np.concatenate([likely, chance]))
    if len(rows) == 0:
        return None
    clean = np.flatnonzero(np.isin(corpus.pool_category, CLEAN))
    clean = generator.choice(clean, min(len(clean), _MOST_CLEAN_POINTS), replace=False)
    selling = np.flatnonzero((corpus.pool_category != "") & ~np.isin(corpus.pool_category, CLEAN))
    read = np.sort(np.concatenate([clean, selling]))
    said = corpus.pool_category[read]
    known = np.vstack([corpus.core.targets, targets_of(~np.isin(said, CLEAN), said)[0]])
    kernel = Kernel.of(
        Texts.join([corpus.core.texts, corpus.pool.take(read)]),
        np.vstack([corpus.core_means, corpus.pool_means[read]]),
    )
    progress(f"teacher: {len(known):,} points, {len(rows):,} posts to label")
    # Calibrated on read posts of the pool where there are any, so on no test post of the core.
    held = len(corpus.core) + np.flatnonzero(generator.random(len(read)) < _HELD)
    if len(held) < _LEAST_HELD:
        held = np.flatnonzero(generator.random(len(known)) < _HELD)
    slope, intercept = kernel.calibration(held, known).T
    progress("teacher calibrated")
    near = np.vstack([np.eye(FOLDS, dtype=bool)[corpus.fold], corpus.near_pool[read]])
    seen = [*(np.flatnonzero(~near[:, fold]) for fold in range(FOLDS)), np.arange(len(known))]
    weights, means = zip(*(kernel.solve(one, known) for one in seen), strict=True)
    progress("the teachers of all folds have learnt")
    scores = kernel.score(corpus.pool.take(rows), corpus.pool_means[rows], np.hstack(weights))
    odds = (scores.reshape(len(rows), FOLDS + 1, -1) + np.stack(means)) * slope + intercept
    progress("the teachers have labelled the posts")
    return Taught(rows, (1 / (1 + np.exp(-odds))).astype(np.float32).transpose(1, 0, 2))


def _prefilter(corpus: Corpus) -> NDArray[np.float64]:
    """How likely each post of the pool promotes, by n-gram odds of the pool's own read posts."""
    selling = (corpus.pool_category != "") & ~np.isin(corpus.pool_category, CLEAN)
    clean = np.isin(corpus.pool_category, CLEAN)
    odds = np.zeros(1 << BUCKET_BITS)
    for sign, rows in ((1, np.flatnonzero(selling)), (-1, np.flatnonzero(clean))):
        part = corpus.pool.take(rows)
        seen = np.bincount(part.grams[part.regions != TOPIC], minlength=1 << BUCKET_BITS)
        odds += sign * np.log((seen + 0.5) / (seen.sum() + 1))
    weight = np.where(corpus.pool.regions != TOPIC, odds[corpus.pool.grams], 0)
    total = np.concatenate([[0.0], np.cumsum(weight)])
    sums: NDArray[np.float64] = total[corpus.pool.starts[1:]] - total[corpus.pool.starts[:-1]]
    return np.asarray(sums / np.sqrt(np.diff(corpus.pool.starts) + 20), dtype=np.float64)


def learn(corpus: Corpus, taught: Taught | None, fold: int, seed: int, progress: Progress) -> Model:
    """A student that sees nothing near a test post of ``fold``; fold FOLDS: of everything."""
    core = np.flatnonzero(corpus.fold != fold)
    far_pool = ~corpus.near_pool[:, fold] if fold < FOLDS else np.ones(len(corpus.pool), bool)
    far_other = ~corpus.near_other[:, fold] if fold < FOLDS else np.ones(len(corpus.other), bool)
    parts = [_taken(corpus.core, core, _CORE_WEIGHT), _copies(corpus.core, core, seed)]
    read = np.flatnonzero(far_pool & (corpus.pool_category != ""))
    said = corpus.pool_category[read]
    aims, known = targets_of(~np.isin(said, CLEAN), said)
    parts.append(Lesson(corpus.pool.take(read), aims, _READ_WEIGHT * known.astype(np.float32)))
    if taught is not None:
        kept = far_pool[taught.rows]
        aims = taught.said[fold][kept]
        parts.append(
            Lesson(corpus.pool.take(taught.rows[kept]), aims, np.full_like(aims, _TAUGHT_WEIGHT))
        )
    parts.append(_others(corpus.other, far_other, seed))
    lesson = _joined(parts)
    semantics = Semantics.of(corpus.words, corpus.vectors, corpus.rare, lesson.texts)
    return train_student(lesson, semantics, seed=seed, say=progress)


def _joined(parts: list[Lesson]) -> Lesson:
    parts = [part for part in parts if len(part.texts)]
    weights = np.concatenate([part.weights for part in parts]).astype(np.float32)
    weights[:, 1:] *= _INTENT_WEIGHT
    return Lesson(
        Texts.join([part.texts for part in parts]),
        np.concatenate([part.targets for part in parts]),
        weights,
    )


def _taken(rows: Labelled, chosen: NDArray[np.int64], weight: float) -> Lesson:
    return Lesson(
        rows.texts.take(chosen),
        rows.targets[chosen],
        weight * rows.known[chosen].astype(np.float32),
    )


def _copies(rows: Labelled, chosen: NDArray[np.int64], seed: int) -> Lesson:
    """Disguised copies of some posts, of those that promote and of those that do not."""
    generator = np.random.default_rng(seed + 1)
    drawn = chosen[generator.random(len(chosen)) < _COPIES]
    copies = [attacks.disguised_copy(rows.raw[row], generator) for row in drawn]
    return Lesson(
        texts.read(pl.Series(copies, dtype=pl.String)).take(np.arange(len(copies))),
        rows.targets[drawn],
        _COPY_WEIGHT * rows.known[drawn].astype(np.float32),
    )


def _others(
    other: Labelled, allowed: NDArray[np.bool_], seed: int, without: str | None = None
) -> Lesson:
    """Rows of the other sources, so many of each that none outweighs the rest."""
    generator = np.random.default_rng(seed + 2)
    chosen = [np.zeros(0, np.int64)]
    for source in np.unique(other.source):
        if source == without:
            continue
        for promo in (False, True):
            rows = np.flatnonzero(allowed & (other.source == source) & (other.promo == promo))
            chosen.append(generator.choice(rows, min(len(rows), _MOST_OF_A_SOURCE), replace=False))
    rows = np.sort(np.concatenate(chosen))
    lesson = _taken(other, rows, _OTHER_WEIGHT)
    soft = other.category[rows] == "soft_ad_copy"
    lesson.weights[soft] *= np.float32(_SOFT_COPY_WEIGHT / _OTHER_WEIGHT)
    return lesson


def _log_odds(probability: NDArray[np.float32]) -> NDArray[np.float64]:
    safe = np.clip(probability.astype(np.float64), 1e-7, 1 - 1e-7)
    return np.log(safe / (1 - safe))


def _calibrated(model: Model, logits: NDArray[np.float64], targets: NDArray[np.float32]) -> Model:
    fitted = [measure.calibrate(logits[:, k], targets[:, k]) for k in range(len(OUTPUTS))]
    return dataclasses.replace(model, calibration=np.array(fitted, np.float32))


def _save_folds(folder: Path, models: list[Model], corpus: Corpus) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for fold, model in enumerate(models):
        model.save(folder / f"fold-{fold}.npz")
    with (folder / "folds.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "fold", "cluster"])
        writer.writerows(
            zip(corpus.core.ids, corpus.fold.tolist(), corpus.cluster.tolist(), strict=True)
        )


def measure_all(
    corpus: Corpus,
    test: Labelled | None,
    models: list[Model],
    final: Model,
    progress: Progress,
    quick: bool,
) -> dict[str, Any]:
    """Every figure but the cross-source one. ``models``: calibrated, one for each fold."""
    core = corpus.core
    scores = np.zeros((len(core), len(OUTPUTS)), np.float32)
    for fold, model in enumerate(models):
        rows = np.flatnonzero(corpus.fold == fold)
        scores[rows] = predict(model, core.texts.take(rows))
    promotion = scores[:, 0]
    repeats = 50 if quick else 1000
    figures: dict[str, Any] = {
        "detection": {
            rate: measure.detection(
                promotion, core.promo, core.category, corpus.cluster, rate, repeats
            )
            for rate in _RATES
        },
        "base_rate": float(core.promo.mean()),
        "brier": measure.brier(promotion, core.promo),
        "reliability": measure.reliability(promotion, core.promo),
        "intents": {
            name: measure.auc(scores[:, k], core.targets[:, k] > 0)
            for k, name in enumerate(OUTPUTS)
            if k
        },
        "threshold": measure.threshold(promotion[~core.promo], _RATES[0]),
    }
    progress("measured on the core")
    simple = floor.out_of_fold(core.raw, core.promo, corpus.fold)
    figures["floor"] = {
        rate: measure.detection(simple, core.promo, core.category, corpus.cluster, rate, repeats)
        for rate in _RATES
    }
    progress("measured the floor")
    read, sells = rereads(core.ids)
    figures["rereads"] = measure.labels(
        promotion, core.promo, core.category, corpus.cluster, read, sells, _RATES, repeats
    )
    figures["attacks"] = _attack_table(corpus, models, promotion, figures["threshold"])
    progress("measured under attack")
    figures["policy"] = under_policy(corpus, models)
    cleans = [~core.promo, *([~core.promo & ~sells] if read.any() else [])]
    figures["stopped"] = stopped_at(corpus, models, cleans, _PASS)
    progress("measured under the shipped policy")
    if test is not None:
        figures["test_sources"] = _by_source(test, predict(final, test.texts)[:, 0])
        progress("measured on the other sources")
    return figures


def _attack_table(
    corpus: Corpus, models: list[Model], clean: NDArray[np.float32], threshold: float
) -> list[dict[str, Any]]:
    """For each attack: posts it changes, recall before and after, and how their ham twins fare."""
    core = corpus.core
    table = []
    for number, (name, attack) in enumerate(attacks.ATTACKS.items()):
        generator = np.random.default_rng(number)
        changed = [attack(text, generator) for text in core.raw]
        touched = np.array([a != b for a, b in zip(changed, core.raw, strict=True)])
        read = texts.read(pl.Series(changed, dtype=pl.String))
        score = np.zeros(len(core), np.float32)
        for fold, model in enumerate(models):
            rows = np.flatnonzero(corpus.fold == fold)
            score[rows] = predict(model, read.take(rows))[:, 0]
        promo, ham = touched & core.promo, touched & ~core.promo
        table.append({
            "attack": name,
            "learnt": name in attacks.LEARNT,
            "posts": int(promo.sum()),
            "before": measure.wilson(int((clean[promo] > threshold).sum()), int(promo.sum())),
            "after": measure.wilson(int((score[promo] > threshold).sum()), int(promo.sum())),
            "twins": int(ham.sum()),
            "twins_before": measure.wilson(int((clean[ham] <= threshold).sum()), int(ham.sum())),
            "twins_after": measure.wilson(int((score[ham] <= threshold).sum()), int(ham.sum())),
        })  # fmt: skip
    return table


def _by_source(rows: Labelled, promotion: NDArray[np.float32]) -> list[dict[str, Any]]:
    """For each source: AUC, recall and false positives at a probability of one half."""
    table = []
    for source in sorted(set(rows.source.tolist())):
        mine = rows.source == source
        promo, said = rows.promo[mine], promotion[mine]
        table.append({
            "source": source,
            "promo": int(promo.sum()),
            "ham": int((~promo).sum()),
            "auc": measure.auc(said, promo),
            "recall": measure.wilson(int((said[promo] >= 0.5).sum()), int(promo.sum())),
            "false_positives": measure.wilson(
                int((said[~promo] >= 0.5).sum()), int((~promo).sum())
            ),
        })  # fmt: skip
    return table


def leave_out(
    corpus: Corpus, test: Labelled | None, seed: int, progress: Progress
) -> list[dict[str, Any]]:
    """For each other source: a student that never saw it, tested on it."""
    table: list[dict[str, Any]] = []
    everything = np.ones(len(corpus.other), bool)
    rows = test if test is not None else corpus.other
    sources = sorted(set(corpus.other.source.tolist()) & set(rows.source.tolist()))
    for source in [*sources, *sorted(set(rows.source.tolist()) & set(NON_COMMERCIAL))]:
        core = np.arange(len(corpus.core))
        read = np.flatnonzero(corpus.pool_category != "")
        said = corpus.pool_category[read]
        aims, known = targets_of(~np.isin(said, CLEAN), said)
        lesson = _joined([
            _taken(corpus.core, core, _CORE_WEIGHT),
            Lesson(corpus.pool.take(read), aims, _READ_WEIGHT * known.astype(np.float32)),
            _others(corpus.other, everything, seed, without=source),
        ])  # fmt: skip
        semantics = Semantics.of(corpus.words, corpus.vectors, corpus.rare, lesson.texts)
        model = train_student(lesson, semantics, seed=seed, projection_rounds=1, rounds=2)
        mine = np.flatnonzero(rows.source == source)
        part = Labelled(
            rows.texts.take(mine), [], [rows.ids[i] for i in mine], rows.source[mine],
            rows.category[mine], rows.promo[mine], rows.targets[mine], rows.known[mine],
        )  # fmt: skip
        table += _by_source(part, predict(model, part.texts)[:, 0])
        progress(f"left out {source}")
    return table

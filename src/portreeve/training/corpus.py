"""What the trainer learns from: labelled posts, other sources, a pool, and who may see what."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from portreeve.model import INTENTS
from portreeve.signals.scorer import OUTPUTS
from portreeve.training import copies, texts, vectors
from portreeve.training.student import Progress
from portreeve.training.texts import Texts

CLEAN = ("none", "protected_sale")
"""Categories of posts that promote nothing, or only what is protected."""
FOLDS = 5

NON_COMMERCIAL = {"airline_tweets": "CC BY-NC-SA 4.0"}
"""Sources that are never trained on, for their licence; they are tested on."""

LICENCES = {
    "weibo_read": "no licence known; posts read and labelled by the project",
    "weibo_pool": "no licence known; unlabelled posts of the same months",
    "fbs_sms": "no licence file; asks for a citation (CCS'20)",
    "game_ad": "no licence file",
    "tg_spam_zh": "GPL-3.0 repository; licences upstream not seen",
    "weibo_weak_promo": "no licence file (paper data set, research)",
    "covid_weibo_ham": "no licence file (paper data set, research)",
    "cold": "Apache-2.0",
    "lccc_weibo": "no licence file; upstream LCCC said to be MIT",
    "online_shopping": "no licence file",
    "taobao_review_ham": "no licence file",
    "airline_tweets": "CC BY-NC-SA 4.0: tested on, never trained on",
    "alexa_reviews": "no licence seen",
    "darkgram": "no licence file",
    "enron1": "public research data; no licence file",
    "uci_sms": "CC BY 4.0 (UCI); repository Apache-2.0",
    "youtube_spam": "CC BY 4.0 (UCI)",
    "advertisegen_copy": "no licence known",
}
"""What is known of each source's licence; the texts themselves are never shipped."""

_KNOWN_INTENTS = {
    "weak_coupon": "coupon_affiliate",
    "weak_microbiz": "micro_business",
    "soft_ad_copy": "soft_ad",
    "game_rmt": "micro_business",
    **dict.fromkeys(("AD:Retail", "AD:Network_service", "AD:Real_estate"), "brand"),
    **dict.fromkeys(
        ("AD:Loan", "FR:Financial", "IL:Gambling", "IL:Fake_ID_and_invoice", "IL:Escort_service"),
        "illicit",
    ),
}
"""The intent that a category of another source stands for; those of the rest are unknown.

Crimes sold in English stay unknown too: where nothing else is English, English would mean crime.
"""


class CorpusError(ValueError):
    """A data file that cannot be trained on; the message says which, why and what to do."""


@dataclass(frozen=True)
class Labelled:
    """Labelled rows: ``targets``: float32[rows, 9]; ``known``: which of them are known."""

    texts: Texts
    raw: list[str]
    ids: list[str]
    source: NDArray[np.str_]
    category: NDArray[np.str_]
    promo: NDArray[np.bool_]
    targets: NDArray[np.float32]
    known: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Corpus:
    """Everything the trainer learns from.

    ``core``: rows with one of the project's categories, the test set of each fold in turn;
    ``cluster`` and ``fold`` are theirs. ``other``: the other labelled rows. ``pool``: unlabelled
    texts; ``pool_category``: "" or what a reader said. ``near_other`` and ``near_pool``: bool[rows,
    FOLDS], near copies of a test post of that fold. The vectors of the words are from ``pool`` and
    ``other`` alone.
    """

    core: Labelled
    other: Labelled
    pool: Texts
    pool_ids: list[str]
    pool_category: NDArray[np.str_]
    cluster: NDArray[np.int64]
    fold: NDArray[np.int64]
    near_other: NDArray[np.bool_]
    near_pool: NDArray[np.bool_]
    words: list[str]
    vectors: NDArray[np.float32]
    rare: NDArray[np.float32]
    core_means: NDArray[np.float32]
    pool_means: NDArray[np.float32]


def targets_of(
    promo: NDArray[np.bool_], category: NDArray[np.str_]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Targets of rows and which are known: intents only of clean rows and known categories."""
    intent = np.array([_KNOWN_INTENTS.get(name, name) for name in category.tolist()])
    targets = np.zeros((len(promo), len(OUTPUTS)), np.float32)
    targets[:, 0] = promo
    for k, name in enumerate(INTENTS, 1):
        targets[:, k] = promo & (intent == name)
    known = np.repeat((~promo | np.isin(intent, INTENTS))[:, None], len(OUTPUTS), axis=1)
    known[:, 0] = True
    return targets, known


def labelled(frame: pl.DataFrame, read: Texts | None = None) -> Labelled:
    """Rows of a labelled frame (text, label, and optionally id, source, category)."""
    frame = frame.with_columns(
        pl.col(name).fill_null("") if name in frame.columns else pl.lit("").alias(name)
        for name in ("id", "source", "category")
    )
    promo = (frame["label"] == "promo").to_numpy()
    category = frame["category"].to_numpy().astype(str)
    targets, known = targets_of(promo, category)
    raw = frame["text"].fill_null("").to_list()
    return Labelled(
        read or texts.read(frame["text"]), raw, frame["id"].cast(pl.String).to_list(),
        frame["source"].to_numpy().astype(str), category, promo, targets, known,
    )  # fmt: skip


def read_frame(path: Path, columns: tuple[str, ...]) -> pl.DataFrame:
    """A Parquet file with at least these columns; :class:`CorpusError` otherwise."""
    try:
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise CorpusError(f"{path}: this is no Parquet file that can be read ({error}).") from error
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise CorpusError(
            f"{path}: the column {missing[0]!r} is missing. "
            f"Needed are {', '.join(columns)}; found: {', '.join(frame.columns)}."
        )
    return frame


def read_labelled(paths: list[Path]) -> pl.DataFrame:
    """All rows of labelled files, one below the other."""
    wanted = ("id", "source", "text", "label", "category")
    frames = []
    for path in paths:
        frame = read_frame(path, ("text", "label"))
        strange = set(frame["label"].unique().to_list()) - {"promo", "ham"}
        if strange:
            raise CorpusError(
                f"{path}: the label {sorted(map(str, strange))[0]!r} is not known. "
                "A label is promo or ham."
            )
        frames.append(
            frame.select(
                (pl.col(name) if name in frame.columns else pl.lit(None))
                .cast(pl.String)
                .alias(name)
                for name in wanted
            )
        )
    return pl.concat(frames)


def pool_labels(ids: list[str]) -> NDArray[np.str_]:
    """What readers said of posts of the pool, by id; "" for a post nobody read."""
    with (
        resources.files("portreeve.training")
        .joinpath("pool_labels.csv")
        .open(encoding="utf-8") as file
    ):
        said = {row["id"]: row["category"] for row in csv.DictReader(file)}
    return np.array([said.get(one, "") for one in ids], dtype=str)


def rereads(ids: list[str]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which posts of the core two more readers read blind, and which both called promotion."""
    with (
        resources.files("portreeve.training")
        .joinpath("core_rereads.csv")
        .open(encoding="utf-8") as file
    ):
        said = {row["id"]: (row["first"], row["second"]) for row in csv.DictReader(file)}
    read = np.array([one in said for one in ids], dtype=bool)
    sells = np.array([one in said and not set(said[one]) & set(CLEAN) for one in ids], dtype=bool)
    return read, sells


def prepare(paths: list[Path], pool: Path | None, say: Progress) -> Corpus:
    """Read, cut, cluster and factorise: everything that comes before a label is used."""
    frame = read_labelled(paths)
    is_core = pl.col("category").is_in([*INTENTS, *CLEAN]).fill_null(False)
    core_frame, other_frame = frame.filter(is_core), frame.filter(~is_core)
    if core_frame.height < 2 * FOLDS:
        raise CorpusError(
            "No file has posts with the project's categories (micro_business ... none). "
            f"At least {2 * FOLDS} are needed, as the model is tested on them."
        )
    other_frame = other_frame.filter(~pl.col("source").is_in(list(NON_COMMERCIAL)).fill_null(False))
    pool_frame = (
        read_frame(pool, ("id", "text")).select(pl.col("id", "text").cast(pl.String))
        if pool
        else pl.DataFrame(schema={"id": pl.String, "text": pl.String})
    )
    core, other = labelled(core_frame), labelled(other_frame)
    pool_texts = texts.read(pool_frame["text"])
    if pool_frame.height == 0:
        pool_texts = pool_texts.take(np.zeros(0, np.int64))
    say(f"read {len(core):,} core posts, {len(other):,} others, {len(pool_texts):,} of the pool")
    cut = [vectors.cut(part.folded) for part in (pool_texts, other.texts, core.texts)]
    vocabulary = vectors.Vocabulary.of([text for part in cut for text in part])
    encoded = [vocabulary.encode(part) for part in cut]
    del cut
    say(f"cut into words; {len(vocabulary.words) - 1:,} have a vector")
    cluster = copies.clusters(core.texts.folded)
    fold = copies.folds(cluster, core.category, FOLDS)
    say(f"{cluster.max() + 1:,} near-copy clusters in {FOLDS} folds")
    near_pool = _near(pool_texts, core, fold)
    near_other = _near(other.texts, core, fold)
    say(f"near copies of test posts: {int(near_pool.any(1).sum()):,} in the pool")
    return assemble(
        core, other, pool_texts, pool_frame["id"].to_list(), cluster, fold, near_other, near_pool,
        vocabulary, encoded,
    )  # fmt: skip


def assemble(
    core: Labelled,
    other: Labelled,
    pool: Texts,
    pool_ids: list[str],
    cluster: NDArray[np.int64],
    fold: NDArray[np.int64],
    near_other: NDArray[np.bool_],
    near_pool: NDArray[np.bool_],
    vocabulary: vectors.Vocabulary,
    encoded: list[vectors.Words],
) -> Corpus:
    """The corpus from its parts; ``encoded``: pool, others and core as word numbers."""
    size = len(vocabulary.words)
    unlabelled = [part for part in encoded[:2] if len(part)] or encoded[2:]
    found = vectors.factorise(unlabelled, size)
    rare = vectors.rarity(unlabelled[:1], size)
    return Corpus(
        core, other, pool, pool_ids, pool_labels(pool_ids), cluster, fold, near_other, near_pool,
        vocabulary.words, found, rare,
        vectors.mean_vectors(encoded[2], found, rare),
        vectors.mean_vectors(encoded[0], found, rare),
    )  # fmt: skip


def _near(others: Texts, core: Labelled, fold: NDArray[np.int64]) -> NDArray[np.bool_]:
    near = np.zeros((len(others), FOLDS), bool)
    if len(others):
        pairs = copies.copies_of(others.folded, core.texts.folded)
        near[pairs[:, 0], fold[pairs[:, 1]]] = True
    return near

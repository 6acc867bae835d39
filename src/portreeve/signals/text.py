"""Text signals: from a column of texts to typed columns and evidence spans.

Everything that :mod:`portreeve.signals.catalog` lists under text, model, contacts, money, links,
trade, disclosure, goods and context comes from here, except what a policy decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from portreeve.model import INTENTS
from portreeve.signals import share_codes
from portreeve.signals.catalog import CATALOG
from portreeve.signals.hosts import address_words, classify, path_pattern
from portreeve.signals.lexicon import Lexicon, lexicon
from portreeve.signals.scan import COUNTERS, Scan, scan
from portreeve.signals.scorer import OUTPUTS, Model, shipped_model
from portreeve.signals.spans import LINK, SHARE_CODE, to_frame

# signal -> lexicon classes whose words it counts
WORD_SIGNALS: dict[str, tuple[str, ...]] = {
    "order_words": ("sell.order",),
    "recruit_words": ("recruit",),
    "downline_words": ("downline",),
    "induced_sharing": ("induced_share",),
    "bargain_words": ("bargain",),
    "group_buy_words": ("group_buy",),
    "giveaway_words": ("giveaway",),
    "resource_words": ("resource",),
    "elsewhere_words": ("contact.platform", "contact.public_account"),
    "soft_words": ("soft_recommend",),
    "urgency": ("urgency",),
    "evasion_words": ("evasion",),
    "health_topic": ("health.topic",),
    "health_claims": ("health.claim",),
    "black_five": ("black_five",),
    "second_hand": ("protected.second_hand",),
    "own_produce": ("protected.own_produce",),
    "charity": ("protected.charity", "protected.giving"),
    "no_benefit": ("protected.no_benefit",),
    "quoting": ("quote",),
    "complaint": ("complaint",),
    "asking": ("question",),
    "personal_notice": ("notice",),
}
# signal -> classes of hosts whose links it counts
LINK_SIGNALS: dict[str, tuple[str, ...]] = {
    "marketplace_links": ("marketplace", "shop_builder"),
    "affiliate_links": ("affiliate", "coupon"),
    "short_links": ("shortener",),
    "bargain_links": ("bargain",),
    "group_buy_links": ("group_buy",),
    "im_links": ("im",),
    "payment_links": ("payment",),
}


_LIKELY, _LEAST_INTENT = 0.5, 0.1
_HOST = r"^(?:[^/@?#]*@)?([^/:?#\s]+)"
_SCHEME = r"^([a-z][a-z0-9+.-]*:)(?:[^0-9]|$)"


@dataclass(frozen=True)
class Measured:
    """Signals and evidence of a batch.

    ``signals``: one column per catalog signal that a text decides, one row per text; ``spans``: one
    row per place (:mod:`portreeve.signals.spans`), ``row`` pointing at the text, with ``host``,
    ``host_class`` and ``registrable`` for links; ``field`` is text, or links.N for an attached one.
    """

    signals: pl.DataFrame
    spans: pl.DataFrame


def measure(
    texts: pl.Series,
    links: pl.Series | None = None,
    declared: pl.Series | None = None,
    model: Model | None = None,
) -> Measured:
    """Measure texts.

    ``texts``: String; ``links``: List(String), addresses attached to each; ``declared``: Boolean,
    whether the account declared it as advertising; ``model``: another than the shipped one. A
    text without a visible character has NULL for the model's signals.

    >>> measure(pl.Series(["面膜89元一盒 加微信 abc12345 下单"])).signals["prices"].to_list()
    [1]
    """
    words = lexicon()
    data, offsets = _buffers(texts)
    found = scan(data, offsets, words, model or shipped_model())
    spans = _with_hosts(
        pl.concat(
            [
                to_frame(found.spans, found.keys).with_columns(field=pl.lit("text")),
                _attached(links),
                share_codes.find(texts, _share_hints(found, words)),
            ],
            how="diagonal",
            rechunk=True,
        )
    )
    signals = _columns(found, words, spans, declared, len(texts))
    signals |= _model_columns(found.scores, texts)
    return Measured(
        pl.DataFrame(
            pl.Series(name, signals[name]).cast(signal.column_type)
            for name, signal in CATALOG.items()
            if name in signals
        ),
        spans,
    )


def _buffers(texts: pl.Series) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """UTF-8 bytes and offsets of a text column; NULL is as empty."""
    array = texts.cast(pl.String).to_arrow(compat_level=pl.CompatLevel.oldest())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    array = array.cast(pa.large_string())
    _, offsets, data = array.buffers()
    size = len(array)
    if size == 0 or data is None:
        return np.zeros(0, np.uint8), np.zeros(size + 1, np.int64)
    return (
        np.frombuffer(data, dtype=np.uint8),
        np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + size + 1],
    )


def _attached(links: pl.Series | None) -> pl.DataFrame:
    """Links given beside the text, as spans over the whole address."""
    empty = pl.DataFrame(schema={"row": pl.Int32, "field": pl.String, "key": pl.String})
    if links is None or links.dtype == pl.Null or links.list.len().fill_null(0).sum() == 0:
        return empty
    return (
        pl.DataFrame({"row": pl.Series(range(len(links)), dtype=pl.Int32), "address": links})
        .filter(pl.col("address").list.len() > 0)
        .with_columns(place=pl.int_ranges(pl.col("address").list.len()))
        .explode("address", "place")
        .drop_nulls("address")
        .select(
            "row",
            field=pl.concat_str(pl.lit("links."), "place"),
            start=pl.lit(0, pl.Int32),
            end=pl.col("address").str.len_chars().cast(pl.Int32),
            kind=pl.lit(LINK, pl.UInt8),
            disguised=pl.lit(0, pl.UInt8),
            key=pl.col("address")
            .str.strip_chars()
            .str.to_lowercase()
            .str.replace(r"^https?://", ""),
        )
    )


def _share_hints(found: Scan, words: Lexicon) -> pl.Series:
    """Which texts may hold a share code."""
    at = [COUNTERS.index("share_hints"), len(COUNTERS) + words.classes.index("share")]
    return pl.Series(found.counters[:, at].any(axis=1))


def _with_hosts(spans: pl.DataFrame) -> pl.DataFrame:
    """Add host, class and registrable domain to links; a unique host is looked up once."""
    if LINK not in spans["kind"]:
        nowhere = pl.lit(None, pl.String)
        return spans.with_columns(_share_code_class(), host=nowhere, registrable=nowhere)
    links = spans.filter(pl.col("kind") == LINK).with_columns(
        host=pl.col("key").str.extract(_HOST),
        entry=pl.coalesce(
            pl.col("key").str.extract(_SCHEME),
            pl.col("key").str.extract(path_pattern()),
            pl.col("key").str.extract(_HOST),
        ),
    )
    found = classify(links["entry"].unique().drop_nulls())
    links = links.drop("host_class", strict=False).join(
        found, on="entry", how="left", maintain_order="left"
    )
    for kind, words in address_words().items():
        links = links.with_columns(
            host_class=pl.when(pl.col("key").str.contains(words))
            .then(pl.lit(kind))
            .otherwise("host_class")
        )
    others = spans.filter(pl.col("kind") != LINK).with_columns(_share_code_class())
    return pl.concat([links.drop("entry"), others], how="diagonal_relaxed", rechunk=True)


def _share_code_class() -> pl.Expr:
    return (
        pl.when(pl.col("kind") == SHARE_CODE)
        .then(pl.coalesce("host_class", pl.lit("marketplace")))
        .alias("host_class")
    )


def _columns(
    found: Scan,
    words: Lexicon,
    spans: pl.DataFrame,
    declared: pl.Series | None,
    rows: int,
) -> dict[str, Any]:
    """The signals that are counted."""
    counters = np.ascontiguousarray(found.counters.T)
    by_name = {name: counters[i] for i, name in enumerate((*COUNTERS, *words.classes))}
    columns: dict[str, Any] = {
        name: by_name[name]
        for name in (
            "characters", "hashtags", "mentions", "emoji", "contacts", "hidden_contacts",
            "prices", "discounts", "coupons", "commissions",
        )
    }  # fmt: skip
    letters = by_name["han"] + by_name["latin"]
    columns["cjk_share"] = _share(by_name["han"], letters)
    columns["obfuscation"] = _share(by_name["disguised"], by_name["matter"])
    columns["contact_invites"] = (
        by_name["contact.invite"] + by_name["contact.qr"] + by_name["invites"]
    )
    columns["discounts"] = columns["discounts"] + by_name["money.discount"]
    columns["coupons"] = columns["coupons"] + by_name["money.coupon"]
    columns["commissions"] = columns["commissions"] + by_name["money.commission"]
    columns["price_max"] = pl.Series(found.price_max, nan_to_null=True)
    for name, classes in WORD_SIGNALS.items():
        columns[name] = sum(by_name[c] for c in classes[1:]) + by_name[classes[0]]
    columns |= _link_columns(spans, rows)
    said = by_name["disclosure"] > 0
    visible = by_name["disclosure_visible"] > 0
    if declared is not None:
        stated = declared.fill_null(False).to_numpy()
        said, visible = said | stated, visible | stated
    columns["disclosure"], columns["disclosure_visible"] = said, visible
    ids = pl.Series(words.goods, dtype=pl.String)
    columns["goods_category"] = ids.gather(pl.Series(by_name["goods"]).replace(-1, None))
    columns["goods_words"] = by_name["goods_words"]
    return columns


def _model_columns(probabilities: NDArray[np.float32], texts: pl.Series) -> dict[str, pl.Series]:
    """Probabilities of promotion and of each intent, and the likeliest intent."""
    blank = texts.str.strip_chars().fill_null("") == ""
    scores = pl.DataFrame(probabilities, schema=list(OUTPUTS)).with_columns(
        pl.when(blank.not_()).then(pl.col(name)).alias(name) for name in OUTPUTS
    )
    likeliest = pl.Series(INTENTS).gather(probabilities[:, 1:].argmax(axis=1))
    some = pl.Series(probabilities[:, 1:].max(axis=1) >= _LEAST_INTENT)
    return {
        **scores.to_dict(),
        "intent": scores.select(
            pl.when((pl.col("promotion") >= _LIKELY) & some).then(likeliest).alias("intent")
        ).to_series(),
    }


def _share(part: NDArray[np.int32], whole: NDArray[np.int32]) -> NDArray[np.float32]:
    return (part / np.maximum(whole, 1)).astype(np.float32)


def _link_columns(spans: pl.DataFrame, rows: int) -> dict[str, NDArray[np.int32]]:
    """Counts of different links and share codes, by the class of the place they lead to."""
    if not np.isin(spans["kind"].to_numpy(), [LINK, SHARE_CODE]).any():
        return dict.fromkeys(("links", *LINK_SIGNALS), np.zeros(rows, np.int32))
    links = spans.filter(pl.col("kind").is_in([LINK, SHARE_CODE])).unique(
        ["row", "kind", "key"], maintain_order=True
    )
    at = links["row"].to_numpy()
    counted = {"links": np.bincount(at, minlength=rows).astype(np.int32)}
    for name, classes in LINK_SIGNALS.items():
        chosen = links["host_class"].is_in(list(classes)).fill_null(False).to_numpy()
        counted[name] = np.bincount(at[chosen], minlength=rows).astype(np.int32)
    return counted

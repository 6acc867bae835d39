"""Text signals: from a column of texts to typed columns and evidence spans.

Everything that :mod:`portreeve.signals.catalog` lists under text, model, contacts, money, links,
trade, disclosure, goods and context comes from here, except what a policy decides.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from portreeve.model import INTENTS
from portreeve.signals import share_codes
from portreeve.signals.catalog import CATALOG
from portreeve.signals.lexicon import Lexicon, lexicon
from portreeve.signals.parts import PICTURE_TEXT, Whole, whole
from portreeve.signals.places import Beside, Places, gather
from portreeve.signals.scan import COUNTERS, Scan, scan
from portreeve.signals.scorer import OUTPUTS, Model, shipped_model
from portreeve.signals.spans import CODE, CONTACT, CONTACT_KINDS, LINK, SHARE_CODE

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
_EMPTY = pa.scalar("", pa.large_string())
_COUNTED = (
    "characters", "hashtags", "mentions", "emoji", "contacts", "hidden_contacts", "prices",
    "discounts", "coupons", "commissions",
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """Signals and places of a batch.

    ``signals``: one column per catalog signal that a text decides, one row per text.
    """

    signals: pl.DataFrame
    places: Places

    @property
    def spans(self) -> pl.DataFrame:
        """The places as columns, see :meth:`~portreeve.signals.places.Places.frame`."""
        return self.places.frame()


def measure(
    texts: pl.Series,
    links: pl.Series | None = None,
    declared: pl.Series | None = None,
    model: Model | None = None,
    *,
    picture_texts: pl.Series | None = None,
    codes: pl.Series | None = None,
) -> Measured:
    """Measure texts.

    ``texts``: String; ``links``: List(String), addresses attached to each; ``declared``: Boolean,
    whether the account declared it as advertising; ``model``: another than the shipped one;
    ``picture_texts``: String, the words in its pictures, which count as words of the text;
    ``codes``: List(String), what the codes in its pictures say. A text without a visible character
    has NULL for the model's signals.

    >>> measure(pl.Series(["面膜89元一盒 加微信 abc12345 下单"])).signals["prices"].to_list()
    [1]
    """
    words = lexicon()
    given = whole(texts, picture_texts, codes)
    texts = given.texts
    data, offsets = _buffers(texts)
    model = model or shipped_model()
    found = scan(data, offsets, words, model)
    shared = share_codes.find(texts, _share_hints(found, words))
    handles = _handles(given, words, model)
    places = gather(found.spans, found.keys, _attached(links), handles, shared, given)
    signals = _columns(found, words, places, declared, len(texts))
    if handles:
        signals["contacts"] = signals["contacts"] + _unsaid(handles, places, len(texts))
    signals |= _picture_columns(places, given, len(texts))
    signals |= _model_columns(found.scores, texts)
    return Measured(_frame(signals), places)


def _frame(signals: Mapping[str, Any]) -> pl.DataFrame:
    """Signals as columns of their types; through Arrow, which makes little of small batches."""
    kinds = _arrow_types()
    names = [name for name in kinds if name in signals]
    arrays = [
        column
        if isinstance(column := signals[name], pa.Array)
        else pa.array(column.astype(kinds[name].to_pandas_dtype(), copy=False))
        for name in names
    ]
    return pl.DataFrame(pa.RecordBatch.from_arrays(arrays, names=names))


@functools.cache
def _arrow_types() -> dict[str, pa.DataType]:
    kinds = {
        "number": pa.float32(), "count": pa.int32(), "boolean": pa.bool_(),
        "text": pa.large_string(),
    }  # fmt: skip
    return {name: kinds[signal.type] for name, signal in CATALOG.items()}


def _buffers(texts: pl.Series) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """UTF-8 bytes and offsets of a text column; NULL is as empty."""
    array = _arrow(texts)
    _, offsets, data = array.buffers()
    size = len(array)
    if size == 0 or data is None:
        return np.zeros(0, np.uint8), np.zeros(size + 1, np.int64)
    return (
        np.frombuffer(data, dtype=np.uint8),
        np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + size + 1],
    )


def _arrow(texts: pl.Series) -> pa.LargeStringArray:
    array = texts.cast(pl.String).to_arrow(compat_level=pl.CompatLevel.oldest())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return array.cast(pa.large_string())


def _attached(links: pl.Series | None) -> Iterator[tuple[int, int, str]]:
    """Row, position and address of the links given beside the texts."""
    if links is None or links.dtype == pl.Null:
        return
    lists = links.to_arrow(compat_level=pl.CompatLevel.oldest())
    sizes = pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(sizes).tolist():
        for place, address in enumerate(links[row]):
            if address is not None:
                yield row, place, address


def _handles(given: Whole, words: Lexicon, model: Model) -> list[Beside]:
    """The contacts that addresses in codes stand for.

    They are read apart from the texts, so that words nobody wrote count for nothing else.
    """
    told = [code for code in given.codes if code.told.said]
    handles = [
        Beside(
            CONTACT, code.row, code.part, len(code.text), f"qr:{code.told.token}",
            CONTACT_KINDS.index(code.told.service),
        )
        for code in given.codes
        if code.told.token and code.told.service
    ]  # fmt: skip
    if told:
        data, offsets = _buffers(pl.Series([code.told.said for code in told]))
        found = scan(data, offsets, words, model)
        read = gather(found.spans, found.keys, (), (), (), Whole(pl.Series([], dtype=pl.String)))
        for at, place, key in read.keyed(read.of(CONTACT)):
            code, kind = told[at], int(read.records["sub"][place])
            handles.append(Beside(CONTACT, code.row, code.part, len(code.text), key, kind))
    return handles


def _unsaid(handles: list[Beside], places: Places, rows: int) -> NDArray[np.int32]:
    """How many of the contacts in codes the words of each item do not say."""
    kinds = places.records["sub"]
    in_codes = {(one.row, one.sub, one.key) for one in handles}
    said = {
        (row, int(kinds[at]), key)
        for row, at, key in places.keyed(places.of(CONTACT)[: -len(handles)])
    }
    more = [row for row, _, _ in in_codes - said]
    return np.bincount(more, minlength=rows).astype(np.int32)


def _share_hints(found: Scan, words: Lexicon) -> NDArray[np.int64]:
    """Rows that may hold a share code."""
    at = [COUNTERS.index("share_hints"), len(COUNTERS) + words.classes.index("share")]
    return np.flatnonzero(found.counters[:, at].any(axis=1))


def _columns(
    found: Scan,
    words: Lexicon,
    places: Places,
    declared: pl.Series | None,
    rows: int,
) -> dict[str, Any]:
    """The signals that are counted."""
    counters = np.ascontiguousarray(found.counters.T)
    by_name = {name: counters[i] for i, name in enumerate((*COUNTERS, *words.classes))}
    columns: dict[str, Any] = {name: by_name[name] for name in _COUNTED}
    letters = by_name["han"] + by_name["latin"]
    columns["cjk_share"] = _share(by_name["han"], letters)
    columns["obfuscation"] = _share(by_name["disguised"], by_name["matter"])
    columns["contact_invites"] = (
        by_name["contact.invite"] + by_name["contact.qr"] + by_name["invites"]
    )
    columns["discounts"] = columns["discounts"] + by_name["money.discount"]
    columns["coupons"] = columns["coupons"] + by_name["money.coupon"]
    columns["commissions"] = columns["commissions"] + by_name["money.commission"]
    columns["price_max"] = pa.array(found.price_max, mask=np.isnan(found.price_max))
    for name, classes in WORD_SIGNALS.items():
        columns[name] = sum(by_name[c] for c in classes[1:]) + by_name[classes[0]]
    columns |= _link_columns(places, rows)
    said = by_name["disclosure"] > 0
    visible = by_name["disclosure_visible"] > 0
    if declared is not None:
        given = declared.to_arrow(compat_level=pl.CompatLevel.oldest())
        stated = pc.fill_null(given, False).to_numpy(zero_copy_only=False)
        said, visible = said | stated, visible | stated
    columns["disclosure"], columns["disclosure_visible"] = said, visible
    goods = by_name["goods"]
    columns["goods_category"] = _goods_ids().take(pa.array(goods, mask=goods < 0))
    columns["goods_words"] = by_name["goods_words"]
    return columns


@functools.cache
def _goods_ids() -> pa.LargeStringArray:
    return pa.array(lexicon().goods, pa.large_string())


def _model_columns(probabilities: NDArray[np.float32], texts: pl.Series) -> dict[str, pa.Array]:
    """Probabilities of promotion and of each intent, and the likeliest intent."""
    stripped = pc.utf8_trim_whitespace(_arrow(texts))
    blank = pc.equal(stripped, _EMPTY).fill_null(True).to_numpy(zero_copy_only=False)
    scores = np.ascontiguousarray(probabilities.T)
    columns = {name: pa.array(scores[i], mask=blank) for i, name in enumerate(OUTPUTS)}
    unclear = (scores[0] < _LIKELY) | (scores[1:].max(axis=0, initial=0) < _LEAST_INTENT) | blank
    likeliest = probabilities[:, 1:].argmax(axis=1)
    columns["intent"] = _INTENTS.take(pa.array(likeliest, mask=unclear))
    return columns


_INTENTS = pa.array(INTENTS, pa.large_string())


def _share(part: NDArray[np.int32], whole: NDArray[np.int32]) -> NDArray[np.float32]:
    return (part / np.maximum(whole, 1)).astype(np.float32)


def _link_columns(places: Places, rows: int) -> dict[str, NDArray[np.int32]]:
    """Counts of different links and share codes, by the class of the place they lead to."""
    counted = {name: np.zeros(rows, np.int32) for name in ("links", *LINK_SIGNALS)}
    seen: set[tuple[int, int, str]] = set()
    for row, at, key in places.keyed(places.of(LINK, SHARE_CODE)):
        link = (row, int(places.kind[at]), key)
        if link in seen:
            continue
        seen.add(link)
        counted["links"][row] += 1
        signal = _SIGNAL_OF.get(places.targets[places.leads[at]].host_class or "")
        if signal:
            counted[signal][row] += 1
    return counted


def _picture_columns(places: Places, given: Whole, rows: int) -> dict[str, NDArray[np.int32]]:
    """How many different codes, and how many characters, the pictures of each item show."""
    told = np.bincount(places.row[places.of(CODE)], minlength=rows).astype(np.int32)
    read = np.zeros(rows, np.int32)
    for part in given.parts:
        if part.part == PICTURE_TEXT:
            read[part.row] = part.end - part.start
    return {"qr_codes": told, "picture_characters": read}


_SIGNAL_OF = {kind: name for name, kinds in LINK_SIGNALS.items() for kind in kinds}

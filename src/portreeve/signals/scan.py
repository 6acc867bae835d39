"""The pass over a batch of texts: fold, score, match, read; counters and spans come out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import announce_first_compilation, kernel
from portreeve.signals.contacts import read_contacts
from portreeve.signals.fold import MARK, NUMERAL, fold_table
from portreeve.signals.kernel import Row, count_row, fold_row
from portreeve.signals.lexicon import GRAVEST, NAMING, Lexicon
from portreeve.signals.links import read_links
from portreeve.signals.matcher import NEEDS_HANDLE, match_row
from portreeve.signals.money import read_money
from portreeve.signals.scorer import OUTPUTS, Model, Scratch, score_row
from portreeve.signals.spans import (
    COMMISSION,
    CONTACT,
    COUPON,
    DISCOUNT,
    GOODS,
    MONEY,
    MOST_KEY_BYTES,
    MOST_PER_TEXT,
    PRICE,
    SPAN,
    WORD,
    put,
)

COUNTERS = (
    "characters", "han", "latin", "digits", "emoji", "hashtags", "mentions", "share_hints",
    "contacts", "hidden_contacts", "prices", "discounts", "coupons", "commissions", "matter",
    "disguised", "invites", "disclosure_visible", "goods", "goods_words",
)  # fmt: skip
"""Counters of a text before those of the lexicon's classes, by column."""
(
    _CHARACTERS, _HAN, _LATIN, _DIGITS, _EMOJI, _HASHTAGS, _MENTIONS, _SHARE_HINTS,
    _CONTACTS, _HIDDEN_CONTACTS, _PRICES, _DISCOUNTS, _COUPONS, _COMMISSIONS, _MATTER,
    _DISGUISED, _INVITES, _DISCLOSURE_VISIBLE, _GOODS, _GOODS_WORDS,
) = range(len(COUNTERS))  # fmt: skip
_FIRST_CLASS = len(COUNTERS)
_CONTEXT_CLASSES = (
    "protected.", "quote", "complaint", "question", "notice", "health.topic", "disclosure",
)  # fmt: skip
_SEEN_AT_START, _SEEN_AT_END, _MANY_HASHTAGS = 40, 20, 3
_HASH = 0x23


@dataclass(frozen=True)
class Scan:
    """What one pass found. ``counters``: int32[rows, len(COUNTERS) + classes]; ``price_max``:
    float32[rows], NaN without a price; ``scores``: float32[rows, 9], probabilities in the order of
    :data:`~portreeve.signals.scorer.OUTPUTS`; ``spans``: records of
    :data:`SPAN`; ``keys``: their bytes."""

    counters: NDArray[np.int32]
    scores: NDArray[np.float32]
    price_max: NDArray[np.float32]
    spans: NDArray[np.void]
    keys: NDArray[np.uint8]


def scan(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], lexicon: Lexicon, model: Model
) -> Scan:
    """Read a batch of texts: UTF-8 bytes and int64 offsets, as Arrow keeps them."""
    announce_first_compilation()
    rows = len(offsets) - 1
    table = fold_table()
    trie = lexicon.trie
    longest = int(np.diff(offsets).max(initial=0))
    codes, flags, places = Row.scratch(longest)
    hits = np.empty((codes.size, 4), dtype=np.int32)
    covered = np.empty(codes.size, dtype=np.uint8)
    key = np.empty(MOST_KEY_BYTES, dtype=np.uint8)
    topic = np.empty(codes.size, dtype=np.uint8)
    named = np.zeros(len(lexicon.goods) + 1, dtype=np.uint8)
    score = np.zeros(len(lexicon.goods) + 1, dtype=np.float32)
    context = lexicon.bit(*(c for c in lexicon.classes if c.startswith(_CONTEXT_CLASSES)))
    disclosure = lexicon.bit("disclosure")
    counters = np.zeros((rows, _FIRST_CLASS + len(lexicon.classes)), dtype=np.int32)
    price_max = np.full(rows, np.nan, dtype=np.float32)
    scores = np.zeros((rows, len(OUTPUTS)), dtype=np.float32)
    spans = np.zeros(4 * rows + 2 * MOST_PER_TEXT, dtype=SPAN)
    keys = np.zeros(8 * rows + 2 * MOST_PER_TEXT * MOST_KEY_BYTES, dtype=np.uint8)
    row = count = used = 0
    while row < rows:
        row, count, used = _run(
            data, offsets, row, *table.arrays(),
            *trie.arrays(), trie.classes, trie.goods, trie.weight,
            lexicon.contact_kind, lexicon.money_kind, lexicon.adds, lexicon.severity,
            context, disclosure, codes, flags, places, hits, covered, key, score, named, topic,
            counters, price_max, spans, count, keys, used, scores, model.arrays(),
            Scratch.arrays(),
        )  # fmt: skip
        if row < rows:
            spans = np.concatenate([spans, np.zeros_like(spans)])
            keys = np.concatenate([keys, np.zeros_like(keys)])
    return Scan(counters, scores, price_max, spans[:count], keys[:used])


@kernel
def _run(
    data, offsets, row, entries, kinds, expansions,
    begins, pairs, threes, edges, output, length, pattern_flags,
    classes, goods, weight, contact_kind, money_kind, adds, severity,
    context, disclosure, codes, flags, places, hits, covered, key, score, named, topic,
    counters, price_max, spans, count, keys, used, scores, weights, scratch,
):  # fmt: skip
    """Scan rows until the end or until spans or keys might not hold another row."""
    while row < offsets.size - 1:
        if (
            count + MOST_PER_TEXT + 2 > spans.size
            or used + (MOST_PER_TEXT + 2) * MOST_KEY_BYTES > keys.size
        ):
            return row, count, used
        n, characters = fold_row(
            data, offsets[row], offsets[row + 1], entries, kinds, expansions,
            codes, flags, places,
        )  # fmt: skip
        found = counters[row]
        found[_CHARACTERS] = characters
        seen = count_row(codes, flags, n, topic, found[_HAN : _SHARE_HINTS + 1])
        score_row(codes, n, *weights, *scratch, scores[row])
        n_hits = match_row(
            codes, flags, n, begins, pairs, threes, edges, output, length, pattern_flags,
            hits,
        )  # fmt: skip
        covered[:n] = 0
        first = count
        most = first + MOST_PER_TEXT
        if seen & MARK:
            count, used = read_links(
                codes, flags, places, n, covered, row, spans, count, most, keys, used
            )
        if n_hits > 0 or seen & (MARK | NUMERAL):
            count, used = read_contacts(
                codes, flags, places, n, hits, n_hits, contact_kind, pattern_flags, adds, key,
                covered, row, spans, count, most, keys, used,
            )  # fmt: skip
        if found[_HASHTAGS] > 0:
            _settle_topics(topic, n, covered)
        if seen & NUMERAL:
            count = read_money(
                codes, flags, places, n, hits, n_hits, money_kind, covered, row, spans, count, most
            )
        _count_spans(found, spans, first, count, keys, price_max, row)
        count = _count_words(
            codes, places, n, hits, n_hits, pattern_flags, classes, goods, weight,
            contact_kind, severity, context, disclosure, score, named, topic, found, row, spans,
            count, most,
        )  # fmt: skip
        row += 1
    return row, count, used


@kernel
def _settle_topics(topic, n, covered):
    """Take topics out of what is read for trade: trending ones are stuffed in.

    They stay when they are nearly all there is, or when a contact or link stands in one. What is
    taken out counts as covered, so that no amount is read there.
    """
    inside = 0
    for i in range(n):
        inside += topic[i]
        if topic[i] and covered[i]:
            inside = n
            break
    if inside * 5 > n * 4:
        topic[:n] = 0
    for i in range(n):
        covered[i] |= topic[i]


@kernel
def _count_spans(found, spans, first, count, keys, price_max, row):
    """Count handles (each once), amounts and links of a text."""
    for s in range(first, count):
        span = spans[s]
        kind = span["kind"]
        if kind == CONTACT:
            if _is_repeated(spans, first, s, keys):
                continue
            found[_CONTACTS] += 1
            found[_HIDDEN_CONTACTS] += span["disguised"]
        elif kind == MONEY:
            what = span["sub"]
            if what == PRICE:
                found[_PRICES] += 1
                if not price_max[row] >= span["amount"]:
                    price_max[row] = span["amount"]
            elif what == DISCOUNT:
                found[_DISCOUNTS] += 1
            elif what == COUPON:
                found[_COUPONS] += 1
            elif what == COMMISSION:
                found[_COMMISSIONS] += 1
        found[_MATTER] += 1
        found[_DISGUISED] += span["disguised"]


@kernel
def _is_repeated(spans, first, s, keys):
    span = spans[s]
    for t in range(first, s):
        other = spans[t]
        if (
            other["kind"] == CONTACT
            and other["sub"] == span["sub"]
            and other["size"] == span["size"]
        ):
            same = True
            for k in range(span["size"]):
                same &= keys[other["key"] + k] == keys[span["key"] + k]
            if same:
                return True
    return False


@kernel
def _count_words(
    codes, places, n, hits, n_hits, pattern_flags, classes, goods, weight,
    contact_kind, severity, context, disclosure, score, named, topic, found, row, spans, count,
    most,
):  # fmt: skip
    """Count the words of each class, choose the category of goods, write words as spans.

    A category needs a word that names it, or two different ones that suggest it; a black one
    needs to be named.
    """
    best = -1
    score[:] = 0
    named[:] = 0
    evident = found[_CONTACTS] + found[_PRICES] > 0
    for h in range(n_hits):
        pattern = hits[h, 2]
        disguised = hits[h, 3] & 1
        doubtful = (pattern_flags[pattern] & NEEDS_HANDLE) != 0
        if contact_kind[pattern] >= 0 and (hits[h, 3] & 4 or (disguised and not doubtful)):
            found[_INVITES] += not hits[h, 3] & 2
        if doubtful and not evident:
            continue
        bits = classes[pattern]
        category = goods[pattern]
        if topic[hits[h, 0]]:
            bits &= disclosure
            category = -1
        if bits == 0 and category < 0:
            continue
        for bit in range(found.size - _FIRST_CLASS):
            found[_FIRST_CLASS + bit] += bits >> bit & 1
        if category >= 0 or bits & ~context:
            found[_MATTER] += 1
            found[_DISGUISED] += disguised
        if category >= 0:
            if weight[pattern] == NAMING:
                named[category] = 1
                score[category] += NAMING * severity[category]
            elif not _is_earlier(hits, h, pattern):
                score[category] += severity[category]
            enough = named[category] or (
                score[category] >= 2 * severity[category] and severity[category] < GRAVEST
            )
            if enough and (best < 0 or score[category] > score[best]):
                best = category
        if bits & disclosure and _is_visible(codes, places, n, hits[h, 0], found):
            found[_DISCLOSURE_VISIBLE] = 1
        if count < most:
            kind = GOODS if category >= 0 and bits == 0 else WORD
            span = spans[count]
            count = put(spans, count, row, kind, 0, hits[h, 0], hits[h, 1] - 1, places, disguised)
            span["word"] = pattern
    found[_GOODS] = best
    if best >= 0:
        for h in range(n_hits):
            if goods[hits[h, 2]] == best and not topic[hits[h, 0]]:
                doubtful = (pattern_flags[hits[h, 2]] & NEEDS_HANDLE) != 0
                found[_GOODS_WORDS] += evident or not doubtful
    return count


@kernel
def _is_earlier(hits, h, pattern):
    """Whether the same word stands earlier."""
    for k in range(h):  # noqa: SIM110 - numba has no any()
        if hits[k, 2] == pattern:
            return True
    return False


@kernel
def _is_visible(codes, places, n, at, found):
    """Whether a disclosure is easy to see: at either end, and not one of many hashtags."""
    if found[_HASHTAGS] > _MANY_HASHTAGS and at > 0 and codes[at - 1] == _HASH:
        return False
    return places[at] < _SEEN_AT_START or places[n - 1] - places[at] < _SEEN_AT_END

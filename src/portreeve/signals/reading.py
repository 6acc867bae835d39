"""What the scorer reads in a text: hashed n-grams, and 34 counts beside them.

One pass over the folded code points. N-grams run over letters and digits only, so punctuation or
emoji between the characters of a word does not hide it; each is of the body, of a topic
(``#...#``), or of what was forwarded (after ``//``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from portreeve.signals.compiled import inlined, kernel

REGIONS = 3
BODY, TOPIC, FORWARDED = range(REGIONS)
BUCKET_BITS = 24
"""Bits of an n-gram's hash that are kept; the low ones choose a slot, the rest verify it."""
READ_HALF = 4096
MOST_GRAMS = 2 * READ_HALF * 5 + 8

COUNTS = (
    "length", "topics", "distinct_topics", "topic_share", "topics_after", "body_length",
    "digit_runs", "long_digit_runs", "amounts", "latin_share", "han_share", "exclamations",
    "questions", "question_pairs", "brackets", "links", "mentions", "forwards",
    "forwarded_share", "blank_share", "split_han", "digit_share", "repeated_share", "videos",
    "questions_in_body", "topics_before", "distinct_share", "topics_within", "topics_adjoining",
    "mixed_words", "emoji", "topic_overlap", "topic_overlap_most", "topic_overlap_least",
)  # fmt: skip
"""The counts of a text beside its n-grams; see :func:`read_row`."""

(
    _LENGTH, _TOPICS, _DISTINCT_TOPICS, _TOPIC_SHARE, _TOPICS_AFTER, _BODY_LENGTH,
    _DIGIT_RUNS, _LONG_DIGIT_RUNS, _AMOUNTS, _LATIN_SHARE, _HAN_SHARE, _EXCLAMATIONS,
    _QUESTIONS, _QUESTION_PAIRS, _BRACKETS, _LINKS, _MENTIONS, _FORWARDS,
    _FORWARDED_SHARE, _BLANK_SHARE, _SPLIT_HAN, _DIGIT_SHARE, _REPEATED_SHARE, _VIDEOS,
    _QUESTIONS_IN_BODY, _TOPICS_BEFORE, _DISTINCT_SHARE, _TOPICS_WITHIN, _TOPICS_ADJOINING,
    _MIXED_WORDS, _EMOJI, _OVERLAP, _OVERLAP_MOST, _OVERLAP_LEAST,
) = range(len(COUNTS))  # fmt: skip

_MOST_TOPICS = 64
_LONGEST_TOPIC = 42
_PAIR_BITS = 4096
_SEEN = 512
_GOLDEN = 0x9E3779B97F4A7C15
_SEED_GRAM, _SEED_MARK, _SEED_WORD = 11, 21, 17
_NONE, _IDEOGRAPH, _LETTER, _FIGURE, _GAP = range(5)


def scratch() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """``marks`` and ``opened``: room that :func:`read_row` needs for one text."""
    return np.empty(_SEEN + _PAIR_BITS, np.uint8), np.empty((3, _MOST_TOPICS), np.int64)


@inlined
def _mix(state, code):
    state = (state ^ np.uint64(code)) * np.uint64(_GOLDEN)
    return state ^ (state >> np.uint64(29))


@inlined
def _bucket(state):
    return np.uint32(state >> np.uint64(64 - BUCKET_BITS))


@inlined
def _class(code):
    if 0x4E00 <= code <= 0x9FFF or 0x3400 <= code <= 0x4DBF:
        return _IDEOGRAPH
    if 97 <= code <= 122 or 0xC0 <= code < 0x2000:
        return _LETTER
    if 48 <= code <= 57:
        return _FIGURE
    if code in (32, 10):
        return _GAP
    if 0x3040 <= code < 0x30FF or 0xAC00 <= code < 0xD7A4 or 0x20000 <= code < 0x32000:
        return _IDEOGRAPH
    return _NONE


@inlined
def _topic_end(codes, i, n):
    """Where the topic that opens here closes, or -1."""
    j = i + 1
    last = min(n, i + _LONGEST_TOPIC)
    while j < last and codes[j] != 35:
        j += 1
    return j if j < last and j > i + 1 else -1


@kernel
def read_row(codes, n, grams, regions, counts, marks, opened):
    """Read the n-grams and the counts of a folded text of at most ``2 * READ_HALF`` codes.

    ``codes``: uint32[>= n]. Written: ``grams`` (buckets), ``regions``, ``counts`` (:data:`COUNTS`).
    ``marks`` and ``opened``: :func:`scratch`. Returns how many n-grams there are, at
    most ``5 * n``.
    """
    counts[:] = 0
    marks[:] = 0
    seen = marks[:_SEEN]
    pairs = marks[_SEEN:]
    topic_hash = opened[0]
    topic_from = opened[1]
    topic_to = opened[2]
    m = 0
    region = BODY
    base = BODY
    topic_end = -1
    topics = 0
    # The last three n-gram states, the open Latin word and the word before it.
    one = np.uint64(0)
    two = np.uint64(0)
    three = np.uint64(0)
    word = np.uint64(0)
    word_size = 0
    word_before = np.uint64(0)
    pair_state = np.uint64(0)
    body = topic_codes = distinct = 0
    letters = ideographs = figures = gaps = repeats = run = 0
    letters_in_word = figures_in_word = 0
    last_ideograph = -5
    first_body = last_body = -1
    previous = np.int64(-1)
    for i in range(n + 1):
        # One code past the end, which is none, closes what is open there.
        code = np.int64(codes[i]) if i < n else np.int64(0)
        what = _class(code)
        if region == TOPIC and i > topic_end:
            region = base
            one = two = three = np.uint64(0)
        is_word = what in (_IDEOGRAPH, _LETTER, _FIGURE)
        if what == _NONE:
            if code == 35:
                one = two = three = np.uint64(0)
                end = _topic_end(codes, i, n) if i > topic_end else -1
                if end > 0:
                    topic_end = end
                    region = TOPIC
                    if topics < _MOST_TOPICS:
                        state = np.uint64(0)
                        for j in range(i + 1, end):
                            state = _mix(state, codes[j])
                        topic_hash[topics] = np.int64(state >> np.uint64(1))
                        topic_from[topics] = i
                        topic_to[topics] = end
                    topics += 1
            elif (
                code == 47 and i + 1 < n and codes[i + 1] == 47 and previous != 58 and i > topic_end
            ):
                if region != FORWARDED:
                    one = two = three = np.uint64(0)
                base = region = FORWARDED
                if counts[_FORWARDS] == 0:
                    counts[_FORWARDED_SHARE] = (n - i) / n
                counts[_FORWARDS] += 1

        # A Latin word ends here, or a run of figures.
        if word_size > 0 and what not in (_LETTER, _FIGURE):
            if word_size > 1:
                grams[m] = _bucket(word)
                regions[m] = region
                m += 1
                if word_before > 0:
                    grams[m] = _bucket(_mix(word_before, word))
                    regions[m] = region
                    m += 1
                word_before = word
            if word_size >= 6 and letters_in_word > 0 and figures_in_word > 0:
                counts[_MIXED_WORDS] += 1
            word = np.uint64(0)
            word_size = letters_in_word = figures_in_word = 0
        if run > 0 and what != _FIGURE:
            counts[_DIGIT_RUNS] += 1
            counts[_LONG_DIGIT_RUNS] += run >= 5
            ahead = np.int64(codes[i - run - 1]) if i > run else np.int64(0)
            if _is_unit(code) or ahead in (0xA5, 0x24, 0x5238):
                counts[_AMOUNTS] += 1
            run = 0
        if i == n:
            break

        # N-grams of one to four letters or digits, whatever stands between them.
        if is_word:
            symbol = 48 if what == _FIGURE else code
            first = _mix(np.uint64(_SEED_GRAM), symbol)
            second = np.uint64(0)
            third = np.uint64(0)
            grams[m] = _bucket(first)
            regions[m] = region
            m += 1
            if one > 0:
                second = _mix(one, symbol)
                grams[m] = _bucket(second)
                regions[m] = region
                m += 1
                if two > 0:
                    third = _mix(two, symbol)
                    grams[m] = _bucket(third)
                    regions[m] = region
                    m += 1
                    if three > 0:
                        grams[m] = _bucket(_mix(three, symbol))
                        regions[m] = region
                        m += 1
            one = first
            two = second
            three = third

        in_body = region != TOPIC
        if in_body:
            body += 1
            slot = (code * 2654435761) & (_SEEN - 1)
            distinct += seen[slot] == 0
            seen[slot] = 1
            if is_word:
                if first_body < 0:
                    first_body = i
                last_body = i
        else:
            topic_codes += 1
        repeats += previous == code

        if what == _IDEOGRAPH:
            ideographs += 1
            word_before = np.uint64(0)
            if in_body:
                if i - last_ideograph == 2 and _class(previous) != _IDEOGRAPH:
                    counts[_SPLIT_HAN] += 1
                last_ideograph = i
                if pair_state > 0:
                    pairs[_mix(pair_state, code) & np.uint64(_PAIR_BITS - 1)] = 1
                pair_state = np.uint64(code)
            if code == 0x7F51:
                counts[_LINKS] += i + 3 < n and codes[i + 1] == 0x9875 and codes[i + 2] == 0x94FE
            elif code == 0x89C6:
                counts[_VIDEOS] += i + 1 < n and codes[i + 1] == 0x9891
        else:
            if in_body:
                pair_state = np.uint64(0)
            if what == _LETTER:
                letters += 1
                letters_in_word += 1
                word_size += 1
                word = _mix(word + np.uint64(_SEED_WORD), code)
            elif what == _FIGURE:
                figures += 1
                figures_in_word += 1
                run += 1
                word_size += 1
                word = _mix(word + np.uint64(_SEED_WORD), 48)
            elif what == _GAP:
                gaps += 1
            else:
                grams[m] = _bucket(_mix(np.uint64(_SEED_MARK), code))
                regions[m] = region
                m += 1
                if one > 0:
                    grams[m] = _bucket(_mix(one * np.uint64(3), code))
                    regions[m] = region
                    m += 1
                counts[_EMOJI] += in_body and code > 0x2190 and not 0x3000 <= code < 0x3100
                if code == 33:
                    counts[_EXCLAMATIONS] += 1
                elif code == 63:
                    counts[_QUESTIONS] += 1
                    counts[_QUESTION_PAIRS] += previous == 63
                elif code == 64:
                    counts[_MENTIONS] += i > topic_end
                elif code == 0x3010:
                    counts[_BRACKETS] += 1
                elif code == 58:
                    counts[_LINKS] += i + 2 < n and codes[i + 1] == 47 and codes[i + 2] == 47
        previous = code

    kept = min(topics, _MOST_TOPICS)
    distinct_topics = 0
    for t in range(kept):
        repeated = False
        for s in range(t):
            repeated |= topic_hash[s] == topic_hash[t]
        distinct_topics += not repeated
        if topic_from[t] > last_body:
            counts[_TOPICS_AFTER] += 1
        elif topic_to[t] < first_body:
            counts[_TOPICS_BEFORE] += 1
        else:
            counts[_TOPICS_WITHIN] += 1
        if topic_from[t] > 0 and _class(codes[topic_from[t] - 1]) == _IDEOGRAPH:
            counts[_TOPICS_ADJOINING] += 1
        share = _overlap(codes, topic_from[t] + 1, topic_to[t], pairs)
        counts[_OVERLAP] += share / kept
        counts[_OVERLAP_MOST] = max(counts[_OVERLAP_MOST], share)
        if t == 0 or share < counts[_OVERLAP_LEAST]:
            counts[_OVERLAP_LEAST] = share
    size = max(n, 1)
    counts[_LENGTH] = np.log1p(n)
    counts[_TOPICS] = min(topics, 20)
    counts[_DISTINCT_TOPICS] = distinct_topics / topics if topics > 0 else 0
    counts[_TOPIC_SHARE] = topic_codes / size
    counts[_TOPICS_AFTER] = min(counts[_TOPICS_AFTER], 20)
    counts[_BODY_LENGTH] = np.log1p(body)
    counts[_LATIN_SHARE] = letters / size
    counts[_HAN_SHARE] = ideographs / size
    counts[_BLANK_SHARE] = gaps / size
    counts[_SPLIT_HAN] = 10 * counts[_SPLIT_HAN] / size
    counts[_DIGIT_SHARE] = figures / size
    counts[_REPEATED_SHARE] = repeats / size
    counts[_QUESTIONS_IN_BODY] = counts[_QUESTIONS] / max(body, 1)
    counts[_DISTINCT_SHARE] = distinct / max(body, 1)
    return m


@inlined
def _is_unit(code):
    """Yuan, kuai, mi (slang for money), coupon."""
    return code in (0x5143, 0x5757, 0x7C73, 0x5238)


@inlined
def _overlap(codes, begin, end, pairs):
    """The share of a topic's pairs of ideographs that the body has too."""
    state = np.uint64(0)
    shared = 0
    total = 0
    for i in range(begin, end):
        if _class(codes[i]) == _IDEOGRAPH:
            if state > 0:
                total += 1
                shared += pairs[_mix(state, codes[i]) & np.uint64(_PAIR_BITS - 1)]
            state = np.uint64(codes[i])
        else:
            state = np.uint64(0)
    return shared / total if total > 0 else 0.0

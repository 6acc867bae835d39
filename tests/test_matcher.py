"""The matcher: laws against a plain search, and what separators do."""

import dataclasses

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portreeve.signals.fold import fold_table
from portreeve.signals.kernel import Row, fold_row
from portreeve.signals.lexicon import lexicon
from portreeve.signals.matcher import Pattern, Trie, build, match_row


def hits(words: list[str], text: str) -> list[tuple[int, int, str, bool]]:
    """(start, end, word, disguised) over the folded codes of a text."""
    found = hits_of(build([Pattern(w, classes=1) for w in words]), text)
    return [(start, end, words[pattern], disguised) for start, end, pattern, disguised in found]


def hits_of(trie: Trie, text: str) -> list[tuple[int, int, int, bool]]:
    table = fold_table()
    data = np.frombuffer(text.encode(), dtype=np.uint8) if text else np.zeros(0, np.uint8)
    codes, flags, places = Row.scratch(len(data))
    n, _ = fold_row(
        data, 0, len(data), *table.arrays(),
        codes, flags, places,
    )  # fmt: skip
    found = np.empty((codes.size, 4), dtype=np.int32)
    count = match_row(codes, flags, n, *trie.arrays(), found)
    return [(int(s), int(e), int(p), bool(d)) for s, e, p, d in found[:count]]


def longest_occurrences(words: list[str], text: str) -> list[tuple[int, int, str, bool]]:
    """Every occurrence that lies in no other, by plain search."""
    places = {
        (at, at + len(w), w, False)
        for w in words
        for at in range(len(text))
        if text.startswith(w, at)
    }
    return sorted(
        p for p in places if not any(q[0] <= p[0] and p[1] <= q[1] and q != p for q in places)
    )


WORDS_OF_THE_LEXICON = [
    "微信", "加微信", "私聊", "代理", "招代理", "包邮", "现货", "面膜", "减肥", "优惠券", "兼职",
    "日结", "whatsapp", "dm me", "in stock", "free shipping", "work from home", "加v", "扫码",
]  # fmt: skip
WORDS = st.lists(st.text("面膜微信加", min_size=1, max_size=4), min_size=1, max_size=6, unique=True)


@given(WORDS, st.text("面膜微信加好", max_size=24))
def test_of_nested_words_the_longest_counts(words, text):
    assert hits(words, text) == longest_occurrences(words, text)


CASES = [
    ("微 信", ["微信"], "blank between Chinese characters"),
    ("微*信", ["微信"], "sign between"),
    ("微💚信", ["微信"], "emoji between"),
    ("很微小。信不信", [], "a sentence ends between"),
    ("加，微，信，我", ["微信"], "commas around single characters"),
    ("w e c h a t", ["wechat"], "letters apart"),
    ("a wechat b", ["wechat"], "a word"),
    ("mywechats", [], "part of a longer word"),
    ("order   now", ["order now"], "blanks in a phrase"),
    ("order-now!", ["order now"], "hyphen in a phrase"),
    ("微.......信", [], "too far apart"),
]


@pytest.mark.parametrize(("text", "words", "reason"), CASES, ids=[c[2] for c in CASES])
def test_separators(text, words, reason):
    found = hits(["微信", "wechat", "order now"], text)
    assert [word for _, _, word, _ in found] == words


def test_disguise_is_seen():
    assert hits(["微信"], "微信") == [(0, 2, "微信", False)]
    assert hits(["微信"], "微.信") == [(0, 3, "微信", True)]
    assert hits(["wechat"], "ⓦechat") == [(0, 6, "wechat", True)]


def test_an_exception_phrase_silences_the_word_inside():
    assert [w for *_, w, _ in hits(["白粉", "白粉病"], "月季得了白粉病")] == ["白粉病"]


def test_a_word_twice_is_an_error():
    with pytest.raises(ValueError, match="'微信' stands twice"):
        build([Pattern("微信"), Pattern("微信")])


SEPARATORS = ("", "", "", " ", ".", "，", "*", "❤", "\U0001f600", "-")


@st.composite
def disguised_words(draw) -> str:
    """A few words of the lexicon, some with separators inside."""
    words = draw(st.lists(st.sampled_from(WORDS_OF_THE_LEXICON), min_size=1, max_size=4))
    return " ".join(
        "".join(char + draw(st.sampled_from(SEPARATORS)) for char in word) for word in words
    )


@given(
    st.one_of(
        st.text("加微信薇v＋+q群 ，。.❤wechat1①面膜代理招\U0001f600\U00020000", max_size=40),
        disguised_words(),
    )
)
@example("+v 加 v 搜")
@example("面.膜 代❤理 微信")
def test_no_beginning_is_turned_away_that_leads_to_a_word(text):
    trie = lexicon().trie
    everywhere = dataclasses.replace(trie, first=np.full_like(trie.first, 3))
    assert hits_of(trie, text) == hits_of(everywhere, text)

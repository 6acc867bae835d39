"""Folding: what every code point becomes, and that positions survive."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portreeve.signals.fold import CODE, EXPANDS, HAN, KIND, LATIN, fold, fold_table
from portreeve.signals.kernel import Row, decode, fold_row

CASES = [
    ("Ａｐｐｌｅ　１２", "apple 12", "full width"),
    ("①③⑧❶➋⓫", "13812⓫", "circled digits; what has no digit stays"),
    ("𝟙𝟛𝟠 𝓥𝓧 𝗪𝗫", "138 vx wx", "mathematical letters and digits"),
    ("🅥🅧 Ⓥ ⓦ", "vx v w", "enclosed letters"),
    ("買口罩加薇信", "买口罩加薇信", "traditional to simplified"),
    ("加\u200b微\u200d信\u2060", "加微信", "zero-width characters"),
    ("加微\ufe0f信 1\ufe0f\u20e3", "加微信 1", "variation selectors and keycaps"),
    ("вх Ⅴ信 ｖｘ", "bx v信 vx", "look-alikes of other scripts"),
    ("café Straße", "cafe straße", "accents"),
    ("a \t\u3000 b\r\n\n c", "a    b\n\n\n c", "blanks stay single code points here"),
    ("⼈戶", "人户", "radicals and compatibility forms"),
    ("", "", "nothing"),
]


@pytest.mark.parametrize(("text", "folded", "reason"), CASES, ids=[c[2] for c in CASES])
def test_fold(text, folded, reason):
    assert fold(text) == folded


def _run(data: bytes) -> tuple[str, list[int], list[int], int]:
    table = fold_table()
    codes, flags, places = Row.scratch(len(data))
    buffer = np.frombuffer(data, dtype=np.uint8) if data else np.zeros(0, np.uint8)
    n, characters = fold_row(
        buffer, 0, len(data), *table.arrays(),
        codes, flags, places,
    )  # fmt: skip
    text = "".join(map(chr, codes[:n].tolist()))
    return text, places[:n].tolist(), flags[:n].tolist(), characters


def test_kernel_folds_like_the_table_and_collapses_blanks():
    text, places, flags, characters = _run("  Ⓥ 信\u200bＡ \n x".encode())
    assert text == "v 信a\nx"
    assert places == [2, 3, 4, 6, 7, 10]
    assert characters == 11
    assert [f & KIND for f in flags][:3] == [LATIN, 4, HAN]


@given(st.text(max_size=60))
@example("\U0010ffff\U0001f9ff\u2028½㏠")
def test_positions_rise_and_point_into_the_text(text):
    folded, places, _, characters = _run(text.encode())
    assert characters == len(text)
    assert places == sorted(places)
    assert all(0 <= p < max(len(text), 1) for p in places)
    assert folded.replace("\n", " ").split() == fold(text).replace("\n", " ").split()


@given(st.binary(max_size=40))
@example(b"a\xed\xa0\x80b")
@example(b"\xe0\x80\x80")
@example(b"\xe5\xbe")
@example("微信".encode()[:-1] + b"\x80\x80")
@example("\ue000\uffff，Ａ".encode())
def test_the_quick_way_reads_what_the_careful_one_reads(data):
    buffer = np.frombuffer(data, dtype=np.uint8) if data else np.zeros(0, np.uint8)
    at, read = 0, []
    while at < len(data):
        code, width = decode(buffer, at, len(data))
        read.append(chr(code))
        at += width
    folded, _, _, characters = _run(data)
    assert characters == len(read)
    assert folded.replace("\n", " ").split() == fold("".join(read)).replace("\n", " ").split()


def test_a_character_that_a_row_cuts_off_is_not_read_from_the_next():
    data = np.frombuffer("微信".encode(), dtype=np.uint8)
    codes, flags, places = Row.scratch(len(data))
    n, characters = fold_row(data, 0, 2, *fold_table().arrays(), codes, flags, places)
    assert codes[:n].tolist() == [0xFFFD, 0xFFFD]
    assert characters == 2


@given(st.binary(max_size=40))
def test_broken_utf8_is_read_to_its_end(data):
    _, _, _, characters = _run(data)
    at, count = 0, 0
    buffer = np.frombuffer(data, dtype=np.uint8) if data else np.zeros(0, np.uint8)
    while at < len(data):
        code, width = decode(buffer, at, len(data))
        assert 0 <= code < 0x110000
        assert 1 <= width <= 4
        at += width
        count += 1
    assert (at, count) == (len(data), characters)
    try:
        assert characters == len(data.decode())
    except UnicodeDecodeError:
        assert 0xFFFD in [decode(buffer, i, len(data))[0] for i in range(len(data))]


def test_every_expansion_stays_within_the_scratch():
    table = fold_table()
    expanding = np.flatnonzero(table.entries & EXPANDS)
    lengths = table.expansions[table.entries[expanding] & CODE]
    assert lengths.max() <= 4
    # a byte may become two codes: the shortest expanding character has two bytes
    assert expanding.min() >= 0x80
    assert all(
        length <= 2 * len(chr(code).encode())
        for code, length in zip(expanding.tolist(), lengths.tolist(), strict=True)
    )

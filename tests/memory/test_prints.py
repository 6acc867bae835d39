"""Prints of texts: what changes them and what does not."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from portreeve.memory.hashing import key_of
from portreeve.memory.prints import HASHES, PRINT, prints

KEY = key_of(b"secret", "text")
SALE = "祛斑面膜89元一盒，七天见效不反弹，孕妇可用，加微信 abc12345 下单"


def of(*texts: str | None) -> NDArray[np.void]:
    return prints(pl.Series(texts, dtype=pl.String), KEY)


def alike(one: str, other: str) -> float:
    first, second = of(one, other)
    return float((first["hashes"] == second["hashes"]).mean())


@pytest.mark.parametrize(
    "copy",
    [
        "祛斑面膜 99 元一盒！七天见效不反弹~~孕妇可用 加微信:zx_77889 下单❤❤",
        "祛斑面膜８９元一盒，七天見效不反彈，孕婦可用，加薇信 ａｂｃ１２３４５ 下單",
        "祛.斑.面.膜.①②⑨元一盒，七天见效不反弹，孕妇可用，加V信 13800138000 下单",
        "#面膜代理# 祛斑面膜89元一盒，七天见效不反弹，孕妇可用，加微信 下单 @小美 ",
        "祛斑\u200b面膜89元一盒，七天见效不反弹，孕妇可用，加威信 https://t.cn/A6x 下单",
    ],
)
def test_what_changes_from_copy_to_copy_is_left_out(copy: str) -> None:
    assert alike(SALE, copy) >= 0.75


def test_handles_numbers_and_marks_alone_change_nothing() -> None:
    one, other = of(SALE, "祛斑面膜 128 元一盒 七天见效不反弹 孕妇可用 加微信 qq998877 下单！！")
    assert one == other


@pytest.mark.parametrize(
    "text",
    [
        "",
        "生日快乐",
        "谢谢大家",
        "哈哈哈哈哈哈哈哈哈哈哈哈哈",
        "13800138000 89元",
        "加微信 abc12345",
        None,
    ],
)
def test_short_texts_have_no_print(text: str | None) -> None:
    assert of(text)[0] == np.zeros(1, PRINT)[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("祝大家新年快乐身体健康万事如意", "祝大家中秋快乐阖家团圆事事顺心"),
        ("今天是我生日祝自己生日快乐", "今天结婚纪念日祝我们永远快乐"),
        ("你问我爱你有多深我爱你有几分", "月亮代表我的心轻轻的一个吻"),
        ("谢谢大家的关心孩子已经好多了", "谢谢老师的关心孩子进步很大了"),
        ("出售二手婴儿车九成新需要的联系我", "出售二手自行车八成新想要的私信我"),
    ],
)
def test_greetings_lyrics_and_thanks_are_not_alike(one: str, other: str) -> None:
    assert alike(one, other) < 0.5


def test_a_print_depends_on_its_key() -> None:
    other = prints(pl.Series([SALE]), key_of(b"other", "text"))[0]
    assert of(SALE)[0]["signature"] != other["signature"]
    assert (of(SALE)[0]["hashes"] == other["hashes"]).sum() < HASHES // 4


def test_a_slice_of_a_column_and_pieces_of_it_have_the_same_prints() -> None:
    texts = pl.Series([SALE, None, "", "生日快乐", "今天和妈妈去公园看樱花，人真多，回家吃火锅"])
    whole = prints(texts, KEY)
    pieces = pl.concat([texts.head(2), texts.slice(2)], rechunk=False)
    assert (prints(texts.slice(3), KEY) == whole[3:]).all()
    assert (prints(pieces, KEY) == whole).all()
    assert len(prints(texts.clear(), KEY)) == 0


def test_all_of_unicode_has_prints() -> None:
    """Run with NUMBA_BOUNDSCHECK=1 this reads nothing out of bounds."""
    codes = [chr(c) for c in range(1, 0x110000, 7) if not 0xD800 <= c < 0xE000]
    texts = ["".join(codes[at : at + 40]) for at in range(0, len(codes), 40)]
    assert prints(
        pl.Series([*texts, "#", "@", "#a", "http://", "a.", "一二三四五", "#a#"]), KEY
    ).size

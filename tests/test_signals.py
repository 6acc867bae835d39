"""Signals of texts, against the shipped lexicon: what is found, as which key, and where."""

import polars as pl
import pytest

from portreeve.signals.catalog import CATALOG, GIVEN_SIGNALS
from portreeve.signals.spans import (
    CONTACT,
    CONTACT_KINDS,
    CURRENCIES,
    LINK,
    MONEY,
    MONEY_KINDS,
    SHARE_CODE,
)
from portreeve.signals.text import measure


def spans(text: str, kind: int) -> pl.DataFrame:
    return measure(pl.Series([text])).spans.filter(pl.col("kind") == kind)


def contacts(text: str) -> list[str]:
    found = spans(text, CONTACT).select("sub", "key").iter_rows()
    return [f"{CONTACT_KINDS[kind]}:{key}" for kind, key in found]


CONTACTS = [
    ("加微信 abc12345", ["wechat:abc12345"], "plain"),
    ("加微信：ABC12345", ["wechat:abc12345"], "case folds to one key"),
    ("加薇信 abc12345", ["wechat:abc12345"], "sound-alike"),
    ("加威❤ abc12345", ["wechat:abc12345"], "sound-alike and emoji"),
    ("加V信abc12345", ["wechat:abc12345"], "letter for a character"),
    ("＋v ａｂｃ１２３４５", ["wechat:abc12345"], "full width"),
    ("加微信 ⓐⓑⓒ①②③④⑤", ["wechat:abc12345"], "circled letters and digits"),
    ("加微.信 a b c 1 2 3 4 5", ["wechat:abc12345"], "split by dots and blanks"),
    ("加微\u200b信abc\u200b12345", ["wechat:abc12345"], "zero-width characters"),
    ("加卫星 kk8899", ["wechat:kk8899"], "a homophone that is a word of its own"),
    ("昨晚卫星 kk8899 升空", [], "benign twin: a satellite with a name"),
    ("wechat: abc_12345", ["wechat:abc_12345"], "English"),
    ("add my vx abc12345 for prices", ["wechat:abc12345"], "initials"),
    ("微信支付真方便", [], "benign twin: the product itself"),
    ("wechat is down again today", [], "benign twin: a sentence, not a handle"),
    ("QQ 12345678", ["qq:12345678"], "QQ number"),
    ("扣扣：一二三四五六七八", ["qq:12345678"], "Chinese numerals"),
    ("电话 13000000000", ["phone:13000000000"], "mobile number"),
    ("微信同号 13000000000", ["phone:13000000000"], "a mobile number is one key"),
    ("+86 130-0000-0000", ["phone:13000000000"], "grouped, with the country code"),
    ("一三零零零零零零零零零", ["phone:13000000000"], "a number in numerals alone"),
    ("订单号 130000000001234", [], "benign twin: a longer number"),
    ("tg: @some_shop1", ["telegram:some_shop1"], "Telegram"),
    ("WhatsApp +1 202 555 0100", ["whatsapp:12025550100"], "WhatsApp"),
    ("LINE ID: shop.abc", ["line:shop.abc"], "LINE"),
    ("write to shop@example.com", ["email:shop@example.com"], "e-mail"),
    ("猫睡了13个小时", [], "benign twin: a number"),
]


@pytest.mark.parametrize(("text", "keys", "reason"), CONTACTS, ids=[c[2] for c in CONTACTS])
def test_contacts(text, keys, reason):
    assert contacts(text) == keys


def money(text: str) -> list[tuple[str, float, str]]:
    found = spans(text, MONEY)
    return [
        (MONEY_KINDS[sub], round(amount, 2), CURRENCIES[currency])
        for sub, amount, currency in found.select("sub", "amount", "currency").iter_rows()
    ]


MONEY_CASES = [
    ("砍了一刀又一刀，这游戏真难打", [], "a cut of a sword"),
    ("代购手表，三百刀", [("price", 300.0, "USD")], "dollars in slang"),
    ("面膜89元一盒", [("price", 89.0, "CNY")], "figures and unit"),
    ("￥1,280.50", [("price", 1280.5, "CNY")], "sign, thousands, decimals"),
    ("only $5.99 each", [("price", 5.99, "USD")], "dollars"),
    ("20 bucks", [("price", 20.0, "USD")], "English unit"),
    ("八十九元", [("price", 89.0, "CNY")], "Chinese numerals"),
    ("一百二十块钱", [("price", 120.0, "CNY")], "hundreds"),
    ("九块九包邮", [("price", 9.9, "CNY")], "nine-nine"),
    ("⑧⑨元", [("price", 89.0, "CNY")], "circled digits"),
    ("首付12万元", [("price", 120000.0, "CNY")], "ten thousands"),
    ("打8折", [("discount", 20.0, "%")], "tenths that stay"),
    ("85折", [("discount", 15.0, "%")], "two digits"),
    ("20% off", [("discount", 20.0, "%")], "percent"),
    ("满39减5", [("discount", 5.0, "CNY")], "threshold and reduction"),
    ("领10元券", [("coupon", 10.0, "CNY")], "coupon"),
    ("佣金300元", [("commission", 300.0, "CNY")], "commission"),
    ("一块去爬山", [], "benign twin: together"),
    ("打折腾了半天", [], "benign twin: 折腾"),
    ("2020年3月", [], "benign twin: a date"),
    ("三元论", [], "benign twin: a word"),
]


@pytest.mark.parametrize(
    ("text", "amounts", "reason"), MONEY_CASES, ids=[c[2] for c in MONEY_CASES]
)
def test_money(text, amounts, reason):
    assert money(text) == amounts


LINKS = [
    ("https://item.taobao.com/item.htm?id=1", [("item.taobao.com", "marketplace", "taobao.com")]),
    ("see Taobao.com/x", [("taobao.com", "marketplace", "taobao.com")]),
    ("taobao。com", [("taobao.com", "marketplace", "taobao.com")]),
    ("t.cn/A6abcde", [("t.cn", "shortener", "t.cn")]),
    ("https://kanjia.example.com", [("kanjia.example.com", "bargain", "example.com")]),
    ("https://notkanjia.example.com", [("notkanjia.example.com", None, "example.com")]),
    ("www.example.co.uk.", [("www.example.co.uk", None, "example.co.uk")]),
    ("at 5 p.m. v2.0 3.14 e.g. this", []),
    ("shop@example.com", []),
]


@pytest.mark.parametrize(("text", "hosts"), LINKS, ids=[c[0] for c in LINKS])
def test_links(text, hosts):
    found = spans(text, LINK)
    assert found.select("host", "host_class", "registrable").rows() == hosts


def test_share_codes_count_as_marketplace_links():
    measured = measure(pl.Series(["￥AbCd12xyzQ￥ 复制打开", "price ¥ 89"]))
    assert measured.spans.filter(pl.col("kind") == SHARE_CODE)["key"].to_list() == ["abcd12xyzq"]
    assert measured.signals["marketplace_links"].to_list() == [1, 0]


def test_attached_links_are_measured_and_named():
    measured = measure(pl.Series(["看这个", None]), pl.Series([["https://t.cn/x"], []]))
    assert measured.signals["short_links"].to_list() == [1, 0]
    assert measured.spans.select("row", "field", "host", "end").rows() == [
        (0, "links.0", "t.cn", 14)
    ]


def test_spans_point_into_the_original_text():
    text = "🌟新款\u200b面膜！加 薇❤：ａｂｃ①②③④⑤，只要⑧⑨元"
    found = measure(pl.Series([text])).spans.sort("start")
    quoted = {text[start:end] for start, end in found.select("start", "end").iter_rows()}
    assert "薇❤：ａｂｃ①②③④⑤" in quoted
    assert "⑧⑨元" in quoted
    assert "面膜" in quoted


def test_obfuscation_is_nought_for_plain_text_and_high_for_disguise():
    plain, disguised = measure(
        pl.Series(["加微信 abc12345 面膜89元", "加 薇❤ ａｂｃ①②③④⑤ 面.膜⑧⑨元"])
    ).signals["obfuscation"]
    assert plain == 0
    assert disguised >= 0.75


def test_every_signal_of_a_text_is_in_the_catalog_with_its_type():
    signals = measure(pl.Series(["a", None, ""])).signals
    assert set(signals.columns) <= set(CATALOG)
    for name in signals.columns:
        assert signals[name].dtype == CATALOG[name].column_type
    decided = {"surface", "standing", "licence", "audience", "disclosed", "goods_tier",
               "protected_sale"}  # fmt: skip
    assert set(CATALOG) - set(signals.columns) == decided | set(GIVEN_SIGNALS)


def test_same_handle_counts_once():
    signals = measure(pl.Series(["微信abc12345 微信 ABC12345 vx：abc12345"])).signals
    assert signals["contacts"].to_list() == [1]

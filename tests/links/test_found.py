"""Which addresses are found in texts, where they begin and end, and what is none."""

from __future__ import annotations

import polars as pl
import pytest

from portreeve.engine import screen
from portreeve.links import extract
from portreeve.signals.fold import fold
from portreeve.signals.text import measure
from portreeve.signals.top_level import (
    _CHINESE_ALONE,
    _CHINESE_BEHIND_A_SCHEME,
    _CHINESE_BEHIND_LATIN,
)

FOUND = [
    # rarer domains, alone and behind a scheme
    ("网盘 mega.nz/file 自取", ["mega.nz/file"]),
    ("shop.boutique这家", ["shop.boutique"]),
    ("http://celia.finance/register?a=1 注册", ["http://celia.finance/register?a=1"]),
    ("https://shop.example这家", ["https://shop.example"]),
    ("http://t.cn.a", ["http://t.cn"]),
    ("http://example.com。Apple很好", ["http://example.com"]),
    ("http://example.com.很好", ["http://example.com"]),
    ("http://example.com这家.不错", ["http://example.com"]),
    ("seehttp://a.com", ["http://a.com"]),
    # numbers
    ("看http://203.0.113.5:8080/a这家", ["http://203.0.113.5:8080/a"]),
    ("http://①②⑦.0.0.1/x", ["http://①②⑦.0.0.1/x"]),
    ("http://203。0。113。5。很好", ["http://203。0。113。5"]),
    ("203.0.113.5/x", []),
    ("http://1.2.3/x", []),
    ("http://1.2.3.4.5/", []),
    ("http://256.1.1.1/", []),
    ("http://3.63.2", []),
    # names of Chinese letters, behind a scheme
    ("看看 http://hdhx.中国/a 很好", ["http://hdhx.中国/a"]),
    ("http://例子.中国这家不错", ["http://例子.中国"]),
    ("http://例子。中国，好", ["http://例子。中国"]),
    ("http://例子.中國/商品", ["http://例子.中國/商品"]),
    ("http://www.例子.公司.cn/x", ["http://www.例子.公司.cn/x"]),
    ("http://面膜店.com这家", ["http://面膜店.com"]),
    ("http://www.abc例子.com/", ["http://www.abc例子.com/"]),
    ("http://例子.我爱你", ["http://例子.我爱你"]),
    ("http://xn--fsqu00a.xn--fiqs8s/a?b", ["http://xn--fsqu00a.xn--fiqs8s/a?b"]),
    ("http://我们。公司很大", []),
    ("http://mapi/005vnhZY", []),
    ("http://MF7nA3请收藏", []),
    # and without one
    ("网址：例子.中国。", ["例子.中国"]),
    ("（店铺.网址）", ["店铺.网址"]),
    ("www.例子.中国/a1", ["www.例子.中国/a1"]),
    ("请上abc.中国 看", ["abc.中国"]),
    ("例子.我爱你/a1", ["例子.我爱你/a1"]),
    ("xn--fsqu00a.xn--fiqs8s 官网", ["xn--fsqu00a.xn--fiqs8s"]),
    ("我爱中国。公司很大", []),
    ("我爱中国。公司", []),
    ("我爱中国.公司很大", []),
    ("妈妈.我爱你", []),
    ("全天.在线", []),
    ("1.公司 2.网络 23.中国", []),
    ("视频cr.网络", []),
    ("买1送面膜.中国", []),
    ("ann@例子.中国", []),
    # Chinese in a path
    ("https://shop.example/面膜", ["https://shop.example/面膜"]),
    ("https://shop.example/面膜，很好", ["https://shop.example/面膜"]),
    ("https://shop.example/面膜。真好", ["https://shop.example/面膜"]),
    ("（https://shop.example/面膜）", ["https://shop.example/面膜"]),
    ("《https://shop.example/a/面膜》", ["https://shop.example/a/面膜"]),
    ("【https://shop.example/面膜】好", ["https://shop.example/面膜"]),
    ("https://shop.example/面膜￥AbCd1234xYz￥",
     ["https://shop.example/面膜", "￥AbCd1234xYz￥"]),
    ("https://shop.example/s?q=面膜&page=2 好", ["https://shop.example/s?q=面膜&page=2"]),
    ("https://shop.example/面膜2024.html！", ["https://shop.example/面膜2024.html"]),
    ("https://telegra.ph/福利导航-11-09", ["https://telegra.ph/福利导航-11-09"]),
    ("http://jz.top/这家不错", ["http://jz.top/"]),
    ("http://jz.top/item?id=97这家不错", ["http://jz.top/item?id=97"]),
    ("http://jz.top/日入千：http://b.top/x", ["http://jz.top/", "http://b.top/x"]),
    ("http://jz.top/清仓秋季新款连衣裙外套包邮处理", ["http://jz.top/"]),
    ("http://t.cn/abc//回复", ["http://t.cn/abc//"]),
    ("shop.com/面膜", ["shop.com/"]),
    # a name that begins as a domain does, a user before the host, marks of full width
    ("http://www.中国银行.com/a", ["http://www.中国银行.com/a"]),
    ("http://www.香港大学.com", ["http://www.香港大学.com"]),
    ("http://taobao.com@evil.shop/a", ["http://taobao.com@evil.shop/a"]),
    ("http://taobao.com@好友", ["http://taobao.com"]),
    ("http：／／t.cn／A6abcde", ["http：／／t.cn／A6abcde"]),
    ("今天.公司", []),
    ("abcd.公司 看", ["abcd.公司"]),
    # what belongs to the words behind
    ("http://t.cn/abc@张三", ["http://t.cn/abc"]),
    ("http://t.cn/abc#话题#", ["http://t.cn/abc"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "links"), FOUND, ids=[case[0] for case in FOUND])
def test_addresses_in_a_text(text, links):
    assert [text[found.start : found.end] for found in extract(pl.Series([text]))] == links


def test_an_address_is_asked_as_browsers_write_it_and_counted_by_its_host():
    texts = ["买 http://例子.中国/面膜，好", "http://203.0.113.5/x"]
    assert [(found.url, found.host, found.registrable) for found in extract(pl.Series(texts))] == [
        ("http://xn--fsqu00a.xn--fiqs8s/%E9%9D%A2%E8%86%9C", "例子.中国", "例子.中国"),
        ("http://203.0.113.5/x", "203.0.113.5", "203.0.113.5"),
    ]


def test_the_host_is_the_one_that_is_asked():
    texts = ["http://taobao.com@evil.shop/a", "http://u:p@x.top/a@b", "http：／／t.cn／A6abcde"]
    assert [(found.host, found.url) for found in extract(pl.Series(texts))] == [
        ("evil.shop", "http://taobao.com@evil.shop/a"),
        ("x.top", "http://u:p@x.top/a@b"),
        ("t.cn", "http://t.cn/A6abcde"),
    ]


@pytest.mark.parametrize(
    ("text", "contacts", "prices"),
    [
        ("http://x.com/加微信mm8888888", ["wechat:mm8888888"], 0),
        ("http://x.com/面膜89元包邮", [], 1),
    ],
)
def test_what_goes_on_behind_a_slash_is_read_too(text, contacts, prices):
    decided = screen(pl.DataFrame({"text": [text]}))
    assert decided["contacts"].to_list() == [contacts]
    assert len(decided["prices"][0]) == prices


def test_many_dots_and_hyphens_are_read_once():
    (few, many) = (len(measure(pl.Series(["a.b--" * count])).spans) for count in (1_000, 200_000))
    assert (few, many) == (0, 0)


def test_the_key_of_a_long_chinese_address_ends_between_letters():
    text = "http://a.cn/x/" + "面膜补水/" * 40
    (key, *_) = measure(pl.Series([text])).spans["key"].to_list()
    assert key == "a.cn/x/" + "面膜补水/" * 19
    assert len(key.encode()) == 254


def test_chinese_domains_are_written_as_the_fold_writes_them():
    names = _CHINESE_ALONE + _CHINESE_BEHIND_LATIN + _CHINESE_BEHIND_A_SCHEME
    assert [fold(name) for name in names] == list(names)

"""What the pictures of an item show: read with its words, and put back where it stands."""

from __future__ import annotations

import polars as pl
import pytest

import portreeve
from portreeve.memory.traces import KEY_KINDS, Secret, named_keys
from portreeve.signals.parts import part_name, whole
from portreeve.signals.payloads import is_address
from portreeve.signals.text import measure

SELLS = "面膜89元一盒 加微信 abc12345 下单"


def test_words_in_a_picture_count_as_words_of_the_text() -> None:
    posts = pl.DataFrame(
        {"id": [1, 2], "text": ["看图", "看图"], "picture_text": [SELLS, "周五晚七点 学校礼堂"]}
    )
    decided = portreeve.screen(posts)
    assert decided["verdict"].to_list() == ["refuse", "allow"]
    assert decided["contacts"].to_list() == [["wechat:abc12345"], []]


def test_evidence_lies_in_the_part_where_it_stands() -> None:
    posts = pl.DataFrame({"id": [1], "text": ["看图下单"], "picture_text": [SELLS]})
    places = portreeve.screen(posts)["evidence"].to_list()[0]
    said = {"text": "看图下单", "picture_text": SELLS}
    found = [(p["field"], said[p["field"]][p["start"] : p["end"]], p["what"]) for p in places]
    assert ("picture_text", "89元", "price 89.0 CNY") in found
    assert ("text", "下单", "order word") in found
    assert ("picture_text", "下单", "order word") in found


@pytest.mark.parametrize(
    ("code", "links", "contacts", "signals"),
    [
        ("https://u.wechat.com/EAbcDef", ["u.wechat.com"], ["wechat:qr:EAbcDef"], {"im_links": 1}),
        ("https://qm.qq.com/q/abc", ["qm.qq.com"], ["qq:qr:abc"], {"im_links": 1}),
        ("https://qr.alipay.com/fkx1", ["qr.alipay.com"], [], {"payment_links": 1}),
        ("https://t.me/some_shop", ["t.me"], ["telegram:some_shop"], {"im_links": 1}),
        ("weixin://contacts/profile/abc12345", ["weixin"], ["wechat:qr:abc12345"], {"im_links": 1}),
        ("https://wa.me/15550123456", ["wa.me"], ["phone:15550123456"], {"contacts": 1}),
        ("https://line.me/ti/p/~meimei", ["line.me"], ["line:meimei"], {"contacts": 1}),
        ("t.me/some_shop", ["t.me"], ["telegram:some_shop"], {"contacts": 1}),
        ("wechat:abc12345", ["wechat"], ["wechat:abc12345"], {"contacts": 1}),
        ("mailto:mei%40shop.example", [], ["email:mei@shop.example"], {"contacts": 1}),
        ("BEGIN:VCARD\nTEL:13800138000\nEND:VCARD", [], ["phone:13800138000"], {"contacts": 1}),
        ("tel:13800138000", [], ["phone:13800138000"], {"im_links": 0}),
        ("6901234567892", [], [], {"links": 0}),
    ],
    ids=[
        "a wechat contact",
        "a qq group",
        "a payment",
        "telegram",
        "a scheme",
        "whatsapp",
        "line",
        "no scheme",
        "a handle like a scheme",
        "mail",
        "a card",
        "a number",
        "a bar code",
    ],
)
def test_a_code_leads_where_its_words_lead(
    code: str, links: list[str], contacts: list[str], signals: dict[str, int]
) -> None:
    posts = pl.DataFrame({"id": [1], "text": ["晚安"], "codes": [[code]]})
    row = portreeve.screen(posts, signals=True).row(0, named=True)
    assert row["links"] == links
    assert row["contacts"] == contacts
    assert {name: row["signals"][name] for name in signals} == signals
    assert row["signals"]["qr_codes"] == 1


def test_contacts_in_codes_are_evidence_and_are_of_their_own_rows() -> None:
    posts = pl.DataFrame(
        {
            "id": [1, 2],
            "text": ["面膜到货 89元一盒", "面膜到货 89元一盒 TG: meimei_shop"],
            "codes": [
                ["https://t.me/meimei_shop"],
                ["https://t.me/Meimei_Shop", "https://wa.me/15550123456"],
            ],
        }
    )
    decided = portreeve.screen(posts, signals=True)
    assert decided["verdict"].to_list() == ["refuse", "refuse"]
    assert decided["contacts"].to_list() == [
        ["telegram:meimei_shop"], ["telegram:meimei_shop", "phone:15550123456"],
    ]  # fmt: skip
    assert decided["signals"].struct.field("contacts").to_list() == [1, 2]
    first = decided["evidence"].to_list()[0]
    assert [(p["field"], p["start"], p["end"], p["what"]) for p in first] == [
        ("codes.0", 0, 24, "link t.me"),
        ("codes.0", 0, 24, "contact telegram:meimei_shop"),
        ("text", 0, 2, "goods facial_masks"),
        ("text", 2, 4, "order word"),
        ("text", 5, 8, "price 89.0 CNY"),
    ]


def test_a_code_that_is_read_in_other_words_is_evidence_whole() -> None:
    codes = pl.Series([["mailto:mei%40shop.example"]])
    spans = measure(pl.Series(["晚安"]), codes=codes).spans
    found = spans.filter(pl.col("key") == "mei@shop.example")
    assert found.select("field", "start", "end").rows() == [("codes.0", 0, 25)]


def test_the_same_code_twice_is_one_and_an_empty_one_is_none() -> None:
    codes = pl.Series([["https://a.example/1", "https://a.example/1", " ", None], []])
    counted = measure(pl.Series(["a", "b"]), codes=codes).signals["qr_codes"]
    assert counted.to_list() == [1, 0]


def test_only_items_with_pictures_are_read_further() -> None:
    texts = pl.Series(["a", "b"])
    assert (
        whole(texts, pl.Series([None, ""], dtype=pl.String), pl.Series([[], None])).texts is texts
    )


def test_parts_have_the_names_of_fields() -> None:
    assert [part_name(at) for at in (-1, -2, -3, -4, 0, 1)] == [
        "text", "picture_text", "codes.0", "codes.1", "links.0", "links.1",
    ]  # fmt: skip


def test_what_is_an_address_and_what_is_words() -> None:
    said = ("HTTP://A.EXAMPLE", "weixin:x", "tel:110", "加微信abc", "10:30", "MECARD:TEL:110;;")
    assert [is_address(one) for one in said] == [True, True, False, False, False, False]


def test_a_picture_on_a_sealed_surface_is_refused() -> None:
    posts = pl.DataFrame({"id": [1], "text": [None], "surface": ["private_chat"], "codes": [["x"]]})
    with pytest.raises(ValueError, match="'private_chat' is sealed: its items have no content"):
        portreeve.screen(posts)


def test_memory_joins_by_codes() -> None:
    codes = pl.Series([["https://a.example/1"], ["6901234567892"]])
    found = measure(pl.Series(["a", "b"]), codes=codes)
    keys, names = named_keys(found.places, Secret.of(b"secret"))
    kinds = [KEY_KINDS[kind] for kind in keys["kind"]]
    assert list(zip(kinds, names.to_pylist(), strict=True)) == [
        ("link", "a.example/1"), ("qr", "a.example/1"), ("qr", "6901234567892"),
    ]  # fmt: skip

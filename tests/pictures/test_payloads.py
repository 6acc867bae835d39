"""What codes say, as the contacts and links of texts."""

import pytest

from portreeve.pictures.payloads import parse


@pytest.mark.parametrize(
    ("text", "service", "kind", "contacts"),
    [
        ("https://u.wechat.com/EAbcD-12_x", "wechat", "contact", ["wechat:qr:EAbcD-12_x"]),
        ("http://weixin.qq.com/r/abcDEF", "wechat", "contact", ["wechat:qr:abcDEF"]),
        ("https://weixin.qq.com/g/AwYAAKxYz", "wechat", "group", ["wechat:qr:AwYAAKxYz"]),
        ("https://work.weixin.qq.com/ca/cawcde1", "wechat", "contact", ["wechat:qr:cawcde1"]),
        ("wxp://f2f0abcdef", "wechat", "payment", []),
        ("https://qm.qq.com/q/AbCdEf12", "qq", "contact", ["qq:qr:AbCdEf12"]),
        ("mqqapi://card/show_pslcard?src_type=internal&uin=123456789", "qq", "contact",
         ["qq:123456789"]),
        ("https://qr.alipay.com/fkx12345abc", "alipay", "payment", []),
        ("https://t.me/some_shop", "telegram", "contact", ["telegram:some_shop"]),
        ("https://t.me/+AbCd1234", "telegram", "group", ["telegram:qr:AbCd1234"]),
        ("https://t.me/share/url?url=x", "telegram", "link", []),
        ("https://line.me/ti/p/~meimei", "line", "contact", ["line:meimei"]),
        ("t.me/some_shop", "telegram", "contact", ["telegram:some_shop"]),
        ("HTTPS://WA.ME/15550123456", "whatsapp", "contact", ["phone:15550123456"]),
        ("加微信 abc12345 下单", None, "text", ["wechat:abc12345"]),
        ("tel:13800138000", None, "contact", ["phone:13800138000"]),
        ("mailto:mei%40shop.example", None, "contact", ["email:mei@shop.example"]),
        ("BEGIN:VCARD\nVERSION:3.0\nFN:Mei\nTEL:13800138000\nEND:VCARD", None, "text",
         ["phone:13800138000"]),
        ("WIFI:T:WPA;S:cafe;P:guest123;;", None, "text", []),
    ],
)  # fmt: skip
def test_what_a_qr_code_leads_to(text, service, kind, contacts):
    (told,) = parse([("QR Code", text)])
    assert (told.service, told.kind) == (service, kind)
    assert [f"{one.kind}:{one.key}" for one in told.contacts] == contacts


def test_addresses_are_links_with_their_class_and_numbers_of_goods_are_nothing():
    link, shop, number = parse(
        [
            ("QR Code", "https://shop.example.com/item?id=7"),
            ("QR Code", "https://item.taobao.com/item.htm?id=12"),
            ("EAN-13", "6901234567892"),
        ]
    )
    assert [(one.host, one.registrable) for one in link.links] == [
        ("shop.example.com", "example.com")
    ]
    assert shop.links[0].host_class == "marketplace"
    assert (number.kind, number.contacts, number.links) == ("number", (), ())


def test_no_codes_are_no_work():
    assert parse([]) == []

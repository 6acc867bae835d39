"""What a code says: words, or an address, and whether the address stands for a contact.

Addresses that stand for a person or a group (``t.me/name``, ``wa.me/number``) are said in words and
read by the text kernel, so that a handle is the same key in a picture as in a text. Where the
address holds a token instead of a handle, as WeChat's does, the token is the key, after ``qr:``.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple
from urllib.parse import unquote

from portreeve.signals.hosts import target

Kind = Literal["contact", "group", "payment", "link", "text"]


class Payload(NamedTuple):
    """What a code says.

    ``kind``: a person's or shop's account, a group to join, a payment, another address, or words;
    ``words``: read as words of the item, empty where it is an address; ``service``: whose code it
    is, where its address tells; ``said``: the contact that the address stands for, in words for
    the kernel; ``token``: what stands in the address instead of a handle.
    """

    kind: Kind
    words: str = ""
    service: str | None = None
    said: str = ""
    token: str | None = None


class _Rule(NamedTuple):
    """An address that stands for something; ``said``: its contact, in words for the kernel."""

    service: str
    kind: Kind
    pattern: re.Pattern[str]
    said: str | None = None


def _rule(service: str, kind: Kind, pattern: str, said: str | None = None) -> _Rule:
    return _Rule(service, kind, re.compile(pattern, re.IGNORECASE), said)


_TOKEN = r"(?P<token>[\w+/=%~.-]+)"
_RULES = (
    _rule("wechat", "payment", r"wxp://"),
    _rule("wechat", "payment", r"weixin://wxpay/"),
    _rule("wechat", "payment", r"(?:pay|payapp)\.weixin\.qq\.com/"),
    _rule("wechat", "contact", r"u\.wechat\.com/" + _TOKEN),
    _rule("wechat", "contact", r"weixin\.qq\.com/[rx]/" + _TOKEN),
    _rule("wechat", "contact", r"weixin://(?:contacts/profile|qr|r)/" + _TOKEN),
    _rule("wechat", "group", r"weixin\.qq\.com/g/" + _TOKEN),
    _rule("wechat", "group", r"work\.weixin\.qq\.com/gm/" + _TOKEN),
    _rule("wechat", "contact", r"work\.weixin\.qq\.com/(?:ca|kfid|u)/" + _TOKEN),
    _rule("qq", "payment", r"i\.qianbao\.qq\.com/"),
    _rule("qq", "group", r"mqq(?:api|wpa)?://[^?]*\?(?=.*\bcard_type=group)(?:.*&)?uin=(?P<id>\d+)",
          "QQ群 {id}"),
    _rule("qq", "contact", r"(?:mqq(?:api|wpa)?|tencent)://[^?]*\?(?:.*&)?uin=(?P<id>\d+)",
          "QQ {id}"),
    _rule("qq", "contact", r"wpa(?:\.b)?\.qq\.com/[^?]*\?(?:.*&)?uin=(?P<id>\d+)", "QQ {id}"),
    _rule("qq", "group", r"(?:jq\.qq\.com|qun\.qq\.com)/(?:.*[?&](?:wv|k|_wv)=[^&]*&)?"
          r"(?:.*?k=)?" + _TOKEN),
    _rule("qq", "contact", r"qm\.qq\.com/(?:cgi-bin/qm/qr\?(?:.*&)?k=|q/)" + _TOKEN),
    _rule("alipay", "payment", r"alipays?://"),
    _rule("alipay", "payment", r"(?:[\w-]+\.)?alipay\.com/"),
    _rule("telegram", "group", r"(?:t|telegram)\.(?:me|dog)/(?:\+|joinchat/)" + _TOKEN),
    _rule("telegram", "group", r"tg://join\?(?:.*&)?invite=" + _TOKEN),
    _rule("telegram", "link", r"(?:t|telegram)\.(?:me|dog)/(?:add\w+|share|proxy|socks|iv|c|bg|"
          r"login|invoice|setlanguage|confirmphone|boost|giftcode)\b"),
    _rule("telegram", "contact", r"(?:t|telegram)\.(?:me|dog)/(?:s/)?(?P<id>[a-z]\w{3,31})\b",
          "telegram: {id}"),
    _rule("telegram", "contact", r"tg://resolve\?(?:.*&)?domain=(?P<id>[a-z]\w{3,31})\b",
          "telegram: {id}"),
    _rule("whatsapp", "group", r"chat\.whatsapp\.com/" + _TOKEN),
    _rule("whatsapp", "contact", r"wa\.me/(?:qr|message)/" + _TOKEN),
    _rule("whatsapp", "contact", r"wa\.me/\+?(?P<id>\d{6,15})\b", "whatsapp: {id}"),
    _rule("whatsapp", "contact", r"(?:(?:api|web)\.whatsapp\.com/send/?|whatsapp://send/?)\?"
          r"(?:.*&)?phone=\+?(?P<id>\d{6,15})\b", "whatsapp: {id}"),
    _rule("line", "group", r"line\.me/(?:r/)?ti/g2?/" + _TOKEN),
    _rule("line", "contact", r"line(?:\.me|:/)/(?:r/)?ti/p/[~@](?P<id>[\w.-]+)", "LINE ID: {id}"),
    _rule("line", "contact", r"line(?:\.me|:/)/(?:r/)?ti/p/" + _TOKEN),
    _rule("line", "contact", r"lin\.ee/" + _TOKEN),
)  # fmt: skip
"""The first that matches an address from its beginning, without http:// and www., holds."""

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_HOST_FIRST = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]/\S+", re.IGNORECASE
)
_WEB = re.compile(r"(?:https?:/*)?(?:www\.)?", re.IGNORECASE)
_SPOKEN = re.compile(
    r"(?P<contact>tel|sms|smsto|mailto)|mecard|bizcard|matmsg|begin|wifi|geo|market|otpauth|url|"
    r"urlto",
    re.IGNORECASE,
)
"""What stands before the colon of payloads that are words with fields rather than addresses."""
_URL_FIELD = re.compile(r"url(?:to)?:(?=https?:)", re.IGNORECASE)


def read_payload(text: str) -> Payload:
    """What the text of a code says.

    >>> read_payload("https://t.me/some_shop")
    Payload(kind='contact', words='', service='telegram', said='telegram: some_shop', token=None)
    >>> read_payload("mailto:mei%40shop.example").words
    'mailto:mei@shop.example'
    """
    address = payload_address(text)
    if not is_address(address):
        spoken = _spoken(address)
        words = (unquote(text) if spoken else text).replace("\0", " ")
        return Payload("contact" if spoken and spoken["contact"] else "text", words)
    path = unquote(_WEB.sub("", address, count=1))
    for rule in _RULES:
        if match := rule.pattern.match(path):
            found = match.groupdict()
            said = rule.said.format(id=found["id"]) if rule.said is not None else ""
            return Payload(rule.kind, "", rule.service, said, found.get("token"))
    # wechat:name is an address, and what people write
    return Payload("link", said="" if "/" in address else address)


def payload_address(text: str) -> str:
    """What a code says without the field that an address may stand in.

    >>> payload_address("URLTO:https://a.example/1 ")
    'https://a.example/1'
    """
    return _URL_FIELD.sub("", text.strip())


def is_address(text: str) -> bool:
    """Whether what a code says is a link, and nothing to be read as words.

    >>> [is_address(text) for text in ("https://a.example", "weixin:chat", "t.me/mei", "tel:110")]
    [True, True, True, False]
    """
    if re.search(r"\s", text) or _spoken(text):
        return False
    if _SCHEME.match(text) or _HOST_FIRST.fullmatch(text):
        return True
    return ":" in text and not text[:1].isdigit() and target(text.lower()).host_class is not None


def _spoken(text: str) -> re.Match[str] | None:
    before, colon, _ = text.partition(":")
    return _SPOKEN.fullmatch(before) if colon else None

"""What codes say, parsed into the contacts and links of texts.

Addresses that stand for a person or a group (``t.me/name``, ``wa.me/number``) are said in words and
read by the text kernel, so that a handle is the same key in a picture as in a text. Where the
address holds a token instead of a handle, as WeChat's does, the token is the key, after ``qr:``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple
from urllib.parse import unquote

import msgspec
import polars as pl

from portreeve.signals.spans import CONTACT, CONTACT_KINDS, LINK, SHARE_CODE
from portreeve.signals.text import measure

Kind = Literal["contact", "group", "payment", "link", "text", "number"]


class Contact(msgspec.Struct, frozen=True):
    """A handle: what it is of (as in texts), and its key."""

    kind: str
    key: str


class Link(msgspec.Struct, frozen=True):
    """Where a link or a share code leads: key, host, class of the place, registered domain."""

    key: str
    host: str | None = None
    host_class: str | None = None
    registrable: str | None = None


class LeadsTo(msgspec.Struct, frozen=True):
    """What a code says. ``service``: whose code it is, where its address tells.

    ``kind``: a person's or shop's account, a group to join, a payment, another address, words, or
    the number of a product or parcel.
    """

    kind: Kind
    service: str | None = None
    contacts: tuple[Contact, ...] = ()
    links: tuple[Link, ...] = ()


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
    _rule("line", "contact", r"line(?:\.me|:/)/(?:r/)?ti/p/[~@](?P<id>[\w.-]+)", "LINE: {id}"),
    _rule("line", "contact", r"line(?:\.me|:/)/(?:r/)?ti/p/" + _TOKEN),
    _rule("line", "contact", r"lin\.ee/" + _TOKEN),
)  # fmt: skip
"""The first that matches an address from its beginning, without http:// and www., holds."""

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{1,30}:[^\s]+", re.IGNORECASE)
_HOST_FIRST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+/\S+", re.IGNORECASE)
_WEB = re.compile(r"(?:https?:/*)?(?:www\.)?", re.IGNORECASE)
_SPOKEN = re.compile(
    r"(?:tel|sms|smsto|mailto|mecard|bizcard|matmsg|begin|wifi|geo|market|otpauth|url|urlto):",
    re.IGNORECASE,
)
"""Beginnings of payloads that are words with fields rather than addresses."""
_URL_FIELD = re.compile(r"url(?:to)?:(?=https?:)", re.IGNORECASE)
_READ_AS_TEXT = ("Aztec", "Data Matrix", "PDF417", "QR Code")
"""Formats that hold words; the others hold numbers of goods and parcels."""


class _Said(NamedTuple):
    """A payload as the kernel gets it: words, addresses, and what its own address tells."""

    words: str
    addresses: list[str]
    told: LeadsTo


def parse(payloads: Sequence[tuple[str, str]]) -> list[LeadsTo]:
    """What codes say, given format and text of each.

    >>> parse([("QR Code", "https://t.me/some_shop")])[0].contacts
    (Contact(kind='telegram', key='some_shop'),)
    """
    if not payloads:
        return []
    said = [_said(format_, text) for format_, text in payloads]
    places = measure(
        pl.Series([one.words for one in said], dtype=pl.String),
        pl.Series([one.addresses for one in said], dtype=pl.List(pl.String)),
    ).places
    contacts: list[dict[Contact, None]] = [dict.fromkeys(one.told.contacts) for one in said]
    for row, at, key in places.keyed(places.of(CONTACT)):
        contacts[row][Contact(CONTACT_KINDS[places.records["sub"][at]], key)] = None
    links: list[dict[Link, None]] = [{} for _ in said]
    for row, at, key in places.keyed(places.of(LINK, SHARE_CODE)):
        links[row][Link(key, *places.targets[places.leads[at]])] = None
    return [
        msgspec.structs.replace(one.told, contacts=tuple(held), links=tuple(led))
        for one, held, led in zip(said, contacts, links, strict=True)
    ]


def _said(format_: str, text: str) -> _Said:
    if not format_.startswith(_READ_AS_TEXT):
        return _Said("", [], LeadsTo("number"))
    text = _URL_FIELD.sub("", text.strip())
    spoken = _SPOKEN.match(text)
    if spoken or not (_ADDRESS.fullmatch(text) or _HOST_FIRST.fullmatch(text)):
        contact = spoken and spoken[0].lower() in ("tel:", "sms:", "smsto:", "mailto:")
        words = unquote(text) if spoken else text
        return _Said(words.replace("\0", " "), [], LeadsTo("contact" if contact else "text"))
    address = unquote(_WEB.sub("", text, count=1))
    for rule in _RULES:
        if match := rule.pattern.match(address):
            return _by_rule(rule, match, text)
    return _Said("", [text], LeadsTo("link"))


def _by_rule(rule: _Rule, match: re.Match[str], address: str) -> _Said:
    found = match.groupdict()
    if rule.said is not None:
        words = rule.said.format(id=found["id"])
        return _Said(words, [address], LeadsTo(rule.kind, rule.service))
    token = found.get("token")
    contacts = (Contact(rule.service, f"qr:{token}"),) if token else ()
    return _Said("", [address], LeadsTo(rule.kind, rule.service, contacts))

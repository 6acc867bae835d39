"""Signals in words: short names in both languages, and which of them say something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from portreeve.console.words import Words
from portreeve.report.words import INTENTS
from portreeve.signals.catalog import CATALOG

NAMES: dict[str, Words] = {
    "promotion": Words("promotion", "推广"),
    **INTENTS,
    "intent": Words("likeliest intent", "最可能的意图"),
    "obfuscation": Words("disguise", "变形程度"),
    "standing": Words("standing of the account", "账号身份"),
    "licence": Words("licence", "许可"),
    "disclosed": Words("declared as advertising", "已声明为广告"),
    "characters": Words("length", "字数"),
    "cjk_share": Words("share of Chinese", "中文占比"),
    "hashtags": Words("hashtags", "话题标签"),
    "mentions": Words("mentions", "提及"),
    "emoji": Words("emoji", "表情"),
    "contacts": Words("handles", "联系方式"),
    "hidden_contacts": Words("disguised handles", "变形的联系方式"),
    "contact_invites": Words("invitations to get in touch", "邀约联系"),
    "prices": Words("prices", "价格"),
    "price_max": Words("largest amount", "最高金额"),
    "discounts": Words("discounts", "折扣"),
    "coupons": Words("coupons", "优惠券"),
    "commissions": Words("commissions", "佣金"),
    "links": Words("links", "链接"),
    "marketplace_links": Words("links to shops", "电商链接"),
    "affiliate_links": Words("affiliate links", "返利链接"),
    "short_links": Words("short links", "短链接"),
    "bargain_links": Words("bargain links", "砍价链接"),
    "group_buy_links": Words("group-buying links", "拼团链接"),
    "im_links": Words("links into chats", "聊天跳转链接"),
    "payment_links": Words("payment links", "付款链接"),
    "qr_codes": Words("codes in pictures", "图片中的码"),
    "picture_characters": Words("words in pictures", "图片文字字数"),
    "unread_pictures": Words("pictures not read yet", "未识别的图片"),
    "known_pictures": Words("known pictures", "已知图片"),
    "order_words": Words("words of selling", "售卖用语"),
    "recruit_words": Words("words of recruiting", "招募用语"),
    "downline_words": Words("words of multi-level trade", "多级分销用语"),
    "induced_sharing": Words("sharing for a benefit", "利诱分享"),
    "bargain_words": Words("bargain words", "砍价用语"),
    "group_buy_words": Words("group-buying words", "拼团用语"),
    "giveaway_words": Words("free gifts", "赠品引流"),
    "resource_words": Words("resources given away", "资源引流"),
    "elsewhere_words": Words("other places named", "站外去处"),
    "soft_words": Words("words of praise", "种草用语"),
    "urgency": Words("urgency", "催促用语"),
    "evasion_words": Words("says that it evades", "自称规避审核"),
    "health_topic": Words("health topic", "健康话题"),
    "health_claims": Words("claims of cure", "疗效宣称"),
    "black_five": Words("slimming, breast, height claims", "减肥丰胸增高类宣称"),
    "disclosure": Words("says that it is advertising", "标明广告"),
    "disclosure_visible": Words("and says so visibly", "广告标明醒目"),
    "goods_category": Words("goods", "商品类别"),
    "goods_words": Words("words of these goods", "商品用语"),
    "second_hand": Words("second-hand words", "闲置转让用语"),
    "own_produce": Words("own produce", "自产自销用语"),
    "charity": Words("charity", "公益用语"),
    "no_benefit": Words("says that nobody pays", "自称无利益关系"),
    "quoting": Words("quotes or reports", "引用或报道"),
    "complaint": Words("complains or warns", "投诉或提醒"),
    "asking": Words("asks for advice", "求助或询问"),
    "personal_notice": Words("personal notice", "个人启事"),
    "protected_sale": Words("protected sale", "受保护的交易"),
    "copies": Words("near copies", "近似内容数"),
    "copy_accounts": Words("accounts with near copies", "发布近似内容的其他账号数"),
    "copy_hours": Words("hours since the first near copy", "距最早近似内容的小时数"),
    "first_copy": Words("first to publish it", "最先发布"),
    "campaign_posts": Words("posts of its campaign", "所属推广团伙的内容数"),
    "campaign_accounts": Words("accounts of its campaign", "所属推广团伙的账号数"),
    "tree_levels": Words("levels of its tree of sellers", "所在分销层级数"),
    "tree_people": Words("people in its tree of sellers", "所在分销体系的人数"),
    "sliding": Words("goods slide towards black", "商品正滑向违禁"),
    "friend_funnel": Words("strangers made friends by coupons", "以优惠券集中加陌生人"),
    "mobilised": Words("people brought from own groups", "从自有群带入直播间的人数"),
}
"""By signal; what is not named here is shown by its own name."""

_LEAST = 0.1
"""A probability below says nothing."""
_ELSEWHERE = {"surface", "audience", "goods_tier", "standing", "licence"}
"""Shown in other places of a page."""


class Said(NamedTuple):
    """A signal that says something of an item. ``share``: a number from 0 to 1, as a bar."""

    name: str
    words: Words
    value: Any
    share: float | None


def telling(signals: Mapping[str, Any]) -> list[Said]:
    """The signals that say something, in the order of the catalog: neither absent nor zero.

    >>> [one.name for one in telling({"promotion": 0.97, "prices": 1, "links": 0, "brand": 0.01})]
    ['promotion', 'prices']
    """
    found = []
    for name, signal in CATALOG.items():
        value = signals.get(name)
        if value in (None, 0, False, "") or name in _ELSEWHERE:
            continue
        is_share = signal.unit in ("probability", "0 to 1")
        if is_share and value < _LEAST:
            continue
        words = NAMES.get(name, Words(name, name))
        found.append(Said(name, words, value, float(value) if is_share else None))
    return found

"""Names of things as the report shows them, in English and Chinese."""

from __future__ import annotations

import functools

from portreeve.model import Surface, Verdict
from portreeve.policy import Words
from portreeve.report.word_classes import WORD_CLASSES
from portreeve.signals.goods_table import goods_table, load_table

VERDICTS: dict[str, Words] = {
    Verdict.allow: Words("allowed", "放行"),
    Verdict.label: Words("labelled", "加标"),
    Verdict.limit: Words("limited", "限流"),
    Verdict.hold: Words("held", "待人工"),
    Verdict.refuse: Words("refused", "拒绝"),
    Verdict.remove: Words("removed", "移除"),
}

SURFACES: dict[str, Words] = {
    Surface.moments: Words("Moments", "朋友圈"),
    Surface.comment: Words("Comments", "评论"),
    Surface.profile: Words("Profiles", "个人资料"),
    Surface.group: Words("Open groups", "公开群"),
    Surface.private_chat: Words("Private chat (sealed)", "私聊（封存）"),
    Surface.public_account: Words("Public accounts", "公众号"),
    Surface.search_ad: Words("Search ads", "搜索广告"),
    Surface.live: Words("Live rooms", "直播间"),
    Surface.share_api: Words("Shares from apps", "应用分享"),
    Surface.group_buy: Words("Group buying", "团购"),
    Surface.short_video: Words("Short videos", "短视频"),
}

INTENTS: dict[str, Words] = {
    "micro_business": Words("micro-business", "微商"),
    "recruitment": Words("recruitment", "招代理、招兼职"),
    "coupon_affiliate": Words("coupons and affiliate links", "优惠券与返利"),
    "funnel": Words("funnel", "引流"),
    "brand": Words("brand", "品牌推广"),
    "illicit": Words("illicit offer", "违法交易"),
    "disguised_medical": Words("disguised medical", "变相医疗广告"),
    "soft_ad": Words("soft advertising", "软文"),
}

TIER_WORDS: dict[str, Words] = {
    "white": Words("white: ordinary goods", "白：普通商品"),
    "grey": Words("grey: needs care", "灰：需谨慎"),
    "grey-strict": Words("grey-strict: licence or never", "深灰：凭许可或不得"),
    "black": Words("black: forbidden", "黑：禁止"),
}

_CONTACTS = {
    "wechat": Words("WeChat", "微信"),
    "qq": Words("QQ", "QQ"),
    "phone": Words("telephone", "电话"),
    "telegram": Words("Telegram", "Telegram"),
    "whatsapp": Words("WhatsApp", "WhatsApp"),
    "line": Words("LINE", "LINE"),
    "email": Words("e-mail", "电子邮件"),
}


def contact_kind(kind: str) -> Words:
    """The name of a kind of handle.

    >>> contact_kind("wechat").zh
    '微信'
    """
    return _CONTACTS.get(kind, Words(kind, kind))


_MONEY = {
    "price": Words("price", "价格"),
    "discount": Words("discount", "折扣"),
    "coupon": Words("coupon", "优惠券"),
    "commission": Words("commission", "佣金"),
}


def percent(share: float) -> str:
    """A share as percent, with one digit more where it is small.

    >>> percent(0.1234), percent(0.00123), percent(0.0), percent(1.0)
    ('12.3 %', '0.12 %', '0 %', '100 %')
    """
    if share in (0.0, 1.0):
        return f"{share:.0%}".replace("%", " %")
    digits = 1 if 0.01 <= share <= 0.99 or share > 1 else 2
    return f"{100 * share:.{digits}f} %"


def evidence(what: str) -> Words:
    """What a place in a text is, for people.

    >>> evidence("contact wechat:abc12345").zh
    '微信 abc12345'
    >>> evidence("goods facial_masks").zh
    '商品：面膜'
    >>> evidence("price 89.0 CNY").en
    'price 89 CNY'
    """
    parts = [_evidence(part) for part in what.split(", ")]
    return Words("; ".join(part.en for part in parts), "；".join(part.zh for part in parts))


def _evidence(what: str) -> Words:
    known = WORD_CLASSES.get(what.removesuffix(" word"))
    if known is not None and what.endswith(" word"):
        return known
    head, _, rest = what.partition(" ")
    if head == "contact" and ":" in rest:
        kind, _, handle = rest.partition(":")
        named = contact_kind(kind)
        return Words(f"{named.en} {handle}", f"{named.zh} {handle}")
    if head in _MONEY:
        amount = rest.replace(".0 ", " ")
        return Words(f"{_MONEY[head].en} {amount}", f"{_MONEY[head].zh} {amount}")
    if head == "link":
        return Words(f"link {rest}", f"链接 {rest}")
    if what == "code in a picture":
        return Words(what, "图片中的码")
    if what.startswith("share code"):
        return Words(what, what.replace("share code", "口令", 1))
    goods = goods_table().get(rest)
    if head == "goods" and goods is not None:
        return Words(f"goods: {goods.en}", f"商品：{goods.zh}")
    return _classes().get(what, Words(what, what))


@functools.cache
def _classes() -> dict[str, Words]:
    return {
        name: Words(entry["meaning"], entry["meaning_zh"])
        for name, entry in load_table("lexicon.yaml").items()
        if isinstance(entry, dict) and "meaning" in entry
    }

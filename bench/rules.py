"""The twenty rules that every engine of the comparison evaluates, defined once.

A rule is a conjunction of atoms: some must be found, some must not. An atom is a regular expression
and how often it must be found at least. The expressions keep to what Python, Perl, PCRE and
JavaScript understand alike, on bytes as on characters: Chinese characters only inside literal
words, never in a class or under a quantifier of their own; ASCII classes; no ``.``, ``\\b``,
``\\d`` or ``\\s``. Upper and lower case ASCII are the same.

The renderings for the other engines are in ``bench/peers``.
"""

from __future__ import annotations

from dataclasses import dataclass

_GAP = "(?:[ :]|：){0,3}"
_SCHEME = "https?://(?:[a-z0-9-]{1,40}[.]){0,3}"


def _words(words: str) -> str:
    return f"(?:{words})"


@dataclass(frozen=True)
class Atom:
    """``pattern`` is found at least ``at_least`` times, not overlapping, anywhere in the post."""

    pattern: str
    at_least: int = 1


@dataclass(frozen=True)
class Rule:
    """Holds when every atom of ``found`` holds and none of ``absent``."""

    name: str
    found: tuple[str, ...]
    absent: tuple[str, ...] = ()


_MOBILE = "(?<![0-9])1[3-9][0-9]{9}(?![0-9])"
_PRICE = "(?:(?:¥|￥|[$]|rmb )[0-9]{1,6}|(?<![0-9])[0-9]{1,6}(?:[.][0-9]{1,2})?(?:元|块|rmb|usd))"

ATOMS: dict[str, Atom] = {
    "wechat": Atom(_words("微信|加微|薇信|加v|(?<![a-z])(?:vx|wx|wechat|weixin)(?![a-z])")),
    "wechat_handle": Atom(
        "(?:微信|加微|薇信|vx|wx|wechat|weixin)(?:号)?" + _GAP + "[a-z][a-z0-9_-]{5,19}"
    ),
    "mobile": Atom(_MOBILE),
    "qq": Atom("(?:qq|扣扣)(?:群|号)?" + _GAP + "[1-9][0-9]{4,10}(?![0-9])"),
    "messenger": Atom(
        "(?:telegram|whatsapp|t[.]me/|wa[.]me/|电报)" + _GAP + "[+@]?[a-z0-9_]{5,20}"
    ),
    "email": Atom("[a-z0-9._-]{2,40}@[a-z0-9-]{1,40}[.][a-z]{2,10}"),
    "private_message": Atom(_words("私信我|私聊|滴滴我|dm me|message me|inbox me")),
    "price": Atom(_PRICE),
    "three_prices": Atom(_PRICE, at_least=3),
    "discount": Atom(
        "(?:[0-9](?:[.][0-9])?折|[0-9]{1,2}% ?off|满[0-9]{2,4}减[0-9]{1,4}|半价|立减|买一送一|特价)"
    ),
    "coupon": Atom(_words("优惠券|领券|券后|内部券|coupon|voucher|promo code")),
    "commission": Atom(_words("佣金|返利|分成|提成|commission|cashback")),
    "recruit": Atom(_words("招代理|诚招|招聘|兼职|日结|加盟|work from home|hiring")),
    "ships": Atom(_words("包邮|现货|下单|代购|货源|先到先得|in stock|shipped|free shipping")),
    "bargain": Atom(_words("砍一刀|拼团|助力|帮我点|两人团|三人团|group buy")),
    "link": Atom("https?://[a-z0-9.-]{4,60}"),
    "market_link": Atom(
        _SCHEME + "(?:taobao|tmall|jd|pinduoduo|yangkeduo|amazon|ebay|etsy)[.]com(?![a-z0-9.-])"
    ),
    "short_link": Atom(
        "(?<![a-z0-9.])(?:t[.]cn|bit[.]ly|dwz[.]cn|suo[.]im|tinyurl[.]com)/[a-z0-9]{4,20}"
    ),
    "share_code": Atom("(?:¥|￥|€)[a-z0-9]{8,13}(?:¥|￥|€)"),
    "illicit": Atom(_words("代开发票|办证|刻章|套现|刷单|网赌|高仿|迷药")),
    "cure": Atom(_words("祖传秘方|根治|包治|疗程|无副作用|永不复发|miracle cure")),
    "second_hand": Atom(_words("闲置|二手|转让|自家种|second-hand|義賣|义卖")),
    "disclosed": Atom(_words("#广告|广告#|#ad(?![a-z])|赞助|sponsored")),
    "four_hashes": Atom("#", at_least=4),
    "three_exclamations": Atom("(?:！|!)", at_least=3),
}

RULES: tuple[Rule, ...] = (
    Rule("wechat_and_price", ("wechat_handle", "price")),
    Rule("wechat_and_shipping", ("wechat", "ships")),
    Rule("wechat_and_recruiting", ("wechat", "recruit")),
    Rule("mobile_and_price", ("mobile", "price")),
    Rule("mobile_and_illicit", ("mobile", "illicit")),
    Rule("qq_and_recruiting", ("qq", "recruit")),
    Rule("messenger_and_price", ("messenger", "price")),
    Rule("email_and_price", ("email", "price")),
    Rule("private_message_and_price", ("private_message", "price")),
    Rule("market_link_undisclosed", ("market_link",), ("disclosed",)),
    Rule("market_link_and_coupon", ("market_link", "coupon")),
    Rule("share_code", ("share_code",)),
    Rule("short_link_and_discount", ("short_link", "discount")),
    Rule("commission_and_link", ("link", "commission")),
    Rule("bargain_and_link", ("link", "bargain")),
    Rule("price_list", ("three_prices",), ("second_hand",)),
    Rule("discount_shouted", ("three_exclamations", "discount")),
    Rule("cure_and_mobile", ("mobile", "cure")),
    Rule("hashtags_and_shipping", ("four_hashes", "ships")),
    Rule("shipping_and_price", ("price", "ships"), ("second_hand",)),
)

NAMES: tuple[str, ...] = tuple(rule.name for rule in RULES)

"""The one list of signals: name, type, unit and meaning.

A signal is a measured fact about an item. Policies name signals in their conditions; the docs
page, the completion in the console and the columns of ``--signals`` are made from this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from portreeve.model import INTENTS

if TYPE_CHECKING:
    import polars as pl

SignalType = Literal["number", "count", "boolean", "text"]


@dataclass(frozen=True)
class Signal:
    """One measured fact about an item.

    >>> CATALOG["prices"].type
    'count'
    """

    name: str
    type: SignalType
    unit: str
    meaning: str
    group: str

    @property
    def column_type(self) -> pl.DataType:
        """The polars type of its column."""
        import polars as pl

        kinds: dict[str, pl.DataType] = {
            "number": pl.Float32(),
            "count": pl.Int32(),
            "boolean": pl.Boolean(),
            "text": pl.String(),
        }
        return kinds[self.type]


_INTENT_MEANINGS = {
    "micro_business": "a personal seller of goods or small services",
    "recruitment": "recruits agents, part-timers or members of a downline",
    "coupon_affiliate": "spreads coupons and affiliate links",
    "funnel": "draws people to another place, account or resource",
    "brand": "a named firm speaks for itself",
    "illicit": "offers something unlawful",
    "disguised_medical": "medical, cosmetic-surgery or drug promotion dressed as advice",
    "soft_ad": "praise that is paid for, without saying so",
}


def _signals() -> list[Signal]:
    listed: list[Signal] = []

    def add(group: str, name: str, type_: SignalType, unit: str, meaning: str) -> None:
        listed.append(Signal(name, type_, unit, meaning, group))

    add("item", "surface", "text", "name", "where the item appears")
    add(
        "item", "standing", "text", "name", "what the account is; person when the host says nothing"
    )
    add(
        "item", "licence", "text", "name", "none, claimed or verified; none when the host is silent"
    )
    add("item", "audience", "text", "name", "who can see it, in the host's words; may be NULL")
    add("item", "disclosed", "boolean", "", "the account declared it as advertising")

    add("text", "characters", "count", "code points", "length of the text")
    add("text", "cjk_share", "number", "0 to 1", "share of Chinese characters among the letters")
    add("text", "hashtags", "count", "", "#topics# and #tags")
    add("text", "mentions", "count", "", "@names")
    add("text", "emoji", "count", "", "emoji and pictographs")
    add(
        "text",
        "obfuscation",
        "number",
        "0 to 1",
        "how much of what matters is disguised: look-alikes, sound-alikes, split or hidden "
        "characters in contacts, amounts and trade words; 0 for plain text",
    )

    add(
        "model",
        "promotion",
        "number",
        "probability",
        "the post sells, promotes, recruits or solicits contact",
    )
    for intent in INTENTS:
        add("model", intent, "number", "probability", _INTENT_MEANINGS[intent])
    add(
        "model",
        "intent",
        "text",
        "name",
        "the likeliest intent; NULL when promotion is below 0.5 or no intent reaches 0.1",
    )

    add("contacts", "contacts", "count", "", "distinct handles: WeChat, QQ, phone, Telegram, ...")
    add("contacts", "hidden_contacts", "count", "", "those of them that are disguised")
    add(
        "contacts",
        "contact_invites",
        "count",
        "",
        "invitations without a handle: message me, scan the code",
    )

    add("money", "prices", "count", "", "amounts of money asked or named")
    add("money", "price_max", "number", "major units", "the largest amount; NULL without one")
    add("money", "discounts", "count", "", "percentages off, special offers")
    add("money", "coupons", "count", "", "coupons and vouchers")
    add("money", "commissions", "count", "", "commissions, rebates, daily pay")

    add(
        "links",
        "links",
        "count",
        "",
        "different addresses and share codes, in the text and attached",
    )
    add(
        "links",
        "marketplace_links",
        "count",
        "",
        "to a marketplace or a shop, share codes included",
    )
    add("links", "affiliate_links", "count", "", "to coupons and pages that pay whoever shares")
    add("links", "short_links", "count", "", "through a shortener, so the target is hidden")
    add("links", "bargain_links", "count", "", "help-me-cut-the-price and assist links")
    add("links", "group_buy_links", "count", "", "to a group-buying deal")
    add("links", "im_links", "count", "", "that open a chat in a messenger")
    add("links", "payment_links", "count", "", "that ask for a payment")

    add("pictures", "qr_codes", "count", "", "different QR and bar codes in the pictures")
    add(
        "pictures",
        "picture_characters",
        "count",
        "code points",
        "words read in the pictures; they count as words of the text",
    )
    add(
        "pictures",
        "unread_pictures",
        "count",
        "pictures",
        "its pictures whose words are not read yet; NULL where the host reads them",
    )
    add(
        "pictures",
        "known_pictures",
        "count",
        "pictures",
        "its pictures that look like one in a bank of known pictures; NULL without banks",
    )

    add("trade", "order_words", "count", "", "words of selling: in stock, order now, wholesale")
    add("trade", "recruit_words", "count", "", "words of recruiting: agents wanted, earn at home")
    add("trade", "downline_words", "count", "", "words of multi-level trade: downline, team bonus")
    add("trade", "induced_sharing", "count", "", "sharing, following or liking for a benefit")
    add("trade", "bargain_words", "count", "", "help me cut the price, assist me")
    add("trade", "group_buy_words", "count", "", "group-buying and chain-order words")
    add("trade", "giveaway_words", "count", "", "free gifts that draw people in")
    add("trade", "resource_words", "count", "", "films, books and files given to draw people in")
    add(
        "trade",
        "elsewhere_words",
        "count",
        "",
        "accounts on other platforms, public accounts, shops",
    )
    add("trade", "soft_words", "count", "", "words of recommendation: must-have, buy it again")
    add("trade", "urgency", "count", "", "pressure to act at once: last chance, while stocks last")
    add("trade", "evasion_words", "count", "", "says that it evades the platform")
    add("trade", "health_topic", "count", "", "words of illness, treatment and wellness advice")
    add("trade", "health_claims", "count", "", "claims of cure or certain effect")
    add("trade", "black_five", "count", "", "slimming, breast, height, virility and skin claims")

    add(
        "disclosure", "disclosure", "boolean", "", "says that it is advertising, or was declared so"
    )
    add(
        "disclosure",
        "disclosure_visible",
        "boolean",
        "",
        "the disclosure is easy to see: declared, or among the first 40 or last 20 characters, "
        "and not one of more than three hashtags",
    )

    add("goods", "goods_category", "text", "id", "what is offered; NULL when nothing is named")
    add("goods", "goods_words", "count", "", "words of that category in the text")
    add(
        "goods", "goods_tier", "text", "tier", "the policy's tier of the category; NULL without one"
    )

    add("context", "second_hand", "count", "", "words of a one-off second-hand sale")
    add("context", "own_produce", "count", "", "words of own farm produce and handicraft")
    add("context", "charity", "count", "", "words of charity, fund-raising and giving away")
    add("context", "no_benefit", "count", "", "says that nobody pays for the praise")
    add("context", "quoting", "count", "", "words of fiction, news and reported speech")
    add("context", "complaint", "count", "", "words of complaint and warning")
    add("context", "asking", "count", "", "words of asking for advice or goods")
    add(
        "context",
        "personal_notice",
        "count",
        "",
        "words of lost property, invitations, new numbers",
    )
    add(
        "context",
        "protected_sale",
        "boolean",
        "",
        "second-hand, own produce or charity, by the policy's definition",
    )

    add("memory", "copies", "count", "items", "other items that are near copies of it")
    add("memory", "copy_accounts", "count", "accounts", "other accounts that published near copies")
    add("memory", "copy_hours", "number", "hours", "since the earliest near copy; 0 for the first")
    add("memory", "first_copy", "boolean", "", "nobody published a near copy of it before")
    add("memory", "campaign_posts", "count", "items", "posts of the campaign that it belongs to")
    add(
        "memory",
        "campaign_accounts",
        "count",
        "accounts",
        "accounts of that campaign: joined by handles, links, pictures and near copies",
    )
    add(
        "memory",
        "tree_levels",
        "count",
        "levels",
        "levels of the tree of sellers that its account stands in; 0 without one",
    )
    add("memory", "tree_people", "count", "accounts", "accounts of that tree")
    add(
        "memory",
        "sliding",
        "boolean",
        "",
        "the goods of its account slide towards black, before the first black item",
    )
    add(
        "memory",
        "friend_funnel",
        "boolean",
        "",
        "a burst of strangers became friends of its account after it offered coupons",
    )
    add(
        "memory",
        "mobilised",
        "count",
        "people",
        "brought from the account's own groups into its live room",
    )
    return listed


CATALOG: dict[str, Signal] = {signal.name: signal for signal in _signals()}

POLICY_SIGNALS: tuple[str, ...] = ("goods_tier", "protected_sale")
"""Signals a policy decides: the tier overlay and the definition of a protected sale."""

MEMORY_SIGNALS: tuple[str, ...] = tuple(s.name for s in CATALOG.values() if s.group == "memory")
"""Signals that tell what earlier items say of an item; NULL where no memory is at hand."""

GIVEN_SIGNALS: tuple[str, ...] = ("unread_pictures", "known_pictures", *MEMORY_SIGNALS)
"""Signals that nobody can measure on the item alone: a service gives them, else they are NULL."""


def column_type(name: str) -> pl.DataType:
    """The polars type of a column: a signal's, or that of a counter, which is a number.

    >>> column_type("copies"), column_type("sales_today")
    (Int32, Float32)
    """
    import polars as pl

    return CATALOG[name].column_type if name in CATALOG else pl.Float32()

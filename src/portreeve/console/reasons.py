"""Reasons that reviewers give again and again, in both languages, each with its number key."""

from __future__ import annotations

from typing import NamedTuple

from portreeve.console.words import Words


class Preset(NamedTuple):
    """A reason that is chosen by one key. ``verdicts``: those that it fits."""

    key: str
    words: Words
    verdicts: tuple[str, ...]


REASONS: tuple[Preset, ...] = (
    Preset("1", Words("Ordinary life, nothing is sold.", "日常分享，没有售卖行为。"), ("allow",)),
    Preset(
        "2",
        Words(
            "Second-hand, own produce, charity, or praise that nobody pays for.",
            "个人闲置、自产自销、公益，或无利益关系的推荐。",
        ),
        ("allow",),
    ),
    Preset(
        "3",
        Words("Quotes, reports, warns or asks.", "引用、报道、提醒或求助。"),
        ("allow",),
    ),
    Preset(
        "4",
        Words("Advertising that is not marked as such.", "属于广告，但没有标明。"),
        ("label", "limit"),
    ),
    Preset(
        "5",
        Words("Doubtful, and too little to take down.", "内容可疑，但不足以下架。"),
        ("limit", "label"),
    ),
    Preset("6", Words("Sells or promotes goods.", "售卖或推广商品。"), ("refuse",)),
    Preset(
        "7",
        Words("Recruits agents, or draws people elsewhere.", "招募代理，或向站外引流。"),
        ("refuse",),
    ),
    Preset("8", Words("Offers what may not be sold.", "提供禁止销售的商品或服务。"), ("refuse",)),
    Preset(
        "9", Words("Disguised to get past the rules.", "刻意变形，规避审核。"), ("refuse",)
    ),
)  # fmt: skip
"""Presets for cases and second readings."""

USUAL: dict[str, Words] = {
    "allow": Words("No clause is breached.", "未违反任何条款。"),
    "label": Words("May stay, with a label.", "可以保留，但需加标。"),
    "limit": Words("May stay, for fewer people.", "可以保留，但需限流。"),
    "refuse": Words("Breaches the clauses named.", "违反所列条款。"),
}
"""The reason when none is chosen, by verdict."""

REPLIES: dict[str, tuple[Preset, ...]] = {
    "overturned": (
        Preset(
            "1",
            Words(
                "You are right. We had taken your post for trade, which it is not. It is back, and "
                "what the decision led to is undone. We are sorry.",
                "您的申诉成立。我们误将您的内容判断为营销。内容已恢复，由此产生的处理均已撤销。"
                "给您带来不便，我们深表歉意。",
            ),
            ("overturned",),
        ),
        Preset(
            "2",
            Words(
                "You are right: the rule has an exception for this. Your post is back, and what "
                "the decision led to is undone.",
                "您的申诉成立：规则对此类内容有例外规定。内容已恢复，由此产生的处理均已撤销。",
            ),
            ("overturned",),
        ),
    ),
    "upheld": (
        Preset(
            "3",
            Words(
                "A second person has read your post and your words. The decision stands: the "
                "clause named forbids it. How to comply is said in the notice.",
                "另一位审核员已复核您的内容和申诉理由。所列条款不允许此类内容，因此维持原决定。"
                "如何合规，请参阅通知中的说明。",
            ),
            ("upheld",),
        ),
        Preset(
            "4",
            Words(
                "A second person has read your post and your words. The decision stands: it "
                "promotes goods with a way to buy them. A registered merchant has other places "
                "for that; the notice names them.",
                "另一位审核员已复核您的内容和申诉理由。内容推广商品并附有购买方式，因此维持原决定。"
                "已登记的商家有其他发布渠道，详见通知。",
            ),
            ("upheld",),
        ),
    ),
}
"""Replies to appeals, for the person concerned, by outcome."""

_KNOWN: dict[str, Words] = {
    text: words
    for words in (*(one.words for one in REASONS), *USUAL.values())
    for text in (words.en, words.zh)
}


def written(chosen: str | None, own: str | None, verdict: str, language: str) -> str:
    """The reason as it is kept: what was chosen, or what is usual for the verdict; own words.

    >>> written("6", "And twice.", "refuse", "en")
    'Sells or promotes goods.\\nAnd twice.'
    >>> written(None, None, "allow", "zh")
    '未违反任何条款。'
    """
    preset = next((one.words for one in REASONS if one.key == chosen), None)
    if preset is None and not own:
        preset = USUAL[verdict]
    said = None if preset is None else (preset.zh if language == "zh" else preset.en)
    return "\n".join(part for part in (said, (own or "").strip()) if part)


def read(note: str, language: str) -> str:
    """A note as somebody reads it: presets in the reader's language, all else as it was written.

    >>> read("售卖或推广商品。\\nSeen twice.", "en")
    'Sells or promotes goods.\\nSeen twice.'
    """
    lines = []
    for line in note.split("\n"):
        words = _KNOWN.get(line)
        lines.append(line if words is None else (words.zh if language == "zh" else words.en))
    return "\n".join(lines)

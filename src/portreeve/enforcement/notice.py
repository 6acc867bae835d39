"""What an account is told, in its language: made from facts each time it is read, never stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from portreeve.model import Evidence
from portreeve.schemas.enforcement import Appealing, Ground, Language, Quote
from portreeve.schemas.screening import Reason, Text

Said = dict[Language, str]

_NOUNS: dict[str, Said] = {
    "moments": {"en": "post", "zh": "动态"},
    "comment": {"en": "comment", "zh": "评论"},
    "profile": {"en": "profile text", "zh": "个人资料"},
    "group": {"en": "post in the group", "zh": "群内发言"},
    "private_chat": {"en": "reported message", "zh": "被举报的消息"},
    "public_account": {"en": "article", "zh": "文章"},
    "search_ad": {"en": "advertisement", "zh": "广告"},
    "live": {"en": "live room", "zh": "直播"},
    "share_api": {"en": "shared link", "zh": "分享"},
    "group_buy": {"en": "group-buying deal", "zh": "团购"},
    "short_video": {"en": "short video", "zh": "短视频"},
}

_DECIDED: dict[str, Said] = {
    "allow": {"en": "Your {noun} was looked at by a person and may appear.",
              "zh": "您的{noun}经人工查看，可以展示。"},
    "label": {"en": "Your {noun} appears with a label.", "zh": "您的{noun}已加上标识展示。"},
    "limit": {"en": "Your {noun} reaches fewer people.", "zh": "您的{noun}只有较少的人能看到。"},
    "hold": {"en": "Your {noun} waits until a person has looked at it.",
             "zh": "您的{noun}需要先由人工查看。"},
    "refuse": {"en": "Your {noun} was not published.", "zh": "您的{noun}没有发布。"},
    "remove": {"en": "Your {noun} was taken down.", "zh": "您的{noun}已被撤下。"},
}  # fmt: skip

_CORRECTED: Said = {
    "en": "We were wrong: what was decided on your {noun} is reversed.",
    "zh": "我们判断有误：对您的{noun}所作的决定已经撤销。",
}

_SANCTIONED: dict[str, Said] = {
    "warn": {"en": "You are warned.", "zh": "特此警告。"},
    "limit": {"en": "Your posts reach fewer people", "zh": "您发布的内容只有较少的人能看到"},
    "mute": {"en": "You may read but not publish", "zh": "您可以浏览，但不能发布"},
    "disgorge": {"en": "Followers you won by it are removed.", "zh": "因此获得的关注者已被移除。"},
    "block_links": {"en": "Your links open nowhere", "zh": "您的链接无法打开"},
    "suspend": {"en": "Your account is closed", "zh": "您的账号已停用"},
    "ban": {"en": "Your account is closed for good.", "zh": "您的账号已永久停用。"},
}
_LIFTED: dict[str, Said] = {
    "limit": {"en": "Your posts reach everybody again.", "zh": "您发布的内容已恢复正常展示。"},
    "mute": {"en": "You may publish again.", "zh": "您可以重新发布内容。"},
    "block_links": {"en": "Your links open again.", "zh": "您的链接已可以打开。"},
    "suspend": {"en": "Your account is open again.", "zh": "您的账号已恢复使用。"},
    "ban": {"en": "Your account is open again.", "zh": "您的账号已恢复使用。"},
    "disgorge": {"en": "Followers that were removed come back.", "zh": "被移除的关注者已恢复。"},
    "warn": {"en": "The warning is withdrawn.", "zh": "警告已撤回。"},
}

_LICENCES: dict[str, Said] = {
    "licence-verified": {"en": "Your licence is verified: {title}.",
                         "zh": "您的许可已核实：{title}。"},
    "licence-refused": {"en": "Your licence could not be verified: {title}.",
                        "zh": "您的许可未通过核实：{title}。"},
    "licence-revoked": {"en": "Your licence is verified no longer: {title}.",
                        "zh": "您的许可不再视为已核实：{title}。"},
}  # fmt: skip
_LICENCE_FOLLOWS: dict[str, Said] = {
    "licence-verified": {"en": "It counts from now on, until it ends.",
                         "zh": "自现在起有效，直至许可到期。"},
    "licence-refused": {"en": "It does not count. Once it is put right, file it again.",
                        "zh": "此许可不计入。更正后可以重新提交。"},
    "licence-revoked": {"en": "It does not count from now on. Once it is put right, file it again.",
                        "zh": "自现在起，此许可不再计入。更正后可以重新提交。"},
}  # fmt: skip

_WORDS: dict[str, Said] = {
    "until": {"en": "{sanction} until {time}.", "zh": "{sanction}，直到{time}。"},
    "endless": {"en": "{sanction}.", "zh": "{sanction}。"},
    "strike": {"en": "It counts as {count} on your record until {time}.",
               "zh": "记{count}次违规，{time}之后不再计算。"},
    "strike_endless": {"en": "It counts as {count} on your record.", "zh": "记{count}次违规。"},
    "withdrawn": {"en": "Taken off your record: {count}.", 
                  "zh": "因此记下的{count}次违规不再计算。"},
    "appears": {"en": "It appears again, with its comments.", "zh": "内容及其评论已恢复展示。"},
    "reversed": {"en": "This was reversed on {time}.", "zh": "此决定已于{time}撤销。"},
    "rule": {"en": "Rule {clause}: {because}", "zh": "依据第{clause}条：{because}"},
    "evidence": {"en": "What it rests on: {quotes}", "zh": "所凭内容：{quotes}"},
    "comply": {"en": "How to put it right: {comply}", "zh": "如何改正：{comply}"},
    "way_out": {"en": "Where it has its place: {way_out}. {how}",
                "zh": "适合的去处：{way_out}。{how}"},
    "reason": {"en": "Why: {reason}", "zh": "理由：{reason}"},
    "appeal": {"en": "You can appeal free of charge until {time}: a person who did not decide this "
               "will look at it. Name decision {decision}.",
               "zh": "您可以在{time}之前免费申诉，由未参与此决定的人重新查看。"
               "请注明决定编号 {decision}。"},
    "appeal_url": {"en": "Appeal here: {url}", "zh": "申诉入口：{url}"},
}  # fmt: skip


def title(verdict: str, surface: str, language: Language) -> str:
    """What was decided, in a sentence.

    >>> title("refuse", "moments", "en")
    'Your post was not published.'
    """
    return _DECIDED[verdict][language].format(noun=_NOUNS[surface][language])


def correction(surface: str, language: Language) -> str:
    """That a decision was undone."""
    return _CORRECTED[language].format(noun=_NOUNS[surface][language])


def sanction(kind: str, ends: datetime | None, language: Language, zone: tzinfo = UTC) -> str:
    """What a sanction means.

    >>> sanction("mute", datetime(2014, 6, 8, tzinfo=UTC), "en")
    'You may read but not publish until 2014-06-08 00:00 UTC.'
    """
    what = _SANCTIONED[kind][language]
    if ends is not None:
        return _say("until", language, sanction=what, time=moment(ends, language, zone))
    return what if what.endswith((".", "。")) else _say("endless", language, sanction=what)


def lifted(kind: str, language: Language) -> str:
    """What the end of a sanction means."""
    return _LIFTED[kind][language]


def licence(kind: str, named: Text | None, language: Language) -> str:
    """What a person found of a licence; ``named``: what it is called, if that is known.

    >>> licence("licence-verified", Text(en="Business licence", zh="营业执照"), "zh")
    '您的许可已核实：营业执照。'
    """
    unknown = Text(en="a licence that is no longer on file", zh="已删除的许可")
    return _LICENCES[kind][language].format(title=said(named or unknown, language))


def licence_follows(kind: str, language: Language) -> str:
    """What follows from what a person found of a licence."""
    return _LICENCE_FOLLOWS[kind][language]


def strike(count: int, expires: datetime | None, language: Language, zone: tzinfo = UTC) -> str:
    """What a decision cost.

    >>> strike(2, None, "en")
    'It counts as 2 strikes on your record.'
    """
    shown = _strikes(count, language)
    if expires is None:
        return _say("strike_endless", language, count=shown)
    return _say("strike", language, count=shown, time=moment(expires, language, zone))


def withdrawn(count: int, language: Language) -> str:
    """That strikes count no more."""
    return _say("withdrawn", language, count=_strikes(count, language))


def appears(language: Language) -> str:
    """That the item appears again."""
    return _say("appears", language)


def reversed_on(time: datetime, language: Language, zone: tzinfo = UTC) -> str:
    """That the decision was undone since."""
    return _say("reversed", language, time=moment(time, language, zone))


def ground(reason: Reason, language: Language) -> Ground:
    """A rule that a decision rests on, in words."""
    way = reason.way_out
    return Ground(
        rule=reason.rule,
        clause=reason.clause,
        because=said(reason.because, language),
        comply=said(reason.comply, language) if reason.comply else None,
        way_out=said(way.title, language) if way else None,
        how=said(way.how, language) if way else None,
    )


def said(text: Text, language: Language) -> str:
    """A text in one of its languages."""
    return text.zh if language == "zh" else text.en


class Shown(Protocol):
    """What an item said: the parts that evidence lies in."""

    @property
    def text(self) -> str | None:
        """Its words."""

    @property
    def links(self) -> Sequence[str]:
        """The addresses beside them."""

    @property
    def codes(self) -> Sequence[str]:
        """What the codes in its pictures say."""

    @property
    def picture_text(self) -> str | None:
        """The words in its pictures."""


def quotes(said: Shown, evidence: Iterable[Evidence]) -> list[Quote]:
    """The places that a decision rests on, in the item's own words; each once.

    Places that overlap are one, so that nobody is shown a word cut in two.

    >>> from portreeve.model import Item
    >>> word = Evidence(field="text", start=0, end=2, what="wechat word")
    >>> contact = Evidence(field="text", start=1, end=7, what="contact wechat:abc1")
    >>> [quote] = quotes(Item(id=1, text="加微信abc1"), [word, contact])
    >>> quote.words, quote.what
    ('加微信abc1', 'wechat word, contact wechat:abc1')
    """
    found = {}
    for place in _joined(evidence):
        words = (_part(said, place.field) or "")[place.start : place.end]
        if words:
            found[place.field, words, place.what] = Quote(
                field=place.field, words=words, what=place.what
            )
    return list(found.values())


def _joined(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Places in their order, with neighbours that overlap made one."""
    joined: list[Evidence] = []
    for place in evidence:
        last = joined[-1] if joined else None
        if last and last.field == place.field and last.start <= place.start < last.end:
            joined[-1] = Evidence(
                field=last.field,
                start=last.start,
                end=max(last.end, place.end),
                what=last.what if place.what == last.what else f"{last.what}, {place.what}",
            )
        else:
            joined.append(place)
    return joined


def plain(
    title: str,
    language: Language,
    *,
    grounds: Sequence[Ground] = (),
    evidence: Sequence[Quote] = (),
    consequences: Sequence[str] = (),
    reason: str | None = None,
    appeal: Appealing | None = None,
) -> str:
    """The whole notice as text, a paragraph a line."""
    lines = [title]
    for one in grounds:
        named = _say("rule", language, clause=one.clause, because=one.because)
        lines.append(named if one.clause else one.because)
    if reason:
        lines.append(_say("reason", language, reason=reason))
    if evidence:
        marks = ("“", "”")
        shown = [f"{marks[0]}{quote.words}{marks[1]}" for quote in evidence]
        lines.append(
            _say("evidence", language, quotes=("、" if language == "zh" else ", ").join(shown))
        )
    complies = dict.fromkeys(one.comply for one in grounds if one.comply)
    lines += [_say("comply", language, comply=comply) for comply in complies]
    ways = dict.fromkeys((g.way_out, g.how) for g in grounds if g.way_out)
    lines += [_say("way_out", language, way_out=way_out, how=how) for way_out, how in ways]
    lines += consequences
    if appeal is not None:
        lines.append(
            _say(
                "appeal", language,
                time=moment(appeal.until, language), decision=appeal.decision,
            )
        )  # fmt: skip
        if appeal.url:
            lines.append(_say("appeal_url", language, url=appeal.url))
    return "\n".join(lines)


def _say(what: str, language: Language, **facts: object) -> str:
    return _WORDS[what][language].format(**facts)


def _strikes(count: int, language: Language) -> str:
    if language == "zh":
        return str(count)
    return f"{count} strike" + ("" if count == 1 else "s")


def moment(time: datetime, language: Language, zone: tzinfo = UTC) -> str:
    """A time, and in which zone it is meant.

    >>> from datetime import timedelta, timezone
    >>> moment(datetime(2014, 6, 1, tzinfo=UTC), "zh", timezone(timedelta(hours=8)))
    '2014年6月1日 08:00（UTC+8）'
    """
    local = time.astimezone(zone)
    offset = local.utcoffset() or timedelta()
    hours = f"UTC{offset / timedelta(hours=1):+g}" if offset else "UTC"
    if language == "zh":
        return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}（{hours}）"
    return f"{local:%Y-%m-%d %H:%M} {hours}"


def _part(said: Shown, field: str) -> str | None:
    """The part of an item that a place lies in; None when it is not there."""
    if field in ("text", "picture_text"):
        return said.text if field == "text" else said.picture_text
    name, _, number = field.partition(".")
    several = {"links": said.links, "codes": said.codes}.get(name, ())
    return several[int(number)] if number.isdigit() and int(number) < len(several) else None

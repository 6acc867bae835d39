"""Drawings of campaigns: trees, what joins accounts, posts by day, the goods of a seller.

Each says in words what it shows; the tables beside it hold what it is drawn from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from markupsafe import Markup

from portreeve.console.campaign_words import ROLES, sure
from portreeve.console.charts import Bar, Note, Series, bars, time_columns
from portreeve.console.desk import Desk
from portreeve.console.words import Words
from portreeve.report.campaign_drawing import MOST, Dot, Knot, levels, ring
from portreeve.report.campaign_page import KIND_WORDS
from portreeve.report.words import SURFACES, TIER_WORDS
from portreeve.schemas.campaigns import (
    CampaignAccount,
    CampaignDay,
    CampaignKey,
    CampaignRecord,
    CampaignSpread,
    CampaignTree,
    Trajectory,
)

_DAYS = 90
_KNOTS = 24
_KEY = 8
"""Hex digits of a key that are shown: enough to tell those of one campaign apart."""


def short_key(key: str) -> str:
    """Memory's number of a handle or the like, as short as people can compare it.

    >>> short_key("00f1a2b3c4d5e6f7")
    '00f1a2b3'
    """
    return key[:_KEY]


def tree(desk: Desk, one: CampaignTree, members: Sequence[CampaignAccount]) -> Markup:
    """A tree, one row a level; who is drawn with whom above it. ``members``: of the campaign."""
    inside = [member for member in members if member.tree == one.tree]
    at: dict[int, int] = {}
    dots: list[Dot] = []
    for member in inside[:MOST]:
        above = -1 if member.upline_place is None else at.get(member.upline_place, -1)
        if dots and above < 0:
            continue  # whoever is above it is not listed, so it has no place here
        at[member.place] = len(dots)
        known = member.confidence or 0.0
        dots.append(Dot(above, member.level or 1, member.below, known, _of_dot(desk, member)))
    return levels(dots, said_of_tree(desk, one)) if dots else Markup("")


def said_of_tree(desk: Desk, one: CampaignTree) -> str:
    """A tree in a sentence."""
    leader, known = one.leader or "?", sure(one.confidence)
    return desk.t(
        f"Tree under {leader}: {one.people} people on {one.levels} levels; its edges are sure by "
        f"{known} on average.",
        f"{leader}的代理树：共{one.people}人，{one.levels}级；上下线关系的平均置信度为{known}。",
    )


def _of_dot(desk: Desk, member: CampaignAccount) -> str:
    name, role = member.account or "?", ROLES[member.role]
    said = desk.t(
        f"{name}: {role.en}, level {member.level}, {member.below} below",
        f"{name}：{role.zh}，第{member.level}级，下线{member.below}人",
    )
    if member.confidence is None:
        return said
    known = sure(member.confidence)
    return said + desk.t(
        f"; under {member.upline or '?'} by {known}", f"；上线{member.upline or '?'}，置信度{known}"
    )


def web(desk: Desk, record: CampaignRecord) -> Markup:
    """Accounts in a ring, and within it what joins most of them."""
    shown = record.members[:MOST]
    around: dict[int, list[int]] = {}
    for link in record.links:
        if link.account < len(shown):
            around.setdefault(link.key, []).append(link.account)
    knots = [
        Knot(key.kind, _of_knot(desk, key), around[key.place])
        for key in record.keys
        if key.state == "joining" and len(around.get(key.place, ())) > 1
    ][:_KNOTS]
    said = desk.t(
        f"{len(shown)} accounts in a ring, joined by {len(knots)} keys; the tables name them.",
        f"{len(shown)}个账号排成一圈，由{len(knots)}项依据相连，详见下方表格。",
    )
    return ring([_of_account(desk, one) for one in shown], knots, said)


def _of_knot(desk: Desk, key: CampaignKey) -> str:
    words, code = KIND_WORDS[key.kind], short_key(key.key)
    return desk.t(
        f"{words.en} {code}: {key.accounts} accounts", f"{words.zh} {code}：{key.accounts}个账号"
    )


def _of_account(desk: Desk, member: CampaignAccount) -> str:
    name = member.account or "?"
    return desk.t(f"{name}: {member.posts} posts", f"{name}：{member.posts}条")


def days(desk: Desk, told: Sequence[CampaignDay]) -> Markup:
    """Posts by day, of the last 90 days that have any; days in UTC, as they are counted."""
    if not told:
        return Markup("")
    known = {date.fromisoformat(one.day): one for one in told}
    last = max(known)
    first = max(min(known), last - timedelta(days=_DAYS - 1))
    each = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return time_columns(
        desk.t("Posts by day", "每日发布"),
        [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in each],
        [
            Series(
                desk.t("posts", "发布数"), "s-1",
                [known[day].posts if day in known else 0 for day in each],
            )
        ],
        unit="day",
        language=desk.language,
        zone=UTC,
        notes=_joinings(desk, each, known),
        height=100,
    )  # fmt: skip


def _joinings(desk: Desk, each: Sequence[date], known: dict[date, CampaignDay]) -> list[Note]:
    """The day on which most accounts came to the campaign, unless it began so."""
    at, most = max(
        ((at, known[day].joined) for at, day in enumerate(each) if day in known),
        key=lambda pair: pair[1],
    )
    if most < 2 or at == 0:
        return []
    return [Note(at, desk.t(f"{most} accounts post for the first time", f"{most}个账号首次发布"))]


def spread(desk: Desk, told: Sequence[CampaignSpread]) -> Markup:
    """Posts by surface, with how many of them people see now."""
    return bars(
        desk.t("Posts by surface, and those that people see now", "各位置的发布数及当前可见数"),
        [
            Bar(
                desk.t(words.en, words.zh), one.posts, "s-1",
                shown=desk.t(
                    f"{one.posts}, {one.standing} seen now", f"{one.posts}，可见{one.standing}"
                ),
            )
            for one in told
            for words in [SURFACES[one.surface]]
        ],
        heads=(desk.t("Surface", "位置"), desk.t("Posts", "发布数")),
        caption=False,
    )  # fmt: skip


def trajectory(desk: Desk, told: Trajectory) -> Markup | None:
    """A seller's goods by week and tier, with the alarm and the first black goods marked; None
    when nothing is remembered."""
    if not any(any(one.counts) for one in told.periods):
        return None
    starts, summed = _by_week(told)
    happened = ((told.alarmed, _ALARM), (told.black, _BLACK))
    return time_columns(
        desk.t("Goods sold by week and tier", "每周售卖内容，按商品类别"),
        starts,
        [
            Series(
                desk.t(TIER_WORDS[tier].en, TIER_WORDS[tier].zh),
                f"t-{tier}",
                [week[at] for week in summed],
            )
            for at, tier in enumerate(told.tiers)
        ],
        unit="week",
        language=desk.language,
        zone=UTC,
        notes=_notes(desk, starts, happened),
        height=110,
    )


_ALARM = Words("alarm, slides towards worse goods", "告警，商品类别滑坡")
_BLACK = Words("first forbidden goods", "首次出现禁售品")


def _notes(
    desk: Desk, starts: Sequence[datetime], happened: Iterable[tuple[datetime | None, Words]]
) -> list[Note]:
    """What happened, one note a week."""
    found: dict[int, list[str]] = {}
    for moment, words in happened:
        if moment is not None and starts and moment >= starts[0]:
            week = max(at for at, start in enumerate(starts) if start <= moment)
            found.setdefault(week, []).append(desk.t(words.en, words.zh))
    return [Note(week, desk.t("; ", "；").join(said)) for week, said in found.items()]


def _by_week(told: Trajectory) -> tuple[list[datetime], list[list[int]]]:
    """Periods gathered into the weeks, from Monday, in which they begin; empty weeks at the
    beginning are left out."""
    weeks: dict[datetime, list[int]] = {}
    for period in told.periods:
        if period.begins is None:
            continue
        begin = period.begins.astimezone(UTC)
        midnight = datetime(begin.year, begin.month, begin.day, tzinfo=UTC)
        summed = weeks.setdefault(midnight - timedelta(days=begin.weekday()), [0] * len(told.tiers))
        for at, count in enumerate(period.counts):
            summed[at] += count
    starts = sorted(weeks)
    while len(starts) > 1 and not any(weeks[starts[0]]):
        del starts[0]
    return starts, [weeks[start] for start in starts]

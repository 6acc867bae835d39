"""Accounts: found, looked into, sanctioned by hand, and persons erased."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import quote

import msgspec
from markupsafe import Markup
from msgspec import Meta

from portreeve.console.campaign_charts import trajectory
from portreeve.console.charts import Series, time_columns
from portreeve.console.desk import Desk
from portreeve.console.routes import Pages
from portreeve.console.timeline import Fill, Mark, Span, Track, timeline
from portreeve.console.words import Words, absolute
from portreeve.enforcement.ladder import ACTS
from portreeve.http.call import Reply
from portreeve.model import TIERS
from portreeve.report.words import TIER_WORDS
from portreeve.schemas.access import Scope
from portreeve.schemas.account_history import AccountHistory, PastStrike
from portreeve.schemas.accounts import Account
from portreeve.schemas.base import Paging
from portreeve.schemas.campaigns import InNetwork, Trajectory
from portreeve.schemas.enforcement import ByHand, Imposition, Lift, Sanction
from portreeve.schemas.privacy import ErasureReason
from portreeve.service.errors import ServiceError
from portreeve.service.policy_reading import ladder_title

pages = Pages("accounts")

_DECISIONS = 30
_WEEK = timedelta(days=7)
_MOST_WEEKS = 60

SANCTIONS: dict[str, Words] = {
    "warn": Words("warning", "警告"),
    "limit": Words("less reach", "限流"),
    "mute": Words("muted", "禁止发布"),
    "disgorge": Words("followers taken back", "移除关注者"),
    "block_links": Words("links closed", "链接停用"),
    "suspend": Words("suspended", "停用"),
    "ban": Words("closed for good", "永久停用"),
}
"""Sanctions as staff name them."""

STANDINGS: dict[str, Words] = {
    "person": Words("person", "个人"),
    "merchant": Words("merchant", "商家"),
    "verified_merchant": Words("verified merchant", "已核实商家"),
    "campus_member": Words("campus member", "校园成员"),
}
"""What an account is."""

LICENCES: dict[str, Words] = {
    "none": Words("no licence", "无许可"),
    "claimed": Words("licence claimed", "自称有许可"),
    "verified": Words("licence verified", "许可已核实"),
}
"""What the host said of a seller's licence."""

_STATES: dict[str, Words] = {
    "counts": Words("counts", "计算中"),
    "expired": Words("forgotten", "已过期"),
    "withdrawn": Words("withdrawn", "已撤回"),
    "in_force": Words("in force", "执行中"),
    "done": Words("done", "已执行"),
    "lifted": Words("lifted", "已解除"),
    "reversed": Words("reversed", "已撤销"),
}
_NOTICES: dict[str, Words] = {
    "decision": Words("of a decision", "决定通知"),
    "correction": Words("that we were wrong", "更正通知"),
    "sanction": Words("of a sanction", "处罚通知"),
    "lifted": Words("that a sanction ended", "解除通知"),
    "licence-verified": Words("that a licence is verified", "许可核实通知"),
    "licence-refused": Words("that a licence is refused", "许可未通过通知"),
    "licence-revoked": Words("that a licence is no longer verified", "许可失效通知"),
}
_STAGES: dict[str, Words] = {
    "before": Words("before publication", "发布前"),
    "after": Words("after publication", "发布后"),
    "late": Words("late", "补判"),
    "retroactive": Words("retroactive", "追溯"),
    "person": Words("by a person", "人工"),
}
_ERASURES: dict[ErasureReason, Words] = {
    ErasureReason.person: Words("the person asked for it", "本人要求"),
    ErasureReason.closed: Words("the account was closed", "账号已注销"),
    ErasureReason.law: Words("a court or an authority ordered it", "法院或主管部门要求"),
}


class AccountsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts."""

    q: Annotated[str, Meta(max_length=512)] = ""


class HistoryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the decisions."""

    cursor: str | None = None


class ImposeForm(msgspec.Struct, frozen=True, kw_only=True):
    """A sanction by hand."""

    kind: ByHand
    reason: str
    days: float | None = None
    network: str | None = None


class LiftForm(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a sanction."""

    reason: str


class EraseForm(msgspec.Struct, frozen=True, kw_only=True):
    """The erasure of a person, confirmed by typing the account's id."""

    confirm: str
    reason: ErasureReason


@pages.get("/console/accounts", Scope.accounts)
def find_accounts(desk: Desk, query: AccountsQuery) -> Reply:
    """Accounts by the beginning of their id, or those sanctioned last."""
    text = query.q.strip()
    found = desk.service.account_histories.find(desk.actor, text)
    if text and len(found) == 1 and found[0].id == text:
        return desk.go(_path(text))
    return desk.page("accounts/accounts.html.j2", q=text, found=found, path=_path, names=_NAMES)


@pages.get("/console/accounts/{id}", Scope.accounts)
def show_account(desk: Desk, id: str, query: HistoryQuery) -> Reply:
    """An account: standing, strikes and sanctions over time, registrations, posts, decisions."""
    return _shown(desk, id, query.cursor)


@pages.post("/console/accounts/{id}/impose", Scope.sanctions)
def impose_sanction(desk: Desk, id: str, form: ImposeForm) -> Reply:
    """Sanction an account by hand; it is told, with the reason."""
    try:
        request = msgspec.convert(
            {"account": id, **msgspec.structs.asdict(form)}, Imposition, strict=False
        )
        desk.service.sanctions.impose(desk.actor, request)
    except msgspec.ValidationError:
        return _shown(desk, id, None, _no_reason(), "impose", form)
    except ServiceError as error:
        if error.code != "invalid":
            raise
        return _shown(desk, id, None, error, "impose", form)
    return desk.go(_path(id), done=Words("The account is sanctioned and told.", "已处罚并通知。"))


@pages.post("/console/accounts/{id}/lift/{sanction}", Scope.sanctions)
def lift_sanction(desk: Desk, id: str, sanction: str, form: LiftForm) -> Reply:
    """End a sanction before its time; the account is told, with the reason."""
    if not form.reason.strip():
        return _shown(desk, id, None, _no_reason(), sanction, form)
    desk.service.sanctions.lift(desk.actor, sanction, Lift(reason=form.reason.strip()))
    return desk.go(_path(id), done=Words("The sanction is lifted.", "处罚已解除。"))


@pages.post("/console/accounts/{id}/erase", Scope.privacy)
def erase_person(desk: Desk, id: str, form: EraseForm) -> Reply:
    """Erase the person of an account, for good."""
    if form.confirm != id:
        error = ServiceError(
            "invalid", "That is not the account's id. Type it exactly.", field="confirm",
            zh="与账号 ID 不一致，请准确输入。",
        )  # fmt: skip
        return _shown(desk, id, None, error, "erase", form)
    desk.service.privacy.erase(desk.actor, id, form.reason)
    return desk.go(_path(id), done=Words("The person is erased.", "该用户的数据已抹除。"))


def _shown(
    desk: Desk,
    id: str,
    cursor: str | None,
    error: ServiceError | None = None,
    failed: str = "",
    form: object = None,
) -> Reply:
    """The page; ``failed`` names the form that is shown again, with what was in it."""
    histories = desk.service.account_histories
    account = desk.service.accounts.get(desk.actor, id)
    history = histories.history(desk.actor, id)
    decisions = histories.decisions(desk.actor, id, Paging(cursor=cursor, limit=_DECISIONS))
    return desk.page(
        "accounts/account.html.j2",
        status=200 if error is None else error.kind.status,
        account=account,
        history=history,
        decisions=decisions,
        timeline=_timeline(desk, account, history),
        tiers=_tiers(desk, history),
        trajectories=_trajectories(desk, id),
        networks=desk.service.policies.lookup.networks(),
        default_network=desk.service.context.settings.network,
        erasures=_ERASURES,
        here=_path(id),
        error=error,
        failed=failed,
        form=form,
        names=_NAMES,
        ladder_title=ladder_title,
    )


_NAMES = {
    "sanction": SANCTIONS, "standing": STANDINGS, "licence": LICENCES, "state": _STATES,
    "notice": _NOTICES, "stage": _STAGES,
}  # fmt: skip


def _path(id: str) -> str:
    return f"/console/accounts/{quote(id, safe='')}"


def _timeline(desk: Desk, account: Account, history: AccountHistory) -> Markup | None:
    if not (history.strikes or history.sanctions):
        return None
    ladders: dict[str, list[PastStrike]] = {}
    for strike in history.strikes:
        ladders.setdefault(strike.ladder, []).append(strike)
    kinds: dict[str, list[Sanction]] = {}
    for sanction in history.sanctions:
        kinds.setdefault(sanction.kind, []).append(sanction)
    tracks = []
    for name, strikes in ladders.items():
        title = ladder_title(name)
        marks = [_mark(desk, one) for one in strikes]
        tracks.append(Track(desk.t(title.en, title.zh), marks=marks))
    for kind, sanctions in kinds.items():
        tracks.append(_track(desk, kind, sanctions))
    first = account.created or account.first_seen
    events = [one.given for one in history.strikes] + [one.begins for one in history.sanctions]
    return timeline(
        desk.t("Strikes and sanctions", "违规与处罚"),
        tracks,
        begin=max(first, min(events) - timedelta(days=30)),
        now=desk.now,
        language=desk.language,
        zone=desk.zone,
    )


def _mark(desk: Desk, strike: PastStrike) -> Mark:
    state = _STATES[strike.state]
    return Mark(
        strike.given,
        f"{absolute(strike.given, desk.zone)}: {desk.t('clause', '条款')} {strike.clause}, "
        f"{desk.t(state.en, state.zh)}",
        _FILLS[strike.state],
    )


def _track(desk: Desk, kind: str, sanctions: list[Sanction]) -> Track:
    """One kind of sanction: acts are marks, what lasts is a span."""
    words = SANCTIONS[kind]
    marks, spans = [], []
    for one in sanctions:
        state = _STATES[one.state]
        said = f"{absolute(one.begins, desk.zone)}: {desk.t(state.en, state.zh)}"
        if kind in ACTS:
            marks.append(
                Mark(one.begins, said, "hollow" if one.state == "reversed" else "full", "v-hold")
            )
        else:
            ends = one.ended if one.state in ("lifted", "reversed") else one.ends
            spans.append(Span(one.begins, ends, said, _FILLS[one.state]))
    return Track(desk.t(words.en, words.zh), marks, spans)


_FILLS: dict[str, Fill] = {
    "in_force": "full", "done": "full", "expired": "faded", "lifted": "faded",
    "reversed": "hollow", "counts": "full", "withdrawn": "hollow",
}  # fmt: skip


def _tiers(desk: Desk, history: AccountHistory) -> Markup | None:
    """Posts by week and tier of their goods."""
    if not history.tiers:
        return None
    last = max(one.week for one in history.tiers)
    first = max(min(one.week for one in history.tiers), last - (_MOST_WEEKS - 1) * _WEEK)
    weeks = [first + number * _WEEK for number in range((last - first) // _WEEK + 1)]
    posts: dict[tuple[datetime, str | None], int] = {
        (one.week, one.tier): one.posts for one in history.tiers
    }
    series = [
        Series(
            desk.t("nothing for sale", "不涉及商品") if tier is None else desk.t(*_tier(tier)),
            "s-1" if tier is None else f"t-{tier}",
            [posts.get((week, tier), 0) for week in weeks],
        )
        for tier in (None, *TIERS)
    ]
    return time_columns(
        desk.t("Posts by week and tier of goods", "每周发布数，按商品类别"),
        weeks,
        series,
        unit="week",
        language=desk.language,
        zone=desk.zone,
        height=110,
    )


def _trajectories(desk: Desk, id: str) -> list[tuple[Trajectory, Markup]]:
    """What the account sold over time, in each network whose memory knows it."""
    found = []
    for network in desk.service.policies.lookup.networks():
        try:
            told = desk.service.trajectories.get(desk.actor, id, InNetwork(network=network))
        except ServiceError as refusal:
            if refusal.code != "not-found":
                raise
            continue
        drawn = trajectory(desk, told)
        if drawn is not None:
            found.append((told, drawn))
    return found


def _tier(name: str) -> tuple[str, str]:
    words = TIER_WORDS[name]
    return words.en, words.zh


def _no_reason() -> ServiceError:
    return ServiceError(
        "invalid", "Say why, in 1 to 2,000 characters: the account reads it.", field="reason",
        zh="请说明理由（1到2000个字符），账号会看到。",
    )  # fmt: skip

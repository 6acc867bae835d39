"""Campaigns: who acts together, who is above whom, decided and undone as a whole."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Meta

from portreeve.console import campaign_charts as charts
from portreeve.console import campaign_words, names
from portreeve.console.desk import Desk
from portreeve.console.routes import Pages
from portreeve.console.trade_charts import Link, chain
from portreeve.console.words import Words
from portreeve.http.call import Reply
from portreeve.policy.parts import Rule
from portreeve.report.campaign_page import KIND_WORDS
from portreeve.schemas.access import Scope
from portreeve.schemas.base import NetworkName
from portreeve.schemas.campaigns import (
    CampaignQuery,
    CampaignRecord,
    DecideCampaign,
    InNetwork,
    JoinStep,
    UndoCampaign,
    WhyQuery,
)
from portreeve.schemas.cases import CaseRecord, ItemEvidence
from portreeve.service.errors import ServiceError

pages = Pages("campaigns")

_ROWS = 50
_MEMBERS, _KEYS, _POSTS = 200, 60, 40
_TREES = 3
_READ = 20
"""Posts whose words are opened at once."""

Account = Annotated[str, Meta(max_length=512)]
Apart = Literal["", "warn", "strike", "suspend", "ban"]


class CampaignsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which campaigns."""

    network: NetworkName | None = None
    least: Annotated[int, Meta(ge=2, le=1_000_000)] = 2
    refer: bool = False
    cursor: str | None = None


class OneQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of a campaign: whose, how two accounts are joined, what posts said."""

    network: NetworkName | None = None
    one: Account = ""
    other: Account = ""
    evidence: Annotated[int, Meta(ge=0)] | None = None
    """Open what posts said, from this one of the list on."""


class DecideForm(msgspec.Struct, frozen=True, kw_only=True):
    """One decision on all of it."""

    network: NetworkName | None = None
    accounts: int
    leader: Apart = ""
    leader_days: float | None = None
    others: Apart = ""
    others_days: float | None = None
    take_down: bool = False
    rules: list[str] = msgspec.field(default_factory=list)
    spare: list[Account] = msgspec.field(default_factory=list)
    also_spare: str = ""
    reason: str = ""


class UndoForm(msgspec.Struct, frozen=True, kw_only=True):
    """The wish to undo all of a decision."""

    network: NetworkName | None = None
    reason: str = ""


@pages.get("/console/campaigns", Scope.cases)
def list_campaigns(desk: Desk, query: CampaignsQuery) -> Reply:
    """Campaigns, the largest first: accounts that act together, their trees, what was decided."""
    wanted = CampaignQuery(
        network=query.network, least=query.least, refer=query.refer, cursor=query.cursor,
        limit=_ROWS,
    )  # fmt: skip
    service = desk.service.campaigns
    asked = {"network": query.network, "least": query.least, "refer": query.refer or None}
    found = service.list(desk.actor, wanted)
    return desk.page(
        "campaigns/campaigns.html.j2",
        campaigns=found.items,
        next=found.next,
        query=query,
        networks=desk.service.policies.lookup.networks(),
        network=query.network or desk.service.context.settings.network,
        asked={name: value for name, value in asked.items() if value is not None},
        hubs=service.hubs(desk.actor, InNetwork(network=query.network)).items,
        path=path_of,
        kinds=KIND_WORDS,
        short=charts.short_key,
    )


@pages.get("/console/campaigns/{id}", Scope.cases)
def show_campaign(desk: Desk, id: str, query: OneQuery) -> Reply:
    """A campaign: its tree, what joins its accounts, its posts, and the decision on all of it.

    Opening what posts said is noted in the audit log.
    """
    return _shown(desk, id, query)


@pages.post("/console/campaigns/{id}/decide", Scope.sanctions)
def decide_campaign(desk: Desk, id: str, form: DecideForm) -> Reply:
    """Decide on all of a campaign at once, for one reason; the accounts are told."""
    try:
        desk.service.campaigns.decide(desk.actor, id, _decision(form))
    except ServiceError as refusal:
        if refusal.code not in ("conflict", "claimed", "invalid"):
            raise
        return _shown(desk, id, OneQuery(network=form.network), refusal, form)
    done = Words("Decided as a whole. The accounts are told.", "已整体处理，并通知相关账号。")
    return desk.go(path_of(id, form.network), done=done)


@pages.post("/console/campaigns/{id}/undo/{decision}", Scope.sanctions)
def undo_campaign(desk: Desk, id: str, decision: str, form: UndoForm) -> Reply:
    """Undo a decision on a campaign with all that it did; the accounts are told."""
    try:
        if not form.reason.strip():
            raise _no_reason()
        request = UndoCampaign(reason=form.reason.strip())
        desk.service.campaigns.undo(desk.actor, decision, request)
    except ServiceError as refusal:
        if refusal.code not in ("conflict", "invalid"):
            raise
        return _shown(desk, id, OneQuery(network=form.network), refusal, failed=decision)
    done = Words("All of it is undone. The accounts are told.", "已整体撤销，并通知相关账号。")
    return desk.go(path_of(id, form.network), done=done)


@pages.get("/console/campaigns/{id}/referral", Scope.cases)
def show_referral(desk: Desk, id: str, query: InNetwork) -> Reply:
    """The file on a campaign's trees for an authority, to be printed; noted in the audit log."""
    referral = desk.service.campaigns.refer(desk.actor, id, query)
    return desk.page(
        "campaigns/referral.html.j2",
        referral=referral,
        here=path_of(id, query.network),
        download=path_of(id, query.network, "/referral-file"),
        words=campaign_words,
        said=lambda tree: charts.said_of_tree(desk, tree),
        drawn=lambda tree: charts.tree(desk, tree, referral.people),
    )


@pages.get("/console/campaigns/{id}/referral-file", Scope.cases)
def fetch_referral(desk: Desk, id: str, query: InNetwork) -> Reply:
    """The same as a JSON file; noted in the audit log."""
    referral = desk.service.campaigns.refer(desk.actor, id, query)
    body = msgspec.json.format(msgspec.json.encode(referral), indent=2)
    return desk.file(body, "application/json", f"referral-{referral.campaign}.json")


def _shown(
    desk: Desk,
    id: str,
    query: OneQuery,
    error: ServiceError | None = None,
    form: DecideForm | None = None,
    failed: str = "",
) -> Reply:
    """The page; ``failed``: the decision whose undoing is shown again with the error."""
    service = desk.service.campaigns
    record = service.get(desk.actor, id, InNetwork(network=query.network))
    rules = _rules(desk, record)
    return desk.page(
        "campaigns/campaign.html.j2",
        status=200 if error is None else error.kind.status,
        campaign=record,
        query=query,
        here=path_of(record.id),
        referral_address=path_of(record.id, query.network, "/referral"),
        download=path_of(record.id, query.network, "/referral-file"),
        case=_case(desk, record),
        trees=[(one, charts.tree(desk, one, record.members)) for one in record.forest[:_TREES]],
        said=lambda tree: charts.said_of_tree(desk, tree),
        web=charts.web(desk, record),
        days=charts.days(desk, record.days),
        spread=charts.spread(desk, record.spread),
        members=record.members[:_MEMBERS],
        keys=[key for key in record.keys if key.state != "hub"][:_KEYS],
        hubs=[key for key in record.keys if key.state == "hub"][:_KEYS],
        posts=record.items[:_POSTS],
        texts=_texts(desk, record, query.evidence),
        read=_READ,
        why=_why(desk, record, query),
        held=rules.held,
        others=rules.others,
        chosen=set(form.rules) if form is not None else rules.usual,
        form=form or DecideForm(accounts=record.accounts),
        error=error if not failed else None,
        problem=error if failed else None,
        words=campaign_words,
        kinds=KIND_WORDS,
        sanctions=names.SANCTIONS,
        short=charts.short_key,
    )


class _Rules(msgspec.Struct, frozen=True):
    """Rules that a decision can rest on: those that held for posts, how often, and the others."""

    held: list[tuple[Rule, int]]
    others: list[Rule]
    usual: set[str]
    """The one that held most often."""


def _rules(desk: Desk, record: CampaignRecord) -> _Rules:
    counted = Counter(rule for post in record.items for rule in post.rules)
    try:
        policy = desk.service.policies.at(record.network, desk.now).policy
    except ServiceError:
        return _Rules([], [], set())
    known = {rule.id: rule for rule in policy.rules}
    held = [(known[id], count) for id, count in counted.most_common() if id in known]
    others = [rule for rule in known.values() if rule.id not in counted]
    return _Rules(held, others, {rule.id for rule, _ in held[:1]})


def _decision(form: DecideForm) -> DecideCampaign:
    """What the form asks for.

    Raises:
        ServiceError: ``invalid``, when there is no reason, or nothing is to be done.
    """
    if not form.reason.strip():
        raise _no_reason()
    if not (form.leader or form.others or form.take_down):
        raise ServiceError(
            "invalid", "Nothing would be done. Choose what befalls somebody.", field="others",
            zh="没有选择任何处理，请先选择。",
        )  # fmt: skip
    further = [line.strip() for line in form.also_spare.splitlines()]
    asked: dict[str, Any] = {
        "network": form.network,
        "reason": form.reason.strip(),
        "leader": _act(form.leader, form.leader_days),
        "others": _act(form.others, form.others_days),
        "take_down": form.take_down,
        "rules": form.rules if form.take_down or "strike" in (form.leader, form.others) else [],
        "spare": list(dict.fromkeys([*form.spare, *filter(None, further)])),
        "accounts": form.accounts,
    }
    try:
        return msgspec.convert(asked, DecideCampaign)
    except msgspec.ValidationError:
        raise _no_reason() from None


def _act(kind: Apart, days: float | None) -> dict[str, Any] | None:
    return {"kind": kind, "days": days if kind == "suspend" else None} if kind else None


def _case(desk: Desk, record: CampaignRecord) -> CaseRecord | None:
    """The latest case of a campaign."""
    return None if record.case is None else desk.service.cases.get(desk.actor, record.case)


def _texts(desk: Desk, record: CampaignRecord, start: int | None) -> dict[str, ItemEvidence]:
    """What some posts said, by item; read and noted only when it was asked for."""
    if start is None or not desk.may(Scope.evidence):
        return {}
    wanted = [post.decision for post in record.items[start : start + _READ]]
    found = desk.service.evidence.read_decisions(
        desk.actor, wanted, "campaign.evidence-read", record.id
    )
    return {one.item: one for one in found}


def _why(desk: Desk, record: CampaignRecord, query: OneQuery) -> dict[str, Any] | None:
    """How two accounts are joined, as a chain; or why it cannot be told."""
    if not (query.one.strip() and query.other.strip()):
        return None
    wanted = WhyQuery(network=query.network, one=query.one.strip(), other=query.other.strip())
    try:
        steps = desk.service.campaigns.why(desk.actor, record.id, wanted).items
    except ServiceError as refusal:
        if refusal.code not in ("not-found", "invalid"):
            raise
        return {"error": refusal, "chain": None}
    return {"error": None, "chain": _chain(desk, steps) if steps else None}


def _chain(desk: Desk, steps: list[JoinStep]) -> Any:
    links = [Link(steps[0].account or "?", [])]
    for step in steps:
        words, code = KIND_WORDS[step.kind], charts.short_key(step.key)
        said = desk.t(f"by {words.en} {code}", f"{words.zh} {code}")
        if step.kind == "near_copy":
            said = desk.t(f"{step.shared} near copies of both", f"共有{step.shared}组近似文案")
        links.append(Link(step.other or "?", [said]))
    return chain(links, desk.t("How they are joined", "相连路径"))


def path_of(id: str, network: str | None = None, more: str = "") -> str:
    """The address of a campaign, or of what belongs to it.

    >>> path_of("c-00000000000000ff", "acquaintance", "/referral")
    '/console/campaigns/c-00000000000000ff/referral?network=acquaintance'
    """
    path = f"/console/campaigns/{quote(id, safe='')}{more}"
    return f"{path}?{urlencode({'network': network})}" if network else path


def _no_reason() -> ServiceError:
    return ServiceError(
        "invalid", "Say why, in 1 to 2,000 characters: the accounts read it.", field="reason",
        zh="请说明理由（1到2000个字符），相关账号会看到。",
    )  # fmt: skip

"""Scenario 5: a tree of forty sellers is rebuilt from public posts; a family shares one caption.

All sellers and the family are people of Square, befriended as they would be. What the sellers
posted in the weeks before goes through the service's own API, as a host hands in its log, and so
do posts of a class, of colleagues and of a fan club. Nobody tells who is above whom.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from portreeve.client import Client
from portreeve.model import Surface
from portreeve.schemas.access import Scope
from portreeve.schemas.campaigns import (
    Campaign,
    CampaignAct,
    CampaignDecision,
    CampaignQuery,
    CampaignRecord,
    DecideCampaign,
    ReferCampaign,
    UndoCampaign,
)
from portreeve.schemas.cases import CaseQuery
from portreeve.schemas.screening import Batch, Screened, Submission
from scenarios import sellers
from scenarios.findings import AtLeast, Findings, Scenario, wilson
from scenarios.people import Person, Written
from scenarios.stage import NETWORK, Stage

_RULES = ["memory.tree-waits", "memory.campaign-waits"]
_TODAY = "皮肤是自己的，投资自己永远不亏，拿不准的都来问我 微信 lanjie-6021"
_NEXT = "新加入的三位代理今天报到，欢迎回家，以后我们一起走 微信 lanjie-6021"
_LIFE = "今天的晚霞特别好看，楼下的桂花也开了"
_FAMILY = ("grandma", "uncle", "aunt", "cousin", "niece", "brother", "sister", "mother")
_HASTY, _REASON = "They all act as one.", "One tree of sellers, looked at person by person."
_WEEKS = 4


def _play(stage: Stage, found: Findings) -> None:
    stage.say("forty sellers, a family of eight and a customer join Square")
    tree = [stage.person(f"seller{number:02}") for number in range(sellers.SELLERS)]
    family = [stage.person(name) for name in _FAMILY]
    customer = stage.person("customer")
    ids = _befriended(tree, family, customer)
    stage.say("a post that is copied, and a caption that a family passes on")
    today = [tree[seller].share(_TODAY) for seller in range(4)]
    found("a post of theirs, looked at alone", _states(today), "the leader and three below her")
    found("the customer sees it", customer.sees(_TODAY), "Square's page /")
    captions = [one.share(sellers.CAPTION) for one in family]
    stage.say("the log of the weeks before is handed in")
    log = _handed_in(stage.host, ids)
    at_once = sum(one.state == "published" for one in log)
    found.note(f"Of {len(log)} posts in the tree's log {at_once} appear; the others wait.")
    reviewer = stage.client("shen", Scope.cases, Scope.sanctions)
    stage.say("memory grows the tree, within ten seconds")
    campaign = stage.until("the campaign has its case", lambda: _campaign(reviewer))
    before = reviewer.get_campaign(campaign.id)
    _rebuilt(before, ids, found)
    innocents = {customer.id_of(member) for member in family}
    innocents |= {account for account, _, _ in sellers.innocents()}
    _untold(reviewer, before, set(ids), innocents, found)
    _waits(tree[sellers.LEADER], found)
    _decided(stage, reviewer, campaign.id, found)
    _at_square(stage, tree, ids, customer, before, found)
    _referred(reviewer, campaign.id, ids, found)
    standing = [one.id for member in family for one in member.own() if one.state == "published"]
    found(
        "captions of the family that stand", sum(one.id in standing for one in captions),
        "on their own pages, of eight",
    )  # fmt: skip
    found("notices to the family", sum(len(one.notices()) for one in family))


def _befriended(tree: list[Person], family: list[Person], customer: Person) -> list[str]:
    """Sellers are friends of who is right above, a family of each other; the sellers' ids.

    The ids are as the customer's page of people has them, which everybody can look at.
    """
    ids = [customer.id_of(seller) for seller in tree]
    customer.ask(tree[sellers.LEADER])
    for number, seller in enumerate(tree):
        if number != sellers.LEADER:
            seller.ask(tree[_upline(number)])
    for upline in tree[: sellers.FIRST_LEAF]:
        upline.accept_all()
    for member in family[1:]:
        member.ask(family[0])
    family[0].accept_all()
    return ids


def _handed_in(host: Client, ids: list[str]) -> list[Screened]:
    """The log of the weeks before, week by week; what comes of the tree's posts."""
    begin = datetime.now(UTC) - timedelta(weeks=_WEEKS)
    told = [(ids[one.who], one.hours, one.text) for one in sellers.history()]
    of_tree = len(told)
    items = [
        Submission(
            id=f"log-{number}", network=NETWORK, surface=Surface.moments, account=account,
            text=text, time=begin + timedelta(hours=hours), published=True,
        )
        for number, (account, hours, text) in enumerate([*told, *sellers.innocents()])
    ]  # fmt: skip
    items.sort(key=lambda item: item.time or begin)
    answered: list[Screened] = []
    for first in range(0, len(items), len(items) // _WEEKS):
        batch = Batch(items=items[first : first + len(items) // _WEEKS])
        answered += host.screen_batch(batch).items
    theirs = {f"log-{number}" for number in range(of_tree)}
    return [one for one in answered if one.id in theirs]


def _campaign(reviewer: Client) -> Campaign | None:
    """The campaign with a tree to be referred, once it has its case."""
    query = CampaignQuery(network=NETWORK, refer=True)
    found = reviewer.list_campaigns(query).items
    return next((one for one in found if one.case is not None), None)


def _rebuilt(record: CampaignRecord, ids: list[str], found: Findings) -> None:
    """Who is above whom, beside what was played."""
    tree = record.forest[0]
    found("people in the tree", tree.people, f"{record.id}, of {len(ids)} who are in it")
    found("levels of the tree", tree.levels, "the leader's counted; it has 4")
    found("its leader is found", tree.leader == ids[sellers.LEADER], f"{tree.leader}")
    told = {member.account: member.upline for member in record.members}
    right = sum(told.get(ids[n]) == ids[_upline(n)] for n in range(1, len(ids)))
    share, low, high = wilson(right, len(ids) - 1)
    found(
        "uplines that are right, of all agents", share,
        f"{right} of {len(ids) - 1}; 95 % interval {low:.1%} to {high:.1%}",
    )  # fmt: skip


def _upline(seller: int) -> int:
    upline = sellers.above(seller)
    assert upline is not None
    return upline


def _untold(
    reviewer: Client, record: CampaignRecord, tree: set[str], innocents: set[str], found: Findings
) -> None:
    """That the tree has one case, and that nobody is in a campaign who sells nothing.

    Those of other scenarios may be in campaigns of their own.
    """
    others = [one.account for one in record.members if one.account not in tree]
    found(
        "others in the campaign", len(others), "a family, a class, colleagues and a fan club post"
    )
    listed = reviewer.each(reviewer.list_campaigns, query=CampaignQuery(network=NETWORK))
    members = {
        one.id: {member.account for member in reviewer.get_campaign(one.id).members}
        for one in listed
    }
    joined = [id for id, of in members.items() if of & innocents]
    found("campaigns with any of them", len(joined), f"of {len(members)} in this network")
    about = [id for id, of in members.items() if of & tree]
    waiting = reviewer.each(reviewer.list_cases, query=CaseQuery(network=NETWORK))
    cases = [case.id for case in waiting if case.origin == "campaign"]
    theirs = {reviewer.get_campaign(id).case for id in about} & set(cases)
    found("cases of the campaign", len(theirs), f"{record.case}")


def _waits(leader: Person, found: Findings) -> None:
    """What becomes of the leader's posts, now that the tree is known."""
    held = leader.share(_NEXT)
    found("the leader's next post, at Square", held.state, f"clause {', '.join(held.clauses)}")
    found("and the sunset she shares", leader.share(_LIFE).state)


def _decided(stage: Stage, reviewer: Client, campaign: str, found: Findings) -> None:
    """All are banned in haste; that is undone as one; then each gets what is due."""
    before = reviewer.get_campaign(campaign)
    stage.say("all are banned, which is undone")
    ban = CampaignAct(kind="ban")
    hasty = _decide(reviewer, before, _HASTY, everybody=ban)
    banned = reviewer.get_campaign(campaign)
    found(
        "restricted by a hasty decision", sum("ban" in one.restricted for one in banned.members),
        f"{hasty.id}: {hasty.posts} posts down, {hasty.sanctions} sanctions",
    )  # fmt: skip
    undone = reviewer.undo_campaign_decision(hasty.id, UndoCampaign(reason="Too hasty."))
    after = reviewer.get_campaign(campaign)
    found(
        "undone as one, all is as before", _standing(after) == _standing(before),
        f"{undone.posts} posts, {undone.sanctions} sanctions, {len(undone.cases)} cases",
    )  # fmt: skip
    stage.say("the leader is banned, the others are warned")
    made = _decide(reviewer, after, _REASON, leader=ban, others=CampaignAct(kind="warn"))
    last = reviewer.get_campaign(campaign)
    evidence = f"{made.id}: {made.posts} posts down, {len(made.cases)} cases decided"
    found("posts of theirs that trade and stand", _in_sight(last), evidence)
    found("the case is decided", not last.case_open, f"{last.case}")


def _decide(
    reviewer: Client,
    seen: CampaignRecord,
    reason: str,
    *,
    everybody: CampaignAct | None = None,
    leader: CampaignAct | None = None,
    others: CampaignAct | None = None,
) -> CampaignDecision:
    asked = DecideCampaign(
        network=NETWORK, reason=reason, everybody=everybody, leader=leader, others=others,
        take_down=True, rules=_RULES, accounts=seen.accounts,
    )  # fmt: skip
    return reviewer.decide_campaign(seen.id, asked)


def _standing(seen: CampaignRecord) -> tuple[object, ...]:
    """What a decision on a campaign changes, and its undoing must bring back."""
    return (
        {(post.item, post.state, post.verdict) for post in seen.items},
        {(one.account, tuple(one.restricted)) for one in seen.members},
        (seen.case, seen.case_open, seen.decision),
    )


def _in_sight(seen: CampaignRecord) -> int:
    return sum(post.state in ("published", "held") for post in seen.items)


def _at_square(
    stage: Stage,
    tree: list[Person],
    ids: list[str],
    customer: Person,
    record: CampaignRecord,
    found: Findings,
) -> None:
    """What the people themselves see of it."""
    leader = tree[sellers.LEADER]
    stage.until("Square closes the leader's account", lambda: _is_closed(leader))
    found(
        "the leader, at Square, may post", not _is_closed(leader), "/notices alone is open to her"
    )
    found("she reads why", any(_REASON in one for one in leader.notices()))
    inside = {member.account for member in record.members}
    leaves = [tree[n] for n in range(sellers.FIRST_LEAF, sellers.SELLERS) if ids[n] in inside]
    stage.until("the others may post again", lambda: not any(map(_is_closed, leaves)))
    found("leaves whose account is closed", sum(map(_is_closed, leaves)))
    unwarned = sum(not any(_REASON in one for one in leaf.notices()) for leaf in leaves)
    found("leaves of the campaign who read no warning", unwarned, f"{len(leaves)} leaves are in it")
    found("the customer sees it still", customer.sees(_TODAY))


def _is_closed(person: Person) -> bool:
    return "您的账号目前停用" in person.page("/")


def _referred(reviewer: Client, campaign: str, ids: list[str], found: Findings) -> None:
    """The file for an authority."""
    file = reviewer.refer_campaign(campaign, ReferCampaign(network=NETWORK))
    leader = ids[sellers.LEADER]
    found("the referral file names the leader", [tree.leader for tree in file.trees] == [leader])
    edges = [one for one in file.people if one.confidence and one.copies and one.upline]
    posts = sum(post.account == leader for post in file.posts)
    found(
        "and evidence of each who is below her", len(edges) == len(file.people) - 1,
        f"{len(edges)} edges with confidence, copies and lag; {posts} of her posts by id",
    )  # fmt: skip
    written = msgspec.json.encode(file).decode()
    quoted = [text for text in (*sellers.words(), *sellers.handles(), _TODAY) if text in written]
    found("texts and handles in it", quoted, f"{len(written):,} characters searched")


def _states(written: Iterable[Written]) -> list[str]:
    return sorted({one.state for one in written})


SCENARIO = Scenario(
    number=5,
    title="A tree of forty sellers is rebuilt",
    expected={
        "a post of theirs, looked at alone": ["published"],
        "the customer sees it": True,
        "people in the tree": AtLeast(30),
        "levels of the tree": AtLeast(3),
        "its leader is found": True,
        "uplines that are right, of all agents": AtLeast(0.7),
        "cases of the campaign": 1,
        "others in the campaign": 0,
        "campaigns with any of them": 0,
        "the leader's next post, at Square": "held",
        "and the sunset she shares": "published",
        "restricted by a hasty decision": AtLeast(30),
        "undone as one, all is as before": True,
        "posts of theirs that trade and stand": 0,
        "the case is decided": True,
        "the leader, at Square, may post": False,
        "she reads why": True,
        "leaves whose account is closed": 0,
        "leaves of the campaign who read no warning": 0,
        "the customer sees it still": False,
        "the referral file names the leader": True,
        "and evidence of each who is below her": True,
        "texts and handles in it": [],
        "captions of the family that stand": 8,
        "notices to the family": 0,
    },
    play=_play,
)

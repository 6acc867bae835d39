"""Campaigns decided as a whole, and undone as one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.campaigns import CampaignAct, DecideCampaign, UndoCampaign
from portreeve.schemas.cases import CaseQuery
from portreeve.schemas.enforcement import Imposition, Lift, UndoRequest
from portreeve.schemas.privacy import ErasureReason
from portreeve.schemas.reports import ReportItem
from portreeve.schemas.review import TakeBack
from portreeve.service.actor import PORTREEVE, Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from service.campaign_town import ANN, BEN, NETWORK, READER, Town
from service.desk import refusal
from service.support import FakeClock

WARN, STRIKE, BAN = (CampaignAct(kind=kind) for kind in ("warn", "strike", "ban"))
MISTAKE = UndoCampaign(reason="It was a mistake.")
SELLERS = [f"s{n}" for n in range(10)]


@pytest.fixture
def town(context: Context, clock: FakeClock) -> Iterator[Town]:
    town = Town(context, clock)
    yield town
    town.stop()


def sanctions(town: Town) -> dict[str, list[str]]:
    """By kind who is sanctioned."""
    found: dict[str, list[str]] = {}
    for account, kind, _ in town.standing()["sanctions"]:
        found.setdefault(kind, []).append(account)
    return found


def removed(town: Town) -> int:
    """How many posts are down."""
    return sum(state == "removed" for _, state, _ in town.standing()["items"])


def state(town: Town, item: str) -> str:
    """The state of a post."""
    return {id: state for id, state, _ in town.standing()["items"]}[item]


def spared(town: Town) -> int:
    """How many posts the two spared accounts have."""
    return sum(
        member.posts for member in town.get(town.list()[0].id).members
        if member.account in ("a5", "a6")
    )  # fmt: skip


def test_a_tree_is_decided_at_once_and_undone_as_if_it_had_never_been(town: Town) -> None:
    town.tree()
    [campaign] = town.look()
    before = town.standing()
    made = town.decide(
        campaign.id, leader=BAN, others=WARN, take_down=True, rules=["no-selling"],
        spare=["a5", "a6"], accounts=30,
    )  # fmt: skip
    assert (made.posts, made.sanctions, made.accounts) == (campaign.posts - spared(town), 28, 28)
    assert made.cases == [campaign.case]
    assert removed(town) == made.posts
    found = sanctions(town)
    assert found["ban"] == ["a1"]
    assert len(found["warn"]) == 27
    # the ladder that the removed posts lead to
    assert len(found["mute"]) == 28
    touched = {account for of in found.values() for account in of}
    assert touched.isdisjoint({"a5", "a6", *(f"family-{n}" for n in range(8))})
    assert town.service.cases.get(READER, campaign.case).state == "decided"
    assert town.list()[0].decision == made.id
    town.clock.advance(hours=1)
    undone = town.campaigns.undo(BEN, made.id, MISTAKE)
    town.follow()
    assert (undone.posts, undone.sanctions, undone.left) == (made.posts, 28, 0)
    assert undone.cases == [campaign.case]
    assert town.standing() == before
    assert town.list()[0].decision is None
    told = town.get(campaign.id).decisions[0]
    assert (told.by, told.undone_by, told.reason) == ("ann", "ben", "They act as one.")
    assert [entry[:2] for entry in town.audited("campaign.decide", "campaign.undo")] == [
        ("ann", "campaign.decide"), ("ben", "campaign.undo"),
    ]  # fmt: skip
    assert refusal(lambda: town.campaigns.undo(ANN, made.id, MISTAKE))[0] == "conflict"


def test_a_strike_removes_the_newest_post_and_the_ladder_follows(town: Town) -> None:
    town.shop(SELLERS, "shop-one-1", hours=30)
    town.shop(SELLERS[:2], "shop-one-1", hours=3)
    [campaign] = town.look()
    before = town.standing()
    made = town.decide(campaign.id, everybody=STRIKE, rules=["no-selling"], spare=SELLERS[2:])
    assert (made.accounts, made.posts, made.sanctions) == (2, 2, 0)
    down = [item for item, state, _ in town.standing()["items"] if state == "removed"]
    assert down == ["p-11", "p-12"]
    assert sanctions(town) == {"mute": ["s0", "s1"]}
    town.campaigns.undo(ANN, made.id, MISTAKE)
    town.follow()
    assert town.standing() == before


def test_what_others_did_since_stays_when_it_is_undone(town: Town) -> None:
    town.shop(SELLERS, "shop-one-1")
    [campaign] = town.look()
    made = town.decide(campaign.id, everybody=BAN, take_down=True, rules=["no-selling"])
    of_s1 = town.service.sanctions.list(ANN, Paging(), account="s1").items
    [ban] = [one.id for one in of_s1 if one.kind == "ban"]
    town.service.sanctions.lift(ANN, ban, Lift(reason="She gave it up."))
    of_s2 = town.service.account_histories.decisions(ANN, "s2", Paging()).items[0]
    town.service.undo.reverse(ANN, of_s2.id, UndoRequest(reason="He was right."))
    undone = town.campaigns.undo(BEN, made.id, MISTAKE)
    assert (undone.posts, undone.sanctions, undone.left) == (9, 9, 2)
    assert removed(town) == 0


def test_a_post_refused_for_the_ban_alone_comes_back_with_it(town: Town) -> None:
    town.shop(SELLERS, "shop-one-1")
    [campaign] = town.look()
    made = town.decide(campaign.id, everybody=BAN)
    town.post(("s1", "今天的晚霞真好看", 0))
    assert state(town, "p-11") == "refused"
    town.follow()
    town.campaigns.undo(ANN, made.id, MISTAKE)
    assert state(town, "p-11") == "published"


def test_who_is_banned_already_is_not_banned_twice(town: Town) -> None:
    town.shop(SELLERS, "shop-one-1")
    town.service.sanctions.impose(
        ANN, Imposition(account="s3", network=NETWORK, kind="ban", reason="Before.")
    )
    [campaign] = town.look()
    made = town.decide(campaign.id, everybody=BAN)
    assert made.sanctions == 9
    town.campaigns.undo(ANN, made.id, MISTAKE)
    assert sanctions(town) == {"ban": ["s3"]}


def test_cases_of_removed_posts_are_decided_along_and_their_reporters_told(town: Town) -> None:
    town.shop(SELLERS, "shop-one-1")
    [campaign] = town.look()
    town.service.reports.report_item(PORTREEVE, ReportItem(item="p-3", reporter="rob"))
    open_ = town.service.cases.list(READER, CaseQuery(network=NETWORK)).items
    [case] = [one.id for one in open_ if one.origin == "report"]
    made = town.decide(campaign.id, take_down=True, rules=["no-selling"])
    assert set(made.cases) == {campaign.case, case}
    assert town.service.cases.get(READER, case).state == "decided"
    take_back = TakeBack(reason="No.")
    assert refusal(lambda: town.service.cases.take_back(ANN, case, take_back))[0] == "conflict"
    undone = town.campaigns.undo(ANN, made.id, MISTAKE)
    assert set(undone.cases) == {campaign.case, case}
    assert town.service.cases.get(READER, case).state == "open"


def test_left_alone_its_case_is_decided_and_undone_waits_again(town: Town) -> None:
    town.shop(SELLERS[:2], "shop-one-1")
    [campaign] = town.look()
    assert campaign.case is None
    made = town.decide(campaign.id)
    [case] = made.cases
    assert town.service.cases.get(READER, case).verdict == "allow"
    assert town.campaigns.undo(ANN, made.id, MISTAKE).cases == [case]


def test_an_account_erased_after_the_decision_does_not_hinder_the_undo(town: Town) -> None:
    town.shop(SELLERS, "shop-one-1")
    [campaign] = town.look()
    made = town.decide(campaign.id, everybody=BAN, take_down=True, rules=["no-selling"])
    # the oldest, after whom the campaign is named
    town.service.privacy.erase(PORTREEVE, "s0", ErasureReason.person)
    undone = town.campaigns.undo(ANN, made.id, MISTAKE)
    town.follow()
    assert (undone.posts, undone.sanctions, undone.left) == (10, 10, 0)
    assert (sanctions(town), removed(town)) == ({}, 0)
    [rest] = town.look()
    assert (rest.accounts, rest.case, rest.case_open) == (9, campaign.case, True)


def test_what_does_not_fit_is_refused_and_nothing_is_done(town: Town) -> None:
    town.shop(SELLERS, "shop-one-1")
    [campaign] = town.look()
    before = town.standing()
    week = CampaignAct(kind="suspend", days=7)
    asked: list[tuple[dict[str, Any], str, str | None]] = [
        ({"everybody": WARN, "others": WARN}, "invalid", "everybody"),
        ({"leader": WARN}, "invalid", "leader"),
        ({"others": CampaignAct(kind="suspend")}, "invalid", "others.days"),
        ({"others": CampaignAct(kind="ban", days=7)}, "invalid", "others.days"),
        ({"take_down": True}, "invalid", "rules"),
        ({"everybody": STRIKE}, "invalid", "rules"),
        ({"everybody": STRIKE, "rules": ["no-mention"]}, "invalid", "rules"),
        ({"take_down": True, "rules": ["unheard-of"]}, "invalid", "rules[0]"),
        ({"everybody": week, "spare": ["s1", "stranger"]}, "invalid", "spare[1]"),
        ({"everybody": week, "accounts": 9}, "conflict", "accounts"),
    ]
    for request, code, field in asked:
        with pytest.raises(ServiceError) as caught:
            town.decide(campaign.id, **request)
        assert (caught.value.code, caught.value.field) == (code, field)
    for lacking in (Scope.cases, Scope.sanctions):
        actor = Actor("half", frozenset({Scope.cases, Scope.sanctions} - {lacking}))
        assert refusal(lambda a=actor: town.decide(campaign.id, a))[0] == "forbidden"
    assert town.standing() == before


def test_a_case_that_another_holds_stops_the_decision(town: Town) -> None:
    town.shop(SELLERS, "shop-one-1")
    [campaign] = town.look()
    town.service.cases.claim(BEN, campaign.case)
    before = town.standing()
    request = DecideCampaign(network=NETWORK, reason="They act as one.", everybody=WARN)
    decide = town.campaigns.decide
    assert refusal(lambda: decide(ANN, campaign.id, request))[0] == "claimed"
    assert town.standing() == before
    assert decide(BEN, campaign.id, request).sanctions == 10


def test_posts_that_only_recruit_go_with_those_that_sell(town: Town) -> None:
    town.shop(SELLERS[:3], "shop-one-1")
    town.post(
        ("s0", "下级代理升级奖励说明", 2),
        ("s1", "做团队长拿团队奖", 2),
        ("s1", "今天的晚霞真好看", 1),
        ("stranger", "做团队长拿团队奖", 1),
    )
    [campaign] = town.look()
    told = {post.item: post for post in town.get(campaign.id).items}
    assert sorted(told) == ["p-1", "p-2", "p-3", "p-4", "p-5"]
    assert {item: post.recruits for item, post in told.items()} == {
        "p-1": False, "p-2": False, "p-3": False, "p-4": True, "p-5": True,
    }  # fmt: skip
    assert max(told[item].promotion or 0 for item in ("p-4", "p-5")) < 0.6
    made = town.decide(campaign.id, take_down=True, rules=["no-selling"])
    assert made.posts == 5
    states = [state for _, state, _ in town.standing()["items"]]
    assert states == ["removed"] * 5 + ["published"] * 2
    # a person's decision on such a post knows it still
    assert [post.recruits for post in town.get(campaign.id).items if post.item == "p-4"] == [True]
    town.campaigns.undo(ANN, made.id, MISTAKE)
    assert removed(town) == 0

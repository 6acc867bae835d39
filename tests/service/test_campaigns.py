"""Campaigns in the service: read, opened as cases, referred; what one seller sold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from portreeve.schemas.access import Scope
from portreeve.schemas.campaigns import CampaignQuery, InNetwork, WhyQuery
from portreeve.schemas.cases import CaseQuery, DecideCase
from portreeve.schemas.privacy import ErasureReason
from portreeve.service.actor import PORTREEVE, Actor
from portreeve.service.context import Context
from portreeve.service.settings import Settings
from service.campaign_town import ANN, HERE, NETWORK, READER, Town
from service.desk import refusal
from service.support import FakeClock

# what is decided is tested on both databases
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def town(context: Context, clock: FakeClock) -> Iterator[Town]:
    town = Town(context, clock)
    yield town
    town.stop()


def test_a_campaign_is_told_with_roles_joins_timeline_and_spread(town: Town) -> None:
    town.tree()
    [campaign] = town.look()
    assert (campaign.accounts, campaign.largest_tree, campaign.trees) == (30, 30, 1)
    assert (campaign.levels, campaign.refer, campaign.case_open) == (4, True, True)
    found = town.get(campaign.id)
    [tree] = found.forest
    assert (tree.leader, tree.people, tree.refer) == ("a1", 30, True)
    assert {member.account for member in found.members} == {f"a{n}" for n in range(1, 31)}
    first, second = found.members[:2]
    assert (first.account, first.role, first.level, first.below) == ("a1", "leader", 1, 29)
    assert (second.role, second.upline, second.upline_place, second.level) == ("agent", "a1", 0, 2)
    assert 0 < (second.confidence or 0) <= 1
    kinds = {key.kind for key in found.keys}
    assert kinds == {"contact", "near_copy"}
    shown = {found.members[link.account].account for link in found.links}
    assert shown == {member.account for member in found.members}
    assert len(found.days) == 10
    assert sum(day.joined for day in found.days) == 30
    assert [(one.surface, one.posts) for one in found.spread] == [("moments", len(found.items))]
    assert found.decisions == []


def test_how_two_accounts_are_joined_is_told_key_by_key(town: Town) -> None:
    town.shop(["ann", "ben"], "shop-one-1")
    town.shop(["ben", "cat"], "shop-two-2")
    town.shop(["dan", "eve"], "shop-six-6")
    large, small = town.look()
    assert (large.accounts, small.accounts) == (3, 2)
    steps = town.campaigns.why(
        READER, large.id, WhyQuery(network=NETWORK, one="ann", other="cat")
    ).items
    assert [(s.account, s.other, s.kind) for s in steps] == [
        ("ann", "ben", "contact"), ("ben", "cat", "contact"),
    ]  # fmt: skip
    elsewhere = WhyQuery(network=NETWORK, one="ann", other="dan")
    assert refusal(lambda: town.campaigns.why(READER, large.id, elsewhere))[0] == "not-found"


def test_lists_are_cut_by_size_and_paged(town: Town) -> None:
    town.shop(["ann", "ben", "cat"], "shop-one-1")
    town.shop(["dan", "eve"], "shop-six-6")
    town.look()
    one = CampaignQuery(network=NETWORK, limit=1)
    first = town.campaigns.list(READER, one)
    assert ([c.accounts for c in first.items], first.next) == ([3], "1")
    second = town.campaigns.list(READER, msgspec.structs.replace(one, cursor="1"))
    assert ([c.accounts for c in second.items], second.next) == ([2], None)
    least = CampaignQuery(network=NETWORK, least=3)
    assert [c.accounts for c in town.campaigns.list(READER, least).items] == [3]
    assert town.campaigns.list(READER, CampaignQuery(network=NETWORK, refer=True)).items == []
    assert town.campaigns.hubs(READER, HERE).items == []


def test_who_may_not_and_what_is_not_there(town: Town) -> None:
    nobody = Actor("nobody", frozenset({Scope.screen}))
    query = CampaignQuery(network=NETWORK)
    assert refusal(lambda: town.campaigns.list(nobody, query))[0] == "forbidden"
    for name in ("c-00000000000000ff", "c-xyz", "ff", "c-0000000000000000"):
        assert refusal(lambda name=name: town.get(name))[0] == "not-found"
    away = CampaignQuery(network="elsewhere")
    assert refusal(lambda: town.campaigns.list(READER, away))[0] == "not-found"
    assert "elsewhere" not in town.service.remembering.networks


def test_one_case_is_opened_for_a_campaign_and_another_when_it_has_doubled(town: Town) -> None:
    sellers = [f"s{n}" for n in range(25)]
    town.shop(sellers[:9], "shop-one-1")
    assert town.look()[0].case is None
    town.shop(sellers[9:12], "shop-one-1")
    [campaign] = town.look()
    [case] = town.service.cases.list(READER, CaseQuery(network=NETWORK)).items
    assert (case.id, case.origin, case.queue, case.items) == (
        campaign.case, "campaign", "default", 0,
    )  # fmt: skip
    assert town.campaigns.of_case(READER, case.id) == (NETWORK, campaign.id)
    town.shop(sellers[12:14], "shop-one-1")
    assert town.look()[0].case == case.id
    town.service.cases.claim(ANN, case.id)
    as_items = DecideCase(verdict="allow", reason="Fine.", revision=1)
    assert refusal(lambda: town.service.cases.decide(ANN, case.id, as_items))[0] == "conflict"
    town.decide(campaign.id)
    town.shop(sellers[14:16], "shop-one-1")
    assert (town.look()[0].case, town.look()[0].case_open) == (case.id, False)
    town.shop(sellers[16:], "shop-one-1")
    [grown] = town.look()
    assert (grown.case != case.id, grown.case_open) == (True, True)


def test_of_two_campaigns_that_merge_the_older_keeps_its_name_and_its_case(town: Town) -> None:
    old, new = [f"o{n}" for n in range(10)], [f"n{n}" for n in range(10)]
    town.shop(old, "shop-one-1")
    town.shop(new, "shop-two-2")
    found = {town.get(c.id).members[0].account[0]: c for c in town.look()}
    town.shop([old[0], new[0]], "shop-six-6")
    [merged] = town.look()
    assert (merged.id, merged.case, merged.accounts) == (found["o"].id, found["o"].case, 20)
    assert town.get(found["n"].id).id == merged.id
    closed = town.service.cases.get(READER, found["n"].case)
    assert (closed.state, closed.decided_by) == ("decided", "portreeve")
    [_, step] = town.service.cases.history(READER, closed.id).items
    assert step.detail["merged_into"] == merged.id


def test_an_erased_account_is_gone_and_the_rest_of_its_campaign_stands(town: Town) -> None:
    town.tree()
    [before] = town.look()
    town.decide(before.id)
    town.service.privacy.erase(PORTREEVE, "a1", ErasureReason.person)
    [after] = town.look()
    found = town.get(after.id)
    assert (after.accounts, after.case) == (29, before.case)
    assert after.id != before.id
    assert "a1" not in {member.account for member in found.members}
    assert all(post.account != "a1" for post in found.items)
    # the reason was sealed with the leader's key
    assert [decision.reason for decision in found.decisions] == [None]
    town.service.privacy.erase(PORTREEVE, "a20", ErasureReason.person)
    [rest] = town.look()
    assert (rest.id, rest.accounts) == (after.id, 28)


def test_a_case_whose_campaign_is_gone_is_closed(context: Context, clock: FakeClock) -> None:
    settings = msgspec.structs.replace(context.settings, campaign_accounts=2)
    town = Town(replace(context, settings=settings), clock)
    town.shop(["ann", "ben"], "shop-one-1")
    case = town.look()[0].case
    assert case is not None
    town.service.privacy.erase(PORTREEVE, "ben", ErasureReason.person)
    assert town.look() == []
    closed = town.service.cases.get(READER, case)
    assert (closed.state, closed.verdict) == ("decided", "allow")
    town.stop()


def test_a_hotline_that_hundreds_show_is_listed_and_joins_nobody(town: Town) -> None:
    town.shop([f"s{n}" for n in range(501)], "hotline-10086", hours=60)
    assert town.look() == []
    [hub] = [one for one in town.campaigns.hubs(READER, HERE).items if one.kind == "contact"]
    assert (hub.accounts, hub.posts) == (501, 501)


def test_a_referral_names_who_what_and_why_without_content(town: Town) -> None:
    town.tree()
    [campaign] = town.look()
    file = town.campaigns.refer(READER, campaign.id, HERE)
    assert (file.made_by, file.policy, len(file.people)) == ("reader", "sample@1", 30)
    assert [tree.leader for tree in file.trees] == ["a1"]
    edges = [one for one in file.people if one.upline is not None]
    assert len(edges) == 29
    assert all(0 < (one.confidence or 0) <= 1 and one.copies and one.copied for one in edges)
    assert len(file.posts) == campaign.posts
    written = msgspec.json.encode(file).decode()
    assert "bigboss88" not in written
    assert "面膜" not in written
    [(actor, _, detail)] = town.audited("campaign.refer")
    assert (actor, detail["people"], detail["trees"]) == ("reader", 30, 1)


def test_a_campaign_tells_when_it_was_referred_by_whom_and_how_much_the_file_held(
    town: Town,
) -> None:
    town.tree()
    [campaign] = town.look()
    assert town.get(campaign.id).referrals == []
    first = town.clock()
    town.campaigns.refer(READER, campaign.id, HERE)
    town.clock.advance(hours=1)
    town.campaigns.refer(ANN, campaign.id, HERE)
    [second, earlier] = town.get(campaign.id).referrals
    assert (second.by, earlier.by) == ("ann", "reader")
    assert (earlier.made, second.made) == (first, first + timedelta(hours=1))
    assert (earlier.trees, earlier.people, earlier.posts) == (1, 30, campaign.posts)
    # the campaign has another name once the account is gone that it was named after
    town.service.privacy.erase(PORTREEVE, "a1", ErasureReason.person)
    [after] = town.look()
    assert after.id != campaign.id
    assert [one.by for one in town.get(after.id).referrals] == ["ann", "reader"]


def test_too_small_a_campaign_is_not_referred(town: Town) -> None:
    town.shop(["ann", "ben"], "shop-one-1")
    [campaign] = town.look()
    assert refusal(lambda: town.campaigns.refer(READER, campaign.id, HERE))[0] == "conflict"


def test_what_a_seller_sold_is_told_by_tier_over_time(town: Town) -> None:
    town.tree()
    told = town.service.trajectories.get(ANN, "a1", HERE)
    assert told.tiers == ["white", "grey", "grey-strict", "black"]
    assert (told.watched, told.period_seconds) == ("grey-strict", 259_200)
    assert told.periods[0].begins is None
    assert sum(sum(period.counts) for period in told.periods) > 5
    assert (told.alarmed, told.black) == (None, None)
    silent = town.service.trajectories.get(ANN, "family-1", HERE)
    assert silent.periods == []
    for account, query in (("nobody", HERE), ("a1", InNetwork(network="elsewhere"))):
        wanted = (ANN, account, query)
        assert refusal(lambda w=wanted: town.service.trajectories.get(*w))[0] == "not-found"
    assert refusal(lambda: town.service.trajectories.get(READER, "a1", HERE))[0] == "forbidden"


def test_with_memory_turned_off_nothing_is_told(context: Context, clock: FakeClock) -> None:
    town = Town(replace(context, settings=Settings(memory=False)), clock)
    assert refusal(town.list)[0] == "not-found"
    assert town.campaigns.cases.watch() is False
    town.stop()

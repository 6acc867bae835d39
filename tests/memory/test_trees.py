"""Trees of agents, from who passes on whose posts."""

from __future__ import annotations

import numpy as np

from portreeve.memory.campaigns import Campaigns, campaigns
from portreeve.memory.traces import CONTACT_KEY, KEY, RECRUITS, SELLS, TRACE, Traces
from portreeve.memory.trees import Forest, TreeSettings, grow

_MINUTE = 60_000_000
_DAY = 24 * 60 * _MINUTE
Post = tuple[int, int, int, int, tuple[int, ...]]
"""Account, text, time, flags, handles."""


def told(posts: list[Post]) -> tuple[Traces, np.ndarray[tuple[int], np.dtype[np.uint64]]]:
    posts = sorted(posts, key=lambda post: post[2])
    rows = np.zeros(len(posts), dtype=TRACE)
    groups = np.zeros(len(posts), dtype=np.uint64)
    keys = []
    for at, (account, text, time, flags, handles) in enumerate(posts):
        rows[at]["item"], rows[at]["account"], rows[at]["time"] = at + 1, account, time
        rows[at]["flags"], groups[at] = flags, text
        keys += [(handle, at, CONTACT_KEY) for handle in handles]
    return Traces(rows, np.array(keys, dtype=KEY)), groups


def passing_on(above: dict[int, int], days: int, flags: int = SELLS) -> list[Post]:
    """Account 1 posts once a day; others pass on seven in ten of what is above them, within some
    minutes to hours."""
    chance = np.random.default_rng(5)
    posts = []
    for day in range(days):
        there = {1: day * _DAY}
        for account, upline in above.items():
            if upline in there and chance.random() < 0.7:
                there[account] = there[upline] + int(2 + np.exp(chance.uniform(0, 5))) * _MINUTE
        posts += [(account, day + 1, time, flags, ()) for account, time in there.items()]
    return posts


def edges(forest: Forest) -> dict[int, int]:
    nodes = forest.nodes
    return {
        int(node["account"]): int(nodes["account"][node["parent"]])
        for node in nodes
        if node["parent"] >= 0
    }


def test_who_passes_on_whom_is_found_with_levels_and_a_confidence() -> None:
    above = {2: 1, 3: 1, 4: 2, 5: 2, 6: 3, 7: 4}
    forest = grow(campaigns(*told(passing_on(above, 28))))
    assert edges(forest) == above
    assert len(forest.trees) == 1
    tree = forest.trees[0]
    assert (tree["leader"], tree["people"], tree["levels"], tree["refer"]) == (1, 7, 4, False)
    by_account = {int(node["account"]): node for node in forest.nodes}
    assert [by_account[n]["level"] for n in range(1, 8)] == [1, 2, 2, 3, 3, 3, 4]
    assert [by_account[n]["below"] for n in range(1, 8)] == [6, 3, 1, 1, 0, 0, 0]
    assert 0.5 < tree["confidence"] <= 1
    assert 120 < by_account[2]["lag"] < 3600


def test_three_levels_and_thirty_people_are_referred() -> None:
    above = {2: 1, 3: 1} | {n: 2 + n % 2 for n in range(4, 31)}
    trees = grow(campaigns(*told(passing_on(above, 28)))).trees
    assert trees[["people", "levels", "refer"]].tolist() == [(30, 3, True)]
    wanted = TreeSettings(people=31)
    assert not grow(campaigns(*told(passing_on(above, 28))), wanted).trees["refer"].any()


def test_one_caption_that_a_family_or_colleagues_repost_is_no_tree() -> None:
    caption = [(n, 1, n * _MINUTE, SELLS, ()) for n in range(1, 9)]
    assert len(grow(campaigns(*told(caption))).trees) == 0


def test_a_fan_club_that_copies_every_day_and_sells_nothing_is_no_tree() -> None:
    posts = passing_on({2: 1, 3: 1, 4: 2}, 28, flags=0)
    # now and then one of them is misread as selling
    posts = [(*post[:3], SELLS if at % 9 == 0 else 0, ()) for at, post in enumerate(posts)]
    assert len(grow(campaigns(*told(posts))).trees) == 0


def test_a_handle_of_the_upline_decides_between_two_who_posted_the_same() -> None:
    posts = []
    for day in range(8):
        for account in (1, 2):
            posts.append((account, day + 1, day * _DAY + account, SELLS | RECRUITS, (account,)))
        posts.append((3, day + 1, day * _DAY + 20 * _MINUTE, SELLS, (1,)))
    assert edges(grow(campaigns(*told(posts))))[3] == 1


def test_nobody_is_above_oneself_when_two_copy_each_other() -> None:
    posts = []
    for day in range(12):
        one, other = (1, 2) if day % 2 else (2, 1)
        posts.append((one, day + 1, day * _DAY, SELLS, ()))
        posts.append((other, day + 1, day * _DAY + 5 * _MINUTE, SELLS, ()))
    assert len(edges(grow(campaigns(*told(posts))))) == 1


def test_the_tree_of_one_campaign_is_the_same_from_what_memory_holds() -> None:
    above = {2: 1, 3: 1, 4: 2, 5: 2, 6: 3}
    traces, groups = told(passing_on(above, 20))
    known = Campaigns()
    campaign = int(known.see(traces, groups)["campaign"][-1])
    from_memory, from_dump = grow(known.graph().of(campaign)), grow(campaigns(traces, groups))
    assert edges(from_memory) == above
    assert from_memory.nodes["account"].tolist() == from_dump.nodes["account"].tolist()
    assert from_memory.of(campaign) == [0]
    known.forget(np.array([2], dtype=np.uint64))
    assert 2 not in grow(known.graph()).nodes["account"]


def selling_softly(days: int, traded: int) -> list[Post]:
    """The same town, whose posts are read as trade on the first days only; all show one handle
    then."""
    above = {2: 1, 3: 1, 4: 2, 5: 2, 6: 3, 7: 4}
    return [
        (*post[:3], SELLS, (77,)) if post[2] // _DAY < traded else post
        for post in passing_on(above, days, flags=0)
    ]


def test_in_a_campaign_copies_that_are_not_read_as_trade_tell_who_is_above_whom() -> None:
    forest = grow(campaigns(*told(selling_softly(28, 7))))
    assert edges(forest) == {2: 1, 3: 1, 4: 2, 5: 2, 6: 3, 7: 4}
    by_account = {int(node["account"]): node for node in forest.nodes}
    assert by_account[2]["copied"] > 14


def test_friends_who_sold_together_once_and_copy_every_day_are_no_tree() -> None:
    assert len(grow(campaigns(*told(selling_softly(28, 3)))).trees) == 0
